"""Three spline terms of a count: R's `splines::bs(x, df = 3)`, or `ns(x, df = 3)`.

The violent-crime study turns the number of officers into three columns "through the
application of splines" (section 4) and does not name them. Of R's two the plain one,
`bs`, agrees with the print: with its coefficients (7.4) success falls until a third of
the range, "around 30 officers", and evidential difficulties are least at 0.11 of it,
"10 to 12 officers" (6.2): one range, up to about 88 officers, gives both. Under `ns`
evidential difficulties would be least with a single officer, for any range. The
natural spline stays for comparison: it bends where the cases are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.model_cases import Vector

TERMS = 3
CUBIC = 3
# The inner knots of a natural spline: one fewer than terms, at equal shares of cases.
KNOTS_AT = (1 / 3, 2 / 3)


@dataclass(frozen=True)
class Spline:
    """Three terms of a count, with the values learnt from the training part.

    `knots` are strictly within `boundary` and may coincide; a plain spline has none, so
    that its terms are those of a cubic, each within 0-1. A natural one has two, and no
    curvature at its boundary.
    """

    boundary: tuple[float, float]
    knots: tuple[float, ...] = ()
    natural: bool = False

    def terms(self, counts: npt.ArrayLike) -> Vector:
        """The columns (m, 3) at `counts` (m,); NaN where a count is NaN.

        Beyond the boundary a natural spline is linear, as in R. A plain one is constant
        there; R continues the cubic, which soon leaves 0-1.
        """
        values = np.asarray(counts, dtype=np.float64)
        within = np.clip(values, *self.boundary)
        bases = self._bases(within)[:, 1:]
        if not self.natural:
            return bases
        bases += self._bases(within, 1)[:, 1:] * (values - within)[:, np.newaxis]
        # Terms without curvature at either end: the last columns of the complete QR.
        curvature = self._bases(np.array(self.boundary), 2)[:, 1:]
        rotation, _ = np.linalg.qr(curvature.T, mode="complete")
        terms: Vector = bases @ rotation[:, 2:]
        return terms

    def _bases(self, values: Vector, derivative: int = 0) -> Vector:
        """Every B-spline's derivative at values within the boundary, (m, functions)."""
        from scipy.interpolate import BSpline

        low, high = self.boundary
        knots = np.array([low] * 4 + sorted(self.knots) + [high] * 4)
        spline = BSpline(knots, np.eye(len(self.knots) + CUBIC + 1), CUBIC)
        found: Vector = spline(values, nu=derivative)
        return found


def learn_spline(counts: npt.ArrayLike, *, natural: bool = False) -> Spline:
    """Boundary at the range of the training `counts` (m,), knots at their thirds.

    Where so many counts are the smallest or the largest that a third falls on the
    boundary, the thirds of the counts strictly between are taken (R puts the knot on
    the boundary, where it adds no term); without any such count, the thirds of the
    range. NaN is left out.

    Raises ValueError where the counts do not vary: there is nothing to bend.
    """
    known = np.asarray(counts, dtype=np.float64)
    known = known[~np.isnan(known)]
    if not known.size or known.min() == known.max():
        raise ValueError("a spline needs counts that differ")
    low, high = float(known.min()), float(known.max())
    if not natural:
        return Spline((low, high))
    knots = np.quantile(known, KNOTS_AT)
    if knots[0] == low or knots[-1] == high:
        between = known[(known > low) & (known < high)]
        knots = np.quantile(between if between.size else [low, high], KNOTS_AT)
    return Spline((low, high), tuple(knots.tolist()), natural=True)
