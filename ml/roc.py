"""Points of an ROC curve and their convex hull, to measure and to draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.fitting import NotFittableError
from ml.model_cases import Vector


@dataclass(frozen=True)
class RocCurve:
    """From no case flagged to every case: shares of non-events and of events flagged.

    All (k,). Point i flags the cases with a probability above `thresholds[i]`, which is
    midway between two that occur.
    """

    false_positive_rate: Vector
    true_positive_rate: Vector
    thresholds: Vector

    @property
    def area(self) -> float:
        """Area under the points, ties counted half."""
        return _area(self.false_positive_rate, self.true_positive_rate)

    @property
    def hull_area(self) -> float:
        """Area under the upper convex hull, as of the best mixture of thresholds."""
        return _area(*self.hull)

    @property
    def hull(self) -> tuple[Vector, Vector]:
        """Corners of the upper convex hull, from (0, 0) to (1, 1)."""
        upper = self.hull_points
        return self.false_positive_rate[upper], self.true_positive_rate[upper]

    @property
    def turns(self) -> npt.NDArray[np.int64]:
        """Points at which the curve turns, and its ends: all that a line needs."""
        across, up = np.diff(self.false_positive_rate), np.diff(self.true_positive_rate)
        does_turn = across[:-1] * up[1:] != up[:-1] * across[1:]
        return np.flatnonzero(np.concatenate([[True], does_turn, [True]]))

    @property
    def hull_points(self) -> npt.NDArray[np.int64]:
        """Points that are corners of the hull."""
        from scipy.spatial import ConvexHull

        points = np.column_stack([self.false_positive_rate, self.true_positive_rate])
        # A corner below all of them keeps the hull from being a line.
        below = np.array([[2.0, -1.0]])
        corners = ConvexHull(np.concatenate([points, below])).vertices
        upper: npt.NDArray[np.int64] = np.sort(corners[corners < len(points)])
        return upper


def roc_curve(outcome: Vector, predicted: Vector) -> RocCurve:
    """The curve of `predicted` (m,) against `outcome` (m,), a row per case.

    Raises NotFittableError where every case has the same outcome.
    """
    from sklearn import metrics

    if outcome.size == 0 or outcome.min() == outcome.max():
        raise NotFittableError("every case has the same outcome: there is no ROC curve")
    false_rate, true_rate, values = metrics.roc_curve(
        outcome, predicted, drop_intermediate=False
    )
    # Each point flags from its value on; the first, which flags none, has none.
    lowest = np.nextafter(values[-1], -np.inf)
    between = (values[1:-1] + values[2:]) / 2
    thresholds = np.concatenate([[values[1]], between, [lowest]])
    return RocCurve(false_rate, true_rate, thresholds)


def _area(across: Vector, up: Vector) -> float:
    return float(np.trapezoid(up, across))
