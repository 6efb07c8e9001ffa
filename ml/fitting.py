"""Binary logistic regression on counted patterns; what has no estimate is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.number]

# Rows taken as floating point at a time: the whole matrix stands as bytes only.
BLOCK = 16_384
# A column counts as a combination of earlier ones when this share of it is left over.
COLLINEAR = 1e-9
# Newton-Raphson ends when no coefficient moves more than this; where the likelihood has
# no maximum every step moves one by about 1, without end.
SMALLEST_STEP = 1e-8
MOST_STEPS = 40
SEPARATED = "a combination of columns tells the outcome of some cases (separation)"


@dataclass(frozen=True)
class LogisticFit:
    """A fitted model; arrays follow the columns given, NaN where not estimable.

    `notes` says, by column number, why a coefficient is not estimable; `kept` marks
    the patterns that entered the fit.
    """

    coefficients: Vector
    std_errors: Vector
    notes: dict[int, str]
    kept: npt.NDArray[np.bool_]
    fitted: Vector
    cases: float
    log_likelihood: float
    null_log_likelihood: float
    converged: bool

    @property
    def nagelkerke_r2(self) -> float:
        """Nagelkerke (1991): Cox and Snell's R2 over its largest possible value."""
        n = self.cases
        cox_snell = 1 - np.exp(2 / n * (self.null_log_likelihood - self.log_likelihood))
        return float(cox_snell / (1 - np.exp(2 / n * self.null_log_likelihood)))


class NotFittableError(ValueError):
    """The model cannot be fitted at all; the message says why."""


def fit_logistic(
    outcome: Vector, columns: Matrix, cases: Vector | None = None
) -> LogisticFit:
    """Fit by maximum likelihood with an intercept.

    `outcome` is (m,) of 0/1, `columns` (m, p) of 0/1, `cases` (m,) how many cases share
    each pattern (None: one each). A column without cases, one whose cases all have the
    same outcome (they leave the fit: their likelihood has no maximum), and one that is
    a combination of others get no coefficient.

    Raises NotFittableError if no variation is left or the likelihood has no maximum.
    Equal to R's `glm(family = binomial)` and statsmodels' `Logit`, which cannot take
    counted patterns.
    """
    from threadpoolctl import threadpool_limits

    weights = np.ones(outcome.size) if cases is None else np.asarray(cases, float)
    # One thread: two that wait for each other on a busy machine cost ten times more.
    with threadpool_limits(limits=1, user_api="blas"):
        return _fit(outcome, columns, weights)


def _fit(outcome: Vector, columns: Matrix, cases: Vector) -> LogisticFit:
    kept, notes = _estimable(outcome, columns, cases)
    y, weights = outcome[kept], cases[kept]
    total, events = float(weights.sum()), float(weights @ y)
    if events in (0, total):
        raise NotFittableError("every case left has the same outcome")
    used = [j for j in range(columns.shape[1]) if j not in notes]
    design = columns[kept][:, used]
    independent = _independent(design, weights)
    notes |= {
        j: "a combination of other columns"
        for position, j in enumerate(used)
        if position not in independent
    }
    used = [used[position] for position in independent]
    design = design[:, independent]
    estimate, information, log_likelihood = _newton(y, design, weights)
    coefficients = np.full(columns.shape[1], np.nan)
    std_errors = np.full(columns.shape[1], np.nan)
    coefficients[used] = estimate[1:]
    std_errors[used] = np.sqrt(np.diag(np.linalg.inv(information)))[1:]
    fitted = np.full(outcome.size, np.nan)
    fitted[kept] = np.concatenate(
        [_probability(block @ estimate) for _, block in _blocks(design)]
    )
    share = events / total
    return LogisticFit(
        coefficients=coefficients,
        std_errors=std_errors,
        notes=notes,
        kept=kept,
        fitted=fitted,
        cases=total,
        log_likelihood=log_likelihood,
        null_log_likelihood=float(
            total * (share * np.log(share) + (1 - share) * np.log(1 - share))
        ),
        converged=True,
    )


def _newton(y: Vector, design: Matrix, weights: Vector) -> tuple[Vector, Vector, float]:
    """Coefficients (intercept first), information matrix and log-likelihood."""
    share = float(weights @ y / weights.sum())
    estimate = np.zeros(design.shape[1] + 1)
    estimate[0] = np.log(share / (1 - share))
    log_likelihood, score, information = _likelihood(y, design, weights, estimate)
    for _ in range(MOST_STEPS):
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError as error:
            raise NotFittableError(SEPARATED) from error
        before = log_likelihood
        log_likelihood, score, information = _likelihood(
            y, design, weights, estimate + step
        )
        while not log_likelihood >= before - 1e-9 * abs(before):
            if np.abs(step).max() < SMALLEST_STEP:
                raise NotFittableError(SEPARATED)
            step = step / 2
            log_likelihood, score, information = _likelihood(
                y, design, weights, estimate + step
            )
        estimate = estimate + step
        if np.abs(step).max() < SMALLEST_STEP:
            return estimate, information, log_likelihood
    raise NotFittableError(SEPARATED)


def _likelihood(
    y: Vector, design: Matrix, weights: Vector, estimate: Vector
) -> tuple[float, Vector, Vector]:
    """Log-likelihood, its slope (p,) and the information matrix (p, p), by blocks."""
    size = estimate.size
    log_likelihood, score, information = 0.0, np.zeros(size), np.zeros((size, size))
    for rows, block in _blocks(design):
        linear = block @ estimate
        fitted = _probability(linear)
        log_likelihood += float(
            weights[rows] @ (y[rows] * linear - np.logaddexp(0, linear))
        )
        score += (weights[rows] * (y[rows] - fitted)) @ block
        spread = np.sqrt(weights[rows] * fitted * (1 - fitted))
        block *= spread[:, np.newaxis]
        information += block.T @ block
    return log_likelihood, score, information


def _probability(linear: Vector) -> Vector:
    return 1 / (1 + np.exp(-np.clip(linear, -700, 700)))


def _blocks(design: Matrix) -> Iterator[tuple[slice, Vector]]:
    """Blocks of rows as floating point, with a leading column of ones."""
    for start in range(0, design.shape[0], BLOCK):
        rows = slice(start, start + BLOCK)
        some = design[rows]
        block = np.ones((some.shape[0], some.shape[1] + 1))
        block[:, 1:] = some
        yield rows, block


def _estimable(
    outcome: Vector, columns: Matrix, weights: Vector
) -> tuple[npt.NDArray[np.bool_], dict[int, str]]:
    """Patterns that stay in the fit, and why a column gets no coefficient."""
    kept = np.ones(outcome.size, dtype=bool)
    notes: dict[int, str] = {}
    while True:
        counted = np.stack([kept * weights, kept * weights * outcome])
        sums = np.zeros((2, columns.shape[1] + 1))
        for rows, block in _blocks(columns):
            sums += counted[:, rows] @ block
        (total, *cases), (_, *events) = sums.tolist()
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


def _independent(design: Matrix, weights: Vector) -> list[int]:
    """Columns of (m, p) that are not combinations of ones before them, in order.

    The intercept stands before the first.
    """
    gram = np.zeros((design.shape[1] + 1, design.shape[1] + 1))
    for rows, block in _blocks(design):
        gram += (block * weights[rows, np.newaxis]).T @ block
    chosen = [0]
    for j in range(1, gram.shape[0]):
        cross = gram[chosen, j]
        solved = np.linalg.solve(gram[np.ix_(chosen, chosen)], cross)
        if gram[j, j] - cross @ solved > COLLINEAR * gram[j, j]:
            chosen.append(j)
    return [j - 1 for j in chosen[1:]]
