"""What the audit writes to schema `quality`, counted on the engine by SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from expectations.settings import Gap, Suite
from linkage.base.intervals import HIGHEST_BY_CHANCE, highest_by_chance, wilson
from linkage.engines.build_tables import BuildTables

TEXTS = (
    "gap",
    "delivery",
    "suite",
    "dimension",
    "extract",
    "description",
    "severity",
    "owner",
    "verdict",
)
WITHIN = "within tolerance"
BEYOND = "beyond tolerance"
TOO_FEW = "too few to tell"
NOTHING = "nothing to check"
# `GapResult.verdict` in SQL: of columns `failing`, `population` and `tolerance`.
SHARE = "cast(failing as double) / population"
VERDICT = f"""
    case
        when population = 0 then '{NOTHING}'
        when {SHARE} <= tolerance then '{WITHIN}'
        when {SHARE} > {HIGHEST_BY_CHANCE} then '{BEYOND}'
        else '{TOO_FEW}'
    end
"""


# Deliveries against the ones before.
CHANGES = "audit_changes"
NO_EXCEPTIONS = """
    select
        cast(null as string) as gap, cast(null as string) as crime_ref,
        cast(null as string) as bcu, cast(null as string) as delivery,
        cast(null as string) as extract, cast(null as bigint) as line_no,
        cast(null as string) as field,
        cast(null as integer) as harm, cast(null as integer) as gaps_of_report,
        cast(null as integer) as mend_rank
    where false
"""


@dataclass(frozen=True)
class GapResult:
    """How many rows of one delivery have a gap, of how many it applies to."""

    gap: Gap
    delivery: str
    population: int
    failing: int

    @property
    def share(self) -> float | None:
        """Share of the population, 0-1; None where the gap applies to no row."""
        return self.failing / self.population if self.population else None

    @property
    def highest_share(self) -> float:
        """Largest share that is not beyond the tolerance: few rows allow for chance."""
        if not self.population:
            return 1.0
        return min(highest_by_chance(self.gap.tolerance, self.population), 1.0)

    @property
    def verdict(self) -> str:
        """Beyond tolerance only where the whole 95% interval of the share is."""
        if self.share is None:
            return NOTHING
        if self.share <= self.gap.tolerance:
            return WITHIN
        return BEYOND if self.share > self.highest_share else TOO_FEW

    @property
    def is_within_tolerance(self) -> bool:
        """Not beyond tolerance; so few that nobody can tell are no breach."""
        return self.verdict != BEYOND

    def change_from(self, previous: float | None) -> float | None:
        """Difference from an earlier share; None where either is unknown."""
        if previous is None or self.share is None:
            return None
        return self.share - previous


def write_gap_tables(
    tables: BuildTables,
    suites: Sequence[Suite],
    gaps: Sequence[Gap],
    results: Sequence[GapResult],
) -> None:
    """Write gaps, gaps_by_group, exceptions, scorecard and changes.

    `suites` are those of the source: one that is not compared has no changes.
    """
    _write_gaps(tables, results)
    tables.create_from_query(
        "quality.gaps_by_group", _gaps_by_group(tables, suites, gaps)
    )
    tables.create_from_query("quality.exceptions", _exceptions(tables, suites, gaps))
    tables.create_from_query("quality.scorecard", SCORECARD)
    if CHANGES in {suite.table for suite in suites}:
        tables.create_from_query(
            "quality.changes", f"select * from {tables.audit_schema}.{CHANGES}"
        )


def _write_gaps(tables: BuildTables, results: Sequence[GapResult]) -> None:
    import numpy as np
    import pyarrow as pa

    counted = [one for one in results if one.population]
    measured = np.array([one.share for one in counted], dtype=float)
    low, high = wilson(measured, np.array([one.population for one in counted]))
    # The share itself is a bound at 0 and 1, which rounding alone would miss.
    bounds = np.minimum(low, measured), np.maximum(high, measured)
    intervals = {
        (one.gap.gap, one.delivery): both
        for one, *both in zip(counted, *bounds, strict=True)
    }
    shares = {(one.gap.gap, one.delivery): one.share for one in results}
    deliveries = sorted({one.delivery for one in results})
    before = dict(zip(deliveries[1:], deliveries, strict=False))
    rows = []
    for one in results:
        previous = shares.get((one.gap.gap, before.get(one.delivery, "")))
        low, high = intervals.get((one.gap.gap, one.delivery), (None, None))
        rows.append(
            {
                **{name: getattr(one.gap, name, None) for name in TEXTS},
                "delivery": one.delivery,
                "verdict": one.verdict,
                "population": one.population,
                "failing": one.failing,
                "share": one.share,
                "ci_low": low,
                "ci_high": high,
                "tolerance": one.gap.tolerance,
                "published_share": one.gap.published_share,
                "is_within_tolerance": one.is_within_tolerance,
                "previous_share": previous,
                "change": one.change_from(previous),
            }
        )
    numbers = (
        "share",
        "ci_low",
        "ci_high",
        "tolerance",
        "published_share",
        "previous_share",
        "change",
    )
    schema = pa.schema(
        [
            *((name, pa.string()) for name in TEXTS),
            ("population", pa.int64()),
            ("failing", pa.int64()),
            *((name, pa.float64()) for name in numbers),
            ("is_within_tolerance", pa.bool_()),
        ]
    )
    tables.create_from_rows("quality.gaps", pa.Table.from_pylist(rows, schema=schema))


def count_gaps(
    tables: BuildTables, suites: Sequence[Suite], gaps: Sequence[Gap]
) -> list[GapResult]:
    """Population and failing rows of each gap and delivery, one scan per suite."""
    results = []
    for suite in suites:
        own = [gap for gap in gaps if gap.suite == suite.suite]
        if not own:
            continue
        for delivery, *counts in tables.rows(
            f"select delivery, {_counts(own)} "
            f"from {tables.audit_schema}.{suite.table} "
            "group by delivery order by delivery"
        ):
            results += [
                GapResult(gap, delivery, counts[2 * number], counts[2 * number + 1])
                for number, gap in enumerate(own)
            ]
    return results


def _counts(gaps: Sequence[Gap]) -> str:
    """Two columns per gap: how many rows it applies to, how many have it."""
    return ", ".join(
        f"count({gap.condition}) as population_{number}, "
        f"count(case when {gap.condition} then 1 end) as failing_{number}"
        for number, gap in enumerate(gaps)
    )


def _gaps_by_group(
    tables: BuildTables, suites: Sequence[Suite], gaps: Sequence[Gap]
) -> str:
    """Each suite's gaps by each group its rows fall into, one scan for each."""
    parts = []
    for suite in suites:
        own = [gap for gap in gaps if gap.suite == suite.suite]
        for group in suite.grouped_by if own else ():
            source = f"{tables.audit_schema}.{suite.table}"
            if group == "crime_area":
                areas = f"{tables.intermediate_schema}.int_case_areas"
                source += f" inner join {areas} using (crime_ref)"
            counted = (
                f"select delivery, {group} as category, {_counts(own)} "
                f"from {source} group by delivery, {group}"
            )
            parts.append(
                f"select gaps.gap, counted.delivery, '{group}' as dimension, "
                "counted.category, "
                f"cast(sum({_of_gap('population', own)}) as bigint) as population, "
                f"cast(sum({_of_gap('failing', own)}) as bigint) as failing, "
                "max(gaps.tolerance) as tolerance "
                f"from ({counted}) as counted cross join {_listed(own)} "
                "group by gaps.gap, counted.delivery, counted.category"
            )
    return (
        f"select *, {SHARE} as share, {VERDICT} as verdict "
        f"from ({' union all '.join(parts)}) as grouped where population > 0"
    )


def _exceptions(
    tables: BuildTables, suites: Sequence[Suite], gaps: Sequence[Gap]
) -> str:
    """The reports with a listed gap, those of the greatest harm first, and where.

    A suite of delivered rows says of each its extract, line and field. Of the others
    the gap names extract and field, and the line is that of the report's row in it.
    """
    if not any(gap.listed for gap in gaps):
        return NO_EXCEPTIONS
    audit = tables.audit_schema
    by_name = {suite.suite: suite for suite in suites}
    parts = []
    for gap in gaps:
        if not gap.listed:
            continue
        suite = by_name[gap.suite]
        is_of_rows = "extract" in suite.grouped_by
        has_harm = "crime_area" in suite.grouped_by
        extract = _text(gap.extract)
        field = _text(gap.field)
        parts.append(
            f"select distinct '{gap.gap}' as gap, crime_ref, bcu, delivery, "
            f"{'extract' if is_of_rows else extract} as extract, "
            f"{'line_no' if is_of_rows else 'cast(null as bigint)'} as line_no, "
            f"{f'coalesce({field}, field)' if is_of_rows else field} as field, "
            f"{'harm' if has_harm else 'cast(null as integer) as harm'} "
            f"from {audit}.{suite.table} "
            f"where {gap.condition} and crime_ref is not null"
        )
    found = " union all ".join(parts)
    lines = " union all ".join(
        f"select '{extract}' as extract, crime_ref, delivery, min(line_no) as line_no "
        f"from {tables.intermediate_schema}.int_{extract}_checked "
        f"where is_current and rejection_reason is null and {kept} "
        "group by crime_ref, delivery"
        for extract, kept in (
            ("offences", "offence_role = 'Main'"),
            ("victims", "set_aside_reason is null"),
            ("suspects", "set_aside_reason is null"),
        )
    )
    return f"""
        with
        found as ({found}),
        lines as ({lines}),
        counted as (
            select crime_ref, count(*) as gaps_of_report
            from (select distinct gap, crime_ref, delivery from found) as each_once
            group by crime_ref
        ),
        weighed as (
            select
                found.gap, found.crime_ref, coalesce(found.bcu, 'Unknown') as bcu,
                found.delivery, found.extract,
                coalesce(found.line_no, lines.line_no) as line_no, found.field,
                found.harm, counted.gaps_of_report
            from found
            inner join counted on found.crime_ref = counted.crime_ref
            left join lines
                on found.line_no is null
                and found.extract = lines.extract
                and found.crime_ref = lines.crime_ref
                and found.delivery = lines.delivery
        )
        select
            gap, crime_ref, bcu, delivery, extract, line_no, field, harm,
            cast(gaps_of_report as integer) as gaps_of_report,
            cast(dense_rank() over (
                order by coalesce(harm, 0) desc, gaps_of_report desc, crime_ref
            ) as integer) as mend_rank
        from weighed
    """


def _text(value: str | None) -> str:
    """A text in SQL, or a null of that type."""
    return "cast(null as string)" if value is None else f"'{value}'"


# Share of the checks of a dimension that an extract of a delivery passes.
SCORECARD = f"""
    with
    measured as (
        select delivery, extract, dimension, gap, population, failing, tolerance
        from quality.gaps
        where extract is not null
        union all
        select
            gaps.delivery, grouped.category as extract, gaps.dimension, gaps.gap,
            grouped.population, grouped.failing, gaps.tolerance
        from quality.gaps as gaps
        inner join quality.gaps_by_group as grouped
            on gaps.gap = grouped.gap and gaps.delivery = grouped.delivery
        where gaps.extract is null and grouped.dimension = 'extract'
    ),
    shares as (
        select
            *,
            {SHARE} as share,
            {VERDICT} as verdict,
            max({SHARE}) over (
                partition by delivery, extract, dimension
            ) as worst_share
        from measured
        where population > 0
    )
    select
        delivery, extract, dimension,
        cast(count(*) as integer) as gaps,
        cast(count(case when verdict = '{BEYOND}' then 1 end) as integer)
            as gaps_beyond_tolerance,
        cast(count(case when verdict = '{TOO_FEW}' then 1 end) as integer)
            as gaps_too_few_to_tell,
        cast(sum(population) as bigint) as checks,
        cast(sum(failing) as bigint) as failing,
        1 - cast(sum(failing) as double) / sum(population) as score,
        min(case when share = worst_share and share > 0 then gap end) as worst_gap,
        max(worst_share) as worst_share
    from shares
    group by delivery, extract, dimension
"""


def _listed(gaps: Sequence[Gap]) -> str:
    rows = ", ".join(
        f"({number}, '{gap.gap}', cast({gap.tolerance} as double))"
        for number, gap in enumerate(gaps)
    )
    return f"(select * from (values {rows}) as listed (gap_no, gap, tolerance)) as gaps"


def _of_gap(count: str, gaps: Sequence[Gap]) -> str:
    cases = " ".join(
        f"when {number} then counted.{count}_{number}" for number in range(len(gaps))
    )
    return f"case gaps.gap_no {cases} end"
