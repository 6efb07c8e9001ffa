"""Rounding of published counts, and ratios of rounded counts."""

from __future__ import annotations

from typing import Any

import numpy as np

# Two-sided 95%, as in the marts.
Z = 1.959963984540054


def round_counts(counts: Any, base: int) -> Any:
    """The nearest multiple of the base, the same for the same count; halves go up.

    Conventional rounding (Hundepool and others 2012, 5.4.1).
    """
    return (np.asarray(counts, dtype=np.int64) + base // 2) // base * base


def wilson(share: Any, count: Any) -> tuple[Any, Any]:
    """Wilson's 95% interval of a share of a count (Wilson 1927)."""
    middle = share + Z**2 / (2 * count)
    half = Z * np.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    return (middle - half) / (1 + Z**2 / count), (middle + half) / (1 + Z**2 / count)
