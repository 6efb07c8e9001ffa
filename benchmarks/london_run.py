"""`linkage run` at the London size, warm: total, by step, peak memory; SQL apart."""

from __future__ import annotations

import json
import re
import statistics
import sys

from benchmarks.measuring import WORK, linkage, simulated, write_result

LONDON = 273_298


def main(repeats: int = 3) -> None:
    extracts = simulated(LONDON)
    warehouse = WORK / "london.duckdb"
    run = (
        *("run", "--full-refresh", "--extracts", str(extracts)),
        *("--warehouse", str(warehouse)),
    )
    linkage(*run)
    runs = [linkage(*run) for _ in range(repeats)]
    steps: dict[str, list[float]] = {}
    for one in runs:
        for name, seconds in re.findall(r"done (.+?) \(([\d.]+) s\)", one.output):
            steps.setdefault(name, []).append(float(seconds))
    results = json.loads(
        (WORK / "london.duckdb.build" / "target" / "run_results.json").read_text()
    )
    write_result(
        "london_run",
        {
            "cases": LONDON,
            "runs": repeats,
            "total_seconds": statistics.median(one.seconds for one in runs),
            "peak_mb": max(one.peak_mb for one in runs),
            "steps_seconds": {k: statistics.median(v) for k, v in steps.items()},
            "models_share_of_build": _share_of_models(results),
        },
    )


def _share_of_models(results: dict[str, list[dict[str, object]]]) -> float:
    """Share of the build's node time that is models (the rest: seeds, data tests)."""
    seconds = {True: 0.0, False: 0.0}
    for node in results["results"]:
        is_model = str(node["unique_id"]).startswith("model.")
        seconds[is_model] += float(str(node["execution_time"]))
    return seconds[True] / sum(seconds.values())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
