"""The same linkage in pandas: the program an analyst would write, to measure against.

Reads one CRIS delivery of sound UTF-8 CSV files (docs/cris-extracts.md), checks and
links it by the lookups in `seeds/`, and writes the combined dataset and the flow,
rates, shares and timing as Parquet. It does not cover: several deliveries, gzip,
Parquet or Windows-1252 input, rows of the wrong width, the reason of a rejected row.

    python -m benchmarks.pandas_version EXTRACTS OUT [--reader c|pyarrow]
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyarrow import csv

Numbers = npt.NDArray[np.int64]
Reader = Literal["c", "pyarrow"]
SEEDS = Path(__file__).resolve().parents[1] / "seeds"
EXTRACTS = ("offences", "victims", "suspects", "flags", "knife_crime_features")
DATES = (
    "outcome_on",
    "committed_on",
    "reported_on",
    "recorded_on",
    "investigation_completed_on",
)
MARKS = {
    "Domestic incident": "is_domestic_incident_flagged",
    "Honour based violence": "is_honour_based_violence_flagged",
    "Modern slavery": "is_modern_slavery_flagged",
    "Knife crime": "is_knife_crime_flagged",
    "Racial incident": "is_racial_incident_flagged",
    "Transgender hate crime": "is_transgender_hate_crime_flagged",
    "Islamophobic hate crime": "is_islamophobic_hate_crime_flagged",
    "Homophobic hate crime": "is_homophobic_hate_crime_flagged",
    "Faith hate crime": "is_faith_hate_crime_flagged",
    "Disability hate crime": "is_disability_hate_crime_flagged",
    "Antisemitic hate crime": "is_antisemitic_hate_crime_flagged",
}
HATE_STRANDS = dict(list(MARKS.items())[4:])
AREAS = {
    "Domestic abuse": "is_domestic_abuse",
    "Adult sexual offences": "is_adult_sexual_offence",
    "Adult rape offences": "is_adult_rape",
    "Child sexual abuse": "is_child_sexual_abuse",
    "Stalking": "is_stalking",
    "Hate crime": "is_hate_crime",
    "Serious youth violence": "is_serious_youth_violence",
    "Honour based violence": "is_honour_based_violence",
}
CRIME_TYPES = (
    "Violence with injury",
    "Violence without injury",
    "Rape",
    "Other sexual offences",
    "Arson and criminal damage",
    "Robbery",
    "Public order offences",
)
DIMENSIONS = {
    "bcu": "bcu",
    "borough": "borough",
    "month": "recorded_month",
    "crime_type": "crime_type",
    "venue_type": "venue_type",
    "report_route": "report_route",
    "delay_to_report": "delay_to_report",
    "victim_sex": "victim_sex",
    "victim_ethnicity": "victim_ethnicity",
    "victim_age": "victim_age_group",
    "victim_age_detail": "victim_age_detail",
    "victim_nationality": "victim_nationality",
    "suspect_recorded": "suspect_recorded",
    "suspect_known": "suspect_known",
    "suspect_sex": "suspect_sex",
    "suspect_ethnicity": "suspect_ethnicity",
    "suspect_age": "suspect_age_group",
    "suspect_age_detail": "suspect_age_detail",
    "suspect_nationality": "suspect_nationality",
    "suspect_relationship": "suspect_relationship",
    "suspect_pnc_status": "suspect_pnc_status",
    "suspect_arrest": "suspect_arrest",
}
NO_SUSPECT = "No suspect recorded"
MINIMUM_CASES = 100
INTERVAL_Z = 1.959963984540054
SIGNIFICANCE_Z = 2.5758293035489004


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("extracts", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--reader", choices=("c", "pyarrow"), default="pyarrow")
    arguments = parser.parse_args()
    started = time.perf_counter()
    link(arguments.extracts, arguments.out, arguments.reader)
    print(f"work {time.perf_counter() - started:.6f} s")


def link(extracts: Path, out: Path, reader: Reader = "pyarrow") -> None:
    """Link the one delivery under `extracts`; a Parquet file per table into `out`."""
    delivery = _delivery(extracts)
    tables = {x: read(delivery / f"{x}.csv", reader) for x in EXTRACTS}
    refs = number_reports(tables)
    rejected_refs = check(tables)
    reports = count_by_report(tables, rejected_refs)
    cases = combine(tables, reports)
    cases.insert(0, "source_system", "cris")
    cases.insert(1, "crime_ref", refs[cases.index])
    cases.insert(2, "delivery", delivery.name)
    results = {
        "cases": cases,
        "case_flow": case_flow(reports),
        "withdrawal_rates": withdrawal_rates(cases),
        "outcome_shares": shares(cases, "outcome_group", "cases"),
        "withdrawal_timing": withdrawal_timing(cases),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, table in results.items():
        table.to_parquet(out / f"{name}.parquet", index=False)


def _delivery(extracts: Path) -> Path:
    folders = [x for x in extracts.iterdir() if x.is_dir()]
    if len(folders) != 1:
        raise SystemExit(f"{extracts}: holds {len(folders)} deliveries; expected one")
    return folders[0]


# -- reading ---------------------------------------------------------------------------


def read(path: Path, reader: Reader) -> pd.DataFrame:
    """An extract as text, stray spaces off; empty is missing."""
    if reader == "pyarrow":
        table = _read_by_pyarrow(path)
    else:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    for column in table:
        text = table[column].str.strip(" ")
        table[column] = text.mask(text == "")
    return table


def _read_by_pyarrow(path: Path) -> pd.DataFrame:
    """The same, several times faster: pandas 2 would read numbers as such."""
    columns = pd.read_csv(path, nrows=0).columns
    return csv.read_csv(
        path,
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    ).to_pandas()


def number_reports(tables: dict[str, pd.DataFrame]) -> pd.Index:
    """Put a number for `crime_ref`, by which tables join faster; -1 is missing.

    Returns the references by their number.
    """
    refs = pd.concat([table.pop("crime_ref") for table in tables.values()])
    numbers, distinct = pd.factorize(refs)
    start = 0
    for table in tables.values():
        table["report"] = numbers[start : start + len(table)]
        start += len(table)
    return pd.Index(distinct)


def seed(name: str) -> pd.DataFrame:
    """A lookup seed as text."""
    return pd.read_csv(
        SEEDS / f"{name}.csv", dtype=str, keep_default_na=False, na_values=[""]
    )


def matched(text: pd.Series) -> pd.Series:
    """The form in which raw categories are compared: ignores case and stray spaces."""
    distinct = text.drop_duplicates().dropna()
    return text.map(pd.Series(_match_key(distinct).array, index=distinct.array))


def _match_key(text: pd.Series) -> pd.Series:
    return text.str.lower().str.replace(r"\s+", " ", regex=True).str.strip(" ")


def look_up(text: pd.Series, name: str, raw: str, value: str) -> pd.Series:
    """A seed's value for each raw value; missing where it has no such row."""
    rows = seed(name)
    known = pd.Series(rows[value].array, index=_match_key(rows[raw]).array)
    distinct = text.drop_duplicates().dropna()
    found = _match_key(distinct).map(known)
    return text.map(pd.Series(found.array, index=distinct.array))


def whole_number(text: pd.Series) -> pd.Series:
    """A whole number, or missing."""
    return pd.to_numeric(text.where(text.str.fullmatch(r"[+-]?[0-9]{1,9}"))).astype(
        "Int32"
    )


def yes_no(text: pd.Series) -> pd.Series:
    """Y or N in any case, or missing."""
    return text.str.upper().map({"Y": True, "N": False}).astype("boolean")


def day(text: pd.Series) -> pd.Series:
    """An ISO date of the calendar, or missing."""
    iso = text.where(text.str.len() == 10)
    return pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce")


def outcome_code(text: pd.Series) -> pd.Series:
    """`2`, `2a`, `02A` as the list has them."""
    bare = text.str.upper().str.lstrip("0")
    code = bare.mask(bare.str.fullmatch("[0-9]").eq(True), "0" + bare)
    return code.mask(code == "")


# -- checking --------------------------------------------------------------------------


def check(tables: dict[str, pd.DataFrame]) -> pd.Index:
    """Type every extract and leave the rejected rows out of it.

    Returns the crime reports that a rejected offence, victim or suspect belongs to.
    """
    offences = tables["offences"]
    named = offences.loc[offences["report"] >= 0, "report"].unique()
    bad = {"offences": _type_offences(offences)}
    for extract, key, answers in (
        (
            "victims",
            "victim_no",
            ("reported_cr_last_12_months", "cris_repeat_victim", "repeat_victim"),
        ),
        ("suspects", "suspect_no", ("arrested_on_scene", "arrested", "interviewed")),
    ):
        bad[extract] = _type_people(tables[extract], key, answers, named)
    for extract, mark in (("flags", "flag"), ("knife_crime_features", "feature")):
        table = tables[extract]
        bad[extract] = table[mark].isna() | ~table["report"].isin(named)
    rejected = pd.concat(
        [
            tables[extract].loc[bad[extract], "report"]
            for extract in ("offences", "victims", "suspects")
        ]
    )
    for extract, rows in bad.items():
        tables[extract] = tables[extract][~rows]
    refs: pd.Index = pd.Index(rejected[rejected.isin(named)].unique())
    return refs


def _type_offences(offences: pd.DataFrame) -> pd.Series:
    bad = _type_key(offences, "offence_no")
    role = offences["offence_role"].str.lower()
    bad |= ~role.isin(["main", "subsidiary"])
    offences["is_main"] = role == "main"
    for column in DATES:
        typed = day(offences[column])
        bad |= typed.isna() & offences[column].notna()
        offences[column] = typed
    bad |= offences["recorded_on"].isna()
    offences["source_outcome"] = offences["outcome_code"]
    offences["outcome_code"] = outcome_code(offences["outcome_code"])
    codes = seed("outcome_codes").query("is_accepted_in_cris == 'true'")["outcome_code"]
    bad |= offences["outcome_code"].notna() & ~offences["outcome_code"].isin(codes)
    mains = offences.groupby("report")["is_main"].sum()
    return bad | offences["report"].isin(mains.index[mains != 1])


def _type_people(
    people: pd.DataFrame, key: str, answers: tuple[str, ...], named: Numbers
) -> pd.Series:
    bad = _type_key(people, key) | ~people["report"].isin(named)
    age = whole_number(people["age_at_report"])
    bad |= age.isna() & people["age_at_report"].notna()
    people["age_at_report"] = age
    for column in answers:
        answer = yes_no(people[column])
        bad |= answer.isna() & people[column].notna()
        people[column] = answer
    return bad


def _type_key(table: pd.DataFrame, key: str) -> pd.Series:
    table[key] = whole_number(table[key])
    has_key = (table["report"] >= 0) & table[key].notna()
    bad = ~has_key | (table[key] < 1).fillna(True).astype(bool)
    return bad | (has_key & table.duplicated(["report", key], keep=False))


# -- linking ---------------------------------------------------------------------------


def count_by_report(
    tables: dict[str, pd.DataFrame], rejected_refs: pd.Index
) -> pd.DataFrame:
    """Every crime report, its recorded values, and the step that removes it."""
    offences = tables["offences"]
    main = offences.loc[offences["is_main"]].set_index("report")
    # Reports all of whose offences were rejected are among the rejected.
    refs = pd.Index(main.index.union(rejected_refs), name="report")
    reports = pd.DataFrame(index=refs)
    for extract in ("offences", "victims", "suspects"):
        counts = tables[extract]["report"].value_counts()
        reports[extract] = counts.reindex(refs, fill_value=0)
    code = main["outcome_code"].reindex(refs)
    in_scope = look_up(main["major_crime"], "major_crimes", *_SCOPE).reindex(refs)
    reports["removal_step_no"] = np.select(
        [
            refs.isin(rejected_refs),
            code.isna(),
            code.isin(["NC", "ADM"]),
            in_scope != "true",
            reports["victims"] == 0,
            reports["victims"] > 1,
            reports["suspects"] > 1,
            reports["offences"] > 1,
        ],
        [1, 3, 4, 5, 6, 7, 8, 9],
        default=0,
    )
    return reports


_SCOPE = ("raw_major_crime", "is_in_scope")


def case_flow(reports: pd.DataFrame) -> pd.DataFrame:
    """Crime reports removed at each step and left after it."""
    flow = seed("flow_steps")[["step_no", "step"]].astype({"step_no": "int32"})
    removed = reports["removal_step_no"].value_counts().drop(0, errors="ignore")
    flow["crime_reports_removed"] = (
        flow["step_no"].map(removed).fillna(0).astype("int64")
    )
    flow = flow.sort_values("step_no")
    flow["crime_reports_left"] = len(reports) - flow["crime_reports_removed"].cumsum()
    return flow


def combine(tables: dict[str, pd.DataFrame], reports: pd.DataFrame) -> pd.DataFrame:
    """The combined dataset: one offence, one victim, at most one suspect."""
    combined = reports.index[reports["removal_step_no"] == 0]
    offences, victims, suspects = (
        tables[x][tables[x]["report"].isin(combined)].set_index("report")
        for x in ("offences", "victims", "suspects")
    )
    areas = offence_areas(tables["offences"])
    described = describe_offences(offences, areas, tables)
    cases = described.join(describe_victims(victims))
    suspect = describe_suspects(suspects)
    cases["is_suspect_recorded"] = cases.index.isin(suspect.index)
    cases = cases.join(suspect)
    for column in map(str, suspect):
        if column.startswith(("is_", "has_")):
            cases[column] = cases[column].astype("boolean").fillna(False).astype(bool)
        elif column != "suspect_age":
            cases[column] = cases[column].fillna(NO_SUSPECT)
    is_child = cases.pop("is_indecent_image_offence") | (
        cases.pop("is_child_sexual_offence_by_age")
        & (
            cases.pop("states_child_victim")
            | cases["victim_age"].between(1, 17).fillna(False).astype(bool)
        )
    )
    cases["is_child_sexual_abuse"] = is_child
    cases["is_adult_sexual_offence"] = cases.pop("is_sexual_offence") & ~is_child
    cases["is_adult_rape"] = cases.pop("is_rape_offence") & ~is_child
    cases["is_serious_youth_violence"] = (
        cases.pop("is_serious_youth_violence_offence")
        & ~cases.pop("is_against_officer")
        & ~cases["is_domestic_abuse"]
        & cases["victim_age"].between(1, 24).fillna(False).astype(bool)
        & cases["suspect_age"].between(1, 24).fillna(False).astype(bool)
    )
    return cases


def offence_areas(offences: pd.DataFrame) -> pd.DataFrame:
    """Result of the lookups and area rules for each distinct classification."""
    names = ["major_crime", "minor_crime", "offence"]
    distinct = offences[names].drop_duplicates()
    distinct["offence_class"] = offence_class(distinct)
    classes = distinct.groupby("offence_class")[names].min()
    major = look_up(
        classes["major_crime"], "major_crimes", "raw_major_crime", "major_crime"
    )
    classes["is_in_scope"] = (
        look_up(classes["major_crime"], "major_crimes", *_SCOPE) == "true"
    )
    types = seed("crime_types")
    types["minor_key"] = _match_key(types["raw_minor_crime"])
    key = pd.DataFrame(
        {"major_crime": major, "minor_key": matched(classes.minor_crime)}
    )
    exact = key.merge(types, "left", ["major_crime", "minor_key"])
    any_minor = key[["major_crime"]].merge(
        types[types["minor_key"] == "*"], "left", "major_crime"
    )
    found = exact.combine_first(any_minor).set_index(classes.index)
    classes["major_crime"] = major.fillna(classes["major_crime"])
    classes["minor_crime"] = found["minor_crime"].fillna(classes["minor_crime"])
    classes["crime_type"] = (
        found["crime_type"]
        .fillna("Unknown")
        .where(classes["is_in_scope"], "Out of scope")
    )
    for column, area, criterion in OFFENCE_AREAS:
        classes[column] = _is_matched_by_rule(classes[names], area, criterion)
    return classes.drop(columns="is_in_scope")


OFFENCE_AREAS = (
    ("is_domestic_abuse", "Domestic abuse", "includes"),
    ("is_sexual_offence", "Adult sexual offences", "includes"),
    ("is_rape_offence", "Adult rape offences", "includes"),
    ("is_child_sexual_offence_by_age", "Child sexual abuse", "includes"),
    (
        "is_indecent_image_offence",
        "Child sexual abuse",
        "includes at any victim age",
    ),
    ("states_child_victim", "Child sexual abuse", "states a child victim"),
    ("is_stalking", "Stalking", "includes"),
    ("is_hate_crime", "Hate crime", "includes"),
    ("is_serious_youth_violence_offence", "Serious youth violence", "includes"),
    ("is_against_officer", "Serious youth violence", "excludes"),
    ("is_honour_based_violence", "Honour based violence", "includes"),
)


def offence_class(offences: pd.DataFrame) -> pd.Series:
    """Offences of one classification, spelled alike."""
    return (
        offences["major_crime"].fillna("")
        + " | "
        + offences["minor_crime"].fillna("")
        + " | "
        + offences["offence"].fillna("")
    )


def _is_matched_by_rule(classes: pd.DataFrame, area: str, criterion: str) -> pd.Series:
    rules = seed("crime_area_rules")
    rules = rules[(rules["crime_area"] == area) & (rules["criterion"] == criterion)]
    hit = pd.Series(False, index=classes.index)
    values = _match_key(rules["value"])
    for field, comparison, value in zip(
        rules["field"], rules["comparison"], values, strict=True
    ):
        text = matched(classes[str(field)]).fillna("")
        if comparison == "contains":
            hit |= text.str.contains(value, regex=False)
        else:
            hit |= text == value
    return hit


def describe_offences(
    offences: pd.DataFrame, areas: pd.DataFrame, tables: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """The offence of each case, grouped as the London study groups it."""
    cases = pd.DataFrame(index=offences.index)
    borough = offences["borough"]
    cases["borough"] = look_up(borough, "borough_bcus", "borough", "borough")
    cases["bcu"] = look_up(borough, "borough_bcus", "borough", "bcu")
    for column in DATES:
        cases[column] = offences[column].astype("date32[pyarrow]")
    cases["outcome_code"] = offences["outcome_code"]
    cases["source_outcome"] = offences["source_outcome"]
    outcomes = seed("outcome_codes").set_index("outcome_code")["outcome_group"]
    cases["outcome_group"] = offences["outcome_code"].map(outcomes)
    cases["is_victim_withdrawal"] = cases["outcome_group"] == "Victim withdrawal"
    cases["venue_type"] = look_up(
        offences["venue_type"], "venue_types", "raw_venue_type", "venue_type"
    )
    cases["report_route"] = look_up(
        offences["how_notified"], "report_routes", "raw_how_notified", "report_route"
    )
    unknown = ["borough", "bcu", "venue_type", "report_route"]
    cases[unknown] = cases[unknown].fillna("Unknown")
    to_report = (offences["reported_on"] - offences["committed_on"]).dt.days
    to_complete = (
        offences["investigation_completed_on"] - offences["recorded_on"]
    ).dt.days
    cases["days_to_report"] = to_report.astype("Int32")
    cases["days_to_complete"] = to_complete.astype("Int32")
    cases["delay_to_report"] = band(to_report, "delay_bands", "days", "delay_to_report")
    cases["duration_band"] = band(
        to_complete, "duration_bands", "days", "duration_band"
    )
    told = cases["days_to_complete"].where(cases["days_to_complete"] >= 0)
    cases["is_completed_within_4_weeks"] = told < 28
    cases["is_completed_within_12_weeks"] = told < 84
    of_class = areas.reindex(offence_class(offences))
    for column in map(str, of_class):
        cases[column] = of_class[column].array
    for mark, refs in marked_reports(tables).items():
        cases[MARKS[mark]] = cases.index.isin(refs)
    cases["is_domestic_abuse"] |= cases[MARKS["Domestic incident"]]
    cases["is_honour_based_violence"] |= cases[MARKS["Honour based violence"]]
    cases["is_hate_crime"] |= cases[list(HATE_STRANDS.values())].any(axis=1)
    return cases


def marked_reports(tables: dict[str, pd.DataFrame]) -> dict[str, pd.Series]:
    """Crime reports by flag; a knife feature is a knife crime flag."""
    flags, features = tables["flags"], tables["knife_crime_features"]
    flag = look_up(flags["flag"], "flags", "raw_flag", "flag")
    is_knife = look_up(
        features["feature"], "knife_crime_features", "raw_feature", "is_knife_crime"
    )
    refs = {mark: flags.loc[flag == mark, "report"] for mark in MARKS}
    refs["Knife crime"] = pd.concat(
        [refs["Knife crime"], features.loc[is_knife == "true", "report"]]
    )
    return refs


def band(values: pd.Series, name: str, unit: str, label: str) -> pd.Series:
    """The band of a seed that a number falls in, both ends included; else Unknown."""
    bands = seed(name)
    intervals = pd.IntervalIndex.from_arrays(
        bands[f"min_{unit}"].astype(float),
        bands[f"max_{unit}"].astype(float),
        closed="both",
    )
    at = intervals.get_indexer(pd.Index(values.astype(float)))
    labels = np.append(bands[label].to_numpy(object), "Unknown")
    return pd.Series(labels[at], index=values.index, dtype=str)


def describe_victims(victims: pd.DataFrame) -> pd.DataFrame:
    """The victim of each case with the London study's key variables."""
    found = _describe_people(victims, "victim")
    found["is_victim_transgender_or_non_binary"] = (
        look_up(
            victims["gender"], "genders", "raw_gender", "is_transgender_or_non_binary"
        )
        == "true"
    )
    disabled = {x: has_kind(victims["disability"], "disability", x) for x in KINDS}
    vulnerable = {
        x: has_kind(victims["vulnerability"], "vulnerability", x)
        for x in ("physical", "mental health", "intimidated")
    }
    found["has_victim_physical_disability"] = (
        disabled["physical"] | vulnerable["physical"]
    )
    found["has_victim_mental_health_disability"] = (
        disabled["mental health"] | vulnerable["mental health"]
    )
    found["has_victim_other_disability"] = disabled["other"]
    found["is_victim_intimidated"] = vulnerable["intimidated"]
    answers = ["reported_cr_last_12_months", "cris_repeat_victim", "repeat_victim"]
    found["is_repeat_victim"] = victims[answers].fillna(False).any(axis=1).astype(bool)
    degree = ("injury_degrees", "raw_injury_degree")
    found["victim_injury_degree"] = look_up(
        victims["injury_degree"], *degree, "injury_degree"
    ).fillna("Unknown")
    found["is_victim_injured"] = (
        look_up(victims["injury_degree"], *degree, "is_injured") == "true"
    )
    return found


def describe_suspects(suspects: pd.DataFrame) -> pd.DataFrame:
    """The suspect of each case that has one."""
    found = _describe_people(suspects, "suspect")
    found["has_suspect_disability"] = False
    for kind in KINDS:
        found["has_suspect_disability"] |= has_kind(
            suspects["disability"], "disability", kind
        )
    found["suspect_pnc_status"] = look_up(
        suspects["pnc_status"], "pnc_statuses", "raw_pnc_status", "pnc_status"
    ).fillna("Unknown")
    known = ("relationships", "raw_how_known")
    found["suspect_relationship"] = (
        look_up(suspects["how_known"], *known, "relationship")
        .fillna("Unknown")
        .mask(suspects["how_known"].isna(), "Not recorded (stranger)")
    )
    found["is_suspect_known_to_victim"] = (
        look_up(suspects["how_known"], *known, "is_known_to_victim") == "true"
    )
    on_scene, arrested, interviewed = (
        suspects[x].fillna(False).astype(bool)
        for x in ("arrested_on_scene", "arrested", "interviewed")
    )
    found["is_suspect_arrested_on_scene"] = on_scene
    found["is_suspect_arrested_or_interviewed_later"] = ~on_scene & (
        arrested | interviewed
    )
    return found


def _describe_people(people: pd.DataFrame, person: str) -> pd.DataFrame:
    found = pd.DataFrame(index=people.index)
    age = people["age_at_report"]
    found[f"{person}_age"] = age.where(age.between(0, 120))
    found[f"{person}_age_group"] = band(age, "age_bands", "age", "age_group")
    found[f"{person}_age_detail"] = band(age, "age_bands", "age", "age_detail")
    found[f"{person}_sex"] = look_up(people["sex"], "sexes", "raw_sex", "sex")
    found[f"{person}_ethnicity"] = look_up(
        people["ethnic_appearance"],
        "ethnic_appearances",
        "raw_ethnic_appearance",
        "ethnicity",
    )
    # `W1 - White British` is matched by its 16+1 code.
    found[f"{person}_self_defined_ethnicity"] = look_up(
        people["self_defined_ethnicity"].str.split("-", n=1).str[0],
        "self_defined_ethnicities",
        "ethnicity_code",
        "ethnicity",
    )
    found[f"{person}_nationality"] = look_up(
        people["nationality"], "nationalities", "raw_nationality", "nationality"
    )
    unknown = [str(x) for x in found if x != f"{person}_age"]
    found[unknown] = found[unknown].fillna("Unknown")
    return found


KINDS = ("physical", "mental health", "other")


def has_kind(text: pd.Series, field: str, kind: str) -> pd.Series:
    """Does a `;`-separated text name something of this kind?"""
    rows = seed("disabilities")
    rows = rows[(rows["field"] == field) & (rows["kind"] == kind)]
    distinct = text.drop_duplicates().dropna()
    parts = _match_key(distinct).str.split(";").explode().str.strip()
    named = parts.isin(_match_key(rows["raw_value"])).groupby(level=0).any()
    return text.isin(distinct[named.reindex(distinct.index).to_numpy(bool)])


# Seed, column and lowest value of the variables whose categories have an order.
AGES = ("age_bands", "age_group", "min_age")
AGE_DETAILS = ("age_bands", "age_detail", "min_age")
ORDERED = {
    "delay_to_report": ("delay_bands", "delay_to_report", "min_days"),
    "duration_band": ("duration_bands", "duration_band", "min_days"),
    "victim_age": AGES,
    "victim_age_detail": AGE_DETAILS,
    "suspect_age": AGES,
    "suspect_age_detail": AGE_DETAILS,
}


def category_order() -> pd.Series:
    """Number of each category that has an order, by variable and category."""
    numbers = {}
    for variable, (name, column, lowest) in ORDERED.items():
        rows = seed(name)
        rows = rows[rows[column] != "Unknown"]
        rows = rows.iloc[rows[lowest].astype(int).argsort()]
        for category in [*rows[column], "Unknown"]:
            numbers.setdefault((variable, category), len(numbers))
    for variable in ("suspect_recorded", "suspect_known"):
        for category in ("No", "Yes"):
            numbers[variable, category] = len(numbers)
    found = pd.Series(numbers)
    return found.groupby(level=0).rank().astype("Int32")


def numbered(table: pd.DataFrame, keys: list[pd.Series], name: str) -> pd.DataFrame:
    """The table with the number of each row's category; none where it has no order."""
    places = pd.MultiIndex.from_arrays(keys)
    return table.assign(**{name: category_order().reindex(places).array})


# -- counting --------------------------------------------------------------------------


def reporting_areas(cases: pd.DataFrame) -> pd.DataFrame:
    """One yes/no column per crime area; areas overlap, crime types do not."""
    return pd.DataFrame(
        {"All crime": True}
        | {area: cases[column] for area, column in AREAS.items()}
        | {x: cases["crime_type"] == x for x in CRIME_TYPES if x not in AREAS},
        index=cases.index,
    )


def withdrawal_rates(cases: pd.DataFrame) -> pd.DataFrame:
    """Cases and withdrawals of every area by every category, with their tests."""
    areas = reporting_areas(cases)
    withdrawn = areas.mul(cases["is_victim_withdrawal"], axis=0)
    both = pd.concat({"cases": areas, "withdrawals": withdrawn}, axis=1).astype("int32")
    parts = [_long(both.sum().to_frame("All cases").T, "all")]
    columns = _dimension_columns(cases)
    for dimension, column in DIMENSIONS.items():
        parts.append(_long(both.groupby(columns[column].array).sum(), dimension))
    for strand, column in HATE_STRANDS.items():
        of_strand = both[cases[column]].sum().to_frame(strand).T
        parts.append(_long(of_strand, "hate_strand"))
    counts = pd.concat(parts, ignore_index=True)
    counts = counts[(counts["cases"] > 0) & (counts["category"] != NO_SUSPECT)]
    rates = _tested(counts)
    return numbered(rates, [rates["dimension"], rates["category"]], "category_no")


def withdrawal_timing(cases: pd.DataFrame) -> pd.DataFrame:
    """Withdrawals of each area by how long the investigation lasted."""
    withdrawn = cases[cases["is_victim_withdrawal"]]
    table = shares(withdrawn, "duration_band", "withdrawals")
    variable = pd.Series("duration_band", index=table.index)
    return numbered(table, [variable, table["duration_band"]], "band_no")


def _dimension_columns(cases: pd.DataFrame) -> pd.DataFrame:
    recorded, known = cases["is_suspect_recorded"], cases["is_suspect_known_to_victim"]
    days = cases["recorded_on"].drop_duplicates()
    months = pd.Series(days.astype(str).str[:7].array, index=days.array)
    return cases.assign(
        recorded_month=cases["recorded_on"].map(months),
        suspect_recorded=np.where(recorded, "Yes", "No"),
        suspect_known=np.select([~recorded, known], [NO_SUSPECT, "Yes"], "No"),
        suspect_arrest=np.select(
            [
                ~recorded,
                cases["is_suspect_arrested_on_scene"],
                cases["is_suspect_arrested_or_interviewed_later"],
            ],
            [NO_SUSPECT, "Arrested on scene", "Arrested or interviewed later"],
            "Not arrested or interviewed",
        ),
    )


def _long(counts: pd.DataFrame, dimension: str) -> pd.DataFrame:
    long = counts.stack(1).rename_axis(["category", "crime_area"]).reset_index()
    return long.assign(dimension=dimension)


def _tested(counts: pd.DataFrame) -> pd.DataFrame:
    """Rates with Wilson intervals and marks against the rest of the area."""
    counts = counts.astype({"cases": "int64", "withdrawals": "int64"})
    whole = counts[counts["dimension"] == "all"].set_index("crime_area")
    n, x = counts["cases"], counts["withdrawals"]
    area_n = counts["crime_area"].map(whole["cases"])
    area_x = counts["crime_area"].map(whole["withdrawals"])
    rate, area_rate, other_n = x / n, area_x / area_n, area_n - n
    z = INTERVAL_Z
    middle = rate + z * z / (2 * n)
    width = z * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    low, high = ((middle + x) / (1 + z * z / n) for x in (-width, width))
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = rate - (area_x - x) / other_n
        error = np.sqrt(area_rate * (1 - area_rate) * (1 / n + 1 / other_n))
        score = difference / error
    expected = np.minimum(n, other_n) * np.minimum(area_rate, 1 - area_rate)
    is_tested = (counts["dimension"] != "all") & (other_n > 0) & (expected >= 5)
    is_suppressed = n < MINIMUM_CASES
    is_marked = is_tested & ~is_suppressed
    significance = pd.Series(None, index=counts.index, dtype=str)
    significance = significance.mask(is_marked & (score > SIGNIFICANCE_Z), "higher")
    significance = significance.mask(is_marked & (score < -SIGNIFICANCE_Z), "lower")
    return counts[
        ["crime_area", "dimension", "category", "cases", "withdrawals"]
    ].assign(
        withdrawal_rate=rate.mask(is_suppressed),
        ci_low=low.where(low < rate, rate).mask(is_suppressed),
        ci_high=high.where(high > rate, rate).mask(is_suppressed),
        significance=significance,
        is_suppressed=is_suppressed,
    )


def shares(cases: pd.DataFrame, category: str, name: str) -> pd.DataFrame:
    """Cases of each area by category, and their share of the area."""
    counts = reporting_areas(cases).groupby(cases[category]).sum()
    table = (
        counts.rename_axis("crime_area", axis=1)
        .reset_index()
        .melt(category, value_name=name)
    )
    table = table[table[name] > 0].astype({name: "int64"})
    table["share"] = table[name] / table.groupby("crime_area")[name].transform("sum")
    return table


if __name__ == "__main__":
    main()
