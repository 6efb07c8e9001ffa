"""What every package shares: settings, errors, clock, progress, quoting."""
