"""Automatic runs and notifications: sensors and schedules of Dagster.

The sensor on the landing folder and the schedules are off until someone turns them on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import dagster as dg

from linkage.base.errors import LinkageError, UnreadableInputError
from linkage.base.settings import RunSettings
from orchestration.gap_checks import audit_failure
from orchestration.run_context import RUNS, settings_of

EVERY_TWO_MINUTES = 120
# Errors with a remedy for the user; the message of any other error may hold a value.
OURS = {one.__name__ for one in (LinkageError, *LinkageError.__subclasses__())}
# Mondays: anything the sensor missed. The first of a month: long jobs.
WEEKLY, MONTHLY = "0 6 * * 1", "0 2 1 * *"


def landing_sensors(jobs: Mapping[str, Any]) -> list[dg.SensorDefinition]:
    """A sensor per source: a run whenever its landing folder has changed."""
    return [_landing_sensor(source, job) for source, job in jobs.items()]


def _landing_sensor(source: str, job: Any) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{source}_landing_sensor",
        job=job,
        minimum_interval_seconds=EVERY_TWO_MINUTES,
        description=f"Starts the {source} job when deliveries have landed or changed.",
    )
    def landed(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        from linkage.extracts.landing import landing_state

        run = RUNS[source]()
        seen, problem = _cursor(context.cursor)
        try:
            state = landing_state(run.landing)
        except UnreadableInputError as error:
            # Once, not every two minutes.
            if str(error) != problem:
                _notify(context, run.settings, "failed", str(error))
            return dg.SensorResult(
                skip_reason=str(error), cursor=json.dumps([seen, str(error)])
            )
        if state is None:
            return dg.SensorResult(skip_reason="a file is still being written")
        return dg.SensorResult(
            run_requests=[] if state == seen else [dg.RunRequest()],
            skip_reason="nothing new" if state == seen else None,
            cursor=json.dumps([state, None]),
        )

    return landed


def _cursor(cursor: str | None) -> tuple[str | None, str | None]:
    """The state that was built last, and the problem that was notified since."""
    if not cursor:
        return None, None
    seen, problem = json.loads(cursor)
    return seen, problem


def schedules(
    jobs: Mapping[str, Any], benchmarks: Mapping[str, Any]
) -> list[dg.ScheduleDefinition]:
    """The main jobs once a week, the long comparisons once a month."""
    return [
        *(
            dg.ScheduleDefinition(
                name=f"{source}_weekly", job=job, cron_schedule=WEEKLY
            )
            for source, job in jobs.items()
        ),
        *(
            dg.ScheduleDefinition(
                name=f"{source}_benchmark_monthly", job=job, cron_schedule=MONTHLY
            )
            for source, job in benchmarks.items()
        ),
    ]


def notification_sensors() -> list[dg.SensorDefinition]:
    """Pass on how every run ended that Dagster started (LINKAGE_NOTIFY)."""

    @dg.run_status_sensor(
        name="notify_of_success",
        run_status=dg.DagsterRunStatus.SUCCESS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def notify_of_success(context: dg.RunStatusSensorContext) -> None:
        for settings in settings_of(context.dagster_run):
            _notify(context, settings, "done", "")

    @dg.run_failure_sensor(
        name="notify_of_failure", default_status=dg.DefaultSensorStatus.RUNNING
    )
    def notify_of_failure(context: dg.RunFailureSensorContext) -> None:
        for settings in settings_of(context.dagster_run):
            _notify(context, settings, "failed", _why(context))

    return [notify_of_success, notify_of_failure]


def _why(context: dg.RunFailureSensorContext) -> str:
    """The one line that an error of ours is; of any other only its kind."""
    failure = audit_failure(context.instance, context.dagster_run.run_id)
    if failure:
        return str(failure)
    steps = [event.step_failure_data for event in context.get_step_failure_events()]
    error = steps[0].error if steps else context.failure_event.job_failure_data.error
    kind = "failed before its first step"
    while error is not None:
        kind = error.cls_name or kind
        if kind in OURS:
            return " ".join(error.message.partition(": ")[2].split())
        error = error.cause
    return kind


def _notify(
    context: dg.SensorEvaluationContext | dg.RunStatusSensorContext,
    settings: RunSettings,
    status: str,
    message: str,
) -> None:
    from linkage.publication.notifications import notify

    problem = notify(settings, status, message)
    if problem:
        context.log.warning(problem)
