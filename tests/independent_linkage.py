"""The combined dataset worked out a second time, in plain pandas, from the contract.

Nothing here is shared with the simulator or the models: it reads the input contract and
the lookup seeds only, so it can stand against either. Written for small deliveries.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
EXTRACTS = ("offences", "victims", "suspects", "flags", "knife_crime_features")
KEYS = {"offences": "offence_no", "victims": "victim_no", "suspects": "suspect_no"}
DATES = (
    "outcome_on",
    "committed_on",
    "reported_on",
    "recorded_on",
    "investigation_completed_on",
)
YES_NO = {
    "victims": ("reported_cr_last_12_months", "cris_repeat_victim", "repeat_victim"),
    "suspects": ("arrested_on_scene", "arrested", "interviewed"),
}
# fmt: off
OUTCOME_CODES = frozenset((
    "01", "1A", "02", "2A", "03", "3A", "04", "05", "06", "07", "08", "09", "10",
    "11", "12", "13", "14", "15", "16", "17", "18", "20", "21", "22", "NC", "ADM",
))
# fmt: on
STEPS = (
    "rejected",
    "outside the study period",
    "no outcome",
    "no crime or admin",
    "crime type out of scope",
    "no victim",
    "several victims",
    "several suspects",
    "several offences",
)


@dataclass(frozen=True)
class Linked:
    """Combined cases (one row each), the flow, and rejected rows by extract."""

    cases: pd.DataFrame
    flow: dict[str, int]
    delivered: int
    rejected_rows: dict[str, int]


def combined_cases(delivery_dir: Path) -> pd.DataFrame:
    """Combined cases of one delivery folder, with crime area flags."""
    return _link([delivery_dir]).cases


def link(extracts: Path) -> Linked:
    """Everything under a folder of deliveries, oldest first."""
    return _link(sorted(x for x in extracts.iterdir() if x.is_dir()))


def matched(text: pd.Series) -> pd.Series:
    """The form in which raw categories are compared."""
    return text.str.lower().str.split().str.join(" ")


def seed(name: str) -> list[dict[str, str]]:
    """Rows of a lookup seed."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def lookup(name: str, raw: str, value: str) -> dict[str, str]:
    """A seed as matched raw value to value."""
    return {" ".join(row[raw].lower().split()): row[value] for row in seed(name)}


def read_delivery(folder: Path) -> dict[str, pd.DataFrame]:
    """The five extracts as text; missing is None; `line` is the row's position."""
    tables = {}
    for extract in EXTRACTS:
        parquet = folder / f"{extract}.parquet"
        if parquet.exists():
            table = pd.read_parquet(parquet)
        else:
            path = next(folder.glob(f"{extract}.csv*"))
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
        tables[extract] = pd.DataFrame(
            {
                column: pd.Series(
                    [
                        (x.strip() or None) if isinstance(x, str) else None
                        for x in table[column]
                    ],
                    dtype=object,
                )
                for column in table.columns
            }
        )
    return tables


def normal_code(code: object) -> str | None:
    """`2`, `2a`, `02A` as the list has them."""
    if not isinstance(code, str):
        return None
    bare = code.upper().lstrip("0")
    return bare.zfill(2) if bare.isdigit() else bare


def whole(text: object) -> int | None:
    """A whole number, or None."""
    if not isinstance(text, str) or not re.fullmatch(r"[+-]?\d+", text):
        return None
    return int(text)


def is_date(text: str) -> bool:
    """Is the text an ISO date of the calendar?"""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return False
    try:
        np.datetime64(text)
    except ValueError:
        return False
    return True


def _bad_rows(extract: str, table: pd.DataFrame, known: set[str]) -> pd.Series:
    """Which rows the contract rejects, for any reason."""
    bad = table["crime_ref"].isna()
    if extract != "offences":
        bad |= ~table["crime_ref"].isin(known)
    if extract in KEYS:
        number = table[KEYS[extract]].map(whole)
        bad |= number.isna() | (number < 1)
        key = pd.Series(list(zip(table["crime_ref"], number, strict=True)))
        bad |= key.duplicated(keep=False) & table["crime_ref"].notna() & number.notna()
    for column in YES_NO.get(extract, ()):
        bad |= table[column].notna() & ~table[column].isin(["Y", "N"])
    if "age_at_report" in table:
        bad |= table["age_at_report"].notna() & table["age_at_report"].map(whole).isna()
    if extract == "offences":
        bad |= table["recorded_on"].isna()
        for column in DATES:
            bad |= pd.Series(
                [isinstance(x, str) and not is_date(x) for x in table[column]],
                dtype=bool,
            )
        codes = table["outcome_code"].map(normal_code)
        bad |= codes.notna() & ~codes.isin(OUTCOME_CODES)
        role = matched(table["offence_role"])
        bad |= ~role.isin(["main", "subsidiary"])
        mains = (role == "main").groupby(table["crime_ref"]).sum()
        bad |= table["crime_ref"].map(mains != 1).eq(True)
    return bad


def _link(folders: list[Path]) -> Linked:
    latest: dict[str, str] = {}
    read = {folder.name: read_delivery(folder) for folder in folders}
    for name, tables in read.items():
        for ref in tables["offences"]["crime_ref"].dropna().unique():
            latest[ref] = name
    rejected_rows = dict.fromkeys(EXTRACTS, 0)
    rejected: set[str] = set()
    good: dict[str, list[pd.DataFrame]] = {extract: [] for extract in EXTRACTS}
    for name, tables in read.items():
        known = set(tables["offences"]["crime_ref"].dropna())
        for extract, table in tables.items():
            bad = _bad_rows(extract, table, known)
            rejected_rows[extract] += int(bad.sum())
            current = table["crime_ref"].map(latest) == name
            if extract in KEYS:
                rejected |= set(table.loc[bad & current, "crime_ref"].dropna())
            good[extract].append(table[~bad & current])
    tables = {x: pd.concat(parts, ignore_index=True) for x, parts in good.items()}
    return Linked(*_combine(tables, latest, rejected), rejected_rows)


def _combine(
    tables: dict[str, pd.DataFrame], latest: dict[str, str], rejected: set[str]
) -> tuple[pd.DataFrame, dict[str, int], int]:
    offences = tables["offences"]
    main = offences[matched(offences["offence_role"]) == "main"]
    main = main[~main["crime_ref"].isin(rejected)].set_index("crime_ref")
    counts = {
        extract: tables[extract].groupby("crime_ref").size().reindex(main.index)
        for extract in KEYS
    }
    code = main["outcome_code"].map(normal_code)
    in_scope = matched(main["major_crime"]).map(
        lookup("major_crimes", "raw_major_crime", "is_in_scope")
    )
    removals = (
        ("no outcome", code.isna()),
        ("no crime or admin", code.isin(["NC", "ADM"])),
        ("crime type out of scope", in_scope != "true"),
        ("no victim", counts["victims"].isna()),
        ("several victims", counts["victims"] > 1),
        ("several suspects", counts["suspects"] > 1),
        ("several offences", counts["offences"] > 1),
    )
    flow = dict.fromkeys(STEPS, 0)
    flow["rejected"] = len(rejected & set(latest))
    left = pd.Series(True, index=main.index)
    for step, condition in removals:
        flow[step] = int((left & condition.fillna(False)).sum())
        left &= ~condition.fillna(False)
    cases = main[left].reset_index()
    cases["outcome_code"] = cases["outcome_code"].map(normal_code)
    for extract, prefix in (("victims", "victim_"), ("suspects", "suspect_")):
        people = tables[extract].set_index("crime_ref").add_prefix(prefix)
        cases = cases.join(people, on="crime_ref")
    return _classify(cases, tables), flow, len(latest)


def _classify(cases: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Groups, flags and crime areas of the combined cases."""
    cases["is_suspect_recorded"] = cases["suspect_suspect_no"].notna()
    cases["is_withdrawal"] = cases["outcome_code"].isin(["14", "16"])
    known = lookup("relationships", "raw_how_known", "is_known_to_victim")
    cases["is_suspect_known"] = matched(cases["suspect_how_known"]).map(known) == "true"
    cases["bcu"] = matched(cases["borough"]).map(
        lookup("borough_bcus", "borough", "bcu")
    )
    groups = {
        "venue_type": ("venue_type", "venue_types", "raw_venue_type", "venue_type"),
        "report_route": (
            "how_notified",
            "report_routes",
            "raw_how_notified",
            "report_route",
        ),
        "victim_ethnicity": (
            "victim_ethnic_appearance",
            "ethnic_appearances",
            "raw_ethnic_appearance",
            "ethnicity",
        ),
        "suspect_relationship": (
            "suspect_how_known",
            "relationships",
            "raw_how_known",
            "relationship",
        ),
    }
    for name, (column, table, raw, value) in groups.items():
        cases[f"{name}_group"] = (
            matched(cases[column]).map(lookup(table, raw, value)).fillna("Unknown")
        )
    types = {
        (" ".join(x["major_crime"].lower().split()), x["raw_minor_crime"].lower()): x[
            "crime_type"
        ]
        for x in seed("crime_types")
    }
    pairs = zip(
        matched(cases["major_crime"]), matched(cases["minor_crime"]), strict=True
    )
    cases["crime_type"] = [types.get(p) or types.get((p[0], "*")) for p in pairs]
    flags = _flags(cases, tables)
    for person in ("victim", "suspect"):
        age = cases[f"{person}_age_at_report"].map(whole).astype("float")
        cases[f"{person}_age"] = age.where(age.between(0, 120))
    cases = _areas(cases, flags)
    cases["days_to_complete"] = _days(
        cases["investigation_completed_on"], cases["recorded_on"]
    )
    cases["days_to_report"] = _days(cases["reported_on"], cases["committed_on"])
    return cases


def _days(end: pd.Series, start: pd.Series) -> pd.Series:
    return (pd.to_datetime(end) - pd.to_datetime(start)).dt.days


def _flags(
    cases: pd.DataFrame, tables: dict[str, pd.DataFrame]
) -> dict[str, pd.Series]:
    raw = tables["flags"].assign(flag=matched(tables["flags"]["flag"]))
    found = {}
    for name in {row["flag"] for row in seed("flags")}:
        spellings = [x["raw_flag"].lower() for x in seed("flags") if x["flag"] == name]
        refs = raw.loc[raw["flag"].isin(spellings), "crime_ref"]
        found[name] = cases["crime_ref"].isin(refs)
    features = tables["knife_crime_features"]
    knives = [x["raw_feature"].lower() for x in seed("knife_crime_features")]
    refs = features.loc[matched(features["feature"]).isin(knives), "crime_ref"]
    found["Knife crime"] = found["Knife crime"] | cases["crime_ref"].isin(refs)
    for name, flag in found.items():
        cases["flag: " + name] = flag
    return found


def _areas(cases: pd.DataFrame, flags: dict[str, pd.Series]) -> pd.DataFrame:
    fields = {x: matched(cases[x]) for x in ("major_crime", "minor_crime", "offence")}

    def rule(area: str, criterion: str) -> pd.Series:
        hit = pd.Series(False, index=cases.index)
        for row in seed("crime_area_rules"):
            if (row["crime_area"], row["criterion"]) != (area, criterion):
                continue
            field, value = fields[row["field"]].fillna(""), row["value"].lower()
            if row["comparison"] == "equals":
                hit |= field == value
            else:
                hit |= field.str.contains(value, regex=False)
        return hit

    hate = [x["flag"] for x in seed("flags") if x["crime_area"] == "Hate crime"]
    victim, suspect = cases["victim_age"], cases["suspect_age"]
    by_age = rule("Child sexual abuse", "includes")
    child = rule("Child sexual abuse", "includes at any victim age") | (
        by_age
        & (victim.between(1, 17) | rule("Child sexual abuse", "states a child victim"))
    )
    domestic = flags["Domestic incident"] | rule("Domestic abuse", "includes")
    cases["Domestic abuse"] = domestic
    cases["Adult sexual offences"] = rule("Adult sexual offences", "includes") & ~child
    cases["Adult rape offences"] = rule("Adult rape offences", "includes") & ~child
    cases["Child sexual abuse"] = child
    cases["Stalking"] = rule("Stalking", "includes")
    cases["Hate crime"] = rule("Hate crime", "includes")
    for name in hate:
        cases["Hate crime"] |= flags[name]
    cases["Serious youth violence"] = (
        rule("Serious youth violence", "includes")
        & ~rule("Serious youth violence", "excludes")
        & ~domestic
        & victim.between(1, 24)
        & suspect.between(1, 24)
    )
    cases["Honour based violence"] = flags["Honour based violence"] | rule(
        "Honour based violence", "includes"
    )
    cases["Violence with injury"] = cases["crime_type"] == "Violence with injury"
    return cases
