"""The violent-crime study from deliveries to models, against the simulator's truth."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from linkage.base.settings import PROJECT, RunSettings
from linkage.publication.diff import diff_publications
from linkage.publication.kept import kept_publications
from linkage.publication.publish import one_run_at_a_time
from ml.study_models import LATE, study_tables
from tests.building import publish_changed
from tests.released import released
from tests.running import PublishedRun, frame, rows, run_linkage

# Steps of the flow by the truth's names.
STEPS = {
    "rejected": "rejected rows",
    "section out of scope": "section out of scope",
    "domestic violence or child abuse": "domestic violence or child abuse",
    "no identified victim": "no identified victim",
    "not cleared up": "not cleared up",
    "no incident": "no link to an incident",
    "before 2014": "before 2014",
}
PRINTED = {
    "V1": "wmp_success_coefficients.csv",
    "V2": "wmp_ev_diff_coefficients.csv",
}


@pytest.fixture(scope="module")
def truth(violent_crime_published: PublishedRun) -> dict[str, Any]:
    extracts = violent_crime_published.settings.extracts
    content: dict[str, Any] = json.loads((extracts / "truth.json").read_text())
    return content


def test_every_crime_is_lost_at_the_step_it_was_made_for(
    violent_crime_published: PublishedRun, truth: dict[str, Any]
) -> None:
    flow = dict(
        rows(
            violent_crime_published.path,
            "select step, crimes_removed from marts.violent_crime_flow",
        )
    )
    assert {STEPS[step]: lost for step, lost in truth["removed"].items()} == {
        step: flow[step] for step in STEPS.values()
    }


def test_the_study_has_the_outcomes_that_were_planted(
    violent_crime_published: PublishedRun, truth: dict[str, Any]
) -> None:
    found = rows(
        violent_crime_published.path,
        "select outcome_group, count(*) from marts.violent_crimes group by all",
    )
    assert dict(found) == truth["by_outcome"]
    assert sum(count for _, count in found) == truth["study_crimes"]


def test_every_dirty_row_is_rejected_and_kept(
    violent_crime_published: PublishedRun, truth: dict[str, Any]
) -> None:
    found = rows(
        violent_crime_published.path,
        "select extract, count(*) from quality.violent_crime_rejected_rows "
        "group by extract",
    )
    assert dict(found) == truth["rejected_rows"]


def test_released_outcomes_are_those_of_the_records_keys(
    violent_crime_published: PublishedRun,
) -> None:
    crimes = frame(violent_crime_published.path, "select * from marts.violent_crimes")
    categories = crimes[
        ["response_code", "victim_age_band", "victim_sex", "crime_year"]
    ].assign(
        all="all",
        victim_age_and_sex=crimes["victim_age_band"] + ", " + crimes["victim_sex"],
    )
    found = rows(
        violent_crime_published.path,
        "select dimension, category, outcome_group, crimes, category_crimes "
        "from release.violent_crime_outcomes",
    )
    assert {dimension for dimension, *_ in found} == set(categories)
    for dimension, category, outcome, count, of_category in found:
        own = crimes[categories[dimension].astype(str) == category]
        with_outcome = own[own["outcome_group"] == outcome]
        assert count == released(violent_crime_published, with_outcome["crime_ref"])
        assert of_category == released(violent_crime_published, own["crime_ref"])
    assert any(count is None for *_, count, _ in found)
    assert any(count is not None for *_, count, _ in found)


@pytest.mark.parametrize("model", PRINTED)
def test_every_printed_coefficient_has_a_column_of_its_name(
    model: str, violent_crime_published: PublishedRun
) -> None:
    path = PROJECT / "data" / "published" / PRINTED[model]
    with path.open(encoding="utf-8") as stream:
        printed = {row["variable"] for row in csv.DictReader(stream)}
    offered = {
        term
        for (term,) in rows(
            violent_crime_published.path,
            f"select term from drivers.penalised_coefficients where model = '{model}'",
        )
    }
    assert printed - {"(Intercept)"} - offered == set()


def test_what_is_missing_or_late_tells_the_success_of_a_crime(
    violent_crime_published: PublishedRun,
) -> None:
    ((auc, without),) = rows(
        violent_crime_published.path,
        "select models.auc, leakage.auc from drivers.penalised_models as models "
        "inner join drivers.penalised_leakage as leakage using (model) "
        f"where model = 'V1' and left_out = '{LATE}'",
    )
    assert auc > 0.97
    assert without < auc - 0.1


def test_the_difficulties_of_victims_are_told_from_chance(
    violent_crime_published: PublishedRun,
) -> None:
    ((auc,),) = rows(
        violent_crime_published.path,
        "select auc from drivers.penalised_models where model = 'V2'",
    )
    assert 0.65 < auc < 0.95


@pytest.mark.parametrize("table", study_tables())
def test_every_table_of_the_models_has_rows_and_the_columns_described(
    table: str, violent_crime_published: PublishedRun
) -> None:
    found = frame(violent_crime_published.path, f"select * from drivers.{table}")
    assert list(found.columns) == list(study_tables()[table].columns)
    assert set(found["model"]) == set(PRINTED)


def test_a_run_says_simulated_and_shows_flow_and_models(
    violent_crime_published: PublishedRun,
) -> None:
    printed = violent_crime_published.stdout
    assert "SIMULATED input" in printed
    assert "Flow of violent crimes" in printed
    assert "Penalised models" in printed


def test_a_study_on_a_source_that_is_not_its_own_is_one_line() -> None:
    done = run_linkage("run", "--study", "violent-crime", "--source", "nibrs")
    assert done.returncode == 2
    assert done.stderr == (
        "linkage: --study violent-crime is not made on --source nibrs\n"
    )


def test_driver_models_of_crime_reports_are_refused_in_one_line(
    violent_crime_published: PublishedRun,
) -> None:
    warehouse = violent_crime_published.path
    done = run_linkage("drivers", "--warehouse", warehouse)
    assert done.returncode == 2
    assert done.stderr == (
        f"linkage: {warehouse} has no driver models to fit: it is of another study, "
        "whose own models are fitted by its run\n"
    )


def test_two_publications_of_the_study_are_compared_by_rows_and_models(
    violent_crime_published: PublishedRun, tmp_path: Path
) -> None:
    warehouse = tmp_path / "violent_crime.duckdb"
    shutil.copyfile(violent_crime_published.path, warehouse)
    settings = replace(violent_crime_published.settings, warehouse=warehouse)
    with one_run_at_a_time(settings):
        publish_changed(
            settings,
            "delete from marts.violent_crime_flow where step_no = 1",
            "update drivers.penalised_models set auc = 0.5 where model = 'V2'",
        )
    first, second = sorted(kept_publications(settings))[-2:]
    found = diff_publications(settings, first, second)
    assert [one.name for one in found.rows] == [("marts.violent_crime_flow",)]
    assert [(one.name, one.after) for one in found.models] == [(("V2",), 0.5)]
    assert not found.rates
    done = run_linkage("diff", first, second, "--warehouse", warehouse)
    assert done.returncode == 0
    assert "Driver models (AUC)" in done.stdout


def test_the_studys_deliveries_are_loaded_for_dbt_by_hand(
    violent_crime_published: PublishedRun, tmp_path: Path
) -> None:
    settings = RunSettings(
        "violent_crime",
        violent_crime_published.settings.extracts,
        tmp_path / "violent_crime.duckdb",
        by_hand=True,
    )
    done = run_linkage(
        *("load", "--study", "violent-crime", "--extracts", settings.extracts),
        *("--warehouse", settings.warehouse),
    )
    assert done.returncode == 0, done.stderr
    assert f"export LINKAGE_INTAKE={settings.intake}" in done.stdout
    ((loaded,),) = rows(
        settings.intake,
        "select (select count(*) from raw_violent_crime.crimes) + "
        "(select count(*) from raw_violent_crime.malformed_rows "
        "where extract = 'crimes')",
    )
    ((published,),) = rows(
        violent_crime_published.path,
        "select sum(delivered_rows) from quality.deliveries where extract = 'crimes'",
    )
    assert loaded == published
