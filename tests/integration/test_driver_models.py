"""The driver models on a published warehouse: all, kept by run, or one alone."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import numpy as np
import pandas as pd
import pytest

from linkage.base.progress import Progress
from linkage.base.settings import PROJECT, RunSettings
from ml.drivers import fit_published
from ml.fitting import FIRTH, MAXIMUM_LIKELIHOOD
from ml.results import fit_tables
from orchestration.assets import family_assets, family_key, product_asset, products
from orchestration.run_context import RUNS, LogReporter, resource_key, run_config
from tests.running import PublishedRun, frame, run_linkage

RATES = ("nagelkerke_r2", "mcfadden_r2", "auc", "brier", "pct_correct_overall")


@pytest.fixture
def warehouse(drivers_published: PublishedRun, tmp_path: Path) -> RunSettings:
    """A copy of the published warehouse to fit on."""
    copy = tmp_path / "cris.duckdb"
    shutil.copyfile(drivers_published.path, copy)
    settings = RunSettings("cris", drivers_published.settings.extracts, copy)
    settings.build_folder.mkdir()
    return settings


def rows(path: Path, query: str) -> list[Any]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


# What is fitted -----------------------------------------------------------------------


def test_every_model_of_the_study_is_fitted(drivers_published: PublishedRun) -> None:
    with (PROJECT / "data" / "published" / "mopac_driver_models.csv").open() as lines:
        printed = {row["model"]: row["crime_area"] for row in csv.DictReader(lines)}
    fitted = dict(
        rows(drivers_published.path, "select model, crime_area from drivers.models")
    )
    assert len(printed) == 31
    assert fitted == printed


def test_every_model_is_fitted_by_one_of_two_methods_or_says_why_not(
    drivers_published: PublishedRun,
) -> None:
    models = frame(drivers_published.path, "select * from drivers.models")
    plain = models[models.method == MAXIMUM_LIKELIHOOD]
    penalised = models[models.method == FIRTH]
    assert len(plain) > 3
    assert len(penalised) > 3
    unfitted = models[models.method.isna()]
    assert len(plain) + len(penalised) + len(unfitted) == len(models)
    assert plain.note.isna().all()
    assert penalised.note.str.contains("penalised fit").all()
    assert unfitted.note.notna().all()


def test_no_estimate_is_out_of_all_bounds(drivers_published: PublishedRun) -> None:
    odds = frame(drivers_published.path, "select * from drivers.odds_ratios")
    fitted = odds[odds.coefficient.notna()]
    assert np.abs(fitted.coefficient).max() < 10
    assert fitted.std_error.max() < 10
    for column in ("coefficient", "std_error", "p_value", "marginal_effect"):
        assert np.isfinite(fitted[column]).all(), column


def test_what_has_no_estimate_or_a_doubtful_one_says_why(
    drivers_published: PublishedRun,
) -> None:
    odds = frame(drivers_published.path, "select * from drivers.odds_ratios")
    assert odds.note[odds.coefficient.isna()].notna().all()
    rarer = np.minimum(odds.events, odds.cases - odds.events)
    assert odds.note[odds.coefficient.notna() & (rarer < 10)].notna().all()
    separated = odds[odds.coefficient.notna() & (rarer == 0)]
    assert len(separated)
    assert separated.note.str.contains("penalised").all()


def test_cases_and_events_of_a_category_are_those_of_the_design(
    drivers_published: PublishedRun,
) -> None:
    design = frame(
        drivers_published.path,
        "select * from drivers.design where is_suspect_known_to_victim = 1 "
        "and is_domestic_abuse = 1 and is_suspect_current_or_ex_partner = 0",
    )
    odds = frame(
        drivers_published.path, "select * from drivers.odds_ratios where model = '6'"
    )
    assert len(odds) > 50
    for row in odds.itertuples():
        chosen = design[design[row.design_column] == 1]
        assert row.cases == len(chosen)
        assert row.events == chosen.is_victim_withdrawal.sum()


def test_a_reference_without_a_case_is_replaced_by_name(warehouse: RunSettings) -> None:
    with duckdb.connect(str(warehouse.warehouse)) as connection:
        connection.execute(
            "update drivers.driver_model_changes "
            "set reference_category = 'Not recorded (stranger)' "
            "where model = '18' and variable = 'suspect_relationship'"
        ).fetchall()
    fit_published(warehouse, ["18"])
    odds = frame(
        warehouse.warehouse,
        "select * from drivers.odds_ratios "
        "where model = '18' and variable = 'suspect_relationship'",
    ).set_index("category")
    largest = odds.cases.idxmax()
    assert odds.note[largest].startswith("compared with")
    assert pd.isna(odds.coefficient[largest])
    others = odds.drop(index=largest)
    assert (others.reference_category == largest).all()


# Measures -----------------------------------------------------------------------------


def test_measures_lie_where_they_can(drivers_published: PublishedRun) -> None:
    models = frame(
        drivers_published.path, "select * from drivers.models where converged"
    )
    for column in RATES:
        assert models[column].between(0, 1).all(), column
    assert (models.auc_low <= models.auc).all()
    assert (models.auc <= models.auc_high).all()
    share = models.events / models.sample_size
    mean = share * models.pct_correct_1 + (1 - share) * models.pct_correct_0
    np.testing.assert_allclose(mean, models.pct_correct_overall)


def test_a_model_does_worse_on_cases_it_has_not_seen(
    drivers_published: PublishedRun,
) -> None:
    performance = frame(drivers_published.path, "select * from drivers.performance")
    auc = performance.pivot_table(index="model", columns="sample", values="auc")
    assert set(auc.columns) == {"in sample", "cross-validated", "out of time"}
    assert (auc["cross-validated"] < auc["in sample"]).all()
    slopes = performance.pivot_table(
        index="model", columns="sample", values="calibration_slope"
    )
    large = frame(
        drivers_published.path,
        "select model from drivers.models where events_per_variable > 10 "
        f"and method = '{MAXIMUM_LIKELIHOOD}'",
    ).model
    np.testing.assert_allclose(slopes["in sample"][large], 1, atol=1e-6)
    assert slopes["cross-validated"][large].between(0.4, 1.1).all()


def test_every_case_is_unseen_once(drivers_published: PublishedRun) -> None:
    assert not rows(
        drivers_published.path,
        "select model from drivers.performance "
        "inner join drivers.models using (model) "
        "where sample = 'cross-validated' and cases != sample_size",
    )


# Runs are kept ------------------------------------------------------------------------


def test_a_run_says_which_publication_and_which_code_fitted_it(
    drivers_published: PublishedRun,
) -> None:
    ((run, publication, code, models),) = rows(
        drivers_published.path,
        "select run, publication, code_version, models from drivers.runs",
    )
    assert (run, publication) == (1, 1)
    assert code
    assert len(models.split(", ")) == 31
    ((number, deliveries),) = rows(
        drivers_published.path,
        "select publication, deliveries from quality.publications",
    )
    assert (number, deliveries) == (1, 1)


def test_a_fit_replaces_the_last_one_which_is_kept(warehouse: RunSettings) -> None:
    with duckdb.connect(str(warehouse.warehouse)) as connection:
        connection.execute(
            "update drivers.design set is_victim_withdrawal = 1 - is_victim_withdrawal"
        ).fetchall()
    (fit,) = fit_published(warehouse, ["12"])
    path = warehouse.warehouse
    ((run, events),) = rows(
        path, "select run, events from drivers.models where model = '12'"
    )
    assert (run, events) == (2, fit.events)
    kept = rows(
        path,
        "select run, events from drivers.models_by_run where model = '12' order by run",
    )
    assert [row[0] for row in kept] == [1, 2]
    assert kept[0][1] == fit.sample_size - fit.events
    for table in fit_tables():
        assert not rows(
            path,
            f"select run from drivers.{table} except select run from drivers.runs",
        )


def test_a_model_that_cannot_be_fitted_says_why_and_the_others_go_on(
    warehouse: RunSettings,
) -> None:
    with duckdb.connect(str(warehouse.warehouse)) as connection:
        connection.execute("update drivers.design set is_stalking = 0").fetchall()
        connection.execute(
            "update drivers.design set is_victim_withdrawal = 1 where is_hate_crime = 1"
        ).fetchall()
    fit_published(warehouse, ["10", "11", "00"])
    found = frame(
        warehouse.warehouse,
        "select * from drivers.models where model in ('10', '11', '00')",
    ).set_index("model")
    assert found.note["10"] == "there is no case"
    assert found.note["11"] == "every case has the outcome"
    assert not found.converged["10"]
    assert found.converged["00"]
    assert found.auc.isna()["10"]


# From the command line ----------------------------------------------------------------


def test_two_models_are_compared_and_the_result_is_kept(warehouse: RunSettings) -> None:
    done = run_linkage("compare", "15", "16", "--warehouse", warehouse.warehouse)
    assert done.returncode == 0, done.stderr
    assert "15 and 16: " in done.stdout
    ((differ, shared),) = rows(
        warehouse.warehouse,
        "select count(*) filter (is_different), count(*) from drivers.comparisons "
        "where comparison = '15 and 16' and variable != '(all shared)'",
    )
    assert f"{differ} of {shared} shared odds ratios differ" in done.stdout


def test_two_periods_of_a_model_are_compared(warehouse: RunSettings) -> None:
    done = run_linkage(
        *("compare", "000", "--from", "2021-10-15"),
        *("--warehouse", warehouse.warehouse),
    )
    assert done.returncode == 0, done.stderr
    assert "000 before 2021-10-01 and 000 from 2021-10-01: " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["15"], "name a second model, or a month with --from"),
        (["15", "99"], "--model 99: no such model"),
        (["00", "0"], "no category against the same reference is in both"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_one_line(
    published: PublishedRun, arguments: list[str], words: str
) -> None:
    done = run_linkage("compare", *arguments, "--warehouse", published.path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr


def test_a_comparison_without_fitted_models_says_how_to_fit_them_and_writes_nothing(
    warehouse: RunSettings,
) -> None:
    with duckdb.connect(str(warehouse.warehouse)) as connection:
        for table in ("models", "odds_ratios", "performance", "comparisons"):
            connection.execute(f"drop table drivers.{table}").fetchall()
    before = warehouse.warehouse.read_bytes()
    done = run_linkage("compare", "15", "16", "--warehouse", warehouse.warehouse)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "no driver models are fitted" in done.stderr
    assert "`linkage drivers`" in done.stderr
    assert warehouse.warehouse.read_bytes() == before


def test_a_model_that_fails_is_published_as_not_fitted_and_the_others_are_fitted(
    warehouse: RunSettings,
) -> None:
    with duckdb.connect(str(warehouse.warehouse)) as connection:
        # More than a yes or no can be: only model 1 reads the column.
        connection.execute("update drivers.design set suspect_recorded__yes = 300")
    done = run_linkage(
        *("drivers", "--model", "00", "--model", "1"),
        *("--warehouse", warehouse.warehouse),
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("linkage: model 1 could not be fitted: ")
    assert "300" not in line
    fits = frame(
        warehouse.warehouse,
        "select model, converged, note from drivers.models "
        "where model in ('00', '1') order by model",
    )
    assert fits["converged"].tolist() == [True, False]
    assert fits["note"][1]
    assert (warehouse.site / "model-00.html").exists()
    page = (warehouse.site / "model-1.html").read_text(encoding="utf-8")
    assert "The model could not be fitted: " in page


def test_gradient_boosting_is_compared_on_the_same_cases(
    warehouse: RunSettings,
) -> None:
    done = run_linkage(
        *("drivers", "--benchmark", "--model", "00"),
        *("--warehouse", warehouse.warehouse),
    )
    assert done.returncode == 0, done.stderr
    performance = frame(
        warehouse.warehouse,
        "select * from drivers.performance "
        "where model = '00' and sample like 'cross-validated, at most%'",
    )
    assert set(performance.learner) == {
        "gradient boosting",
        "logistic, the same cases",
    }
    assert performance.cases.nunique() == 1
    importance = frame(warehouse.warehouse, "select * from drivers.importance")
    assert len(importance) > 5
    assert (
        frame(
            warehouse.warehouse,
            "select * from drivers.performance where model = '00' "
            "and learner = 'logistic'",
        ).shape[0]
        == 3
    )


# In the orchestrator ------------------------------------------------------------------


def resources(settings: RunSettings) -> dict[str, Any]:
    key = resource_key(settings.source)
    return {
        key: RUNS[settings.source](**run_config(settings)[key]["config"]),
        "progress": Progress(LogReporter()),
    }


def test_each_family_is_an_asset_with_a_partition_per_model() -> None:
    families = {asset.key: asset.partitions_def for asset in family_assets("cris")}
    crime_areas = families[family_key("cris", "crime_areas")]
    assert crime_areas is not None
    assert list(crime_areas.get_partition_keys()) == [str(n) for n in range(4, 14)]
    assert len(families) == 6


def test_one_model_is_fitted_alone_and_shows_its_figures(
    warehouse: RunSettings,
) -> None:
    key = family_key("cris", "crime_areas")
    (asset,) = (one for one in family_assets("cris") if one.key == key)
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [asset],
            partition_key="7",
            resources=resources(warehouse),
            instance=instance,
        )
    (event,) = result.asset_materializations_for_node(asset.node_def.name)
    assert event.partition == "7"
    assert event.metadata["n"].value > 0
    assert 0 < float(str(event.metadata["auc"].value)) < 1
    page = Path(str(event.metadata["page"].value))
    assert "<h1>Model 7: " in page.read_text(encoding="utf-8")
    assert rows(
        warehouse.warehouse, "select models from drivers.runs where run = 2"
    ) == [("7",)]


def test_a_whole_run_counts_as_a_run_of_each_model(warehouse: RunSettings) -> None:
    fits = products("cris")[0]
    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize(
            [product_asset(fits, "cris", None)],
            resources=resources(warehouse),
            instance=instance,
        )
        for family in ("model_testing", "early_or_late"):
            key = family_key("cris", family)
            done = instance.get_materialized_partitions(key)
            (asset,) = (one for one in family_assets("cris") if one.key == key)
            assert asset.partitions_def is not None
            assert set(asset.partitions_def.get_partition_keys()) == set(done)


def test_a_run_leaves_a_page_of_each_model(nibrs_published: PublishedRun) -> None:
    folder = nibrs_published.settings.site
    models = rows(nibrs_published.path, "select model from drivers.models")
    assert {f"model-{model}.html" for (model,) in models} == {
        path.name for path in folder.glob("model-*.html")
    }
    assert "SIMULATED" not in (folder / "drivers.html").read_text(encoding="utf-8")
    assert f"Report: {folder / 'index.html'}" in nibrs_published.stdout
