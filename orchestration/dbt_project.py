"""dbt inside this process: parse once, build from that manifest, report as it goes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from linkage.base.code_checksum import code_checksum
from linkage.base.errors import AuditFailedError, LinkageError
from linkage.base.settings import PROJECT, RunSettings
from linkage.publication.build_state import (
    CHANGED,
    is_incremental,
    parts_of_crime_reports,
)
from linkage.publication.publish import keep_tables
from linkage.publication.release import BUILD, INTAKE

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

DbtEvent = dict[str, Any]
# A call of `dbt build`: the crime reports it takes (macros/crime_reports.sql), and what
# it selects.
DbtCall = tuple[str, tuple[str, ...]]
# dbt's inputs, and the folder that keeps its manifest for a month.
CODE = ("models", "macros", "seeds", "tests/dbt")
PARSED = PROJECT / "target" / "parsed"
PARTIAL, MANIFEST = "partial_parse.msgpack", "manifest.json"
RUN_RESULTS, RELEASE_RESULTS = "run_results.json", "release_results.json"
KEPT_SECONDS = 30 * 24 * 3600.0
# dbt's events at the end of a node.
RESULTS = {"LogSeedResult", "LogModelResult", "LogTestResult"}


def _arguments(settings: RunSettings) -> list[str]:
    return [
        "--project-dir",
        str(PROJECT),
        "--profiles-dir",
        str(PROJECT),
        "--target-path",
        str(settings.target),
        "--target",
        "spark" if settings.engine == "spark" else "run",
        "--vars",
        json.dumps(settings.dbt_vars()),
        "--log-level",
        "none",
        "--log-level-file",
        "none",
    ]


@contextmanager
def _environment(settings: RunSettings, **more: str) -> Iterator[None]:
    before = dict(os.environ)
    ours = {**settings.dbt_environment(), **more}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            if name in before:
                os.environ[name] = before[name]
            else:
                os.environ.pop(name, None)


def parse(settings: RunSettings) -> Manifest:
    """Read the dbt project; leaves manifest.json in the target folder.

    dbt takes seconds to read the project, and would for every warehouse, though its
    manifest names no path: it is kept for as long as the project is the same.
    """
    kept = PARSED / code_checksum(settings, CODE)
    manifest = _read_kept(settings, kept)
    if manifest is None:
        manifest = _parse(settings)
        _keep(settings, kept)
    return manifest


def _read_kept(settings: RunSettings, kept: Path) -> Manifest | None:
    from dbt.contracts.graph.manifest import Manifest

    try:
        manifest: Manifest = Manifest.from_msgpack((kept / PARTIAL).read_bytes())
        settings.target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(kept / MANIFEST, settings.target / MANIFEST)
    except FileNotFoundError:
        return None
    # The `graph` of macros.
    manifest.build_flat_graph()
    return manifest


def _keep(settings: RunSettings, kept: Path) -> None:
    """For the next run; where the project's folder can't be written, for none."""
    new = kept.with_name(f"{kept.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        for old in PARSED.glob("*"):
            if old.stat().st_mtime < time.time() - KEPT_SECONDS:
                shutil.rmtree(old)
        new.mkdir(parents=True, exist_ok=True)
        for name in (PARTIAL, MANIFEST):
            shutil.copyfile(settings.target / name, new / name)
        new.rename(kept)
    shutil.rmtree(new, ignore_errors=True)


def _parse(settings: RunSettings) -> Manifest:
    from dbt.cli.main import dbtRunner

    with _environment(settings):
        result = dbtRunner().invoke(["--quiet", "parse", *_arguments(settings)])
    if not result.success:
        if result.exception is None or isinstance(result.exception, KeyboardInterrupt):
            raise KeyboardInterrupt
        raise LinkageError(f"dbt cannot read the project: {result.exception}")
    return result.result


def manifest_of(settings: RunSettings) -> dict[str, Any]:
    """The manifest of dbt as plain data, for the graph of assets."""
    kept = PARSED / code_checksum(settings, CODE) / MANIFEST
    if not kept.exists():
        parse(settings)
    path = kept if kept.exists() else settings.target / MANIFEST
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def nodes_of(manifest: Mapping[str, Any], source: str) -> set[str]:
    """Inputs and outputs of `dbt build --selector <source>`: models, seeds, raw tables.

    The same as selectors.yml: what carries the tag, and all that this is made of.
    """
    nodes: dict[str, Any] = {**manifest["nodes"], **manifest["sources"]}
    wanted = [
        key
        for key, node in nodes.items()
        if source in node["tags"] and node["resource_type"] != "test"
    ]
    chosen: set[str] = set()
    while wanted:
        key = wanted.pop()
        if key not in chosen:
            chosen.add(key)
            wanted += nodes[key].get("depends_on", {}).get("nodes", [])
    return chosen


def tests_of(manifest: Mapping[str, Any], chosen: set[str]) -> set[str]:
    """Data tests of which all that they read is chosen."""
    return {
        key
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "test"
        and chosen.issuperset(node["depends_on"]["nodes"])
    }


def build(
    settings: RunSettings, manifest: Manifest, *arguments: str
) -> Iterator[DbtEvent]:
    """Build and test the nodes of the source's selector; yields each node's result.

    `arguments` are more of `dbt build`. Unit tests prove the code, not the data: they
    run in the test command, not here. Raises AuditFailedError when a data test failed,
    RuntimeError when SQL did.
    """
    if settings.engine == "spark":
        from linkage.engines.spark_session import session

        session(settings)
    if is_incremental(settings):
        _start_with_last_run(settings, manifest)
        calls = [_changed_crime_reports(settings)]
    else:
        calls = _full_refresh(settings)
    try:
        for number, (crime_reports, selection) in enumerate(calls):
            # A build leaves its compiled SQL in the manifest.
            parsed = parse(settings) if number else manifest
            yield from _build(settings, parsed, crime_reports, selection + arguments)
    finally:
        if settings.engine == "duckdb":
            _release_database()


def release(settings: RunSettings, folder: Path) -> Iterator[DbtEvent]:
    """Build schema `release` in the copy of the published warehouse in this folder."""
    on_duckdb = replace(settings, engine="duckdb")
    selection = f"tag:{settings.source}_release", "perturbation"
    try:
        yield from _build(
            on_duckdb,
            parse(on_duckdb),
            "all",
            ("--select", *selection),
            RELEASE_RESULTS,
            LINKAGE_BUILD=str(folder / BUILD),
            LINKAGE_INTAKE=str(folder / INTAKE),
        )
    finally:
        _release_database()


def _start_with_last_run(settings: RunSettings, manifest: Manifest) -> None:
    """Keep its tables: dbt replaces them, or appends to those that are incremental."""
    on_spark = settings.engine == "spark"
    tables = {
        f"{one.schema}.{one.alias}"
        for one in manifest.nodes.values()
        if not on_spark or one.config.materialized == "incremental"
    }
    if on_spark:
        from linkage.engines.spark_tables import keep_unchanged_crime_reports

        keep_unchanged_crime_reports(settings, tables, CHANGED)
    else:
        keep_tables(settings, tables)


def _changed_crime_reports(settings: RunSettings) -> DbtCall:
    """Lookups already exist; tests that read them run.

    Spark keeps names in the memory of a process: there they are created again.
    """
    existing = ("--exclude", "resource_type:seed")
    return (
        "changed",
        (
            *("--select", f"+tag:{settings.source}"),
            *(existing if settings.engine == "duckdb" else ()),
            *("--indirect-selection", "buildable"),
        ),
    )


def _full_refresh(settings: RunSettings) -> list[DbtCall]:
    """One call, or the models of crime reports part by part and the others after them.

    DuckDB keeps to its memory limit by spilling, but a join of wide rows takes several
    times its input while it does: parts are for inputs of which the largest raw table
    would not fit.
    """
    parts = parts_of_crime_reports(settings)
    if parts == 1:
        return [("all", ("--selector", settings.source, "--full-refresh"))]
    every = f"+tag:{settings.source}"
    part = (
        *("--select", f"+config.materialized:incremental,{every}"),
        *("--exclude-resource-type", "test"),
    )
    others = (
        *("--select", every, "--exclude", "config.materialized:incremental"),
        *("--indirect-selection", "buildable"),
    )
    return [
        (f"0 of {parts}", (*part, "--full-refresh")),
        *((f"{number} of {parts}", part) for number in range(1, parts)),
        ("all", others),
    ]


def _build(
    settings: RunSettings,
    manifest: Manifest,
    crime_reports: str,
    arguments: tuple[str, ...],
    results: str = RUN_RESULTS,
    **environment: str,
) -> Iterator[DbtEvent]:
    from dbt.cli.main import dbtRunner
    from dbt_common.events.base_types import EventMsg
    from google.protobuf.json_format import MessageToDict

    queue: SimpleQueue[DbtEvent | None] = SimpleQueue()
    outcome: list[Any] = []

    def pass_on(event: EventMsg) -> None:
        # dbt also reports thousands of its own steps.
        if event.info.name in RESULTS:
            queue.put(MessageToDict(event, preserving_proto_field_name=True))

    def run() -> None:
        try:
            environment["LINKAGE_CRIME_REPORTS"] = crime_reports
            with _environment(settings, **environment):
                outcome.append(
                    dbtRunner(manifest=manifest, callbacks=[pass_on]).invoke(
                        [
                            "--quiet",
                            # The manifest already exists; the results come below.
                            "--no-write-json",
                            "build",
                            *_arguments(settings),
                            "--exclude-resource-type",
                            "unit_test",
                            *arguments,
                        ]
                    )
                )
        finally:
            queue.put(None)

    thread = Thread(target=run, name="dbt", daemon=True)
    thread.start()
    while (event := queue.get()) is not None:
        yield event
    thread.join()
    if outcome:
        if outcome[0].result is not None:
            outcome[0].result.write(str(settings.target / results))
        _raise_for(outcome[0], settings)


def _release_database() -> None:
    """Close dbt's DuckDB connection, so that the build file can be published."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    # Where dbt ended before it opened the database, there is none.
    with contextlib.suppress(Exception):
        DuckDBConnectionManager.env().close()
    DuckDBConnectionManager.close_all_connections()


def _raise_for(result: Any, settings: RunSettings) -> None:
    if result.success:
        return
    if result.exception is not None:
        raise result.exception
    failed = [r for r in result.result if r.status in ("fail", "error")]
    tests = [r for r in failed if r.node.resource_type == "test"]
    if len(tests) == len(failed):
        first = tests[0]
        more = f" (and {len(tests) - 1} more)" if len(tests) > 1 else ""
        raise AuditFailedError(
            f"the data test {first.node.name}{_broken_rules(first.node, settings)} "
            f"failed for {first.failures or 'some'} rows{more}; nothing was published"
        )
    first = next(r for r in failed if r not in tests)
    raise RuntimeError(f"{first.node.name}: {first.message}")


def _broken_rules(node: Any, settings: RunSettings) -> str:
    """Failed rules of a test that checks many in one scan: their names, no values."""
    metadata = getattr(node, "test_metadata", None)
    if metadata is None or metadata.name != "rules_hold":
        return ""
    from linkage.engines.build_tables import build_tables

    with build_tables(settings) as tables:
        names = sorted(row[0] for row in tables.rows(node.compiled_code))
    return f" ({', '.join(names)})" if names else ""


def generate_site(settings: RunSettings) -> Path:
    """Write dbt's documentation site as one page; returns where it is."""
    from dbt.cli.main import dbtRunner

    with _environment(settings):
        result = dbtRunner().invoke(
            ["--quiet", "docs", "generate", "--static", *_arguments(settings)]
        )
    if not result.success:
        raise LinkageError(f"dbt cannot write its site: {result.exception}")
    return settings.target / "static_index.html"
