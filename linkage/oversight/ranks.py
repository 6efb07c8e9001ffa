"""Ranks of forces with their uncertainty.

The inspection calls a force one of the highest where its rank is in the top quarter
(HMIC 2016, annex A). A rank of counts is uncertain, most of all in the middle.
Goldstein and Spiegelhalter (Journal of the Royal Statistical Society A, 1996) give
ranks intervals by simulation: values are drawn for all forces at once and ranked in
each draw.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from linkage.base.settings import RunSettings
from linkage.publication.publish import next_version, open_published
from linkage.publication.written_tables import Table, create_table, insert_rows

TABLES_FILE = Path(__file__).with_name("rank_tables.yml")
SCHEMA = "marts"
RANKS = "inspection_ranks"
DRAWS = 10_000
SEED = 1996
LINE = ["population", "measure", "period_from", "period_to", "line"]
TRACKED = "tracked proportion"
INTERVAL = (0.025, 0.975)
QUARTER = 0.25


@functools.cache
def rank_tables() -> dict[str, Table]:
    """The tables by name, as `rank_tables.yml` has them."""
    return Table.read(TABLES_FILE)


def rank_published(
    settings: RunSettings, *, progress: Callable[[str], None] | None = None
) -> int:
    """Rank the forces of the published inspection view; how many places are unsure.

    The caller holds the warehouse's lock.
    """
    with open_published(settings) as connection:
        outcomes = connection.execute(
            f"select force, {', '.join(LINE)}, outcomes, offences, position "
            "from marts.inspection_outcomes where position is not null order by all"
        ).df()
    rows = rank_lines(outcomes)
    name = f"{SCHEMA}.{RANKS}"
    columns = rank_tables()[RANKS].columns
    with next_version(settings, [name]) as connection:
        connection.execute(f"drop table if exists {name}").fetchall()
        create_table(connection, name, columns)
        insert_rows(connection, name, columns, rows)
    unsure = sum(1 for row in rows if row["probability_of_position"] < 0.95)
    if progress:
        progress(
            f"{len(rows):,} places of forces, {unsure:,} of them less than 95% sure"
        )
    return unsure


def rank_lines(outcomes: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of `marts.inspection_ranks`: every force of every line of the table.

    `outcomes` has `force`, the columns of a line, the counts `outcomes` and `offences`,
    and the `position` that the quartile rule gives.
    """
    rows: list[dict[str, Any]] = []
    for line, forces in outcomes.groupby(LINE, sort=True):
        values = draw_values(
            forces["outcomes"].to_numpy(float),
            forces["offences"].to_numpy(float),
            is_proportion=line[1] == TRACKED,
            seed=(SEED, zlib.crc32("|".join(map(str, line)).encode())),
        )
        ranks = ranks_from_highest(values)
        quarter = int(len(forces) * QUARTER)
        is_highest = (ranks <= quarter).mean(axis=0)
        is_lowest = (ranks > len(forces) - quarter).mean(axis=0)
        of_position = {
            "one of the highest": is_highest,
            "one of the lowest": is_lowest,
            "broadly in line": 1 - is_highest - is_lowest,
        }
        low, high = np.quantile(ranks, INTERVAL, axis=0, method="inverted_cdf")
        middle = np.quantile(ranks, 0.5, axis=0, method="inverted_cdf")
        for at, (force, position) in enumerate(
            zip(forces["force"], forces["position"], strict=True)
        ):
            rows.append(
                {
                    "force": force,
                    **dict(zip(LINE, line, strict=True)),
                    "forces_compared": len(forces),
                    "median_rank": int(middle[at]),
                    "rank_low": int(low[at]),
                    "rank_high": int(high[at]),
                    "probability_highest": float(is_highest[at]),
                    "probability_lowest": float(is_lowest[at]),
                    "position": position,
                    "probability_of_position": float(of_position[position][at]),
                }
            )
    return rows


def draw_values(
    outcomes: NDArray[np.float64],
    offences: NDArray[np.float64],
    *,
    is_proportion: bool,
    seed: tuple[int, int],
    draws: int = DRAWS,
) -> NDArray[np.float64]:
    """Values of all forces (a row per draw, a column per force), given their counts.

    A proportion is drawn from its Beta posterior, an untracked rate as the ratio of two
    Gamma posteriors; both with Jeffreys' prior. The seed makes them the same each time.
    """
    generator = np.random.default_rng(seed)
    shape = (draws, len(outcomes))
    if is_proportion:
        return generator.beta(outcomes + 0.5, offences - outcomes + 0.5, size=shape)
    of_outcomes = generator.gamma(outcomes + 0.5, size=shape)
    return of_outcomes / generator.gamma(offences + 0.5, size=shape)


def ranks_from_highest(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Ranks within each draw (row), 1 the highest."""
    order = np.argsort(-values, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(
        ranks, order, np.arange(1, values.shape[1] + 1)[np.newaxis, :], axis=1
    )
    return ranks
