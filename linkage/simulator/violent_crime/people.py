"""Identities: people who recur, and people mentioned with a gang."""

from __future__ import annotations

import numpy as np

from linkage.simulator.arrays import Bools, Ints

_LONGEST_GAP = 730  # The longest history the study counts is 24 months.


def link_people(
    days: Ints, may_come_back: Bools, share: float, rng: np.random.Generator
) -> Ints:
    """For each row, in order of day, the row in which the same person first occurred.

    A `share` of the rows that may come back are someone of an earlier day, gaps up to
    two years, short ones more often; a row that comes back may be come back to.
    """
    root = np.arange(len(days))
    rows = np.flatnonzero(may_come_back)
    if len(rows) == 0:
        return root
    chosen = np.flatnonzero(rng.random(len(rows)) < share)
    gap = np.ceil(np.exp(rng.random(len(chosen)) * np.log(_LONGEST_GAP))).astype(int)
    sought = days[rows[chosen]] - gap
    earlier = np.searchsorted(days[rows], sought, side="right") - 1
    found = earlier >= 0
    root[rows[chosen[found]]] = rows[earlier[found]]
    while not np.array_equal(root, root[root]):
        root = root[root]
    return root
