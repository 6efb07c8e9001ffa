"""Paths, relaxed fits and their tuning equal R's glmnet; spline terms R's splines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.measuring import measure
from benchmarks.r_designs import has_r
from linkage.base.settings import PROJECT
from ml.fitting import probability
from ml.model_cases import Vector
from ml.penalised import (
    default_penalties,
    fit_path,
    linear_predictor,
    relaxed,
    tune,
)
from ml.splines import learn_spline

LASSO = 1.0
MIXINGS = (LASSO, 0.5, 0.05)
ROWS = 1_500


def run_r(script: str, *arguments: object) -> None:
    path = PROJECT / "tests" / script
    measure(["Rscript", "--vanilla", str(path), *map(str, arguments)])


def table(path: Path) -> Vector:
    found: Vector = pd.read_csv(path).to_numpy(dtype=np.float64)
    return found


@dataclass(frozen=True)
class Compared:
    """Cases, the penalties of each mixing, and the folder with R's results."""

    matrix: Vector
    outcome: Vector
    folds: Vector
    penalties: dict[float, Vector]
    folder: Path

    def of_r(self, mixing: float, what: str) -> Vector:
        return table(self.folder / f"{mixing}.{what}.csv")


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """A column per level of three variables, and four counts of other scales."""
    if not has_r("glmnet"):
        pytest.skip("R or its package glmnet is not installed here")
    folder = tmp_path_factory.mktemp("penalised")
    rng = np.random.default_rng(8)
    columns = []
    for shares in ([0.5, 0.3, 0.2], [0.4, 0.3, 0.2, 0.1], [0.6, 0.15, 0.25]):
        level = rng.choice(len(shares), size=ROWS, p=shares)
        columns += [level == one for one in range(len(shares))]
    columns += [
        rng.poisson(mean, ROWS) * unit
        for mean, unit in ((1, 1.0), (4, 30.0), (6, 0.01), (2, 1.0))
    ]
    matrix = np.column_stack(columns).astype(float)
    effects = [0.8, 0, -0.5, 0, 0.6, 0, -0.9, 0, 0.2, 0, 0.5, -0.008, 15, 0]
    log_odds = matrix @ effects
    chance = probability(log_odds - np.quantile(log_odds, 0.7))
    outcome = (rng.random(ROWS) < chance).astype(float)
    folds = rng.permutation(np.arange(ROWS) % 5) + 1
    penalties = {}
    for mixing in MIXINGS:
        # Down to a fiftieth: below, glmnet takes minutes for its last digits.
        whole = default_penalties(matrix, outcome, mixing)
        penalties[mixing] = whole[whole > whole[0] / 50][::4]
        frame = pd.DataFrame({"penalty": penalties[mixing]})
        frame.to_csv(folder / f"{mixing}.csv", index=False)
    cases = np.column_stack([folds, outcome, matrix])
    pd.DataFrame(cases).to_csv(folder / "cases.csv", index=False)
    run_r("penalised.R", folder, *MIXINGS)
    return Compared(matrix, outcome, folds, penalties, folder)


@pytest.mark.parametrize("mixing", MIXINGS)
def test_penalised_coefficients_are_glmnets(compared: Compared, mixing: float) -> None:
    path = fit_path(
        compared.matrix, compared.outcome, mixing, compared.penalties[mixing]
    )
    theirs = compared.of_r(mixing, "path")
    np.testing.assert_allclose(path.coefficients, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mixing", MIXINGS)
def test_relaxed_fits_are_glmnets(compared: Compared, mixing: float) -> None:
    path = fit_path(
        compared.matrix, compared.outcome, mixing, compared.penalties[mixing]
    )
    ours = relaxed(path, compared.matrix, compared.outcome).coefficients
    theirs = compared.of_r(mixing, "relaxed")
    np.testing.assert_allclose(
        linear_predictor(compared.matrix, ours),
        linear_predictor(compared.matrix, theirs),
        atol=1e-4,
    )
    if mixing == LASSO:
        # It never uses all levels, whose coefficients would not be unique.
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mixing", MIXINGS)
def test_the_cross_validated_curve_and_the_choices_are_glmnets(
    compared: Compared, mixing: float
) -> None:
    tuned = tune(
        compared.matrix,
        compared.outcome,
        compared.folds,
        [mixing],
        penalties=compared.penalties[mixing],
    )
    theirs = compared.of_r(mixing, "curve")
    ours = tuned.curve[["blend", "penalty", "auc", "auc_std_error"]].to_numpy()
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    choices = compared.of_r(mixing, "choice")
    for chosen, (penalty, blend) in zip(
        (tuned.best, tuned.one_std_error), choices, strict=True
    ):
        assert chosen.penalty == pytest.approx(penalty)
        assert chosen.blend == blend


COUNTS = {
    "officers": [4] * 40 + [1, 2, 2, 3, 3, 3, 5, 5, 6, 7, 8, 9, 11, 14, 21, 60],
    "few": [0, 0, 0, 1, 1, 2, 2, 2, 3],
    "no_ties": list(range(3, 90, 2)),
}


@pytest.mark.skipif(not has_r("splines"), reason="R is not installed here")
def test_spline_terms_are_those_of_rs_own_package(tmp_path: Path) -> None:
    use = [*range(0, 91), 2.5, 200]
    for name, counts in COUNTS.items():
        for part, values in (("learn", counts), ("use", use)):
            frame = pd.DataFrame({"count": values})
            frame.to_csv(tmp_path / f"{name}.{part}.csv", index=False)
    run_r("splines.R", tmp_path)
    for name, counts in COUNTS.items():
        for natural, kind in ((False, "bs"), (True, "ns")):
            ours = learn_spline(counts, natural=natural).terms(use)
            theirs = table(tmp_path / f"{name}.{kind}.csv")
            scale = max(1.0, np.abs(theirs).max())
            assert np.abs(ours - theirs).max() < 1e-10 * scale, (name, kind)
