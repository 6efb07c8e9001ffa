"""What one full run publishes, against the contract and against a second working-out.

The second working-out is plain pandas on the delivered files (independent_linkage,
independent_nibrs) and statsmodels; it shares no code with the models.
"""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.stats.proportion import proportion_confint

from linkage.base.settings import PROJECT, RunSettings
from tests import independent_linkage
from tests.independent_linkage import EXTRACTS, KEYS, Linked
from tests.independent_nibrs import StateYear, read_state_year
from tests.running import PublishedRun, frame, rows, run_linkage

# The output contract, table by table: these names may not change or go.
SHARED_COLUMNS = (
    "source_system crime_ref delivery borough bcu committed_on reported_on recorded_on "
    "investigation_completed_on major_crime minor_crime offence crime_type "
    "outcome_code outcome_group is_victim_withdrawal is_domestic_abuse is_stalking "
    "is_hate_crime is_honour_based_violence"
)
OFFENCE_CHARACTERISTICS = (
    "venue_type report_route delay_to_report is_modern_slavery_flagged "
    "is_knife_crime_flagged is_honour_based_violence_flagged "
    "is_domestic_incident_flagged is_racial_incident_flagged "
    "is_transgender_hate_crime_flagged is_islamophobic_hate_crime_flagged "
    "is_homophobic_hate_crime_flagged is_faith_hate_crime_flagged "
    "is_disability_hate_crime_flagged is_antisemitic_hate_crime_flagged "
    "duration_band is_completed_within_4_weeks is_completed_within_12_weeks"
)
VICTIM_VARIABLES = (
    "victim_sex is_victim_transgender_or_non_binary has_victim_physical_disability "
    "has_victim_mental_health_disability has_victim_other_disability "
    "is_victim_intimidated is_repeat_victim is_victim_injured victim_age_group "
    "victim_age_detail victim_ethnicity victim_nationality"
)
SUSPECT_VARIABLES = (
    "is_suspect_known_to_victim is_suspect_arrested_on_scene "
    "is_suspect_arrested_or_interviewed_later suspect_sex suspect_age_group "
    "suspect_ethnicity suspect_nationality has_suspect_disability suspect_pnc_status "
    "suspect_relationship"
)
CONTRACT = {
    "marts.cases": f"{SHARED_COLUMNS} is_adult_sexual_offence is_adult_rape "
    "is_child_sexual_abuse is_serious_youth_violence is_suspect_recorded "
    f"is_suspect_known_to_victim days_to_report days_to_complete "
    f"{OFFENCE_CHARACTERISTICS} {VICTIM_VARIABLES} {SUSPECT_VARIABLES}",
    "marts.all_offences": f"{SHARED_COLUMNS} offence_no {OFFENCE_CHARACTERISTICS}",
    "marts.all_victims": f"{SHARED_COLUMNS} victim_no {OFFENCE_CHARACTERISTICS} "
    f"{VICTIM_VARIABLES}",
    "marts.all_suspects": f"{SHARED_COLUMNS} suspect_no {OFFENCE_CHARACTERISTICS} "
    f"{SUSPECT_VARIABLES}",
    "marts.case_flow": "step_no step crime_reports_removed crime_reports_left",
    "marts.withdrawal_rates": "crime_area dimension category cases withdrawals "
    "withdrawal_rate ci_low ci_high significance is_suppressed",
    "marts.outcome_shares": "crime_area outcome_group cases share",
    "marts.withdrawal_timing": "crime_area duration_band withdrawals share",
    "quality.gaps": "gap delivery description severity population failing share "
    "published_share is_within_tolerance",
    "quality.exceptions": "gap crime_ref bcu delivery",
    "quality.rejected_rows": "delivery extract line_no crime_ref reason",
    "drivers.models": "model description crime_area filters sample_size events "
    "nagelkerke_r2 pct_correct_0 pct_correct_1 pct_correct_overall auc converged "
    "fitted_at",
    "drivers.design": "crime_ref is_victim_withdrawal is_judicial "
    "is_completed_within_4_weeks is_completed_within_12_weeks is_suspect_recorded "
    "is_suspect_known_to_victim is_domestic_abuse is_adult_sexual_offence "
    "is_adult_rape is_child_sexual_abuse is_stalking is_hate_crime "
    "is_serious_youth_violence",
    "drivers.odds_ratios": "model design_column variable category reference_category "
    "cases coefficient std_error odds_ratio ci_low ci_high p_value is_significant "
    "direction times",
}
DIMENSIONS = {
    "all",
    "bcu",
    "borough",
    "month",
    "victim_sex",
    "victim_ethnicity",
    "victim_age",
    "victim_age_detail",
    "suspect_recorded",
    "suspect_known",
    "crime_type",
    "hate_strand",
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
AREA_COLUMNS = {
    "Domestic abuse": "is_domestic_abuse",
    "Adult sexual offences": "is_adult_sexual_offence",
    "Adult rape offences": "is_adult_rape",
    "Child sexual abuse": "is_child_sexual_abuse",
    "Stalking": "is_stalking",
    "Hate crime": "is_hate_crime",
    "Serious youth violence": "is_serious_youth_violence",
    "Honour based violence": "is_honour_based_violence",
}


@pytest.fixture(scope="module")
def linked(simulated: Path) -> Linked:
    """The simulated delivery, linked in pandas."""
    return independent_linkage.link(simulated)


@pytest.fixture(scope="module")
def cases(published: PublishedRun) -> pd.DataFrame:
    """`marts.cases` by crime reference."""
    return frame(published.path, "select * from marts.cases").set_index("crime_ref")


@pytest.fixture(scope="module")
def expected(linked: Linked, cases: pd.DataFrame) -> pd.DataFrame:
    """The pandas cases in the order of `cases`."""
    return linked.cases.set_index("crime_ref").reindex(cases.index)


@pytest.fixture(scope="module")
def rates(published: PublishedRun) -> pd.DataFrame:
    return frame(published.path, "select * from marts.withdrawal_rates")


def areas_of(cases: pd.DataFrame) -> dict[str, pd.Series]:
    """Reporting areas as masks over the cases."""
    return {
        "All crime": pd.Series(True, index=cases.index),
        **{area: cases[column].astype(bool) for area, column in AREA_COLUMNS.items()},
        **{name: cases.crime_type == name for name in CRIME_TYPES},
    }


# The contract -------------------------------------------------------------------------


@pytest.mark.parametrize("table", CONTRACT)
@pytest.mark.parametrize("source", ["published", "nibrs_published"])
def test_every_column_of_the_contract_is_published(
    table: str, source: str, request: pytest.FixtureRequest
) -> None:
    run: PublishedRun = request.getfixturevalue(source)
    described = frame(run.path, f"describe {table}").column_name
    assert set(CONTRACT[table].split()) <= set(described)


@pytest.mark.parametrize(
    "run_of",
    [
        "published",
        "nibrs_published",
        "violent_crime_published",
        "national_case_files_published",
    ],
)
def test_every_table_and_column_says_what_it_is(
    run_of: str, request: pytest.FixtureRequest
) -> None:
    run: PublishedRun = request.getfixturevalue(run_of)
    bare = rows(
        run.path,
        "select schema_name, table_name from duckdb_tables() where comment is null "
        "union all select schema_name, table_name || '.' || column_name "
        "from duckdb_columns() where comment is null and not internal",
    )
    assert bare == []


def test_the_published_file_holds_the_schemas_of_the_contract_and_the_release_only(
    published: PublishedRun,
) -> None:
    schemas = frame(
        published.path,
        "select distinct schema_name from duckdb_tables() "
        "union select distinct schema_name from duckdb_views() where not internal",
    )
    assert set(schemas.schema_name) == {"marts", "quality", "drivers", "release"}


def test_nothing_but_what_belongs_to_it_lies_beside_a_warehouse(
    published: PublishedRun,
) -> None:
    name = published.path.name
    assert {entry.name for entry in published.path.parent.iterdir()} == {
        name,
        f"{name}.build",
        f"{name}.data_docs",
        f"{name}.publications",
    }


def test_the_summary_says_simulated_and_where_the_warehouse_and_data_docs_are(
    published: PublishedRun,
) -> None:
    assert "SIMULATED" in published.stdout
    assert f"Warehouse: {published.path}\n" in published.stdout
    docs = published.path.with_name(published.path.name + ".data_docs") / "index.html"
    assert f"Data Docs: {docs}\n" in published.stdout
    assert docs.exists()


def test_the_summary_of_a_real_source_does_not_say_simulated(
    nibrs_published: PublishedRun,
) -> None:
    assert "simulated" not in nibrs_published.stdout.lower()
    assert f"Warehouse: {nibrs_published.path}\n" in nibrs_published.stdout


# The combined dataset -----------------------------------------------------------------


def test_the_cases_are_the_crime_reports_that_pandas_links(
    linked: Linked, cases: pd.DataFrame
) -> None:
    assert cases.index.is_unique
    assert set(cases.index) == set(linked.cases.crime_ref)
    assert len(cases) > 1_500


@pytest.mark.parametrize("area", AREA_COLUMNS)
def test_each_case_is_in_the_crime_areas_that_pandas_finds(
    area: str, cases: pd.DataFrame, expected: pd.DataFrame
) -> None:
    found = cases[AREA_COLUMNS[area]].astype(bool)
    assert found.any()
    assert list(cases.index[found]) == list(expected.index[expected[area].astype(bool)])


@pytest.mark.parametrize(
    ("column", "theirs"),
    [
        ("is_suspect_recorded", "is_suspect_recorded"),
        ("is_suspect_known_to_victim", "is_suspect_known"),
        ("is_victim_withdrawal", "is_withdrawal"),
        ("is_domestic_incident_flagged", "flag: Domestic incident"),
        ("is_knife_crime_flagged", "flag: Knife crime"),
        ("is_honour_based_violence_flagged", "flag: Honour based violence"),
    ],
)
def test_each_yes_no_of_a_case_is_what_pandas_finds(
    column: str, theirs: str, cases: pd.DataFrame, expected: pd.DataFrame
) -> None:
    found = cases[column].astype(bool)
    assert 0 < found.sum() < len(cases)
    assert (found == expected[theirs].astype(bool)).all()


@pytest.mark.parametrize(
    ("column", "theirs"),
    [
        ("outcome_code", "outcome_code"),
        ("crime_type", "crime_type"),
        ("venue_type", "venue_type_group"),
        ("report_route", "report_route_group"),
        ("victim_ethnicity", "victim_ethnicity_group"),
        ("bcu", "bcu"),
    ],
)
def test_each_group_of_a_case_is_what_pandas_finds(
    column: str, theirs: str, cases: pd.DataFrame, expected: pd.DataFrame
) -> None:
    assert (cases[column] == expected[theirs].fillna("Unknown")).all()


@pytest.mark.parametrize(
    ("column", "theirs"),
    [
        ("days_to_report", "days_to_report"),
        ("days_to_complete", "days_to_complete"),
        ("victim_age", "victim_age"),
        ("suspect_age", "suspect_age"),
    ],
)
def test_each_number_of_a_case_is_what_pandas_finds(
    column: str, theirs: str, cases: pd.DataFrame, expected: pd.DataFrame
) -> None:
    found = cases[column].astype("float")
    wanted = expected[theirs].astype("float")
    if column == "suspect_age":
        wanted = wanted.where(expected.is_suspect_recorded)
    pd.testing.assert_series_equal(found, wanted, check_names=False)


def test_a_suspect_of_a_case_without_one_is_called_so_in_every_variable(
    cases: pd.DataFrame,
) -> None:
    without = cases[~cases.is_suspect_recorded]
    for column in ("suspect_sex", "suspect_ethnicity", "suspect_pnc_status"):
        assert set(without[column]) == {"No suspect recorded"}
        assert "No suspect recorded" not in set(
            cases.loc[cases.is_suspect_recorded, column]
        )


def test_every_category_is_complete_with_unknown(cases: pd.DataFrame) -> None:
    names = f"{OFFENCE_CHARACTERISTICS} {VICTIM_VARIABLES} {SUSPECT_VARIABLES}"
    early = ["is_completed_within_4_weeks", "is_completed_within_12_weeks"]
    for column in set(names.split()) - set(early):
        assert cases[column].notna().all(), column
    for column in early:
        unknown = cases.duration_band == "Unknown"
        assert list(cases[column].isna()) == list(unknown), column


# The flow and the rejected rows -------------------------------------------------------


def test_the_flow_removes_as_many_reports_at_each_step_as_pandas_does(
    published: PublishedRun, linked: Linked
) -> None:
    flow = frame(published.path, "select * from marts.case_flow order by step_no")
    assert flow.step[0] == "delivered"
    assert flow.crime_reports_left[0] == linked.delivered
    assert (
        dict(zip(flow.step[1:], flow.crime_reports_removed[1:], strict=True))
        == linked.flow
    )
    assert list(flow.step[1:]) == list(independent_linkage.STEPS)


def test_the_flow_ends_at_the_cases_and_every_step_adds_up(
    published: PublishedRun, cases: pd.DataFrame
) -> None:
    flow = frame(published.path, "select * from marts.case_flow order by step_no")
    left, removed = flow.crime_reports_left, flow.crime_reports_removed
    assert list(left[1:]) == list((left.shift() - removed)[1:])
    assert left.iloc[-1] == len(cases)


@pytest.mark.parametrize(
    ("query", "order"),
    [
        (
            "select category from marts.withdrawal_rates where crime_area = "
            "'All crime' and dimension = 'victim_age_detail' order by category_no",
            "1-9, 10-12, 13-15, 16-17, 18-24, 25-64, 65+, Unknown",
        ),
        (
            "select category from marts.withdrawal_rates where crime_area = "
            "'All crime' and dimension = 'suspect_known' order by category_no",
            "No, Yes",
        ),
        (
            "select duration_band from marts.withdrawal_timing where crime_area = "
            "'All crime' order by band_no",
            "Same day, 1-7 days, 1-4 weeks, 4-12 weeks, 12-26 weeks, 6-12 months, "
            "Over a year, Unknown",
        ),
        (
            "select delay_to_report from marts.cases inner join marts.category_order "
            "on variable = 'delay_to_report' and category = delay_to_report "
            "group by delay_to_report, category_no order by category_no",
            "Same day, 1-7 days, 1 week-1 year, Over a year, Unknown",
        ),
    ],
)
def test_bands_and_yes_and_no_have_a_number_to_sort_by(
    published: PublishedRun, query: str, order: str
) -> None:
    found = [category for (category,) in rows(published.path, query)]
    wanted = order.split(", ")
    assert found == [category for category in wanted if category in found]
    assert len(found) >= 2


@pytest.mark.parametrize("extract", EXTRACTS)
def test_the_rejected_rows_are_the_lines_that_pandas_rejects(
    extract: str, published: PublishedRun, simulated: Path
) -> None:
    (delivery,) = sorted(x for x in simulated.iterdir() if x.is_dir())
    tables = independent_linkage.read_delivery(delivery)
    known = set(tables["offences"]["crime_ref"].dropna())
    bad = independent_linkage._bad_rows(extract, tables[extract], known)
    found = rows(
        published.path,
        "select delivery, line_no from quality.rejected_rows "
        "where extract = ? order by line_no",
        extract,
    )
    assert found == [(delivery.name, int(at) + 2) for at in bad.index[bad]]
    assert found


def test_every_rejected_row_has_its_reason(published: PublishedRun) -> None:
    reasons = frame(published.path, "select reason from quality.rejected_rows").reason
    assert reasons.notna().all()
    assert (reasons.str.len() > 5).all()


def test_every_delivered_line_ends_in_exactly_one_place(
    published: PublishedRun, simulated: Path
) -> None:
    (delivery,) = sorted(x for x in simulated.iterdir() if x.is_dir())
    lines = {}
    for extract in EXTRACTS:
        with (delivery / f"{extract}.csv").open(newline="") as stream:
            lines[extract] = sum(1 for _ in csv.reader(stream)) - 1
    placed = dict(
        rows(
            published.path,
            "select extract, cast(sum(delivered_rows) as bigint) "
            "from quality.row_dispositions group by extract",
        )
    )
    assert placed == lines


def test_the_placed_rows_are_the_rows_of_the_marts(
    published: PublishedRun, cases: pd.DataFrame
) -> None:
    placed = dict(
        rows(
            published.path,
            "select extract || ': ' || disposition, "
            "cast(sum(delivered_rows) as bigint) "
            "from quality.row_dispositions group by all",
        )
    )
    assert placed["offences: in the combined dataset"] == len(cases)
    assert placed["victims: in the combined dataset"] == len(cases)
    assert (
        placed["suspects: in the combined dataset"] == cases.is_suspect_recorded.sum()
    )
    for extract in KEYS:
        ((rejected,),) = rows(
            published.path,
            "select count(*) from quality.rejected_rows where extract = ?",
            extract,
        )
        assert placed[f"{extract}: rejected"] == rejected


# Rates, shares, timing ----------------------------------------------------------------


def test_the_dimensions_of_the_contract_are_there(rates: pd.DataFrame) -> None:
    assert set(rates.dimension) >= DIMENSIONS
    assert rates.duplicated(["crime_area", "dimension", "category"]).sum() == 0


def test_the_rates_count_the_cases_of_each_category(
    rates: pd.DataFrame, cases: pd.DataFrame
) -> None:
    columns = {
        "bcu": cases.bcu,
        "borough": cases.borough,
        "month": pd.to_datetime(cases.recorded_on).dt.strftime("%Y-%m"),
        "victim_sex": cases.victim_sex,
        "victim_ethnicity": cases.victim_ethnicity,
        "victim_age": cases.victim_age_group,
        "victim_age_detail": cases.victim_age_detail,
        "suspect_recorded": cases.is_suspect_recorded.map({True: "Yes", False: "No"}),
        "crime_type": cases.crime_type,
        "suspect_relationship": cases.suspect_relationship.where(
            cases.is_suspect_recorded
        ),
        "suspect_known": cases.is_suspect_known_to_victim.map(
            {True: "Yes", False: "No"}
        ).where(cases.is_suspect_recorded),
        "all": pd.Series("All cases", index=cases.index),
    }
    wanted = {}
    for area, mask in areas_of(cases).items():
        for dimension, column in columns.items():
            grouped = cases[mask].groupby(column[mask]).is_victim_withdrawal
            for category, group in grouped:
                wanted[area, dimension, category] = (len(group), int(group.sum()))
    found = {
        (row.crime_area, row.dimension, row.category): (row.cases, row.withdrawals)
        for row in rates[rates.dimension.isin(columns)].itertuples()
    }
    assert found == wanted


def test_the_intervals_are_wilson_intervals_at_95_percent(rates: pd.DataFrame) -> None:
    shown = rates[~rates.is_suppressed]
    low, high = proportion_confint(
        shown.withdrawals, shown.cases, alpha=0.05, method="wilson"
    )
    np.testing.assert_allclose(shown.withdrawal_rate, shown.withdrawals / shown.cases)
    np.testing.assert_allclose(shown.ci_low, low, atol=1e-12)
    np.testing.assert_allclose(shown.ci_high, high, atol=1e-12)
    assert len(shown) > 50


def test_a_category_of_fewer_than_100_cases_prints_no_rate(rates: pd.DataFrame) -> None:
    assert list(rates.is_suppressed) == list(rates.cases < 100)
    hidden = rates[rates.is_suppressed]
    assert not hidden.empty
    for column in ("withdrawal_rate", "ci_low", "ci_high", "significance"):
        assert hidden[column].isna().all()


def test_the_marks_are_a_two_proportion_test_against_all_other_cases_at_99_percent(
    rates: pd.DataFrame,
) -> None:
    whole = rates[rates.dimension == "all"].set_index("crime_area")
    marked = 0
    for row in rates[~rates.is_suppressed].itertuples():
        total, events = whole.loc[row.crime_area, ["cases", "withdrawals"]]
        other, other_events = total - row.cases, events - row.withdrawals
        pooled = events / total
        wanted = None
        # The normal approximation needs five expected of each kind on either side.
        if row.dimension != "all" and other:
            smallest = min(row.cases, other) * min(pooled, 1 - pooled)
            if smallest >= 5:
                error = np.sqrt(pooled * (1 - pooled) * (1 / row.cases + 1 / other))
                z = (row.withdrawals / row.cases - other_events / other) / error
                if 2 * norm.sf(abs(z)) < 0.01:
                    wanted = "higher" if z > 0 else "lower"
        found = row.significance if isinstance(row.significance, str) else None
        assert found == wanted, row
        marked += wanted is not None
    assert marked > 5


def test_the_outcome_shares_are_those_of_the_cases(
    published: PublishedRun, cases: pd.DataFrame
) -> None:
    found = {
        (row.crime_area, row.outcome_group): (row.cases, pytest.approx(row.share))
        for row in frame(
            published.path, "select * from marts.outcome_shares"
        ).itertuples()
    }
    wanted = {}
    for area, mask in areas_of(cases).items():
        counts = cases[mask].outcome_group.value_counts()
        for group, n in counts.items():
            wanted[area, group] = (n, n / mask.sum())
    assert wanted == found


def test_the_withdrawal_timing_is_that_of_the_cases(
    published: PublishedRun, cases: pd.DataFrame
) -> None:
    edges = [0, 1, 8, 28, 84, 183, 366, np.inf]
    names = [
        "Same day",
        "1-7 days",
        "1-4 weeks",
        "4-12 weeks",
        "12-26 weeks",
        "6-12 months",
        "Over a year",
    ]
    band = pd.cut(
        cases.days_to_complete.astype("float"), edges, right=False, labels=names
    )
    band = band.astype(object).where(band.notna(), "Unknown")
    wanted = {}
    for area, mask in areas_of(cases).items():
        chosen = mask & cases.is_victim_withdrawal
        for name, n in band[chosen].value_counts().items():
            wanted[area, name] = (n, n / chosen.sum())
    found = {
        (row.crime_area, row.duration_band): (
            row.withdrawals,
            pytest.approx(row.share),
        )
        for row in frame(
            published.path, "select * from marts.withdrawal_timing"
        ).itertuples()
    }
    assert wanted == found


# Driver models ------------------------------------------------------------------------


def refit(run: PublishedRun, model: str, filters: str) -> None:
    """Refit a published plain model by another route (GLM); compare every number."""
    odds = frame(
        run.path, "select * from drivers.odds_ratios where model = ?", model
    ).set_index("design_column")
    (summary,) = frame(
        run.path, "select * from drivers.models where model = ?", model
    ).itertuples()
    assert summary.method == "maximum likelihood"
    design = frame(
        run.path, f"select * from drivers.design where {filters} order by crime_ref"
    )
    fitted = odds[odds.coefficient.notna()]
    assert len(fitted) > 10
    names = list(fitted.index)
    columns = design[names].astype(float)
    columns.insert(0, "intercept", 1.0)
    assert np.linalg.matrix_rank(columns) == columns.shape[1]
    glm = GLM(design.is_victim_withdrawal, columns, Binomial()).fit(
        tol=1e-12, maxiter=100
    )
    np.testing.assert_allclose(fitted.coefficient, glm.params[names], rtol=1e-6)
    np.testing.assert_allclose(fitted.std_error, glm.bse[names], rtol=1e-6)
    np.testing.assert_allclose(fitted.odds_ratio, np.exp(glm.params[names]), rtol=1e-6)
    np.testing.assert_allclose(fitted.p_value, glm.pvalues[names], rtol=1e-5)
    bounds = np.exp(glm.conf_int().loc[names])
    np.testing.assert_allclose(fitted.ci_low, bounds[0], rtol=1e-6)
    np.testing.assert_allclose(fitted.ci_high, bounds[1], rtol=1e-6)
    assert list(fitted.cases) == list(columns[names].sum().astype(int))
    assert (fitted.is_significant == (glm.pvalues[names] < 0.05)).all()
    assert summary.sample_size == len(design)
    assert summary.events == design.is_victim_withdrawal.sum()
    n = len(design)
    r2 = (1 - np.exp((glm.deviance - glm.null_deviance) / n)) / (
        1 - np.exp(-glm.null_deviance / n)
    )
    assert summary.nagelkerke_r2 == pytest.approx(r2, rel=1e-6)
    hit = (glm.fittedvalues >= 0.5) == (design.is_victim_withdrawal == 1)
    assert summary.pct_correct_overall == pytest.approx(hit.mean())


@pytest.mark.parametrize(
    ("model", "filters"),
    [("00", "true"), ("2", "true"), ("16", "is_suspect_recorded = 1")],
)
def test_a_refit_by_another_route_gives_the_same_numbers(
    drivers_published: PublishedRun, model: str, filters: str
) -> None:
    refit(drivers_published, model, filters)


@pytest.mark.parametrize(
    ("source", "model"), [("published", "3"), ("nibrs_published", "N3")]
)
def test_a_run_fits_the_models_of_its_source(
    source: str, model: str, request: pytest.FixtureRequest
) -> None:
    run: PublishedRun = request.getfixturevalue(source)
    models = frame(run.path, "select * from drivers.models").set_index("model")
    assert models.converged[model]
    listed = frame(
        run.path,
        "select model from drivers.driver_models where source_system = ?",
        run.settings.source,
    )
    assert set(models.index) == set(listed.model)


def test_times_is_the_odds_ratio_or_its_inverse_and_the_direction_says_which(
    published: PublishedRun,
) -> None:
    odds = frame(
        published.path,
        "select * from drivers.odds_ratios where coefficient is not null",
    )
    more = odds.odds_ratio >= 1
    assert more.any()
    assert not more.all()
    assert list(odds.direction) == [
        "more likely" if above else "less likely" for above in more
    ]
    np.testing.assert_allclose(
        odds.times, odds.odds_ratio.where(more, 1 / odds.odds_ratio)
    )


def test_a_category_that_cannot_be_estimated_says_why(published: PublishedRun) -> None:
    odds = frame(published.path, "select * from drivers.odds_ratios")
    assert odds.note[odds.coefficient.isna()].notna().all()


def test_each_variable_of_the_design_is_one_category_per_case(
    published: PublishedRun,
) -> None:
    design = frame(published.path, "select * from drivers.design")
    columns = frame(published.path, "select * from drivers.design_columns")
    assert set(columns.design_column) <= set(design.columns)
    recorded = design[design.is_suspect_recorded == 1]
    for variable, group in columns.groupby("variable"):
        shown = recorded[group.design_column]
        assert shown.isin([0, 1]).all(axis=None)
        if len(group) > 1:
            assert (shown.sum(axis=1) == 1).all(), variable


# NIBRS --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vermont() -> StateYear:
    return read_state_year(PROJECT / "data" / "nibrs" / "VT-2024.zip")


def test_the_nibrs_cases_and_withdrawals_are_those_of_the_files(
    nibrs_published: PublishedRun, vermont: StateYear
) -> None:
    cases = frame(
        nibrs_published.path, "select crime_ref, is_victim_withdrawal from marts.cases"
    ).set_index("crime_ref")
    assert set(cases.index) == set(vermont.combined.index)
    refused = vermont.combined.index[vermont.combined.outcome == "16"]
    assert set(cases.index[cases.is_victim_withdrawal]) == set(refused)
    assert cases.is_victim_withdrawal.sum() == vermont.withdrawals > 0


def test_the_nibrs_flow_is_that_of_the_files(
    nibrs_published: PublishedRun, vermont: StateYear
) -> None:
    flow = dict(
        rows(
            nibrs_published.path,
            "select step, crime_reports_removed from marts.case_flow where step_no > 0",
        )
    )
    assert flow == {"rejected": 0, "outside the study period": 0, **vermont.flow}
    ((delivered,),) = rows(
        nibrs_published.path,
        "select crime_reports_left from marts.case_flow where step_no = 0",
    )
    assert delivered == len(vermont.incidents)


def test_what_load_prints_sets_the_environment_of_dbt(
    simulated: Path, tmp_path: Path
) -> None:
    settings = RunSettings(
        "cris", simulated, tmp_path / "a folder" / "cris.duckdb", by_hand=True
    )
    done = run_linkage(
        "load", "--extracts", simulated, "--warehouse", settings.warehouse
    )
    assert done.returncode == 0, done.stderr
    # Progress is on standard error: eval "$(linkage load ...)" takes it all.
    exported = subprocess.run(
        ["sh", "-ec", f"{done.stdout}\nenv"], capture_output=True, text=True, check=True
    )
    assert exported.stderr == ""
    for name, value in settings.dbt_environment().items():
        assert f"{name}={value}" in exported.stdout.splitlines()
    again = run_linkage(
        *("load", "--extracts", simulated, "--warehouse", settings.warehouse),
        env=settings.dbt_environment(),
    )
    assert again.returncode == 0, again.stderr
    assert again.stdout == done.stdout


@pytest.mark.parametrize(
    "place",
    [
        "data/extracts/2021-05-01/offences.csv",
        "data/violent_crime/2021-05-01/crimes.csv",
        "warehouse/cris.duckdb",
        ".dagster/history/runs.db",
        ".dagster/schedules/schedules.db",
        ".dagster/storage/x",
    ],
)
def test_what_is_confidential_is_ignored_by_git(place: str) -> None:
    if not (PROJECT / ".git").exists():
        pytest.skip("not a clone: there is no git to ask")
    asked = ["git", "check-ignore", "--quiet", place]
    assert subprocess.run(asked, cwd=PROJECT, check=False).returncode == 0
