"""Adjustments that make expected counts meet printed figures.

With planted log odds o and an indicator z_k for each printed figure, find adjustments
a so that sum_i z_ik p_i = t_k, p_i = 1 / (1 + exp(-o_i - z_i a)), up to a ridge:
minimise sum_i log(1 + exp(o_i + z_i a)) - t a + sum_k r_k a_k^2 / 2. The problem is
convex; where printed figures conflict, the one with the smaller ridge wins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

from linkage.simulator.arrays import Bools, Floats, expit

_STEPS = 60
_TOLERANCE = 1e-4
_BASE_RIDGE = 0.05
_REUSE = 3


@dataclass(frozen=True)
class Target:
    """One printed rate: which cases it is about, its value and how firm it is.

    `softness` is the ridge per case: an adjustment of 1 buys a miss of `softness` in
    the rate.
    """

    name: str
    mask: Bools
    rate: float
    softness: float


@dataclass(frozen=True)
class Calibration:
    """Adjustments by target and the probabilities they give, shape (cases,)."""

    adjustments: dict[str, float]
    expected_rates: dict[str, float]
    probabilities: Floats


def calibrate(offset: Floats, targets: list[Target]) -> Calibration:
    """Solve for the adjustments by damped Newton steps.

    Targets without a case are left out. The Hessian is recomputed only every few steps;
    the gradient decides when to stop.
    """
    kept = [target for target in targets if target.mask.any()]
    if not kept:
        return Calibration({}, {}, expit(offset))
    columns = [np.flatnonzero(target.mask) for target in kept]
    sizes: Floats = np.array([len(rows) for rows in columns], dtype=np.float64)
    design = sparse.csc_array(
        (
            np.ones(int(sizes.sum())),
            np.concatenate(columns),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        ),
        shape=(len(offset), len(kept)),
    )
    by_row = design.tocsr()
    transposed = design.T.tocsr()
    wanted = sizes * np.array([target.rate for target in kept])
    ridge = sizes * np.array([target.softness for target in kept]) + _BASE_RIDGE

    def objective(a: Floats) -> tuple[float, Floats]:
        eta = offset + by_row @ a
        value = np.logaddexp(0.0, eta).sum() - wanted @ a + 0.5 * (ridge * a) @ a
        return float(value), eta

    a: Floats = np.zeros(len(kept))
    value, eta = objective(a)
    factor = None
    for step in range(_STEPS):
        p = expit(eta)
        gradient = transposed @ p - wanted + ridge * a
        if np.max(np.abs(gradient) / (sizes + 1.0)) < _TOLERANCE / 10:
            break
        if factor is None or step % _REUSE == 0:
            factor = cho_factor(_hessian(transposed, by_row, p) + np.diag(ridge))
        direction = cho_solve(factor, gradient)
        scale = 1.0
        slope = float(gradient @ direction)
        while True:
            trial = a - scale * direction
            trial_value, trial_eta = objective(trial)
            if trial_value <= value - 1e-4 * scale * slope or scale < 1e-4:
                break
            scale /= 2
        if abs(value - trial_value) < 1e-9 * (abs(value) + 1.0):
            a, eta = trial, trial_eta
            break
        a, value, eta = trial, trial_value, trial_eta
    p = expit(eta)
    rates = (transposed @ p) / sizes
    return Calibration(
        adjustments={t.name: float(x) for t, x in zip(kept, a, strict=True)},
        expected_rates={t.name: float(x) for t, x in zip(kept, rates, strict=True)},
        probabilities=p,
    )


def _hessian(
    transposed: sparse.csr_array, by_row: sparse.csr_array, p: Floats
) -> Floats:
    weighted = by_row.multiply((p * (1.0 - p))[:, None]).tocsr()
    dense: Floats = (transposed @ weighted).toarray()
    return dense
