"""The stages of a run; Dagster's graphs wire these functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from linkage.base.errors import AuditFailedError
from linkage.base.progress import Progress
from linkage.base.settings import RunSettings
from orchestration import dbt_project

if TYPE_CHECKING:
    from expectations.audit import AuditResult
    from linkage.report.site.write import Site
    from ml.drivers import DriverFit
    from ml.study_models import StudyFit

SHOWN_BREACHES = 5


@dataclass(frozen=True)
class Project:
    """The dbt project of a run: as plain data, and as dbt's own object."""

    manifest: Mapping[str, Any]
    parsed: Any = None


def load_extracts(settings: RunSettings, progress: Progress) -> dict[str, int]:
    """Load new deliveries, or all; rows by raw table."""
    from linkage.checks.settings_check import check_settings
    from linkage.extracts.load import load_source

    check_settings()
    with progress.step("Load extracts"):
        return load_source(settings, progress.line, only_changes=True)


def build_models(
    settings: RunSettings, progress: Progress, project: Project
) -> Iterator[dbt_project.DbtEvent]:
    """Build and test the models of the source."""
    with progress.step("Build and test the models"):
        for event in dbt_project.build(
            settings, project.parsed or dbt_project.parse(settings)
        ):
            if event["info"]["name"] != "LogTestResult":
                progress.line(str(event["data"]["node_info"]["node_name"]))
            yield event


def audit(settings: RunSettings, progress: Progress) -> AuditResult:
    """Run the expectations; the caller refuses breaches."""
    from expectations.audit import run_audit

    with progress.step("Audit"):
        return run_audit(settings, progress=progress.line)


def refuse_breaches(audited: AuditResult) -> None:
    """Raise AuditFailedError where a must-hold gap fails."""
    from linkage.base.percentages import exact_percent, percent

    if audited.breaches:
        named = [
            f"{one.gap.gap} in delivery {one.delivery} ({one.failing:,} of "
            f"{one.population:,}, {percent(one.share)}, tolerated "
            f"{exact_percent(one.gap.tolerance)})"
            for one in audited.breaches[:SHOWN_BREACHES]
        ]
        more = len(audited.breaches) - len(named)
        raise AuditFailedError(
            f"must hold and does not: {'; '.join(named)}"
            f"{f'; and {more:,} more' if more else ''}; nothing was published; "
            f"see {audited.data_docs}"
        )


def publish(settings: RunSettings, progress: Progress) -> None:
    """Make the audited build the warehouse that readers open."""
    from linkage.publication.delivery_changes import publication_news
    from linkage.publication.publish import open_published
    from linkage.publication.publish import publish as publish_build

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


def fit_study_models(settings: RunSettings, progress: Progress) -> list[StudyFit]:
    """Fit the penalised models of a study on its published warehouse."""
    from ml.study_models import fit_published

    with progress.step("Fit driver models"):
        return fit_published(settings, progress=progress.line, problem=progress.problem)


def watch_withdrawal(settings: RunSettings, progress: Progress) -> int:
    """Watch withdrawal by month; how many signals."""
    from linkage.oversight.monitor import monitor_published

    with progress.step("Watch withdrawal"):
        return monitor_published(
            settings, progress=progress.line, problem=progress.problem
        )


def rank_forces(settings: RunSettings, progress: Progress) -> int:
    """Rank the forces of the inspection view; how many places are unsure."""
    from linkage.oversight.ranks import rank_published

    with progress.step("Rank forces"):
        return rank_published(settings, progress=progress.line)


def draw_models(settings: RunSettings, progress: Progress) -> int:
    """Draw every driver model and write its card; how many files."""
    from linkage.report.driver_pages import write_published_pages

    with progress.step("Draw driver models"):
        return len(
            write_published_pages(
                settings, progress=progress.line, problem=progress.problem
            )
        )


def write_site(settings: RunSettings, progress: Progress) -> Site:
    """Write the report site of the published warehouse."""
    from linkage.report.site.write import write_site as write

    with progress.step("Write the report site"):
        return write(settings, problem=progress.problem)


def draw_study(settings: RunSettings, progress: Progress) -> int:
    """Draw a study, its models and their cards; the number of files."""
    from linkage.report.study_pages import write_published_study

    with progress.step("Draw driver models"):
        return len(
            write_published_study(
                settings, progress=progress.line, problem=progress.problem
            )
        )


def _build_all(
    settings: RunSettings, progress: Progress, project: Future[Project]
) -> None:
    with progress.step("Read the project"):
        read = project.result()
    for _ in build_models(settings, progress, read):
        pass


def _audit_all(settings: RunSettings, progress: Progress, _: Future[Project]) -> None:
    refuse_breaches(audit(settings, progress))


def _without_project(stage: Callable[[RunSettings, Progress], Any]) -> Stage:
    return lambda settings, progress, _: stage(settings, progress)


# The project may still be being read when a run begins.
Stage = Callable[[RunSettings, Progress, Future[Project]], Any]
# In their order, by what `linkage run --until` may name.
PUBLICATION: dict[str, Stage] = {
    "extracts": _without_project(load_extracts),
    "models": _build_all,
    "audit": _audit_all,
    "publication": _without_project(publish),
}
SITE: dict[str, Stage] = {"site": _without_project(write_site)}
STAGES: dict[str, dict[str, Stage]] = {
    "publication": PUBLICATION,
    "drivers": {
        "drivers": _without_project(fit_models),
        "oversight": _without_project(watch_withdrawal),
    },
    "report": {"report": _without_project(draw_models)},
    "site": SITE,
}
# Stages of the studies of one source.
STUDY_STAGES: dict[str, dict[str, dict[str, Stage]]] = {
    "violent_crime": {
        "publication": PUBLICATION,
        "drivers": {"drivers": _without_project(fit_study_models)},
        "report": {"report": _without_project(draw_study)},
        "site": SITE,
    },
    "national": {
        "publication": PUBLICATION,
        "drivers": {"ranks": _without_project(rank_forces)},
        "report": {},
        "site": SITE,
    },
}


def stages_of(source: str) -> dict[str, dict[str, Stage]]:
    """The stages of a source's study."""
    return STUDY_STAGES.get(source, STAGES)
