"""The interval of a share, as everywhere in the project."""

from __future__ import annotations

from typing import Any


def wilson(share: Any, count: Any) -> tuple[Any, Any]:
    """95% Wilson interval of a share of so many (Wilson 1927); of arrays too."""
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(share * count, count, method="wilson")
    return low, high
