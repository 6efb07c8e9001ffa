"""Marks and intervals of counts that have passed disclosure control."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pandas as pd
import yaml

from linkage.intervals import wilson
from linkage.settings import PROJECT
from report.site.figures import records

# As the mart: an expected number below which the test does not hold.
LEAST_EXPECTED = 5


@functools.cache
def dbt_variable(name: str) -> float:
    """A variable of `dbt_project.yml`, where the marts' limits stand."""
    content = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return float(content["vars"][name])


def significance(rates: pd.DataFrame) -> pd.Series[str]:
    """`higher` or `lower` than all other cases of the area at 99%, else None.

    The test of `marts.withdrawal_rates`, on rounded counts; where the area's total or
    the category is confidential, or too small for a rate, there is no mark.
    """
    totals = {
        row["crime_area"]: (row["cases"], row["withdrawals"])
        for row in records(rates[rates["dimension"] == "all"])
        if pd.notna(row["cases"]) and pd.notna(row["withdrawals"])
    }
    marks = [
        _mark(row, *totals[row["crime_area"]])
        if row["dimension"] != "all"
        and row["crime_area"] in totals
        and pd.notna(row["withdrawal_rate"])
        else None
        for row in records(rates)
    ]
    return pd.Series(marks, index=rates.index, dtype=object)


def _mark(row: dict[str, Any], total: int, all_withdrawals: int) -> str | None:
    n, others = row["cases"], total - row["cases"]
    pooled = all_withdrawals / total
    if others <= 0 or min(n, others) * min(pooled, 1 - pooled) < LEAST_EXPECTED:
        return None
    difference = (
        row["withdrawals"] / n - (all_withdrawals - row["withdrawals"]) / others
    )
    z = difference / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / others))
    limit = dbt_variable("significance_z")
    return "higher" if z > limit else "lower" if z < -limit else None


def with_interval(
    rows: pd.DataFrame, part: str, whole: str, name: str, decimals: int = 3
) -> pd.DataFrame:
    """The share of two shown counts as `name`, with `<name>_low` and `<name>_high`.

    No share stands on fewer cases than the marts print one for.
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
