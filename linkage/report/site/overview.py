"""The first page: the build, withdrawal, the flow, outcomes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from linkage.report.ranks import least_of, most_of
from linkage.report.site import sentences
from linkage.report.site.figures import (
    Choice,
    Column,
    Figure,
    Page,
    Section,
    month,
    rows_of,
)
from linkage.report.site.inputs import ALL_CRIME, FLOW, OUTCOMES, RATES, SiteInputs
from linkage.report.wording import RULES, plural

RATE_COLUMNS = (
    Column("cases", "Cases", "count"),
    Column("withdrawals", "Withdrawals", "count"),
    Column("withdrawal_rate", "Rate", "percent"),
    Column("ci_low", "95% from", "percent"),
    Column("ci_high", "95% to", "percent"),
)
NO_RATE = "A dash: fewer than 100 cases, or fewer than 10 with or without the outcome."
STACKED = (
    "Each bar is drawn as a whole. Counts are rounded one by one, so the shares of the "
    "table may add up to a little more or less than 100%. The hatched part is what is "
    "fewer than 10, or too few for a share."
)
MOST_DELIVERIES = 6
STUDY_TITLES = {
    "victim-withdrawal": "Victim withdrawal",
    "violent-crime": "Violent crime",
    "national": "National outcomes",
}
LEADS = {
    "victim-withdrawal": (
        "How many victims withdraw from investigations, in which crimes and where."
    ),
    "violent-crime": (
        "Which violent crimes end in success, and which in evidential difficulties "
        "because of the victim."
    ),
    "national": "How often victims withdraw, police force by police force.",
}
OUTCOME_ORDER = (
    "Judicial",
    "Evidential difficulties",
    "Victim withdrawal",
    "Other",
)


def overview(inputs: SiteInputs, left_out: Sequence[str]) -> Page:
    """The overview; `left_out` gives the reason for each missing page."""
    sections = [Section("What was built", _built(inputs), html="")]
    filters = []
    if inputs.has(RATES):
        sections.append(Section("Withdrawal", figures=[_areas(inputs)]))
        filters.append(Choice.of("area", "Crime area", inputs.areas, ALL_CRIME))
    if inputs.has(FLOW):
        sections.append(
            Section("From crime reports to cases", figures=[flow_figure(inputs)])
        )
    if inputs.has(RATES, OUTCOMES):
        sections.append(Section("Outcomes", figures=[_outcomes(inputs)]))
    if left_out:
        sections.append(Section("Not on this site", left_out))
    total = inputs.total(ALL_CRIME) if inputs.has(RATES) else None
    lead = LEADS[inputs.study]
    if total is not None and total["withdrawal_rate"] is not None:
        lead = sentences.areas(total, pd.DataFrame(columns=["withdrawal_rate"]))
    return Page("index", "Overview", lead, sections, filters)


def _built(inputs: SiteInputs) -> list[str]:
    deliveries = inputs.deliveries
    named = sentences.listed(deliveries)
    if len(deliveries) > MOST_DELIVERIES:
        named = f"{deliveries[0]} to {deliveries[-1]}"
    of = plural(len(deliveries), "delivery", "deliveries")
    text = [
        f"Publication {inputs.publication} of {inputs.published_on}, from {of} of "
        f"{_source(inputs)} ({named}){_code(inputs)}."
    ]
    if inputs.period[0]:
        first, last = (month(one) for one in inputs.period)
        text.append(f"Cases recorded from {first} to {last}.")
    text.append(f"{RULES} Shares are of the rounded counts.")
    return [" ".join(text)]


def _source(inputs: SiteInputs) -> str:
    """An abbreviation in capitals, a word unchanged."""
    source = inputs.source
    return source.upper() if len(source) <= 5 else source.replace("_", " ")


def _code(inputs: SiteInputs) -> str:
    return f", by code version {inputs.code_version}" if inputs.code_version else ""


def flow_figure(inputs: SiteInputs) -> Figure:
    """The steps from every crime report to the combined dataset."""
    rows = inputs.table(FLOW).sort_values("step_no")
    columns = [
        Column("step", "Step"),
        Column("crime_reports_removed", "Removed", "count"),
        Column("crime_reports_left", "Left", "count"),
    ]
    found = rows_of(rows, columns)
    # The first step is what was delivered.
    found[0][1] = None
    removed = rows["crime_reports_removed"].astype(float)
    rows = rows.assign(least=least_of(removed), most=most_of(removed))
    return Figure(
        "flow",
        "Crime reports left after each step",
        "flow",
        columns,
        found,
        {"": sentences.flow(rows)},
        note="Each report is counted once, under the first rule that removes it.",
    )


def _areas(inputs: SiteInputs) -> Figure:
    rows = inputs.dimension("all").set_index("crime_area").loc[inputs.areas]
    rows = rows.reset_index()
    rows = pd.concat(
        [
            rows[rows["crime_area"] == ALL_CRIME],
            sentences.with_rate(rows[rows["crime_area"] != ALL_CRIME]),
            rows[(rows["crime_area"] != ALL_CRIME) & rows["withdrawal_rate"].isna()],
        ]
    )
    total = inputs.total(ALL_CRIME)
    others = rows[rows["crime_area"] != ALL_CRIME]
    columns = [Column("crime_area", "Crime area"), *RATE_COLUMNS]
    return Figure(
        "areas",
        "Share of cases whose victim withdrew, with 95% interval",
        "rates",
        columns,
        rows_of(rows, columns),
        {"": sentences.areas(total, others)},
        options={
            "category": "crime_area",
            "line": total["withdrawal_rate"] if total else None,
            "line_label": ALL_CRIME,
            "mark_by": "area",
        },
        note=f"Crime areas overlap; crime types do not. {NO_RATE}",
    )


def _outcomes(inputs: SiteInputs) -> Figure:
    rows = inputs.table(OUTCOMES)
    others = sorted(set(rows["outcome_group"]) - {*OUTCOME_ORDER})
    order = {name: at for at, name in enumerate([*OUTCOME_ORDER, *others])}
    rows = rows[rows["crime_area"].isin(inputs.area_order)]
    rows = rows.assign(
        at=rows["crime_area"].map(inputs.area_order),
        group=rows["outcome_group"].map(order),
    ).sort_values(["at", "group"])
    columns = [
        Column("crime_area", "Crime area"),
        Column("outcome_group", "Outcome"),
        Column("cases", "Cases", "count"),
        Column("share", "Share", "percent"),
    ]
    return Figure(
        "outcomes",
        "How cases end, by crime area",
        "stack",
        columns,
        rows_of(rows, columns),
        {
            area: sentences.outcomes(area, rows[rows["crime_area"] == area])
            for area in inputs.areas
        },
        by=(),
        options={
            "category": "crime_area",
            "part": "outcome_group",
            "parts": [*order],
            "share": "share",
            "mark_by": "area",
            "said_of": ["area"],
        },
        note=STACKED,
    )
