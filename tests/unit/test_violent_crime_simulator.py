"""The violent-crime simulator keeps to its contract, its truth and the printed figures.

Rows are read back and judged here by docs/violent-crime-extracts.md, not by the
project's own code.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from linkage.simulator.files import PUBLISHED
from linkage.simulator.violent_crime import simulate_violent_crime
from linkage.simulator.violent_crime.figures import ASSUMPTIONS

DELIVERY = "2021-06-01"
COLUMNS = {
    "crimes": (
        "crime_ref occurred_on section offence_type clear_up_code cleared_up_on "
        "filing_reason incident_ref injury_code hate_flag firearm knife other_weapon "
        "daily_bulletin officer_on_duty uniform_cid offender_unknown report_method npu"
    ),
    "victims": (
        "crime_ref victim_no person_ref sex age self_defined_ethnicity "
        "is_police_officer informed informed_method informed_on victim_code "
        "victim_support support_discussed"
    ),
    "offenders": "crime_ref offender_no person_ref sex age",
    "incidents": (
        "incident_ref received_on response_code response_minutes deployment_minutes "
        "officers"
    ),
    "investigation_logs": "crime_ref log_no logged_on officer_ref",
    "gang_mentions": "person_ref mention_no mentioned_on",
}
KEYS = {
    "crimes": ["crime_ref"],
    "victims": ["crime_ref", "victim_no"],
    "offenders": ["crime_ref", "offender_no"],
    "incidents": ["incident_ref"],
    "investigation_logs": ["crime_ref", "log_no"],
    "gang_mentions": ["person_ref", "mention_no"],
}
REQUIRED = {
    "crimes": ["occurred_on", "section"],
    "incidents": ["received_on"],
    "investigation_logs": ["logged_on", "officer_ref"],
}
YES_NO = ("", "Y", "N")
FLAGS = (
    "firearm",
    "knife",
    "other_weapon",
    "daily_bulletin",
    "officer_on_duty",
    "is_police_officer",
    "informed",
    "victim_support",
    "support_discussed",
)
DOMAINS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(FLAGS, YES_NO),
    "section": ("S.18", "S.20", "S.21", "S.42", "S.47"),
    "clear_up_code": ("", *(str(code) for code in range(1, 23))),
    "injury_code": ("1", "2", "3", "4", "5"),
    "uniform_cid": ("", "U", "C"),
    "offender_unknown": ("Y", "N", "D"),
    "sex": ("", "F", "M"),
    "informed_method": ("", *"1234", "01", "02", "03", "04"),
    "victim_code": ("", "P", "S"),
    "response_code": ("", *(f"P{grade}" for grade in range(1, 10))),
}
WHOLE = ("victim_no", "offender_no", "log_no", "mention_no", "age", "officers")
MINUTES = ("response_minutes", "deployment_minutes")
REMOVED = (
    "rejected",
    "no identified victim",
    "section out of scope",
    "domestic violence or child abuse",
    "not cleared up",
    "no incident",
    "before 2014",
)


def is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def read(folder: Path, extract: str) -> tuple[pd.DataFrame, list[list[str]]]:
    """Rows as text, and the rows that are a column short."""
    with (folder / DELIVERY / f"{extract}.csv").open(newline="") as stream:
        header, *rows = csv.reader(stream)
    sound = [row for row in rows if len(row) == len(header)]
    short = [row for row in rows if len(row) != len(header)]
    return pd.DataFrame(sound, columns=header), short


def rejected(extract: str, table: pd.DataFrame, crime_refs: set[str]) -> pd.Series:
    """Which rows the contract rejects."""
    bad = pd.Series(False, index=table.index)
    for column in table:
        values = table[column]
        if column.endswith("_on"):
            good = {x: not x or is_date(x) for x in values.unique()}
        elif column in DOMAINS:
            good = {x: x in DOMAINS[column] for x in values.unique()}
        elif column in WHOLE:
            good = {x: not x or x.isdigit() for x in values.unique()}
        elif column in MINUTES:
            good = {
                x: bool(re.fullmatch(r"\d+(\.\d+)?", x or "0")) for x in values.unique()
            }
        else:
            continue
        bad |= ~values.map(good).astype(bool)
    for column in [*KEYS[extract], *REQUIRED.get(extract, [])]:
        bad |= table[column] == ""
    bad |= table.duplicated(KEYS[extract], keep=False)
    if "crime_ref" in table and extract != "crimes":
        bad |= ~table.crime_ref.isin(crime_refs)
    return bad


class Delivered:
    """A simulation read back, judged by the contract."""

    def __init__(self, folder: Path) -> None:
        self.truth: dict[str, Any] = json.loads((folder / "truth.json").read_text())
        self.tables, self.short, self.bad = {}, {}, {}
        for extract in COLUMNS:
            self.tables[extract], self.short[extract] = read(folder, extract)
            refs = set(self.tables["crimes"].crime_ref) - {""}
            self.bad[extract] = rejected(extract, self.tables[extract], refs)

    def good(self, extract: str) -> pd.DataFrame:
        return self.tables[extract][~self.bad[extract]]

    def steps(self) -> pd.Series:
        """By crime: the step that removes it, or the Home Office outcome."""
        crimes = self.tables["crimes"].query("crime_ref != ''")
        crimes = crimes.drop_duplicates("crime_ref").set_index("crime_ref")
        distrusted: set[str] = set()
        for extract in ("crimes", "victims", "offenders"):
            distrusted |= set(self.tables[extract][self.bad[extract]].crime_ref)
            distrusted |= {row[0] for row in self.short[extract]}
        victims = self.good("victims").query("person_ref != ''").crime_ref
        incidents = self.good("incidents").incident_ref
        conditions = [
            crimes.index.isin(distrusted),
            ~crimes.index.isin(victims),
            ~crimes.section.isin(["S.18", "S.20", "S.47"]),
            crimes.offence_type.isin(["DV", "CA"]),
            crimes.clear_up_code == "",
            ~crimes.incident_ref.isin(incidents),
            crimes.occurred_on < "2014-01-01",
        ]
        found = np.select(conditions, REMOVED, default=crimes.clear_up_code)
        return pd.Series(found, crimes.index)

    def study(self) -> pd.DataFrame:
        """The study's crimes with victim 1 and the incident."""
        steps = self.steps()
        crimes = self.good("crimes")
        crimes = crimes[crimes.crime_ref.map(steps).str.isdigit()]
        victims = self.good("victims").query("victim_no == '1'")
        return crimes.merge(victims, on="crime_ref").merge(
            self.good("incidents"), on="incident_ref"
        )


def outcome_group(code: str) -> str:
    rows = csv.DictReader((PUBLISHED / "wmp_outcome_definitions.csv").open())
    group = {row["outcome"]: row["study_group"] for row in rows}[code]
    return "other negative result" if group == "other" else group


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    folder = tmp_path_factory.mktemp("clean") / "out"
    simulate_violent_crime(folder, 8_000, 1)
    return Delivered(folder)


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    folder = tmp_path_factory.mktemp("dirty") / "out"
    simulate_violent_crime(folder, 2_000, 2, dirt=0.02)
    return Delivered(folder)


@pytest.fixture(scope="module")
def uninformative(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    folder = tmp_path_factory.mktemp("uninformative") / "out"
    simulate_violent_crime(folder, 4_000, 3, is_missingness_informative=False)
    return Delivered(folder)


@pytest.mark.parametrize("extract", COLUMNS)
def test_columns_are_those_of_the_contract(clean: Delivered, extract: str) -> None:
    assert list(clean.tables[extract]) == COLUMNS[extract].split()


@pytest.mark.parametrize("extract", COLUMNS)
def test_a_clean_delivery_has_nothing_to_reject(clean: Delivered, extract: str) -> None:
    assert not clean.bad[extract].any()
    assert not clean.short[extract]
    assert clean.truth["rejected_rows"][extract] == 0


def test_the_study_has_as_many_crimes_as_asked(clean: Delivered) -> None:
    assert clean.truth["study_crimes"] == len(clean.study()) == 8_000


@pytest.mark.parametrize("extract", COLUMNS)
def test_dirty_rows_are_counted_by_extract_and_kind(
    dirty: Delivered, extract: str
) -> None:
    kinds = dirty.truth["dirty_rows"][extract]
    # A repeated key is a fault of both rows.
    faults = sum(kinds.values()) + kinds["repeated_key"]
    assert dirty.truth["rejected_rows"][extract] == faults
    assert dirty.bad[extract].sum() + len(dirty.short[extract]) == faults
    assert len(dirty.short[extract]) == kinds["malformed_row"]
    rows = len(dirty.tables[extract]) + len(dirty.short[extract])
    assert dirty.truth["rows"][extract] == rows
    assert sum(kinds.values()) == pytest.approx(0.02 * rows, rel=0.05, abs=1)


@pytest.mark.parametrize("name", ["clean", "dirty", "uninformative"])
def test_the_flow_is_what_the_contract_gives(
    name: str, request: pytest.FixtureRequest
) -> None:
    delivered: Delivered = request.getfixturevalue(name)
    found = Counter(delivered.steps())
    assert delivered.truth["removed"] == {step: found[step] for step in REMOVED}
    groups = Counter[str]()
    for code, crimes in found.items():
        if code.isdigit():
            groups[outcome_group(code)] += crimes
    assert delivered.truth["by_outcome"] == dict(groups)


def test_prevalences_are_the_printed_ones(clean: Delivered) -> None:
    for name, printed in (
        ("success", 0.17259),
        ("evidential difficulties (victim)", 0.22330),
    ):
        # Three standard errors of 8,000 draws.
        assert clean.truth["by_outcome"][name] / 8_000 == pytest.approx(
            printed, abs=0.014
        )


def test_evidential_difficulties_other_level_off_near_2000_at_full_size(
    clean: Delivered,
) -> None:
    for year in ("2016", "2017", "2018"):
        found = clean.truth["by_year"][year]["evidential difficulties (other)"]
        assert found * 10 == pytest.approx(2_000, rel=0.2)


def test_success_falls_and_victim_difficulties_rise_to_2019(clean: Delivered) -> None:
    by_year = clean.truth["by_year"]
    for name, is_rising in (
        ("success", False),
        ("evidential difficulties (victim)", True),
    ):
        first, last = (
            by_year[year][name] / sum(by_year[year].values())
            for year in ("2014", "2019")
        )
        assert (last > first) == is_rising


def terms(delivered: Delivered) -> dict[str, pd.Series]:
    """Every printed term, worked out from what was delivered."""
    study = delivered.study().set_index("crime_ref")
    occurred = pd.to_datetime(study.occurred_on)

    def days(text: pd.Series) -> pd.Series:
        return (pd.to_datetime(text.replace("", None)) - occurred).dt.days

    logs = delivered.good("investigation_logs").groupby("crime_ref")
    offenders = delivered.good("offenders").assign(
        age=lambda x: pd.to_numeric(x.age.replace("", None))
    )
    by_crime = offenders.groupby("crime_ref")
    age, mean_age = pd.to_numeric(study.age.replace("", None)), by_crime.age.mean()
    u = (logs.officer_ref.nunique().reindex(study.index) - 1) / 87
    terms = pd.read_csv(ASSUMPTIONS / "filing_reasons.csv", dtype=str)
    told = dict(zip(terms.text, terms.is_uncooperative, strict=True))
    factors = {
        "year": study.occurred_on.str[:4],
        "vulnerable": (study.offence_type == "VA").map({True: "Y", False: "N"}),
        "victim_support": study.victim_support,
        "vict_informed": study.informed.replace("", "X"),
        "vict_informed_method": study.informed_method.replace("", "UN").map(
            lambda x: x if x == "UN" else x.zfill(2)
        ),
        "victim_code": study.victim_code.replace("", "X"),
        "response_code": study.response_code.replace("", "UN"),
        "support_discussed": study.support_discussed.replace("", "X"),
        "inj_code": study.injury_code,
        "report_method": study.report_method,
        "vic_sex": study.sex.replace("", "X"),
        "vicage": pd.cut(age, [-1, 25, 40, 120]).map(
            dict(
                zip(
                    pd.IntervalIndex.from_breaks([-1, 25, 40, 120]),
                    ("up to 25", "26 to 40", "over 40"),
                    strict=True,
                )
            )
        ),
        "offage": mean_age.reindex(study.index).map(
            lambda x: "unknown" if np.isnan(x) else "over 25" if x > 25 else "up to 25"
        ),
        "offender_unknown": study.offender_unknown,
        "section": study.section,
        "self_ass_ea": study.self_defined_ethnicity,
        "npu": study.npu,
        "daily_bulletin": study.daily_bulletin,
        "uncooperative": study.filing_reason.map(told).fillna("0"),
    }
    columns = {
        f"{name}{level}": (values.astype(str) == level).astype(float)
        for name, values in factors.items()
        for level in values.astype(str).unique()
    }
    sexes = offenders.groupby(["crime_ref", "sex"]).size().unstack(fill_value=0)
    counts = {
        "num_offs": by_crime.size(),
        "offs_m": sexes.M,
        "offs_f": sexes.F,
        "num_logs": logs.size(),
        "max_log_days": days(logs.logged_on.max().reindex(study.index)),
        "days_to_cu": days(study.cleared_up_on),
        "vic_inf_days": days(study.informed_on).fillna(0),
        "inv_off_spline1": 3 * u * (1 - u) ** 2,
        "inv_off_spline2": 3 * u**2 * (1 - u),
    }
    return columns | {
        k: v.reindex(study.index, fill_value=0) for k, v in counts.items()
    }


@pytest.mark.parametrize("name", ["clean", "uninformative"])
def test_delivered_values_give_the_planted_probabilities(
    name: str, request: pytest.FixtureRequest
) -> None:
    delivered: Delivered = request.getfixturevalue(name)
    columns = terms(delivered)
    stage: Any = 1.0
    for model in ("success", "vic_ev_diff"):
        planted = delivered.truth["models"][model]
        eta: Any = planted["intercept"]
        for term, value in planted["coefficients"].items():
            column: Any = 1.0
            for part in term.split(":"):
                column = column * columns.get(part, 0.0)
            eta = eta + value * column
        p = np.minimum(1 / (1 + np.exp(-eta)), stage)
        assert p.mean() == pytest.approx(planted["expected_prevalence"], abs=2e-6)
        stage = 1.0 - p


def test_a_fitted_success_model_returns_the_planted_coefficients(
    uninformative: Delivered,
) -> None:
    planted = pd.Series(uninformative.truth["models"]["success"]["coefficients"])
    # Printed as 0 and, with vulnerableN, the constant over again.
    planted = planted.drop("vulnerableY")
    columns = terms(uninformative)
    design = pd.DataFrame(
        {
            term: np.prod([columns[part] for part in term.split(":")], axis=0)
            for term in planted.index
        },
        index=columns["num_logs"].index,
    )
    codes = uninformative.study().set_index("crime_ref").clear_up_code
    event = (codes.map(outcome_group) == "success").reindex(design.index)
    fitted = sm.Logit(event.astype(float), sm.add_constant(design)).fit(disp=False)
    z = ((fitted.params - planted) / fitted.bse).dropna()
    assert len(z) == 35
    assert z.abs().max() < 4
    assert np.sqrt((z**2).mean()) < 1.4


def test_planted_coefficients_are_the_printed_ones(clean: Delivered) -> None:
    for model, name in (("success", "success"), ("vic_ev_diff", "ev_diff")):
        path = PUBLISHED / f"wmp_{name}_coefficients.csv"
        printed = pd.read_csv(path, index_col="variable").coefficient
        planted = clean.truth["models"][model]
        assert planted["published_intercept"] == printed.pop("(Intercept)")
        assert planted["coefficients"] == printed.to_dict()


def test_missing_information_makes_success_predictable_unless_it_is_at_random(
    clean: Delivered, uninformative: Delivered
) -> None:
    informed = clean.truth["models"]["success"]["auc_of_planted_model"]
    assert informed > 0.99
    assert uninformative.truth["models"]["success"]["auc_of_planted_model"] < 0.9
    planted = uninformative.truth["models"]["success"]["coefficients"]
    assert planted["vict_informedX"] == 0.0
    assert planted["vict_informedY"] == 1.02681
    for delivered, together in ((clean, 0.9), (uninformative, 0.0)):
        # Who was not informed has no method, missing or not.
        study = delivered.study().query("informed != 'N'")
        found = np.corrcoef(study.informed == "", study.informed_method == "")[0, 1]
        assert found == pytest.approx(together, abs=0.08)


@pytest.mark.parametrize("name", ["clean", "uninformative"])
def test_few_victims_who_were_not_informed_have_a_method_and_none_a_date(
    name: str, request: pytest.FixtureRequest
) -> None:
    delivered: Delivered = request.getfixturevalue(name)
    victims = delivered.tables["victims"]
    uninformed = victims[victims.informed == "N"]
    share = float(uninformed.informed_method.ne("").mean())
    # 2% of those whose method is not missing anyway; three standard errors above it.
    assert 0.0 < share < 0.04
    assert uninformed.informed_on.eq("").all()


def test_margins_are_the_printed_ones(clean: Delivered) -> None:
    study = clean.study()
    ethnicity = study.self_defined_ethnicity.value_counts(normalize=True)
    assert ethnicity["W1"] == pytest.approx(0.566, abs=0.02)
    assert ethnicity["NS"] == pytest.approx(0.113, abs=0.015)
    vulnerable = study.offence_type == "VA"
    support = (study.victim_support == "Y").groupby(vulnerable).mean()
    assert support[True] == pytest.approx(0.372, abs=0.005)
    assert support[False] == pytest.approx(0.348, abs=0.005)
    for section, code, printed in (
        ("S.47", "4", 0.965),
        ("S.20", "4", 0.85),
        ("S.20", "2", 0.137),
        ("S.18", "4", 0.41),
        ("S.18", "2", 0.58),
    ):
        codes = study.injury_code[study.section == section]
        assert (codes == code).mean() == pytest.approx(printed, abs=0.005)
    for column, median in (("response_minutes", 341), ("deployment_minutes", 139)):
        minutes = pd.to_numeric(study[column])
        assert minutes.median() == pytest.approx(median, rel=0.06)
        assert minutes.mean() > 1.3 * minutes.median()
    assert study.occurred_on.min() >= "2014-01-01"
    assert study.occurred_on.max() < "2021-05-01"
    early = study.occurred_on < "2015-01-01"
    assert (study.support_discussed[early] == "").all()
    assert (study.uniform_cid == "").mean() > 0.5
    assert study.informed_on.ne("").mean() < 0.25


def test_officers_in_the_investigation_are_as_printed(clean: Delivered) -> None:
    logs = clean.tables["investigation_logs"].groupby("crime_ref")
    officers, entries = logs.officer_ref.nunique(), logs.size()
    shares = officers.value_counts(normalize=True)
    assert shares.idxmax() == 4
    assert shares[4] == pytest.approx(0.16, abs=0.005)
    assert (officers >= 21).mean() == pytest.approx(0.004, abs=0.001)
    assert (officers.min(), officers.max()) == (1, 88)
    assert entries.between(1, 239).all()
    dates = clean.tables["investigation_logs"].sort_values(["crime_ref", "logged_on"])
    first = dates.groupby("crime_ref").logged_on.first()
    occurred = clean.tables["crimes"].set_index("crime_ref").occurred_on
    waited = pd.to_datetime(first) - pd.to_datetime(occurred)
    assert waited.dt.days.between(0, 683).all()


def test_men_are_three_to_one_in_other_negative_results_and_more_in_every_group(
    clean: Delivered,
) -> None:
    study = clean.study()
    sex = pd.crosstab(study.clear_up_code.map(outcome_group), study.sex)
    ratio = sex.M / sex.F
    assert ratio["other negative result"] == pytest.approx(3.0, abs=0.4)
    assert (ratio > 1).all()


def test_victims_come_back_and_none_of_the_study_had_offended(
    clean: Delivered,
) -> None:
    crimes = clean.tables["crimes"][["crime_ref", "occurred_on"]]
    victims = clean.tables["victims"].query("person_ref != ''").merge(crimes)
    offenders = clean.tables["offenders"].query("person_ref != ''").merge(crimes)
    study = victims[victims.crime_ref.isin(clean.study().crime_ref)]
    both = study.merge(victims, on="person_ref", suffixes=("", "_before"))
    gap = pd.to_datetime(both.occurred_on) - pd.to_datetime(both.occurred_on_before)
    for months in (1, 3, 6, 9, 12, 24):
        assert (gap.dt.days.between(1, 30 * months)).sum() > 10 * months**0.5
    assert not set(study.person_ref) & set(offenders.person_ref)
    assert set(victims.person_ref) & set(offenders.person_ref)
    assert not victims.duplicated(["crime_ref", "person_ref"]).any()
    assert offenders.person_ref.duplicated().any()


def test_gangs_are_mentioned_with_people_of_no_crime_too(clean: Delivered) -> None:
    people = set(clean.tables["victims"].person_ref)
    people |= set(clean.tables["offenders"].person_ref)
    mentioned = set(clean.tables["gang_mentions"].person_ref)
    assert mentioned & people
    assert mentioned - people


def test_filing_reasons_hold_the_search_terms_where_they_should() -> None:
    patterns = pd.read_csv(PUBLISHED / "wmp_uncooperative_terms.csv").set_index("name")
    # The printed pattern closes a bracket it never opens.
    patterns.loc["no_longer", "pattern"] = "NO LONGER [A-Z ]*ENGAG"
    reasons = pd.read_csv(
        ASSUMPTIONS / "filing_reasons.csv", keep_default_na=False, dtype=str
    )
    found = {
        name: reasons.text.map(lambda x, p=pattern: re.search(p, x) is not None)
        for name, pattern in patterns.pattern.items()
    }
    anything = pd.DataFrame(found).any(axis=1)
    assert (anything == (reasons.is_uncooperative == "1")).all()
    assert all(column.any() for column in found.values())


@pytest.mark.parametrize("file_format", ["csv", "csv.gz", "parquet"])
def test_the_same_arguments_give_the_same_bytes(
    tmp_path: Path, file_format: Any
) -> None:
    def digest(name: str, seed: int) -> dict[str, str]:
        out = tmp_path / name
        simulate_violent_crime(out, 100, seed, dirt=0.05, file_format=file_format)
        return {
            str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(out.rglob("*"))
            if path.is_file()
        }

    one = digest("one", 7)
    assert len(one) == 8
    assert one == digest("two", 7)
    assert one != digest("three", 8)


def test_a_gz_holds_the_same_rows(tmp_path: Path) -> None:
    for name, file_format in (("plain", "csv"), ("packed", "csv.gz")):
        simulate_violent_crime(
            tmp_path / name,
            100,
            dirt=0.05,
            file_format=file_format,  # type: ignore[arg-type]
        )
    for extract in COLUMNS:
        packed = tmp_path / "packed" / DELIVERY / f"{extract}.csv.gz"
        plain = tmp_path / "plain" / DELIVERY / f"{extract}.csv"
        assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()


def test_one_crime_is_enough(tmp_path: Path) -> None:
    assert simulate_violent_crime(tmp_path / "out", 1).study_crimes == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"crimes": 0}, "crimes is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"dirt": 1.1}, "dirt is 1.1"),
        ({"file_format": "xlsx"}, "file_format is 'xlsx'"),
    ],
)
def test_arguments_out_of_range_are_refused(
    tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        simulate_violent_crime(tmp_path / "out", **{"crimes": 10, **arguments})
    assert not (tmp_path / "out").exists()


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(ValueError, match="already holds something"):
        simulate_violent_crime(tmp_path, 10)


def test_a_delivery_says_that_it_is_simulated(tmp_path: Path) -> None:
    simulate_violent_crime(tmp_path / "out", 10)
    marker = tmp_path / "out" / DELIVERY / "SIMULATED.txt"
    assert "SIMULATED" in marker.read_text()


@pytest.mark.parametrize(
    "path", sorted(ASSUMPTIONS.glob("*.csv")), ids=lambda x: x.stem
)
def test_every_assumption_says_whose_it_is(path: Path) -> None:
    rows = list(csv.DictReader(path.open()))
    assert rows
    assert all(re.search(r"\bours\b|\bwmp\b", row["source"]) for row in rows)
