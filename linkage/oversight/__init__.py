"""Monitors withdrawal by month and place: changes beyond chance, and their start."""
