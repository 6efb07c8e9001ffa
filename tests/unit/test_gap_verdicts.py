"""Small numbers do not decide: what a share is to its tolerance, in words."""

from __future__ import annotations

import duckdb
import jinja2
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.gap_results import GapResult
from expectations.settings import Gap
from linkage.base.intervals import wilson
from linkage.base.percentages import exact_percent, percent
from linkage.base.settings import PROJECT

VARS = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))["vars"]
MACROS = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(
    (PROJECT / "macros" / "quality_gaps.sql").read_text("utf-8"),
    globals={"var": VARS.__getitem__},
)
VERDICT = MACROS.module.gap_verdict()


def counted(failing: int, population: int, tolerance: float) -> GapResult:
    gap = Gap(
        gap="sex_unknown",
        suite="cases",
        dimension="completeness",
        description="Sex is unknown",
        severity="must hold",
        owner="Data quality",
        tolerance=tolerance,
        expectation="expect_column_values_to_not_be_in_set",
        column_name="victim_sex",
        arguments={"value_set": ["Unknown"]},
        applies_to=(),
        sources=("cris",),
    )
    share = failing / population if population else None
    with duckdb.connect() as connection:
        ((verdict,),) = connection.execute(
            f"select {VERDICT} from (select ?::bigint as failing, "
            "?::bigint as population, ?::double as tolerance)",
            [failing, population, tolerance],
        ).fetchall()
    return GapResult(gap, "2021-05-01", population, failing, share, None, verdict)


@pytest.mark.parametrize(
    ("failing", "population", "tolerance", "verdict"),
    [
        (0, 0, 0.05, "nothing to check"),
        (1, 20, 0.05, "within tolerance"),
        (1, 12, 0.05, "too few to tell"),
        (2, 10, 0.05, "beyond tolerance"),
        (84, 1_000, 0.05, "beyond tolerance"),
        # Where nothing is tolerated one is a breach, of however many.
        (1, 1, 0, "beyond tolerance"),
        (1, 1_000_000, 0, "beyond tolerance"),
        (0, 1_000_000, 0, "within tolerance"),
        (7, 7, 1, "within tolerance"),
    ],
)
def test_a_gap_is_beyond_tolerance_only_where_its_whole_interval_is(
    failing: int, population: int, tolerance: float, verdict: str
) -> None:
    one = counted(failing, population, tolerance)
    assert one.verdict == verdict
    assert one.is_within_tolerance == (verdict != "beyond tolerance")


@settings(deadline=None)
@given(
    st.integers(1, 10_000).flatmap(
        lambda count: st.tuples(st.integers(0, count), st.just(count))
    ),
    st.sampled_from((0, 0.001, 0.01, 0.05, 0.25, 0.83, 1)),
)
def test_the_verdict_of_sql_is_that_of_wilsons_interval_and_of_the_expectation(
    count: tuple[int, int], tolerance: float
) -> None:
    one = counted(*count, tolerance)
    low, _ = wilson(one.share, one.population)
    if abs(low - tolerance) > 1e-9 or not tolerance:
        assert one.is_within_tolerance == (
            one.share == tolerance or not low > tolerance
        )
    assert one.is_within_tolerance == (one.share <= one.highest_share)


@pytest.mark.parametrize(
    ("share", "measured"),
    [
        (None, "-"),
        (0, "0.0%"),
        (0.035, "3.5%"),
        (0.0004, "0.04%"),
        (1 / 273_298, "0.0004%"),
        (0.9999, "99.99%"),
        (1, "100.0%"),
    ],
)
def test_some_is_never_printed_as_none_nor_a_part_as_all(
    share: float | None, measured: str
) -> None:
    assert percent(share) == measured


@pytest.mark.parametrize(
    ("tolerance", "printed"),
    [(0, "0%"), (0.001, "0.1%"), (0.0025, "0.25%"), (0.29, "29%"), (1, "100%")],
)
def test_a_tolerance_is_printed_as_it_was_set(tolerance: float, printed: str) -> None:
    assert exact_percent(tolerance) == printed
