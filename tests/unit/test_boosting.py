"""What boosting finds and a logistic model can't, and that both see the same cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ml import boosting, drivers
from ml.boosting import Benchmark, benchmark_model
from ml.specification import ModelSpecification, Predictor
from tests.design_tables import rows_of

ROWS = 2_000
NAMES = ("a", "b", "c", "d")


def design_of(
    rows: int = ROWS, chance: tuple[float, float] = (0.2, 0.7)
) -> pd.DataFrame:
    """`drivers.design`: the chance depends on a or b, but not on both or neither."""
    rng = np.random.default_rng(1)
    columns = {f"{name}__yes": (rng.random(rows) < 0.5).astype(int) for name in NAMES}
    is_one = columns["a__yes"] != columns["b__yes"]
    drawn = rng.random(rows) < np.where(is_one, chance[1], chance[0])
    return pd.DataFrame(
        {
            "crime_ref": [f"c{n:06}" for n in range(rows)],
            "record_key": rng.integers(0, 4096, rows),
            "site": "Somewhere",
            "borough": rng.integers(1, 33, rows).astype(str),
            "recorded_month": pd.Timestamp("2021-01-01"),
            "validation_fold": rng.integers(0, 5, rows),
            "is_withdrawn": drawn.astype(int),
            **columns,
        }
    )


SPECIFICATION = ModelSpecification(
    model="m",
    family="family",
    description="What it is",
    crime_area="All crime",
    filters="all cases",
    dependent="is_withdrawn",
    has_site_effects=False,
    predictors=tuple(Predictor(f"{name}__yes", name, "Yes", "No") for name in NAMES),
)


def benchmark(
    design: pd.DataFrame, specification: ModelSpecification = SPECIFICATION
) -> Benchmark:
    with rows_of(design) as rows:
        return benchmark_model(rows, specification, None)


@pytest.fixture(scope="module")
def interaction() -> Benchmark:
    return benchmark(design_of())


def areas(found: Benchmark) -> tuple[float, float]:
    """Of boosting and of the logistic model."""
    assert found.boosting.performance is not None
    assert found.logistic.performance is not None
    boosted, plain = found.boosting.performance.auc, found.logistic.performance.auc
    assert boosted is not None
    assert plain is not None
    return boosted, plain


def test_boosting_finds_an_interaction_that_a_logistic_model_cannot(
    interaction: Benchmark,
) -> None:
    boosted, plain = areas(interaction)
    assert plain < 0.58
    assert boosted > 0.7


def test_what_interacts_is_what_boosting_needs_most(interaction: Benchmark) -> None:
    lost = {name: mean for name, (mean, _) in interaction.importance.items()}
    assert set(lost) == set(NAMES)
    assert min(lost["a"], lost["b"]) > 0.15
    assert max(lost["c"], lost["d"]) < 0.02
    assert all(spread >= 0 for _, spread in interaction.importance.values())


def test_both_learners_are_judged_on_the_same_cases(interaction: Benchmark) -> None:
    boosted, plain = interaction.boosting.performance, interaction.logistic.performance
    assert boosted is not None
    assert plain is not None
    assert (boosted.cases, boosted.events) == (plain.cases, plain.events)
    assert boosted.cases == ROWS
    assert boosted.events == design_of().is_withdrawn.sum()
    assert interaction.boosting.sample == interaction.logistic.sample


def test_the_same_cases_give_the_same_benchmark(interaction: Benchmark) -> None:
    again = benchmark(design_of())
    assert again.importance == interaction.importance
    assert areas(again) == areas(interaction)


def test_too_few_of_one_outcome_are_not_judged() -> None:
    found = benchmark(design_of(300, (0.05, 0.1)))
    assert found.boosting.performance is None
    assert found.logistic.performance is None
    assert found.boosting.note == "fewer than 50 cases with one of the outcomes"
    assert found.importance == {}
    assert boosting.describe(found) == (
        "model m: fewer than 50 cases with one of the outcomes"
    )


def test_a_model_without_any_case_is_not_judged() -> None:
    nobody = replace(SPECIFICATION, period="false")
    found = benchmark(design_of(400), nobody)
    assert found.boosting.performance is None
    assert found.boosting.note is not None


def test_cases_that_are_all_alike_are_as_many_as_they_are() -> None:
    # One borough, one month: few patterns, each of hundreds of cases.
    design = design_of(4_000)
    design["borough"] = "Somewhere"
    boosted, plain = areas(benchmark(design))
    assert plain < 0.58
    assert boosted > 0.7


def test_an_outcome_of_one_pattern_is_judged_too() -> None:
    # All withdrawals are alike but for their fold, of which they have two.
    design = design_of(1_000)
    design["borough"] = "Somewhere"
    is_alike = design[[f"{name}__yes" for name in NAMES]].all(axis=1)
    design["is_withdrawn"] = is_alike.astype(int)
    design.loc[is_alike, "validation_fold"] %= 2
    boosted, plain = areas(benchmark(design))
    assert boosted > 0.95
    assert plain > 0.95


def test_no_more_cases_are_taken_than_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boosting, "MOST_CASES", 500)
    design = design_of()
    design["borough"] = "Somewhere"
    found = benchmark(design)
    assert found.boosting.performance is not None
    assert 400 <= found.boosting.performance.cases <= 500


def test_a_design_too_large_for_memory_is_judged_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drivers, "MOST_PATTERN_COLUMNS", 0)
    monkeypatch.setattr(drivers, "MOST_BYTES", 0)
    boosted, plain = areas(benchmark(design_of()))
    assert plain < 0.58
    assert boosted > 0.7
