"""Spline terms of a count: within bounds, smooth, learnt once, whatever the ties."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.base.settings import PROJECT
from ml.splines import Spline, learn_spline

PUBLISHED = PROJECT / "data" / "published"
COUNTS = st.lists(st.integers(0, 239), min_size=2, max_size=80).filter(
    lambda counts: len(set(counts)) > 1
)


def coefficient(model: str, variable: str) -> float:
    with (PUBLISHED / f"wmp_{model}_coefficients.csv").open(encoding="utf-8") as lines:
        return next(
            float(row["coefficient"])
            for row in csv.DictReader(lines)
            if row["variable"] == variable
        )


def curves(spline: Spline, officers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log odds of either outcome by officers, with the coefficients printed in 7.4."""
    terms = spline.terms(officers)
    success = coefficient("success", "inv_off_spline1") * terms[:, 0]
    difficulties = (
        coefficient("ev_diff", "inv_off_spline1") * terms[:, 0]
        + coefficient("ev_diff", "inv_off_spline2") * terms[:, 1]
    )
    return success, difficulties


def test_plain_terms_turn_where_the_study_says_its_curves_turn() -> None:
    # Section 6.2: success falls up to around 30 officers; difficulties are least in
    # the range 10 to 12. One range of officers gives both.
    officers = np.arange(1, 89)
    success, difficulties = curves(Spline((1, 88)), officers)
    assert officers[success.argmin()] == 30
    assert 10 <= officers[difficulties.argmin()] <= 12


@pytest.mark.parametrize("most", [30, 60, 90, 120])
@pytest.mark.parametrize("knots", [(3.0, 6.0), (4.0, 7.0), (6.0, 10.0)])
def test_natural_terms_cannot_turn_there(most: int, knots: tuple[float, float]) -> None:
    officers = np.arange(1, most + 1)
    spline = Spline((1, most), knots, natural=True)
    _, difficulties = curves(spline, officers)
    assert officers[difficulties.argmin()] == 1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(counts=COUNTS, natural=st.booleans())
def test_ties_leave_as_many_terms_as_the_counts_can_tell_apart(
    counts: list[int], natural: bool
) -> None:
    terms = learn_spline(counts, natural=natural).terms(counts)
    assert terms.shape == (len(counts), 3)
    assert np.isfinite(terms).all()
    design = np.column_stack([np.ones(len(counts)), terms])
    if len(set(counts)) <= 4 or not natural:
        assert np.linalg.matrix_rank(design) == min(4, len(set(counts)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(counts=COUNTS, others=COUNTS)
def test_plain_terms_stay_within_nought_and_one_also_beyond_what_was_learnt(
    counts: list[int], others: list[int]
) -> None:
    terms = learn_spline(counts).terms(others)
    assert terms.min() >= 0
    assert terms.max() <= 1 + 1e-12


@settings(max_examples=60, deadline=None, derandomize=True)
@given(counts=COUNTS)
def test_natural_terms_go_straight_on_beyond_the_boundary(counts: list[int]) -> None:
    spline = learn_spline(counts, natural=True)
    low, high = spline.boundary
    for side in (high + np.arange(4.0), low - np.arange(4.0)):
        terms = spline.terms(side)
        scale = 1 + np.abs(terms).max()
        assert np.abs(np.diff(terms, n=2, axis=0)).max() < 1e-9 * scale


def test_what_was_learnt_is_kept_for_other_counts() -> None:
    spline = learn_spline([1, 2, 3, 4, 5, 6, 7], natural=True)
    assert spline.boundary == (1, 7)
    assert spline.knots == (3, 5)
    both = spline.terms([2, 40, 6])
    np.testing.assert_array_equal(both[[0, 2]], spline.terms([2, 6]))


def test_a_third_at_the_boundary_moves_the_knots_inside() -> None:
    counts = [0] * 900 + [1] * 60 + [2] * 30 + [9]
    assert learn_spline(counts, natural=True).knots == (1, pytest.approx(4 / 3))
    assert learn_spline([0] * 9 + [3], natural=True).knots == (1, 2)


def test_a_missing_count_has_missing_terms_and_teaches_nothing() -> None:
    spline = learn_spline([np.nan, 1, 2, 9])
    assert spline.boundary == (1, 9)
    assert np.isnan(spline.terms([np.nan, 2])).tolist() == [[True] * 3, [False] * 3]


@pytest.mark.parametrize("counts", [[], [4.0, 4.0], [np.nan]])
def test_counts_that_do_not_vary_are_refused(counts: list[float]) -> None:
    with pytest.raises(ValueError, match="differ"):
        learn_spline(counts)
