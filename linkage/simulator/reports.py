"""Crime reports as delivered: the combined cases and everything the flow removes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linkage.simulator.arrays import (
    Bools,
    Codes,
    Ints,
    apportion,
    generator,
    quota_codes,
)
from linkage.simulator.calendar import NO_DAY, draw_recorded_days
from linkage.simulator.cases import Cases
from linkage.simulator.columns import MISSING, Column, Table, date_column, number_column
from linkage.simulator.files import assumption
from linkage.simulator.offences import offence_table
from linkage.simulator.people import raw_values, suspect_columns, victim_columns
from linkage.simulator.published import LONDON_CASES

_SHAPES = {
    # kind: chances of 0, 1, 2, 3, 4 victims; suspects; 1, 2, 3 offences (ours)
    "any": ((0.10, 0.75, 0.15, 0, 0), (0.40, 0.50, 0.10, 0, 0), (0.90, 0.09, 0.01)),
    "victimless": ((1.0, 0, 0, 0, 0), (0.45, 0.45, 0.10, 0, 0), (0.92, 0.08, 0)),
    "several_victims": (
        (0, 0, 0.78, 0.15, 0.07),
        (0.30, 0.50, 0.15, 0.05, 0),
        (0.60, 0.32, 0.08),
    ),
    "several_suspects": ((0, 1.0, 0, 0, 0), (0, 0, 0.70, 0.20, 0.10), (0.8, 0.2, 0)),
    "several_offences": ((0, 1.0, 0, 0, 0), (0.25, 0.75, 0, 0, 0), (0, 0.87, 0.13)),
}
_SAME_VICTIM_TWICE = 0.12
_IN_SCOPE_SUBSIDIARY = 0.5
_OUT_OF_SCOPE_SUBSIDIARY = 0.15
_NOT_USED_FLAGS = ("Alcohol Related", "Gang Related", "Mental Health Related")
_REPEATED_FLAG_SHARE = 0.03
_ODD_OUTCOME_SHARE = 0.01


@dataclass
class Reports:
    """Every report drawn, in order of `crime_ref`, with the rows of its extracts.

    `case` is the case of a combined report, else -1; `like` the case whose attributes
    a report borrows; days count from 1970-01-01; `closed_on` is NO_DAY for a report
    that is never closed.
    """

    crime_ref: tuple[str, ...]
    case: Ints
    like: Ints
    recorded_on: Ints
    closed_on: Ints
    tables: dict[str, Table]

    def __len__(self) -> int:
        """Count the reports."""
        return len(self.case)


def build_reports(
    cases: Cases, dates: dict[str, Ints], recorded: Ints, months: int, seed: int
) -> Reports:
    """Add the removed reports in the London proportion and lay out all five extracts.

    `recorded` holds the recorded day of each case.
    """
    rng = generator(seed, "reports")
    rows = assumption("removed_reports")
    weights = np.array([float(row["reports"]) for row in rows])
    counts = apportion(weights, round(weights.sum() / LONDON_CASES * cases.size))
    kinds = np.concatenate(
        [np.full(cases.size, -1), np.repeat(np.arange(len(rows)), counts)]
    )
    extra = len(kinds) - cases.size
    like = np.concatenate(
        [np.arange(cases.size), rng.integers(0, cases.size, size=extra)]
    )
    day = np.concatenate([recorded, draw_recorded_days(extra, months, rng)])
    # References run on through a year, in the order of recording.
    order = np.lexsort((rng.random(len(day)), day))
    kinds, like, day = kinds[order], like[order], day[order]
    case = np.where(kinds < 0, like, -1)
    names = [row["kind"] for row in rows]
    shape = _draw_shapes(kinds, names, rng)
    days = report_dates(dates, like, day)
    closed = closed_on(days)
    closed[np.isin(kinds, [names.index("no_outcome")])] = NO_DAY
    reports = Reports(_crime_refs(day), case, like, day, closed, {})
    offences = _offence_rows(cases, dates, reports, kinds, names, shape[2], rng)
    reports.tables = {
        "offences": offences,
        "victims": _people_rows(
            reports, shape[0], "victim_no", victim_columns(cases, seed), rng
        ),
        "suspects": _people_rows(
            reports, shape[1], "suspect_no", suspect_columns(cases, seed), rng
        ),
        **_mark_rows(cases, reports, seed),
    }
    return reports


def _draw_shapes(
    kinds: Ints, names: list[str], rng: np.random.Generator
) -> tuple[Ints, Ints, Ints]:
    victims = np.ones(len(kinds), dtype=np.int64)
    suspects = np.full(len(kinds), -1, dtype=np.int64)
    offences = np.ones(len(kinds), dtype=np.int64)
    for position, name in enumerate(names):
        rows = np.flatnonzero(kinds == position)
        shape = _SHAPES.get(name, _SHAPES["any"])
        victims[rows] = quota_codes(rng, len(rows), shape[0])
        suspects[rows] = quota_codes(rng, len(rows), shape[1])
        offences[rows] = 1 + quota_codes(rng, len(rows), shape[2])
    return victims, suspects, offences


def report_dates(dates: dict[str, Ints], like: Ints, recorded: Ints) -> dict[str, Ints]:
    """Days of each date of a report that borrows its intervals from case `like`."""
    reported = recorded - dates["recording_lag"][like]
    delay = dates["delay"][like]
    complete = recorded + dates["duration"][like]
    before = dates["outcome_before_report"][like]
    return {
        "outcome_on": np.where(
            before > 0,
            reported - before,
            np.maximum(complete, reported) + dates["outcome_lag"][like],
        ),
        "committed_on": np.where(delay == NO_DAY, NO_DAY, reported - delay),
        "reported_on": reported,
        "recorded_on": recorded,
        "investigation_completed_on": complete,
    }


def closed_on(days: dict[str, Ints]) -> Ints:
    """Day from which both the outcome and the completion of a report are known."""
    return np.maximum(days["outcome_on"], days["investigation_completed_on"])


def _crime_refs(day: Ints) -> tuple[str, ...]:
    """`0412345/21`: numbers run through the year of recording from April's share."""
    years = day.astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    refs: list[str] = []
    for year in np.unique(years):
        count = int((years == year).sum())
        start = 400_001 if year == 2021 else 1
        refs.extend(
            f"{number:07d}/{year % 100:02d}" for number in range(start, start + count)
        )
    return tuple(refs)


def _repeat(counts: Ints) -> tuple[Ints, Ints]:
    """Report and number from 1 of each row when report i has `counts[i]` rows."""
    report = np.repeat(np.arange(len(counts)), counts)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return report, np.arange(len(report)) - starts[report] + 1


def _ref_column(reports: Reports, report: Ints) -> Column:
    return Column(report.astype(np.int32), reports.crime_ref)


def _offence_rows(
    cases: Cases,
    dates: dict[str, Ints],
    reports: Reports,
    kinds: Ints,
    names: list[str],
    counts: Ints,
    rng: np.random.Generator,
) -> Table:
    report, number = _repeat(counts)
    is_main = number == 1
    # A subsidiary offence is another case's, in or out of scope.
    like = np.where(
        is_main, reports.like[report], rng.integers(0, cases.size, size=len(report))
    )
    table = offence_table()
    offence = cases.codes["offence"][like].astype(np.int64)
    outside = np.flatnonzero([not x.is_in_scope for x in table])
    shares = [float(x["share"]) for x in assumption("out_of_scope_offences")]
    out_kind = kinds[report] == names.index("out_of_scope")
    chance = rng.random(len(report))
    is_out = np.where(
        out_kind,
        is_main | (chance > _IN_SCOPE_SUBSIDIARY),
        ~is_main & (chance < _OUT_OF_SCOPE_SUBSIDIARY),
    )
    rows = np.flatnonzero(is_out)
    offence[rows] = outside[quota_codes(rng, len(rows), shares)]
    outcome = _outcome_column(cases, like, kinds, names, report, is_main, rng)
    days = report_dates(dates, reports.like[report], reports.recorded_on[report])
    for name in ("outcome_on", "investigation_completed_on"):
        days[name] = np.where(reports.closed_on[report] == NO_DAY, NO_DAY, days[name])
    majors = tuple(dict.fromkeys(x.major_crime for x in table))
    minors = tuple(dict.fromkeys(x.minor_crime for x in table))
    main_like = reports.like[report]
    columns = {
        "crime_ref": _ref_column(reports, report),
        "offence_no": number_column(number),
        "offence_role": Column(
            np.where(is_main, 0, 1).astype(np.int32), ("Main", "Subsidiary")
        ),
        "major_crime": Column(
            np.array([majors.index(x.major_crime) for x in table], dtype=np.int32)[
                offence
            ],
            majors,
        ),
        "minor_crime": Column(
            np.array([minors.index(x.minor_crime) for x in table], dtype=np.int32)[
                offence
            ],
            minors,
        ),
        "offence": Column(offence.astype(np.int32), tuple(x.offence for x in table)),
        "outcome_code": outcome,
        **{name: date_column(values) for name, values in days.items()},
        "borough": Column(cases.codes["borough"][main_like], cases.extra["borough"]),
        "venue_type": raw_values(cases, "venue_type", "venue_type", rng).take(
            main_like
        ),
        "how_notified": raw_values(cases, "report_route", "report_route", rng).take(
            main_like
        ),
    }
    return Table(report, columns)


def _outcome_column(
    cases: Cases,
    like: Ints,
    kinds: Ints,
    names: list[str],
    report: Ints,
    is_main: Bools,
    rng: np.random.Generator,
) -> Column:
    """Codes as the system writes them: a few unpadded or in lower case."""
    listed = cases.extra["outcome_code"]
    codes: Codes = cases.codes["outcome_code"][like].copy()
    kind = kinds[report]
    codes[kind == names.index("no_crime")] = listed.index("NC")
    codes[kind == names.index("admin")] = listed.index("ADM")
    codes[kind == names.index("no_outcome")] = MISSING
    chance = rng.random(len(report))
    out = kind == names.index("out_of_scope")
    codes[out & (chance < 0.06)] = listed.index("NC")
    codes[~is_main & (kind == names.index("several_offences")) & (chance < 0.04)] = (
        listed.index("NC")
    )
    column = Column(codes, listed)
    odd = np.flatnonzero((rng.random(len(report)) < _ODD_OUTCOME_SHARE) & (codes >= 0))
    texts = [listed[code] for code in codes[odd]]
    column.set_text(
        odd, [spell_oddly(text, i % 2 == 0) for i, text in enumerate(texts)]
    )
    return column


def spell_oddly(code: str, padded: bool) -> str:
    """`2` for `02`, `2a` or `02A` for `2A`, `nc` for `NC`."""
    if code.isdigit():
        return code.lstrip("0") or code
    if code[0].isdigit():
        return f"0{code}" if padded else code.lower()
    return code.lower()


def _people_rows(
    reports: Reports,
    counts: Ints,
    number_name: str,
    columns: dict[str, Column],
    rng: np.random.Generator,
) -> Table:
    """Rows of victims or suspects; the first borrows the report's own case.

    A count of -1 means the case's own count: one, or none where it has no suspect.
    """
    cases = len(next(iter(columns.values())).codes)
    pool = np.arange(cases)
    if number_name == "suspect_no":
        present = columns.pop("is_present").codes >= 0
        pool = np.flatnonzero(present) if present.any() else pool
        counts = np.where(counts < 0, present[reports.like], counts).astype(np.int64)
    else:
        present = np.ones(cases, dtype=np.bool_)
    report, number = _repeat(counts)
    own = reports.like[report]
    other = pool[rng.integers(0, len(pool), size=len(report))]
    like = np.where((number == 1) & present[own], own, other)
    if number_name == "victim_no":
        twice = np.flatnonzero(
            (number == 2) & (rng.random(len(report)) < _SAME_VICTIM_TWICE)
        )
        like[twice] = like[twice - 1]
    return Table(
        report,
        {
            "crime_ref": _ref_column(reports, report),
            number_name: number_column(number),
            **{name: column.take(like) for name, column in columns.items()},
        },
    )


def _mark_rows(cases: Cases, reports: Reports, seed: int) -> dict[str, Table]:
    """Lay out flags and features; some repeat, some flags no rule uses."""
    rng = generator(seed, "flags of reports")
    like = reports.like
    by_feature = quota_codes(rng, cases.size, [0.15, 0.35, 0.50])[like]
    knife = cases.yes("knife_crime_flag")[like]
    strands = raw_values(cases, "hate_strand", "hate_strand", rng)
    strand = strands.codes[like]
    values = (
        "Domestic Incident",
        "Honour Based Violence",
        "Modern Slavery",
        "Knife Crime",
        *_NOT_USED_FLAGS,
        *strands.values,
    )
    base = len(values) - len(strands.values)
    also_racial = cases.equals("hate_strand", "Islamophobic hate crime")[like]
    also_racial &= rng.random(len(like)) < 0.3
    parts: list[tuple[Ints, Ints]] = []
    for code, mask in enumerate(
        (
            cases.yes("domestic_incident_flag")[like],
            cases.yes("honour_based_violence_flag")[like],
            cases.yes("modern_slavery_flag")[like],
            knife & (by_feature != 1),
            *(rng.random(len(like)) < 0.03 for _ in _NOT_USED_FLAGS),
            also_racial,
        )
    ):
        rows = np.flatnonzero(mask)
        if code == base:
            code = values.index("Racial Incident")
        parts.append((rows, np.full(len(rows), code)))
    hated = np.flatnonzero(strand >= 0)
    parts.append((hated, (base + strand[hated]).astype(np.int64)))
    features = raw_knife_features()
    knifed = np.flatnonzero(knife & (by_feature != 0))
    kinds = quota_codes(rng, len(knifed), [share for _, share in features])
    again = rng.random(len(knifed)) < 0.15
    feature_parts = [
        (knifed, kinds.astype(np.int64)),
        (knifed[again], rng.integers(0, len(features), size=int(again.sum()))),
    ]
    return {
        "flags": _marks(reports, parts, "flag", values, rng),
        "knife_crime_features": _marks(
            reports, feature_parts, "feature", tuple(x for x, _ in features), rng
        ),
    }


def raw_knife_features() -> list[tuple[str, float]]:
    """Raw knife-crime features and our shares."""
    return [
        (row["raw_value"], float(row["share"]))
        for row in assumption("raw_values")
        if row["variable"] == "knife_feature"
    ]


def _marks(
    reports: Reports,
    parts: list[tuple[Ints, Ints]],
    name: str,
    values: tuple[str, ...],
    rng: np.random.Generator,
) -> Table:
    report = np.concatenate([rows for rows, _ in parts])
    codes = np.concatenate([codes for _, codes in parts])
    repeated = np.flatnonzero(rng.random(len(report)) < _REPEATED_FLAG_SHARE)
    report = np.concatenate([report, report[repeated]])
    codes = np.concatenate([codes, codes[repeated]])
    order = np.lexsort((codes, report))
    return Table(
        report[order],
        {
            "crime_ref": _ref_column(reports, report[order]),
            name: Column(codes[order].astype(np.int32), values),
        },
    )
