"""All driver models at London size: against R's glm and statsmodels, and by rows.

Everything is fitted on the same designs in one run. Seconds of ours include reading the
warehouse; R and statsmodels find their designs ready, as bytes. Also the distance of
the models from the published ones, and model 3 and 0 on up to ten million rows.

  python -m benchmarks.driver_models
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measuring import (
    PROJECT,
    WORK,
    linkage,
    measure,
    simulated,
    write_result,
)
from benchmarks.r_designs import (
    R_DEFAULT,
    TO_THE_LAST_DIGIT,
    parity,
    run_r,
    summaries,
    write_design,
)
from benchmarks.sql_scaling import LONDON
from linkage.base.settings import RunSettings
from linkage.publication.publish import open_published
from ml import drivers
from ml.design_rows import open_design
from ml.fitting import MAXIMUM_LIKELIHOOD, fit_logistic
from ml.model_cases import CasesInMemory
from ml.specification import read_specifications

WAREHOUSE = WORK / "driver_models.duckdb"
DESIGNS = WORK / "driver_designs"
MILLIONS = (1, 3, 10)


def main() -> None:
    if not WAREHOUSE.exists():
        linkage(
            "run", "--extracts", str(simulated(LONDON)), "--warehouse", str(WAREHOUSE)
        )
    ours = _child("fit")
    whole = _child("everything")
    _child("write")
    exact = run_r(DESIGNS, TO_THE_LAST_DIGIT)
    compared = _child("compare")
    r = run_r(DESIGNS, R_DEFAULT)
    r_seconds = float(summaries(DESIGNS).seconds.sum())
    statsmodels = _child("statsmodels")
    result = {
        "models": ours["models"],
        "ours": ours,
        "with_effects_and_validation": whole,
        "r": {"seconds": r_seconds, "whole_seconds": r.seconds, "peak_mb": r.peak_mb},
        "r_to_the_last_digit_seconds": exact.seconds,
        "statsmodels": statsmodels,
        "r_over_ours": r_seconds / ours["seconds"],
        "statsmodels_over_ours": statsmodels["seconds"] / ours["seconds"],
        "r_memory_over_ours": r.peak_mb / ours["peak_mb"],
        "parity_with_r": compared["parity"],
        "published": _against_published(),
        "by_rows": [_by_rows(millions) for millions in MILLIONS],
    }
    write_result("driver_models", result)


def fit() -> dict[str, Any]:
    """Read and fit every model, nothing else."""
    settings = _settings()
    started = time.perf_counter()
    with (
        open_published(settings) as connection,
        open_design(settings, connection) as design,
        threadpool_limits(limits=1, user_api="blas"),
        ThreadPoolExecutor(settings.threads) as threads,
    ):
        specifications = read_specifications(connection)

        def one(specification: Any) -> str:
            loaded = drivers.load_cases(design, specification, None)
            return fit_logistic(loaded.cases, loaded.variables).method

        methods = list(threads.map(one, specifications))
    return {
        "models": len(methods),
        "penalised": sum(method != MAXIMUM_LIKELIHOOD for method in methods),
        "seconds": time.perf_counter() - started,
    }


def everything() -> dict[str, Any]:
    """`linkage drivers` without its pages."""
    started = time.perf_counter()
    fits = drivers.fit_published(_settings())
    return {"models": len(fits), "seconds": time.perf_counter() - started}


def write() -> dict[str, Any]:
    """Leave every design as bytes."""
    shutil.rmtree(DESIGNS, ignore_errors=True)
    DESIGNS.mkdir(parents=True)
    for model, cases, fitted in _fits():
        write_design(DESIGNS, model, cases, fitted)
    return {}


def compare() -> dict[str, Any]:
    """The largest distances from R's latest fit."""
    found = {model: parity(DESIGNS, model, fitted) for model, _, fitted in _fits()}
    return {
        "parity": {
            "models": len(found),
            "coefficient": max(one.coefficient for one in found.values()),
            "std_error": max(one.std_error for one in found.values()),
            "nagelkerke_r2": max(one.nagelkerke_r2 for one in found.values()),
            "not_converged_in_r": [
                model for model, one in found.items() if not one.converged_in_r
            ],
        }
    }


def statsmodels() -> dict[str, Any]:
    """Every plain design by statsmodels' Logit."""
    from statsmodels.discrete.discrete_model import Logit

    seconds, models = 0.0, 0
    with (DESIGNS / "models.csv").open(encoding="utf-8", newline="") as lines:
        listed = [row for row in csv.DictReader(lines) if row["method"] == "plain"]
    for row in listed:
        raw = np.fromfile(DESIGNS / f"{row['model']}.bytes", np.uint8)
        values = raw.reshape(int(row["columns"]) + 1, int(row["rows"])).T
        started = time.perf_counter()
        design = np.ones(values.shape)
        design[:, 1:] = values[:, 1:]
        found = Logit(values[:, 0].astype(float), design).fit(disp=False, maxiter=100)
        assert np.isfinite(found.bse).all()
        seconds += time.perf_counter() - started
        models += 1
    return {"models": models, "seconds": seconds}


def rows(millions: str) -> dict[str, Any]:
    """Models 3, in chunks, and 0, by patterns, on so many million rows."""
    table = WORK / f"design-{millions}.duckdb"
    drivers.MOST_BYTES = 0
    found: dict[str, Any] = {}
    with duckdb.connect(str(table), read_only=True) as connection:
        settings = RunSettings("cris", table, table)
        with (
            open_design(settings, connection) as design,
            threadpool_limits(limits=1, user_api="blas"),
        ):
            for specification in read_specifications(connection, ["0", "3"]):
                started = time.perf_counter()
                loaded = drivers.load_cases(design, specification, None)
                fitted = fit_logistic(loaded.cases, loaded.variables)
                found[f"model_{specification.model}"] = {
                    "cases": fitted.cases,
                    "rows_read": fitted.screening.rows,
                    "seconds": time.perf_counter() - started,
                }
    return found


def _fits() -> Any:
    settings = _settings()
    with (
        open_published(settings) as connection,
        open_design(settings, connection) as design,
    ):
        for specification in read_specifications(connection):
            loaded = drivers.load_cases(design, specification, None)
            assert isinstance(loaded.cases, CasesInMemory)
            yield (
                specification.model,
                loaded.cases,
                fit_logistic(loaded.cases, loaded.variables),
            )


def _by_rows(millions: int) -> dict[str, Any]:
    table = WORK / f"design-{millions}.duckdb"
    if not table.exists():
        _multiply(table, millions)
    found = _child("rows", str(millions))
    table.unlink()
    return {"millions": millions, **found}


def _multiply(table: Path, millions: int) -> None:
    """The London design over and over, each time with some of its cases only."""
    with duckdb.connect(str(table)) as connection:
        connection.execute(f"attach '{WAREHOUSE}' as london (read_only)").fetchall()
        for schema in ("drivers", "quality"):
            connection.execute(f"create schema {schema}").fetchall()
        for name in (
            "drivers.driver_models",
            "drivers.driver_predictors",
            "drivers.driver_model_changes",
            "drivers.design_columns",
            "drivers.places",
            "quality.deliveries",
        ):
            connection.execute(
                f"create table {name} as select * from london.{name}"
            ).fetchall()
        copies = -(-millions * 1_000_000 // LONDON) + 1
        connection.execute(
            "create table drivers.design as select design.* from london.drivers.design "
            f"as design, range({copies}) as copies(copy) "
            "where hash(crime_ref || copy) % 20 > 0 "
            f"limit {millions * 1_000_000}"
        ).fetchall()


def _against_published() -> list[dict[str, Any]]:
    with (PROJECT / "data" / "published" / "mopac_driver_models.csv").open(
        encoding="utf-8", newline=""
    ) as lines:
        printed = {row["model"]: row for row in csv.DictReader(lines)}
    with duckdb.connect(str(WAREHOUSE), read_only=True) as connection:
        found = connection.execute(
            "select model, crime_area, sample_size, nagelkerke_r2, pct_correct_0, "
            "pct_correct_1, pct_correct_overall, auc, method from drivers.models"
        ).fetchall()
    return [
        {
            "model": model,
            "crime_area": crime_area,
            "sample_size": size,
            "published_sample_size": int(printed[model]["sample_size"]),
            "nagelkerke_r2": r2,
            "published_nagelkerke_r2": float(printed[model]["nagelkerke_r2"]),
            "pct_correct": [zero, one, overall],
            "published_pct_correct": [
                float(printed[model][f"pct_correct_{name}"])
                for name in ("0", "1", "overall")
            ],
            "auc": auc,
            "method": method,
        }
        for model, crime_area, size, r2, zero, one, overall, auc, method in found
    ]


def _settings() -> RunSettings:
    return RunSettings("cris", WORK, WAREHOUSE)


def _child(name: str, *arguments: str) -> dict[str, Any]:
    """A part in a separate process, with its peak memory."""
    done = measure([sys.executable, "-m", "benchmarks.driver_models", name, *arguments])
    found: dict[str, Any] = json.loads(done.output.splitlines()[-1])
    sys.stdout.write(f"{name} {' '.join(arguments)}: {found}\n")
    sys.stdout.flush()
    return {**found, "peak_mb": done.peak_mb}


PARTS = {
    one.__name__: one for one in (fit, everything, write, compare, statsmodels, rows)
}

if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(PARTS[sys.argv[1]](*sys.argv[2:])) + "\n")
    else:
        main()
