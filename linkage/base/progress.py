"""Progress of a run for the person who watches it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass
class StepTime:
    """One step of a run and how long it took, in seconds."""

    step: str
    seconds: float


class Reporter(Protocol):
    """Takes steps and lines of progress; the stages never print."""

    def step(self, name: str) -> None:
        """A new step has begun."""

    def line(self, text: str) -> None:
        """Something happened within the step."""


@dataclass
class Progress:
    """Passes progress on; keeps the time of each step, and single failures."""

    reporter: Reporter
    log: Callable[..., None] | None = None
    times: list[StepTime] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Announce a step and time it."""
        self.reporter.step(name)
        self.event("step started", step=name)
        started = time.perf_counter()
        try:
            yield
        finally:
            self.times.append(StepTime(name, time.perf_counter() - started))
            self.event(
                "step ended", step=name, seconds=round(self.times[-1].seconds, 3)
            )

    def line(self, text: str) -> None:
        """Report something within the step."""
        self.reporter.line(text)

    def problem(self, text: str) -> None:
        """Report a part that failed while the others went on, and keep it."""
        self.reporter.line(text)
        self.problems.append(text)
        self.event("failed", what=text)

    def event(self, event: str, **fields: object) -> None:
        """Write an event into the run's log."""
        if self.log:
            self.log(event, **fields)
