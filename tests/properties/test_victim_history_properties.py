"""A victim's history looks back, by calendar months, and never forward."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pytest
from dbt.cli.main import dbtRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.base.settings import RunSettings
from orchestration import dbt_project

MODEL = "int_violent_crime__victim_histories"
MONTHS = (1, 3, 6, 9, 12, 24)
TRUSTED = "true as is_current, cast(null as varchar) as rejection_reason"
History = dict[tuple[str, str], tuple[int, ...]]

# Few persons and many ends of months: windows meet, and days are shared.
days = st.one_of(
    st.dates(dt.date(2016, 1, 1), dt.date(2021, 12, 31)),
    st.builds(
        lambda year, month: dt.date(year, month, calendar.monthrange(year, month)[1]),
        st.integers(2018, 2020),
        st.integers(1, 12),
    ),
)
persons = st.sets(st.sampled_from("PQR"), max_size=2)


@dataclass(frozen=True)
class Crime:
    """One crime: its day, and who was a victim or an offender of it."""

    occurred_on: dt.date
    victims: set[str]
    offenders: set[str]


crimes = st.lists(st.builds(Crime, days, persons, persons), max_size=12)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The model's SQL, as dbt runs it on DuckDB."""
    folder = tmp_path_factory.mktemp("histories")
    run = RunSettings("violent_crime", folder, folder / "violent_crime.duckdb")
    run.temp.mkdir(parents=True)
    parsed = dbt_project.parse(run)
    with dbt_project._environment(run):
        done = dbtRunner(manifest=parsed).invoke(
            ["--quiet", "compile", *dbt_project._arguments(run), "--select", MODEL]
        )
    dbt_project._release_database()
    assert done.exception is None, done.exception
    (node,) = (one.node for one in done.result if one.node.name == MODEL)
    return str(node.compiled_code)


@pytest.fixture(scope="module")
def intake() -> Iterator[duckdb.DuckDBPyConnection]:
    """An intake in memory, with what the model reads still to be filled in."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as intake")
        connection.execute("create schema intake.intermediate")
        yield connection


def by_sql(
    connection: duckdb.DuckDBPyConnection, compiled: str, delivered: list[Crime]
) -> History:
    refs = [(f"C{number}", crime) for number, crime in enumerate(delivered)]
    for name, columns, rows in (
        (
            "crimes",
            "crime_ref varchar, occurred_on date",
            [(ref, crime.occurred_on) for ref, crime in refs],
        ),
        (
            "victims",
            "crime_ref varchar, person_ref varchar",
            [(ref, one) for ref, crime in refs for one in crime.victims],
        ),
        (
            "offenders",
            "crime_ref varchar, person_ref varchar",
            [(ref, one) for ref, crime in refs for one in crime.offenders],
        ),
    ):
        connection.execute(f"create or replace table given_{name} ({columns})")
        if rows:
            connection.executemany(f"insert into given_{name} values (?, ?)", rows)
        connection.execute(
            "create or replace table "
            f"intake.intermediate.int_violent_crime__{name}_checked as "
            f"select *, {TRUSTED} from given_{name}"
        )
    return {
        (person, ref): tuple(counts)
        for person, ref, *counts in connection.execute(compiled).fetchall()
    }


def begins(day: dt.date, months: int) -> dt.date:
    """The same day of an earlier month, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def by_hand(delivered: list[Crime]) -> History:
    return {
        (person, f"C{number}"): tuple(
            sum(
                person in getattr(other, role)
                and begins(crime.occurred_on, months)
                <= other.occurred_on
                < crime.occurred_on
                for other in delivered
            )
            for role in ("victims", "offenders")
            for months in MONTHS
        )
        for number, crime in enumerate(delivered)
        for person in crime.victims
    }


shared = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@shared
@given(delivered=crimes)
def test_a_history_is_what_a_count_by_hand_finds(
    intake: duckdb.DuckDBPyConnection, compiled: str, delivered: list[Crime]
) -> None:
    assert by_sql(intake, compiled, delivered) == by_hand(delivered)


@shared
@given(delivered=crimes, later=crimes)
def test_a_crime_of_the_same_day_or_later_changes_no_history(
    intake: duckdb.DuckDBPyConnection,
    compiled: str,
    delivered: list[Crime],
    later: list[Crime],
) -> None:
    latest = max((one.occurred_on for one in delivered), default=dt.date.min)
    before = by_sql(intake, compiled, delivered)
    after = by_sql(
        intake,
        compiled,
        [*delivered, *(one for one in later if one.occurred_on >= latest)],
    )
    assert {key: after[key] for key in before} == before
