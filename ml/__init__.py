"""Driver models: who withdraws, fitted on the published warehouse."""
