"""A model, chart or page that fails reports the reason; the others continue.

The message of an error may hold a value of a record, so only its kind is kept, and the
line of the code.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from linkage.base.errors import (
    LinkageError,
    WarehouseBusyError,
    WarehouseUnwritableError,
)
from linkage.base.settings import PROJECT

OF_THE_MACHINE = (OSError, MemoryError, WarehouseBusyError, WarehouseUnwritableError)
KINDS = {
    "OverflowError": "numerical overflow",
    "FloatingPointError": "numerical overflow",
    "ZeroDivisionError": "division by zero",
    "LinAlgError": "a singular matrix",
}


def why(error: Exception) -> str:
    """Why one part of a run failed, in plain words.

    Raises the error where it is not that part's alone: memory or disk that is full, a
    file that cannot be written.
    """
    from linkage.base.limits import is_disk_full, is_memory_full, is_temp_full

    if isinstance(error, OF_THE_MACHINE) or any(
        full(error) for full in (is_memory_full, is_temp_full, is_disk_full)
    ):
        raise error
    if isinstance(error, LinkageError):
        return str(error)
    kind = type(error).__name__
    return KINDS.get(kind, f"a fault of the program, {kind}")


def in_a_line(what: str, error: Exception) -> str:
    """The failure, its reason and place in the code, for a log and a summary."""
    return f"{what}: {why(error)}{_where(error)}"


def to_standard_error(line: str) -> None:
    """Report a failure where no run collects it."""
    print(f"linkage: {line}", file=sys.stderr)


def _where(error: Exception) -> str:
    """The last line of this project that the error passed."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if file.is_relative_to(PROJECT) and ".venv" not in file.parts:
            return f" ({file.relative_to(PROJECT)} line {frame.lineno})"
    return ""
