"""The asset graph: every table of the contract, every check, and one job per source."""

from __future__ import annotations

import json
from typing import Any

import dagster as dg
import pytest

from expectations.settings import read_settings
from linkage.base.settings import SOURCES, STUDIES, RunSettings
from orchestration import dbt_project
from orchestration.assets import GAPS, SourceTranslator, asset_key
from orchestration.jobs import build_definitions, run_assets
from tests.integration.test_pipeline import CONTRACT
from tests.running import PublishedRun

Manifests = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Manifests:
    """dbt's manifests by source, as the orchestrator reads them."""
    folder = tmp_path_factory.mktemp("manifest")
    found = {}
    for source in SOURCES:
        settings = RunSettings(source, folder, folder / f"{source}.duckdb")
        dbt_project.parse(settings)
        found[source] = dbt_project.read_manifest(dbt_project.manifest_path(settings))
    return found


@pytest.fixture(scope="module")
def definitions(manifests: Manifests) -> dg.Definitions:
    return build_definitions(manifests)


def selected(manifests: Manifests, source: str) -> set[str]:
    """Assets of a source's job, as `source/schema/table`."""
    return {
        "/".join(key.path)
        for asset in run_assets(manifests[source], source)
        for key in asset.keys
    }


def test_the_definitions_load(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_the_module_that_dagster_dev_opens_has_a_job_per_source() -> None:
    from orchestration.definitions import defs

    for source in SOURCES:
        assert defs.resolve_job_def(f"{source}_job").name == f"{source}_job"


@pytest.mark.parametrize("table", CONTRACT)
@pytest.mark.parametrize("source", STUDIES["victim-withdrawal"])
def test_every_table_of_the_contract_is_an_asset_of_each_job(
    manifests: Manifests, table: str, source: str
) -> None:
    assert f"{source}/{table.replace('.', '/')}" in selected(manifests, source)


@pytest.mark.parametrize("source", SOURCES)
def test_the_assets_of_a_source_are_its_own_and_begin_with_its_name(
    manifests: Manifests, definitions: dg.Definitions, source: str
) -> None:
    names = selected(manifests, source)
    assert {name.split("/")[0] for name in names} == {source}
    others = set(SOURCES) - {source}
    assert not {x for x in names for other in others if f"_{other}__" in x}
    assert {x for x in names if f"/stg_{source}__" in x}
    graph = definitions.resolve_asset_graph()
    for name in names:
        parents = graph.get(dg.AssetKey(name.split("/"))).parent_keys
        assert {key.path[0] for key in parents} <= {source}, name


def test_every_asset_can_be_materialized(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert graph.materializable_asset_keys == set(graph.get_all_asset_keys())


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
    checks = {
        key.name
        for key in definitions.resolve_asset_graph().asset_check_keys
        # dbt's test of its key is a check of it too.
        if key.asset_key == asset_key(source, GAPS) and key.name[:7] != "is_key_"
    }
    gaps = [gap for gap in read_settings()[1] if source in gap.sources]
    assert checks == {gap.gap for gap in gaps}


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


def test_every_asset_says_what_it_is(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        assert graph.get(key).description, key.to_user_string()
