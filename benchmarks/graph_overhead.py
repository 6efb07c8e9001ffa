"""Cost of Dagster: `linkage run` against its stages, called one after the other.

Both build 2,000 simulated cases from scratch up to the report site, in a new process
each, in turn. The stages are called as a plain script would: nothing is read or
imported ahead.
"""

from __future__ import annotations

import statistics
import sys

from benchmarks.measuring import WORK, linkage, measure, simulated, write_result
from linkage.base.settings import RunSettings, set_quiet_environment

CASES = 2_000
ALONE = "--stages"


def main(repeats: int) -> None:
    run = (
        *("run", "--full-refresh", "--extracts", str(simulated(CASES))),
        *("--warehouse", str(_settings("job").warehouse)),
    )
    script = [sys.executable, "-m", "benchmarks.graph_overhead", ALONE]
    # The first of each reads the project and compiles byte code.
    linkage(*run)
    measure(script)
    jobs, alone = [], []
    for _ in range(repeats):
        jobs.append(linkage(*run))
        alone.append(measure(script))
    seconds = [statistics.median(one.seconds for one in both) for both in (jobs, alone)]
    cpu = [statistics.median(one.cpu_seconds for one in both) for both in (jobs, alone)]
    write_result(
        "graph_overhead",
        {
            "runs": repeats,
            "cases": CASES,
            "job_seconds": seconds[0],
            "stages_seconds": seconds[1],
            "overhead_seconds": seconds[0] - seconds[1],
            "job_cpu_seconds": cpu[0],
            "stages_cpu_seconds": cpu[1],
        },
    )


def _settings(name: str) -> RunSettings:
    warehouse = WORK / f"graph-overhead-{name}.duckdb"
    return RunSettings("cris", simulated(CASES), warehouse, full_refresh=True)


def call_stages(settings: RunSettings) -> None:
    """Every stage of a run on this source, without Dagster."""
    set_quiet_environment()
    from linkage.base.progress import Progress
    from linkage.publication.publish import one_run_at_a_time
    from orchestration import stages

    class Silent:
        def step(self, name: str) -> None: ...

        def line(self, text: str) -> None: ...

    progress = Progress(Silent())
    with one_run_at_a_time(settings):
        stages.load_extracts(settings, progress)
        for _ in stages.build_models(settings, progress):
            pass
        stages.audit(settings, progress)
        stages.publish(settings, progress)
        stages.fit_models(settings, progress)
        stages.watch_withdrawal(settings, progress)
        stages.draw_models(settings, progress)
        stages.write_site(settings, progress)


if __name__ == "__main__":
    if sys.argv[1:] == [ALONE]:
        call_stages(_settings("stages"))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
