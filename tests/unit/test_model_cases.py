"""Cases in memory and cases read in chunks are the same cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import model_cases
from ml.effects import find_effects
from ml.fitting import NotFittableError, fit_logistic, probability
from ml.model_cases import PARTS, CasesInChunks, CasesInMemory, Columns, ModelCases
from ml.validation import predict, validate

NAMES = ("a", "b", "c", "d")
VARIABLES = ("x", "x", "y", "z")
ROWS = 900
BOROUGHS = 6


def columns_of(seed: int = 1, rows: int = ROWS) -> Columns:
    """What an engine would hold: a row per pattern with how many cases share it."""
    rng = np.random.default_rng(seed)
    of_x = rng.integers(0, 3, rows)
    design = np.column_stack(
        [of_x == 1, of_x == 2, rng.random(rows) < 0.3, rng.random(rows) < 0.5]
    )
    chance = probability(-0.3 + design @ [0.5, -0.7, 0.8, 0.1])
    columns: Columns = {
        "outcome": (rng.random(rows) < chance).astype(np.int8),
        "cases": rng.integers(1, 4, rows),
        "keys": rng.integers(0, 4096, rows),
        "borough_no": rng.integers(1, BOROUGHS + 1, rows).astype(np.int32),
        "validation_fold": rng.integers(0, 5, rows).astype(np.int32),
        "is_late": (rng.random(rows) < 0.25).astype(np.int32),
    }
    return columns | {
        name: design[:, j].astype(np.int8) for j, name in enumerate(NAMES)
    }


def in_memory(columns: Columns) -> CasesInMemory:
    return CasesInMemory(
        outcome=columns["outcome"].astype(float),
        design=np.column_stack([columns[name] for name in NAMES]),
        cases=columns["cases"].astype(float),
        keys=columns["keys"].astype(float),
        parts={name: columns[name] for name in PARTS},
    )


def in_chunks(columns: Columns, size: int = 130) -> CasesInChunks:
    def read(names: Sequence[str], conditions: Sequence[str]) -> Iterator[Columns]:
        kept = np.ones(columns["outcome"].size, dtype=bool)
        for condition in conditions:
            part, sign, value = condition.split(" ")
            assert sign in ("=", "!=")
            kept &= (columns[part] == int(value)) == (sign == "=")
        wanted = ("outcome", "cases", "keys", *PARTS, *names)
        for start in range(0, columns["outcome"].size, size):
            rows = slice(start, start + size)
            yield {name: columns[name][rows][kept[rows]] for name in wanted}

    return CasesInChunks(NAMES, read)


def held(cases: ModelCases) -> npt.NDArray[np.float64]:
    """All blocks one under the other: outcome, cases, keys, borough, ones, design."""
    return np.concatenate(
        [
            np.column_stack(
                [one.outcome, one.cases, one.keys, one.borough_no, one.design]
            )
            for one in cases.blocks()
        ]
    )


# Blocks


@settings(max_examples=20, deadline=None, derandomize=True)
@given(rows=st.integers(1, 40), block=st.integers(1, 50), size=st.integers(1, 50))
def test_blocks_hold_every_row_once_whatever_their_size(
    rows: int, block: int, size: int
) -> None:
    columns = columns_of(rows, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_cases, "BLOCK", block)
        whole, parts = in_memory(columns), in_chunks(columns, size)
        expected = np.column_stack(
            [
                *(columns[name] for name in ("outcome", "cases", "keys", "borough_no")),
                np.ones(rows),
                whole.design,
            ]
        )
        for cases in (whole, parts):
            np.testing.assert_array_equal(held(cases), expected)
            assert max(one.outcome.size for one in cases.blocks()) <= block


def test_a_block_may_be_written_over() -> None:
    for cases in (in_memory(columns_of()), in_chunks(columns_of())):
        before = held(cases)
        for one in cases.blocks():
            one.design[:] = -1
        np.testing.assert_array_equal(held(cases), before)


def test_rows_are_cases_of_one_borough_unless_said_otherwise() -> None:
    cases = CasesInMemory.of([1, 0, 1], [[1], [0], [0]])
    np.testing.assert_array_equal(
        held(cases), [[1, 1, 0, 0, 1, 1], [0, 1, 0, 0, 1, 0], [1, 1, 0, 0, 1, 0]]
    )


# Choosing rows and columns


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("equal", [True, False])
def test_rows_are_chosen_by_a_part_they_belong_to(part: str, equal: bool) -> None:
    columns = columns_of()
    kept = (columns[part] == 1) == equal
    assert kept.any()
    assert not kept.all()
    for cases in (in_memory(columns), in_chunks(columns)):
        chosen = cases.where(part, 1, equal=equal)
        np.testing.assert_array_equal(held(chosen), held(in_memory(columns))[kept])


def test_choices_of_rows_add_up() -> None:
    columns = columns_of()
    kept = (columns["validation_fold"] != 2) & (columns["is_late"] == 0)
    for cases in (in_memory(columns), in_chunks(columns)):
        chosen = cases.where("validation_fold", 2, equal=False).where("is_late", 0)
        np.testing.assert_array_equal(held(chosen), held(in_memory(columns))[kept])


def test_folds_hold_every_row_once() -> None:
    for cases in (in_memory(columns_of()), in_chunks(columns_of())):
        folds = [held(cases.where("validation_fold", fold)) for fold in range(5)]
        assert sum(len(fold) for fold in folds) == ROWS


@pytest.mark.parametrize("chosen", [[2, 0], [1], []])
def test_columns_are_chosen_in_the_order_asked_for(chosen: list[int]) -> None:
    whole = held(in_memory(columns_of()))
    expected = whole[:, [0, 1, 2, 3, 4, *(5 + j for j in chosen)]]
    for cases in (in_memory(columns_of()), in_chunks(columns_of())):
        some = cases.select(chosen)
        assert some.columns == len(chosen)
        np.testing.assert_array_equal(held(some), expected)


def test_a_choice_of_a_choice_is_counted_from_the_first() -> None:
    for cases in (in_memory(columns_of()), in_chunks(columns_of())):
        np.testing.assert_array_equal(
            held(cases.select([3, 1, 2]).select([1])), held(cases.select([1]))
        )


# Thinning


@pytest.mark.parametrize("step", [1, 3, 50])
def test_every_so_manieth_row_is_kept(step: int) -> None:
    columns = columns_of()
    whole = in_memory(columns)
    np.testing.assert_array_equal(held(whole.thinned(step)), held(whole)[::step])
    # Of a chunk as of the whole, where the step is a part of its size.
    size = 2 * step * 3
    outcome_cases_and_design = [0, 1, 2, 4, 5, 6, 7, 8]
    np.testing.assert_array_equal(
        held(in_chunks(columns, size).thinned(step))[:, outcome_cases_and_design],
        held(whole)[::step][:, outcome_cases_and_design],
    )


def test_thinned_rows_keep_the_parts_they_belong_to() -> None:
    columns = columns_of()
    thinned = in_memory(columns).thinned(7)
    for part in PARTS:
        np.testing.assert_array_equal(thinned.parts[part], columns[part][::7])


# One model from both


def test_chunks_give_the_fit_that_memory_gives() -> None:
    fits = [
        fit_logistic(cases, VARIABLES)
        for cases in (in_memory(columns_of()), in_chunks(columns_of()))
    ]
    np.testing.assert_allclose(fits[0].estimate, fits[1].estimate, atol=1e-9)
    np.testing.assert_allclose(fits[0].covariance, fits[1].covariance, atol=1e-9)
    assert fits[0].notes == fits[1].notes
    assert fits[0].cases == fits[1].cases == columns_of()["cases"].sum()
    assert fits[0].nagelkerke_r2 == pytest.approx(fits[1].nagelkerke_r2, abs=1e-9)


def test_chunks_give_the_penalised_fit_that_memory_gives() -> None:
    columns = columns_of()
    columns["outcome"][columns["b"] == 1] = 0
    fits = [
        fit_logistic(cases, VARIABLES)
        for cases in (in_memory(columns), in_chunks(columns))
    ]
    assert fits[0].method == fits[1].method
    assert fits[0].notes == fits[1].notes != {}
    np.testing.assert_allclose(fits[0].estimate, fits[1].estimate, atol=1e-9)


def test_chunks_give_the_effects_that_memory_gives() -> None:
    columns = columns_of()
    fit = fit_logistic(in_memory(columns), VARIABLES)
    one, other = (
        find_effects(cases, fit, VARIABLES, BOROUGHS)
        for cases in (in_memory(columns), in_chunks(columns))
    )
    assert one.clusters == other.clusters == BOROUGHS
    for name in (
        *("marginal_effects", "marginal_std_errors", "cluster_std_errors"),
        *("outcome", "predicted", "cases"),
    ):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-9)


def test_chunks_give_the_validation_that_memory_gives() -> None:
    columns = columns_of()
    fit = fit_logistic(in_memory(columns), VARIABLES)
    one, other = (
        validate(cases, VARIABLES, fit, "2021-01-01")
        for cases in (in_memory(columns), in_chunks(columns))
    )
    for expected, found in zip(one, other, strict=True):
        assert found.sample == expected.sample
        assert expected.performance is not None
        assert found.performance is not None
        for name, value in vars(expected.performance).items():
            assert getattr(found.performance, name) == pytest.approx(value, abs=1e-9)


def test_validation_judges_each_case_once_by_a_model_that_has_not_seen_it() -> None:
    columns = columns_of()
    cases = in_memory(columns)
    crossed, later = validate(
        cases, VARIABLES, fit_logistic(cases, VARIABLES), "2021-01-01"
    )
    assert crossed.performance is not None
    assert crossed.performance.cases == columns["cases"].sum()
    assert later.performance is not None
    assert later.performance.cases == columns["cases"][columns["is_late"] == 1].sum()
    unseen = cases.where("is_late", 1)
    before = fit_logistic(cases.where("is_late", 0), VARIABLES)
    outcome, predicted, counts = predict(unseen, before)
    brier = np.average((outcome - predicted) ** 2, weights=counts)
    assert later.performance.brier == pytest.approx(brier, abs=1e-6)


def test_what_cannot_be_validated_says_why() -> None:
    columns = columns_of()
    # Only the first fold has withdrawals, and only the late months have cases.
    columns["outcome"][columns["validation_fold"] != 0] = 0
    cases = in_memory(columns)
    fit = fit_logistic(cases, VARIABLES)
    crossed, later = validate(cases, VARIABLES, fit, None)
    assert crossed.performance is None
    assert crossed.note == "without one fifth of the cases no case has the outcome"
    assert later.performance is None
    assert later.note == "fewer than four months"
    columns["is_late"][:] = 1
    _, later = validate(in_memory(columns), VARIABLES, fit, "2021-01-01")
    assert later.note == "in the earlier months there is no case"
    columns["is_late"][:] = 0
    _, later = validate(in_memory(columns), VARIABLES, fit, "2021-01-01")
    assert later.note == "no case in the latest months"


def test_chunks_without_any_row_have_no_model() -> None:
    empty = in_chunks(columns_of()).where("validation_fold", 9)
    with pytest.raises(NotFittableError, match="there is no case"):
        fit_logistic(empty, VARIABLES)
