"""Forces against each other on national, published statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from linkage.report.ranks import ranking, with_bounds
from linkage.report.site import sentences
from linkage.report.site.figures import (
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
from linkage.report.site.inputs import FORCES, INSPECTION, RANKS, SiteInputs

ALL_FORCES = "England and Wales"
COMPARED = "All compared crime"
# Outcomes named in a sentence, those of the largest share first.
NAMED = 3
KEY = ("force", "population", "measure", "period_from", "period_to", "line")
FIRST_FORCE = "Metropolitan Police"
Row = Mapping[str, Any]


def national(inputs: SiteInputs) -> Page | None:
    """The page of forces; None without the national tables."""
    rows = _rates(inputs)
    if rows.empty:
        return None
    types = [*dict.fromkeys(rows["crime_type"])]
    years = sorted(set(rows["financial_year"]), reverse=True)
    forces = sorted(set(rows["force"]) - {ALL_FORCES})
    first = FIRST_FORCE if FIRST_FORCE in forces else forces[0]
    return Page(
        "national",
        "National",
        "How often victims withdraw by police force, in Home Office statistics. These "
        "are published figures; small counts are not given here all the same.",
        [
            Section("Forces", figures=[_forces(rows, types, years)]),
            *_inspection(inputs),
        ],
        [
            Choice.of(
                "crime", "Crime", types, COMPARED if COMPARED in types else types[0]
            ),
            Choice.of("year", "Year", years, years[0]),
            Choice.of("force", "Force", forces, first),
        ],
    )


def _rates(inputs: SiteInputs) -> pd.DataFrame:
    """Rates of forces with the bounds of the true ones, without single crime types."""
    if not inputs.has(FORCES):
        return pd.DataFrame()
    rows = inputs.table(FORCES)
    rows = rows[rows["level"] != "crime type"]
    return with_bounds(rows, "withdrawals", "offences_with_outcome")


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
        Column("offences_with_outcome", "Offences", "count"),
        Column("withdrawals", "Withdrawals", "count"),
        Column("withdrawal_rate", "Rate", "percent"),
        Column("withdrawal_rate_low", "95% from", "percent"),
        Column("withdrawal_rate_high", "95% to", "percent"),
    ]
    stated, lines = {}, {}
    for crime in types:
        for year in years:
            own = rows[(rows["crime"] == crime) & (rows["year"] == year)]
            key = AND.join([crime, year])
            stated[key] = forces_sentence(crime, year, own)
            total = own[own["force"] == ALL_FORCES]
            if len(total) and pd.notna(total["withdrawal_rate"].iloc[0]):
                lines[key] = float(total["withdrawal_rate"].iloc[0])
    return Figure(
        "forces",
        "Share of offences with an outcome whose victim withdrew",
        "rates",
        columns,
        rows_of(rows, columns),
        stated,
        by=("crime", "year"),
        options={
            "category": "force",
            "low": "withdrawal_rate_low",
            "high": "withdrawal_rate_high",
            "by_key": lines,
            "mark_by": "force",
            "axis": "Share of offences, with 95% interval",
        },
        note="Offences without an outcome yet are left out. Forces differ in what they "
        "record and how; a rank says little where intervals overlap.",
    )


def _inspection(inputs: SiteInputs) -> list[Section]:
    """Outcomes of a force's offences, in the inspection's measures."""
    if not inputs.has(INSPECTION, RANKS):
        return []
    found = inputs.table(INSPECTION)
    ranks = inputs.table(RANKS)[[*KEY, "probability_of_position"]]
    rows = found[
        (found["measure"] == "tracked proportion")
        & (found["population"] == "all crime")
        & (found["period_to"] == found["period_to"].max())
    ].merge(ranks, how="left", on=list(KEY))
    if rows.empty:
        return []
    rows = rows.sort_values(["force", "value", "line"], ascending=[True, False, True])
    columns = [
        Column("force", ""),
        Column("line", "Outcome"),
        Column("outcomes", "Offences", "count"),
        Column("value", "Share", "percent"),
        Column("ci_low", "95% from", "percent"),
        Column("ci_high", "95% to", "percent"),
        Column("england_and_wales", "England and Wales", "percent"),
        Column("position", "Place among forces"),
        Column("probability_of_position", "How sure", "percent"),
    ]
    figure = Figure(
        "inspection",
        "How offences of the latest period ended",
        "rates",
        columns,
        rows_of(rows, columns),
        {
            str(force): inspection_sentence(str(force), own)
            for force, own in rows.groupby("force")
        },
        by=("force",),
        options={
            "category": "line",
            "rate": "value",
            "against": "england_and_wales",
            "against_label": "England and Wales",
            "axis": "Share of offences, with 95% interval",
        },
        note="One of the highest or lowest: in the top or bottom quarter of the forces "
        "compared. How sure that is counts chance alone, not differences in recording. "
        "A force without a place was left out of the comparison for its data.",
    )
    return [Section("How a force's offences end", figures=[figure])]


def inspection_sentence(force: str, rows: pd.DataFrame) -> str:
    """Where a force is in the top or bottom quarter of forces, and how sure that is."""
    stated = []
    for position in ("one of the highest", "one of the lowest"):
        lines = records(rows[rows["position"] == position])
        if lines:
            named = "; ".join(
                f"{row['line']} ({_sure(row['probability_of_position'])})"
                for row in lines[:NAMED]
            )
            more = len(lines) - NAMED
            rest = f"; and {more} more" if more > 0 else ""
            stated.append(f"{position} for {named}{rest}")
    if stated:
        return f"{force} is {'. It is '.join(stated)}."
    if rows["position"].isna().all():
        return f"{force} is left out of the comparison of forces."
    return f"{force} is broadly in line with other forces in every outcome compared."


def _sure(probability: float) -> str:
    return "over 99% sure" if probability > 0.99 else f"{percent(probability)} sure"


def forces_sentence(crime: str, year: str, rows: pd.DataFrame) -> str:
    """Distribution of all forces, and the extremes."""
    forces = rows[rows["force"] != ALL_FORCES]
    if forces["withdrawal_rate"].notna().sum() < 2:
        return f"{crime}, {year}: too few forces with a rate."
    total = records(sentences.with_rate(rows[rows["force"] == ALL_FORCES]))
    overall = (
        f" {percent(total[0]['withdrawal_rate'])} in England and Wales;"
        if total
        else ""
    )
    stated = ranking(
        sentences.ranked(forces, "force", "withdrawal_rate"),
        int(forces["withdrawal_rate"].isna().sum()),
        "force",
        "forces",
    )
    return f"{crime}, {year}:{overall} {stated}."
