"""The report site: static pages of the published warehouse (docs/report.md)."""
