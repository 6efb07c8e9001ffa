"""Ranks of forces: sure where counts are far apart, a coin where they are the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from linkage.oversight.ranks import draw_values, rank_lines, ranks_from_highest

LINE = {
    "population": "all crime",
    "measure": "tracked proportion",
    "period_from": "2018-04-01",
    "period_to": "2019-03-31",
    "line": "Charged/Summonsed",
}


def outcomes(counts: list[tuple[int, int]], **line: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "force": f"Force {at}",
                **LINE,
                **line,
                "outcomes": found,
                "offences": of,
                "position": "broadly in line",
            }
            for at, (found, of) in enumerate(counts)
        ]
    )


def test_ranks_count_from_the_highest() -> None:
    values = np.array([[0.1, 0.9, 0.5], [0.3, 0.2, 0.1]])
    assert ranks_from_highest(values).tolist() == [[3, 1, 2], [1, 2, 3]]


def test_forces_far_apart_have_one_rank() -> None:
    rows = rank_lines(outcomes([(i * 1000, 10_000) for i in (1, 3, 5, 7)]))
    assert [(row["rank_low"], row["rank_high"]) for row in rows] == [
        (4, 4),
        (3, 3),
        (2, 2),
        (1, 1),
    ]
    assert [row["probability_highest"] for row in rows] == [0, 0, 0, 1]
    assert [row["probability_lowest"] for row in rows] == [1, 0, 0, 0]


def test_forces_alike_may_have_any_rank() -> None:
    rows = rank_lines(outcomes([(500, 1000)] * 40))
    for row in rows:
        assert (row["rank_low"], row["rank_high"]) == (1, 40) or (
            row["rank_low"] <= 2 and row["rank_high"] >= 39
        )
        assert row["probability_highest"] == pytest.approx(0.25, abs=0.02)
    assert sum(row["probability_highest"] for row in rows) == pytest.approx(10)


def test_the_chance_to_be_higher_is_that_of_the_beta_posteriors() -> None:
    counts = np.array([40.0, 50.0]), np.array([100.0, 100.0])
    drawn = draw_values(*counts, is_proportion=True, seed=(1, 1), draws=200_000)
    grid = np.linspace(0, 1, 20_001)
    first = beta(40.5, 60.5).pdf(grid)
    exact = np.trapezoid(first * beta(50.5, 50.5).cdf(grid), grid)
    assert (drawn[:, 0] > drawn[:, 1]).mean() == pytest.approx(exact, abs=0.005)


def test_an_untracked_rate_may_pass_one_and_is_drawn_around_it() -> None:
    drawn = draw_values(
        np.array([1500.0]), np.array([1000.0]), is_proportion=False, seed=(1, 1)
    )
    assert drawn.mean() == pytest.approx(1.5, rel=0.01)
    assert drawn.std() == pytest.approx(1.5 * np.sqrt(1 / 1500 + 1 / 1000), rel=0.05)


def test_the_same_counts_give_the_same_ranks_each_time() -> None:
    counts = outcomes([(500, 1000), (510, 1000), (490, 1000), (505, 1000)])
    assert rank_lines(counts) == rank_lines(counts)


def test_lines_and_measures_are_ranked_apart() -> None:
    tracked = outcomes([(100, 1000), (200, 1000)])
    untracked = outcomes([(900, 1000), (100, 1000)], measure="untracked rate")
    rows = rank_lines(pd.concat([tracked, untracked]))
    assert {row["forces_compared"] for row in rows} == {2}
    assert [row["median_rank"] for row in rows] == [2, 1, 1, 2]
