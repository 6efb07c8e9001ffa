"""Progress at a terminal: one line per step, the current detail next to a spinner."""

from __future__ import annotations

import os
import time
from types import TracebackType

from rich.console import Console
from rich.status import Status


class OutputConsole(Console):
    """A console whose reader may leave: a pager or `head` does not stop a command."""

    def on_broken_pipe(self) -> None:
        """Go on without output."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


class TerminalReporter:
    """Steps as lasting lines, details as a passing one; plain lines when piped."""

    def __init__(self, console: Console) -> None:
        """Report to this console."""
        self._console = console
        self._status: Status | None = None
        self._name = ""
        self._started = 0.0
        self._details = 0

    def __enter__(self) -> TerminalReporter:
        """Start the spinner, if anyone watches."""
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the spinner; the last step is done unless it failed."""
        if self._status:
            self._status.stop()
        if error is None:
            self._finish()

    def step(self, name: str) -> None:
        """Close the step before and open this one."""
        self._finish()
        self._name = name
        self._started = time.perf_counter()
        self._details = 0
        self.line("")

    def line(self, text: str) -> None:
        """Show a detail of the step."""
        if text:
            self._details += 1
        if self._status:
            self._status.update(f"{self._name} [dim]{self._details or ''} {text}[/dim]")

    def _finish(self) -> None:
        if self._name:
            seconds = time.perf_counter() - self._started
            self._console.print(f"[green]done[/green] {self._name} ({seconds:.1f} s)")
        self._name = ""
