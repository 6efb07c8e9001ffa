"""The first page: the build, withdrawal, changes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from linkage.disclosure.release import BEFORE
from linkage.report.ranks import least_of, most_of
from linkage.report.site import sentences
from linkage.report.site.figures import (
    Choice,
    Column,
    Figure,
    Page,
    Section,
    month,
    plain,
    rows_of,
)
from linkage.report.site.inputs import ALL_CRIME, FLOW, OUTCOMES, RATES, SiteInputs
from linkage.report.site.marks import with_bounds
from linkage.report.wording import plural

RATE_COLUMNS = (
    Column("cases", "Cases", "count"),
    Column("withdrawals", "Withdrawals", "count"),
    Column("withdrawal_rate", "Rate", "percent"),
    Column("ci_low", "95% from", "percent"),
    Column("ci_high", "95% to", "percent"),
)
NO_RATE = (
    "A dash: fewer than 100 cases, or a count that is confidential. Confidential: "
    "under the disclosure threshold, or it would give such a count back."
)
STACKED = (
    "Each bar is 100%: what is confidential, or of too few, is drawn as not shown, as "
    "what is left of all."
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
        sections.append(Section("What changed", figures=[_changes(inputs)]))
    if left_out:
        sections.append(Section("Not on this site", left_out))
    total = inputs.total(ALL_CRIME) if inputs.has(RATES) else None
    lead = LEADS[inputs.study]
    if total is not None and total["withdrawal_rate"] == total["withdrawal_rate"]:
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
    text.append(inputs.release.rules.in_words() + " Shares are of rounded counts.")
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
    steps = rows["crime_reports_removed"].fillna(1) > 0
    shown = rows[steps | (rows["step_no"] == rows["step_no"].min())]
    columns = [
        Column("step", "Step"),
        Column("crime_reports_removed", "Removed", "count"),
        Column("crime_reports_left", "Left", "count"),
    ]
    cells = rows_of(shown, columns)
    removed, base = (
        rows["crime_reports_removed"].astype(float),
        inputs.release.rules.base,
    )
    rows = rows.assign(least=least_of(removed, base), most=most_of(removed, base))
    # Nothing can be removed before the first step.
    cells[0][1] = 0
    return Figure(
        "flow",
        "Crime reports left after each step",
        "flow",
        columns,
        cells,
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
            "line": plain(total["withdrawal_rate"]) if total else None,
            "line_label": ALL_CRIME,
            "mark_by": "area",
        },
        note=f"Crime areas overlap; crime types do not. {NO_RATE}",
    )


def _outcomes(inputs: SiteInputs) -> Figure:
    rows = inputs.table(OUTCOMES)
    others = sorted(set(rows["outcome_group"]) - {*OUTCOME_ORDER})
    order = {name: at for at, name in enumerate([*OUTCOME_ORDER, *others])}
    place = {area: at for at, area in enumerate(inputs.areas)}
    rows = rows[rows["crime_area"].isin(place)]
    rows = rows.assign(
        at=rows["crime_area"].map(place), group=rows["outcome_group"].map(order)
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
        note=f"{STACKED} Shares in the table are of rounded counts and need not add "
        "up.",
    )


def _changes(inputs: SiteInputs) -> Figure:
    rows = inputs.dimension("all")
    before = rows[f"{BEFORE}withdrawals"].astype(float) / rows[f"{BEFORE}cases"].astype(
        float
    )
    bounds = with_bounds(
        rows, f"{BEFORE}withdrawals", f"{BEFORE}cases", inputs.release.rules.base
    )
    rows = rows.assign(
        before_rate=before.round(3),
        least=rows["least"] - bounds["most"],
        most=rows["most"] - bounds["least"],
    )
    rows = rows[rows["before_rate"].notna() & rows["withdrawal_rate"].notna()]
    rows = rows.assign(change=(rows["withdrawal_rate"] - rows["before_rate"]).round(3))
    place = {area: at for at, area in enumerate(inputs.areas)}
    rows = rows.assign(at=rows["crime_area"].map(place)).sort_values("at")
    columns = [
        Column("crime_area", "Crime area"),
        Column("before_cases", "Cases before", "count"),
        Column("cases", "Cases now", "count"),
        Column("before_rate", "Rate before", "percent"),
        Column("withdrawal_rate", "Rate now", "percent"),
        Column("change", "Change, points", "points"),
    ]
    return Figure(
        "changes",
        "Withdrawal rate, before and now",
        "change" if len(rows) else "",
        columns,
        rows_of(rows, columns),
        {"": sentences.changes(rows, len(inputs.areas))},
        options={"category": "crime_area", "mark_by": "area"},
        note="Against the release before this one, export or site, whose counts were "
        "others.",
    )
