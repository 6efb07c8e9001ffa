"""Disclosure control on what leaves the analyst's desk (docs/disclosure.md)."""
