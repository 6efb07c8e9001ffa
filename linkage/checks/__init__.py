"""Checks of seeds and settings before anything is built."""
