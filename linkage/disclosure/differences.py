"""The check of differences between publications.

The difference between two releases is itself a table, and the same threshold applies to
it (Hundepool and others 2012, Statistical Disclosure Control, on disclosure by
differencing; UK output-checking guidance agrees): a change of fewer people than the
threshold must not be derivable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from linkage.disclosure.rounding import round_counts

# Why a count was suppressed; kept in the ledger, never in a file that leaves.
SMALL, COVER, CHANGE, KEPT = "small", "cover", "change", "kept"


def too_near(counts: Any, *, threshold: int, base: int) -> Any:
    """Counts that would show a small difference from an earlier one.

    True for a count that differs from an earlier one by 1 to threshold - 1 where the
    two are not rounded alike. Any two of the others differ by 0 or by at least the
    threshold.
    """
    counts = np.asarray(counts, dtype=np.int64)
    rounded = round_counts(counts, base)
    found = np.zeros(len(counts), dtype=bool)
    for at, count in enumerate(counts):
        near = np.abs(counts[:at] - count) < threshold
        found[at] = (near & ~found[:at] & (rounded[:at] != rounded[at])).any()
    return found


def small_changes(
    counts: pd.Series[Any],
    earlier: Sequence[pd.DataFrame],
    *,
    threshold: int,
    base: int,
) -> pd.Series[Any]:
    """Counts that an earlier export forbids to publish: `change`, `kept` or empty.

    `counts` and the earlier exports (`value`, `why`) are true counts indexed by
    place; `why` is empty where the count was published. `change`: published before, the
    published figure would move, and the true change is from 1 to threshold - 1.
    `kept`: suppressed before as small or as cover, and since then changed by less than
    the threshold, so that publishing it now would reveal it.
    """
    found = pd.Series("", index=counts.index, dtype=object)
    for export in earlier:
        before = export.reindex(counts.index)
        known = before["value"].notna().to_numpy()
        value = before["value"].fillna(0).to_numpy(dtype=np.int64)
        now = counts.to_numpy(dtype=np.int64)
        is_near = known & (np.abs(now - value) < threshold)
        moves = round_counts(now, base) != round_counts(value, base)
        why = before["why"].fillna("")
        found[is_near & moves & (why == "").to_numpy()] = CHANGE
        found[is_near & why.isin([SMALL, COVER]).to_numpy()] = KEPT
    return found
