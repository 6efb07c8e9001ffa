"""The simulator: deliveries of CRIS extracts and their known truth.

Nothing here is real. `docs/simulator.md` lists the figures from the London study and
our own; every number that is ours is a row of `linkage/simulator/assumptions/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from linkage.simulator.summary import SimulationSummary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

LONDON_CASES = 273_298


def simulate_deliveries(
    out: Path,
    *,
    cases: int = LONDON_CASES,
    seed: int = 1,
    months: int = 1,
    dirt: float = 0.0,
    truth: Literal["calibrated", "plain"] = "calibrated",
    file_format: Literal["csv", "csv.gz", "parquet"] = "csv",
    progress: Callable[[str], None] | None = None,
) -> SimulationSummary:
    """Write simulated deliveries and `truth.json` under `out`.

    `cases` is the number of combined cases once every delivery is read, `dirt` the
    share (0-1) of rows made dirty. The same arguments give the same bytes. Raises
    ValueError for an argument out of range or a folder that already holds something.
    """
    from linkage.simulator.run import simulate

    return simulate(
        out,
        cases=cases,
        seed=seed,
        months=months,
        dirt=dirt,
        truth=truth,
        file_format=file_format,
        progress=progress,
    )


def draw_plain_cases(cases: int, seed: int) -> pd.DataFrame:
    """Plain-mode cases in memory: one row per case, grouped categories and outcome.

    Columns are the key variables (`marts.design` names), `is_suspect_recorded` and
    `is_victim_withdrawal`; for tests that recover the planted coefficients.
    """
    from linkage.simulator.plain import plain_frame

    return plain_frame(cases, seed)


__all__ = [
    "LONDON_CASES",
    "SimulationSummary",
    "draw_plain_cases",
    "simulate_deliveries",
]
