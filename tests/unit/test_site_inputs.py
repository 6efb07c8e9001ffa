"""What the report site takes in: forces, and what the release before showed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd
import pytest

from linkage.disclosure.differences import COVER
from linkage.disclosure.release import _shown
from linkage.disclosure.settings import read_disclosure_settings
from linkage.report.site.inputs import FORCES, INSPECTION, RANKS, _forces, _inspection
from linkage.report.site.national import forces_sentence, inspection_sentence


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        yield made


def test_counts_of_forces_are_rounded_and_small_ones_left_out(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rules = read_disclosure_settings()
    assert _forces(connection, rules) is None
    connection.execute("create schema marts").fetchall()
    connection.execute(
        f"create table {FORCES} as select * from (values "
        "('England and Wales', '2018/19', 'Rape', 'all crime', 1012, 10, 403), "
        "('Kent', '2018/19', 'Rape', 'all crime', 503, 0, 7), "
        "('Surrey', '2018/19', 'Rape', 'all crime', 59, 0, 30), "
        "('Surrey', '2018/19', 'Arson', 'crime type', 590, 0, 300)) as rows("
        "force, financial_year, crime_type, level, offences, pending, withdrawals)"
    ).fetchall()
    found = _forces(connection, rules)
    assert found is not None
    assert found["force"].tolist() == ["England and Wales", "Kent", "Surrey"]
    assert found["offences"].tolist() == [1000, 505, 60]
    assert found["withdrawals"].fillna(-1).tolist() == [405, -1, 30]
    # Seven withdrawals are confidential; 60 offences are too few for a rate.
    assert found["withdrawal_rate"].round(3).fillna(-1).tolist() == [0.405, -1, -1]


def test_forces_are_said_by_their_extremes_and_the_whole() -> None:
    rows = pd.DataFrame(
        {
            "force": ["England and Wales", "Kent", "Surrey"],
            "withdrawal_rate": [0.4, 0.5, 0.3],
            "least": [0.39, 0.49, 0.29],
            "most": [0.41, 0.51, 0.31],
        }
    )
    assert forces_sentence("Rape", "2018/19", rows) == (
        "Rape, 2018/19: 40.0% in England and Wales; of 2 forces, highest Kent (50.0%), "
        "lowest Surrey (30.0%)."
    )
    assert forces_sentence("Rape", "2018/19", rows.head(2)) == (
        "Rape, 2018/19: too few forces with a rate."
    )


def test_the_inspection_shows_tracked_outcomes_of_the_latest_period(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rules = read_disclosure_settings()
    connection.execute("create schema marts").fetchall()
    assert _inspection(connection, rules) is None
    key = "force, population, measure, line, period_from, period_to"
    connection.execute(
        f"create table {INSPECTION} as select *, cast('2018-04-01' as date) "
        "as period_from, cast(until as date) as period_to from (values "
        "('Kent', 'all crime', 'tracked proportion', 'Charged', 1003, 102, 0.2, "
        "'one of the lowest', '2019-03-31'), "
        "('Kent', 'all crime', 'tracked proportion', 'Caution', 1003, 4, 0.1, "
        "'broadly in line', '2019-03-31'), "
        "('Kent', 'all crime', 'untracked rate', 'Charged', 1003, 300, 0.2, "
        "'broadly in line', '2019-03-31'), "
        "('Kent', 'all crime', 'tracked proportion', 'Charged', 900, 90, 0.2, "
        "'broadly in line', '2018-03-31')) as rows(force, population, measure, line, "
        "offences, outcomes, england_and_wales, position, until)"
    ).fetchall()
    connection.execute(
        f"create table {RANKS} as select {key}, position, "
        f"0.83333 as probability_of_position from {INSPECTION}"
    ).fetchall()
    found = _inspection(connection, rules)
    assert found is not None
    assert found["line"].tolist() == ["Caution", "Charged"]
    assert found["outcomes"].fillna(-1).tolist() == [-1, 100]
    assert found["share"].fillna(-1).round(3).tolist() == [-1, 0.1]
    assert found["probability_of_position"].round(3).tolist() == [0.833, 0.833]


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


def test_the_release_before_is_what_it_showed_and_no_more() -> None:
    rules = read_disclosure_settings()
    export = pd.DataFrame(
        {
            "value": [103, 104, 105],
            "why": ["", COVER, ""],
            "rules": [rules.fingerprint(), rules.fingerprint(), "others"],
        },
        index=["a", "b", "c"],
    )
    assert _shown(export, rules).to_dict() == {"a": 105}


@pytest.mark.parametrize("seed", range(40))
def test_the_first_force_is_the_first_in_the_warehouse(
    seed: int, connection: duckdb.DuckDBPyConnection
) -> None:
    """Random forces: of those with a rate the sentence names the true extremes."""
    random = np.random.default_rng(seed)
    offences = random.integers(20, 1200, 9)
    exact = pd.DataFrame(
        {
            "force": [f"Force {one}" for one in "ABCDEFGHI"],
            "financial_year": "2018/19",
            "crime_type": "Rape",
            "level": "all crime",
            "offences": offences,
            "pending": 0,
            "withdrawals": random.binomial(offences, random.uniform(0.3, 0.4, 9)),
        }
    )
    connection.register("exact", exact)
    connection.execute("create schema marts").fetchall()
    connection.execute(f"create table {FORCES} as select * from exact").fetchall()
    shown = _forces(connection, read_disclosure_settings())
    assert shown is not None
    stated = forces_sentence("Rape", "2018/19", shown)
    rates = (exact["withdrawals"] / exact["offences"]).set_axis(exact["force"])
    known = rates[shown.set_index("force")["withdrawal_rate"].notna()]
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
