"""Imports a later stage's modules while the engine works.

Great Expectations takes seconds to import and deliveries seconds to load; the engine
leaves Python free meanwhile.
"""

from __future__ import annotations

import importlib
from contextlib import suppress

LATER = ("great_expectations.expectations", "scipy.stats")


def import_later_stages() -> None:
    """Import the modules of the audit and the fits; called in the background.

    An importer of one of them waits until this has ended. A failure here is ignored:
    the importer's own import reports it.
    """
    for module in LATER:
        with suppress(Exception):
            importlib.import_module(module)
