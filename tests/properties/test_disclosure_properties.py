"""Attacks on suppressed and rounded tables, on any table."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.disclosure.rounding import round_counts
from tests import study_disclosure_tables as study
from tests.disclosure_tables import (
    KINDS,
    Attacker,
    frame_of,
    protected,
    shown_of,
    there_of,
)

# Mostly sparse, as real tables are where it matters.
COUNTS = st.lists(
    st.sampled_from([0, 0, 0, 0, 1, 2, 3, 9, 12, 40, 300]),
    min_size=len(KINDS),
    max_size=len(KINDS),
).filter(any)
CALM = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NEAR = 1e-6


@CALM
@given(COUNTS)
def test_no_small_count_can_be_told_from_one_at_the_threshold(
    counts: list[int],
) -> None:
    cells, result = protected(counts)
    frame = frame_of(counts)
    attacker = Attacker(there_of(frame), shown_of(cells, result["why"].to_list()))
    # What the mere rows say is known, whatever is published of their counts.
    without_counts = Attacker(there_of(frame), {})
    for number in np.flatnonzero(cells.small(10)):
        place = cells.places[number]
        if " less " in "".join(place):
            continue
        low, high = attacker.interval(place)
        assert high >= 10 - NEAR, (place, low, high)
        known = np.ceil(without_counts.interval(place)[0] - NEAR)
        assert low <= known + NEAR, (place, low, known)


@CALM
@given(COUNTS)
def test_who_did_not_withdraw_is_never_a_small_count(counts: list[int]) -> None:
    cells, result = protected(counts)
    frame = frame_of(counts)
    attacker = Attacker(there_of(frame), shown_of(cells, result["why"].to_list()))
    for row in frame.itertuples():
        if row.cases - row.withdrawals < 10:
            place = (row.crime_area, row.dimension, row.category, "stayed")
            low, high = attacker.interval(place)
            assert low <= NEAR, (place, low, high)
            assert high >= 10 - NEAR, (place, low, high)


@CALM
@given(COUNTS)
def test_nothing_small_is_published(counts: list[int]) -> None:
    cells, result = protected(counts)
    shown = shown_of(cells, result["why"].to_list())
    assert all(value >= 10 for value in shown.values())
    for place, cases in shown.items():
        part = shown.get((*place[:3], "withdrawals"))
        if place[3] == "cases" and part is not None:
            assert cases - part >= 10


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(COUNTS, st.integers(0, len(KINDS) - 1), st.sampled_from([1, -1, 5]))
def test_a_publication_with_a_few_other_cases_does_not_show_them(
    counts: list[int], kind: int, change: int
) -> None:
    later = [*counts]
    later[kind] = max(0, later[kind] + change)
    if not any(later):
        return
    cells, first = protected(counts)
    after, second = protected(later, [first])
    before = shown_of(cells, first["why"].to_list(), base=5)
    now = shown_of(after, second["why"].to_list(), base=5)
    assert {place: now[place] for place in now.keys() & before} == {
        place: before[place] for place in now.keys() & before
    }
    # What was suppressed then can't have come out by so few cases.
    assert now.keys() <= before.keys()


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.sampled_from([0, 0, 1, 4, 12, 40, 300]),
        min_size=study.SIZE,
        max_size=study.SIZE,
    ).filter(lambda counts: any(counts[:-1]))
)
def test_no_small_count_of_the_study_can_be_told(counts: list[int]) -> None:
    """Nor who had another outcome, nor whom a model flags between two thresholds."""
    counted = study.counted(counts)
    shown = shown_of(counted.cells, counted.protect()["why"].to_list())
    there, nothing = study.there_and_not(counts)
    attacker = Attacker(there, {**shown, **nothing}, study.mask_of)
    without_counts = Attacker(there, nothing, study.mask_of)
    for place in study.secrets(counts):
        low, high = attacker.interval(place)
        assert high >= 10 - NEAR, (place, low, high)
        known = np.ceil(without_counts.interval(place)[0] - NEAR)
        assert low <= known + NEAR, (place, low, known)


@given(st.lists(st.integers(0, 10**6), min_size=1), st.sampled_from([3, 5, 10]))
def test_rounding_is_the_nearest_multiple_and_keeps_the_order(
    counts: list[int], base: int
) -> None:
    rounded = round_counts(counts, base)
    assert (rounded % base == 0).all()
    assert (np.abs(rounded - np.array(counts)) <= base / 2).all()
    assert (np.diff(round_counts(sorted(counts), base)) >= 0).all()
