"""Watches withdrawal by month and place: what changed, since when, beyond chance."""
