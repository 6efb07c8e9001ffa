"""A force's own counts and offences, read from the warehouse it published.

They become inputs of the national study like any other; each count has its publication.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from linkage.base.errors import UnreadableInputError
from linkage.base.quoting import quoted
from linkage.extracts.csv_files import CHUNK
from linkage.extracts.register import LoadedExtract

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

# Source rows of the thematic areas (docs/national-extracts.md).
OFFENCES = """
    select
        crime_ref,
        offence_no,
        strftime(recorded_on, '%Y-%m-%d') as recorded_on,
        crime_type,
        offence,
        case when is_domestic_abuse then 'Y' else 'N' end as is_domestic_abuse,
        outcome_code
    from published.marts.all_offences
    where coalesce(outcome_code, '') not in ('NC', 'ADM') and recorded_on is not null
    order by crime_ref, offence_no
"""
OFFENCE_COLUMNS = (
    "crime_ref",
    "offence_no",
    "recorded_on",
    "crime_type",
    "offence",
    "is_domestic_abuse",
    "outcome_code",
)
# Input: its column of the force, the others, the query that gives them.
INPUTS = {
    "record_level_counts": ("force_name", COLUMNS, COUNTS),
    "thematic_offences": ("force", OFFENCE_COLUMNS, OFFENCES),
}


def load_record_level(
    connection: duckdb.DuckDBPyConnection, warehouse: Path, delivery: str
) -> list[LoadedExtract]:
    """Add a published warehouse's rows of each of `INPUTS` to its raw table.

    Read under the name of the latest delivery. Raises UnreadableInputError where there
    is no warehouse of crime reports.
    """
    if not warehouse.is_file():
        raise UnreadableInputError(
            f"{warehouse}: no published warehouse; name one with --record-level"
        )
    counts = {}
    try:
        connection.execute(
            f"attach {quoted(str(warehouse))} as published (read_only)"
        ).fetchall()
        for name, (force, columns, query) in INPUTS.items():
            listed = ", ".join(columns)
            counts[name] = connection.execute(
                f"insert into raw_national.{name} "
                f"(delivery, file_name, line_no, {force}, {listed}) "
                f"select ?, ?, row_number() over (), ?, {listed} from ({query})",
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
    sha256 = _sha256(warehouse)
    return [
        LoadedExtract(
            delivery=delivery,
            extract=name,
            file_name=warehouse.name,
            rows=int(rows),
            sha256=sha256,
            is_simulated=bool(is_simulated),
            notes=("read from a published warehouse",),
        )
        for name, rows in counts.items()
    ]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
