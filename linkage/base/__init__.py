"""Shared by every package: settings, errors, clock, progress, quoting."""
