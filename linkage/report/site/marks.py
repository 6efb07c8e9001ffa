"""Marks and intervals of counts that have passed disclosure control."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import yaml

from linkage.base.intervals import wilson
from linkage.base.settings import PROJECT
from linkage.report.ranks import least_of, most_of, share_bounds
from linkage.report.site.figures import records

# As the mart: an expected number below which the test does not hold.
LEAST_EXPECTED = 5


@functools.cache
def dbt_variable(name: str) -> float:
    """A variable of `dbt_project.yml`, which holds the marts' limits."""
    content = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return float(content["vars"][name])


def significance(rates: pd.DataFrame, base: int = 1) -> pd.Series[str]:
    """`higher` or `lower` than all other cases of the area at 99%, else None.

    The test of `marts.withdrawal_rates`. Counts are rounded to `base`: there is a mark
    where the test gives it for all counts that round to those shown, so that the mart
    has it too. Where the area's total or the category is confidential, or too small for
    a rate, there is none.
    """
    totals = {
        row["crime_area"]: (row["cases"], row["withdrawals"])
        for row in records(rates[rates["dimension"] == "all"])
        if pd.notna(row["cases"]) and pd.notna(row["withdrawals"])
    }
    marks = [
        _mark((row["cases"], row["withdrawals"], *totals[row["crime_area"]]), base)
        if row["dimension"] != "all"
        and row["crime_area"] in totals
        and pd.notna(row["withdrawal_rate"])
        else None
        for row in records(rates)
    ]
    return pd.Series(marks, index=rates.index, dtype=object)


def _mark(counts: Sequence[int], base: int) -> str | None:
    """The mark that all of the counts' extremes have, or None."""
    ends = [
        sorted({float(least_of(one, base)), float(most_of(one, base))})
        for one in counts
    ]
    marks = {_test(*one) for one in itertools.product(*ends)}
    return marks.pop() if len(marks) == 1 else None


def _test(n: float, withdrawals: float, total: float, all_withdrawals: float) -> Any:
    others, all_withdrawals = total - n, min(all_withdrawals, total)
    pooled = all_withdrawals / total
    if others <= 0 or min(n, others) * min(pooled, 1 - pooled) < LEAST_EXPECTED:
        return None
    difference = withdrawals / n - (all_withdrawals - withdrawals) / others
    z = difference / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / others))
    limit = dbt_variable("significance_z")
    return "higher" if z > limit else "lower" if z < -limit else None


def with_bounds(rows: pd.DataFrame, part: str, whole: str, base: int) -> pd.DataFrame:
    """`least` and `most`: bounds of the share of the counts before rounding."""
    least, most = share_bounds(
        rows[part].astype(float), rows[whole].astype(float), base
    )
    return rows.assign(least=least, most=most)


def with_interval(
    rows: pd.DataFrame, part: str, whole: str, name: str, decimals: int = 3
) -> pd.DataFrame:
    """The share of two shown counts as `name`, with `<name>_low` and `<name>_high`.

    No share is based on fewer cases than the marts require.
    """
    of, over = rows[part].astype(float), rows[whole].astype(float)
    share = of / over
    share = share.where((over >= dbt_variable("minimum_cases")) & (share <= 1))
    low, high = wilson(share.to_numpy(), over.to_numpy())
    return rows.assign(
        **{
            name: share.round(decimals),
            f"{name}_low": np.round(low, decimals),
            f"{name}_high": np.round(high, decimals),
        }
    )
