"""Result of a simulation: arguments and exact counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SimulationSummary:
    """Counts of reports and cases; `removed` follows the order of the case flow."""

    out: Path
    truth_file: Path
    deliveries: tuple[str, ...]
    crime_reports: int
    cases: int
    cases_with_suspect: int
    withdrawals: int
    rows: dict[str, int]
    removed: dict[str, int]
    dirty_rows: dict[str, int]
