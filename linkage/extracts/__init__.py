"""The first stage: finds deliveries, refuses the unreadable, loads the rest as text.

Nothing is judged here beyond whether a file can be read at all: types, code lists and
keys are checked in SQL (`models/intermediate`), where every rejected row keeps its
reason.
"""
