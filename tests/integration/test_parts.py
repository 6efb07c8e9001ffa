"""Built part by part, the tables are those that are built at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from linkage.base.settings import RunSettings, mebibytes
from linkage.extracts.load import load_source
from linkage.publication.build_state import parts_of_crime_reports
from linkage.simulator import simulate_deliveries
from tests.building import build_models

PARTS = 3


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunSettings, RunSettings]:
    """Three deliveries that correct one another, built at once and part by part."""
    folder = tmp_path_factory.mktemp("parts")
    extracts = folder / "extracts"
    simulate_deliveries(extracts, cases=600, seed=3, months=3, dirt=0.05)
    at_once = RunSettings("cris", extracts, folder / "at_once.duckdb")
    load_source(at_once)
    with duckdb.connect(str(at_once.intake), read_only=True) as connection:
        ((rows,),) = connection.execute(
            "select max(estimated_size) from duckdb_tables() "
            "where schema_name = 'raw_cris'"
        ).fetchall()
    limit = mebibytes(at_once.memory_limit) << 20
    in_parts = replace(
        at_once,
        warehouse=folder / "in_parts.duckdb",
        memory_per_row=int((PARTS - 0.5) * limit / rows),
    )
    load_source(in_parts)
    assert parts_of_crime_reports(at_once) == 1
    assert parts_of_crime_reports(in_parts) == PARTS
    for settings in (at_once, in_parts):
        build_models(settings, "seed", "model", "test")
    return at_once, in_parts


def relations(path: Path) -> set[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "select schema_name, table_name from duckdb_tables() union all "
                "select schema_name, view_name from duckdb_views() where not internal"
            ).fetchall()
        }


def test_the_same_tables_are_there(both: tuple[RunSettings, RunSettings]) -> None:
    at_once, in_parts = both
    assert relations(in_parts.build) == relations(at_once.build)
    assert relations(in_parts.intake) == relations(at_once.intake)


def contents(path: Path, name: str) -> list[str]:
    """A table's rows in one order."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return sorted(map(repr, connection.execute(f"select * from {name}").fetchall()))


def test_every_table_is_the_same(both: tuple[RunSettings, RunSettings]) -> None:
    at_once, in_parts = both
    for path, other in (
        (at_once.build, in_parts.build),
        (at_once.intake, in_parts.intake),
    ):
        names = [name for name in relations(path) if not name.startswith("raw")]
        assert len(names) > 10
        for name in names:
            assert contents(other, name) == contents(path, name), name


def test_a_month_as_the_latest_delivery_left_it_is_that_of_the_cases(
    both: tuple[RunSettings, RunSettings],
) -> None:
    at_once, _ = both
    with duckdb.connect(str(at_once.build), read_only=True) as connection:
        matured = connection.execute(
            "select recorded_month, cases_and_pending - pending, withdrawals "
            "from marts.withdrawal_maturity "
            "where delivery = (select max(delivery) from marts.withdrawal_maturity) "
            "and cases_and_pending > pending order by recorded_month"
        ).fetchall()
        counted = connection.execute(
            "select cast(date_trunc('month', recorded_on) as date), count(*), "
            "sum(is_victim_withdrawal::int) from marts.cases group by 1 order by 1"
        ).fetchall()
    assert len(counted) >= 3
    assert matured == counted
