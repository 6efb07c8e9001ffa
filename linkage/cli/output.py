"""Where a command writes, and how its end is put into one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from linkage.base.errors import (
    LinkageError,
    StoppedError,
    WarehouseUnwritableError,
    causes,
)
from linkage.base.settings import RunSettings

if TYPE_CHECKING:
    from rich.console import Console


def details(console: Console) -> Callable[[str], None]:
    """Progress as lines, set in."""

    def say(text: str) -> None:
        console.print(f"  {text}", soft_wrap=True, markup=False)

    return say


def output_console(*, stderr: bool = False) -> Console:
    """A console; tables stay whole where nobody's terminal has a width."""
    from linkage.cli.terminal import OutputConsole

    console = OutputConsole(highlight=False, stderr=stderr)
    if console.is_terminal:
        return console
    return OutputConsole(highlight=False, width=120, stderr=stderr)


class explained:  # noqa: N801 - reads as a phrase where it is used
    """Turns an error of the machine (disk, permission, stop) into one line.

    The line ends with what became of the published warehouse.
    """

    def __init__(self, settings: RunSettings) -> None:
        """Output of a command on this warehouse."""
        self.settings = settings

    def __enter__(self) -> None:
        """Note which file is published."""
        self.published = _identity(self.settings.warehouse)

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        """Raise the line in place of the machine's error."""
        if error is None or any(
            isinstance(cause, LinkageError | BrokenPipeError) for cause in causes(error)
        ):
            return
        if not isinstance(error, Exception | SystemExit):
            # Dagster turns Ctrl-C into its own interrupt, which is no Exception.
            raise StoppedError(f"stopped; {self._standing()}") from error
        from linkage.base.limits import (
            is_disk_full,
            is_memory_full,
            is_permission_lost,
            is_temp_full,
        )

        if is_memory_full(error):
            raise LinkageError(
                f"the build needs more than its {self.settings.memory_limit} of "
                "memory; raise LINKAGE_MEMORY_LIMIT or set LINKAGE_THREADS=1 "
                f"({self._standing()})"
            ) from error
        if is_temp_full(error):
            raise LinkageError(
                f"the build needs more than its {self.settings.temp_limit} of "
                f"temporary disk under {self.settings.temp}; raise LINKAGE_TEMP_LIMIT "
                f"or LINKAGE_MEMORY_LIMIT ({self._standing()})"
            ) from error
        if is_disk_full(error):
            raise WarehouseUnwritableError(
                f"{self.settings.build_folder}: the disk is full; free some space and "
                f"run again ({self._standing()})"
            ) from error
        if is_permission_lost(error):
            where = getattr(error, "filename", None) or self.settings.build_folder
            raise WarehouseUnwritableError(
                f"{where}: permission denied; {self._standing()}"
            ) from error

    def _standing(self) -> str:
        published = _identity(self.settings.warehouse)
        if published is None:
            return "nothing has been published"
        if published == self.published:
            return "the published warehouse is unchanged"
        return f"{self.settings.warehouse} was published before that"


def _identity(warehouse: Path) -> tuple[str, int, int] | None:
    """The published file: another one after each publication."""
    try:
        found = warehouse.resolve(strict=True)
        if found.is_dir():  # Spark: a link to the version that counts
            found = (warehouse / "current").resolve(strict=True)
        return str(found), found.stat().st_ino, found.stat().st_mtime_ns
    except OSError:
        return None
