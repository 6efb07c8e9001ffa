"""Rounding of published counts."""

from __future__ import annotations

from typing import Any

import numpy as np


def round_counts(counts: Any, base: int) -> Any:
    """The nearest multiple of the base, the same for the same count; halves go up.

    Conventional rounding (Hundepool and others 2012, 5.4.1).
    """
    return (np.asarray(counts, dtype=np.int64) + base // 2) // base * base
