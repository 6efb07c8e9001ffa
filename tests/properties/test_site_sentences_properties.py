"""Every sentence of the report site holds in the warehouse, whatever is hidden of it.

Random small warehouses, of which the test itself makes the schema `release`. It reads a
sentence as its reader does, and asks the exact tables whether it is so. A sentence of a
form that the test does not know fails it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from linkage.base.intervals import highest_by_chance
from linkage.base.settings import RunSettings
from linkage.report.site.figures import AND, Figure, is_chosen
from linkage.report.site.inputs import read_inputs
from linkage.report.site.overview import overview
from linkage.report.site.people import dimensions_of
from linkage.report.site.write import PAGES as MADE
from linkage.report.wording import FEWER

BOROUGHS = {
    "Brent": "North West",
    "Barnet": "North West",
    "Camden": "Central North",
    "Islington": "Central North",
    "Hackney": "Central East",
    "Newham": "North East",
    "Unknown": "Unknown",
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "borough": tuple(BOROUGHS),
    "crime_type": ("Robbery", "Rape", "Violence with injury"),
    "victim_sex": ("Female", "Male", "Unknown"),
    "victim_ethnicity": ("White", "Black", "Asian", "Other", "Unknown"),
    "victim_age_detail": ("1-9", "16-17", "18-24", "25-64", "65+", "Unknown"),
    "suspect_recorded": ("Yes", "No"),
    "delay_to_report": ("Same day", "1-7 days", "8-27 days"),
    "month": tuple(f"2021-{one:02d}" for one in range(4, 13)),
    "duration_band": (
        "Same day",
        "1-7 days",
        "1-4 weeks",
        "4-12 weeks",
        "12-26 weeks",
        "6-12 months",
        "Over a year",
        "Unknown",
    ),
}
DAYS = ("the same day", "a week", "4 weeks", "12 weeks", "26 weeks", "a year")
ENDS = ("Judicial", "Evidential difficulties", "Other")
GAPS = [f"gap {one}" for one in "abcdefgh"]
AREAS = {
    "All crime": "true",
    "Domestic abuse": "is_domestic",
    **{one: f"crime_type = '{one}'" for one in CHOICES["crime_type"]},
}
Truth = Mapping[str, tuple[float, float]]


# A random warehouse ------------------------------------------------------------------


def cases_of(random: np.random.Generator, size: int) -> pd.DataFrame:
    """Cases with few of most categories, of which each withdraws at its own rate."""
    cases, rate = {}, np.full(size, random.normal(-0.3, 0.5))
    for name, values in CHOICES.items():
        mix = random.dirichlet(np.full(len(values), random.choice([0.4, 3.0])))
        at = random.choice(len(values), size, p=mix)
        cases[name] = np.array(values)[at]
        if name != "duration_band":
            rate += random.normal(0, random.choice([0.0, 0.5]), len(values))[at]
    frame = pd.DataFrame(cases)
    withdrew = random.random(size) < 1 / (1 + np.exp(-rate))
    other = random.choice(ENDS, size, p=random.dirichlet([1.0, 1.0, 1.0]))
    return frame.assign(
        bcu=frame["borough"].map(BOROUGHS),
        is_domestic=random.random(size) < random.random() * 0.4,
        victim_age_group=frame["victim_age_detail"],
        suspect_age_detail="Unknown",
        suspect_age_group="Unknown",
        outcome_group=np.where(withdrew, "Victim withdrawal", other),
        withdrew=withdrew,
    )


def gaps_of(random: np.random.Generator) -> pd.DataFrame:
    rows = []
    for delivery in ("2021-05-01", "2021-06-01", "2021-07-01"):
        for at, gap in enumerate(GAPS):
            population = int(random.choice([0, 40, 300, 1500]))
            failing = int(random.binomial(population, random.choice([0.01, 0.05, 0.4])))
            share = failing / population if population else None
            rows.append(
                (
                    gap,
                    delivery,
                    ("victims", "flags")[at % 2],
                    population,
                    failing,
                    share,
                )
            )
    frame = pd.DataFrame(
        rows, columns=["gap", "delivery", "extract", "population", "failing", "share"]
    )
    tolerances = dict(
        zip(GAPS, random.choice([0.0, 0.01, 0.05, 0.2], len(GAPS)), strict=True)
    )
    return frame.assign(
        suite="victims",
        dimension="completeness",
        description=[f"The {one}" for one in frame["gap"]],
        severity="warning",
        owner="lead",
        tolerance=frame["gap"].map(tolerances),
        published_share=np.nan,
    )


def publish(
    settings: RunSettings,
    cases: pd.DataFrame,
    gaps: pd.DataFrame,
    random: np.random.Generator,
) -> None:
    """The marts of these cases and what is released of them, by the test's own SQL."""
    areas = " union all ".join(
        f"select '{name}' as crime_area, * from marts.cases where {which}"
        for name, which in AREAS.items()
    )
    rates = " union all ".join(
        f"select crime_area, '{name}' as dimension, {name} as category, withdrew "
        "from of_areas"
        for name in ("bcu", *CHOICES)
        if name != "duration_band"
    )
    removed = [int(one) for one in random.choice([0, 3, 14, 60, 61, 250], 4)]
    left = [*(len(cases) + sum(removed[at:]) for at in range(4)), len(cases)]
    flow = pd.DataFrame(
        {
            "step_no": range(5),
            "step": ["delivered", *(f"step {at}" for at in range(1, 5))],
            "crime_reports_removed": [0, *removed],
            "crime_reports_left": left,
        }
    )
    with duckdb.connect(str(settings.warehouse)) as connection:
        for name, frame in (("cases", cases), ("flow", flow), ("gaps", gaps)):
            connection.register(name, frame)
        for statement in (
            "create schema marts",
            "create schema quality",
            "create schema release",
            "create table marts.cases as select * from cases",
            "create table marts.case_flow as select * from flow",
            "create table quality.gaps as select * from gaps",
            "create table quality.scorecard as select delivery, extract, dimension, "
            "sum(population)::bigint as checks, sum(failing)::bigint as failing "
            "from gaps where population > 0 group by all",
            "create table quality.publications as select 1 as publication, "
            "timestamp '2021-07-01' as published_at, '' as code_version",
            "create table quality.deliveries as select distinct delivery, 'cris' as "
            "source_system, true as is_simulated from gaps",
            f"create temp table of_areas as {areas}",
            "create table marts.outcome_shares as select crime_area, outcome_group, "
            "count(*) as cases from of_areas group by all",
            "create table marts.withdrawal_timing as select crime_area, duration_band, "
            "count(*) as withdrawals from of_areas where withdrew group by all",
            "create table marts.withdrawal_rates as select crime_area, dimension, "
            "category, count(*) as cases, count(*) filter (withdrew) as withdrawals "
            "from (select crime_area, 'all' as dimension, 'All cases' as category, "
            f"withdrew from of_areas union all {rates}) group by all",
        ):
            connection.execute(statement).fetchall()
        for name, frame in released(
            lambda table: connection.execute(f"select * from {table}").df(), random
        ):
            connection.register("released", frame)
            connection.execute(f"create table release.{name} as from released")


def released(
    read: Callable[[str], pd.DataFrame], random: np.random.Generator
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tables of the release, each count rounded at random and hidden below 10."""

    def rounded(frame: pd.DataFrame, *counts: str) -> pd.DataFrame:
        few = pd.Series("", index=frame.index)
        for name in counts:
            of = frame[name]
            up = random.random(len(of)) < of % 5 / 5
            shown = ((of // 5 + up) * 5).astype("Int64")
            frame = frame.assign(**{name: shown.mask(shown < 10)})
            few = few.where(shown >= 10, few + f"{name}, ")
        few = few.str.removesuffix(", ")
        return frame.assign(fewer_than_10=few.mask(few == ""))

    def rate(part: pd.Series[int], whole: pd.Series[int]) -> pd.Series[float]:
        is_shown = (whole >= 100) & (part >= 10) & (whole - part >= 10)
        share = part.astype(float) / whole.astype(float)
        return share.where(is_shown.fillna(False)).round(3)

    rates = rounded(read("marts.withdrawal_rates"), "cases", "withdrawals")
    share = rate(rates["withdrawals"], rates["cases"])
    marks = pd.Series(random.choice(["higher", "lower", "none"], len(rates)))
    rates = rates.assign(
        withdrawal_rate=share,
        ci_low=share - 0.01,
        ci_high=share + 0.01,
        significance=marks.where((marks != "none") & share.notna()),
        category_no=0,
    )
    yield "withdrawal_rates", rates
    everyone = rates[rates["dimension"] == "all"].set_index("crime_area")
    outcomes = rounded(read("marts.outcome_shares"), "cases")
    whole = outcomes["crime_area"].map(everyone["cases"])
    yield "outcome_shares", outcomes.assign(share=rate(outcomes["cases"], whole))
    bands = pd.MultiIndex.from_product(
        [[*everyone.index], CHOICES["duration_band"]],
        names=["crime_area", "duration_band"],
    )
    timing = read("marts.withdrawal_timing").set_index([*bands.names]).reindex(bands)
    timing = rounded(timing.fillna(0).astype("int64").reset_index(), "withdrawals")
    whole = timing["crime_area"].map(everyone["withdrawals"])
    yield "withdrawal_timing", timing.assign(share=rate(timing["withdrawals"], whole))
    yield (
        "case_flow",
        rounded(read("marts.case_flow"), "crime_reports_removed", "crime_reports_left"),
    )
    scores = rounded(read("quality.scorecard"), "checks", "failing")
    yield (
        "scorecard",
        scores.assign(failing_share=rate(scores["failing"], scores["checks"])),
    )
    exact = read("quality.gaps")
    gaps = rounded(exact, "population", "failing")
    gaps = gaps.assign(share=rate(gaps["failing"], gaps["population"]))
    yield (
        "gaps",
        gaps.assign(verdict=[verdict(row) for row in exact.to_dict("records")]),
    )
    months = rates[rates["dimension"] == "month"].rename(columns={"category": "month"})
    months = months.assign(
        month=months["month"] + "-01",
        bcu="All",
        expected_rate=months["withdrawal_rate"],
        centre_line=months["withdrawal_rate"],
        lower_limit=None,
        upper_limit=None,
        is_maturing=False,
        signals=None,
    )
    yield "withdrawal_monitor", months.drop(columns=["dimension"])
    started = months.assign(
        rule="trend_of_six",
        direction="higher",
        started_on=months["month"],
        latest_month=months["month"],
        months=6,
        is_current=True,
    )
    yield "withdrawal_signals", started.head(int(random.integers(0, 4)))
    places = rates[
        (rates["dimension"] == "bcu") & (rates["category"] != "Unknown")
    ].rename(columns={"category": "bcu"})
    position = pd.Series(
        random.choice(["inside", "above 95%", "below 99.8%"], len(places)),
        index=places.index,
    )
    yield (
        "withdrawal_funnel",
        places.assign(
            first_month="2021-04-01",
            latest_month="2022-03-01",
            expected_rate=0.4,
            adjusted_rate=places["withdrawal_rate"],
            area_rate=0.4,
            funnel_low_95=0.3,
            funnel_high_95=0.5,
            funnel_low_998=0.2,
            funnel_high_998=0.6,
            position=position.where(places["withdrawal_rate"].notna()),
        ),
    )


def verdict(row: Mapping[Any, Any]) -> str:
    """As `quality.gaps` has it."""
    if not row["population"]:
        return "nothing to check"
    share = row["failing"] / row["population"]
    if share <= row["tolerance"]:
        return "within tolerance"
    highest = highest_by_chance(row["tolerance"], row["population"])
    return "beyond tolerance" if share > highest else "too few to tell"


# What a sentence claims --------------------------------------------------------------

SET = (
    r"[Oo]f (?:the )?(?P<shown>[\d,]+) (?P<unit>[a-zA-Z ]+?)(?P<is_shown> shown)?"
    r"(?: \((?P<hidden>[\d,]+) (?:is|are) not\))?"
)
RANKS = (
    rf"{SET}, (?:highest (?P<high>.+?), lowest (?P<low>.+?)"
    r"|from (?P<from>[\d.]+)% to (?P<to>[\d.]+)%, too close to rank)"
)
NAMES = re.compile(r"(.+?) \(([\d,.]+)%?[^()]*\)(?:, | or |$)")


def number(text: str | None) -> int:
    return int((text or "0").replace(",", ""))


@dataclass
class Claims:
    """A figure under some choice of the filters, what it says, and the exact tables."""

    figure: Figure
    key: str
    stated: str
    read: Callable[[str], pd.DataFrame]

    @property
    def table(self) -> pd.DataFrame:
        """The rows of the table that stands under the sentence."""
        frame = pd.DataFrame(
            self.figure.rows, columns=[one.name for one in self.figure.columns]
        )
        for name, chosen in zip(self.figure.by, self.key.split(AND), strict=False):
            if name in frame:
                frame = frame[[is_chosen(one, chosen) for one in frame[name]]]
        return frame

    def match(self, pattern: str, text: str | None = None) -> re.Match[str]:
        found = re.fullmatch(pattern, self.stated if text is None else text)
        assert found is not None, f"{self.figure.name}: {self.stated}"
        return found

    def is_of(self, found: re.Match[str], shown: set[str], truth: Truth) -> set[str]:
        """Who is ranked: all that there are, or those shown and no others."""
        assert number(found["shown"]) == len(shown), self.stated
        assert number(found["hidden"]) == len(set(truth) - shown), self.stated
        assert bool(found["is_shown"]) == bool(found["hidden"]), self.stated
        return shown if found["hidden"] else set(truth)

    def ranks(
        self, text: str, shown: set[str], truth: Truth, pattern: str = RANKS
    ) -> None:
        """The ends that a sentence names are those of the set that it names."""
        found = self.match(pattern, text)
        ranked = {name: truth[name] for name in self.is_of(found, shown, truth)}
        groups = found.groupdict()
        for end, best in (("high", max), ("low", min)):
            if groups.get(end):
                self.leads(groups[end], ranked, best)
        if groups.get("from"):
            for share, slack in ranked.values():
                assert float(found["from"]) / 100 - slack <= share, self.stated
                assert share <= float(found["to"]) / 100 + slack, self.stated

    def leads(self, text: str, ranked: Truth, best: Callable[..., float]) -> None:
        """The first of all is named, or one of those that are only counted."""
        names, others = self.names(text)
        for name, figure in names.items():
            share, slack = ranked[name]
            assert abs(share - figure) <= slack, (self.stated, name, share)
        top = best(share for share, _ in ranked.values())
        assert others or top in {ranked[name][0] for name in names}, (
            self.stated,
            ranked,
        )

    def names(self, text: str) -> tuple[dict[str, float], int]:
        counted = re.search(r" or (\d+) others?$", text)
        text = text[: counted.start()] if counted else text
        found = {
            name: float(value.replace(",", "")) for name, value in NAMES.findall(text)
        }
        scale = 100 if "%" in text else 1
        return {name: one / scale for name, one in found.items()}, number(
            counted[1] if counted else None
        )


def share(part: float, whole: float, sums: int = 1) -> tuple[float, float]:
    """A share, and how far that of rounded counts, with one decimal, may be from it."""
    return part / whole, (4 * sums + 4) / max(whole - 4, 1) + 0.00051


def rates(
    claims: Claims, where: str, name: str = "category"
) -> dict[str, tuple[float, float]]:
    found = claims.read(f"select * from marts.withdrawal_rates where {where}")
    return {
        str(row[name]): share(row["withdrawals"], row["cases"])
        for row in found.to_dict("records")
    }


def shown_in(
    frame: pd.DataFrame, name: str = "category", figure: str = "withdrawal_rate"
) -> set[str]:
    return set(frame[frame[figure].notna()][name])


def areas(claims: Claims) -> None:
    total = rates(claims, "dimension = 'all' and crime_area = 'All crime'")["All cases"]
    stated = re.match(
        r"Victims withdrew in ([\d.]+)% \(95% .*?\) of ([\d,]+) cases\. ?",
        claims.stated,
    )
    if stated:
        assert abs(float(stated[1]) / 100 - total[0]) <= total[1]
    rest = claims.stated[stated.end() if stated else 0 :]
    if rest and rest != "Too few cases to show anything.":
        where = "dimension = 'all' and crime_area != 'All crime'"
        truth = {k.lower(): v for k, v in rates(claims, where, "crime_area").items()}
        shown = {one.lower() for one in shown_in(claims.table, "crime_area")}
        claims.ranks(rest.removesuffix("."), shown - {"all crime"}, truth)


def flow(claims: Claims) -> None:
    rows = claims.read("select * from marts.case_flow order by step_no")
    left = rows["crime_reports_left"].tolist()
    stated = re.match(
        r"([\d,]+) of ([\d,]+) crime reports delivered \([\d.]+%\) are in the combined "
        r"dataset\. ?",
        claims.stated,
    )
    if stated:
        assert abs(number(stated[1]) - left[-1]) <= 4
        assert abs(number(stated[2]) - left[0]) <= 4
    rest = claims.stated[stated.end() if stated else 0 :]
    if rest and rest != "Too few cases to show anything.":
        steps = rows[rows["step_no"] > 0].astype({"crime_reports_removed": float})
        truth = {
            f"“{row['step']}”": (row["crime_reports_removed"], 4.0)
            for row in steps.to_dict("records")
        }
        found = claims.match(rf"{SET}, most are removed by (?P<high>.+)\.", rest)
        assert number(found["shown"]) + number(found["hidden"]) == len(truth)
        is_shown = [
            isinstance(one, int) for one in claims.table["crime_reports_removed"]
        ]
        shown = {f"“{one}”" for one in claims.table["step"][is_shown]}
        ranked = (
            truth
            if not found["hidden"]
            else {k: v for k, v in truth.items() if k in shown}
        )
        claims.leads(found["high"], ranked, max)


def outcomes(claims: Claims) -> None:
    if claims.stated == f"{claims.key}: too few cases to show outcomes.":
        return
    found = claims.match(
        r"(.+?) ended in (.+?)(?:; (\d+) groups? (?:is|are) too small to show)?\."
    )
    truth = claims.read(
        f"select * from marts.outcome_shares where crime_area = '{found[1]}'"
    )
    counts = dict(zip(truth["outcome_group"].str.lower(), truth["cases"], strict=True))
    named = re.findall(r"([a-z ]+?) ([\d.]+)%(?:, | and |$)", found[2])
    assert len(named) + number(found[3]) == len(claims.table["outcome_group"].unique())
    for name, printed in named:
        exact, slack = share(counts.get(name, 0), sum(counts.values()))
        assert abs(float(printed) / 100 - exact) <= slack, claims.stated


def marked(claims: Claims, dimension: str) -> None:
    area = claims.key
    if re.fullmatch(r".+: no \w+ has enough cases to show a rate\.", claims.stated):
        assert not shown_in(claims.table)
        return
    where = (
        f"crime_area = '{area}' and dimension = '{dimension}' and category != 'Unknown'"
    )
    truth = rates(claims, where)
    found = claims.match(
        r"(?P<area>.+?): (?P<ranks>of .+?)\. (?:None of them is marked as apart from "
        r"the rest at 99%|At 99%, (?P<marks>.+) than the rest)\."
    )
    if found["ranks"].startswith(("of 1 ", "of the 1 ")):
        claims.match(rf"{SET}, ([\d.]+)% in .+", found["ranks"])
    else:
        claims.ranks(found["ranks"], shown_in(claims.table), truth)
    for way in ("higher", "lower"):
        there = set(claims.table[claims.table["significance"] == way]["category"])
        assert all(one in (found["marks"] or "") for one in there)


def grid(claims: Claims) -> None:
    if claims.stated == "Too few cases to show anything.":
        return
    where = "dimension = 'bcu' and category != 'Unknown'"
    found = claims.match(
        rf"{SET}, (\w+) (?:is|are) marked higher and (\w+) lower than all other places "
        r"at 99%; by chance alone about one in a hundred would be\."
    )
    exact = claims.read(f"select * from marts.withdrawal_rates where {where}")
    shown = claims.table["withdrawal_rate"].notna().sum()
    assert (number(found["shown"]), number(found["hidden"])) == (
        shown,
        len(exact) - shown,
    )


def funnel(claims: Claims) -> None:
    if claims.stated.endswith("too few places are shown for a funnel."):
        return
    found = claims.match(
        rf".+, Apr 2021 to Mar 2022: {SET}, around ([\d.]+)%, (?P<out>\w+) "
        r"(?:is|are) outside the 95% limits"
        r"(?:: (?P<who>.+))?\."
    )
    truth = rates(
        claims,
        f"crime_area = '{claims.key}' and dimension = 'bcu' and category != 'Unknown'",
    )
    assert number(found["shown"]) + number(found["hidden"]) == len(truth)
    outside = claims.table[~claims.table["position"].isin(["inside", None])]
    assert {"none": "0"}.get(found["out"], found["out"]) == str(len(outside))
    assert all(
        f"{row['category']} {row['position']}" in found["who"]
        for row in outside.to_dict("records")
    )


def groups(claims: Claims) -> None:
    area, dimensions = (
        claims.key,
        {
            label: dimension
            for group in ("victims", "suspects", "circumstances")
            for dimension, label in dimensions_of(group).items()
        },
    )
    if re.fullmatch(r".+: too few cases by group of \w+ to compare\.", claims.stated):
        return
    rest = claims.stated.removeprefix(f"{area}. ")
    rest = re.sub(r" ?Too few groups are shown to compare by .+\.$", "", rest)
    labels = "|".join(map(re.escape, dimensions))
    for label, text in re.findall(rf"({labels}): (.+?)\.(?= (?:{labels}):|$)", rest):
        truth = rates(
            claims,
            f"crime_area = '{area}' and dimension = '{dimensions[label]}' "
            "and category != 'Unknown'",
        )
        own = claims.table[
            (claims.table["group"] == label) & (claims.table["category"] != "Unknown")
        ]
        claims.ranks(text, shown_in(own), truth)
        rest = rest.replace(f"{label}: {text}.", "")
    assert not rest.strip(), claims.stated


def durations(claims: Claims, area: str) -> pd.DataFrame:
    rows = claims.read(
        f"select * from marts.withdrawal_timing where crime_area = '{area}'"
    )
    counts = (
        rows.set_index("duration_band")["withdrawals"]
        .reindex(CHOICES["duration_band"])
        .fillna(0)
    )
    return pd.DataFrame(
        {"count": counts, "so_far": counts.cumsum() / counts.sum(), "all": counts.sum()}
    )


def curve(claims: Claims) -> None:
    exact = durations(claims, claims.key)
    for row in claims.table.dropna(subset="cumulative").to_dict("records"):
        so_far = exact["so_far"].iloc[DAYS.index(row["days_in_words"])]
        assert row["cumulative"] < 1 or so_far == 1, (claims.key, row)
    values = claims.table["cumulative"].dropna()
    assert values.is_monotonic_increasing
    if claims.stated.endswith("too few withdrawals to show when."):
        return
    found = claims.match(
        r".+?: of those who withdrew, (.+?)\.(?: Half were closed within (.+)\.)?"
    )
    for printed, days in re.findall(
        r"([\d.]+)% within ([\w ]+?)(?:, | and |$)", found[1]
    ):
        so_far = exact["so_far"].iloc[DAYS.index(days)]
        _, slack = share(0, exact["all"].iloc[0], 8)
        assert abs(float(printed) / 100 - so_far) <= slack, claims.stated
    if found[2]:
        at = DAYS.index(found[2])
        assert exact["so_far"].iloc[at] >= 0.5, claims.stated
        assert at == 0 or exact["so_far"].iloc[at - 1] < 0.5, claims.stated


def bands(claims: Claims) -> None:
    if claims.stated == "Too few cases to show anything.":
        return
    exact = durations(claims, "All crime")
    found = claims.match(rf"All crime: {SET}, the commonest is (?P<high>.+)\.")
    own = claims.table[claims.table["area"] == "All crime"]
    shown = {f"“{one.lower()}”" for one in shown_in(own, "duration_band", "share")}
    truth = {
        f"“{str(name).lower()}”": share(row["count"], row["all"])
        for name, row in exact.iterrows()
        if str(name) in set(own["duration_band"])
    }
    ranked = {k: truth[k] for k in claims.is_of(found, shown, truth)}
    claims.leads(found["high"], ranked, max)


def early(claims: Claims) -> None:
    if claims.stated == "Too few cases to show anything.":
        return
    text = claims.match(r"Share of withdrawals closed within four weeks: (.+)\.")[1]
    truth = {}
    for area in set(AREAS) - {"All crime"}:
        exact = durations(claims, area)
        # An area of no case is in no table.
        if area in set(claims.table["crime_area"]):
            whole = exact["all"].iloc[0]
            truth[area.lower()] = share(exact["count"].iloc[:3].sum(), max(whole, 1), 8)
    shown = {one.lower() for one in shown_in(claims.table, "crime_area", "early")}
    claims.ranks(text, shown - {"all crime"}, truth)


def scorecard(claims: Claims) -> None:
    few = r"in (?P<few>\d+) fewer than 10 checks failed"
    rows = claims.table
    under = rows["failing"].eq(FEWER) & rows["checks"].ne(FEWER)
    if not rows["score"].notna().any():
        found = claims.match(
            rf"Delivery 2021-07-01: of (\d+) scores? of extracts by dimension, {few}\."
        )
        assert (number(found[1]), number(found["few"])) == (len(rows), under.sum())
        return
    found = claims.match(
        rf"Delivery 2021-07-01: {SET} of extracts by dimension, the lowest share of "
        rf"checks passed is that of (?P<low>.+?)(?:; {few})?\."
    )
    assert number(found["few"]) == under.sum(), claims.stated
    exact = claims.read("select * from quality.scorecard where delivery = '2021-07-01'")
    truth = {
        f"{row['dimension']} of {row['extract']}": share(
            row["checks"] - row["failing"], row["checks"]
        )
        for row in exact.to_dict("records")
    }
    rows = claims.table[claims.table["score"].notna()]
    shown = {
        f"{row['dimension']} of {row['extract']}" for row in rows.to_dict("records")
    }
    ranked = {k: truth[k] for k in claims.is_of(found, shown, truth)}
    claims.leads(found["low"], ranked, min)


def gaps(claims: Claims) -> None:
    if claims.stated == "Too few cases to show anything.":
        return
    under = r"(?P<few>\d+) gaps? (?:has|have) fewer than 10 rows\."
    rows = claims.table
    few = (rows["failing"].eq(FEWER) & rows["population"].ne(FEWER)).sum()
    if not rows["share"].notna().any():
        assert number(claims.match(under)["few"]) == few
        return
    found = claims.match(
        rf"{SET}, (?P<beyond>\w+) (?:is|are) beyond tolerance"
        r"(?:; (?P<open>\d+) (?:is|are) too few to tell)?\. "
        rf"The largest shown is (?P<high>.+?)\.(?: {under})?"
    )
    assert number(found["few"]) == few, claims.stated
    exact = claims.read("select * from quality.gaps where delivery = '2021-07-01'")
    exact = exact[exact["description"].isin(rows["description"])]
    truth = {
        f"“{row['description']}”": share(row["failing"], max(row["population"], 1))
        for row in exact.to_dict("records")
    }
    shown = {f"“{one}”" for one in shown_in(rows, "description", "share")}
    ranked = {k: truth[k] for k in claims.is_of(found, shown, truth)}
    verdicts = [
        verdict(row)
        for row in exact.to_dict("records")
        if f"“{row['description']}”" in shown
    ]
    for name, said in (("beyond", "beyond tolerance"), ("open", "too few to tell")):
        stated = (found[name] or "0").replace("none", "0")
        assert int(stated) == verdicts.count(said), claims.stated
    claims.leads(found["high"], ranked, max)


def trend(claims: Claims) -> None:
    if claims.stated.endswith(": too few to show."):
        return
    found = claims.match(
        r"(.+?): (.+?)(?:, the latest|; that of (\S+), the latest, is not shown)\."
    )
    stated = re.findall(r"([\d.]+)% in (\S+?)(?:, |$)", found[2])
    exact = claims.read(f"select * from quality.gaps where description = '{found[1]}'")
    exact = exact.set_index("delivery")
    for printed, delivery in stated:
        row = exact.loc[delivery]
        truth, slack = share(row["failing"], row["population"])
        assert abs(float(printed) / 100 - truth) <= slack, claims.stated
    assert (found[3] or stated[-1][1]) == "2021-07-01", claims.stated


def control(claims: Claims) -> None:
    area, _ = claims.key.split(AND)
    found = claims.match(
        rf".+?: {SET}, each had between (?P<from>[\d.]+)% and (?P<to>[\d.]+)% of its "
        r"cases end in "
        r"withdrawal\. (?:There are no limits: .+|"
        r"They break no rule of the control chart|"
        r"(?P<signals>\d+) signals?: .+)\."
    )
    truth = rates(claims, f"crime_area = '{area}' and dimension = 'month'")
    rows = claims.table
    months = shown_in(rows, "month")
    assert number(found["shown"]) == len(months)
    assert number(found["shown"]) + number(found["hidden"]) == len(rows)
    low, high = float(found["from"]) / 100, float(found["to"]) / 100
    for month in months:
        rate, slack = truth[month]
        assert low - slack <= rate <= high + slack, claims.stated


def signals(claims: Claims) -> None:
    if claims.stated == "No month of any crime area and place gives a signal.":
        assert not len(claims.table)
        return
    found = claims.match(
        r"(\d+) signals? in (\d+) series of crime area and place, (\w+) of them up to "
        r"the latest mature month\."
    )
    assert number(found[1]) == len(claims.table)
    assert number(found[2]) == claims.table["area"].nunique()


CHECKS: dict[str, Callable[[Claims], None]] = {
    "areas": areas,
    "flow": flow,
    "outcomes": outcomes,
    "places": grid,
    "map": lambda claims: marked(claims, "borough"),
    "bcus": lambda claims: marked(claims, "bcu"),
    "funnel": funnel,
    "victims": groups,
    "suspects": groups,
    "circumstances": groups,
    "curve": curve,
    "bands": bands,
    "early": early,
    "scorecard": scorecard,
    "gaps": gaps,
    "trend": trend,
    "control": control,
    "signals": signals,
}
PAGES = ("index", "places", "people", "timing", "quality", "oversight")


@pytest.mark.parametrize("seed", range(6))
def test_every_sentence_holds_in_the_warehouse(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    settings = RunSettings("cris", tmp_path, tmp_path / "cris.duckdb")
    size = int(random.choice([250, 900, 2500, 8000]))
    publish(settings, cases_of(random, size), gaps_of(random), random)
    inputs = read_inputs(settings, "")
    pages = [overview(inputs, []), *(make(inputs) for make, *_ in MADE)]
    checked = 0
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        for page in filter(None, pages):
            for figure in page.figures if page.name in PAGES else ():
                for key, stated in figure.sentences.items():
                    claims = Claims(
                        figure, key, stated, lambda sql: connection.execute(sql).df()
                    )
                    CHECKS[figure.name](claims)
                    checked += 1
    assert checked > 50
