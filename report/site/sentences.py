"""What a figure shows, in a sentence written from its numbers.

Every number here has passed disclosure control: counts are rounded, and where one is
null it is confidential. Frames are those of `disclosure.release`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from report.site.figures import month, percent, records
from report.wording import plural

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


def flow(rows: pd.DataFrame) -> str:
    """From all crime reports to the cases of the study."""
    shown = rows[rows["crime_reports_left"].notna()]
    if len(shown) < 2:
        return NOTHING
    first, last = records(shown)[0], records(shown)[-1]
    left = int(last["crime_reports_left"])
    total = int(first["crime_reports_left"])
    text = (
        f"{left:,} of {total:,} crime reports delivered ({percent(left / total)}) are "
        "in the combined dataset."
    )
    removed = shown[shown["crime_reports_removed"].fillna(0) > 0]
    if len(removed):
        worst = records(removed.sort_values("crime_reports_removed"))[-1]
        text += (
            f" The step that removes most is “{worst['step']}” "
            f"({int(worst['crime_reports_removed']):,})."
        )
    return text


def areas(total: Row | None, rows: pd.DataFrame) -> str:
    """Withdrawal overall, and the areas with the most and the least of it."""
    known = with_rate(rows)
    parts = []
    if total is not None and pd.notna(total["withdrawal_rate"]):
        parts.append(
            f"Victims withdrew in {rate_of(total)} of {int(total['cases']):,} cases."
        )
    if len(known) > 1:
        most, least = records(known)[0], records(known)[-1]
        parts.append(
            f"Of the areas with a rate, most in {most['crime_area'].lower()} "
            f"({percent(most['withdrawal_rate'])}), least in "
            f"{least['crime_area'].lower()} ({percent(least['withdrawal_rate'])})."
        )
    return " ".join(parts) or NOTHING


def outcomes(area: str, rows: pd.DataFrame) -> str:
    """How the cases of an area ended, the commonest outcome first."""
    known = rows[rows["share"].notna()].sort_values(
        "share", ascending=False, kind="stable"
    )
    if known.empty:
        return f"{area}: too few cases to show outcomes."
    said = [
        f"{row['outcome_group'].lower()} {percent(row['share'])}"
        for row in records(known)
    ]
    hidden = len(rows) - len(known)
    more = (
        f"; {plural(hidden, 'group is', 'groups are')} confidential" if hidden else ""
    )
    return f"{area} ended in {listed(said)}{more}."


def changes(rows: pd.DataFrame) -> str:
    """What moved since the export before."""
    if rows.empty:
        return "There is no earlier release with other counts to compare this one with."
    moved = rows[rows["change"].abs() >= 0.001].sort_values(
        "change", key=lambda change: change.abs(), ascending=False, kind="stable"
    )
    if moved.empty:
        return "No rate has moved by a tenth of a point since the release before."
    most = records(moved)[0]
    way = "rose" if most["change"] > 0 else "fell"
    return (
        f"{plural(len(moved), 'rate has', 'rates have')} moved since the release "
        f"before this one; most in {most['crime_area'].lower()}, which {way} from "
        f"{percent(most['before_rate'])} to {percent(most['withdrawal_rate'])}."
    )


def marked(area: str, place: str, rows: pd.DataFrame) -> str:
    """Which categories lie apart from all other cases of the area."""
    known = with_rate(rows)
    if known.empty:
        return f"{area}: no {place} has enough cases to show a rate."
    most, least = records(known)[0], records(known)[-1]
    text = f"{area}: {percent(most['withdrawal_rate'])} in {most['category']}"
    if len(known) > 1:
        text = (
            f"{area}: from {percent(least['withdrawal_rate'])} "
            f"({least['category']}) to {percent(most['withdrawal_rate'])} "
            f"({most['category']})"
        )
    said = [
        f"{listed(known[known['significance'] == way]['category'])} {way}"
        for way in ("higher", "lower")
        if (known["significance"] == way).any()
    ]
    if not said:
        return f"{text}. None differs from the rest at 99%."
    return f"{text}. At 99%, {' and '.join(said)} than the rest."


def table_of_places(rows: pd.DataFrame) -> str:
    """How many cells of crime area and place are marked."""
    known = with_rate(rows)
    if known.empty:
        return NOTHING
    higher = int((known["significance"] == "higher").sum())
    lower = int((known["significance"] == "lower").sum())
    hidden = len(rows) - len(known)
    text = (
        f"Of {plural(len(known), 'rate', 'rates')}, {higher or 'none'} "
        f"{'is' if higher == 1 else 'are'} higher and {lower or 'none'} lower than in "
        "all other places at 99%; about one in a hundred is so by chance."
    )
    if hidden:
        text += (
            f" {plural(hidden, 'cell has', 'cells have')} too few cases for a rate, or "
            f"{'is' if hidden == 1 else 'are'} confidential."
        )
    return text


def funnel(
    area: str, target: float | None, rows: pd.DataFrame, unit: str = "BCU"
) -> str:
    """Which places lie outside the limits of chance."""
    if target is None:
        return f"{area}: too few places for a funnel."
    outside = rows[~rows["position"].isin(["inside", None]) & rows["position"].notna()]
    known = int(rows["position"].notna().sum())
    units = "counties" if unit == "county" else f"{unit}s"
    text = (
        f"{area}: {plural(known, unit, units)} around {percent(target)}; "
        f"{len(outside) or 'none'} outside the 95% limits"
    )
    if len(outside):
        said = [f"{row['category']} {row['position']}" for row in records(outside)]
        text += f": {listed(said)}"
    return f"{text}."


def groups(area: str, who: str, rows: pd.DataFrame) -> str:
    """The groups of victims or suspects who withdrew most and least."""
    known = with_rate(rows[rows["category"] != "Unknown"])
    if len(known) < 2:
        return f"{area}: too few cases by group of {who} to compare."
    most, least = records(known)[0], records(known)[-1]
    return (
        f"{area}: most withdrawal with “{most['category']}” "
        f"({most['group'].lower()}: {percent(most['withdrawal_rate'])}), least with "
        f"“{least['category']}” ({least['group'].lower()}: "
        f"{percent(least['withdrawal_rate'])})."
    )


def curve(area: str, rows: pd.DataFrame) -> str:
    """How soon those withdrew who did."""
    known = rows[rows["cumulative"].notna()]
    if known.empty:
        return f"{area}: too few withdrawals to show when."
    half = known[known["cumulative"] >= 0.5]
    said = [
        f"{percent(row['cumulative'])} within {row['days_in_words']}"
        for row in records(known)
        if row["days"] in (0, 7, 27, 83)
    ]
    text = f"{area}: of those who withdrew, {listed(said)}."
    if len(half) and records(known)[0]["days"] == records(rows)[0]["days"]:
        text += f" Half were closed within {records(half)[0]['days_in_words']}."
    return text


def early(rows: pd.DataFrame) -> str:
    """In which areas investigations that ended in withdrawal ended soonest."""
    known = rows[rows["early"].notna()].sort_values(
        "early", ascending=False, kind="stable"
    )
    if len(known) < 2:
        return NOTHING
    most, least = records(known)[0], records(known)[-1]
    return (
        f"Within four weeks ended {percent(most['early'])} of withdrawals in "
        f"{most['crime_area'].lower()}, the most, and {percent(least['early'])} in "
        f"{least['crime_area'].lower()}, the fewest."
    )


def control(area: str, period: str, rows: pd.DataFrame, found: Sequence[Row]) -> str:
    """How the months lie around their centre line, and which signals there are."""
    known = rows[rows["withdrawal_rate"].notna()]
    if known.empty:
        return f"{area}, {period}: no month has enough cases to show a rate."
    low, high = known["withdrawal_rate"].min(), known["withdrawal_rate"].max()
    text = (
        f"{area}, {period}: between {percent(low)} and {percent(high)} of a month's "
        "cases ended in withdrawal."
    )
    if known["centre"].isna().all():
        return f"{text} There are no limits: too few mature months, or too few cases."
    if not found:
        return f"{text} No rule of the control chart is broken."
    said = [
        f"{one['rule']} ({one['direction']}, {month(one['started_on'])} to "
        f"{month(one['latest_month'])})"
        for one in found
    ]
    return f"{text} {plural(len(found), 'signal', 'signals')}: {listed(said)}."


def scorecard(rows: pd.DataFrame) -> str:
    """How many checks the latest delivery passed, and where most failed."""
    known = rows[rows["failing_share"].notna()]
    if known.empty:
        return NOTHING
    worst = records(known.sort_values("failing_share", kind="stable"))[-1]
    return (
        f"Delivery {worst['delivery']}: {plural(len(known), 'score', 'scores')} of "
        f"extracts by dimension. The lowest is {percent(1 - worst['failing_share'])} "
        f"of checks passed: {worst['dimension']} of {worst['extract']}."
    )


def gaps(rows: pd.DataFrame) -> str:
    """How many gaps are larger than tolerated."""
    known = rows[rows["share"].notna()]
    if known.empty:
        return NOTHING
    beyond = known[known["share"] > known["tolerance"]]
    worst = records(known.sort_values("share", kind="stable"))[-1]
    return (
        f"{len(beyond) or 'None'} of {plural(len(known), 'gap', 'gaps')} "
        f"{'is' if len(beyond) == 1 else 'are'} larger than tolerated. The largest is "
        f"“{worst['description']}” ({percent(worst['share'])}, tolerated "
        f"{percent(worst['tolerance'])})."
    )


def trend(description: str, rows: pd.DataFrame) -> str:
    """A gap from the first delivery to the latest."""
    known = rows[rows["share"].notna()]
    if known.empty:
        return f"{description}: too few to show."
    first, last = records(known)[0], records(known)[-1]
    if len(known) == 1:
        return f"{description}: {percent(last['share'])} in {last['delivery']}."
    return (
        f"{description}: {percent(first['share'])} in {first['delivery']}, "
        f"{percent(last['share'])} in {last['delivery']}, the latest."
    )


def model(name: str, more: Sequence[str], less: Sequence[str], total: int) -> str:
    """The strongest drivers of a model."""
    if not more and not less:
        return f"Model {name}: no significant driver."
    parts = [
        f"{way} likely with {listed(said)}."
        for way, said in (("More", more), ("Less", less))
        if said
    ]
    return (
        f"Model {name}: {plural(total, 'category differs', 'categories differ')} "
        f"significantly from what they are compared with. {' '.join(parts)}"
    )


def comparison(
    one: str, other: str, both: int, alike: int, opposite: int, only: tuple[int, int]
) -> str:
    """How far two models say the same."""
    if not both:
        return f"Models {one} and {other} have no category in common."
    return (
        f"Models {one} and {other} share {plural(both, 'category', 'categories')}: "
        f"{alike or 'none'} significant in the same direction in both, "
        f"{opposite or 'none'} in opposite directions, {only[0] or 'none'} only in "
        f"model {one}, {only[1] or 'none'} only in model {other}."
    )
