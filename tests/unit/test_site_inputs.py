"""What the report site takes in: forces, and what the release before showed."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pandas as pd
import pytest

from disclosure.differences import COVER
from disclosure.release import _shown
from disclosure.settings import read_disclosure_settings
from report.site.inputs import FORCES, _forces
from report.site.national import forces_sentence


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
        }
    )
    assert forces_sentence("Rape", "2018/19", rows) == (
        "Rape, 2018/19: 40.0% in England and Wales; from 30.0% (Surrey) to 50.0% "
        "(Kent), of 2 forces."
    )
    assert forces_sentence("Rape", "2018/19", rows.head(2)) == (
        "Rape, 2018/19: too few forces with a rate."
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
