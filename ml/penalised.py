"""Elastic-net logistic paths, the relaxed lasso, and their tuning by cross-validation.

The violent-crime study chooses between ridge, lasso and relaxed lasso by the area under
the ROC curve in cross-validation (section 5). Paths are by glum; the criterion, the
standard deviation that a column is divided by (of 1/n, not 1/(n - 1)), the blend and
the standard errors are those of R's glmnet with `relax = TRUE`, so that results are
equal too.

Every level of a variable has its own column and the penalty chooses among them. Of
two columns that complement each other a lasso (mixing 1) may use either at the same
cost: coordinate descent uses the earlier one, here as in glmnet. There are no standard
errors and no p-values: none are valid after such a choice.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.fitting import NotFittableError
from ml.model_cases import Vector

PENALTIES = 100
# glmnet's: the smallest penalty as a share of the largest, the larger where there are
# fewer rows than columns; and the mixing that replaces ridge's 0 in the largest.
SMALLEST_SHARE, SMALLEST_SHARE_WIDE = 1e-4, 1e-2
LEAST_MIXING = 1e-3
# A fit ends when no slope of the mean log-likelihood is larger than this.
TOLERANCE = 1e-7
REFIT_TOLERANCE = 1e-8
MOST_STEPS = 1_000
# Remainder of coordinate descent on a column that it has removed, per standard
# deviation: the -3.46E-10 of `vulnerableY` that the study prints (7.4.1) is of this.
NOTHING = 1e-9
# A refit has a trace of a ridge penalty: it moves no coefficient that the cases fix,
# shares an effect between identical columns, and keeps the coefficient of a column that
# determines the outcome finite.
TRACE = 1e-8
BLENDS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Path:
    """Fits by falling penalty: `penalties` (l,), `coefficients` (l, p + 1).

    Coefficients are in units of the columns as given, the intercept first; 0 where not
    selected, or where the column does not vary. `mixing` is lasso's share of the
    penalty (glmnet's alpha): 1 is the lasso, 0 ridge.
    """

    mixing: float
    penalties: Vector
    coefficients: Vector

    @property
    def selected(self) -> npt.NDArray[np.bool_]:
        """Columns that each fit uses, (l, p)."""
        used: npt.NDArray[np.bool_] = self.coefficients[:, 1:] != 0
        return used


@dataclass(frozen=True)
class Choice:
    """One fit of those compared, with its cross-validated area under the curve."""

    mixing: float
    penalty: float
    blend: float
    auc: float
    auc_std_error: float
    selected: int


@dataclass(frozen=True)
class Tuned:
    """Every fit compared, and the two to choose from.

    `curve` has the fields of a Choice as columns, a row per mixing, blend and penalty.
    `best` has the largest area. `one_std_error` is the fit with the largest penalty
    whose area is within a standard error of it, at the same mixing: penalties of
    different mixings do not compare. `coefficients` (p + 1,) of either are from all
    rows, intercept first.
    """

    curve: pd.DataFrame
    best: Choice
    best_coefficients: Vector
    one_std_error: Choice
    one_std_error_coefficients: Vector


def fit_path(
    matrix: npt.ArrayLike,
    outcome: npt.ArrayLike,
    mixing: float,
    penalties: npt.ArrayLike | None = None,
) -> Path:
    """Fit `outcome` (m,), 0 or 1, on `matrix` (m, p) at each penalty.

    Minimises the mean negative log-likelihood plus penalty times (mixing |b| + (1 -
    mixing) b^2 / 2) over coefficients b of columns with standard deviation 1 (Friedman,
    Hastie and Tibshirani 2010); the intercept is free. Without `penalties`, a hundred
    from the one that selects nothing down, evenly spaced by their logarithms.

    Raises NotFittableError where the outcome does not vary, and ValueError for a mixing
    outside 0-1.
    """
    if not 0 <= mixing <= 1:
        raise ValueError(f"mixing is {mixing}, not within 0-1")
    columns, events = _checked(matrix, outcome)
    if penalties is None:
        falling = default_penalties(columns, events, mixing)
    else:
        falling = np.sort(np.asarray(penalties, dtype=np.float64))[::-1]
    return Path(mixing, falling, _fit(columns, events, mixing, falling))


def relaxed(path: Path, matrix: npt.ArrayLike, outcome: npt.ArrayLike) -> Path:
    """Refit each model of a path without its penalty: the relaxed fit.

    Meinshausen (2007), in full (his phi of 0). Models of the same columns are fitted
    once.
    """
    columns, events = _checked(matrix, outcome)
    fitted: dict[bytes, Vector] = {}
    refits = []
    for used in path.selected:
        key = used.tobytes()
        if key not in fitted:
            whole = np.zeros(used.size + 1)
            whole[np.concatenate([[True], used])] = _refit(columns[:, used], events)
            fitted[key] = whole
        refits.append(fitted[key])
    return replace(path, coefficients=np.array(refits))


def relaxed_if_blended(
    path: Path, matrix: npt.ArrayLike, outcome: npt.ArrayLike, blends: Sequence[float]
) -> Path:
    """The relaxed fit; where every blend is the penalised one (1), the path."""
    if all(blend == 1 for blend in blends):
        return path
    return relaxed(path, matrix, outcome)


def blended(path: Path, refitted: Path, blend: float) -> Vector:
    """Coefficients (l, p + 1) between the refitted (0) and the penalised (1).

    glmnet's gamma; Hastie, Tibshirani and Tibshirani (2020).
    """
    between: Vector = blend * path.coefficients + (1 - blend) * refitted.coefficients
    return between


def tune(
    matrix: npt.ArrayLike,
    outcome: npt.ArrayLike,
    folds: npt.ArrayLike,
    mixings: Sequence[float],
    blends: Sequence[float] = BLENDS,
    *,
    penalties: npt.ArrayLike | None = None,
    jobs: int = 1,
) -> Tuned:
    """Choose mixing, penalty and blend by the area under the curve on unseen folds.

    `folds` (m,) gives the fold of each row; each is left out once, and its area
    counts by its rows. Penalties are each mixing's own from all rows unless given.
    `jobs` fits run side by side, a thread each.

    Raises NotFittableError where a fold, or the rest without it, has a single outcome.
    """
    columns, events = _checked(matrix, outcome)
    fold = np.asarray(folds)
    names = np.unique(fold)
    paths = {
        mixing: fit_path(columns, events, mixing, penalties)
        for mixing in dict.fromkeys(mixings)
    }
    tasks = [(path, name) for path in paths.values() for name in names]
    areas = _run(
        [(columns, events, fold == name, path, blends) for path, name in tasks], jobs
    )
    sizes = np.array([(fold == name).sum() for name in names], dtype=np.float64)
    rows = []
    for i, path in enumerate(paths.values()):
        own = np.array(areas[i * names.size : (i + 1) * names.size])
        rows.append(_summary(path, blends, own, sizes))
    curve = pd.concat(rows, ignore_index=True)
    best = _first(curve, curve["auc"].max())
    same = curve[curve["mixing"] == best.mixing]
    simplest = _first(same, best.auc - best.auc_std_error)
    path = paths[best.mixing]
    refitted = relaxed_if_blended(path, columns, events, blends)
    return Tuned(
        curve=curve,
        best=best,
        best_coefficients=_coefficients(path, refitted, best),
        one_std_error=simplest,
        one_std_error_coefficients=_coefficients(path, refitted, simplest),
    )


def default_penalties(
    matrix: npt.ArrayLike, outcome: npt.ArrayLike, mixing: float
) -> Vector:
    """A hundred penalties from the smallest that selects no column, falling.

    As glmnet spaces them, which may stop before the last where the fit gains no more.
    """
    columns, events = _checked(matrix, outcome)
    rows, width = columns.shape
    spread = columns.std(axis=0)
    slopes = (columns - columns.mean(axis=0)).T @ (events - events.mean()) / rows
    varies = spread > 0
    if not varies.any():
        raise NotFittableError("no column varies")
    largest = np.abs(slopes[varies] / spread[varies]).max() / max(mixing, LEAST_MIXING)
    share = SMALLEST_SHARE_WIDE if rows < width else SMALLEST_SHARE
    falling: Vector = np.geomspace(largest, largest * share, PENALTIES)
    return falling


def linear_predictor(matrix: npt.ArrayLike, coefficients: Vector) -> Vector:
    """Log odds (m,) or (m, l) of `matrix` (m, p) by (p + 1,) or (l, p + 1)."""
    columns = np.asarray(matrix, dtype=np.float64)
    log_odds: Vector = columns @ coefficients[..., 1:].T + coefficients[..., 0]
    return log_odds


def areas_under_curves(outcome: Vector, predicted: Vector) -> Vector:
    """Area under the ROC curve of each column of `predicted` (m, l), ties half."""
    from scipy.stats import rankdata

    is_event = outcome == 1
    events, others = is_event.sum(), (~is_event).sum()
    ranks = rankdata(predicted, axis=0)[is_event].sum(axis=0)
    areas: Vector = (ranks - events * (events + 1) / 2) / (events * others)
    return areas


def _checked(matrix: npt.ArrayLike, outcome: npt.ArrayLike) -> tuple[Vector, Vector]:
    columns = np.asfortranarray(matrix, dtype=np.float64)
    events = np.asarray(outcome, dtype=np.float64)
    if events.size == 0 or events.min() == events.max():
        raise NotFittableError("the outcome does not vary")
    return columns, events


def _fit(columns: Vector, events: Vector, mixing: float, penalties: Vector) -> Vector:
    """Coefficients (l, p + 1) by glum, warm from one penalty to the next."""
    varies = np.ptp(columns, axis=0) > 0
    whole = np.zeros((penalties.size, columns.shape[1] + 1))
    learner = _learner(
        l1_ratio=mixing,
        alpha=penalties.tolist(),
        alpha_search=True,
        gradient_tol=TOLERANCE,
    )
    _run_learner(learner, columns[:, varies], events)
    whole[:, 0] = learner.intercept_path_
    slopes = learner.coef_path_
    slopes[np.abs(slopes) * columns[:, varies].std(axis=0) < NOTHING] = 0
    whole[:, 1:][:, varies] = slopes
    return whole


def _refit(columns: Vector, events: Vector) -> Vector:
    """Coefficients (k + 1,) without a penalty except a trace of ridge."""
    if not columns.shape[1]:
        share = events.mean()
        return np.array([np.log(share / (1 - share))])
    learner = _learner(l1_ratio=0, alpha=TRACE, gradient_tol=REFIT_TOLERANCE)
    _run_learner(learner, columns, events)
    return np.concatenate([[learner.intercept_], learner.coef_])


def _learner(**options: Any) -> Any:
    from glum import GeneralizedLinearRegressor

    return GeneralizedLinearRegressor(
        family="binomial", scale_predictors=True, max_iter=MOST_STEPS, **options
    )


def _run_learner(learner: Any, columns: Vector, events: Vector) -> None:
    """Fit on one thread: several wait for each other longer than they work."""
    from sklearn.exceptions import ConvergenceWarning

    with _thread_pools().limit(limits=1), warnings.catch_warnings():
        # Of steps too small to gain anything that is not rounding.
        warnings.simplefilter("ignore", ConvergenceWarning)
        learner.fit(np.asfortranarray(columns), events)
    if learner.n_iter_ >= MOST_STEPS:
        raise NotFittableError("the penalised fit did not converge")


@functools.cache
def _thread_pools() -> Any:
    """Those of the libraries in use; to look for them takes as long as a small fit."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _run(tasks: list[tuple[Any, ...]], jobs: int) -> list[Vector]:
    from joblib import Parallel, delayed

    # Most of a fit is outside Python; processes would hold the columns once each.
    workers = Parallel(n_jobs=jobs, prefer="threads")
    return list(workers(delayed(_fold_areas)(*task) for task in tasks))


def _fold_areas(
    columns: Vector,
    events: Vector,
    unseen: npt.NDArray[np.bool_],
    path: Path,
    blends: Sequence[float],
) -> Vector:
    """Areas (blends, l) on the unseen rows of models fitted on the others."""
    if 0 in (np.ptp(events[unseen]), np.ptp(events[~unseen])):
        raise NotFittableError("a fold, or what it leaves, has a single outcome")
    training, seen = columns[~unseen], events[~unseen]
    fitted = fit_path(training, seen, path.mixing, path.penalties)
    refitted = relaxed_if_blended(fitted, training, seen, blends)
    return np.array(
        [
            areas_under_curves(
                events[unseen],
                linear_predictor(columns[unseen], blended(fitted, refitted, blend)),
            )
            for blend in blends
        ]
    )


def _summary(
    path: Path, blends: Sequence[float], areas: Vector, sizes: Vector
) -> pd.DataFrame:
    """Mean and standard error over folds of `areas` (folds, blends, l), by size."""
    mean = np.average(areas, axis=0, weights=sizes)
    spread = np.average(np.square(areas - mean), axis=0, weights=sizes)
    return pd.DataFrame(
        {
            "mixing": path.mixing,
            "penalty": np.tile(path.penalties, len(blends)),
            "blend": np.repeat(np.asarray(blends, float), path.penalties.size),
            "auc": mean.ravel(),
            "auc_std_error": np.sqrt(spread / (sizes.size - 1)).ravel(),
            "selected": np.tile(path.selected.sum(axis=1), len(blends)),
        }
    )


def _first(curve: pd.DataFrame, least: float) -> Choice:
    """The simplest fit with at least this area: largest penalty, then blend."""
    near = curve[curve["auc"] >= least].sort_values(
        ["mixing", "penalty", "blend"], ascending=False, kind="stable"
    )
    row = near.iloc[0]
    return Choice(
        mixing=float(row["mixing"]),
        penalty=float(row["penalty"]),
        blend=float(row["blend"]),
        auc=float(row["auc"]),
        auc_std_error=float(row["auc_std_error"]),
        selected=int(row["selected"]),
    )


def _coefficients(path: Path, refitted: Path, choice: Choice) -> Vector:
    row = int(np.flatnonzero(path.penalties == choice.penalty)[0])
    chosen: Vector = blended(path, refitted, choice.blend)[row]
    return chosen
