"""Validates the gaps of a build, and compares the counts with `quality.gaps`."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from expectations.batches import Batches, batches
from expectations.gap_results import BEYOND, GapResult, read_results
from expectations.offline_pages import make_offline
from expectations.settings import Suite, read_settings
from expectations.trends_page import SCORES, write_trends_page
from linkage.base.settings import RunSettings
from linkage.engines.build_tables import build_tables

# No usage statistics leave the machine: set before Great Expectations is imported.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

SIMULATED = "select count(*) from quality.deliveries where is_simulated"


@dataclass(frozen=True)
class AuditResult:
    """Findings of the audit, and the folder of its Data Docs."""

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
    settings: RunSettings, *, progress: Callable[[str], None] | None = None
) -> AuditResult:
    """Judge every gap of every delivery, as dbt has counted it into `quality.gaps`.

    Great Expectations takes a third of a second per suite and delivery of any size. It
    validates the latest delivery, and each suite that fails in an earlier one, shows
    them in Data Docs, and must come to the same counts and verdicts by its own SQL.
    Results hold counts only: no value of a record leaves the engine.
    """
    suites, gaps = read_settings()
    gaps = [gap for gap in gaps if settings.source in gap.sources]
    suites = [one for one in suites if one.suite in {gap.suite for gap in gaps}]
    with build_tables(settings) as tables:
        results = read_results(tables, suites, gaps)
        scores = tables.rows(SCORES)
        ((simulated,),) = tables.rows(SIMULATED)
    is_simulated = bool(simulated)
    shown = _shown(results)
    context = _context(settings.audited_docs, is_simulated)
    with batches(context, settings) as source:
        for suite in suites:
            for delivery in sorted(shown[suite.suite]):
                counted = [
                    one
                    for one in results
                    if (one.gap.suite, one.delivery) == (suite.suite, delivery)
                ]
                name = f"{suite.suite}, delivery {delivery}"
                title = f"{name} (SIMULATED)" if is_simulated else name
                _validate(context, source, suite, counted, title)
                if progress:
                    progress(name)
        context.build_data_docs()
        make_offline(settings.audited_docs)
    write_trends_page(
        settings.audited_docs, scores, suites, results, is_simulated=is_simulated
    )
    return AuditResult(tuple(results), settings.audited_docs / "index.html")


def _shown(results: Sequence[GapResult]) -> dict[str, set[str]]:
    """Deliveries of each suite with a page: the latest, and those in which it fails."""
    latest = max((one.delivery for one in results), default=None)
    shown: dict[str, set[str]] = defaultdict(set)
    for one in results:
        fails = one.verdict == BEYOND and one.gap.severity != "watch"
        if fails or one.delivery == latest:
            shown[one.gap.suite].add(one.delivery)
    return shown


def _context(data_docs: Path, is_simulated: bool) -> Any:
    import great_expectations as gx

    # Some of its modules set their own level, and others install a root handler.
    log = logging.getLogger("great_expectations")
    log.setLevel(logging.ERROR)
    log.propagate = False
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


def _validate(
    context: Any,
    source: Batches,
    suite: Suite,
    counted: Sequence[GapResult],
    name: str,
) -> None:
    """Validate one suite on one delivery.

    Raises RuntimeError where Great Expectations counts or judges otherwise.
    """
    import great_expectations as gx

    from expectations.gap_expectations import expectation

    delivery = counted[0].delivery
    batch, parameters = source(name, suite.table, delivery)
    expectations = gx.ExpectationSuite(
        name=name,
        notes=suite.description,
        expectations=[expectation(one) for one in counted],
    )
    definition = gx.ValidationDefinition(
        name=name,
        data=batch,
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
        batch_parameters=parameters,
        run_id=gx.RunIdentifier(run_name=f"delivery {delivery}"),
    ).run_results
    (validated,) = run.values()
    by_gap = {one.gap.gap: one for one in counted}
    for one in validated.results:
        found, result = by_gap[one.expectation_config.kwargs["column"]], one.result
        if "element_count" not in result:
            raise RuntimeError(f"the audit could not evaluate {found.gap.gap}")
        population = int(result["element_count"]) - int(result["missing_count"])
        judged = (population, int(result["unexpected_count"]), bool(one.success))
        if judged != (found.population, found.failing, found.is_within_tolerance):
            raise RuntimeError(
                f"Great Expectations and quality.gaps count {found.gap.gap} differently"
            )
