"""Differences between two models' odds ratios, where they share cases and not."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from linkage.base.errors import LinkageError
from ml.comparison import ALL_SHARED, Side, compare
from ml.design_rows import DesignRows
from ml.drivers import load_cases
from ml.fitting import STAND_IN, fit_logistic, probability
from ml.measures import Z_95
from ml.model_cases import CasesInMemory
from ml.specification import ModelSpecification, Predictor
from tests.design_tables import rows_of

ROWS = 2_000
X1 = Predictor("x1__yes", "x1", "Yes", "No")
X2 = Predictor("x2__yes", "x2", "Yes", "No")
X3 = Predictor("x3__yes", "x3", "Yes", "No")
TIES = (
    Predictor("tie__friend", "tie", "Friend", "Family"),
    Predictor("tie__partner", "tie", "Partner", "Family"),
)


def design_of(seed: int, rows: int = ROWS) -> pd.DataFrame:
    """`drivers.design`: x1 is worth more where a suspect is recorded."""
    rng = np.random.default_rng(seed)
    x1, x2, x3, is_recorded = (rng.random((4, rows)) < 0.45).astype(int)
    tie = rng.integers(0, 3, rows)
    log_odds = -0.5 + 0.4 * x1 + 0.5 * x2 + 0.7 * x3 * x1 + 0.9 * x1 * is_recorded
    return pd.DataFrame(
        {
            "crime_ref": [f"c{n:06}" for n in range(rows)],
            "record_key": rng.integers(0, 4096, rows),
            "site": rng.integers(1, 4, rows).astype(str),
            "borough": rng.integers(1, 9, rows).astype(str),
            "recorded_month": pd.Timestamp("2021-01-01"),
            "validation_fold": rng.integers(0, 5, rows),
            "is_withdrawn": (rng.random(rows) < probability(log_odds)).astype(int),
            "is_recorded": is_recorded,
            "x1__yes": x1,
            "x2__yes": x2,
            "x3__yes": x3,
            "tie__friend": (tie == 1).astype(int),
            "tie__partner": (tie == 2).astype(int),
        }
    )


def model(*predictors: Predictor, filters: str = "all cases") -> ModelSpecification:
    return ModelSpecification(
        model="m",
        family="family",
        description="What it is",
        crime_area="All crime",
        filters=filters,
        dependent="is_withdrawn",
        has_site_effects=False,
        predictors=predictors,
    )


def side(rows: DesignRows, name: str, specification: ModelSpecification) -> Side:
    loaded = load_cases(rows, specification, None)
    return Side(name, specification, fit_logistic(loaded.cases, loaded.variables))


def compared(
    design: pd.DataFrame, first: ModelSpecification, second: ModelSpecification
) -> list[dict[str, Any]]:
    with rows_of(design) as rows:
        return compare(rows, side(rows, "one", first), side(rows, "two", second))


def error_of(row: dict[str, Any]) -> float:
    """Standard error of the log of the ratio."""
    return math.log(row["ratio_high"] / row["ratio_low"]) / (2 * Z_95)


def cases_of(design: pd.DataFrame, names: list[str]) -> CasesInMemory:
    return CasesInMemory.of(design.is_withdrawn, design[names])


# Disjoint cases


def test_models_of_other_cases_are_compared_as_independent_estimates() -> None:
    design = design_of(1)
    overall, *rows = compared(
        design,
        model(X1, X2, filters="not is_recorded"),
        model(X1, X2, filters="is_recorded"),
    )
    fits = [
        fit_logistic(
            cases_of(design[design.is_recorded == value], ["x1__yes", "x2__yes"])
        )
        for value in (0, 1)
    ]
    for j, row in enumerate(rows):
        difference = fits[1].coefficients[j] - fits[0].coefficients[j]
        error = math.hypot(fits[0].std_errors[j], fits[1].std_errors[j])
        assert math.log(row["ratio"]) == pytest.approx(difference, abs=1e-9)
        assert error_of(row) == pytest.approx(error, rel=1e-9)
        p_value = math.erfc(abs(difference / error) / math.sqrt(2))
        assert row["p_value"] == pytest.approx(p_value, rel=1e-9)
        assert row["odds_ratio_first"] == pytest.approx(
            math.exp(fits[0].coefficients[j])
        )
        assert row["odds_ratio_second"] == pytest.approx(
            math.exp(fits[1].coefficients[j])
        )
    # x1 was drawn to differ, x2 not.
    assert [row["variable"] for row in rows] == ["x1", "x2"]
    assert [row["is_different"] for row in rows] == [True, False]
    assert overall["variable"] == ALL_SHARED
    assert overall["degrees_of_freedom"] == 2
    assert overall["is_different"]


def test_the_test_of_all_at_once_is_walds() -> None:
    from scipy.stats import chi2

    design = design_of(2)
    overall, *_ = compared(
        design,
        model(X1, X2, filters="not is_recorded"),
        model(X1, X2, filters="is_recorded"),
    )
    fits = [
        fit_logistic(
            cases_of(design[design.is_recorded == value], ["x1__yes", "x2__yes"])
        )
        for value in (0, 1)
    ]
    difference = fits[1].coefficients - fits[0].coefficients
    covariance = fits[0].covariance[1:, 1:] + fits[1].covariance[1:, 1:]
    chi_square = difference @ np.linalg.inv(covariance) @ difference
    assert overall["chi_square"] == pytest.approx(chi_square, rel=1e-7)
    assert overall["p_value"] == pytest.approx(chi2.sf(chi_square, 2), rel=1e-6)


def test_periods_of_one_model_share_no_cases() -> None:
    design = design_of(3)
    design.loc[1_200:, "recorded_month"] = pd.Timestamp("2021-06-01")
    earlier, later = (
        replace(model(X1), period=f"recorded_month {sign} date '2021-06-01'")
        for sign in ("<", ">=")
    )
    _, row = compared(design, earlier, later)
    parts = design.iloc[:1_200], design.iloc[1_200:]
    errors = [fit_logistic(cases_of(part, ["x1__yes"])).std_errors[0] for part in parts]
    assert error_of(row) == pytest.approx(math.hypot(*errors), rel=1e-9)


# Shared cases


def bootstrapped(
    design: pd.DataFrame, names: tuple[list[str], list[str]], part: str = ""
) -> float:
    """Spread of the difference in x1 over 300 samples; the second is on `part`."""
    kinds = ["is_withdrawn", "is_recorded", *dict.fromkeys(names[0] + names[1])]
    patterns = design.groupby(kinds).size().reset_index(name="cases")
    inside = patterns[part] == 1 if part else patterns.cases > 0
    whole, some = cases_of(patterns, names[0]), cases_of(patterns[inside], names[1])
    rng = np.random.default_rng(9)
    differences = []
    for _ in range(300):
        counts = rng.multinomial(len(design), patterns.cases / len(design))
        first = fit_logistic(replace(whole, cases=counts.astype(float)))
        second = fit_logistic(replace(some, cases=counts[inside].astype(float)))
        differences.append(second.coefficients[0] - first.coefficients[0])
    return float(np.std(differences, ddof=1))


def test_a_model_of_some_of_the_cases_differs_as_samples_of_them_do() -> None:
    design = design_of(4)
    _, row = compared(design, model(X1), model(X1, filters="is_recorded"))
    expected = bootstrapped(design, (["x1__yes"], ["x1__yes"]), "is_recorded")
    assert error_of(row) == pytest.approx(expected, rel=0.1)


def test_a_model_with_another_predictor_differs_as_samples_of_its_cases_do() -> None:
    design = design_of(5)
    rows = compared(design, model(X1), model(X1, X2, X3))
    expected = bootstrapped(design, (["x1__yes"], ["x1__yes", "x2__yes", "x3__yes"]))
    assert error_of(rows[1]) == pytest.approx(expected, rel=0.1)
    # Far less than if the cases had not been the same.
    independent = math.hypot(
        *(
            fit_logistic(cases_of(design, names)).std_errors[0]
            for names in (["x1__yes"], ["x1__yes", "x2__yes", "x3__yes"])
        )
    )
    assert error_of(rows[1]) < independent / 2


def are_numbers(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        for name, value in row.items():
            assert not (isinstance(value, float) and math.isnan(value)), name


@pytest.mark.parametrize("predictors", [(X1,), (X1, X2, X3), TIES])
@pytest.mark.parametrize("seed", [7, 8])
def test_a_model_does_not_differ_from_itself(
    seed: int, predictors: tuple[Predictor, ...]
) -> None:
    same = model(*predictors)
    overall, *rows = compared(design_of(seed), same, same)
    for row in rows:
        assert row["ratio"] == 1
        assert row["ratio_low"] == row["ratio_high"] == pytest.approx(1)
        assert not row["is_different"]
    assert not overall["is_different"]
    are_numbers([overall, *rows])


@pytest.mark.parametrize("seed", [1, 4])
def test_models_of_nearly_the_same_cases_have_errors_that_are_numbers(
    seed: int,
) -> None:
    design = design_of(seed)
    design["is_recorded"] = (np.arange(ROWS) % 200 != 0).astype(int)
    three = (X1, X2, X3)
    overall, *rows = compared(
        design, model(*three), model(*three, filters="is_recorded")
    )
    are_numbers([overall, *rows])
    assert overall["chi_square"] >= 0
    for row in rows:
        assert 0 < error_of(row) < 0.1


@pytest.mark.parametrize("seed", [1, 2])
def test_models_of_the_same_cases_have_errors_that_are_numbers(seed: int) -> None:
    overall, *rows = compared(design_of(seed), model(X1, X2), model(X1, X2, X3))
    are_numbers([overall, *rows])
    assert overall["chi_square"] >= 0


# What can be compared


def test_only_categories_that_both_estimate_are_compared() -> None:
    _, *rows = compared(
        design_of(8),
        model(X1, X2, filters="not is_recorded"),
        model(X2, X3, filters="is_recorded"),
    )
    assert [row["variable"] for row in rows] == ["x2"]


def test_a_category_against_another_reference_is_another_category() -> None:
    other = replace(TIES[0], reference_category="Partner")
    with pytest.raises(LinkageError, match="no category against the same reference"):
        compared(
            design_of(9),
            model(*TIES, filters="not is_recorded"),
            model(other, filters="is_recorded"),
        )


def test_a_category_against_a_stand_in_is_another_category() -> None:
    # Where a suspect is recorded nobody is family: friends stand in, or partners do.
    design = design_of(10)
    recorded = design.is_recorded == 1
    is_family = (design.tie__friend + design.tie__partner == 0) & recorded
    design.loc[is_family, "tie__partner"] = 1
    first = model(X1, *TIES, filters="not is_recorded")
    second = model(X1, *TIES, filters="is_recorded")
    with rows_of(design) as rows:
        fit = side(rows, "two", second).fit
    assert list(fit.screening.notes.values()) == [STAND_IN]
    _, *found = compared(design, first, second)
    assert [row["variable"] for row in found] == ["x1"]


def test_models_without_a_common_category_cannot_be_compared() -> None:
    with pytest.raises(LinkageError, match="one and two: no category"):
        compared(
            design_of(11),
            model(X1, filters="not is_recorded"),
            model(X2, filters="is_recorded"),
        )


def test_models_with_site_intercepts_that_share_cases_cannot_be_compared() -> None:
    with_sites = replace(model(X1), has_site_effects=True)
    with pytest.raises(LinkageError, match="have an intercept per site"):
        compared(design_of(12), with_sites, model(X1))
