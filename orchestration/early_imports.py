"""Imports what a later stage needs while the engine works.

Great Expectations takes seconds to import and deliveries seconds to load; the engine
leaves Python free meanwhile.
"""

from __future__ import annotations

import importlib
from contextlib import suppress

LATER = ("great_expectations.expectations", "scipy.stats")


def import_later_stages() -> None:
    """Import what the audit and the fits will ask for; called in the background.

    Whoever imports one of them before that has ended waits for it. A failure is left
    to them: their own import tells of it.
    """
    for module in LATER:
        with suppress(Exception):
            importlib.import_module(module)
