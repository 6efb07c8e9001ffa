"""Disclosure control on what is published outside (docs/disclosure.md)."""
