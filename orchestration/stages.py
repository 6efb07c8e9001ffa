"""The stages of a run, in their order; Dagster's assets call these functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from linkage.base.progress import Progress
from linkage.base.settings import RunSettings
from linkage.publication.build_state import Reached, note_reached, require
from orchestration import ahead, dbt_project

if TYPE_CHECKING:
    from expectations.audit import AuditResult
    from expectations.gap_results import GapResult
    from ml.drivers import DriverFit

SHOWN_BREACHES = 5
INDEX = "index.html"
Figures = Mapping[str, int | float | Path]


def load_extracts(settings: RunSettings, progress: Progress) -> dict[str, int]:
    """Load new deliveries, or all; rows by raw table (`schema/table`)."""
    from linkage.checks.settings_check import check_settings
    from linkage.extracts.load import load_source

    check_settings()
    with progress.step("Load extracts"):
        rows = load_source(settings, progress.line, only_changes=True)
    settings.extracts_note.write_text(str(settings.extracts), encoding="utf-8")
    return rows


def build_models(
    settings: RunSettings, progress: Progress
) -> Iterator[dbt_project.DbtEvent]:
    """Build and test the models of the source; yields each node's result."""
    require(settings, Reached.LOADED)
    note_reached(settings, Reached.LOADED)
    with progress.step("Read the project"):
        project = ahead.project_of(settings)
    with progress.step("Build and test the models"):
        for event in dbt_project.build(settings, project):
            if event["info"]["name"] != "LogTestResult":
                progress.line(str(event["data"]["node_info"]["node_name"]))
            yield event
    note_reached(settings, Reached.BUILT)


def audit(settings: RunSettings, progress: Progress) -> AuditResult:
    """Run the expectations; the caller refuses breaches."""
    from expectations.audit import run_audit

    require(settings, Reached.BUILT)
    with progress.step("Audit"):
        audited = run_audit(settings, progress=progress.line)
    note_reached(settings, Reached.BUILT if audited.breaches else Reached.AUDITED)
    return audited


def breach(result: GapResult) -> str:
    """A gap that must hold and does not, in one delivery."""
    from linkage.base.percentages import exact_percent, percent

    return (
        f"{result.gap.gap} in delivery {result.delivery} ({result.failing:,} of "
        f"{result.population:,}, {percent(result.share)}, tolerated "
        f"{exact_percent(result.gap.tolerance)})"
    )


def refusal(breaches: Sequence[str], data_docs: str) -> str:
    """One line on a build that is not published because of these."""
    more = len(breaches) - SHOWN_BREACHES
    return (
        f"must hold and does not: {'; '.join(breaches[:SHOWN_BREACHES])}"
        f"{f'; and {more:,} more' if more > 0 else ''}; nothing was published; "
        f"see {data_docs}"
    )


def publish(settings: RunSettings, progress: Progress) -> None:
    """Make the audited build the warehouse that readers open."""
    from linkage.publication.delivery_changes import publication_news
    from linkage.publication.publish import open_published
    from linkage.publication.publish import publish as publish_build

    require(settings, Reached.AUDITED)
    with progress.step("Publish"):
        publish_build(settings)
        progress.line(str(settings.warehouse))
        with open_published(settings) as connection:
            progress.event("published", **publication_news(connection))


def fit_models(settings: RunSettings, progress: Progress) -> list[DriverFit]:
    """Fit all driver models on the published warehouse."""
    from ml.drivers import fit_published

    with progress.step("Fit driver models"):
        return fit_published(settings, progress=progress.line, problem=progress.problem)


# Later stages return their figures for Dagster, and where their pages begin.


def fit_study_models(settings: RunSettings, progress: Progress) -> Figures:
    """Fit the penalised models of a study on its published warehouse."""
    from ml.study_models import fit_published

    with progress.step("Fit driver models"):
        fits = fit_published(settings, progress=progress.line, problem=progress.problem)
    return {"models": len(fits)}


def watch_withdrawal(settings: RunSettings, progress: Progress) -> Figures:
    """Watch withdrawal by month."""
    from linkage.oversight.monitor import monitor_published

    with progress.step("Watch withdrawal"):
        signals = monitor_published(
            settings, progress=progress.line, problem=progress.problem
        )
    return {"signals": signals}


def release_tables(settings: RunSettings, progress: Progress) -> None:
    """Build schema `release` of the published warehouse."""
    from linkage.publication.release import next_release

    with (
        progress.step("Release what may be published"),
        next_release(settings) as folder,
    ):
        for event in dbt_project.release(settings, folder):
            progress.line(str(event["data"]["node_info"]["node_name"]))


def ensure_released(settings: RunSettings, progress: Progress) -> None:
    """Build schema `release` where the published warehouse does not hold it."""
    from linkage.publication.release import is_released

    if not is_released(settings):
        release_tables(settings, progress)


def rank_forces(settings: RunSettings, progress: Progress) -> Figures:
    """Rank the forces of the inspection view."""
    from linkage.oversight.ranks import rank_published

    with progress.step("Rank forces"):
        return {"unsure_places": rank_published(settings, progress=progress.line)}


def write_site(settings: RunSettings, progress: Progress) -> Figures:
    """Write the report site of the published warehouse."""
    from linkage.report.site.write import write_site as write

    ensure_released(settings, progress)
    with progress.step("Write the report site"):
        site = write(settings, problem=progress.problem)
    return {
        "index": site.index,
        "pages": site.pages,
        "megabytes": round(site.size / 1e6, 1),
    }


def compare_with_boosting(settings: RunSettings, progress: Progress) -> Figures:
    """Compare each driver model with gradient boosting; not part of a run."""
    from ml.boosting import benchmark_published

    with progress.step("Benchmark driver models"):
        return {"models": len(benchmark_published(settings, progress=progress.line))}
