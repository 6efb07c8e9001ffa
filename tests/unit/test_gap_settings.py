"""A settings file that cannot be meant is refused with its entry and field named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from expectations.settings import SEVERITIES, SOURCES, read_settings
from linkage.base.errors import LinkageError
from linkage.base.settings import PROJECT

SUITE = {"suite": "cases", "table": "audit_cases", "description": "The cases"}
GAP = {
    "gap": "sex_unknown",
    "suite": "cases",
    "dimension": "completeness",
    "description": "Sex is unknown",
    "severity": "watch",
    "owner": "Data quality",
    "tolerance": 0.05,
}


def settings(tmp_path: Path, *gaps: dict[str, Any]) -> Path:
    path = tmp_path / "gaps.yml"
    path.write_text(yaml.safe_dump({"suites": [SUITE], "gaps": list(gaps)}))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(LinkageError) as refused:
        read_settings(path)
    message = str(refused.value)
    assert "\n" not in message
    assert message.startswith("gaps.yml")
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


def test_a_sound_entry_is_read_with_its_defaults(tmp_path: Path) -> None:
    (suite,), (gap,) = read_settings(settings(tmp_path, GAP))
    assert suite.table == "audit_cases"
    assert gap.tolerance == 0.05
    assert gap.published_share is None
    assert not gap.listed
    assert gap.sources == SOURCES


@pytest.mark.parametrize("field", list(GAP))
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_field_is_named(tmp_path: Path, field: str, value: Any) -> None:
    message = refusal(
        settings(tmp_path, {**GAP, "gap": "first"}, {**GAP, field: value})
    )
    assert message.startswith("gaps.yml line 9")
    assert f"{field} is missing" in message


@pytest.mark.parametrize("field", list(GAP))
def test_a_field_left_out_is_named(tmp_path: Path, field: str) -> None:
    entry = {name: value for name, value in GAP.items() if name != field}
    assert f"{field} is missing" in refusal(settings(tmp_path, entry))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("colour", "red", "no such field: colour"),
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
            ["pnc"],
            "sources must be among cris, nibrs, violent_crime, national",
        ),
        ("sources", "cris", "sources must be"),
        ("sources", [], "sources must be"),
        ("listed", "yes please", "listed must be"),
        ("dimension", "beauty", "dimension must be one of completeness, validity"),
        ("extract", "people", "extract must be one of offences, victims"),
        ("limit", "5%", "limit must be a number from 0"),
        ("limit", -1, "limit must be a number from 0"),
        ("gap", "sex unknown; drop table", "gap must be"),
    ],
)
def test_a_field_that_cannot_be_meant_is_named_with_its_entry(
    tmp_path: Path, field: str, value: Any, words: str
) -> None:
    message = refusal(settings(tmp_path, {**GAP, field: value}))
    assert message.startswith("gaps.yml line 2 (")
    assert words in message


def test_a_gap_that_stands_twice_is_named_with_its_line(tmp_path: Path) -> None:
    message = refusal(settings(tmp_path, GAP, dict(GAP)))
    assert message.startswith("gaps.yml line 9: sex_unknown stands twice")


def test_a_field_that_stands_twice_is_named_with_its_line(tmp_path: Path) -> None:
    path = settings(tmp_path, GAP)
    path.write_text(path.read_text().replace("  gap: sex", "  owner: Me\n  gap: sex"))
    message = refusal(path)
    assert "line 6" in message
    assert "owner stands twice" in message


def test_a_group_that_no_suite_can_count_by_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gaps.yml"
    suite = {**SUITE, "grouped_by": ["shoe_size"]}
    path.write_text(yaml.safe_dump({"suites": [suite], "gaps": [GAP]}))
    assert "grouped_by must be among extract, bcu, crime_area" in refusal(path)


def test_a_number_is_a_gap_where_it_is_over_its_limit(tmp_path: Path) -> None:
    _, (gap,) = read_settings(settings(tmp_path, {**GAP, "limit": 0.05}))
    assert gap.condition == "(sex_unknown > 0.05)"


@pytest.mark.parametrize(
    "content",
    [
        "gaps: [\n",
        "suites:\n\t- tab",
    ],
)
def test_a_file_that_is_no_yaml_is_named_with_its_line(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "gaps.yml"
    path.write_text(content)
    message = refusal(path)
    assert "line 2" in message
    assert "is not valid YAML" in message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "suites"),
        ("suites: []\n", "gaps"),
        ("gaps: []\n", "suites"),
        ("suites: []\ngaps:\n", "gaps"),
        ("suites: []\ngaps: [sex_unknown]\n", "'sex_unknown' is not a list"),
        ("suites: [{suite: cases}]\ngaps: []\n", "table"),
        ("suites: [{suite: a, table: b, description: c, x: d}]\ngaps: []\n", "x"),
    ],
)
def test_a_part_that_is_missing_or_of_another_shape_is_named(
    tmp_path: Path, content: str, words: str
) -> None:
    path = tmp_path / "gaps.yml"
    path.write_text(content)
    assert words in refusal(path)


@pytest.mark.parametrize("table", ["audit_violent_crimes", "audit_violent_crime_rows"])
def test_every_yes_no_column_of_the_violent_crime_audit_is_a_gap(table: str) -> None:
    (model,) = yaml.safe_load(
        (PROJECT / "models" / "audit" / f"{table}.yml").read_text(encoding="utf-8")
    )["models"]
    suites, gaps = read_settings()
    (suite,) = (one.suite for one in suites if one.table == table)
    own = [gap for gap in gaps if gap.suite == suite]
    assert {gap.gap for gap in own} == {
        column["name"]
        for column in model["columns"]
        if column["data_type"] == "boolean"
    }
    assert {gap.sources for gap in own} == {("violent_crime",)}
