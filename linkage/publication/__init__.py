"""Publishing: what readers open is always a whole, audited warehouse."""
