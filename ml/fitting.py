"""Binary logistic regression, with what cannot be estimated said by name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

# A column counts as a combination of earlier ones when this share of it is left over.
COLLINEAR = 1e-9
SEPARATED = "a combination of columns tells the outcome of some cases (separation)"


@dataclass(frozen=True)
class LogisticFit:
    """A fitted model; arrays follow the columns given, NaN where not estimable.

    `notes` says, by column number, why a coefficient is not estimable; `kept` marks
    the rows that entered the fit.
    """

    coefficients: Vector
    std_errors: Vector
    notes: dict[int, str]
    kept: npt.NDArray[np.bool_]
    fitted: Vector
    log_likelihood: float
    null_log_likelihood: float
    converged: bool

    @property
    def nagelkerke_r2(self) -> float:
        """Nagelkerke (1991): Cox and Snell's R2 over its largest possible value."""
        n = int(self.kept.sum())
        cox_snell = 1 - np.exp(2 / n * (self.null_log_likelihood - self.log_likelihood))
        return float(cox_snell / (1 - np.exp(2 / n * self.null_log_likelihood)))


class NotFittableError(ValueError):
    """The model cannot be fitted at all; the message says why."""


def fit_logistic(outcome: Vector, columns: Matrix) -> LogisticFit:
    """Fit by maximum likelihood with an intercept.

    `outcome` is (n,) of 0/1, `columns` (n, p) of 0/1. A column without cases, one
    whose cases all have the same outcome (they leave the fit: their likelihood has no
    maximum), and one that is a combination of others get no coefficient.

    Raises NotFittableError if no variation is left. Equal to R's
    `glm(family = binomial)`; the fit itself is statsmodels' `Logit` (Newton-Raphson).
    """
    from threadpoolctl import threadpool_limits

    # One thread: two that wait for each other on a busy machine cost ten times more.
    with threadpool_limits(limits=1, user_api="blas"):
        return _fit(outcome, columns)


def _fit(outcome: Vector, columns: Matrix) -> LogisticFit:
    from statsmodels.discrete.discrete_model import Logit
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    kept, notes = _estimable(outcome, columns)
    y = outcome[kept]
    if y.size == 0 or y.min() == y.max():
        raise NotFittableError("every case left has the same outcome")
    used = [j for j in range(columns.shape[1]) if j not in notes]
    design = np.column_stack([np.ones(y.size), columns[kept][:, used]])
    independent = _independent(design)
    for position, j in enumerate(used, start=1):
        if position not in independent:
            notes[j] = "a combination of other columns"
    used = [used[position - 1] for position in independent if position > 0]
    design = design[:, independent]
    try:
        result = Logit(y, design).fit(
            method="newton", maxiter=50, tol=1e-10, disp=0, warn_convergence=False
        )
    except (PerfectSeparationError, np.linalg.LinAlgError) as error:
        raise NotFittableError(SEPARATED) from error
    if not result.mle_retvals["converged"]:
        raise NotFittableError(SEPARATED)
    coefficients = np.full(columns.shape[1], np.nan)
    std_errors = np.full(columns.shape[1], np.nan)
    coefficients[used] = result.params[1:]
    std_errors[used] = result.bse[1:]
    fitted = np.full(outcome.size, np.nan)
    fitted[kept] = result.predict()
    share = float(y.mean())
    return LogisticFit(
        coefficients=coefficients,
        std_errors=std_errors,
        notes=notes,
        kept=kept,
        fitted=fitted,
        log_likelihood=float(result.llf),
        null_log_likelihood=float(
            y.size * (share * np.log(share) + (1 - share) * np.log(1 - share))
        ),
        converged=bool(result.mle_retvals["converged"]),
    )


def _estimable(
    outcome: Vector, columns: Matrix
) -> tuple[npt.NDArray[np.bool_], dict[int, str]]:
    """Rows that stay in the fit, and columns that cannot be estimated, with reasons."""
    kept = np.ones(outcome.size, dtype=bool)
    notes: dict[int, str] = {}
    while True:
        # A dropped row carries weight 0: one matrix product counts for all columns.
        cases = kept.astype(np.float64) @ columns
        events = (kept * outcome) @ columns
        total = float(kept.sum())
        before = len(notes)
        for j in range(columns.shape[1]):
            if j in notes:
                continue
            if cases[j] == 0:
                notes[j] = "no cases"
            elif cases[j] == total:
                notes[j] = "every case"
            elif events[j] in (0, cases[j]):
                notes[j] = (
                    "no withdrawals" if events[j] == 0 else "only withdrawals"
                ) + "; its cases are left out"
                kept &= columns[:, j] == 0
        if len(notes) == before:
            return kept, notes


def _independent(design: Matrix) -> list[int]:
    """Columns of (n, p) that are not combinations of earlier ones, in order."""
    gram = design.T @ design
    chosen: list[int] = []
    for j in range(gram.shape[0]):
        left_over = gram[j, j]
        if chosen:
            cross = gram[chosen, j]
            solved = np.linalg.solve(gram[np.ix_(chosen, chosen)], cross)
            left_over -= cross @ solved
        if left_over > COLLINEAR * gram[j, j]:
            chosen.append(j)
    return chosen
