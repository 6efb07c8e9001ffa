"""A seed of gaps that cannot be meant is refused with its line and column named."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from expectations.settings import (
    GAPS_FILE,
    SEVERITIES,
    Condition,
    read_settings,
)
from linkage.base.errors import LinkageError

FIELDS = tuple(GAPS_FILE.read_text(encoding="utf-8").splitlines()[0].split(","))
GAP = {
    "gap": "sex_unknown",
    "suite": "combined dataset",
    "dimension": "completeness",
    "description": "Sex is unknown",
    "severity": "watch",
    "owner": "Data quality",
    "tolerance": 0.05,
    "expectation": "expect_column_values_to_not_be_in_set",
    "column_name": "victim_sex",
    "arguments": "value_set: [Unknown]",
    "sources": "cris;nibrs",
}
REQUIRED = [field for field in GAP if field not in ("sources", "arguments")]


def settings(
    tmp_path: Path, *gaps: dict[str, Any], encoding: str = "utf-8", ends: str = "\n"
) -> Path:
    path = tmp_path / "gaps.csv"
    with path.open("w", newline="", encoding=encoding) as stream:
        writer = csv.DictWriter(stream, FIELDS, lineterminator=ends)
        writer.writeheader()
        writer.writerows(gaps)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(LinkageError) as refused:
        read_settings(path)
    message = str(refused.value)
    assert "\n" not in message
    assert message.startswith("gaps.csv")
    return message


def test_the_shipped_settings_are_sound() -> None:
    suites, gaps = read_settings()
    assert {gap.suite for gap in gaps} == {suite.suite for suite in suites}
    assert {gap.severity for gap in gaps} == set(SEVERITIES)
    assert len({gap.gap for gap in gaps}) == len(gaps) >= 25


def test_a_gap_that_prints_a_published_share_names_its_source() -> None:
    _, gaps = read_settings()
    for gap in gaps:
        assert (gap.published_share is None) == (gap.published_in is None), gap.gap
        if gap.published_share is not None:
            assert gap.published_share <= gap.tolerance


def test_a_sound_row_is_read_with_its_defaults(tmp_path: Path) -> None:
    _, (gap,) = read_settings(settings(tmp_path, GAP))
    assert gap.tolerance == 0.05
    assert gap.published_share is None
    assert not gap.listed
    assert gap.sources == ("cris", "nibrs")


def test_the_rows_that_a_gap_applies_to_are_comparisons(tmp_path: Path) -> None:
    text = (
        "code in ('01', 'O''Hara and co') and is_known = true and days >= -1.5 "
        "and name is not null and kind not in (1, 2)"
    )
    _, (gap,) = read_settings(settings(tmp_path, {**GAP, "applies_to": text}))
    assert gap.applies_to == (
        Condition("code", "in", ["01", "O'Hara and co"]),
        Condition("is_known", "=", True),
        Condition("days", ">=", -1.5),
        Condition("name", "is not null"),
        Condition("kind", "not in", [1, 2]),
    )


def test_a_set_of_values_may_be_a_column_of_a_seed(tmp_path: Path) -> None:
    row = {**GAP, "arguments": "value_set: sexes.raw_sex"}
    _, (gap,) = read_settings(settings(tmp_path, row))
    assert {"male", "female"} <= set(gap.arguments["value_set"])


def test_a_row_is_read_as_a_spreadsheet_saves_it(tmp_path: Path) -> None:
    row = {**GAP, "listed": "TRUE", "description": 'Sex, or "gender", is unknown'}
    path = settings(tmp_path, row, encoding="utf-8-sig", ends="\r\n")
    _, (gap,) = read_settings(path)
    assert gap.listed
    assert gap.description == 'Sex, or "gender", is unknown'


@pytest.mark.parametrize("field", REQUIRED)
@pytest.mark.parametrize("value", [" ", ""])
def test_a_missing_field_is_named(tmp_path: Path, field: str, value: Any) -> None:
    message = refusal(
        settings(tmp_path, {**GAP, "gap": "first"}, {**GAP, field: value})
    )
    assert message.startswith("gaps.csv line 3")
    assert f"{field} is missing" in message


@pytest.mark.parametrize("field", FIELDS)
def test_a_column_left_out_is_named(tmp_path: Path, field: str) -> None:
    path = settings(tmp_path)
    path.write_text(",".join(name for name in FIELDS if name != field) + "\n")
    message = refusal(path)
    assert message.startswith("gaps.csv line 1: the header is ")
    assert f"it must be {', '.join(FIELDS)}" in message


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("severity", "urgent", "severity must be one of must hold, should hold, watch"),
        ("suite", "people", "no such suite: people"),
        ("tolerance", 5, "tolerance must be a share from 0 to 1"),
        ("tolerance", -0.1, "tolerance must be a share from 0 to 1"),
        ("tolerance", "5%", "tolerance must be a share from 0 to 1"),
        ("tolerance", True, "tolerance must be a share from 0 to 1"),
        ("tolerance", float("nan"), "tolerance must be a share from 0 to 1"),
        ("published_share", 35, "published_share must be a share from 0 to 1"),
        (
            "sources",
            "pnc",
            "sources must be among cris, nibrs, violent_crime, national",
        ),
        ("sources", "cris nibrs", "sources must be"),
        ("sources", "", "sources must be"),
        ("listed", "yes please", "listed must be"),
        ("dimension", "beauty", "dimension must be one of completeness, validity"),
        ("extract", "people", "extract must be one of offences, victims"),
        ("gap", "sex unknown; drop table", "gap must be"),
        ("column_name", "sex; drop table", "column_name must be"),
        ("expectation", "expect_good", "expectation must be one of expect_column"),
        ("arguments", "", "arguments of expect_column_values_to_not_be_in_set must be"),
        ("arguments", "max_value: 3", "must be value_set"),
        ("arguments", "value_set: Unknown", "names no column of a seed: Unknown"),
        ("arguments", "value_set: 3", "value_set must be [a, b] or seed.column"),
        ("arguments", "value_set: [", "arguments must be name: value"),
        ("applies_to", "outcome_code like '1%'", "applies_to must be comparisons"),
        ("applies_to", "outcome_code = 16 or true", "applies_to cannot read 'or true'"),
    ],
)
def test_a_field_that_cannot_be_meant_is_named_with_its_row(
    tmp_path: Path, field: str, value: Any, words: str
) -> None:
    message = refusal(settings(tmp_path, {**GAP, field: value}))
    assert message.startswith("gaps.csv line 2 (")
    assert words in message


def test_a_gap_that_is_there_twice_is_named_with_its_line(tmp_path: Path) -> None:
    message = refusal(settings(tmp_path, GAP, dict(GAP)))
    assert message.startswith("gaps.csv line 3: sex_unknown is there twice")


def test_a_column_that_no_row_has_is_named(tmp_path: Path) -> None:
    path = settings(tmp_path, GAP)
    path.write_text(path.read_text().replace("owner", "colour"))
    assert "line 1: the header is" in refusal(path)


def test_a_text_with_a_comma_without_quotes_is_named_with_its_line(
    tmp_path: Path,
) -> None:
    path = settings(tmp_path, GAP)
    path.write_text(path.read_text().replace("Sex is", "Sex, or gender, is"))
    message = refusal(path)
    assert message.startswith(f"gaps.csv line 2: has {len(FIELDS) + 2} fields")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "line 1: the header is"),
        (b"\xff\xfe", "is not a CSV file in UTF-8"),
        (b'gap,"', "is not a CSV file in UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_named(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "gaps.csv"
    path.write_bytes(content)
    assert words in refusal(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "is missing; restore it" in refusal(tmp_path / "gaps.csv")
