"""Do planted odds ratios lie in their 95% intervals about 95 times in 100?

Many small plain-truth data sets, each with its own seed, are laid into one delivery
under separate crime references, so that the pipeline's SQL runs once over all of them;
model 3 is then fitted on each data set's part of `drivers.design`.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np

from benchmarks.measuring import WORK, linkage, write_result
from linkage.extracts.layouts import CRIS
from linkage.simulator import simulate_deliveries
from ml.fitting import fit_logistic
from ml.model_cases import CasesInMemory
from ml.specification import read_specifications

Z_95 = 1.959963984540054


def main(seeds: int = 100, cases: int = 6_000) -> None:
    extracts = WORK / "recovery"
    shutil.rmtree(extracts, ignore_errors=True)
    planted = _simulate_all(extracts, seeds, cases)
    warehouse = WORK / "recovery.duckdb"
    linkage("run", "--extracts", str(extracts), "--warehouse", str(warehouse))
    inside: dict[str, list[bool]] = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        (model,) = read_specifications(connection, ["3"])
        names = [predictor.design_column for predictor in model.predictors]
        for seed in range(1, seeds + 1):
            rows = connection.execute(
                f"select {model.dependent}, {', '.join(names)} from drivers.design "
                f"where {model.condition} and crime_ref like '%-{seed}' "
                "order by crime_ref"
            ).fetchnumpy()
            outcome = rows.pop(model.dependent)
            design = np.column_stack(list(rows.values()))
            fit = fit_logistic(CasesInMemory.of(outcome, design))
            for j, predictor in enumerate(model.predictors):
                truth = planted.get(predictor.design_column)
                if truth is None or j in fit.notes:
                    continue
                distance = abs(fit.coefficients[j] - truth) / fit.std_errors[j]
                inside.setdefault(predictor.design_column, []).append(distance <= Z_95)
    every = [x for values in inside.values() for x in values]
    by_column = {name: float(np.mean(values)) for name, values in inside.items()}
    write_result(
        "recovery",
        {
            "seeds": seeds,
            "cases_per_data_set": cases,
            "planted_coefficients": len(inside),
            "intervals": len(every),
            "coverage": float(np.mean(every)),
            "lowest_coverage_of_a_coefficient": min(by_column.values()),
            "highest_coverage_of_a_coefficient": max(by_column.values()),
        },
    )


def _simulate_all(extracts: Path, seeds: int, cases: int) -> dict[str, float]:
    planted: dict[str, float] = {}
    with duckdb.connect() as connection, tempfile.TemporaryDirectory() as scratch:
        for seed in range(1, seeds + 1):
            out = Path(scratch) / str(seed)
            simulate_deliveries(out, cases=cases, seed=seed, truth="plain")
            planted = _planted(out / "truth.json")
            (delivery,) = (x for x in out.iterdir() if x.is_dir())
            for extract, columns in CRIS.extracts.items():
                rest = ", ".join(columns[1:])
                rows = (
                    f"select crime_ref || '-{seed}' as crime_ref, {rest} "
                    f"from read_csv('{delivery}/{extract}.csv', all_varchar = true)"
                )
                verb = (
                    f"create table {extract} as"
                    if seed == 1
                    else (f"insert into {extract}")
                )
                connection.execute(f"{verb} {rows}").fetchall()
            shutil.rmtree(out)
        target = extracts / "2023-07-01"
        target.mkdir(parents=True)
        (target / "SIMULATED.txt").write_text("SIMULATED\n", encoding="utf-8")
        for extract in CRIS.extracts:
            connection.execute(
                f"copy {extract} to '{target}/{extract}.parquet' (format parquet)"
            ).fetchall()
    return planted


def _planted(truth: Path) -> dict[str, float]:
    content = json.loads(truth.read_text(encoding="utf-8"))
    return {
        row["design_column"]: float(row["coefficient"])
        for row in content["model"]["coefficients"]
    }


if __name__ == "__main__":
    main(*(int(x) for x in sys.argv[1:]))
