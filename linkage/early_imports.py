"""Imports what a later room needs while the engine works.

Great Expectations takes seconds to import and the models seconds to build; the engine
leaves Python free meanwhile.
"""

from __future__ import annotations

import importlib
from contextlib import suppress
from threading import Thread

LATER = ("great_expectations.expectations", "statsmodels.stats.multitest")


def import_meanwhile() -> None:
    """Begin to import, in the background, what the audit and the fits will ask for.

    Whoever imports one of them before that has ended waits for it. A failure is left
    to them: their own import tells of it.
    """
    Thread(target=_import, name="early imports", daemon=True).start()


def _import() -> None:
    for module in LATER:
        with suppress(Exception):
            importlib.import_module(module)
