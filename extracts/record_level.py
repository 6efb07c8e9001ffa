"""A force's own record-level counts, read from the warehouse it published.

They become an input of the national study like any other, with the publication they
come from beside each row.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from extracts.csv_files import CHUNK, quoted
from extracts.register import LoadedExtract
from linkage.errors import UnreadableInputError

INPUT = "record_level_counts"
# The force whose crime reports the CRIS extracts are.
FORCE = "Metropolitan Police"
# Offences as the Home Office counts them, and the cases that the London study keeps.
# Cancelled records are no offences (Home Office counting rules).
COUNTS = """
    with publication as (
        select * from published.quality.publications
        order by publication desc limit 1
    ),
    offences as (
        select
            'all offences' as population,
            crime_type,
            recorded_on,
            outcome_code,
            outcome_group
        from published.marts.all_offences
        where coalesce(outcome_code, '') not in ('NC', 'ADM')
        union all
        select
            'combined dataset' as population,
            crime_type,
            recorded_on,
            outcome_code,
            outcome_group
        from published.marts.cases
    ),
    dated as (
        select
            *,
            year(recorded_on - interval 3 month) as first_year
        from offences
        where crime_type != 'Out of scope' and recorded_on is not null
    ),
    typed as (
        select * from dated
        union all
        select * replace ('All crime' as crime_type) from dated
    )
    select
        cast(publication.publication as varchar) as publication,
        strftime(publication.published_at, '%Y-%m-%d') as published_on,
        population,
        first_year || '/' || lpad(((first_year + 1) % 100)::varchar, 2, '0')
            as financial_year,
        crime_type,
        strftime(min(recorded_on), '%Y-%m-%d') as recorded_from,
        strftime(max(recorded_on), '%Y-%m-%d') as recorded_to,
        count(*) as offences,
        count(*) filter (outcome_code is null) as pending,
        count(*) filter (outcome_group = 'Victim withdrawal') as withdrawals,
        count(*) filter (outcome_group = 'Judicial') as judicial_outcomes
    from typed cross join publication
    group by all
    order by all
"""
COLUMNS = (
    "publication",
    "published_on",
    "population",
    "financial_year",
    "crime_type",
    "recorded_from",
    "recorded_to",
    "offences",
    "pending",
    "withdrawals",
    "judicial_outcomes",
)


def load_record_level(
    connection: duckdb.DuckDBPyConnection, warehouse: Path, delivery: str
) -> LoadedExtract:
    """Add the counts of a published warehouse to `raw_national.record_level_counts`.

    Read under the name of the latest delivery. Raises UnreadableInputError where there
    is no warehouse of crime reports.
    """
    if not warehouse.is_file():
        raise UnreadableInputError(
            f"{warehouse}: no published warehouse; name one with --record-level"
        )
    listed = ", ".join(COLUMNS)
    try:
        connection.execute(
            f"attach {quoted(str(warehouse))} as published (read_only)"
        ).fetchall()
        rows = connection.execute(
            f"insert into raw_national.{INPUT} "
            f"(delivery, file_name, line_no, force_name, {listed}) "
            f"select ?, ?, row_number() over (), ?, {listed} from ({COUNTS})",
            [delivery, warehouse.name, FORCE],
        ).fetchall()[0][0]
        ((is_simulated,),) = connection.execute(
            "select coalesce(bool_or(is_simulated), false) "
            "from published.quality.deliveries"
        ).fetchall()
    except duckdb.Error as error:
        raise UnreadableInputError(
            f"{warehouse}: is not a published warehouse of crime reports (marts.cases, "
            "marts.all_offences); name another with --record-level"
        ) from error
    connection.execute("detach published").fetchall()
    return LoadedExtract(
        delivery=delivery,
        extract=INPUT,
        file_name=warehouse.name,
        rows=int(rows),
        sha256=_sha256(warehouse),
        is_simulated=bool(is_simulated),
        notes=("read from a published warehouse",),
    )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
