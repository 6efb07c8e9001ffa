"""A figure's result, in a sentence written from its numbers.

Every number here is of schema `release`. A sentence that ranks or counts names its set,
and how many of that set are not shown. Ranked values have `least` and `most`
(`ranks.with_bounds`), so that the rounding of counts does not decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from linkage.report.ranks import Ranked, highest, lowest, named, ranking, shown_of
from linkage.report.site.figures import month, names_of_few, percent, records
from linkage.report.wording import plural

Row = Mapping[str, Any]
NOTHING = "Too few cases to show anything."


def listed(words: Iterable[str]) -> str:
    """Words as a, b and c."""
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def rate_of(row: Row) -> str:
    """A rate with its interval: 40.9% (95% interval 40.3% to 41.6%)."""
    return (
        f"{percent(row['withdrawal_rate'])} (95% interval {percent(row['ci_low'])} to "
        f"{percent(row['ci_high'])})"
    )


def with_rate(rows: pd.DataFrame) -> pd.DataFrame:
    """Those that have a rate, the highest first."""
    known = rows[rows["withdrawal_rate"].notna()]
    return known.sort_values("withdrawal_rate", ascending=False, kind="stable")


def ranked(rows: pd.DataFrame, name: str, figure: str) -> list[Ranked]:
    """Rows that have the figure, a share, by the name of a column."""
    return [
        Ranked(
            str(row[name]), row[figure], row["least"], row["most"], percent(row[figure])
        )
        for row in records(rows[rows[figure].notna()])
    ]


def plural_of(unit: str) -> str:
    """BCUs, boroughs, counties."""
    return "counties" if unit == "county" else f"{unit}s"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def flow(rows: pd.DataFrame) -> str:
    """From all crime reports to the cases of the study."""
    if len(rows) < 2:
        return NOTHING
    first, *steps = records(rows)
    total, left = first["crime_reports_left"], steps[-1]["crime_reports_left"]
    parts = []
    if pd.notna(total) and pd.notna(left) and total:
        parts.append(
            f"{left:,} of {total:,} crime reports delivered ({percent(left / total)}) "
            "are in the combined dataset."
        )
    known = [
        Ranked(
            f"“{row['step']}”",
            row["crime_reports_removed"],
            row["least"],
            row["most"],
            f"{row['crime_reports_removed']:,}",
        )
        for row in steps
        if pd.notna(row["crime_reports_removed"])
    ]
    if any(one.figure for one in known):
        of = shown_of(len(known), len(steps) - len(known), "step", "steps")
        parts.append(f"{_capital(of)}, most are removed by {named(highest(known))}.")
    return " ".join(parts) or NOTHING


def areas(total: Row | None, rows: pd.DataFrame) -> str:
    """Withdrawal overall, and the areas with the most and the least of it."""
    parts = []
    if total is not None and pd.notna(total["withdrawal_rate"]):
        parts.append(
            f"Victims withdrew in {rate_of(total)} of {int(total['cases']):,} cases."
        )
    if rows["withdrawal_rate"].notna().sum() > 1:
        stated = _ranking(_in_lower(rows), "crime_area", "crime area", "crime areas")
        parts.append(f"{_capital(stated)}.")
    return " ".join(parts) or NOTHING


def _in_lower(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(crime_area=rows["crime_area"].str.lower())


def _ranking(
    rows: pd.DataFrame, name: str, one: str, many: str, figure: str = "withdrawal_rate"
) -> str:
    """The ranks of one set of rows, those without the figure counted as not shown."""
    return ranking(
        ranked(rows, name, figure), int(rows[figure].isna().sum()), one, many
    )


def outcomes(area: str, rows: pd.DataFrame) -> str:
    """Outcomes of an area's cases, the commonest first."""
    known = rows[rows["share"].notna()].sort_values(
        "share", ascending=False, kind="stable"
    )
    if known.empty:
        return f"{area}: too few cases to show outcomes."
    stated = [
        f"{row['outcome_group'].lower()} {percent(row['share'])}"
        for row in records(known)
    ]
    hidden = len(rows) - len(known)
    more = (
        f"; {plural(hidden, 'group is', 'groups are')} too small to show"
        if hidden
        else ""
    )
    return f"{area} ended in {listed(stated)}{more}."


def marked(area: str, place: str, rows: pd.DataFrame) -> str:
    """Categories that differ from all other cases of the area."""
    known = with_rate(rows)
    if known.empty:
        return f"{area}: no {place} has enough cases to show a rate."
    if len(known) == 1:
        (only,) = records(known)
        of = shown_of(1, len(rows) - 1, place, plural_of(place))
        text = f"{area}: {of}, {percent(only['withdrawal_rate'])} in {only['category']}"
    else:
        text = f"{area}: {_ranking(rows, 'category', place, plural_of(place))}"
    stated = [
        f"{listed(known[known['significance'] == way]['category'])} {way}"
        for way in ("higher", "lower")
        if (known["significance"] == way).any()
    ]
    if not stated:
        return f"{text}. None of them is marked as apart from the rest at 99%."
    return f"{text}. At 99%, {' and '.join(stated)} than the rest."


def table_of_places(rows: pd.DataFrame) -> str:
    """Number of marked cells of crime area and place."""
    known = with_rate(rows)
    if known.empty:
        return NOTHING
    higher = int((known["significance"] == "higher").sum())
    lower = int((known["significance"] == "lower").sum())
    of = shown_of(len(known), len(rows) - len(known), "rate", "rates")
    return (
        f"{_capital(of)}, {higher or 'none'} {'is' if higher == 1 else 'are'} marked "
        f"higher and {lower or 'none'} lower than all other places at 99%; by chance "
        "alone about one in a hundred would be."
    )


def funnel(area: str, rows: pd.DataFrame, unit: str = "BCU") -> str:
    """Places outside the limits of chance, in the months of the funnel."""
    known = rows[rows["position"].notna()]
    if known.empty:
        return f"{area}: too few places are shown for a funnel."
    first, *_ = records(known)
    outside = known[known["position"] != "inside"]
    of = shown_of(len(known), len(rows) - len(known), unit, plural_of(unit))
    text = (
        f"{area}, {month(first['first_month'])} to {month(first['latest_month'])}: "
        f"{of}, around {percent(first['area_rate'])}, {len(outside) or 'none'} "
        f"{'is' if len(outside) == 1 else 'are'} outside the 95% limits"
    )
    if len(outside):
        named = [f"{row['bcu']} {row['position']}" for row in records(outside)]
        text += f": {listed(named)}"
    return f"{text}."


def groups(area: str, who: str, rows: pd.DataFrame) -> str:
    """The groups who withdrew most and least, one characteristic at a time."""
    stated, few = [], []
    known = rows[rows["category"] != "Unknown"]
    for group, own in known.groupby("group", sort=False):
        if own["withdrawal_rate"].notna().sum() < 2:
            few.append(str(group))
        else:
            found = _ranking(own, "category", "recorded group", "recorded groups")
            stated.append(f"{group}: {found}.")
    if not stated:
        return f"{area}: too few cases by group of {who} to compare."
    if few:
        names = listed(f"{one[:1].lower()}{one[1:]}" for one in few)
        stated.append(f"Too few groups are shown to compare by {names}.")
    return f"{area}. {' '.join(stated)}"


def curve(area: str, rows: pd.DataFrame) -> str:
    """Time to withdrawal; `least` and `most` bound `cumulative`."""
    known = rows[rows["cumulative"].notna()]
    stated = [
        f"{percent(row['cumulative'])} within {row['days_in_words']}"
        for row in records(known)
        if row["days"] in (0, 7, 27, 83)
    ]
    if not stated:
        return f"{area}: too few withdrawals to show when."
    text = f"{area}: of those who withdrew, {listed(stated)}."
    half = records(rows[~(rows["most"] < 0.5)])
    if half and (half[0]["least"] or 0) >= 0.5:
        text += f" Half were closed within {half[0]['days_in_words']}."
    return text


def early(rows: pd.DataFrame) -> str:
    """In which areas investigations that ended in withdrawal ended soonest."""
    if rows["early"].notna().sum() < 2:
        return NOTHING
    stated = _ranking(
        _in_lower(rows), "crime_area", "crime area", "crime areas", "early"
    )
    return f"Share of withdrawals closed within four weeks: {stated}."


def control(name: str, rows: pd.DataFrame, found: Sequence[Row]) -> str:
    """Months around their centre line, and signals."""
    known = rows[rows["withdrawal_rate"].notna()]
    low, high = known["withdrawal_rate"].min(), known["withdrawal_rate"].max()
    of = shown_of(len(known), len(rows) - len(known), "month", "months")
    text = (
        f"{name}: {of}, each had between {percent(low)} and {percent(high)} of its "
        "cases end in withdrawal."
    )
    if known["centre_line"].isna().all():
        return f"{text} There are no limits: too few mature months, or too few cases."
    if not found:
        return f"{text} They break no rule of the control chart."
    stated = [
        f"{one['rule']} ({one['direction']}, {month(one['started_on'])} to "
        f"{month(one['latest_month'])})"
        for one in found
    ]
    return f"{text} {plural(len(found), 'signal', 'signals')}: {listed(stated)}."


def signals(rows: pd.DataFrame) -> str:
    """Number of signals, of series that have them, and of those that go on."""
    if rows.empty:
        return "No month of any crime area and place gives a signal."
    series = len(rows[["area", "bcu"]].drop_duplicates())
    current = int((rows["goes_on"] == "yes").sum())
    return (
        f"{plural(len(rows), 'signal', 'signals')} in {series:,} series of crime area "
        f"and place, {current or 'none'} of them up to the latest mature month."
    )


def maturity(name: str, rows: pd.DataFrame) -> str:
    """The rate of a recorded month in its first and its latest delivery."""
    known = rows[rows["rate_with_pending"].notna()]
    if known.empty:
        return f"{month(name)}: too few cases to show a rate."
    stated = [
        f"{percent(row['rate_with_pending'])} by {row['delivery']}"
        for row in records(known)[:: max(len(known) - 1, 1)]
    ]
    return (
        f"Of the reports recorded in {month(name)} with or still without an outcome "
        f"{listed(stated)} had ended in withdrawal."
    )


def scorecard(rows: pd.DataFrame) -> str:
    """Where most checks of the latest delivery failed.

    `least` and `most` bound `score`, the share of checks passed.
    """
    known = rows[rows["score"].notna()]
    few = _with_few(rows, "failing")
    under = f"in {few} fewer than 10 checks failed"
    if rows.empty:
        return NOTHING
    delivery = f"Delivery {records(rows)[0]['delivery']}"
    if known.empty:
        of = plural(len(rows), "score", "scores")
        return f"{delivery}: of {of} of extracts by dimension, {under}."
    of = shown_of(len(known), len(rows) - len(known), "score", "scores")
    names = [f"{row['dimension']} of {row['extract']}" for row in records(known)]
    last = lowest(ranked(known.assign(name=names), "name", "score"))
    return (
        f"{delivery}: {of} of extracts by dimension, the lowest share of checks passed "
        f"is that of {named(last)}" + (f"; {under}." if few else ".")
    )


def _with_few(rows: pd.DataFrame, count: str) -> int:
    """Rows of which this count is fewer than 10, and no other."""
    return sum(names_of_few(row) == [count] for row in records(rows))


def gaps(rows: pd.DataFrame) -> str:
    """Number of gaps beyond tolerance.

    `within` is yes, no or, with too few to tell, neither.
    """
    known = rows[rows["share"].notna()]
    few = _with_few(rows, "failing")
    under = f"{plural(few, 'gap has', 'gaps have')} fewer than 10 rows"
    if known.empty:
        return f"{_capital(under)}." if few else NOTHING
    of = shown_of(len(known), len(rows) - len(known), "gap", "gaps")
    beyond = int((known["within"] == "no").sum())
    unsure = int((~known["within"].isin(["yes", "no"])).sum())
    text = (
        f"{_capital(of)}, {beyond or 'none'} {'is' if beyond == 1 else 'are'} beyond "
        "tolerance"
    )
    if unsure:
        text += f"; {unsure} {'is' if unsure == 1 else 'are'} too few to tell"
    names = [f"“{one}”" for one in known["description"]]
    found = [
        replace(one, stated=f"{one.stated}, tolerated {percent(tolerance)}")
        for one, tolerance in zip(
            ranked(known.assign(name=names), "name", "share"),
            known["tolerance"],
            strict=True,
        )
    ]
    text = f"{text}. The largest shown is {named(highest(found))}."
    return f"{text} {_capital(under)}." if few else text


def trend(description: str, rows: pd.DataFrame) -> str:
    """A gap from the first delivery shown to the latest."""
    known = rows[rows["share"].notna()]
    if known.empty:
        return f"{description}: too few to show."
    ends = records(known)[:: max(len(known) - 1, 1)]
    stated = [f"{percent(row['share'])} in {row['delivery']}" for row in ends]
    text = f"{description}: {', '.join(stated)}"
    latest = records(rows)[-1]["delivery"]
    if ends[-1]["delivery"] != latest:
        return f"{text}; that of {latest}, the latest, is not shown."
    return f"{text}, the latest."


def model(
    more: Sequence[str], less: Sequence[str], total: int, shown: int, hidden: int
) -> str:
    """Strong drivers of a model; so many of the categories shown are significant."""
    of = shown_of(shown, hidden, "category", "categories")
    parts = [
        f"{way} likely with {listed(stated)}."
        for way, stated in (("More", more), ("Less", less))
        if stated
    ]
    return " ".join(
        [
            f"{_capital(of)}, {total or 'none'} "
            f"{'differs' if total < 2 else 'differ'} significantly from what they are "
            "compared with.",
            *parts,
        ]
    )


def comparison(
    one: str, other: str, both: int, alike: int, opposite: int, only: tuple[int, int]
) -> str:
    """How far two models agree, in the categories shown for both."""
    if not both:
        return f"No category is shown of both model {one} and model {other}."
    return (
        f"{plural(both, 'category is', 'categories are')} shown of both model {one} "
        f"and model {other}: {alike or 'none'} significant in the same direction in "
        f"both, {opposite or 'none'} in opposite directions, {only[0] or 'none'} only "
        f"in model {one}, {only[1] or 'none'} only in model {other}."
    )


def printed(total: int, shown: int, alike: int, within: int) -> str:
    """How far a model agrees with the odds ratios that its study prints."""
    text = (
        f"The study prints {plural(total, 'odds ratio', 'odds ratios')} of this model."
    )
    if not shown:
        return f"{text} None of them is shown here."
    are = "is" if shown == 1 else "are"
    return (
        f"{text} {shown} {are} shown here, {alike or 'none'} of these in the direction "
        f"printed; {within or 'none'} of the printed ratios "
        f"{'lies' if within < 2 else 'lie'} in the 95% interval of ours."
    )
