"""A run's log as JSON lines next to the build: events, times and result.

No value of a record is ever in it: steps, names of tables, counts, and the one line
that an error is.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any

from linkage.base.errors import LinkageError, StoppedError, causes
from linkage.base.settings import RunSettings

# A log that has grown beyond this many bytes is put aside, once.
LARGEST = 5_000_000


class RunLog:
    """Writes the events of one run and its result (`status`, `message`)."""

    def __init__(self, settings: RunSettings, command: str) -> None:
        """Log a command on this warehouse."""
        self.path = settings.run_log
        self.status = "done"
        self.message = ""
        self._run = uuid.uuid4().hex[:12]
        self._command = command

    def __enter__(self) -> RunLog:
        """Begin."""
        self.event("run started", command=self._command)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say how it ended."""
        if error is not None:
            known = next(
                (e for e in causes(error) if isinstance(e, LinkageError)), None
            )
            stopped = isinstance(known, StoppedError)
            self.status = "stopped" if stopped else "failed"
            self.message = str(known) if known else type(error).__name__
        self.event("run ended", status=self.status, message=self.message)

    def event(self, event: str, **fields: Any) -> None:
        """Append one line; a log that can't be written never ends a run."""
        line = {
            "time": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
            "run": self._run,
            "event": event,
            **fields,
        }
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _put_aside(self.path)
            with self.path.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(line) + "\n")
        except OSError:
            return


def _put_aside(path: Path) -> None:
    if path.exists() and path.stat().st_size > LARGEST:
        path.replace(path.with_suffix(".old.jsonl"))
