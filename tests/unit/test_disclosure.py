"""Rules of disclosure control, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from linkage.base.errors import LinkageError
from linkage.disclosure.cells import Cells, collect
from linkage.disclosure.differences import (
    CHANGE,
    COVER,
    KEPT,
    SMALL,
    small_changes,
    too_near,
)
from linkage.disclosure.export import protected_counts
from linkage.disclosure.rounding import round_counts
from linkage.disclosure.settings import Sum, read_disclosure_settings
from linkage.disclosure.suppression import Protection, _reach, protect
from tests.disclosure_tables import TABLE, cells_of, frame_of, rules

FRAME = pd.DataFrame(
    [
        ("Robbery", "all", "All cases", 203, 83),
        ("Robbery", "victim_sex", "Female", 100, 40),
        ("Robbery", "victim_sex", "Male", 100, 40),
        ("Robbery", "victim_sex", "Unknown", 3, 3),
    ],
    columns=["crime_area", "dimension", "category", "cases", "withdrawals"],
)


def hidden_of(frame: pd.DataFrame) -> set[tuple[str, str]]:
    cells, _ = cells_of(frame)
    small = np.flatnonzero(cells.small(10))
    hidden = protect(
        cells,
        Protection(small, cells.at_least[small], np.full(len(small), 10)),
        np.zeros(len(cells.value), dtype=bool),
        10,
    )
    return {
        (place[2], place[3])
        for place, is_hidden, is_implied in zip(
            cells.places, hidden, cells.is_implied, strict=True
        )
        if is_hidden and not is_implied
    }


def test_a_single_small_count_is_covered_by_another() -> None:
    hidden = hidden_of(FRAME)
    assert {("Unknown", "cases"), ("Unknown", "withdrawals")} <= hidden
    assert len([what for what in hidden if what[1] == "cases"]) >= 2


def test_a_table_without_small_counts_is_whole() -> None:
    assert hidden_of(FRAME.iloc[1:3]) == set()


def test_a_rate_of_all_or_none_is_as_confidential_as_a_small_count() -> None:
    frame = FRAME.iloc[[1]].assign(withdrawals=0)
    assert ("Female", "withdrawals") in hidden_of(frame)
    frame = FRAME.iloc[[1]].assign(withdrawals=100)
    assert len(hidden_of(frame)) == 1


def test_a_rule_that_the_warehouse_contradicts_stops_the_export() -> None:
    wrong = FRAME.copy()
    wrong.loc[1, "cases"] = 150
    with pytest.raises(LinkageError, match="does not hold"):
        cells_of(wrong)


def test_two_counts_of_one_thing_that_differ_stop_the_export() -> None:
    with pytest.raises(LinkageError, match="do not agree"):
        cells_of(pd.concat([FRAME, FRAME.assign(cases=999)]))


def test_one_category_in_two_tables_is_one_cell() -> None:
    used = rules()
    group = used.groups["withdrawals"]
    shares = pd.DataFrame(
        [("Robbery", "Victim withdrawal", 83), ("Robbery", "Judicial", 120)],
        columns=["crime_area", "outcome_group", "cases"],
    )
    names = (TABLE, "marts.outcome_shares")
    lookups: dict[str, dict[str, str]] = {
        to["query"]: {}
        for rule in group.sums
        for to in rule.total.values()
        if isinstance(to, dict)
    }
    cells, _ = collect(
        group,
        {name: used.tables[name] for name in names},
        dict(zip(names, (FRAME, shares), strict=True)),
        lookups,
    )
    same = [
        [cells.places[at] for at in np.flatnonzero(row)]
        for row in cells.sums.toarray()
        if np.count_nonzero(row) == 2
    ]
    withdrew = ("Robbery", "all", "All cases", "withdrawals")
    group_count = ("Robbery", "outcome_group", "Victim withdrawal", "cases")
    assert any({withdrew, group_count} == set(pair) for pair in same)


def test_a_proof_that_is_none_is_refused() -> None:
    cells = impossible()
    with pytest.raises(LinkageError, match="no safe table"):
        protect(
            cells,
            Protection(np.array([0]), np.array([0]), np.array([10])),
            np.zeros(1, dtype=bool),
            10,
        )


def impossible() -> Cells:
    """One count that a sum says is nothing but itself: it can't move."""
    return Cells(
        ["name", "measure"],
        [("one", "cases")],
        np.array([3]),
        np.array([0]),
        np.array([False]),
        np.array([False]),
        sparse.csr_array(np.array([[1]])),
    )


# Rounding ----------------------------------------------------------------------------


def test_counts_are_rounded_to_the_nearest_five() -> None:
    assert round_counts([0, 10, 12, 13, 17, 18], 5).tolist() == [0, 10, 10, 15, 15, 20]


# Differences -------------------------------------------------------------------------


def differences(before: int, why: str, now: int) -> str:
    earlier = pd.DataFrame({"value": [before], "why": [why]}, index=["a"])
    counts = pd.Series([now], index=["a"])
    return str(small_changes(counts, [earlier], threshold=10, base=5).iloc[0])


@pytest.mark.parametrize(
    ("before", "why", "now", "found"),
    [
        (12, "", 13, CHANGE),
        (12, "", 12, ""),
        (13, "", 16, ""),
        (12, "", 21, CHANGE),
        (12, "", 22, ""),
        (9, SMALL, 10, KEPT),
        (9, SMALL, 19, ""),
        (50, COVER, 50, KEPT),
        (50, COVER, 60, ""),
    ],
)
def test_a_change_under_the_threshold_is_not_published(
    before: int, why: str, now: int, found: str
) -> None:
    assert differences(before, why, now) == found


def test_every_earlier_export_counts_not_the_latest_alone() -> None:
    earlier = [
        pd.DataFrame({"value": [value], "why": [""]}, index=["a"]) for value in (12, 40)
    ]
    counts = pd.Series([14], index=["a"])
    assert small_changes(counts, earlier, threshold=10, base=5).tolist() == [CHANGE]


def test_a_count_that_is_new_is_under_no_difference() -> None:
    earlier = pd.DataFrame({"value": [12], "why": [""]}, index=["a"])
    counts = pd.Series([14], index=["b"])
    assert small_changes(counts, [earlier], threshold=10, base=5).tolist() == [""]


@pytest.mark.parametrize(
    ("counts", "near"),
    [
        ([100, 103], [False, True]),
        ([100, 101], [False, False]),
        ([100, 110], [False, False]),
        ([103, 100, 107], [False, True, False]),
        ([100, 103, 107], [False, True, True]),
    ],
)
def test_no_two_counts_are_shown_that_differ_by_a_small_count(
    counts: list[int], near: list[bool]
) -> None:
    assert too_near(counts, threshold=10, base=5).tolist() == near


def test_models_within_each_other_do_not_show_who_is_between() -> None:
    used = rules()
    frame = pd.DataFrame(
        {"model": ["1", "2"], "sample_size": [2_013, 2_009], "events": [900, 897]}
    )
    table = used.tables["drivers.models"]
    cells, _ = collect(used.groups["models"], {"m": table}, {"m": frame}, {})
    counts = protected_counts(cells, used.groups["models"], used)
    shown = counts[(counts.why == "") & ~cells.is_implied]
    assert "1 / sample_size" in shown.index
    assert "2 / sample_size" not in shown.index
    rounded = np.sort(round_counts(shown["value"], used.base))
    assert (np.diff(rounded) >= used.threshold).all()


# Settings ----------------------------------------------------------------------------


def test_no_table_of_records_is_among_those_for_export() -> None:
    used = read_disclosure_settings()
    assert not {*used.records, *used.kept_inside} & set(used.tables)
    forbidden = ("crime_ref", "line_no", "borough", "run", "fitted_at")
    for table in used.tables.values():
        columns = {*table.keys, *table.also, *table.counts, *table.estimates}
        assert not columns & set(forbidden)


@pytest.mark.parametrize(
    ("spoil", "stated"),
    [
        (lambda text: text.replace("threshold: 10", "threshold: 2"), "whole numbers"),
        (
            lambda text: text.replace("group: quality", "group: nowhere"),
            "needs a group",
        ),
        (lambda text: text.replace("kind: same", "kind: sane"), "cannot be understood"),
        (lambda text: text + "more: 1\n", "cannot be understood"),
        (lambda text: "{", "line 2: is not valid YAML"),
    ],
)
def test_settings_that_are_wrong_are_one_line(
    tmp_path: Path, spoil: Callable[[str], str], stated: str
) -> None:
    from linkage.disclosure.settings import SETTINGS_FILE

    file = tmp_path / "settings.yml"
    file.write_text(spoil(SETTINGS_FILE.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(LinkageError, match=stated):
        read_disclosure_settings(file)


def test_a_sum_rule_says_what_it_ties() -> None:
    for group in read_disclosure_settings().groups.values():
        assert all(isinstance(rule, Sum) and rule.name for rule in group.sums)


def test_the_frames_of_these_tests_count_every_case_once() -> None:
    frame = frame_of([1] * 72)
    totals = frame[frame.crime_area == "All crime"].groupby("dimension").cases.sum()
    assert set(totals) == {72}


# Bounds that follow from single sums --------------------------------------------------


def test_what_a_sum_holds_back_needs_no_program() -> None:
    """Of three parts of a total two may move; a row that is there holds one case."""
    cells = Cells(
        ["name", "measure"],
        [(name, "cases") for name in ("few", "many", "shown", "total")],
        np.array([3, 100, 100, 203]),
        np.array([1, 1, 1, 3]),
        *(np.zeros(4, dtype=bool),) * 2,
        sparse.csr_array(np.array([[1, 1, 1, -1]])),
    )
    both = np.array([0, 1])
    assert _reach(cells, both, 1).tolist() == [99, 2, 0, 0]
    assert _reach(cells, both, -1).tolist() == [2, 99, 0, 0]
    assert not _reach(cells, np.array([0]), 1).any()
    assert np.isinf(_reach(cells, np.arange(4), 1)).all()
