"""What the report site reads: schema release, and nothing else that counts people."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from linkage.base.settings import RunSettings
from linkage.report.ranks import with_bounds
from linkage.report.site.inputs import (
    FORCES,
    INSPECTION,
    RANKS,
    SiteInputs,
    read_inputs,
)
from linkage.report.site.national import (
    forces_sentence,
    inspection_sentence,
    national,
)
from tests.driver_rows import inputs


@pytest.fixture
def settings(tmp_path: Path) -> RunSettings:
    """A warehouse with a released table, and one of records."""
    made = RunSettings("national", tmp_path, tmp_path / "national.duckdb")
    with duckdb.connect(str(made.warehouse)) as connection:
        for statement in (
            "create schema release",
            "create schema marts",
            "create schema quality",
            "create table marts.cases as select 1 as crime_ref",
            "create table quality.publications as select 4 as publication, "
            "timestamp '2026-11-02 10:00' as published_at, 'abc' as code_version",
            "create table quality.deliveries as select '2026-11-01' as delivery, "
            "'national' as source_system, true as is_simulated",
            f"create table release.{FORCES} as select * from (values "
            "('Kent', cast(500 as bigint), 0.2, date '2018-04-01'), "
            "('Surrey', null, null, null)) as rows(force, offences, rate, since)",
        ):
            connection.execute(statement).fetchall()
    return made


def test_the_tables_of_the_release_are_read_and_no_others(
    settings: RunSettings,
) -> None:
    found = read_inputs(settings, "")
    assert set(found.tables) == {FORCES}
    assert (found.publication, found.published_on) == (4, "2 November 2026")
    assert (found.is_simulated, found.study) == (True, "national")
    assert found.rows(FORCES, force="Kent") == [
        {"force": "Kent", "offences": 500, "rate": 0.2, "since": "2018-04-01"}
    ]
    assert found.rows(FORCES, force="Surrey") == [
        {"force": "Surrey", "offences": None, "rate": None, "since": None}
    ]
    assert found.rows("cases") == []


# Forces -------------------------------------------------------------------------------


def forces(*rows: tuple[str, float | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["force", "withdrawal_rate"])
    rate = frame["withdrawal_rate"].astype(float)
    return frame.assign(least=rate - 0.01, most=rate + 0.01)


def test_forces_are_said_by_their_extremes_and_the_whole() -> None:
    rows = forces(("England and Wales", 0.4), ("Kent", 0.5), ("Surrey", 0.3))
    assert forces_sentence("Rape", "2018/19", rows) == (
        "Rape, 2018/19: 40.0% in England and Wales; of 2 forces, highest Kent (50.0%), "
        "lowest Surrey (30.0%)."
    )
    assert forces_sentence("Rape", "2018/19", rows.head(2)) == (
        "Rape, 2018/19: too few forces with a rate."
    )


def national_inputs() -> SiteInputs:
    """Two forces, one line of the inspection in two periods."""
    rates = pd.DataFrame(
        [
            ("England and Wales", "all crime", 1010, 405, 0.401),
            ("Kent", "all crime", 505, None, None),
            ("Surrey", "crime type", 590, 300, 0.508),
        ],
        columns=[
            "force",
            "level",
            "offences_with_outcome",
            "withdrawals",
            "withdrawal_rate",
        ],
    ).assign(
        financial_year="2018/19",
        crime_type="Rape",
        withdrawal_rate_low=0.3,
        withdrawal_rate_high=0.5,
        fewer_than_10=[None, "withdrawals", None],
    )
    key = {"force": "Kent", "population": "all crime", "line": "Charged"}
    lines = pd.DataFrame(
        [
            ("tracked proportion", "2019-03-31", 100, 0.1),
            ("untracked rate", "2019-03-31", 300, 0.3),
            ("tracked proportion", "2018-03-31", 90, 0.1),
        ],
        columns=["measure", "period_to", "outcomes", "value"],
    ).assign(
        **key,
        period_from="2018-04-01",
        ci_low=0.08,
        ci_high=0.12,
        england_and_wales=0.2,
        position="one of the lowest",
        fewer_than_10=None,
    )
    ranks = lines.assign(probability_of_position=0.833)
    return inputs([], [], **{FORCES: rates, INSPECTION: lines, RANKS: ranks})


def test_forces_are_shown_without_single_crime_types() -> None:
    page = national(national_inputs())
    assert page is not None
    found, inspection = page.figures
    assert [row[2:5] for row in found.rows] == [
        ["England and Wales", 1010, 405],
        ["Kent", 505, "fewer than 10"],
    ]
    assert [row[1:4] for row in inspection.rows] == [["Charged", 100, 0.1]]
    assert inspection.sentences == {
        "Kent": "Kent is one of the lowest for Charged (83.3% sure)."
    }


def test_a_force_is_said_by_its_places_and_how_sure_they_are() -> None:
    lines = ["A", "B", "C", "D", "E"]
    rows = pd.DataFrame(
        {
            "line": lines,
            "position": ["one of the lowest"] * 4 + ["one of the highest"],
            "probability_of_position": [0.999, 0.8, 0.7, 0.6, 0.51],
        }
    )
    assert inspection_sentence("Kent", rows) == (
        "Kent is one of the highest for E (51.0% sure). It is one of the lowest for A "
        "(over 99% sure); B (80.0% sure); C (70.0% sure); and 1 more."
    )
    assert inspection_sentence("Kent", rows.assign(position="broadly in line")) == (
        "Kent is broadly in line with other forces in every outcome compared."
    )
    assert inspection_sentence("Kent", rows.assign(position=None)) == (
        "Kent is left out of the comparison of forces."
    )


@pytest.mark.parametrize("seed", range(40))
def test_the_first_force_is_the_first_of_the_true_rates(seed: int) -> None:
    """Random forces: of those with a rate the sentence names the true extremes."""
    random = np.random.default_rng(seed)
    offences = random.integers(20, 1200, 9)
    withdrawals = random.binomial(offences, random.uniform(0.3, 0.4, 9))
    exact = pd.DataFrame({"offences": offences, "withdrawals": withdrawals})
    moved = (exact // 5 + (random.random(exact.shape) < exact % 5 / 5)) * 5
    shown = moved.assign(force=[f"Force {one}" for one in "ABCDEFGHI"])
    rate = shown["withdrawals"] / shown["offences"]
    is_shown = (shown["offences"] >= 100) & (shown["withdrawals"] >= 10)
    shown = with_bounds(shown, "withdrawals", "offences")
    shown = shown.assign(withdrawal_rate=rate.where(is_shown).round(3))
    stated = forces_sentence("Rape", "2018/19", shown)
    rates = (exact["withdrawals"] / exact["offences"]).set_axis(shown["force"])
    known = rates[is_shown.to_numpy()]
    if len(known) < 2:
        assert stated == "Rape, 2018/19: too few forces with a rate."
        return
    hidden = len(exact) - len(known)
    are = f" shown ({hidden} {'is' if hidden == 1 else 'are'} not)" if hidden else ""
    assert f"{len(known)} forces{are}, " in stated
    found = re.search(r"highest (.+), lowest (.+)\.", stated)
    if found is None:
        assert "too close to rank" in stated
        return
    for text, first in ((found[1], known.idxmax()), (found[2], known.idxmin())):
        assert "other" in text or str(first) in text, stated
