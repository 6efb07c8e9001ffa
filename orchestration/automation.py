"""What starts runs by itself, and who is told: sensors and schedules of Dagster.

The sensor on the landing folder and the schedules are off until someone turns them on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg

from linkage.errors import LinkageError, WarehouseBusyError
from linkage.settings import SOURCES
from orchestration.run_context import Run

# A second and a third try, after half a minute and a minute: for a disk or a lock that
# was in the way, not for input that can't be read.
RETRIES = dg.RetryPolicy(max_retries=2, delay=30, backoff=dg.Backoff.EXPONENTIAL)
EVERY_TWO_MINUTES = 120
# Mondays: whatever the sensor missed. The first of a month: what takes long.
WEEKLY, MONTHLY = "0 6 * * 1", "0 2 1 * *"


@contextmanager
def tried_once() -> Iterator[None]:
    """What a user must mend is not tried again; another run in the way is."""
    try:
        yield
    except WarehouseBusyError:
        raise
    except LinkageError as error:
        raise dg.Failure(str(error), allow_retries=False) from error


def landing_sensors(jobs: dict[str, Any]) -> list[dg.SensorDefinition]:
    """A sensor per source: a run whenever its landing folder has changed."""
    return [_landing_sensor(source, jobs[source]) for source in SOURCES]


def _landing_sensor(source: str, job: Any) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{source}_landing_sensor",
        job=job,
        minimum_interval_seconds=EVERY_TWO_MINUTES,
        description=f"Starts the {source} job when deliveries have landed or changed.",
    )
    def landed(
        context: dg.SensorEvaluationContext,
    ) -> dg.RunRequest | dg.SkipReason:
        from extracts.landing import landing_state

        state = landing_state(Run(source=source).settings.extracts)
        if state is None:
            return dg.SkipReason("nothing there, or a file is still being written")
        if state == context.cursor:
            return dg.SkipReason("nothing new")
        context.update_cursor(state)
        return dg.RunRequest(run_key=state)

    return landed


def schedules(jobs: dict[str, Any], benchmark: Any) -> list[dg.ScheduleDefinition]:
    """The main jobs once a week, the long comparison once a month."""
    return [
        *(
            dg.ScheduleDefinition(
                name=f"{source}_weekly", job=jobs[source], cron_schedule=WEEKLY
            )
            for source in SOURCES
        ),
        dg.ScheduleDefinition(
            name="benchmark_monthly", job=benchmark, cron_schedule=MONTHLY
        ),
    ]


def notification_sensors(jobs: Sequence[Any]) -> list[dg.SensorDefinition]:
    """Pass on how a run of the main jobs ended (LINKAGE_NOTIFY)."""

    @dg.run_status_sensor(
        name="tell_of_success",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=list(jobs),
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def tell_of_success(context: dg.RunStatusSensorContext) -> None:
        _tell(context, "done", "")

    @dg.run_failure_sensor(
        name="tell_of_failure",
        monitored_jobs=list(jobs),
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def tell_of_failure(context: dg.RunFailureSensorContext) -> None:
        _tell(context, "failed", context.failure_event.message or "")

    return [tell_of_success, tell_of_failure]


def _tell(context: dg.RunStatusSensorContext, status: str, message: str) -> None:
    from linkage.notifications import notify

    source = context.dagster_run.job_name.removesuffix("_job")
    problem = notify(Run(source=source).settings, status, message)
    if problem:
        context.log.warning(problem)
