"""The build's counts of each gap: the rows of quality.gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from expectations.settings import Gap, Suite
from linkage.base.intervals import highest_by_chance
from linkage.engines.build_tables import BuildTables

BEYOND = "beyond tolerance"
TOO_FEW = "too few to tell"
WITHIN = "within tolerance"
NOTHING = "nothing to check"


@dataclass(frozen=True)
class GapResult:
    """Number of rows of one delivery with a gap, and number it applies to."""

    gap: Gap
    delivery: str
    population: int
    failing: int
    share: float | None
    change: float | None
    verdict: str

    @property
    def highest_share(self) -> float:
        """Largest share that is not beyond the tolerance: few rows allow for chance."""
        if not self.population:
            return 1.0
        return min(highest_by_chance(self.gap.tolerance, self.population), 1.0)

    @property
    def least_share(self) -> float:
        """Least share of rows as expected; `mostly` of Great Expectations."""
        return 1 - self.highest_share

    @property
    def is_within_tolerance(self) -> bool:
        """Not beyond tolerance; too few rows to decide are no breach."""
        return self.verdict != BEYOND


def read_results(
    tables: BuildTables, suites: Sequence[Suite], gaps: Sequence[Gap]
) -> list[GapResult]:
    """Every gap of every delivery; by suite, delivery and gap, in their order."""
    suite_no = {suite.suite: number for number, suite in enumerate(suites)}
    gap_no = {gap.gap: number for number, gap in enumerate(gaps)}
    results = [
        GapResult(gaps[gap_no[gap]], *counted)
        for gap, *counted in tables.rows(
            "select gap, delivery, population, failing, share, change, verdict "
            "from quality.gaps"
        )
    ]
    return sorted(
        results,
        key=lambda one: (
            suite_no[one.gap.suite],
            one.delivery,
            gap_no[one.gap.gap],
        ),
    )


def counts(result: Mapping[str, Any]) -> tuple[int, int]:
    """Rows checked and rows not as expected, of a result of Great Expectations.

    Rows without a value are not checked, unless the expectation is about nulls.
    """
    checked = int(result["element_count"]) - int(result.get("missing_count") or 0)
    return checked, int(result["unexpected_count"] or 0)
