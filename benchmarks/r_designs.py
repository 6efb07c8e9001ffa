"""Designs as bytes for R, and R's fits (glm.R)."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measuring import Measured, measure
from ml.fitting import FIRTH, LogisticFit
from ml.model_cases import CasesInMemory, Vector

SCRIPT = Path(__file__).with_name("glm.R")
# At R's own default a coefficient may still move in its fourth digit.
TO_THE_LAST_DIGIT = 1e-14
R_DEFAULT = 1e-8


@dataclass(frozen=True)
class Parity:
    """Distance of our fit from R's.

    Coefficients and standard errors relative to R's (coefficients to at least 1e-3, so
    that one near 0 is not inflated), Nagelkerke's R2 absolute.
    """

    coefficient: float
    std_error: float
    nagelkerke_r2: float
    converged_in_r: bool


def has_r(package: str = "") -> bool:
    """Is R here, and the package where one is named?"""
    if not shutil.which("Rscript"):
        return False
    if not package:
        return True
    found = measure(["Rscript", "-e", f'cat(requireNamespace("{package}", quietly=T))'])
    return "TRUE" in found.output


def write_design(
    folder: Path, model: str, cases: CasesInMemory, fit: LogisticFit
) -> None:
    """Add a model's outcome and used columns to the folder, a row per case.

    A penalised fit of R's starts near ours: within 0.05 of each coefficient.
    """
    counts = cases.cases.astype(np.int64)
    columns = [cases.outcome, *cases.design[:, list(fit.used)].T]
    with (folder / f"{model}.bytes").open("wb") as handle:
        for column in columns:
            handle.write(np.repeat(column, counts).astype(np.uint8).tobytes())
    listing = folder / "models.csv"
    is_new = not listing.exists()
    with listing.open("a", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        if is_new:
            writer.writerow(["model", "rows", "columns", "method"])
        method = "firth" if fit.method == FIRTH else "plain"
        writer.writerow([model, counts.sum(), len(fit.used), method])
    if method == "firth":
        rounded = pd.DataFrame({"start": fit.estimate.round(1)})
        rounded.to_csv(folder / f"{model}.start.csv", index=False)


def run_r(folder: Path, epsilon: float) -> Measured:
    """Fit every design of the folder in one R process."""
    return measure(["Rscript", "--vanilla", str(SCRIPT), str(folder), str(epsilon)])


def summaries(folder: Path) -> pd.DataFrame:
    """R's line for each model, by model."""
    return pd.read_csv(folder / "r.csv", dtype={"model": str}).set_index("model")


def parity(folder: Path, model: str, fit: LogisticFit) -> Parity:
    """Compare a fit with R's of the same design."""
    table = pd.read_csv(folder / f"{model}.r.csv")
    line = summaries(folder).loc[model]
    errors = np.sqrt(np.diag(fit.covariance))
    return Parity(
        coefficient=_relative(fit.estimate, table.coefficient.to_numpy(), 1e-3),
        std_error=_relative(errors, table.std_error.to_numpy(), 0),
        nagelkerke_r2=abs(fit.nagelkerke_r2 - float(str(line.nagelkerke_r2))),
        converged_in_r=bool(line.converged),
    )


def _relative(ours: Vector, theirs: Vector, least: float) -> float:
    return float((np.abs(ours - theirs) / np.maximum(np.abs(theirs), least)).max())
