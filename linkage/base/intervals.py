"""The interval of a share, as everywhere in the project."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

# For 95%, as `interval_z` in dbt_project.yml.
Z = 1.959963984540054


def wilson(share: Any, count: Any) -> tuple[Any, Any]:
    """95% Wilson interval of a share of so many (Wilson 1927); of arrays too."""
    middle, scale = share + Z**2 / (2 * count), 1 + Z**2 / count
    half = Z * np.sqrt(share * (1 - share) / count + (Z / (2 * count)) ** 2)
    return (middle - half) / scale, (middle + half) / scale


def highest_by_chance(tolerance: float, count: int) -> float:
    """Largest share of a number whose Wilson interval is not above a tolerance.

    Wilson's interval is the inversion of the score test, which this is; `gap_verdict`
    (macros/quality_gaps.sql) is the same in SQL.
    """
    return tolerance + Z * sqrt(tolerance * (1 - tolerance) / count)
