"""Crime reports older than the retention period."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from linkage.base.errors import LinkageError
from linkage.base.quoting import quoted
from linkage.base.settings import RunSettings
from linkage.erasure.references import trimmed
from linkage.extracts import records
from linkage.extracts.deliveries import find_deliveries
from linkage.extracts.layouts import LAYOUTS, Layout
from linkage.publication.kept import kept_publications, open_publication

# A row of `named` for each row that names a report: when it was recorded, if it can be
# read, as the delivery has it.
DATED = """
    select
        {ref} as crime_ref,
        delivery,
        {is_main} as is_main,
        case
            when trim({column}) like '____-__-__'
                then try_cast(trim({column}) as date)
        end as recorded_on
    from {schema}.{extract}
"""
OTHERS = """
    select {ref} as crime_ref, delivery, false as is_main, cast(null as date)
    from {schema}.{extract}
"""
EXPIRED = """
    with by_delivery as (
        select
            crime_ref,
            cast(delivery as date) as delivered_on,
            coalesce(
                max(recorded_on) filter (where is_main), max(recorded_on)
            ) as recorded_on
        from named
        where crime_ref != ''
        group by all
    ),
    reports as (
        select
            crime_ref,
            least(
                coalesce(
                    arg_max(recorded_on, delivered_on)
                        filter (where recorded_on is not null),
                    max(delivered_on)
                ), max(delivered_on)
            ) as recorded_on
        from by_delivery
        group by crime_ref
    )
    select crime_ref from reports
    where recorded_on < cast(? as date) - to_months(?)
    order by crime_ref
"""


@dataclass(frozen=True)
class Dated:
    """Columns of a source's retention date: in an extract, and in a mart.

    `is_main` is SQL for the rows of the extract that come first.
    """

    column: str
    mart: str
    is_main: str = "true"


BY_SOURCE = {
    "cris": Dated(
        "recorded_on", "marts.all_offences", "lower(trim(offence_role)) = 'main'"
    ),
    "violent_crime": Dated("occurred_on", "marts.violent_crimes"),
}


def expired(settings: RunSettings, months: int) -> list[str]:
    """The crime reports recorded more than so many months before the newest delivery.

    The day is the Main offence's, else any offence's, of the last delivery in which it
    can be read, and of a violent crime that on which it occurred; else the date of the
    last delivery that names the report, which is also the latest it can be. Kept
    publications count as deliveries of their crime reports.
    Raises UnreadableInputError where a delivery can't be read.
    """
    if settings.source == "nibrs":
        raise LinkageError("forget: NIBRS is public data; no retention period is kept")
    if months < 1:
        raise LinkageError("a retention period is a whole number of months from 1")
    layout = LAYOUTS[settings.source]
    newest = find_deliveries(settings.extracts, layout)[-1].name
    settings.temp.mkdir(parents=True, exist_ok=True)
    scratch = settings.temp / "retention.duckdb"
    scratch.unlink(missing_ok=True)
    try:
        return _expired(settings, scratch, newest, months)
    finally:
        scratch.unlink(missing_ok=True)
        scratch.with_name(scratch.name + ".wal").unlink(missing_ok=True)


def _expired(
    settings: RunSettings, scratch: Path, newest: str, months: int
) -> list[str]:
    with duckdb.connect(str(scratch), config=settings.duckdb_config()) as connection:
        layout = LAYOUTS[settings.source]
        deliveries = find_deliveries(settings.extracts, layout)
        records.load_deliveries(connection, layout, deliveries)
        named = _named(layout, BY_SOURCE[settings.source])
        connection.execute(f"create table named as {named}").fetchall()
        for number in kept_publications(settings):
            _add_publication(connection, settings, number)
        rows = connection.execute(EXPIRED, [newest, months]).fetchall()
    return [ref for (ref,) in rows]


def _named(layout: Layout, dated: Dated) -> str:
    ref = f"coalesce({trimmed(layout.key)}, '')"
    of_crimes = [name for name, own in layout.extracts.items() if layout.key in own]
    others = {*of_crimes, "malformed_rows"} - {layout.never_empty}
    first = DATED.format(
        ref=ref,
        is_main=dated.is_main,
        column=dated.column,
        schema=layout.schema,
        extract=layout.never_empty,
    )
    return " union all ".join(
        [
            first,
            *(
                OTHERS.format(ref=ref, schema=layout.schema, extract=extract)
                for extract in sorted(others)
            ),
        ]
    )


def _add_publication(
    connection: duckdb.DuckDBPyConnection, settings: RunSettings, number: int
) -> None:
    """Reports that only a publication still holds, as of its latest delivery."""
    dated = BY_SOURCE[settings.source]
    with open_publication(settings, number) as published:
        rows = published.sql(
            "select crime_ref, (select max(delivery) from quality.deliveries), "
            f"true, max({dated.column}) from {dated.mart} group by crime_ref "
            "union all "
            "select distinct crime_ref, delivery, false, cast(null as date) "
            "from quality.exceptions"
        ).to_arrow_table()
    connection.register("published_rows", rows)
    connection.execute(
        "insert into named select * from published_rows where crime_ref not in "
        f"(select crime_ref from named where crime_ref != {quoted('')})"
    ).fetchall()
    connection.unregister("published_rows")
