"""Built in slices, the tables are those that are built at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from linkage.base.settings import RunSettings, mebibytes
from linkage.extracts.load import load_source
from linkage.simulator import simulate_deliveries
from orchestration import dbt_project
from tests.building import build_models

SLICES = 3


@dataclass(frozen=True)
class InSlices(RunSettings):
    """Settings under which the largest raw table is too large for one slice."""

    bytes_per_row: int = 1

    def dbt_vars(self) -> dict[str, str]:
        return {**super().dbt_vars(), "slice_bytes_per_row": str(self.bytes_per_row)}


def built(settings: RunSettings) -> RunSettings:
    """Every CRIS model and its data tests, built from freshly loaded deliveries."""
    load_source(settings)
    parsed = dbt_project.parse(settings)
    build_models(settings, parsed, "seed", "model", "test")
    return settings


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunSettings, RunSettings]:
    """Three deliveries that correct one another, built at once and in slices."""
    folder = tmp_path_factory.mktemp("slices")
    extracts = folder / "extracts"
    simulate_deliveries(extracts, cases=600, seed=3, months=3, dirt=0.05)
    at_once = built(RunSettings("cris", extracts, folder / "at_once.duckdb"))
    with duckdb.connect(str(at_once.intake), read_only=True) as connection:
        row = connection.execute(
            "select max(estimated_size) from duckdb_tables() "
            "where schema_name = 'raw_cris'"
        ).fetchone()
    assert row is not None
    limit = mebibytes(at_once.memory_limit) << 20
    per_row = int((SLICES - 0.5) * limit / row[0])
    sliced = InSlices("cris", extracts, folder / "sliced.duckdb", bytes_per_row=per_row)
    return at_once, built(sliced)


def relations(path: Path) -> set[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "select schema_name, table_name from duckdb_tables() union all "
                "select schema_name, view_name from duckdb_views() where not internal"
            ).fetchall()
        }


def test_the_slices_were_made(both: tuple[RunSettings, RunSettings]) -> None:
    at_once, sliced = both
    assert not [name for name in relations(at_once.intake) if "__slice_" in name]
    for number in range(SLICES):
        assert (
            f"intermediate.int_crime_reports__slice_{number}_of_{SLICES}"
            in relations(sliced.intake)
        )


def test_what_is_published_knows_no_slices(
    both: tuple[RunSettings, RunSettings],
) -> None:
    at_once, sliced = both
    assert relations(sliced.build) == relations(at_once.build)


def contents(path: Path, name: str) -> list[str]:
    """A table's rows in one order."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return sorted(map(repr, connection.execute(f"select * from {name}").fetchall()))


def test_every_table_is_the_same(both: tuple[RunSettings, RunSettings]) -> None:
    at_once, sliced = both
    for path, other in (
        (at_once.build, sliced.build),
        (at_once.intake, sliced.intake),
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
