"""The monitor on a published warehouse: its counts, its model, what it publishes."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.oversight.expected import ALL_BCUS, OWN_RATE, count
from linkage.oversight.monitor import monitor_published, monitor_tables, watch
from linkage.oversight.settings import MonitorSettings, read_settings
from linkage.publication.publish import open_published
from ml.design_rows import open_design
from ml.drivers import fit_model
from ml.fitting import MAXIMUM_LIKELIHOOD
from ml.specification import ALL_CASES, read_specifications
from tests.running import PublishedRun, frame

SETTINGS = read_settings()
# The cases of each area in marts.cases, as pandas says it.
AREAS = {
    "All crime": "crime_ref == crime_ref",
    "Domestic abuse": "is_domestic_abuse",
    "Adult sexual offences": "is_adult_sexual_offence",
    "Adult rape offences": "is_adult_rape",
    "Child sexual abuse": "is_child_sexual_abuse",
    "Stalking": "is_stalking",
    "Hate crime": "is_hate_crime",
    "Serious youth violence": "is_serious_youth_violence",
    "Violence with injury": "crime_type == 'Violence with injury'",
}


def by_model(model: str | None) -> MonitorSettings:
    return dataclasses.replace(SETTINGS, models={"cris": {"default": model}})


@pytest.fixture(scope="module")
def watched(
    drivers_published: PublishedRun, tmp_path_factory: pytest.TempPathFactory
) -> RunSettings:
    """A copy of the published warehouse, with the monitor."""
    copy = tmp_path_factory.mktemp("watched") / "cris.duckdb"
    shutil.copyfile(drivers_published.path, copy)
    settings = RunSettings("cris", drivers_published.settings.extracts, copy)
    settings.build_folder.mkdir()
    stated: list[str] = []
    signals = monitor_published(settings, progress=stated.append)
    assert len(stated) == 1
    assert stated[0].startswith(f"withdrawal monitor: {signals} signals")
    return settings


@pytest.fixture
def connection(watched: RunSettings) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_published(watched) as opened:
        yield opened


def table(watched: RunSettings, name: str) -> pd.DataFrame:
    return frame(watched.warehouse, f"select * from marts.{name}")


# Counts and the expected rate ---------------------------------------------------------


def test_the_counts_are_those_of_the_cases(watched: RunSettings) -> None:
    cases = frame(watched.warehouse, "select * from marts.cases")
    cases["month"] = pd.to_datetime(cases.recorded_on).dt.to_period("M").dt.start_time
    found = table(watched, "withdrawal_monitor").set_index(
        ["crime_area", "bcu", "month"]
    )
    assert found.index.is_unique
    assert set(found.index.get_level_values(0)) == set(AREAS)
    checked = 0
    for area, condition in AREAS.items():
        of_area = cases.query(condition)
        for bcu, rows in [(ALL_BCUS, of_area), *of_area.groupby("bcu")]:
            counted = rows.groupby("month").is_victim_withdrawal.agg(["size", "sum"])
            mine = found.loc[area].loc[bcu]
            mine = mine[mine.cases > 0]
            assert mine.cases.to_dict() == counted["size"].to_dict()
            assert mine.withdrawals.to_dict() == counted["sum"].to_dict()
            checked += len(mine)
    assert checked == (found.cases > 0).sum()


def test_each_area_counts_what_the_published_rates_count(
    watched: RunSettings,
) -> None:
    assert (
        frame(
            watched.warehouse,
            "select crime_area from marts.withdrawal_rates as rates "
            "inner join (select crime_area, sum(cases) as n, sum(withdrawals) as o "
            "from marts.withdrawal_monitor where bcu = 'All' group by crime_area) "
            "using (crime_area) where dimension = 'all' "
            "and cases = n and withdrawals = o",
        ).crime_area.nunique()
        == 9
    )


def test_the_expected_withdrawals_are_the_models_own_predictions(
    connection: duckdb.DuckDBPyConnection, watched: RunSettings
) -> None:
    """Sums equal those of `ml`'s fit; of a plain fit they are what was observed."""
    plain = 0
    with open_design(watched, connection) as design:
        for specification in read_specifications(connection):
            if specification.filters != ALL_CASES:
                continue
            fit = fit_model(design, specification, None)
            assert fit.fit is not None
            assert fit.effects is not None
            _, (area, *_others) = count(connection, by_model(fit.model), "cris")
            total = float(fit.effects.predicted @ fit.effects.cases)
            assert area.crime_area == "All crime"
            assert area.expected_by == f"model {fit.model}"
            assert area.expected[0].sum() == pytest.approx(total, abs=1e-6)
            assert area.expected[1:].sum() == pytest.approx(total, abs=1e-6)
            if fit.fit.method == MAXIMUM_LIKELIHOOD:
                assert total == pytest.approx(area.withdrawals[0].sum(), abs=1e-6)
                plain += 1
    assert plain


def test_the_expected_withdrawals_of_a_cell_are_those_of_its_cases(
    connection: duckdb.DuckDBPyConnection, watched: RunSettings
) -> None:
    odds = connection.sql(
        "select design_column, coefficient from drivers.odds_ratios where model = '2'"
    ).df()
    (intercept,) = connection.sql(
        "select intercept from drivers.models where model = '2'"
    ).fetchall()[0]
    design = connection.sql("select * from drivers.design").df()
    log_odds = intercept + design[odds.design_column].to_numpy() @ (
        odds.coefficient.fillna(0).to_numpy()
    )
    design["p"] = 1 / (1 + np.exp(-log_odds))
    design["v"] = design.p * (1 - design.p)
    stalking = design[design.is_stalking == 1]
    months, areas = count(connection, SETTINGS, "cris")
    (area,) = (one for one in areas if one.crime_area == "Stalking")
    for bcu, month in np.ndindex(area.cases.shape):
        rows = stalking[stalking.recorded_month == months[month]]
        if bcu:
            rows = rows[rows.site == area.bcus[bcu]]
        assert area.cases[bcu, month] == len(rows)
        assert area.expected[bcu, month] == pytest.approx(rows.p.sum(), abs=1e-9)
        assert area.variance[bcu, month] == pytest.approx(rows.v.sum(), abs=1e-9)


def test_each_areas_expected_withdrawals_are_scaled_to_the_observed(
    watched: RunSettings,
) -> None:
    sums = frame(
        watched.warehouse,
        "select crime_area, bcu = 'All' as is_all, sum(withdrawals) as observed, "
        "sum(expected_withdrawals) as expected from marts.withdrawal_monitor "
        "group by all",
    )
    assert len(sums) == 18
    assert sums.expected.to_numpy() == pytest.approx(sums.observed.to_numpy())


# What is published --------------------------------------------------------------------


def test_the_tables_are_published_with_the_columns_they_are_described_by(
    watched: RunSettings,
) -> None:
    for name, stated in monitor_tables().items():
        described = frame(watched.warehouse, f"describe marts.{name}")
        assert dict(
            zip(described.column_name, described.column_type.str.lower(), strict=True)
        ) == {column: one.kind for column, one in stated.columns.items()}
        assert stated.description
        assert all(one.description for one in stated.columns.values())


def test_points_too_small_show_no_rate_and_others_lie_around_their_centre(
    watched: RunSettings,
) -> None:
    found = table(watched, "withdrawal_monitor")
    figures = ["withdrawal_rate", "ratio", "centre_line", "lower_limit", "upper_limit"]
    small, others = found[found.is_too_small], found[~found.is_too_small]
    assert len(small)
    assert len(others) > 100
    assert small[[*figures, "z"]].isna().all(axis=None)
    assert small.signals.isna().all()
    assert others[[*figures, "z"]].notna().all(axis=None)
    assert (others.lower_limit < others.centre_line).all()
    assert (others.centre_line < others.upper_limit).all()
    assert (others.cases >= SETTINGS.minimum_cases).all()
    assert (found.sigma_z >= 1).all()
    assert not found.is_seasonally_adjusted.any()
    assert (found.seasonal_index == 1).all()


def test_the_funnel_holds_each_bcu_of_each_area_once(watched: RunSettings) -> None:
    found = table(watched, "withdrawal_funnel")
    assert not found.duplicated(["crime_area", "bcu"]).any()
    shown = found[~found.is_too_small]
    inside = shown.adjusted_rate.between(shown.funnel_low_95, shown.funnel_high_95)
    assert (inside == (shown.position == "inside")).all()
    assert (shown.funnel_low_998 <= shown.funnel_low_95).all()
    assert (shown.funnel_high_998 >= shown.funnel_high_95).all()
    assert found[found.is_too_small].position.isna().all()


def shifted(settings: RunSettings, folder: Path) -> RunSettings:
    """A copy where one BCU's withdrawals rise from January 2022 on."""
    copy = folder / "cris.duckdb"
    shutil.copyfile(settings.warehouse, copy)
    changed = dataclasses.replace(settings, warehouse=copy)
    changed.build_folder.mkdir()
    with duckdb.connect(str(copy)) as connection:
        connection.execute(
            "update drivers.design set is_victim_withdrawal = 1 "
            "where site = 'West Area' and recorded_month >= date '2022-01-01' "
            "and hash(crime_ref) % 10 < 6"
        ).fetchall()
    return changed


def test_a_planted_shift_is_a_current_signal_from_its_month(
    watched: RunSettings, tmp_path: Path
) -> None:
    settings = shifted(watched, tmp_path)
    assert monitor_published(settings) > 0
    (signal,) = frame(
        settings.warehouse,
        "select * from marts.withdrawal_signals where crime_area = 'All crime' "
        "and bcu = 'West Area' and rule = 'beyond_3_sigma' and direction = 'higher'",
    ).itertuples()
    assert signal.started_on == pd.Timestamp("2022-01-01")
    assert signal.latest_month == pd.Timestamp("2022-03-01")
    assert signal.is_current
    assert signal.months == 3
    assert signal.excess_withdrawals > 30
    points = frame(
        settings.warehouse,
        "select * from marts.withdrawal_monitor where crime_area = 'All crime' "
        "and bcu = 'West Area' and signals like '%beyond_3_sigma%' "
        "and month >= date '2022-01-01'",
    )
    assert len(points) == 3
    assert (points.withdrawal_rate > points.upper_limit).all()
    assert (points.signal_since <= pd.Timestamp("2022-01-01")).all()


def test_watching_again_replaces_what_was_seen(
    watched: RunSettings, tmp_path: Path
) -> None:
    settings = shifted(watched, tmp_path)
    first = monitor_published(settings)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute(
            "update drivers.design set is_victim_withdrawal = cast(cases."
            "is_victim_withdrawal as integer) from marts.cases "
            "where design.crime_ref = cases.crime_ref"
        ).fetchall()
    assert monitor_published(settings) < first
    for name in monitor_tables():
        pd.testing.assert_frame_equal(table(settings, name), table(watched, name))


def test_a_parquet_version_is_watched_like_a_duckdb_file(
    watched: RunSettings, tmp_path: Path
) -> None:
    settings = dataclasses.replace(
        watched, warehouse=tmp_path / "cris.spark", engine="spark"
    )
    version = settings.warehouse / "versions" / "00001"
    with open_published(watched) as connection:
        for schema, name in connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where schema_name in ('marts', 'quality', 'drivers') "
            "and table_name not like 'withdrawal_%'"
        ).fetchall():
            folder = version / schema / name
            folder.mkdir(parents=True)
            connection.execute(
                f"copy {schema}.{name} to '{folder}/rows.parquet'"
            ).fetchall()
    (settings.warehouse / "current").symlink_to("versions/00001")
    monitor_published(settings)
    with open_published(settings) as connection:
        for name in monitor_tables():
            pd.testing.assert_frame_equal(
                connection.sql(f"select * from marts.{name}").df(),
                table(watched, name),
            )


# What it can not do -------------------------------------------------------------------


def test_without_a_fitted_model_each_area_is_expected_to_keep_its_rate(
    watched: RunSettings, tmp_path: Path
) -> None:
    copy = tmp_path / "cris.duckdb"
    shutil.copyfile(watched.warehouse, copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("drop table drivers.models").fetchall()
        rows = watch(connection, "cris", SETTINGS)
    found = pd.DataFrame(rows["withdrawal_monitor"])
    assert set(found.expected_by) == {OWN_RATE}
    rates = found[found.cases > 0].groupby("crime_area").expected_rate
    assert (rates.max() - rates.min() < 1e-9).all()


@pytest.mark.parametrize(
    ("model", "words"), [("3", "in all cases"), ("no such", "no model no such")]
)
def test_a_model_of_no_use_is_refused_by_name(
    connection: duckdb.DuckDBPyConnection, model: str, words: str
) -> None:
    with pytest.raises(LinkageError, match=rf"settings.yml: .*{words}"):
        count(connection, by_model(model), "cris")


def test_a_column_the_design_has_not_is_refused_with_its_name(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    settings = dataclasses.replace(SETTINGS, crime_areas={"Arson": "is_arson = 1"})
    with pytest.raises(LinkageError, match=r"crime_areas: .*is_arson"):
        count(connection, settings, "cris")


def test_nibrs_is_watched_by_each_areas_own_rate(
    nibrs_published: PublishedRun,
) -> None:
    with open_published(nibrs_published.settings) as connection:
        rows = watch(connection, "nibrs", SETTINGS)
    found = pd.DataFrame(rows["withdrawal_monitor"])
    assert set(found.expected_by) == {OWN_RATE}
    assert not found.is_maturing.any()
    assert found.is_too_small.mean() > 0.5
