"""Runs the suites inside DuckDB and writes what they found to schema `quality`."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from expectations.offline_pages import make_offline
from expectations.settings import Gap, Suite, read_settings

# No usage statistics leave the machine: set before Great Expectations is imported.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

SEVERITY_IN_DOCS = {
    "must hold": "critical",
    "should hold": "warning",
    "watch": "info",
}


@dataclass(frozen=True)
class GapResult:
    """How many rows of one delivery have a gap, of how many it applies to."""

    gap: Gap
    delivery: str
    population: int
    failing: int

    @property
    def share(self) -> float | None:
        """Share of the population, 0-1; None where the gap applies to no row."""
        return self.failing / self.population if self.population else None

    @property
    def is_within_tolerance(self) -> bool:
        """Does the share stay inside the tolerance? No rows, no breach."""
        return self.share is None or self.share <= self.gap.tolerance


@dataclass(frozen=True)
class AuditResult:
    """What the audit found, and where its Data Docs were written."""

    results: tuple[GapResult, ...]
    data_docs: Path

    @property
    def breaches(self) -> list[GapResult]:
        """Gaps that must hold and do not."""
        return [
            result
            for result in self.results
            if result.gap.severity == "must hold" and not result.is_within_tolerance
        ]


def run_audit(
    intake: Path,
    build: Path,
    data_docs: Path,
    source_system: str,
    *,
    progress: Callable[[str], None] | None = None,
) -> AuditResult:
    """Validate every suite for every delivery and write gaps and exceptions.

    `intake` holds the audit tables (schema `audit`), `build` receives `quality.gaps`
    and `quality.exceptions`. Results hold counts only: no value of a record leaves
    DuckDB.
    """
    suites, gaps = read_settings()
    gaps = [gap for gap in gaps if source_system in gap.sources]
    results: list[GapResult] = []
    deliveries = {suite.suite: _deliveries(intake, suite.table) for suite in suites}
    is_simulated = _is_simulated(intake)
    context = _context(data_docs, is_simulated)
    try:
        datasource = _datasource(context, intake)
        for suite in suites:
            own = [gap for gap in gaps if gap.suite == suite.suite]
            for delivery in deliveries[suite.suite]:
                name = f"{suite.suite}, delivery {delivery}"
                title = f"{name} (SIMULATED)" if is_simulated else name
                results += _validate(context, datasource, suite, own, delivery, title)
                if progress:
                    progress(name)
        context.build_data_docs()
        make_offline(data_docs)
    finally:
        _close(context)
    _write(intake, build, suites, gaps, results)
    return AuditResult(tuple(results), data_docs / "index.html")


def _deliveries(intake: Path, table: str) -> list[str]:
    with duckdb.connect(str(intake)) as connection:
        rows = connection.execute(
            f"select distinct delivery from audit.{table} order by delivery"
        ).fetchall()
    return [row[0] for row in rows]


def _is_simulated(intake: Path) -> bool:
    with duckdb.connect(str(intake)) as connection:
        row = connection.execute(
            "select count(*) from raw.deliveries where is_simulated"
        ).fetchone()
    return bool(row and row[0])


def _context(data_docs: Path, is_simulated: bool) -> Any:
    import great_expectations as gx

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    for name in list(context.get_site_names()):
        context.delete_data_docs_site(name)
    context.add_data_docs_site(
        site_name="SIMULATED data" if is_simulated else "Data quality",
        site_config={
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(data_docs.resolve()),
            },
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    return context


def _datasource(context: Any, intake: Path) -> Any:
    from expectations.duckdb_dialect import NAME, register

    register()
    return context.data_sources.add_sql(
        name="intake", connection_string=f"{NAME}:///{intake.resolve()}"
    )


def _close(context: Any) -> None:
    # DuckDB lets one file be open under one configuration only in a process.
    for datasource in context.data_sources.all().values():
        datasource.get_execution_engine().close()
        datasource.get_engine().dispose()


def _validate(
    context: Any,
    datasource: Any,
    suite: Suite,
    gaps: Sequence[Gap],
    delivery: str,
    name: str,
) -> list[GapResult]:
    import great_expectations as gx
    import great_expectations.expectations as gxe

    asset = datasource.add_query_asset(
        name=name,
        query=f"select * from audit.{suite.table} where delivery = '{delivery}'",
    )
    expectations = gx.ExpectationSuite(
        name=name,
        notes=suite.description,
        expectations=[
            gxe.ExpectColumnValuesToNotBeInSet(
                column=gap.gap,
                value_set=[True],
                mostly=1 - gap.tolerance,
                severity=SEVERITY_IN_DOCS[gap.severity],
                description=_in_words(gap),
                meta={"owner": gap.owner, "severity": gap.severity},
            )
            for gap in gaps
        ],
    )
    definition = gx.ValidationDefinition(
        name=name,
        data=asset.add_batch_definition_whole_table(delivery),
        suite=context.suites.add(expectations),
    )
    context.validation_definitions.add(definition)
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(
            name=name,
            validation_definitions=[definition],
            result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
        )
    )
    run = checkpoint.run(
        run_id=gx.RunIdentifier(run_name=f"delivery {delivery}")
    ).run_results
    (validated,) = run.values()
    by_gap = {gap.gap: gap for gap in gaps}
    return [
        _result(by_gap[one.expectation_config.kwargs["column"]], delivery, one)
        for one in validated.results
    ]


def _in_words(gap: Gap) -> str:
    published = (
        f" The London study published {gap.published_share:.0%}."
        if gap.published_share is not None
        else ""
    )
    return (
        f"{gap.description}: at most {gap.tolerance:.0%} of those it applies to "
        f"({gap.severity}; owner: {gap.owner}).{published}"
    )


def _result(gap: Gap, delivery: str, validated: Any) -> GapResult:
    result = validated.result
    if "element_count" not in result:
        raise RuntimeError(f"the audit could not evaluate {gap.gap}")
    return GapResult(
        gap=gap,
        delivery=delivery,
        population=int(result["element_count"]) - int(result["missing_count"]),
        failing=int(result["unexpected_count"]),
    )


def _write(
    intake: Path,
    build: Path,
    suites: Sequence[Suite],
    gaps: Sequence[Gap],
    results: Sequence[GapResult],
) -> None:
    tables = {suite.suite: suite.table for suite in suites}
    with duckdb.connect(str(build)) as connection:
        connection.execute(
            f"attach '{_escaped(intake)}' as intake (read_only)"
        ).fetchall()
        connection.execute("create schema if not exists quality").fetchall()
        connection.execute(
            "create or replace table quality.gaps (gap varchar, delivery varchar, "
            "suite varchar, description varchar, severity varchar, owner varchar, "
            "population bigint, failing bigint, share double, tolerance double, "
            "published_share double, is_within_tolerance boolean)"
        ).fetchall()
        connection.executemany(
            "insert into quality.gaps values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    one.gap.gap,
                    one.delivery,
                    one.gap.suite,
                    one.gap.description,
                    one.gap.severity,
                    one.gap.owner,
                    one.population,
                    one.failing,
                    one.share,
                    one.gap.tolerance,
                    one.gap.published_share,
                    one.is_within_tolerance,
                )
                for one in results
            ],
        ).fetchall()
        connection.execute(
            "create or replace table quality.exceptions "
            "(gap varchar, crime_ref varchar, bcu varchar, delivery varchar)"
        ).fetchall()
        for gap in gaps:
            if gap.listed:
                connection.execute(
                    f"insert into quality.exceptions select '{gap.gap}', crime_ref, "
                    f"bcu, delivery from intake.audit.{tables[gap.suite]} "
                    f"where {gap.gap}"
                ).fetchall()


def _escaped(path: Path) -> str:
    return str(path.resolve()).replace("'", "''")
