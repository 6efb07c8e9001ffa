"""Samples in proportion, Wilson's interval, and the audit that the study prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.record_audit import (
    EVERYWHERE,
    Grade,
    Question,
    allocate,
    read_audit_settings,
    score,
)
from linkage.base.errors import LinkageError
from linkage.base.intervals import wilson

QUESTIONS, GRADES = read_audit_settings()


@given(
    st.lists(st.integers(1, 5_000), min_size=1, max_size=15),
    st.floats(0, 1),
)
def test_strata_give_in_proportion_and_never_more_than_they_have(
    populations: list[int], fraction: float
) -> None:
    size = round(fraction * sum(populations))
    sizes = allocate(populations, size)
    assert sum(sizes) == size
    for given_, population in zip(sizes, populations, strict=True):
        assert 0 <= given_ <= population
        assert abs(given_ - size * population / sum(populations)) < 1


def test_the_interval_of_the_published_audit() -> None:
    # 97 of 334; by Wilson's formula worked out by hand with z = 1.959964.
    z, n, p = 1.959963984540054, 334, 97 / 334
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    assert wilson(p, n) == pytest.approx((centre - half, centre + half), abs=1e-12)


def records(
    bcu: str, population: int, answers: Sequence[tuple[bool | None, ...]]
) -> pd.DataFrame:
    frame = pd.DataFrame(answers, columns=[one.question for one in QUESTIONS])
    return frame.assign(bcu=bcu, bcu_population=population, bcu_sampled=len(answers))


def test_the_published_audit_is_graded_inadequate() -> None:
    # 237 fail: 41 by the first question, 38 by the second, 197 by the third (dq10-14).
    answers = [(True, True, True)] * 97
    for number in range(237):
        answers.append((number >= 41, not 30 <= number < 68, number < 40))
    results = score(records("London", 60_000, answers), QUESTIONS, GRADES)
    everywhere = {r["question"]: r for r in results if r["bcu"] == EVERYWHERE}
    assert everywhere["compliance"]["compliant"] == 97
    assert everywhere["compliance"]["share"] == pytest.approx(0.2904, abs=5e-5)
    assert everywhere["compliance"]["grade"] == "inadequate"
    failed = {name: 334 - one["compliant"] for name, one in everywhere.items()}
    assert [failed[question.question] for question in QUESTIONS] == [41, 38, 197]


def test_a_question_that_does_not_apply_counts_neither_way() -> None:
    answers: list[tuple[bool | None, ...]] = [
        (True, True, None),
        (False, None, True),
        (None, None, None),
    ]
    overall = {
        one["question"]: (one["compliant"], one["records"])
        for one in score(records("A", 3, answers), QUESTIONS, GRADES)
        if one["bcu"] == EVERYWHERE
    }
    assert list(overall.values()) == [(1, 2), (1, 2), (1, 1), (1, 1)]


def test_a_bcu_of_few_records_has_no_grade() -> None:
    yes, no = (True,) * 3, (False,) * 3
    few = score(records("A", 10, [yes] * 9 + [no]), QUESTIONS, GRADES)
    many = score(records("A", 400, [yes] * 40 + [no] * 360), QUESTIONS, GRADES)
    (grade,) = (one["grade"] for one in few if one["bcu"] == "A" and one["grade"])
    assert grade == "too few to tell"
    (grade,) = (one["grade"] for one in many if one["bcu"] == "A" and one["grade"])
    assert grade == "inadequate"


def test_a_record_weighs_what_it_stands_for() -> None:
    yes, no = (True,) * 3, (False,) * 3
    scored = pd.concat(
        [records("Large", 900, [yes] * 5 + [no] * 5), records("Small", 100, [no] * 10)]
    )
    overall = score(scored, QUESTIONS, GRADES)[0]
    assert overall["bcu"] == EVERYWHERE
    assert overall["share"] == pytest.approx(0.45)
    # Kish: ten records of weight 90 and ten of weight 10.
    assert (overall["ci_low"], overall["ci_high"]) == pytest.approx(
        wilson(0.45, 1000**2 / 82_000)
    )


@pytest.mark.parametrize(
    ("share", "grade"),
    [
        (1.0, "outstanding"),
        (0.9, "good"),
        (0.85, "requires improvement"),
        (0.0, "inadequate"),
    ],
)
def test_the_grade_is_the_band_of_the_share(share: float, grade: str) -> None:
    compliant = round(share * 20)
    answers = [(True,) * 3] * compliant + [(False,) * 3] * (20 - compliant)
    assert score(records("A", 20, answers), QUESTIONS, GRADES)[0]["grade"] == grade


@pytest.mark.parametrize(
    "content",
    [
        "questions: []\ngrades: []",
        "grades: []",
        "questions: [{question: a, text: b}]\ngrades: [{grade: x, at_least: much}]",
        "questions: [{question: a, text: b}]\ngrades: [{grade: x, at_least: 0.5}]",
        "questions: [{question: a}]\ngrades: [{grade: x, at_least: 0}]",
        "questions: [",
    ],
)
def test_settings_that_cannot_be_meant_are_one_line(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "record_audit.yml"
    path.write_text(content)
    with pytest.raises(LinkageError) as refused:
        read_audit_settings(path)
    assert str(refused.value).startswith("record_audit.yml")
    assert "\n" not in str(refused.value)


def test_the_shipped_settings_are_the_questions_of_the_study() -> None:
    assert [type(one) for one in QUESTIONS] == [Question] * 3
    assert GRADES[-1] == Grade("inadequate", 0)
