"""Simulated case files of the national study and their known truth.

Only the counts by thematic area, printed by West Midlands Police, are real.
`docs/simulator.md` lists the figures from the reports and our own; every number that is
ours is a row of `assumptions/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from linkage.simulator.national.truth import NationalSummary

# Suspects decided on in the 48 months of the London study, as its counts of victim
# withdrawals and their shares imply (docs/simulator.md).
FULL_SIZE = 675_000


def simulate_national(
    out: Path,
    cases: int = FULL_SIZE,
    seed: int = 1,
    *,
    dirt: float = 0.0,
    file_format: Literal["csv", "csv.gz"] = "csv",
) -> NationalSummary:
    """Write one simulated delivery of case files and `truth.json` under `out`.

    `cases` is the number of suspects with an identified victim on whom the prosecution
    service decided; audits, surveys and reviews have their own sizes. `dirt` is the
    share (0-1) of rows that are added dirty. The same arguments give the same bytes.
    Raises ValueError for an argument out of range or a folder that holds something.
    """
    from linkage.simulator.national.run import simulate

    return simulate(out, cases, seed, dirt, file_format)


__all__ = ["FULL_SIZE", "simulate_national"]
