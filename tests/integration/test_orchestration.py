"""The asset graph: every table of the contract, every check, and one job per source."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from expectations.settings import read_settings
from linkage.base.errors import LinkageError, StageMissingError, causes
from linkage.base.settings import PROJECT, SOURCES, STUDIES, RunSettings
from linkage.publication.publish import one_run_at_a_time
from orchestration.dbt_assets import SourceTranslator, asset_key
from orchestration.dbt_project import manifest_of
from orchestration.gap_checks import GAPS
from orchestration.jobs import WAREHOUSE, build_definitions
from orchestration.run_context import RUNS, run_config
from tests.deliveries import deliver, sound
from tests.integration.test_pipeline import CONTRACT
from tests.running import PublishedRun, rows

Manifests = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Manifests:
    """dbt's manifests by source, as the orchestrator reads them."""
    folder = tmp_path_factory.mktemp("manifest")
    return {
        source: manifest_of(RunSettings(source, folder, folder / f"{source}.duckdb"))
        for source in SOURCES
    }


@pytest.fixture(scope="module")
def definitions(manifests: Manifests) -> dg.Definitions:
    return build_definitions(manifests)


def selected(definitions: dg.Definitions, source: str) -> set[str]:
    """Assets of a source's job, as `source/schema/table`."""
    job = definitions.resolve_job_def(f"{source}_job")
    return {"/".join(key.path) for key in job.asset_layer.selected_asset_keys}


def test_the_definitions_load(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_the_module_that_dagster_dev_opens_has_a_job_per_source() -> None:
    from orchestration.definitions import defs

    for source in SOURCES:
        assert defs.resolve_job_def(f"{source}_job").name == f"{source}_job"


@pytest.mark.parametrize("table", CONTRACT)
@pytest.mark.parametrize("source", STUDIES["victim-withdrawal"])
def test_every_table_of_the_contract_is_an_asset_of_each_job(
    definitions: dg.Definitions, table: str, source: str
) -> None:
    assert f"{source}/{table.replace('.', '/')}" in selected(definitions, source)


@pytest.mark.parametrize("source", SOURCES)
def test_the_assets_of_a_source_are_its_own_and_begin_with_its_name(
    definitions: dg.Definitions, source: str
) -> None:
    names = selected(definitions, source)
    assert {name.split("/")[0] for name in names} == {source}
    others = set(SOURCES) - {source}
    assert not {
        name
        for name in names
        for other in others
        if f"_{other}__" in name or f"raw_{other}/" in name
    }
    assert {x for x in names if f"/stg_{source}__" in x}
    graph = definitions.resolve_asset_graph()
    for name in names:
        parents = graph.get(dg.AssetKey(name.split("/"))).parent_keys
        assert {key.path[0] for key in parents} <= {source}, name


def test_every_asset_can_be_materialized(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert graph.materializable_asset_keys == set(graph.get_all_asset_keys())


def test_what_cannot_be_done_in_part_cannot_be_selected_in_part(
    definitions: dg.Definitions,
) -> None:
    job = definitions.resolve_job_def("cris_job")
    for name in ("marts/cases", "raw_cris/offences", "drivers/models"):
        with pytest.raises(dg.DagsterInvalidSubsetError):
            job.get_subset(asset_selection={asset_key("cris", name)})


def test_every_data_test_is_an_asset_check(
    manifests: Manifests, definitions: dg.Definitions
) -> None:
    checks = {key.name for key in definitions.resolve_asset_graph().asset_check_keys}
    tests = {
        props["name"]: props
        for props in manifests["cris"]["nodes"].values()
        if props["resource_type"] == "test"
    }
    assert len(tests) > 50
    assert set(tests) - checks == set()


def test_every_data_test_is_run_by_the_job_of_a_source(
    manifests: Manifests,
    published: PublishedRun,
    nibrs_published: PublishedRun,
    violent_crime_published: PublishedRun,
    national_published: PublishedRun,
) -> None:
    ran = set()
    for run in (
        published,
        nibrs_published,
        violent_crime_published,
        national_published,
    ):
        results = (run.settings.target / "run_results.json").read_text()
        ran |= {one["unique_id"] for one in json.loads(results)["results"]}
    tests = {
        key
        for key, props in manifests["cris"]["nodes"].items()
        if props["resource_type"] == "test"
    }
    assert tests - ran == set()


@pytest.mark.parametrize("source", SOURCES)
def test_the_gaps_of_a_source_are_the_checks_of_its_gaps(
    definitions: dg.Definitions, source: str
) -> None:
    graph = definitions.resolve_asset_graph()
    blocking = {
        key.name: graph.get(key).blocking
        for key in graph.asset_check_keys
        # dbt's test of its key is a check of it too.
        if key.asset_key == asset_key(source, GAPS) and key.name[:7] != "is_key_"
    }
    assert blocking == {
        gap.gap: gap.severity == "must hold"
        for gap in read_settings()[1]
        if source in gap.sources
    }


def test_nothing_is_published_before_the_audit_has_passed(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    published = asset_key("cris", "published_warehouse")
    before = graph.get_ancestor_asset_keys(published)
    for name in (GAPS, "marts/cases", "raw_cris/offences"):
        assert asset_key("cris", name) in before
    models = asset_key("cris", "drivers/models")
    assert published in graph.get_ancestor_asset_keys(models)
    # Its blocking checks hold up what reads a table.
    steps = definitions.resolve_job_def("cris_job").graph.dependency_structure
    assert "audit_cris" in {
        output.node_name
        for _, outputs in steps.input_to_upstream_outputs_for_node(
            "publish_cris"
        ).items()
        for output in outputs
    }


def test_an_asset_is_named_as_the_contract_names_its_table(
    manifests: Manifests,
) -> None:
    named = {
        ".".join(SourceTranslator("cris").get_asset_key(props).path[1:])
        for props in manifests["cris"]["nodes"].values()
        if props["resource_type"] in ("model", "seed")
    }
    built = {name for name in CONTRACT if not name.startswith("quality.")}
    assert built - {"drivers.models", "drivers.odds_ratios"} <= named


def test_every_asset_says_what_it_is_and_where_its_code_is(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        asset = graph.get(key)
        assert asset.description, key.to_user_string()
        code = asset.metadata["dagster/code_references"].code_references
        for one in code:
            assert Path(one.file_path).is_relative_to(PROJECT)
            assert Path(one.file_path).exists()


def test_a_source_has_a_few_groups_and_no_group_has_two_sources(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    groups = Counter(graph.get(key).group_name for key in graph.get_all_asset_keys())
    for source in SOURCES:
        own = {name for name in groups if str(name).startswith(f"{source}_")}
        assert len(own) <= 10
    for key in graph.get_all_asset_keys():
        assert str(graph.get(key).group_name).startswith(f"{key.path[0]}_")


def test_a_monthly_product_should_be_fresh(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for source in ("cris", "violent_crime"):
        assert graph.get(asset_key(source, "published_warehouse")).freshness_policy


def test_a_month_is_a_partition_of_the_whole_run(definitions: dg.Definitions) -> None:
    months = definitions.resolve_job_def("cris_months_job")
    main = definitions.resolve_job_def("cris_job")
    assert (
        months.asset_layer.selected_asset_keys == main.asset_layer.selected_asset_keys
    )
    assert months.partitioned_config is not None
    config = months.partitioned_config.get_run_config_for_partition_key("2021-03-01")
    assert config["resources"]["cris_run"]["config"] == {"months": ["2021-03"]}


def test_runs_of_one_warehouse_wait_for_each_other(definitions: dg.Definitions) -> None:
    kept = yaml.safe_load((PROJECT / ".dagster" / "dagster.yaml").read_text())
    (limit,) = kept["concurrency"]["runs"]["tag_concurrency_limits"]
    assert limit == {
        "key": WAREHOUSE,
        "limit": 1,
        "value": {"applyLimitPerUniqueValue": True},
    }
    for job in definitions.jobs or []:
        assert definitions.resolve_job_def(job.name).run_tags[WAREHOUSE] in SOURCES


# A part of a run alone ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "missing"),
    [
        ("publish_cris", "no build has passed its audit"),
        ("build_cris", "no deliveries are loaded for the next build"),
        ("audit_cris", "no models are built for the next audit"),
    ],
)
def test_a_later_part_alone_says_what_comes_first_and_changes_nothing(
    manifests: Manifests,
    published: PublishedRun,
    tmp_path: Path,
    op: str,
    missing: str,
) -> None:
    settings = RunSettings("cris", tmp_path, tmp_path / "cris.duckdb")
    shutil.copyfile(published.path, settings.warehouse)
    before = settings.warehouse.read_bytes()
    definitions = build_definitions({"cris": manifests["cris"]}, retries=None)
    job = definitions.resolve_job_def("cris_job")
    with pytest.raises(dg.Failure) as failed:
        job.execute_in_process(
            op_selection=[op], run_config={"resources": run_config(settings)}
        )
    (error,) = (one for one in causes(failed.value) if isinstance(one, LinkageError))
    assert isinstance(error, StageMissingError)
    assert missing in str(error)
    assert "run the whole cris_job" in str(error)
    assert settings.warehouse.read_bytes() == before


def test_a_run_may_be_done_part_by_part(manifests: Manifests, tmp_path: Path) -> None:
    deliver(tmp_path / "extracts", sound(*(f"{n}/21" for n in range(20))))
    settings = RunSettings("cris", tmp_path / "extracts", tmp_path / "cris.duckdb")
    definitions = build_definitions({"cris": manifests["cris"]}, retries=None)
    job = definitions.resolve_job_def("cris_job")

    def run(*ops: str) -> None:
        job.execute_in_process(
            op_selection=ops, run_config={"resources": run_config(settings)}
        )

    run("load_cris")
    with pytest.raises(dg.Failure, match="no build has passed its audit"):
        run("publish_cris")
    run("build_cris", "audit_cris")
    assert not settings.warehouse.exists()
    run("publish_cris")
    assert rows(settings.warehouse, "select count(*) from marts.cases") == [(20,)]
    # It is published: there is no other build.
    for op in ("build_cris", "audit_cris", "publish_cris"):
        with pytest.raises(dg.Failure, match="nothing was changed"):
            run(op)


def test_a_process_that_holds_a_warehouse_goes_on(tmp_path: Path) -> None:
    settings = RunSettings("cris", tmp_path, tmp_path / "cris.duckdb")
    with one_run_at_a_time(settings):
        with one_run_at_a_time(settings):
            pass
        with one_run_at_a_time(settings):
            pass


# The newcomer's run -------------------------------------------------------------------


def test_a_run_without_settings_reads_the_landing_folder_or_that_of_the_last_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = tmp_path / "landing"
    monkeypatch.setattr(
        "orchestration.run_context.default_extracts", lambda source: landing
    )
    run = RUNS["cris"](warehouse=str(tmp_path / "cris.duckdb"))
    run.settings.build_folder.mkdir()
    assert run.settings.extracts == landing
    run.settings.extracts_note.write_text("elsewhere", encoding="utf-8")
    assert run.settings.extracts == Path("elsewhere")
    landing.mkdir()
    assert run.settings.extracts == landing
