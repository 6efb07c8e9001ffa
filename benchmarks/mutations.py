"""The audit's detection of 200 random faults in a delivery.

Every mutant is a copy of one clean simulated delivery, all of whose reports are cases
of the combined dataset, with one fault in it, at a rate drawn from 1 in 1,000 to 3 in
10, delivered on a separate day after clean copies. A fault is caught where a gap
counts more in the mutant than in the clean delivery; it is a breach where a gap is over
its tolerance that is not in the clean one.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from benchmarks.measuring import WORK, linkage, write_result
from linkage.base.settings import RunSettings
from linkage.extracts.layouts import CRIS

CASES = 1_000
MUTANTS = 200
CLEAN = 4  # copies delivered before the mutants, to compare them with
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
FIRST_DAY = dt.date(2022, 6, 1)
IN_SCOPE = (
    "Violence Against the Person",
    "Sexual Offences",
    "Robbery",
    "Arson and Criminal Damage",
    "Public Order Offences",
)
PEOPLE = ("victims", "suspects")
ODD = "Not in any lookup"

Tables = dict[str, pd.DataFrame]
Fault = Callable[[Tables, np.random.Generator, float], None]


@dataclass(frozen=True)
class Mutant:
    """A fault at a rate, and the delivery that has it."""

    fault: str
    rate: float
    delivery: str


def _rows(table: pd.DataFrame, rng: np.random.Generator, rate: float) -> pd.Index:
    """That share of the rows, at least one."""
    number = max(1, round(rate * len(table)))
    return table.index[np.sort(rng.choice(len(table), number, replace=False))]


def _only(tables: Tables, extract: str, query: str) -> pd.DataFrame:
    """The rows of an extract that a query chooses; it may name a set of reports."""
    if not query:
        return tables[extract]
    offences, victims, suspects = (tables[name] for name in ("offences", *PEOPLE))
    reports = set(offences.crime_ref)
    age = pd.to_numeric(victims.age_at_report, errors="coerce")
    flags = tables["flags"]
    is_named = offences.outcome_code.isin(["16", "15", "01"])
    is_known = ~suspects.how_known.isin(["", "Stranger"])
    is_other = suspects.how_known.isin(["Neighbour", "Friend"])
    sets = {
        "without": reports - set(suspects.crime_ref),
        "adults": set(victims.crime_ref[age > 60]),
        "domestic": set(flags.crime_ref[flags.flag == "Domestic Incident"]),
        "known": set(suspects.crime_ref[is_known]),
        "acquaintances": set(suspects.crime_ref[is_other]),
        "naming": set(offences.crime_ref[is_named]),
    }
    return tables[extract].query(query, local_dict=sets)


def _set(extract: str, column: str, *values: str, only: str = "") -> Fault:
    """Some rows get a value; `only` is a query that chooses among them."""

    def fault(tables: Tables, rng: np.random.Generator, rate: float) -> None:
        table, able = tables[extract], _only(tables, extract, only)
        # A fault must change something: a lost value cannot be lost again.
        chosen = _rows(able[~able[column].isin(values)], rng, rate)
        table.loc[chosen, column] = [
            values[i % len(values)] for i in range(len(chosen))
        ]

    return fault


def _move_date(column: str, against: str, days: int) -> Fault:
    """Some rows get a date that lies so many days after another one of theirs."""

    def fault(tables: Tables, rng: np.random.Generator, rate: float) -> None:
        table = tables["offences"]
        known = table[(table[against] != "") & (table[column] != "")]
        chosen = _rows(known, rng, rate)
        moved = pd.to_datetime(table.loc[chosen, against]) + pd.Timedelta(days=days)
        table.loc[chosen, column] = moved.dt.strftime("%Y-%m-%d")

    return fault


def _repeat(extract: str, **changes: str) -> Fault:
    """Some rows are repeated, the second time with these values."""

    def fault(tables: Tables, rng: np.random.Generator, rate: float) -> None:
        table = tables[extract]
        copy = table.loc[_rows(table, rng, rate)].assign(**changes)
        tables[extract] = pd.concat([table, copy], ignore_index=True)

    return fault


def _lose(extract: str, only: str = "") -> Fault:
    """Some rows are not delivered."""

    def fault(tables: Tables, rng: np.random.Generator, rate: float) -> None:
        table = tables[extract]
        lost = _rows(_only(tables, extract, only), rng, rate)
        tables[extract] = table.drop(index=lost)

    return fault


def _lose_reports(column: str, length: int) -> Fault:
    """No report of one borough or one month is delivered, at any rate."""

    def fault(tables: Tables, rng: np.random.Generator, rate: float) -> None:
        offences = tables["offences"]
        groups = offences[column].str[:length]
        inside = sorted(set(groups) - {"", "Unknown", min(groups), max(groups)})
        lost = set(offences.crime_ref[groups == rng.choice(inside)])
        for extract, table in tables.items():
            tables[extract] = table[~table.crime_ref.isin(lost)]

    return fault


def _flag(flag: str, only: str) -> Fault:
    """Some reports of a kind get a flag."""

    def fault(tables: Tables, rng: np.random.Generator, rate: float) -> None:
        reports = _only(tables, "offences", only)
        refs = reports.crime_ref.loc[_rows(reports, rng, rate)]
        flags = pd.DataFrame({"crime_ref": refs, "flag": flag})
        tables["flags"] = pd.concat([tables["flags"], flags], ignore_index=True)

    return fault


def _orphan(extract: str) -> Fault:
    return _repeat(extract, crime_ref="9999999/99")


def _blank(tables: Tables, rng: np.random.Generator, rate: float) -> None:
    table = tables["suspects"]
    known = table[~table.how_known.isin(["", "Stranger"])]
    table.loc[
        _rows(known, rng, rate),
        ["sex", "age_at_report", "ethnic_appearance", "nationality"],
    ] = ""


IN_USE = "outcome_code != '' and offence_role == 'Main'"
FAULTS: dict[str, Fault] = {
    "offences: no crime reference": _set("offences", "crime_ref", ""),
    "offences: no number": _set("offences", "offence_no", ""),
    "offences: number that is none": _set("offences", "offence_no", "one", "0"),
    "offences: row twice": _repeat("offences"),
    "offences: key twice": _repeat(
        "offences", venue_type="", offence_role="Subsidiary"
    ),
    "offences: no Main": _set(
        "offences", "offence_role", "Subsidiary", only="offence_role == 'Main'"
    ),
    "offences: two Mains": _repeat("offences", offence_no="9", offence_role="Main"),
    "offences: role that is none": _set("offences", "offence_role", "Minor"),
    "offences: outcome in no list": _set("offences", "outcome_code", "99", "16x"),
    "offences: named-suspect outcome without suspect": _set(
        "offences", "outcome_code", "16", "15", "01", only="crime_ref in @without"
    ),
    "offences: outcome lost": _set("offences", "outcome_code", "", only=IN_USE),
    "offences: recorded on no date": _set("offences", "recorded_on", ""),
    "offences: dates unreadable": _set("offences", "committed_on", "31/02/2021"),
    "offences: recorded in the future": _set("offences", "recorded_on", "2099-01-01"),
    "offences: committed after reported": _move_date("committed_on", "reported_on", 9),
    "offences: reported after recorded": _move_date("reported_on", "recorded_on", 9),
    "offences: recorded late": _move_date("recorded_on", "reported_on", 30),
    "offences: outcome before report": _move_date("outcome_on", "reported_on", -40),
    "offences: complete before recorded": _move_date(
        "investigation_completed_on", "recorded_on", -40
    ),
    "offences: completion lost": _set(
        "offences", "investigation_completed_on", "", only=IN_USE
    ),
    "offences: borough unknown": _set("offences", "borough", ODD),
    "offences: venue unknown": _set("offences", "venue_type", ODD),
    "offences: route unknown": _set("offences", "how_notified", ODD),
    "offences: venue lost": _set("offences", "venue_type", ""),
    "offences: route lost": _set("offences", "how_notified", ""),
    "offences: minor crime unknown": _set(
        "offences",
        "minor_crime",
        ODD,
        only="major_crime == 'Violence Against the Person'",
    ),
    "offences: age in the name contradicted": _set(
        "offences",
        "offence",
        "Rape of a female child under 13",
        only="crime_ref in @adults",
    ),
    "offences: rows lost": _lose("offences", only="offence_role == 'Main'"),
    "offences: a borough lost": _lose_reports("borough", 40),
    "offences: a month lost": _lose_reports("recorded_on", 7),
    "suspects: outcome 14 though known": _set(
        "offences", "outcome_code", "14", "18", only="crime_ref in @known"
    ),
    "victims: rows lost": _lose("victims"),
    "suspects: rows lost": _lose("suspects", only="crime_ref in @naming"),
    "suspects: nothing but the relationship": _blank,
    "flags: rows lost": _lose("flags"),
    "flags: no flag": _set("flags", "flag", ""),
    "flags: orphan": _orphan("flags"),
    "flags: domestic though a business was robbed": _set(
        "offences",
        "minor_crime",
        "Robbery of Business Property",
        only="crime_ref in @domestic",
    ),
    "flags: domestic though neither partner nor family": _flag(
        "Domestic Incident", "crime_ref in @acquaintances"
    ),
    "features: unknown": _set("knife_crime_features", "feature", ODD),
    "features: orphan": _orphan("knife_crime_features"),
    **{
        f"{extract}: {name}": fault
        for extract, number in (("victims", "victim_no"), ("suspects", "suspect_no"))
        for name, fault in {
            "no crime reference": _set(extract, "crime_ref", ""),
            "no number": _set(extract, number, ""),
            "row twice": _repeat(extract),
            "key twice": _repeat(extract, nationality=""),
            "orphan": _orphan(extract),
            "sex lost": _set(extract, "sex", ""),
            "sex unknown to the lookup": _set(extract, "sex", ODD),
            "age lost": _set(extract, "age_at_report", ""),
            "age out of range": _set(extract, "age_at_report", "999", "-3"),
            "age that is no number": _set(extract, "age_at_report", "abc", "12.5"),
            "ethnicity lost": _set(extract, "ethnic_appearance", ""),
            "ethnicity unknown to the lookup": _set(extract, "ethnic_appearance", ODD),
            "self-defined ethnicity lost": _set(extract, "self_defined_ethnicity", ""),
            "nationality lost": _set(extract, "nationality", ""),
            "nationality unknown to the lookup": _set(extract, "nationality", ODD),
        }.items()
    },
    "victims: yes/no that is neither": _set("victims", "repeat_victim", "Maybe"),
    "victims: disability unknown to the lookup": _set("victims", "disability", ODD),
    "suspects: yes/no that is neither": _set("suspects", "arrested", "Maybe"),
    "suspects: PNC status unknown to the lookup": _set("suspects", "pnc_status", ODD),
    "suspects: relationship unknown to the lookup": _set("suspects", "how_known", ODD),
}


def write_mutants(base: Path, extracts: Path, mutants: int, seed: int) -> list[Mutant]:
    """Write clean copies of a delivery, then mutants of it, a delivery each."""
    rng = np.random.default_rng(seed)
    clean = {
        extract: pd.read_csv(base / f"{extract}.csv", dtype=str, keep_default_na=False)
        for extract in CRIS.extracts
    }
    clean = _cases(clean)
    for number in range(CLEAN):
        _deliver(clean, extracts, _day(number))
    # Every fault once, then again in another order, until there are enough.
    order: list[str] = []
    while len(order) < mutants:
        order += [str(name) for name in rng.permutation(list(FAULTS))]
    written = []
    for number, fault in enumerate(order[:mutants], start=CLEAN):
        mutant = Mutant(fault, float(rng.choice(RATES)), _day(number))
        tables = {name: table.copy() for name, table in clean.items()}
        FAULTS[fault](tables, rng, mutant.rate)
        _deliver(tables, extracts, mutant.delivery)
        written.append(mutant)
    return written


def _cases(tables: Tables) -> Tables:
    """The reports of one offence in scope, one victim and at most one suspect."""
    offences = tables["offences"]
    in_scope = offences.major_crime.isin(IN_SCOPE) & ~offences.outcome_code.isin(
        ["", "NC", "ADM"]
    )
    refs = set(offences.crime_ref[in_scope])
    for extract, fewest in (("offences", 1), ("victims", 1), ("suspects", 0)):
        rows = tables[extract].crime_ref.value_counts()
        refs = {ref for ref in refs if fewest <= rows.get(ref, 0) <= 1}
    return {
        name: table[table.crime_ref.isin(refs)].reset_index(drop=True)
        for name, table in tables.items()
    }


def _day(number: int) -> str:
    return (FIRST_DAY + dt.timedelta(days=number)).isoformat()


def _deliver(tables: Tables, extracts: Path, delivery: str) -> None:
    """Each delivery has its own crime references: none replaces another's."""
    folder = extracts / delivery
    folder.mkdir(parents=True)
    (folder / "SIMULATED.txt").write_text("SIMULATED\n", encoding="utf-8")
    for extract, table in tables.items():
        refs = table.crime_ref.where(
            table.crime_ref == "", table.crime_ref + "-" + delivery
        )
        table.assign(crime_ref=refs).to_csv(folder / f"{extract}.csv", index=False)


@dataclass(frozen=True)
class Caught:
    """The audit's result on a mutant: gaps that grew, gaps newly over tolerance."""

    mutant: Mutant
    grew: tuple[str, ...]
    breached: tuple[str, ...]


def catches(warehouse: Path, mutants: Iterable[Mutant]) -> list[Caught]:
    """Compare each mutant's gaps with those of the last clean delivery."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        gaps = connection.execute(
            "select gap, delivery, failing, is_within_tolerance from quality.gaps"
        ).df()
    clean = gaps[gaps.delivery == _day(CLEAN - 1)].set_index("gap")
    found = []
    for mutant in mutants:
        own = gaps[gaps.delivery == mutant.delivery].set_index("gap")
        grew = own.failing > clean.failing.reindex(own.index).fillna(0)
        breached = ~own.is_within_tolerance & clean.is_within_tolerance.reindex(
            own.index
        )
        found.append(Caught(mutant, tuple(own.index[grew]), tuple(own.index[breached])))
    return found


def audit(settings: RunSettings) -> None:
    """Load, build, audit; must-hold gaps fail, so there is nothing to publish."""
    with suppress(subprocess.CalledProcessError):
        linkage(
            *("run", "--extracts", str(settings.extracts)),
            *("--warehouse", str(settings.warehouse)),
        )


def main(mutants: int) -> None:
    """Audit all of them in one run, and write the detected faults."""
    base, extracts = WORK / "mutations-base", WORK / "mutations"
    linkage("simulate", "--out", str(base), "--cases", str(CASES))
    folder = next(path for path in base.iterdir() if path.is_dir())
    written = write_mutants(folder, extracts, mutants, seed=1)
    settings = RunSettings("cris", extracts, WORK / "mutations.duckdb")
    audit(settings)
    found = catches(settings.build, written)
    by_rate = {}
    for rate in RATES:
        own = [one for one in found if one.mutant.rate == rate]
        by_rate[str(rate)] = {
            "mutants": len(own),
            "caught": sum(bool(one.grew) for one in own),
            "breaches": sum(bool(one.breached) for one in own),
        }
    write_result(
        "mutations",
        {
            "seed": 1,
            "cases_of_a_delivery": CASES,
            "kinds_of_fault": len(FAULTS),
            "mutants": len(found),
            "caught": sum(bool(one.grew) for one in found),
            "breaches": sum(bool(one.breached) for one in found),
            "by_rate": by_rate,
            "missed": [
                f"{one.mutant.fault} at {one.mutant.rate}"
                for one in found
                if not one.grew
            ],
        },
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MUTANTS)
