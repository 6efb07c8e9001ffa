"""Errors a user can correct: one clear line (what, where, what to do), no traceback."""

from __future__ import annotations

from collections.abc import Iterator


class LinkageError(Exception):
    """Anything that ends a command with one line on standard error.

    `exit_status` follows the output contract: 2 for bad arguments or unreadable
    input, 1 for an audit that must hold and did not.
    """

    exit_status = 2


class UnreadableInputError(LinkageError):
    """An unreadable delivery, file or column; names it and the remedy."""


class WarehouseBusyError(LinkageError):
    """Another run holds the warehouse."""


class WarehouseUnwritableError(LinkageError):
    """The warehouse cannot be written: disk full, no permission, not a folder."""


class StageMissingError(LinkageError):
    """A stage was run alone, and the build is not ready for it; names the first one."""


class StoppedError(LinkageError):
    """The user stopped the command (Ctrl-C)."""


class AuditFailedError(LinkageError):
    """An expectation that must hold did not: nothing was published."""

    exit_status = 1


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, then what caused it, and so on, each once: tools chain in circles."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
