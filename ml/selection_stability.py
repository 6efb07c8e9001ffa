"""How often the penalty selects each column when half of the cases is drawn anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.model_cases import Vector
from ml.penalised import fit_path

PAIRS = 50


@dataclass(frozen=True)
class Stability:
    """Share (0-1) of so many halves in which each column is selected, (p,)."""

    share: Vector
    halves: int

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
) -> Stability:
    """Fit `outcome` (m,) on `matrix` (m, p) in both halves of many random splits.

    Stability selection (Meinshausen and Buehlmann 2010) with complementary pairs (Shah
    and Samworth 2013): two halves share no case, one case left out where m is odd. Of
    columns that complement each other the earlier stands for both (see ml.penalised).

    Raises NotFittableError where a half has a single outcome.
    """
    columns = np.asfortranarray(matrix, dtype=np.float64)
    events = np.asarray(outcome, dtype=np.float64)
    random = np.random.default_rng(seed)
    half = events.size // 2
    counted = np.zeros(columns.shape[1])
    for _ in range(pairs):
        order = random.permutation(events.size)
        for rows in (order[:half], order[half : 2 * half]):
            path = fit_path(columns[rows], events[rows], mixing, [penalty])
            counted += path.selected[0]
    return Stability(share=counted / (2 * pairs), halves=2 * pairs)
