"""Crimes with their victims, offenders and incidents, before any outcome.

Rows are ordered by day. Attributes of a crime's victim are those of victim 1, who is
the victim the study's models are planted on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from linkage.simulator.arrays import (
    Bools,
    Codes,
    Floats,
    Ints,
    apportion,
    generator,
    quota_codes,
)
from linkage.simulator.calendar import day_number
from linkage.simulator.violent_crime.figures import (
    assumption,
    ethnicity_counts,
    fact,
    missing_share,
    parameter,
    shares,
)
from linkage.simulator.violent_crime.people import link_people

DELIVERED = dt.date(2021, 6, 1)
FIRST_DAY, LAST_DAY = dt.date(2010, 1, 1), dt.date(2021, 4, 30)
STUDY = -1
UNKNOWN_AGE = -1
_MISSING_NAMES = {"informed_method": "UN", "response_code": "UN"}
_AGES = {"up to 25": (0, 25), "26 to 40": (26, 40), "over 40": (41, 100)}
_PEAK_SHARE = 0.82  # Of those up to 25, the peak of 15 to 25 (figure 3); ours.
_YOUNG = 25


@dataclass
class Crimes:
    """Every crime drawn, in order of day.

    `kind` is STUDY or the position of the step that loses the crime; `codes` and
    `levels` hold categories, `numbers` counts, days and minutes.
    """

    kind: Ints
    day: Ints
    steps: tuple[str, ...]
    codes: dict[str, Codes] = field(default_factory=dict)
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: dict[str, Ints] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the crimes."""
        return len(self.kind)

    @property
    def in_study(self) -> Bools:
        """Crimes of the study in the absence of dirt."""
        mask: Bools = self.kind == STUDY
        return mask

    def is_lost_at(self, step: str) -> Bools:
        """Crimes planned to be lost at this step."""
        mask: Bools = self.kind == self.steps.index(step)
        return mask

    def equals(self, variable: str, level: str) -> Bools:
        """Crimes with this level."""
        mask: Bools = self.codes[variable] == self.levels[variable].index(level)
        return mask

    def add(self, variable: str, codes: Codes | Bools, levels: tuple[str, ...]) -> None:
        """Set a variable."""
        self.codes[variable] = codes.astype(np.int32)
        self.levels[variable] = levels


@dataclass(frozen=True)
class Offenders:
    """One row per offender: crime, number, sex (`""` unknown), age, who it is."""

    crime: Ints
    number: Ints
    sex: Codes
    sexes: tuple[str, ...]
    age: Ints
    is_identified: Bools
    root: Ints


def repeat(counts: Ints) -> tuple[Ints, Ints]:
    """Position and number from 1 of each row where position i has `counts[i]` rows."""
    position = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return position, np.arange(len(position)) - starts[position] + 1


def even_lognormal(
    rng: np.random.Generator, size: int, median: float, sigma: float
) -> Floats:
    """Lognormal values at evenly spaced quantiles, shuffled: margins are exact."""
    quantiles = (rng.permutation(size) + 0.5) / max(size, 1)
    values: Floats = median * np.exp(sigma * ndtri(quantiles))
    return values


def log_uniform(rng: np.random.Generator, size: int, highest: float) -> Ints:
    """Whole days from 0 to `highest`, small ones more often."""
    days = np.floor(np.exp(rng.random(size) * np.log(highest + 2.0))) - 1.0
    whole: Ints = days.astype(np.int64)
    return whole


def draw_crimes(study: int, seed: int) -> Crimes:
    """Draw `study` crimes of the study and those lost on the way, and all but victims.

    The study's crimes follow the shares of years; lost ones go back to 2010.
    """
    rng = generator(seed, "violent crimes")
    lost = assumption("lost_crimes")
    counts = [round(float(row["per_study_crime"]) * study) for row in lost]
    kind = np.concatenate(
        [np.full(study, STUDY), np.repeat(np.arange(len(lost)), counts)]
    )
    steps = tuple(row["step"] for row in lost)
    first, last = day_number(FIRST_DAY), day_number(LAST_DAY)
    day = rng.integers(first, last + 1, size=len(kind))
    years = assumption("years")
    by_year = apportion(np.array([float(row["share"]) for row in years]), study)
    starts = [day_number(dt.date(int(row["year"]), 1, 1)) for row in years]
    ends = [*starts[1:], last + 1]
    day[:study] = np.repeat(starts, by_year) + np.floor(
        rng.random(study) * np.repeat(np.subtract(ends, starts), by_year)
    ).astype(np.int64)
    before = kind == steps.index("before 2014")
    day[before] = rng.integers(first, starts[0], size=int(before.sum()))
    order = np.lexsort((rng.random(len(kind)), day))
    crimes = Crimes(kind[order], day[order], steps)
    year = day[order].astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    listed = tuple(str(y) for y in range(FIRST_DAY.year, LAST_DAY.year + 1))
    crimes.add("year", (year - FIRST_DAY.year).astype(np.int32), listed)
    _draw_offence(crimes, rng)
    _draw_incident(crimes, rng)
    _draw_investigation(crimes, rng)
    return crimes


def draw_shares(
    crimes: Crimes, rng: np.random.Generator, variable: str, table: dict[str, float]
) -> None:
    """Draw a variable by exact quotas, in the study and among the lost."""
    codes = np.zeros(len(crimes), dtype=np.int32)
    _quota_where(rng, codes, crimes, np.ones(len(crimes), np.bool_), table)
    crimes.add(variable, codes, tuple(table))


def _quota_where(
    rng: np.random.Generator,
    codes: Codes,
    crimes: Crimes,
    mask: Bools,
    table: dict[str, float],
) -> None:
    for part in (mask & crimes.in_study, mask & ~crimes.in_study):
        codes[part] = quota_codes(rng, int(part.sum()), list(table.values()))


def _draw_offence(crimes: Crimes, rng: np.random.Generator) -> None:
    for variable in ("section", "offence_type"):
        inside, outside = shares(variable), shares(variable, "out of scope")
        draw_shares(crimes, rng, variable, inside)
        codes = crimes.codes[variable]
        if variable == "section":
            lost = crimes.is_lost_at("section out of scope")
        else:
            lost = crimes.is_lost_at("domestic violence or child abuse")
            lost |= crimes.is_lost_at("section out of scope") & (
                rng.random(len(crimes)) < parameter("domestic_out_of_scope")
            )
        codes[lost] = len(inside) + quota_codes(
            rng, int(lost.sum()), list(outside.values())
        )
        crimes.add(variable, codes, (*inside, *outside))
    injuries = ("1", "2", "3", "4", "5")
    codes = np.zeros(len(crimes), dtype=np.int32)
    for section in crimes.levels["section"]:
        known = section in shares("section")
        table = shares("injury_code", section if known else "S.47")
        _quota_where(
            rng,
            codes,
            crimes,
            crimes.equals("section", section),
            {code: table.get(code, 0.0) for code in injuries},
        )
    crimes.add("injury_code", codes, injuries)
    for variable in (
        "firearm",
        "knife",
        "other_weapon",
        "daily_bulletin",
        "officer_on_duty",
        "hate_flag",
        "uniform_cid",
        "report_method",
        "npu",
    ):
        draw_shares(crimes, rng, variable, shares(variable))
    vulnerable = crimes.equals("offence_type", "VA")
    crimes.add("vulnerable", vulnerable, ("N", "Y"))
    uncooperative = parameter("uncooperative")
    draw_shares(
        crimes, rng, "uncooperative", {"0": 1.0 - uncooperative, "1": uncooperative}
    )


def _draw_incident(crimes: Crimes, rng: np.random.Generator) -> None:
    """The incident of each crime; every so often two crimes have one.

    Minutes have the printed medians for every grade, and a few outliers.
    """
    size = len(crimes)
    _with_missing(crimes, rng, "response_code")
    for name in ("response", "deployment"):
        minutes = np.rint(
            even_lognormal(
                rng,
                size,
                parameter(f"{name}_minutes_median"),
                parameter(f"{name}_minutes_sigma"),
            )
        )
        outlier = rng.random(size) < parameter("outlier_share")
        minutes[outlier] = parameter("outlier_minutes")
        crimes.numbers[f"{name}_minutes"] = minutes.astype(np.int64)
    officers = even_lognormal(
        rng,
        size,
        parameter("incident_officers_median"),
        parameter("incident_officers_sigma"),
    )
    crimes.numbers["incident_officers"] = np.minimum(
        np.rint(officers), parameter("incident_officers_highest")
    ).astype(np.int64)
    linked = ~crimes.is_lost_at("no incident")
    shared = rng.random(size) < parameter("shared_incidents")
    # One crime in two may share the incident of the crime before it, never in a chain.
    shared &= (np.arange(size) % 2 == 1) & linked & np.roll(linked, 1)
    rows = np.flatnonzero(shared)
    crimes.codes["response_code"][rows] = crimes.codes["response_code"][rows - 1]
    crimes.numbers["incident"] = np.where(shared, np.arange(size) - 1, np.arange(size))


def _with_missing(crimes: Crimes, rng: np.random.Generator, variable: str) -> None:
    """Draw a variable with its own missing share, completely at random."""
    table = shares(variable)
    share = missing_share(variable)
    name = _MISSING_NAMES.get(variable, "X")
    draw_shares(
        crimes,
        rng,
        variable,
        {**{key: value * (1 - share) for key, value in table.items()}, name: share},
    )


def _draw_investigation(crimes: Crimes, rng: np.random.Generator) -> None:
    """Officers and entries of the log, days to first and last entry and to clear-up.

    No day falls after the delivery.
    """
    size = len(crimes)
    most = int(parameter("logs_highest"))
    officers = np.rint(
        even_lognormal(
            rng, size, parameter("officers_median"), parameter("officers_sigma")
        )
    )
    highest = parameter("officers_highest")
    officers = np.clip(officers, parameter("officers_lowest"), highest)
    # The most officers there ever were: the boundary of the planted splines.
    officers[np.flatnonzero(crimes.in_study)[0]] = highest
    extra = np.floor(
        even_lognormal(
            rng, size, parameter("extra_logs_median"), parameter("extra_logs_sigma")
        )
    )
    crimes.numbers["officers"] = officers.astype(np.int64)
    crimes.numbers["logs"] = np.minimum(officers + extra, most).astype(np.int64)
    left = day_number(DELIVERED) - crimes.day
    first = np.where(
        rng.random(size) < parameter("first_log_same_day"),
        0,
        log_uniform(rng, size, parameter("first_log_days_highest")),
    )
    last = first + log_uniform(rng, size, parameter("last_log_days_highest"))
    first = np.minimum(first, left)
    last = np.minimum(np.minimum(last, parameter("last_log_days_highest")), left)
    crimes.numbers["first_log_days"] = first.astype(np.int64)
    crimes.numbers["last_log_days"] = np.where(
        crimes.numbers["logs"] == 1, first, last
    ).astype(np.int64)
    crimes.numbers["clear_up_days"] = np.minimum(
        log_uniform(rng, size, parameter("clear_up_days_highest")), left
    )


def draw_victims(
    crimes: Crimes, seed: int, *, is_missingness_informative: bool
) -> Ints:
    """Draw victim 1 of each crime; returns the crime whose victim it first was.

    A repeat victim keeps sex, ethnicity and date of birth.
    """
    rng = generator(seed, "victims")
    draw_shares(crimes, rng, "sex", shares("sex"))
    empty = parameter("ethnicity_empty")
    total = sum(ethnicity_counts().values())
    counts = {k: v * (1 - empty) / total for k, v in ethnicity_counts().items()}
    draw_shares(crimes, rng, "self_defined_ethnicity", {**counts, "": empty})
    draw_shares(crimes, rng, "vicage", shares("vicage"))
    age = _ages(crimes, rng)
    identified = ~crimes.is_lost_at("no identified victim")
    root = link_people(crimes.day, identified, parameter("repeat_victims"), rng)
    for variable in ("sex", "self_defined_ethnicity"):
        crimes.codes[variable] = crimes.codes[variable][root]
    years = (crimes.day - crimes.day[root]) // 365
    known = age[root] != UNKNOWN_AGE
    age = np.where(known, np.minimum(age[root] + years, 120), UNKNOWN_AGE)
    crimes.numbers["age"] = age
    bands = tuple(shares("vicage"))
    crimes.add(
        "vicage",
        np.select(
            [~known, age <= _YOUNG, age <= _AGES["26 to 40"][1]],
            [3, 0, 1],
            default=2,
        ).astype(np.int32),
        bands,
    )
    draw_shares(crimes, rng, "is_police_officer", shares("is_police_officer"))
    codes = np.zeros(len(crimes), dtype=np.int32)
    for level, name in (("Y", "vulnerable"), ("N", "not_vulnerable")):
        share = fact(f"victim_support_{name}")
        mask = crimes.equals("vulnerable", level)
        _quota_where(rng, codes, crimes, mask, {"N": 1 - share, "Y": share})
    crimes.add("victim_support", codes, ("N", "Y"))
    _draw_informed(crimes, rng, is_missingness_informative)
    draw_shares(crimes, rng, "victims", shares("victims"))
    crimes.numbers["victims"] = crimes.codes.pop("victims").astype(np.int64) + 1
    return root


def _ages(crimes: Crimes, rng: np.random.Generator) -> Ints:
    """Ages in their bands: a peak from 15 to 25, then fewer and fewer (figure 3)."""
    size = len(crimes)
    u = rng.random(size)
    age = np.full(size, UNKNOWN_AGE, dtype=np.int64)
    young = np.where(
        rng.random(size) < _PEAK_SHARE, 15 + np.floor(u * 11), np.floor(u * 15)
    )
    middle = 26 + np.floor(15 * u**1.15)
    old = 41 + np.floor(42 * (1.0 - np.sqrt(1.0 - u)))
    for band, ages in (("up to 25", young), ("26 to 40", middle), ("over 40", old)):
        mask = crimes.equals("vicage", band)
        age[mask] = ages[mask].astype(np.int64)
    return age


def _draw_informed(
    crimes: Crimes, rng: np.random.Generator, is_informative: bool
) -> None:
    """Was the victim informed, how and when; support; missing values.

    Informative: where nothing is known of whether the victim was informed, nothing is
    known of how. Else each field is missing independently at random. Either way a
    victim who was not informed has no method, with few exceptions.
    """
    size = len(crimes)
    for variable in ("informed", "victim_code", "support_discussed"):
        _with_missing(crimes, rng, variable)
    early = crimes.day < day_number(dt.date(int(fact("support_discussed_from")), 1, 1))
    crimes.codes["support_discussed"][early] = crimes.levels["support_discussed"].index(
        "X"
    )
    _with_missing(crimes, rng, "informed_method")
    alone = parameter("informed_method_unknown")
    if is_informative:
        _redraw_informed_by_year(crimes, rng)
        lacking = crimes.equals("informed", "X") & (rng.random(size) < alone)
    else:
        lacking = rng.random(size) < missing_share("informed") * alone
    uninformed = crimes.equals("informed", "N")
    wrong = parameter("uninformed_with_method")
    none = quota_codes(rng, int(uninformed.sum()), [wrong, 1 - wrong]) == 1
    lacking[uninformed] |= none
    crimes.codes["informed_method"][lacking] = crimes.levels["informed_method"].index(
        "UN"
    )
    recorded = crimes.equals("informed", "Y") & (
        rng.random(size) < parameter("informed_on_recorded")
    )
    left = day_number(DELIVERED) - crimes.day
    days = np.minimum(log_uniform(rng, size, parameter("informed_days_highest")), left)
    crimes.numbers["informed_days"] = np.where(recorded, days, -1)


def _redraw_informed_by_year(crimes: Crimes, rng: np.random.Generator) -> None:
    """In the study, less and less is known of whether the victim was informed."""
    table = shares("informed")
    for row in assumption("years"):
        missing = float(row["informed_missing"])
        mask = crimes.in_study & crimes.equals("year", row["year"])
        crimes.codes["informed"][mask] = quota_codes(
            rng,
            int(mask.sum()),
            [*(share * (1 - missing) for share in table.values()), missing],
        )


def draw_offenders(crimes: Crimes, seed: int) -> Offenders:
    """Draw the offenders of each crime, identified together or not at all."""
    rng = generator(seed, "offenders")
    draw_shares(crimes, rng, "offenders", shares("offenders"))
    crime, number = repeat(crimes.codes.pop("offenders").astype(np.int64) + 1)
    share = parameter("offender_identified")
    draw_shares(crimes, rng, "identified", {"N": 1 - share, "Y": share})
    is_known = crimes.equals("identified", "Y")
    identified = is_known[crime]
    sexes = ("M", "F", "")
    sex = np.zeros(len(crime), dtype=np.int32)
    codes = np.zeros(len(crimes), dtype=np.int32)
    unknown = ("Y", "N", "D")
    for name, rows, of in (
        ("identified", identified, is_known),
        ("not identified", ~identified, ~is_known),
    ):
        table = shares("offender_sex", name)
        sex[rows] = quota_codes(
            rng, int(rows.sum()), [table.get(x, 0.0) for x in sexes]
        )
        table = shares("offender_unknown", name)
        _quota_where(rng, codes, crimes, of, {x: table[x] for x in unknown})
    crimes.add("offender_unknown", codes, unknown)
    # Offenders thin out with age from their teens on (ours).
    age = 12 + np.floor(58 * rng.random(len(crime)) ** 1.9).astype(np.int64)
    first = number == 1
    root = np.arange(len(crime))
    starts = np.flatnonzero(first)
    roots = link_people(crimes.day, is_known, parameter("repeat_offenders"), rng)
    root[starts] = starts[roots]
    sex = sex[root]
    years = (crimes.day[crime] - crimes.day[crime[root]]) // 365
    recorded = identified & (rng.random(len(crime)) < parameter("offender_age_known"))
    age = np.where(recorded, np.minimum(age[root] + years, 120), UNKNOWN_AGE)
    size = len(crimes)
    for name, mask in (
        ("offs_m", sex == sexes.index("M")),
        ("offs_f", sex == sexes.index("F")),
        ("num_offs", np.ones(len(crime), np.bool_)),
    ):
        crimes.numbers[name] = np.bincount(crime[mask], minlength=size)
    known = np.bincount(crime[recorded], minlength=size)
    total = np.bincount(crime[recorded], weights=age[recorded], minlength=size)
    crimes.add(
        "offage",
        np.where(known == 0, 2, total > _YOUNG * known).astype(np.int32),
        ("up to 25", "over 25", "unknown"),
    )
    return Offenders(crime, number, sex, sexes, age, identified, root)
