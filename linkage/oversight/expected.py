"""Cases, withdrawals and those that a driver model expects, counted in SQL.

Indirect standardisation: the expected withdrawals of a month and place are the sum of
its own cases' probabilities by a model fitted on all (Breslow and Day 1987, ch. 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from linkage.base.errors import LinkageError
from linkage.base.quoting import quoted
from linkage.extracts.record_key import KEYS
from linkage.oversight.settings import MonitorSettings
from linkage.publication.publications import has_table
from ml.specification import ALL_CASES

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
ALL_BCUS = "All"
OWN_RATE = "crime area rate"


@dataclass(frozen=True)
class AreaCounts:
    """A crime area: arrays (BCUs, months), the first BCU being all of them.

    `expected` and `variance` are the sums of p and p (1 - p) over the cases, before
    they are scaled to the crime area. The keys are sums of record keys, modulo 4096.
    """

    crime_area: str
    expected_by: str
    bcus: tuple[str, ...]
    cases: Array
    withdrawals: Array
    expected: Array
    variance: Array
    cases_key: Integers
    withdrawals_key: Integers


def count(
    connection: duckdb.DuckDBPyConnection, settings: MonitorSettings, source: str
) -> tuple[list[str], list[AreaCounts]]:
    """Months (ISO dates of their first days, none left out), and each area's counts.

    Raises LinkageError where the settings name a model that is of no use here.
    """
    chosen = {
        area: usable_model(connection, settings.model_of(source, area))
        for area in settings.crime_areas
    }
    months = _months(connection)
    found: dict[str, AreaCounts] = {}
    for model in dict.fromkeys(chosen.values()):
        areas = [area for area, one in chosen.items() if one == model]
        conditions = {area: settings.crime_areas[area] for area in areas}
        query = count_query(connection, model, conditions)
        try:
            rows = connection.execute(query).fetchall()
        except duckdb.BinderException as error:
            raise LinkageError(
                "linkage/oversight/settings.yml, crime_areas: drivers.design has not "
                f"all of their columns ({str(error).splitlines()[0]})"
            ) from error
        for area in areas:
            found[area] = _area_counts(
                area, model, months, [row[1:] for row in rows if row[0] == area]
            )
    return months, [found[area] for area in chosen if found[area].cases.sum() > 0]


def usable_model(
    connection: duckdb.DuckDBPyConnection, model: str | None
) -> str | None:
    """The model where it is fitted; None where none is requested or fitted.

    Raises LinkageError for a model that is not of withdrawal in all cases.
    """
    if model is None or not has_table(connection, "drivers.models"):
        return None
    row = connection.execute(
        "select fitted.filters, fitted.dependent, fitted.intercept, "
        "listed.has_site_effects from drivers.driver_models as listed "
        "left join drivers.models as fitted on listed.model = fitted.model "
        "where listed.model = ?",
        [model],
    ).fetchone()
    if row is None:
        raise LinkageError(
            f"linkage/oversight/settings.yml: no model {model} in "
            "seeds/driver_models.csv"
        )
    filters, dependent, intercept, has_site_effects = row
    if intercept is None:
        return None
    if has_site_effects or (filters, dependent) != (ALL_CASES, "is_victim_withdrawal"):
        raise LinkageError(
            f"linkage/oversight/settings.yml: model {model} can't give an expected "
            "rate; name one that explains is_victim_withdrawal in all cases, without "
            "site effects"
        )
    return model


def probability(connection: duckdb.DuckDBPyConnection, model: str | None) -> str:
    """A case's probability of withdrawal by a fitted model, as SQL on the design.

    A category without an estimate counts as its reference. No model: null.
    """
    if model is None:
        return "cast(null as double)"
    row = connection.execute(
        "select intercept from drivers.models where model = ?", [model]
    ).fetchone()
    assert row is not None
    terms = connection.execute(
        "select design_column, coefficient from drivers.odds_ratios "
        "where model = ? and coefficient is not null order by design_column",
        [model],
    ).fetchall()
    # An exponent marks a double: DuckDB reads 0.1 as a decimal.
    log_odds = " ".join(
        [f"{row[0]:.17e}", *(f"{value:+.17e} * {name}" for name, value in terms)]
    )
    return f"1e0 / (1e0 + exp(-({log_odds})))"


def count_query(
    connection: duckdb.DuckDBPyConnection,
    model: str | None,
    crime_areas: Mapping[str, str],
) -> str:
    """Rows crime_area, bcu, month, cases, withdrawals, expected, variance, keys.

    Cases are read once and counted by the areas they are in, a bit each.
    """
    bits = " + ".join(
        f"case when {condition} then {2**number} else 0 end"
        for number, condition in enumerate(crime_areas.values())
    )
    listed = ", ".join(
        f"({2**number}, {quoted(area)})" for number, area in enumerate(crime_areas)
    )
    return f"""
        with counted as (
            select
                areas, site, recorded_month,
                count(*) as cases, sum(withdrew) as withdrawals,
                fsum(p) as expected, fsum(p * (1e0 - p)) as variance,
                sum(record_key) as cases_key,
                sum(record_key * withdrew) as withdrawals_key
            from (
                select
                    {bits} as areas, site, recorded_month,
                    record_key, is_victim_withdrawal as withdrew,
                    {probability(connection, model)} as p
                from drivers.design
            )
            group by areas, site, recorded_month
        )
        select
            crime_area,
            coalesce(site, {quoted(ALL_BCUS)}),
            cast(recorded_month as text),
            sum(cases), sum(withdrawals), fsum(expected), fsum(variance),
            sum(cases_key), sum(withdrawals_key)
        from counted
        inner join (values {listed}) as listed (bit, crime_area)
            on (areas & bit) > 0
        group by grouping sets (
            (crime_area, site, recorded_month), (crime_area, recorded_month)
        )
        order by all
    """


def _area_counts(
    area: str, model: str | None, months: Sequence[str], rows: Sequence[Sequence[Any]]
) -> AreaCounts:
    bcus = (ALL_BCUS, *sorted({row[0] for row in rows} - {ALL_BCUS}))
    row_of = {bcu: number for number, bcu in enumerate(bcus)}
    column_of = {month: number for number, month in enumerate(months)}
    sums = np.zeros((6, len(bcus), len(months)))
    for bcu, month, *values in rows:
        sums[:, row_of[bcu], column_of[month]] = [value or 0 for value in values]
    cases, withdrawals, expected, variance = sums[:4]
    cases_key, withdrawals_key = sums[4:].astype(np.int64) % KEYS
    if model is None and cases[0].sum() > 0:
        rate = withdrawals[0].sum() / cases[0].sum()
        expected, variance = cases * rate, cases * rate * (1 - rate)
    named = OWN_RATE if model is None else f"model {model}"
    return AreaCounts(
        area,
        named,
        bcus,
        cases,
        withdrawals,
        expected,
        variance,
        cases_key,
        withdrawals_key,
    )


def _months(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select cast(cast(unnest(generate_series(min(recorded_month), "
        "max(recorded_month), interval 1 month)) as date) as text) from drivers.design"
    ).fetchall()
    return [row[0] for row in rows]
