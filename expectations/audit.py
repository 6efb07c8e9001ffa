"""Validates the gaps of a build, and compares the counts with `quality.gaps`."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.context import open_context
from expectations.gap_results import BEYOND, GapResult, counts, read_results
from expectations.settings import SEVERITIES, read_settings
from expectations.suites import define_checkpoints
from expectations.trends_page import EXCEPTIONS, SCORES, write_trends
from linkage.base.settings import RunSettings
from linkage.engines.build_tables import build_tables

if TYPE_CHECKING:
    from great_expectations.data_context import FileDataContext

SIMULATED = "select count(*) from quality.deliveries where is_simulated"
# Validations of one run, latest deliveries first; a must-hold breach always is one.
MOST_VALIDATED = 12
# Results of a suite that stay in Data Docs.
KEPT_RESULTS = 24


@dataclass(frozen=True)
class AuditResult:
    """Findings of the audit, and the folder of its Data Docs."""

    results: tuple[GapResult, ...]
    breaches: tuple[GapResult, ...]
    data_docs: Path


def run_audit(
    settings: RunSettings, *, progress: Callable[[str], None] | None = None
) -> AuditResult:
    """Validate the latest delivery, and every suite that fails in an earlier one.

    dbt has counted every gap of every delivery into `quality.gaps`. Great Expectations
    counts what it validates with its own SQL; where the two differ the run ends. Its
    verdict on a gap that must hold decides whether the build is published. Results hold
    counts only, and are kept with those of earlier runs. Raises RuntimeError where the
    two count or judge differently.
    """
    suites, gaps = read_settings()
    gaps = [gap for gap in gaps if settings.source in gap.sources]
    suites = [one for one in suites if one.suite in {gap.suite for gap in gaps}]
    with build_tables(settings) as tables:
        results = read_results(tables, suites, gaps)
        scores, exceptions = tables.rows(SCORES), tables.rows(EXCEPTIONS)
        ((simulated,),) = tables.rows(SIMULATED)
    _start_with_published_docs(settings)
    context = open_context(settings.intake, settings.audited_docs)
    define_checkpoints(context, suites, gaps, settings.engine)
    table_of = {suite.suite: suite.table for suite in suites}
    breaches: list[GapResult] = []
    with _batches(context, settings) as batch:
        for suite, delivery in _to_validate(results):
            counted = [
                one
                for one in results
                if (one.gap.suite, one.delivery) == (suite, delivery)
            ]
            label = " (SIMULATED)" if simulated else ""
            breaches += _validate(
                context, counted, batch(table_of[suite], delivery), label
            )
            if progress:
                progress(f"{suite}, delivery {delivery}")
    _forget_old_results(context)
    # Great Expectations' own styles and pictures: no page uses them.
    shutil.rmtree(settings.audited_docs / "static", ignore_errors=True)
    write_trends(
        settings.audited_docs,
        suites,
        results,
        scores,
        exceptions,
        is_simulated=bool(simulated),
    )
    return AuditResult(
        tuple(results), tuple(breaches), settings.audited_docs / "index.html"
    )


def _start_with_published_docs(settings: RunSettings) -> None:
    """Earlier results are the history; copies, since kept publications link to them."""
    shutil.rmtree(settings.audited_docs, ignore_errors=True)
    if settings.data_docs.exists():
        shutil.copytree(settings.data_docs, settings.audited_docs)


def _to_validate(results: Sequence[GapResult]) -> list[tuple[str, str]]:
    """Suites and deliveries: all of the latest, and those that fail, the gravest first.

    A validation takes Great Expectations up to two seconds, of any size: their number
    does not grow with that of the deliveries.
    """
    latest = max((one.delivery for one in results), default=None)
    gravest: dict[tuple[str, str], int] = defaultdict(lambda: len(SEVERITIES))
    for one in results:
        fails = one.verdict == BEYOND and one.gap.severity != "watch"
        if fails or one.delivery == latest:
            key = (one.gap.suite, one.delivery)
            severity = SEVERITIES.index(one.gap.severity) if fails else len(SEVERITIES)
            gravest[key] = min(gravest[key], severity)
    current = [key for key in gravest if key[1] == latest]
    earlier = sorted(
        (key for key in gravest if key[1] != latest), key=lambda key: key[1]
    )[::-1]
    blocking = [key for key in earlier if gravest[key] == 0]
    others = [key for key in earlier if gravest[key] != 0]
    return current + blocking + others[:MOST_VALIDATED]


@contextmanager
def _batches(
    context: FileDataContext, settings: RunSettings
) -> Iterator[Callable[[str, str], dict[str, Any]]]:
    """Gives the parameters of a batch: the rows of an audit table and a delivery."""
    if settings.engine == "spark":
        from linkage.engines.spark_session import session

        spark = session(settings)
        yield lambda table, delivery: {
            "dataframe": spark.table(f"audit.{table}").where(f"delivery = '{delivery}'")
        }
        return
    try:
        yield lambda _, delivery: {"delivery": delivery}
    finally:
        # DuckDB lets one file be open under one configuration only in a process.
        source: Any = context.data_sources.get(settings.engine)
        source.get_execution_engine().close()
        source.get_engine().dispose()


def _validate(
    context: FileDataContext,
    counted: Sequence[GapResult],
    batch: dict[str, Any],
    label: str,
) -> list[GapResult]:
    """Run the checkpoint of a suite on a delivery; returns the breaches."""
    import great_expectations as gx

    run = context.checkpoints.get(counted[0].gap.suite).run(
        batch_parameters=batch,
        expectation_parameters={one.gap.gap: one.least_share for one in counted},
        run_id=gx.RunIdentifier(run_name=f"delivery {counted[0].delivery}{label}"),
    )
    (validated,) = run.run_results.values()
    by_gap = {one.gap.gap: one for one in counted}
    breaches = []
    for one in validated.results:
        found = by_gap.pop(one.expectation_config.meta["gap"])
        if "element_count" not in one.result:
            raise RuntimeError(f"the audit could not evaluate {found.gap.gap}")
        judged = (*counts(one.result), bool(one.success))
        if judged != (found.population, found.failing, found.is_within_tolerance):
            raise RuntimeError(
                f"Great Expectations and quality.gaps count {found.gap.gap} differently"
            )
        if not one.success and found.gap.severity == "must hold":
            breaches.append(found)
    if by_gap:
        raise RuntimeError(f"the audit did not evaluate {', '.join(by_gap)}")
    return breaches


def _forget_old_results(context: FileDataContext) -> None:
    """Keep the latest results of each suite; Data Docs drop the pages of the others."""
    store: Any = context.validation_results_store
    by_suite: dict[str, list[Any]] = defaultdict(list)
    for key in store.list_keys():
        by_suite[key.expectation_suite_identifier.name].append(key)
    for keys in by_suite.values():
        keys.sort(key=lambda key: key.run_id.run_time, reverse=True)
        for key in keys[KEPT_RESULTS:]:
            store.remove_key(key)
