"""Binary logistic regression on counted cases; columns without estimate are named.

Maximum likelihood where it has a maximum; otherwise Firth's penalised likelihood
(Firth 1993; Heinze and Schemper 2002), marked as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.extracts.record_key import KEYS
from ml.model_cases import ModelCases, Vector

MAXIMUM_LIKELIHOOD = "maximum likelihood"
FIRTH = "Firth's penalised likelihood"
STAND_IN = "compared with: no case is in the category to compare with"
TOGETHER = "with other columns it tells the outcome; penalised estimate"
# A column counts as a combination of earlier ones when this share of it is left over.
COLLINEAR = 1e-9
# Newton-Raphson ends when no coefficient moves more than this.
SMALLEST_STEP = 1e-8
# Where the likelihood has no maximum every step moves some coefficient by about 1,
# without end; where it has one, a dozen steps find it.
MOST_STEPS = 20
MOST_PENALISED_STEPS = 200
# Longest step of a penalised fit, whose first steps can be wild (as R's logistf).
LONGEST_STEP = 5.0
# A fit of more rows than this begins where a fit of some of them ends.
THINNED_ROWS = 20_000
# Prior spread of a coefficient where only some of the rows are used.
PRIOR_PRECISION = 0.1


class NotFittableError(ValueError):
    """The model cannot be fitted at all; the message gives the reason."""


class SeparatedError(ValueError):
    """The likelihood has no maximum; `columns` grow without end."""

    def __init__(self, columns: Sequence[int]) -> None:
        """Columns by their number."""
        super().__init__("the likelihood has no maximum")
        self.columns = tuple(columns)


@dataclass(frozen=True)
class Keys:
    """Sums of record keys modulo 4096: of all cases and of each column's, (p + 1,)."""

    cases: npt.NDArray[np.int64]
    events: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Screening:
    """Content of the columns before any fit; arrays are (p,).

    `used` can be estimated; `notes` gives the reason for the others; `separated` marks
    those of the used that have no or only events, so that their likelihood has no
    maximum. `variance_inflation` is over the used ones, NaN elsewhere.
    """

    rows: int
    total: float
    total_events: float
    cases: Vector
    events: Vector
    keys: Keys
    used: tuple[int, ...]
    notes: dict[int, str]
    separated: dict[int, str]
    variance_inflation: Vector


@dataclass(frozen=True)
class LogisticFit:
    """A fitted model of the columns used.

    `estimate` is (k + 1,), the intercept first, and `covariance` (k + 1, k + 1).
    `grown` are columns that grow without end together where the plain likelihood has no
    maximum.
    """

    screening: Screening
    method: str
    estimate: Vector
    covariance: Vector
    log_likelihood: float
    null_log_likelihood: float
    grown: tuple[int, ...] = ()

    @property
    def used(self) -> tuple[int, ...]:
        """Columns estimated, in the order of `estimate[1:]`."""
        return self.screening.used

    @property
    def coefficients(self) -> Vector:
        """By column as given, shape (p,); NaN where not estimable."""
        return self._by_column(self.estimate[1:])

    @property
    def std_errors(self) -> Vector:
        """By column as given, shape (p,); NaN where not estimable."""
        return self._by_column(roots(np.diag(self.covariance))[1:])

    @property
    def notes(self) -> dict[int, str]:
        """Note on a column, by its number."""
        together = dict.fromkeys(self.grown, TOGETHER)
        alone = {
            j: f"{what}; penalised estimate"
            for j, what in self.screening.separated.items()
        }
        return {**self.screening.notes, **together, **alone}

    @property
    def cases(self) -> float:
        """Number of cases fitted."""
        return self.screening.total

    @property
    def nagelkerke_r2(self) -> float:
        """Nagelkerke (1991): Cox and Snell's R2 over its largest possible value.

        Not below 0, where a penalised fit of few events can fall under no model at all.
        """
        n = self.cases
        cox_snell = 1 - np.exp(2 / n * (self.null_log_likelihood - self.log_likelihood))
        largest = 1 - np.exp(2 / n * self.null_log_likelihood)
        return max(0.0, float(cox_snell / largest))

    @property
    def mcfadden_r2(self) -> float:
        """McFadden (1974): the share of the null log-likelihood explained; from 0."""
        return max(0.0, 1 - self.log_likelihood / self.null_log_likelihood)

    def _by_column(self, values: Vector) -> Vector:
        whole = np.full(self.screening.cases.size, np.nan)
        whole[list(self.used)] = values
        return whole


def fit_logistic(
    cases: ModelCases,
    variables: Sequence[str] = (),
    *,
    near: Vector | None = None,
    tolerance: float = SMALLEST_STEP,
) -> LogisticFit:
    """Fit with an intercept; what to trust and what not is in the result.

    `variables` gives the variable of each column: if no case is in its omitted
    category, the largest of its columns is the reference. `near` is an estimate (p +
    1,) to begin with, intercept first; the fit ends when no coefficient moves more than
    `tolerance`.

    A column without cases, one that every case has and one that is a combination of
    earlier ones get no coefficient. Where a column has no or only events, or columns
    together determine the outcome, the plain likelihood has no maximum and the whole
    model is fitted by Firth's.

    Raises NotFittableError if every case has the same outcome, there is none, or even
    the penalised likelihood has no maximum that can be found.
    Equal to R's `glm(family = binomial)` and statsmodels' `Logit`, or R's brglm2
    (`type = "AS_mean"`).
    """
    screening = screen(cases, variables)
    used = cases.select(screening.used)
    grown: tuple[int, ...] = ()
    if not screening.separated:
        try:
            return _fitted(used, screening, MAXIMUM_LIKELIHOOD, near, tolerance)
        except SeparatedError as error:
            grown = tuple(screening.used[j] for j in error.columns)
    for start in (near, None) if near is not None else (None,):
        try:
            return _fitted(used, screening, FIRTH, start, tolerance, grown)
        except SeparatedError:
            continue
    raise NotFittableError("the penalised fit did not converge either")


def screen(cases: ModelCases, variables: Sequence[str] = ()) -> Screening:
    """Count the columns' cases and events, and find those that can't be estimated."""
    width = cases.columns + 1
    gram, rows, total = np.zeros((width, width)), 0, 0.0
    counted, with_outcome = np.zeros(width), np.zeros(width)
    keys, keys_with_outcome = np.zeros(width), np.zeros(width)
    for block in cases.blocks():
        rows += block.outcome.size
        total += float(block.cases.sum())
        # Counts are compared below: not by way of the roots, which round.
        counted += block.cases @ block.design
        with_outcome += (block.cases * block.outcome) @ block.design
        keys += block.keys @ block.design
        keys_with_outcome += (block.keys * block.outcome) @ block.design
        block.design[:] *= np.sqrt(block.cases)[:, np.newaxis]
        gram += block.design.T @ block.design
    events = float(with_outcome[0])
    if total == 0:
        raise NotFittableError("there is no case")
    if events in (0.0, total):
        raise NotFittableError(
            "no case has the outcome" if events == 0 else "every case has the outcome"
        )
    in_column, events_in_column = counted[1:], with_outcome[1:]
    notes = {
        j: "no cases" if count == 0 else "every case"
        for j, count in enumerate(in_column)
        if count in (0, total)
    }
    notes |= _stand_in_references(in_column, total, variables, notes)
    some = [j for j in range(cases.columns) if j not in notes]
    used = _independent(gram, some)
    notes |= {j: "a combination of other columns" for j in some if j not in used}
    separated = {
        j: "no events" if events_in_column[j] == 0 else "only events"
        for j in used
        if events_in_column[j] in (0, in_column[j])
    }
    return Screening(
        rows=rows,
        total=total,
        total_events=events,
        cases=in_column,
        events=events_in_column,
        keys=Keys(
            *(sums.astype(np.int64) % KEYS for sums in (keys, keys_with_outcome))
        ),
        used=tuple(used),
        notes=notes,
        separated=separated,
        variance_inflation=_variance_inflation(gram, used),
    )


def maximise(
    cases: ModelCases,
    start: Vector,
    *,
    penalised: bool = False,
    tolerance: float = SMALLEST_STEP,
) -> tuple[Vector, Vector, float]:
    """Estimate (k + 1,), information matrix and log-likelihood at it.

    Raises SeparatedError where the likelihood has no maximum.
    """
    estimate = start
    point = _evaluate(cases, estimate, penalised)
    step = np.zeros_like(start)
    for _ in range(MOST_PENALISED_STEPS if penalised else MOST_STEPS):
        try:
            step = np.asarray(np.linalg.solve(point.curvature, point.score))
        except np.linalg.LinAlgError:
            break
        if penalised:
            step *= LONGEST_STEP / max(LONGEST_STEP, float(np.abs(step).max()))
        before = point
        while np.abs(step).max() >= tolerance:
            point = _evaluate(cases, estimate + step, penalised)
            if point.objective >= before.objective - _noise(before):
                break
            step = step / 2
        estimate = estimate + step
        if np.abs(step).max() < tolerance:
            # So near that the result before the step holds after it.
            return estimate, before.information, before.log_likelihood
    growing = np.abs(step[1:]) > 0.1 * max(float(np.abs(step).max()), SMALLEST_STEP)
    raise SeparatedError(np.flatnonzero(growing).tolist())


def roots(variances: Vector) -> Vector:
    """Standard errors; NaN where rounding has left no variance."""
    return np.asarray(np.sqrt(np.where(variances > 0, variances, np.nan)))


def probability(linear: npt.NDArray[np.float64]) -> Vector:
    """Inverse of the log odds."""
    from scipy.special import expit

    shares: Vector = expit(linear)
    return shares


@dataclass(frozen=True)
class _Point:
    """Log-likelihood, the maximised function, its slope and the information matrix.

    `curvature` is the divisor of the slope in a step.
    """

    log_likelihood: float
    objective: float
    score: Vector
    information: Vector
    curvature: Vector


def _noise(point: _Point) -> float:
    """A loss that rounding explains."""
    return 1e-11 * abs(point.objective)


def _fitted(
    cases: ModelCases,
    screening: Screening,
    method: str,
    near: Vector | None,
    tolerance: float,
    grown: Sequence[int] = (),
) -> LogisticFit:
    estimate, information, log_likelihood = maximise(
        cases,
        _start(cases, screening)
        if near is None
        else near[[0, *(j + 1 for j in screening.used)]],
        penalised=method == FIRTH,
        tolerance=tolerance,
    )
    try:
        covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        # So extreme that rounding leaves no information on some column.
        raise SeparatedError([int(np.abs(estimate[1:]).argmax())]) from error
    total, events = screening.total, screening.total_events
    share = events / total
    return LogisticFit(
        screening=screening,
        method=method,
        estimate=estimate,
        covariance=covariance,
        log_likelihood=log_likelihood,
        null_log_likelihood=float(
            total * (share * np.log(share) + (1 - share) * np.log(1 - share))
        ),
        grown=tuple(grown),
    )


def _start(cases: ModelCases, screening: Screening) -> Vector:
    """No effects; for many rows the estimate from some of them."""
    share = screening.total_events / screening.total
    start = np.zeros(cases.columns + 1)
    start[0] = np.log(share / (1 - share))
    if screening.rows < 2 * THINNED_ROWS:
        return start
    some = cases.thinned(screening.rows // THINNED_ROWS)
    prior = np.full(start.size, PRIOR_PRECISION)
    prior[0] = 0
    for _ in range(8):
        point = _evaluate(some, start, penalised=False)
        score = point.score - prior * start
        step = np.linalg.solve(point.information + np.diag(prior), score)
        start = start + step
        if np.abs(step).max() < 1e-3:
            break
    return start


def _evaluate(cases: ModelCases, estimate: Vector, penalised: bool) -> _Point:
    size = estimate.size
    log_likelihood, score, information = 0.0, np.zeros(size), np.zeros((size, size))
    for block in cases.blocks():
        linear = block.design @ estimate
        fitted = probability(linear)
        log_likelihood += float(
            block.cases @ (block.outcome * linear - np.logaddexp(0, linear))
        )
        score += (block.cases * (block.outcome - fitted)) @ block.design
        spread = np.sqrt(block.cases * fitted * (1 - fitted))
        block.design[:] *= spread[:, np.newaxis]
        information += block.design.T @ block.design
    if not penalised:
        return _Point(log_likelihood, log_likelihood, score, information, information)
    try:
        factor = np.asarray(np.linalg.cholesky(information), dtype=np.float64)
    except np.linalg.LinAlgError:
        # So extreme that some column's information is lost in rounding: no step there.
        return _Point(log_likelihood, -np.inf, score, information, information)
    slope, curvature = _firth_penalty(cases, estimate, factor)
    return _Point(
        log_likelihood,
        log_likelihood + float(np.log(np.diag(factor)).sum()),
        score + slope,
        information,
        information + curvature,
    )


def _firth_penalty(
    cases: ModelCases, estimate: Vector, factor: Vector
) -> tuple[Vector, Vector]:
    """Firth's penalty in the slope and in the curvature.

    As if each case came h times more, half of them with the event: the sum of
    h (1/2 - p) x, and of h p (1 - p) x x'. h is its leverage, p (1 - p) x' I^-1 x;
    `factor` is the Cholesky factor of I.
    """
    from scipy.linalg import solve_triangular

    slope, curvature = np.zeros(estimate.size), np.zeros(factor.shape)
    for block in cases.blocks():
        fitted = probability(block.design @ estimate)
        spread = fitted * (1 - fitted)
        root = solve_triangular(factor, block.design.T, lower=True, check_finite=False)
        leverage = spread * np.square(root).sum(axis=0)
        slope += (block.cases * leverage * (0.5 - fitted)) @ block.design
        block.design[:] *= np.sqrt(block.cases * leverage * spread)[:, np.newaxis]
        curvature += block.design.T @ block.design
    return slope, curvature


def _stand_in_references(
    in_column: Vector, total: float, variables: Sequence[str], notes: dict[int, str]
) -> dict[int, str]:
    """The largest column of each variable whose left-out category has no case."""
    found = {}
    for variable in dict.fromkeys(variables):
        own = [j for j, name in enumerate(variables) if name == variable]
        held = [j for j in own if j not in notes]
        if len(held) > 1 and in_column[own].sum() == total:
            found[max(held, key=lambda j: in_column[j])] = STAND_IN
    return found


def _independent(gram: Vector, candidates: Sequence[int]) -> list[int]:
    """Columns that are not combinations of ones before them, in order.

    The intercept comes before the first: row and column 0 of `gram`. A Cholesky factor
    grows by a row for each column that adds something.
    """
    from scipy.linalg import solve_triangular

    factor = np.zeros(gram.shape)
    factor[0, 0] = np.sqrt(gram[0, 0])
    chosen = [0]
    for j in (candidate + 1 for candidate in candidates):
        size = len(chosen)
        row = solve_triangular(
            factor[:size, :size], gram[chosen, j], lower=True, check_finite=False
        )
        left = gram[j, j] - row @ row
        if left > COLLINEAR * gram[j, j]:
            factor[size, :size], factor[size, size] = row, np.sqrt(left)
            chosen.append(j)
    return [j - 1 for j in chosen[1:]]


def _variance_inflation(gram: Vector, used: Sequence[int]) -> Vector:
    """1 / (1 - R2) of each column regressed on the others, by column as given."""
    inflation = np.full(gram.shape[0] - 1, np.nan)
    if not used:
        return inflation
    rows = [j + 1 for j in used]
    centred = (
        gram[np.ix_(rows, rows)] - np.outer(gram[rows, 0], gram[rows, 0]) / gram[0, 0]
    )
    inflation[list(used)] = np.diag(np.linalg.inv(centred)) * np.diag(centred)
    return inflation
