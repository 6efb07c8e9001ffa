"""Fits on random halves of the cases: which columns they select, how curves move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.model_cases import Vector
from ml.penalised import blended, fit_path, relaxed_if_blended

PAIRS = 50


@dataclass(frozen=True)
class Stability:
    """Share (0-1) of so many halves in which each column is selected, (p,).

    `coefficients` (halves, p + 1) are those of each half, the intercept first.
    """

    share: Vector
    halves: int
    coefficients: Vector

    def band(self, terms: Vector, columns: Sequence[int], share: float) -> Vector:
        """Lower and upper bound (2, k) of a sum of terms (k, c) of these c columns.

        This share of the halves is between them, point by point. An estimate from half
        of the cases differs from that of all by as much as that of all does from the
        truth (half-sampling; Politis, Romano and Wolf 1999, 2.2): the band shows how
        unsure the curve is. It is no confidence interval, as a penalty shrinks every
        half's curve to zero.
        """
        curves = self.coefficients[:, 1:][:, list(columns)] @ terms.T
        tails = [(1 - share) / 2, (1 + share) / 2]
        bounds: Vector = np.quantile(curves, tails, axis=0)
        return bounds

    @property
    def selected(self) -> float:
        """Mean number of columns that a half selects."""
        return float(self.share.sum())

    def false_selections(self, least_share: float) -> float:
        """Bound on the expected number of idle columns with at least this share.

        q^2 / ((2 pi - 1) p): theorem 1 of Meinshausen and Buehlmann (2010), which takes
        idle columns to be alike. Raises ValueError unless the share is above a half.
        """
        if not 0.5 < least_share <= 1:
            raise ValueError(f"the share is {least_share}, not above 0.5 and up to 1")
        return self.selected**2 / ((2 * least_share - 1) * self.share.size)


def selection_stability(
    matrix: npt.ArrayLike,
    outcome: npt.ArrayLike,
    mixing: float,
    penalty: float,
    *,
    seed: int,
    pairs: int = PAIRS,
    blend: float = 1.0,
) -> Stability:
    """Fit `outcome` (m,) on `matrix` (m, p) in both halves of many random splits.

    `blend` sets how far coefficients are penalised, as in `ml.penalised.blended`; it
    does not change the selection.

    Stability selection (Meinshausen and Buehlmann 2010) with complementary pairs (Shah
    and Samworth 2013): two halves share no case, one case left out where m is odd. Of
    columns that complement each other the earlier represents both (see ml.penalised).

    Raises NotFittableError where a half has a single outcome.
    """
    columns = np.asfortranarray(matrix, dtype=np.float64)
    events = np.asarray(outcome, dtype=np.float64)
    random = np.random.default_rng(seed)
    half = events.size // 2
    counted = np.zeros(columns.shape[1])
    coefficients = []
    for _ in range(pairs):
        order = random.permutation(events.size)
        for rows in (order[:half], order[half : 2 * half]):
            path = fit_path(columns[rows], events[rows], mixing, [penalty])
            counted += path.selected[0]
            refitted = relaxed_if_blended(path, columns[rows], events[rows], [blend])
            coefficients.append(blended(path, refitted, blend)[0])
    return Stability(counted / (2 * pairs), 2 * pairs, np.array(coefficients))
