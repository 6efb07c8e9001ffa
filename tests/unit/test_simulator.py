"""The simulator keeps to the input contract, to its own truth and to the study."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from linkage.simulator import draw_plain_cases, simulate_deliveries
from linkage.simulator.areas import AREAS
from linkage.simulator.calibration import Target, calibrate
from linkage.simulator.cases import (
    OFFENCE_VARIABLES,
    SUSPECT_VARIABLES,
    VICTIM_VARIABLES,
)
from linkage.simulator.files import ASSUMPTIONS
from linkage.simulator.outcomes import draw_outcomes
from linkage.simulator.people import draw_ages, suspect_columns, victim_columns
from linkage.simulator.plain import INTERCEPT, planted
from linkage.simulator.population import draw_population
from linkage.simulator.published import sample_size, whole_rate
from linkage.simulator.reports import spell_oddly
from linkage.simulator.withdrawal import draw_withdrawal, withdrawal_targets
from tests.independent_linkage import (
    Linked,
    link,
    lookup,
    matched,
    normal_code,
    read_delivery,
)

LONDON = 273_298
PERSON = "sex gender age_at_report ethnic_appearance self_defined_ethnicity nationality"
COLUMNS = {
    "offences": (
        "crime_ref offence_no offence_role major_crime minor_crime offence "
        "outcome_code outcome_on committed_on reported_on recorded_on "
        "investigation_completed_on borough venue_type how_notified"
    ),
    "victims": (
        f"crime_ref victim_no {PERSON} disability vulnerability injury_degree "
        "reported_cr_last_12_months cris_repeat_victim repeat_victim"
    ),
    "suspects": (
        f"crime_ref suspect_no {PERSON.replace('gender ', '')} disability pnc_status "
        "how_known arrested_on_scene arrested interviewed"
    ),
    "flags": "crime_ref flag",
    "knife_crime_features": "crime_ref feature",
}


@dataclass(frozen=True)
class Simulated:
    folder: Path
    truth: dict[str, Any]
    linked: Linked


def simulate(folder: Path, **arguments: Any) -> Simulated:
    simulate_deliveries(folder, **arguments)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return Simulated(folder, truth, link(folder))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return simulate(tmp_path_factory.mktemp("clean") / "x", cases=9000, seed=11)


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    folder = tmp_path_factory.mktemp("dirty") / "x"
    return simulate(folder, cases=4000, seed=12, dirt=0.08)


@pytest.fixture(scope="module")
def monthly(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    folder = tmp_path_factory.mktemp("monthly") / "x"
    return simulate(folder, cases=1500, seed=13, months=3, file_format="csv.gz")


@pytest.fixture(scope="module")
def dirty_monthly(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    folder = tmp_path_factory.mktemp("dirty_monthly") / "x"
    return simulate(folder, cases=1200, seed=14, months=3, dirt=0.15)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    folder = tmp_path_factory.mktemp("plain") / "x"
    return simulate(
        folder, cases=5000, seed=15, truth="plain", file_format="parquet", dirt=0.02
    )


SIMULATIONS = ["clean", "dirty", "monthly", "dirty_monthly", "plain"]


@pytest.fixture
def simulated(request: pytest.FixtureRequest) -> Simulated:
    found: Simulated = request.getfixturevalue(request.param)
    return found


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# -- what is written ------------------------------------------------------------------


def test_every_extract_has_the_columns_of_the_contract_in_its_order(
    clean: Simulated, monthly: Simulated
) -> None:
    for extract, columns in COLUMNS.items():
        path = clean.folder / "2023-07-01" / f"{extract}.csv"
        with path.open(encoding="utf-8", newline="") as stream:
            assert next(csv.reader(stream)) == columns.split()
        zipped = monthly.folder / "2021-05-01" / f"{extract}.csv.gz"
        with gzip.open(zipped, "rt", encoding="utf-8", newline="") as stream:
            assert next(csv.reader(stream)) == columns.split()


@pytest.mark.parametrize("file_format", ["csv", "csv.gz", "parquet"])
def test_the_same_arguments_give_the_same_bytes(
    tmp_path: Path, file_format: Any
) -> None:
    for name in ("one", "two"):
        simulate_deliveries(
            tmp_path / name,
            cases=300,
            seed=5,
            months=2,
            dirt=0.1,
            file_format=file_format,
        )
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    simulate_deliveries(tmp_path / "three", cases=300, seed=6, months=2, dirt=0.1)
    assert digest(tmp_path / "one") != digest(tmp_path / "three")


def test_every_delivery_is_marked_as_simulated(monthly: Simulated) -> None:
    deliveries = sorted(x for x in monthly.folder.iterdir() if x.is_dir())
    assert [x.name for x in deliveries] == ["2021-05-01", "2021-06-01", "2021-07-01"]
    for delivery in deliveries:
        text = (delivery / "SIMULATED.txt").read_text(encoding="utf-8")
        assert "SIMULATED" in text
        assert text.count("\n") == 1


def test_a_folder_in_use_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="already holds something"):
        simulate_deliveries(tmp_path, cases=10)
    assert [x.name for x in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("cases", 0),
        ("seed", -1),
        ("months", 0),
        ("dirt", 1.5),
        ("truth", "guessed"),
        ("file_format", "xlsx"),
    ],
)
def test_an_argument_out_of_range_is_refused_by_name(
    tmp_path: Path, argument: str, value: Any
) -> None:
    with pytest.raises(ValueError, match=argument):
        simulate_deliveries(tmp_path / "x", **{argument: value})
    assert not (tmp_path / "x").exists()


def test_importing_the_simulator_loads_nothing_heavy() -> None:
    script = (
        "import sys, linkage.simulator; "
        "heavy = ('numpy', 'pandas', 'scipy', 'pyarrow'); "
        "print([x for x in heavy if x in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.stdout.strip() == "[]"


# -- the truth beside it --------------------------------------------------------------


@pytest.mark.parametrize("simulated", SIMULATIONS, indirect=True)
def test_an_independent_linkage_finds_the_flow_of_the_truth(
    simulated: Simulated,
) -> None:
    truth, linked = simulated.truth, simulated.linked
    assert linked.delivered == truth["crime_reports_delivered"]
    assert linked.flow == truth["crime_reports_removed"]
    assert list(linked.flow) == list(truth["crime_reports_removed"])
    assert len(linked.cases) == truth["combined_cases"]
    assert linked.delivered - sum(linked.flow.values()) == len(linked.cases)
    assert linked.rejected_rows == truth["rejected_rows"]


@pytest.mark.parametrize("simulated", SIMULATIONS, indirect=True)
def test_an_independent_linkage_finds_the_counts_of_the_truth(
    simulated: Simulated,
) -> None:
    truth, cases = simulated.truth, simulated.linked.cases
    recorded, known = cases["is_suspect_recorded"], cases["is_suspect_known"]
    withdrawn = cases["is_withdrawal"]
    assert recorded.sum() == truth["cases_with_suspect"]
    assert known.sum() == truth["cases_with_suspect_known"]
    assert withdrawn.sum() == truth["withdrawals"]

    def counts(inside: Any) -> dict[str, int]:
        return {
            "cases": int(inside.sum()),
            "suspect_recorded": int((inside & recorded).sum()),
            "suspect_known": int((inside & known).sum()),
            "withdrawals": int((inside & withdrawn).sum()),
            "withdrawals_suspect_recorded": int((inside & withdrawn & recorded).sum()),
        }

    for area, expected in truth["by_crime_area"].items():
        assert counts(cases[area]) == expected, area
    for crime_type, expected in truth["by_crime_type"].items():
        assert counts(cases["crime_type"] == crime_type) == expected, crime_type
    for bcu, expected in truth["by_bcu"].items():
        units = cases["bcu"].fillna("Unknown")
        assert counts(units == bcu) == expected, bcu
    for code, expected_count in truth["by_outcome_code"].items():
        assert (cases["outcome_code"] == code).sum() == expected_count, code


def test_a_single_snapshot_and_monthly_deliveries_hold_the_cases_asked_for(
    clean: Simulated, monthly: Simulated
) -> None:
    assert clean.truth["combined_cases"] == 9000
    assert monthly.truth["combined_cases"] == 1500


def test_every_kind_of_dirt_is_done_and_counted(dirty: Simulated) -> None:
    kinds = dirty.truth["dirty_rows"]
    assert {name.split(": ")[1] for name in kinds} == {
        "age_out_of_range",
        "alternative_outcome_code",
        "alternative_spelling",
        "bad_age",
        "bad_date",
        "bad_yes_no",
        "identical_row",
        "missing_date",
        "missing_key",
        "missing_recorded_on",
        "no_main",
        "odd_spelling",
        "orphan",
        "repeated_key",
        "two_mains",
        "unknown_category",
        "unknown_outcome_code",
    }
    assert min(kinds.values()) > 0
    offences = read_delivery(dirty.folder / "2023-07-01")["offences"]
    assert (offences["outcome_code"] == "99").sum() == kinds[
        "offences: unknown_outcome_code"
    ]


def test_a_clean_delivery_has_no_rejected_row(clean: Simulated) -> None:
    assert set(clean.truth["rejected_rows"].values()) == {0}
    assert clean.truth["crime_reports_removed"]["rejected"] == 0


# -- what a clean delivery holds ------------------------------------------------------


def test_every_raw_category_of_a_clean_delivery_is_known_to_a_lookup(
    clean: Simulated,
) -> None:
    tables = read_delivery(clean.folder / "2023-07-01")
    for extract, column, table, raw in (
        ("offences", "major_crime", "major_crimes", "raw_major_crime"),
        ("offences", "borough", "borough_bcus", "borough"),
        ("offences", "venue_type", "venue_types", "raw_venue_type"),
        ("offences", "how_notified", "report_routes", "raw_how_notified"),
        ("victims", "sex", "sexes", "raw_sex"),
        ("victims", "gender", "genders", "raw_gender"),
        ("victims", "ethnic_appearance", "ethnic_appearances", "raw_ethnic_appearance"),
        ("victims", "nationality", "nationalities", "raw_nationality"),
        ("victims", "injury_degree", "injury_degrees", "raw_injury_degree"),
        ("suspects", "sex", "sexes", "raw_sex"),
        (
            "suspects",
            "ethnic_appearance",
            "ethnic_appearances",
            "raw_ethnic_appearance",
        ),
        ("suspects", "nationality", "nationalities", "raw_nationality"),
        ("suspects", "pnc_status", "pnc_statuses", "raw_pnc_status"),
        ("suspects", "how_known", "relationships", "raw_how_known"),
        (
            "knife_crime_features",
            "feature",
            "knife_crime_features",
            "raw_feature",
        ),
    ):
        drawn = set(matched(tables[extract][column].dropna()))
        assert drawn <= set(lookup(table, raw, raw)), (extract, column)
    kinds = lookup("disabilities", "raw_value", "kind")
    for extract in ("victims", "suspects"):
        texts = tables[extract]["disability"].dropna().str.split(";").explode()
        assert set(matched(texts)) <= set(kinds)
    vulnerable = tables["victims"]["vulnerability"].dropna().str.split(";").explode()
    assert set(matched(vulnerable)) <= set(kinds)
    codes = set(lookup("self_defined_ethnicities", "ethnicity_code", "ethnicity"))
    for extract in ("victims", "suspects"):
        stated = tables[extract]["self_defined_ethnicity"].dropna().str[:2].str.lower()
        assert set(stated) <= codes
    assert {"alcohol related", "domestic incident", "knife crime"} <= set(
        matched(tables["flags"]["flag"])
    )


def test_dates_follow_one_another_but_for_rare_mistakes(clean: Simulated) -> None:
    offences = read_delivery(clean.folder / "2023-07-01")["offences"]
    days = {
        name: pd.to_datetime(offences[name])
        for name in (
            "committed_on",
            "reported_on",
            "recorded_on",
            "investigation_completed_on",
            "outcome_on",
        )
    }
    committed, reported, recorded, complete, outcome = days.values()
    assert (committed.dropna() <= reported[committed.notna()]).all()
    assert (reported <= recorded).all()
    assert recorded.min() == pd.Timestamp("2021-04-01")
    assert recorded.max() == pd.Timestamp("2022-03-31")
    assert max(complete.max(), outcome.max()) < pd.Timestamp("2023-07-01")
    assert (complete < recorded).mean() < 0.001
    before_report = (outcome < reported).mean()
    assert 0 < before_report < 0.003
    assert (reported == committed).mean() > 0.4
    assert (recorded == reported).mean() > 0.7


def test_a_clean_delivery_holds_what_the_pipeline_must_survive(
    clean: Simulated,
) -> None:
    tables = read_delivery(clean.folder / "2023-07-01")
    offences, victims = tables["offences"], tables["victims"]
    scope = lookup("major_crimes", "raw_major_crime", "is_in_scope")
    is_in = matched(offences["major_crime"]).map(scope) == "true"
    main_is_in = is_in.where(offences["offence_role"] == "Main").groupby(
        offences["crime_ref"]
    )
    main = offences["crime_ref"].map(main_is_in.first()).astype(bool)
    assert (is_in & ~main).any()
    assert (~is_in & main).any()
    same = victims.drop(columns="victim_no").duplicated()
    assert same.any()
    assert (victims["age_at_report"] == "0").any()
    assert tables["flags"].duplicated().any()
    assert tables["knife_crime_features"].duplicated().any()
    suspects = tables["suspects"]
    assert suspects.drop(columns=["crime_ref", "suspect_no"]).isna().all(axis=1).any()
    codes = offences["outcome_code"].dropna()
    odd = codes != codes.map(normal_code)
    assert 0 < odd.mean() < 0.05
    assert {"NC", "ADM"} <= set(codes)
    for step, removed in clean.linked.flow.items():
        if step not in ("rejected", "outside the study period"):
            assert removed > 0, step


@pytest.mark.parametrize(
    ("code", "spellings"),
    [("02", {"2"}), ("2A", {"2a", "02A"}), ("16", {"16"}), ("NC", {"nc"})],
)
def test_an_odd_spelling_of_a_code_is_one_the_contract_allows(
    code: str, spellings: set[str]
) -> None:
    assert {spell_oddly(code, True), spell_oddly(code, False)} == spellings
    assert {normal_code(x) for x in spellings} == {code}


def test_a_report_comes_open_first_and_whole_again_once_closed(
    monthly: Simulated,
) -> None:
    folders = sorted(x for x in monthly.folder.iterdir() if x.is_dir())
    seen: dict[str, bool] = {}
    came_again = 0
    for folder in folders:
        tables = read_delivery(folder)
        offences = tables["offences"]
        end = pd.Timestamp(folder.name)
        is_open = offences["outcome_code"].isna()
        for column in ("outcome_on", "investigation_completed_on"):
            assert offences.loc[is_open, column].isna().all()
            assert (pd.to_datetime(offences[column]).dropna() < end).all()
        assert (pd.to_datetime(offences["recorded_on"]) < end).all()
        first = pd.to_datetime(offences["recorded_on"]) < end - pd.DateOffset(months=1)
        for ref, was_open in zip(offences["crime_ref"], is_open, strict=True):
            seen.setdefault(ref, was_open)
        again = set(offences.loc[first, "crime_ref"])
        assert all(seen[ref] for ref in again)
        assert not is_open[first].any()
        assert again <= set(offences["crime_ref"])
        came_again += len(again)
    assert came_again > 100


# -- the study's figures --------------------------------------------------------------


@pytest.fixture(scope="module")
def london() -> Any:
    population = draw_population(LONDON, 1)
    draw_ages(population, 1)
    return population


@pytest.mark.parametrize(
    ("area", "cases", "model"),
    [
        ("Domestic abuse", 43_395, None),
        ("Adult sexual offences", 13_038, "7"),
        ("Adult rape offences", 4_729, "8"),
        ("Child sexual abuse", 5_978, "9"),
        ("Stalking", 6_761, "10"),
        ("Hate crime", 15_447, "11"),
        ("Serious youth violence", 4_460, "12"),
        ("Violence with injury", 54_813, "13"),
    ],
)
def test_london_size_has_the_printed_cases_of_each_area(
    london: Any, area: str, cases: int, model: str | None
) -> None:
    inside = london.yes("area: " + area)
    assert inside.sum() == cases
    if model:
        assert (inside & london.is_suspect_recorded).sum() == sample_size(model)


def test_london_size_has_the_printed_suspects(london: Any) -> None:
    domestic = london.yes("area: Domestic abuse")
    partner = london.equals("status", "partner")
    known = london.is_suspect_known
    assert london.is_suspect_recorded.sum() == sample_size("3") == 204_390
    assert (london.is_suspect_recorded & ~known).sum() == sample_size("17")
    assert known.sum() == sample_size("18")
    assert (domestic & known).sum() == sample_size("4")
    assert (domestic & partner).sum() == sample_size("5")
    assert (domestic & known & ~partner).sum() == sample_size("6")


@pytest.mark.parametrize("cases", [7, 300, 12_345])
def test_areas_keep_their_share_at_any_size(cases: int) -> None:
    population = draw_population(cases, 3)
    assert population.size == cases
    for area, printed in (("Domestic abuse", 43_395), ("Hate crime", 15_447)):
        share = printed / LONDON * cases
        assert abs(population.yes("area: " + area).sum() - share) <= 12


def test_expected_rates_meet_every_printed_cell(london: Any) -> None:
    withdrawal = draw_withdrawal(london, 1)
    expected = withdrawal.calibration.expected_rates
    for target in withdrawal_targets(london):
        limit = 0.001 if "| bcu |" in target.name else 0.012
        assert abs(expected[target.name] - target.rate) < limit, target.name
    p = withdrawal.calibration.probabilities
    recorded = p[london.is_suspect_recorded].sum()
    assert abs(recorded / sample_size("19") - 1) < 0.001
    assert abs(p.mean() - whole_rate("All crime")) < 0.0005


def test_missing_data_have_the_printed_shares(london: Any) -> None:
    recorded = london.is_suspect_recorded
    victims, suspects = victim_columns(london, 1), suspect_columns(london, 1)
    unknown = london.equals("victim_ethnicity", "Unknown").mean()
    assert abs(unknown - 0.35) < 0.005
    assert abs((victims["self_defined_ethnicity"].codes < 0).mean() - 0.70) < 0.005
    of_suspects = london.equals("suspect_ethnicity", "Unknown")[recorded].mean()
    assert abs(of_suspects - 0.35) < 0.005
    empty = (suspects["self_defined_ethnicity"].codes < 0)[recorded].mean()
    assert abs(empty - 0.78) < 0.005
    assert abs(london.equals("suspect_sex", "Unknown")[recorded].mean() - 0.1) < 0.005
    assert abs(london.equals("victim_sex", "Male").mean() - 0.47) < 0.005
    assert abs(london.equals("victim_sex", "Female").mean() - 0.52) < 0.005


def test_outcomes_have_the_printed_counts(london: Any) -> None:
    withdrawn = draw_withdrawal(london, 1).is_withdrawn
    cases = london.take(np.arange(london.size))
    draw_outcomes(cases, withdrawn, 1)
    codes = np.array(cases.extra["outcome_code"])[cases.codes["outcome_code"]]
    recorded, known = cases.is_suspect_recorded, cases.is_suspect_known
    assert (np.isin(codes, ["14", "16"]) == withdrawn).all()
    assert (recorded & (codes == "14")).sum() == 15_040
    assert (known & (codes == "14")).sum() == 4_512
    assert (recorded & (codes == "18")).sum() == 38_547
    assert (known & (codes == "18")).sum() == 6_553
    named = np.isin(codes, ["01", "1A", "02", "2A", "03", "3A", "15", "16"])
    assert (named & ~recorded).sum() == 3_427
    judicial = named & ~np.isin(codes, ["15", "16"]) | np.isin(
        codes, ["04", "06", "08"]
    )
    assert (judicial & recorded).sum() == sample_size("14") - sample_size("19")
    shares = {
        area: judicial[cases.yes("area: " + area)].mean()
        for area in AREAS
        if area != "Serious youth violence"
    }
    youth = judicial[cases.yes("area: Serious youth violence")].mean()
    assert abs(youth - 0.11) < 0.005
    assert max(shares.values()) < youth
    young = cases.equals("suspect_age", "1-17")
    assert not (np.isin(codes, ["03", "3A"]) & young).any()
    assert not (np.isin(codes, ["02", "2A"]) & ~young).any()


def test_calibration_reaches_a_target_and_splits_a_conflict_by_firmness() -> None:
    everyone = np.ones(20_000, dtype=bool)
    firm = Target("firm", everyone, 0.40, 0.0001)
    soft = Target("soft", everyone, 0.50, 0.01)
    alone = calibrate(np.zeros(20_000), [firm])
    assert abs(alone.probabilities.mean() - 0.40) < 0.001
    both = calibrate(np.zeros(20_000), [firm, soft])
    assert abs(both.probabilities.mean() - 0.40) < 0.002


# -- plain truth ----------------------------------------------------------------------


def test_a_refit_recovers_every_planted_coefficient_of_plain_cases() -> None:
    cases = draw_plain_cases(40_000, seed=2)
    recorded = cases[cases["is_suspect_recorded"]]
    columns: dict[str, Any] = {"intercept": np.ones(len(recorded))}
    truth = {"intercept": INTERCEPT}
    for effect in planted():
        name = f"{effect.variable}={effect.category}"
        columns[name] = (recorded[effect.variable] == effect.category).astype(float)
        truth[name] = effect.coefficient
    outcome = recorded["is_victim_withdrawal"].astype(float)
    fit = sm.Logit(outcome, pd.DataFrame(columns, index=recorded.index)).fit(disp=0)
    scores = (fit.params - pd.Series(truth)) / fit.bse
    assert len(scores) == len(planted()) + 1
    assert scores.abs().max() < 4.5
    assert (scores**2).mean() < 1.6


def test_plain_cases_have_no_rare_category() -> None:
    cases = draw_plain_cases(5000, seed=4)
    recorded = cases[cases["is_suspect_recorded"]]
    for variable in (*OFFENCE_VARIABLES, *VICTIM_VARIABLES, *SUSPECT_VARIABLES):
        assert recorded[variable].value_counts(normalize=True).min() > 0.03, variable
        assert recorded[variable].nunique() > 1


def test_plain_truth_lists_each_planted_coefficient_once(plain: Simulated) -> None:
    model = plain.truth["model"]
    assert model["kind"] == "plain"
    assert model["intercept"] == INTERCEPT
    columns = [row["design_column"] for row in model["coefficients"]]
    assert len(columns) == len(set(columns)) == len(planted())
    assert "suspect_relationship__current_or_ex_partner" in columns
    assert "delay_to_report__1_week_1_year" in columns


def test_plain_flags_say_the_same_as_the_areas_they_make(plain: Simulated) -> None:
    cases = plain.linked.cases
    assert (cases["Domestic abuse"] == cases["flag: Domestic incident"]).all()
    flags = [str(x) for x in cases if str(x).startswith("flag: ")]
    hate = [x for x in flags if "hate" in x.lower()]
    flagged = cases[[*hate, "flag: Racial incident"]].any(axis=1)
    assert (cases["Hate crime"] == flagged).all()


# -- assumptions ----------------------------------------------------------------------


def test_every_assumption_says_whose_it_is() -> None:
    for path in sorted(ASSUMPTIONS.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            for line, row in enumerate(csv.DictReader(stream), start=2):
                note = row["note"]
                assert "ours" in note or "published" in note, f"{path.name}:{line}"


def test_shares_of_a_mix_add_up_to_one() -> None:
    for name, keys in (
        ("shares", ["variable", "mix"]),
        ("plain_shares", ["variable"]),
        ("raw_values", ["variable", "category"]),
        ("offence_sets", ["offence_set"]),
        ("durations", ["population", "is_sexual"]),
    ):
        table = pd.read_csv(ASSUMPTIONS / f"{name}.csv", keep_default_na=False)
        sums = table.groupby(keys)["share"].sum()
        assert np.allclose(sums, 1.0), name
