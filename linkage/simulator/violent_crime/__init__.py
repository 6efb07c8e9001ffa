"""Simulated deliveries of violent-crime extracts and their known truth.

Nothing here is real. `docs/simulator.md` lists the figures from the study of West
Midlands Police and our own; every number of ours is a row of `assumptions/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from linkage.simulator.violent_crime.truth import ViolentCrimeSummary

# The training set has 61,770 victims (section 7.2), taken to be some 77% of the study.
FULL_SIZE = 80_000


def simulate_violent_crime(
    out: Path,
    crimes: int = FULL_SIZE,
    seed: int = 1,
    *,
    dirt: float = 0.0,
    file_format: Literal["csv", "csv.gz", "parquet"] = "csv",
    is_missingness_informative: bool = True,
) -> ViolentCrimeSummary:
    """Write one simulated delivery and `truth.json` under `out`.

    `crimes` is the number in the study where nothing is dirty; those lost on the way
    come on top. `dirt` is the share (0-1) of rows made dirty. Unless missingness is
    informative, fields are missing completely at random and carry no information. The
    same arguments give the same bytes. Raises ValueError for an argument out of range
    or a folder that already holds something.
    """
    from linkage.simulator.violent_crime.run import simulate
    from linkage.simulator.violent_crime.truth import Arguments

    arguments = Arguments(crimes, seed, dirt, file_format, is_missingness_informative)
    return simulate(out, arguments, file_format)


__all__ = ["FULL_SIZE", "simulate_violent_crime"]
