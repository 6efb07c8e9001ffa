"""Shares as percentages as precise as the share."""

from __future__ import annotations


def percent(share: float | None) -> str:
    """A measured share: 3.5%, 0.04%; 0% only of none, 100% only of all."""
    if share is None:
        return "-"
    for decimals in range(1, 10):
        text = f"{share:.{decimals}%}"
        if share in (0, 1) or float(text[:-1]) not in (0, 100):
            break
    return text


def exact_percent(share: float) -> str:
    """A share that somebody set, such as a tolerance: 5%, 0.1%, 0.25%."""
    return f"{100 * share:.6g}%"
