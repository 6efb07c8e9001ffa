"""Forces against each other on national, published statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from report.site import sentences
from report.site.figures import (
    AND,
    Choice,
    Column,
    Figure,
    Page,
    Section,
    percent,
    records,
    rows_of,
)
from report.site.inputs import SiteInputs
from report.wording import plural

ALL_FORCES = "England and Wales"
COMPARED = "All compared crime"
FIRST_FORCE = "Metropolitan Police"
Row = Mapping[str, Any]


def national(inputs: SiteInputs) -> Page | None:
    """The page of forces; None without the national tables."""
    rows = inputs.forces
    if rows is None or rows.empty:
        return None
    types = [*dict.fromkeys(rows["crime_type"])]
    years = sorted(set(rows["financial_year"]), reverse=True)
    forces = sorted(set(rows["force"]) - {ALL_FORCES})
    first = FIRST_FORCE if FIRST_FORCE in forces else forces[0]
    return Page(
        "national",
        "National",
        "How often victims withdraw by police force, in Home Office statistics. These "
        "are published figures; small counts are confidential here all the same.",
        [Section("Forces", figures=[_forces(rows, types, years)])],
        [
            Choice.of(
                "crime", "Crime", types, COMPARED if COMPARED in types else types[0]
            ),
            Choice.of("year", "Year", years, years[0]),
            Choice.of("force", "Force", forces, first),
        ],
    )


def _forces(rows: pd.DataFrame, types: Sequence[str], years: Sequence[str]) -> Figure:
    rows = rows.assign(crime=rows["crime_type"], year=rows["financial_year"])
    rows = rows.sort_values(
        ["crime", "year", "withdrawal_rate"],
        ascending=[True, False, False],
        na_position="last",
        kind="stable",
    )
    columns = [
        Column("crime", "Crime"),
        Column("year", "Year"),
        Column("force", "Force"),
        Column("offences", "Offences", "count"),
        Column("withdrawals", "Withdrawals", "count"),
        Column("withdrawal_rate", "Rate", "percent"),
        Column("ci_low", "95% from", "percent"),
        Column("ci_high", "95% to", "percent"),
    ]
    said, lines = {}, {}
    for crime in types:
        for year in years:
            own = rows[(rows["crime"] == crime) & (rows["year"] == year)]
            key = AND.join([crime, year])
            said[key] = forces_sentence(crime, year, own)
            total = own[own["force"] == ALL_FORCES]
            if len(total) and pd.notna(total["withdrawal_rate"].iloc[0]):
                lines[key] = float(total["withdrawal_rate"].iloc[0])
    return Figure(
        "forces",
        "Share of offences with an outcome whose victim withdrew",
        "rates",
        columns,
        rows_of(rows, columns),
        said,
        by=("crime", "year"),
        options={
            "category": "force",
            "by_key": lines,
            "mark_by": "force",
            "axis": "Share of offences, with 95% interval",
        },
        note="Offences without an outcome yet are left out. Forces differ in what they "
        "record and how; a rank says little where intervals overlap.",
    )


def forces_sentence(crime: str, year: str, rows: pd.DataFrame) -> str:
    """Where all forces lie, and the extremes."""
    forces = sentences.with_rate(rows[rows["force"] != ALL_FORCES])
    if len(forces) < 2:
        return f"{crime}, {year}: too few forces with a rate."
    found = records(forces)
    most, least = found[0], found[-1]
    total = records(sentences.with_rate(rows[rows["force"] == ALL_FORCES]))
    overall = (
        f" {percent(total[0]['withdrawal_rate'])} in England and Wales;"
        if total
        else ""
    )
    return (
        f"{crime}, {year}:{overall} from {percent(least['withdrawal_rate'])} "
        f"({least['force']}) to {percent(most['withdrawal_rate'])} ({most['force']}), "
        f"of {plural(len(found), 'force', 'forces')}."
    )
