"""The simulated national case files: the same every time, in the printed ranges."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from linkage.extracts.national import find_national_deliveries, read_inputs
from linkage.simulator.national import FULL_SIZE, simulate_national
from linkage.simulator.national.dirt import FAULTS, KEYS, make_dirty
from linkage.simulator.national.prosecutions import (
    MONTHS,
    draw_suspects,
    full_size,
    monthly_stopped,
    victim_shares,
)
from linkage.simulator.national.surveys import draw_surveys
from linkage.simulator.national.thematic import printed_counts
from linkage.simulator.national.victims_code import (
    draw_audits,
    draw_reviews,
    share_of_no,
)
from linkage.simulator.published import fact

CASES = 2_000


@pytest.fixture(scope="module")
def suspects() -> pd.DataFrame:
    return draw_suspects(CASES, seed=1)


@pytest.fixture(scope="module")
def audits() -> tuple[pd.DataFrame, pd.DataFrame]:
    return draw_audits(seed=3)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(
    tmp_path: Path,
) -> None:
    found = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        simulate_national(tmp_path / name, CASES, seed, dirt=0.02)
        files = sorted((tmp_path / name).rglob("*.csv"))
        found.append({path.name: path.read_bytes() for path in files})
    assert found[0] == found[1]
    same = {name for name in found[0] if found[0][name] == found[2][name]}
    assert same == {"thematic_counts.csv"}


def test_a_zipped_delivery_holds_the_same_rows(tmp_path: Path) -> None:
    simulate_national(tmp_path / "plain", CASES)
    simulate_national(tmp_path / "zipped", CASES, file_format="csv.gz")
    for path in (tmp_path / "plain").rglob("*.csv"):
        zipped = tmp_path / "zipped" / path.parent.name / f"{path.name}.gz"
        assert gzip.decompress(zipped.read_bytes()) == path.read_bytes()


def test_every_file_is_an_input_with_its_columns(tmp_path: Path) -> None:
    simulate_national(tmp_path, CASES)
    for files in find_national_deliveries(tmp_path).values():
        assert {file.input.name for file in files} >= set(KEYS)
        for file in files:
            assert file.is_simulated
            header = file.path.read_text().split("\n", 1)[0].split(",")
            assert header == list(read_inputs()[file.input.name].columns)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cases": 0}, "cases is 0"),
        ({"dirt": 1.5}, "dirt is 1.5"),
        ({"seed": -1}, "seed is -1"),
        ({"file_format": "parquet"}, "a national file is csv or csv.gz"),
    ],
)
def test_what_cannot_be_simulated_is_refused(
    tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        simulate_national(tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


def test_the_full_size_is_the_one_that_gives_the_printed_counts() -> None:
    assert full_size() == pytest.approx(FULL_SIZE, rel=0.01)


@pytest.mark.parametrize(
    ("stage", "place", "printed"),
    [
        ("pre_charge", "national", "of062"),
        ("pre_charge", "london", "of066"),
        ("post_charge", "national", "of072"),
        ("post_charge", "london", "of075"),
    ],
)
def test_shares_and_counts_give_the_printed_victims_a_month(
    stage: Any, place: str, printed: str
) -> None:
    shares = victim_shares(stage)
    stopped = monthly_stopped(stage, shares)[place]
    assert float((stopped * shares[place]).mean()) == pytest.approx(fact(printed))


def test_months_are_inside_the_printed_ranges() -> None:
    before, after = victim_shares("pre_charge"), victim_shares("post_charge")
    assert len(before["london"]) == MONTHS
    for path, low, high in (
        (before["london"], "of063", "of064"),
        (after["national"], "of070", "of071"),
        (after["london"], "of073", "of074"),
    ):
        assert fact(low) <= path.min() <= path.max() <= fact(high)
    assert before["national"][0] == fact("of060")
    assert before["national"][-1] == fact("of061")
    assert (np.diff(before["national"]) < 0).all()


def test_dates_of_a_suspect_are_in_order(suspects: pd.DataFrame) -> None:
    decided = suspects[suspects["decided_on"] != ""]
    ended = suspects[suspects["finalised_on"] != ""]
    assert (decided["referred_on"] <= decided["decided_on"]).all()
    assert (ended["decided_on"] <= ended["finalised_on"]).all()
    assert (ended["decision"] == "charge").all()
    assert suspects["suspect_ref"].is_unique


def test_as_many_suspects_are_decided_on_as_were_asked_for(
    suspects: pd.DataFrame,
) -> None:
    flagged = suspects["has_identified_victim"] == "Y"
    decided = flagged & (suspects["decision"] != "")
    # Forty-eight groups of months, each within one of its share.
    assert abs(int(decided.sum()) - CASES) < 15


def test_counts_by_thematic_area_are_the_printed_ones() -> None:
    counts = printed_counts()
    assert counts["offences"].astype(int).sum() == 1275 + 1399 + 13448 + 17478
    assert list(counts["printed_share"]) == ["0.544", "0.42", "0.417", "0.706"]


def test_answers_of_an_audit_have_the_printed_share_of_no(
    audits: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    samples, answers = audits
    merged = answers.merge(samples[["sample_ref", "audit"]], on="sample_ref")
    for (audit, question), own in merged.groupby(["audit", "question_code"]):
        share = float((own["answer"] == "no").mean())
        assert share == pytest.approx(share_of_no(str(audit), str(question)))
    reasons = answers["no_reason"].value_counts()
    assert (reasons["not referred"], reasons["referred after the limit"]) == (150, 70)


def test_reviews_begin_and_end_in_the_printed_months() -> None:
    requests = draw_reviews(seed=3)
    assert len(requests) == 101
    assert requests["requested_on"].min().startswith("2015-04")
    assert requests["requested_on"].max().startswith("2017-10")


def test_a_tenth_of_text_messages_is_answered() -> None:
    surveys = draw_surveys(seed=3)
    messages = surveys[surveys["channel"] == "SMS"]
    assert float((messages["responded_on"] != "").mean()) == pytest.approx(0.10)
    assert (surveys.loc[surveys["responded_on"] == "", "outcome"] == "").all()


@pytest.mark.parametrize("name", KEYS)
def test_every_fault_of_an_input_is_made_and_counted(
    name: str, audits: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    samples, answers = audits
    rows = {"audit_samples": samples, "audit_answers": answers}.get(name)
    if rows is None:
        columns = read_inputs()[name].columns
        rows = pd.DataFrame({column: ["x"] * 200 for column in columns})
    dirty = make_dirty(name, rows, 0.2, np.random.default_rng(1))
    reasons = {reason for _, reason in FAULTS[name]}
    assert reasons < set(dirty.reasons)
    assert dirty.rejected == len(dirty.rows) + dirty.short_rows - len(dirty.sound)


def test_the_truth_says_what_it_was_asked_for(tmp_path: Path) -> None:
    summary = simulate_national(tmp_path, CASES, seed=5, dirt=0.03)
    truth = json.loads(summary.truth_file.read_text())
    assert truth["simulated"] is True
    assert truth["arguments"] == {
        "cases": CASES,
        "seed": 5,
        "dirt": 0.03,
        "file_format": "csv",
    }
    assert (
        sum(truth["rejected_rows"]["cps_suspects"].values())
        == (summary.rejected_rows["cps_suspects"])
    )
