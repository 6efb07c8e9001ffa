"""The six extracts as tables, exactly as docs/violent-crime-extracts.md has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linkage.simulator.arrays import Codes, Ints, generator
from linkage.simulator.calendar import NO_DAY, day_number
from linkage.simulator.columns import MISSING, Column, Table, column_of, date_column
from linkage.simulator.violent_crime.crimes import (
    DELIVERED,
    FIRST_DAY,
    UNKNOWN_AGE,
    Crimes,
    Offenders,
    even_lognormal,
    repeat,
)
from linkage.simulator.violent_crime.figures import assumption, parameter
from linkage.simulator.violent_crime.outcomes import Outcomes

NO_PERSON = -1
_AS_MISSING = ("X", "UN")


@dataclass(frozen=True)
class Extracts:
    """Tables by extract; `report` is the crime of a row, -1 for none.

    `incident` is the row of `incidents` a crime is linked to, -1 for none.
    """

    tables: dict[str, Table]
    incident: Ints


def whole_column(numbers: Ints, missing: int | None = None) -> Column:
    """Whole numbers as text; `missing` is none."""
    values, position = np.unique(numbers, return_inverse=True)
    codes: Codes = position.astype(np.int32)
    if missing is not None:
        codes[numbers == missing] = MISSING
    return Column(codes, tuple(str(value) for value in values))


def lay_out(
    crimes: Crimes, victim_root: Ints, offenders: Offenders, drawn: Outcomes, seed: int
) -> Extracts:
    """Lay out every extract."""
    rng = generator(seed, "violent crime extracts")
    refs = _crime_refs(crimes)
    incidents, incident, named = _incidents(crimes, rng)
    victims, victim_rows = _victims(crimes, refs, rng)
    victim_person, offender_person, persons = _number_people(
        crimes, victim_root, victims, victim_rows, offenders, rng
    )
    person_refs = tuple(f"N{x:07d}" for x in 1 + rng.permutation(persons))
    tables = {
        "crimes": _crimes(crimes, refs, named, drawn, rng),
        "victims": _people(victims, "victim_no", victim_person, person_refs),
        "offenders": _people(
            Table(
                offenders.crime,
                {
                    "crime_ref": Column(offenders.crime.astype(np.int32), refs),
                    "offender_no": whole_column(offenders.number),
                    "sex": column_of(offenders.sex, offenders.sexes),
                    "age": whole_column(offenders.age, UNKNOWN_AGE),
                },
            ),
            "offender_no",
            offender_person,
            person_refs,
        ),
        "incidents": incidents,
        "investigation_logs": _logs(crimes, refs, rng),
        "gang_mentions": _gang_mentions(
            victim_person, offender_person, person_refs, rng
        ),
    }
    return Extracts(tables, incident)


def _column(crimes: Crimes, variable: str, rows: Ints | None = None) -> Column:
    """A variable as delivered: missing values are empty."""
    values = tuple(
        "" if value in _AS_MISSING else value for value in crimes.levels[variable]
    )
    codes = crimes.codes[variable]
    return column_of(codes if rows is None else codes[rows], values)


def _crime_refs(crimes: Crimes) -> tuple[str, ...]:
    """`20WM/0412345`: numbers run through the year of the crime."""
    year = crimes.codes["year"]
    first = np.searchsorted(year, np.arange(year.max() + 1))
    number = np.arange(len(crimes)) - first[year] + 1
    tens = [text[2:] for text in crimes.levels["year"]]
    return tuple(
        f"{tens[y]}WM/{n:07d}"
        for y, n in zip(year.tolist(), number.tolist(), strict=True)
    )


def _crimes(
    crimes: Crimes,
    refs: tuple[str, ...],
    named: Column,
    drawn: Outcomes,
    rng: np.random.Generator,
) -> Table:
    everyone = np.arange(len(crimes))
    is_open = drawn.code == MISSING
    cleared = np.where(is_open, NO_DAY, crimes.day + crimes.numbers["clear_up_days"])
    columns = {
        "crime_ref": Column(everyone.astype(np.int32), refs),
        "occurred_on": date_column(crimes.day),
        "section": _column(crimes, "section"),
        "offence_type": _column(crimes, "offence_type"),
        "clear_up_code": Column(drawn.code, drawn.codes),
        "cleared_up_on": date_column(cleared),
        "filing_reason": _filing_reasons(crimes, rng),
        "incident_ref": named,
    }
    for name in (
        "injury_code",
        "hate_flag",
        "firearm",
        "knife",
        "other_weapon",
        "daily_bulletin",
        "officer_on_duty",
        "uniform_cid",
        "offender_unknown",
        "report_method",
        "npu",
    ):
        columns[name] = _column(crimes, name)
    return Table(everyone, columns)


def _filing_reasons(crimes: Crimes, rng: np.random.Generator) -> Column:
    rows = assumption("filing_reasons")
    codes = np.zeros(len(crimes), dtype=np.int32)
    for level in ("0", "1"):
        of = [i for i, row in enumerate(rows) if row["is_uncooperative"] == level]
        p = np.array([float(rows[i]["share"]) for i in of])
        mask = crimes.equals("uncooperative", level)
        codes[mask] = np.array(of)[
            rng.choice(len(of), size=int(mask.sum()), p=p / p.sum())
        ]
    return column_of(codes, tuple(row["text"] for row in rows))


def _victims(
    crimes: Crimes, refs: tuple[str, ...], rng: np.random.Generator
) -> tuple[Table, Ints]:
    """Rows of victims and the number of each; further ones resemble another victim."""
    lost = crimes.is_lost_at("no identified victim")
    counts = np.where(
        lost & (rng.random(len(crimes)) < parameter("no_victim_row")),
        0,
        crimes.numbers["victims"],
    )
    crime, number = repeat(counts)
    like = np.where(number == 1, crime, rng.integers(0, len(crimes), size=len(crime)))
    informed = crimes.numbers["informed_days"][like]
    left = day_number(DELIVERED) - crimes.day[crime]
    columns = {
        "crime_ref": Column(crime.astype(np.int32), refs),
        "victim_no": whole_column(number),
        "sex": _column(crimes, "sex", like),
        "age": whole_column(crimes.numbers["age"][like], UNKNOWN_AGE),
        "self_defined_ethnicity": _column(crimes, "self_defined_ethnicity", like),
        "is_police_officer": _column(crimes, "is_police_officer", like),
        "informed": _column(crimes, "informed", like),
        "informed_method": _methods(crimes, like),
        "informed_on": date_column(
            np.where(
                informed < 0, NO_DAY, crimes.day[crime] + np.minimum(informed, left)
            )
        ),
        "victim_code": _column(crimes, "victim_code", like),
        "victim_support": _column(crimes, "victim_support", like),
        "support_discussed": _column(crimes, "support_discussed", like),
    }
    return Table(crime, columns), number


def _methods(crimes: Crimes, like: Ints) -> Column:
    """`1` to `4`, one in fifty written `01` to `04`."""
    column = _column(crimes, "informed_method", like)
    padded = len(column.values)
    plain = (*(x.lstrip("0") for x in column.values), *column.values)
    odd = (np.arange(len(like)) % 50 == 0) & (column.codes != MISSING)
    return Column((column.codes + np.where(odd, padded, 0)).astype(np.int32), plain)


def _number_people(
    crimes: Crimes,
    victim_root: Ints,
    victims: Table,
    number: Ints,
    offenders: Offenders,
    rng: np.random.Generator,
) -> tuple[Ints, Ints, int]:
    """Identity of each victim and offender, from 0, and the number of people.

    Some victims of crimes outside the study, of no other crime, offended before.
    """
    crime = victims.report
    first = number == 1
    nobody = crimes.is_lost_at("no identified victim")
    offender = np.where(offenders.is_identified, offenders.root, NO_PERSON)
    base = len(offenders.crime)
    victim = np.where(nobody[crime], NO_PERSON, base + victim_root[crime])
    further = np.flatnonzero(~first)
    known = rng.random(len(further)) < parameter("extra_victim_identified")
    victim[further] = np.where(
        known & ~nobody[crime[further]],
        base + len(crimes) + np.arange(len(further)),
        NO_PERSON,
    )
    once = np.bincount(victim_root, minlength=len(crimes)) == 1
    may = first & once[crime] & ~crimes.in_study[crime] & ~nobody[crime]
    chosen = np.flatnonzero(
        may & (rng.random(len(crime)) < parameter("offenders_among_lost_victims"))
    )
    some = np.flatnonzero(offenders.is_identified & (offenders.number == 1))
    before = np.searchsorted(
        crimes.day[offenders.crime[some]], crimes.day[crime[chosen]], side="left"
    )
    chosen, before = chosen[before > 0], before[before > 0]
    earlier = np.floor(before * rng.random(len(chosen))).astype(np.int64)
    victim[chosen] = offenders.root[some[earlier]]
    everyone, position = np.unique(
        np.concatenate([victim, offender]), return_inverse=True
    )
    # NO_PERSON sorts first where there is one.
    shift = int(len(everyone) > 0 and everyone[0] == NO_PERSON)
    position = position.astype(np.int64) - shift
    crowd = len(everyone) - shift
    outsiders = round(crowd * parameter("gang_offenders")) + 1
    return position[: len(victim)], position[len(victim) :], crowd + outsiders


def _people(
    table: Table, number: str, person: Ints, person_refs: tuple[str, ...]
) -> Table:
    """Put `person_ref` after the key."""
    columns: dict[str, Column] = {}
    for name, column in table.columns.items():
        columns[name] = column
        if name == number:
            columns["person_ref"] = Column(person.astype(np.int32), person_refs)
    return Table(table.report, columns)


def _incidents(crimes: Crimes, rng: np.random.Generator) -> tuple[Table, Ints, Column]:
    """Incidents, the row each crime is linked to, and what crimes call it."""
    size = len(crimes)
    unlinked = crimes.is_lost_at("no incident")
    own = (crimes.numbers["incident"] == np.arange(size)) & ~unlinked
    others = rng.integers(0, size, size=round(parameter("other_incidents") * size))
    of = np.sort(np.concatenate([np.flatnonzero(own), others]))
    # Of equal incidents, the first is the crime's own.
    row = np.searchsorted(of, crimes.numbers["incident"])
    incident = np.where(unlinked, NO_PERSON, row)
    refs = tuple(f"CC{1_000_000 + i}" for i in range(len(of)))
    absent = tuple(f"CC{9_000_000 + i}" for i in range(size))
    is_unknown = unlinked & (rng.random(size) < parameter("unknown_incident"))
    codes = np.where(
        is_unknown, len(refs) + np.arange(size), np.where(unlinked, MISSING, incident)
    )
    late = rng.choice(3, size=len(of), p=[0.9, 0.06, 0.04])
    received = np.minimum(crimes.day[of] + late, day_number(DELIVERED))
    report = np.where(own[of] & np.r_[True, of[1:] != of[:-1]], of, -1)
    table = Table(
        report,
        {
            "incident_ref": Column(np.arange(len(of), dtype=np.int32), refs),
            "received_on": date_column(received),
            "response_code": _column(crimes, "response_code", of),
            "response_minutes": whole_column(crimes.numbers["response_minutes"][of]),
            "deployment_minutes": whole_column(
                crimes.numbers["deployment_minutes"][of]
            ),
            "officers": whole_column(crimes.numbers["incident_officers"][of]),
        },
    )
    return table, incident, Column(codes.astype(np.int32), (*refs, *absent))


def _logs(crimes: Crimes, refs: tuple[str, ...], rng: np.random.Generator) -> Table:
    """Entries from the first day to the last, more of them early on.

    As many officers as the crime has write one entry each, then any of them.
    """
    numbers = crimes.numbers
    crime, number = repeat(numbers["logs"])
    officers = numbers["officers"][crime]
    force = int(parameter("officers_in_force"))
    start = rng.integers(0, force, size=len(crimes))
    which = np.where(
        number <= officers,
        number - 1,
        np.floor(officers * rng.random(len(crime))).astype(np.int64),
    )
    fraction = (number - 1) / np.maximum(numbers["logs"][crime] - 1, 1)
    first, last = numbers["first_log_days"][crime], numbers["last_log_days"][crime]
    days = first + np.rint((last - first) * fraction**2).astype(np.int64)
    return Table(
        crime,
        {
            "crime_ref": Column(crime.astype(np.int32), refs),
            "log_no": whole_column(number),
            "logged_on": date_column(crimes.day[crime] + days),
            "officer_ref": Column(
                ((start[crime] + which) % force).astype(np.int32),
                tuple(f"P{i:05d}" for i in range(1, force + 1)),
            ),
        },
    )


def _gang_mentions(
    victim: Ints, offender: Ints, person_refs: tuple[str, ...], rng: np.random.Generator
) -> Table:
    """Mentions of a share of offenders and victims, and of people in no crime."""
    victims, offenders = (np.unique(x[x != NO_PERSON]) for x in (victim, offender))
    picked = [
        people[rng.random(len(people)) < parameter(f"gang_{name}")]
        for name, people in (("offenders", offenders), ("victims", victims))
    ]
    inside = np.unique(np.concatenate(picked))
    crowd = 1 + max(int(victim.max(initial=-1)), int(offender.max(initial=-1)))
    share = parameter("gang_outsiders")
    outside = crowd + np.arange(
        min(round(len(inside) * share / (1 - share)), len(person_refs) - crowd)
    )
    people = np.concatenate([inside, outside])
    counts = np.clip(
        np.floor(
            even_lognormal(
                rng,
                len(people),
                parameter("gang_mentions_median"),
                parameter("gang_mentions_sigma"),
            )
        ),
        1,
        parameter("gang_mentions_highest"),
    ).astype(np.int64)
    position, number = repeat(counts)
    day = rng.integers(day_number(FIRST_DAY), day_number(DELIVERED), size=len(position))
    day[rng.random(len(day)) < parameter("gang_date_missing")] = NO_DAY
    return Table(
        np.full(len(position), -1, dtype=np.int64),
        {
            "person_ref": Column(people[position].astype(np.int32), person_refs),
            "mention_no": whole_column(number),
            "mentioned_on": date_column(day),
        },
    )
