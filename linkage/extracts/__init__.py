"""The first stage: finds deliveries, refuses the unreadable, loads the rest as text.

This package checks only that a file can be read. Types, code lists and
keys are checked in SQL (`models/intermediate`), where every rejected row keeps its
reason.
"""
