"""Disclosure control of tables published outside (docs/disclosure.md)."""
