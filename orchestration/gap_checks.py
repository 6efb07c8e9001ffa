"""Data-quality gaps as asset checks: those that must hold are blocking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from expectations.settings import read_settings
from linkage.base.errors import AuditFailedError
from orchestration import stages
from orchestration.dbt_assets import asset_key, not_made

if TYPE_CHECKING:
    from expectations.audit import AuditResult
    from expectations.gap_results import GapResult

GAPS = "quality/gaps"
MUST_HOLD = "must hold"
# Metadata of a check, from which the line is made that a run ends with.
BEYOND, DATA_DOCS = "beyond_tolerance", "data_docs"
BETWEEN = "; "


def gap_checks(source: str) -> dict[str, dg.AssetCheckSpec]:
    """A check of `quality/gaps` for each gap of a source, by the gap's name."""
    return {
        gap.gap: dg.AssetCheckSpec(
            gap.gap,
            asset=asset_key(source, GAPS),
            description=gap.description,
            blocking=gap.severity == MUST_HOLD,
            metadata={
                "severity": gap.severity,
                "owner": gap.owner,
                "tolerance": gap.tolerance,
            },
        )
        for gap in read_settings()[1]
        if source in gap.sources
    }


def gap_results(
    checks: Mapping[str, dg.AssetCheckSpec], audited: AuditResult, published_docs: Path
) -> Iterator[dg.AssetCheckResult | dg.Output[None]]:
    """Each gap over all deliveries, as counts only; none that was not evaluated.

    `published_docs` are the Data Docs of the build once it is published.
    """
    data_docs = str(audited.data_docs if audited.breaches else published_docs)
    by_gap: dict[str, list[GapResult]] = {name: [] for name in checks}
    for result in audited.results:
        # Of no row, nothing was evaluated: a first delivery has nothing before it.
        if result.population:
            by_gap[result.gap.gap].append(result)
    for name, results in by_gap.items():
        yield (
            _result(checks[name], results, data_docs)
            if results
            else not_made(checks[name])
        )


def _result(
    check: dg.AssetCheckSpec, results: list[GapResult], data_docs: str
) -> dg.AssetCheckResult:
    gap = results[0].gap
    beyond = [one for one in results if not one.is_within_tolerance]
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=check.name,
        passed=not beyond,
        severity=dg.AssetCheckSeverity.ERROR
        if gap.severity == MUST_HOLD
        else dg.AssetCheckSeverity.WARN,
        metadata={
            "records_checked": sum(one.population for one in results),
            "records_affected": sum(one.failing for one in results),
            "deliveries": len(results),
            BEYOND: BETWEEN.join(map(stages.breach, beyond)) or "none",
            "tolerance": gap.tolerance,
            "severity": gap.severity,
            "owner": gap.owner,
            DATA_DOCS: dg.MetadataValue.path(data_docs),
        },
    )


def audit_failure(instance: dg.DagsterInstance, run: str) -> AuditFailedError | None:
    """The gaps for which Dagster has ended a run, as one line; None without any."""
    breaches: list[str] = []
    data_docs = ""
    for entry in instance.all_logs(
        run, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ):
        assert entry.dagster_event
        made = entry.dagster_event.asset_check_evaluation_data
        if made.blocking and not made.passed and BEYOND in made.metadata:
            breaches += str(made.metadata[BEYOND].value).split(BETWEEN)
            data_docs = str(made.metadata[DATA_DOCS].value)
    return AuditFailedError(stages.refusal(breaches, data_docs)) if breaches else None
