"""A gap as an expectation of Great Expectations, with its counts."""

from __future__ import annotations

from typing import Any

import great_expectations.expectations as gxe
from great_expectations.render import LegacyDiagnosticRendererType
from great_expectations.render.renderer.renderer import renderer

from expectations.gap_results import NOTHING, GapResult
from expectations.settings import Gap
from linkage.base.percentages import exact_percent, percent

SEVERITY_IN_DOCS = {
    "must hold": "critical",
    "should hold": "warning",
    "watch": "info",
}


def _observed(result: Any) -> str:
    """Counts and verdict.

    Great Expectations itself would give the rows of the table, not those checked.
    """
    verdict: str = result.expectation_config.meta["verdict"]
    if verdict == NOTHING:
        return verdict
    failing = int(result.result["unexpected_count"])
    checked = int(result.result["element_count"] - result.result["missing_count"])
    return (
        f"{failing:,} of {checked:,} checked ({percent(failing / checked)}): {verdict}"
    )


class ExpectNoGap(gxe.ExpectColumnValuesToNotBeInSet):  # type: ignore[misc]
    """No row has the gap, except a tolerated share."""

    @classmethod
    def _get_observed_value_from_evr(cls, result: Any) -> str:
        return _observed(result)

    @classmethod
    @renderer(  # type: ignore[untyped-decorator]
        renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_STATEMENT
    )
    def _diagnostic_unexpected_statement_renderer(cls, *_: Any, **__: Any) -> list[Any]:
        return []


class ExpectNoneOverLimit(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """No number is over its limit, except a tolerated share."""

    _get_observed_value_from_evr = ExpectNoGap._get_observed_value_from_evr
    _diagnostic_unexpected_statement_renderer = (
        ExpectNoGap._diagnostic_unexpected_statement_renderer
    )


def expectation(counted: GapResult) -> Any:
    """Expected findings of Great Expectations on a gap in a delivery."""
    gap = counted.gap
    common = {
        "column": gap.gap,
        "mostly": 1 - counted.highest_share,
        "severity": SEVERITY_IN_DOCS[gap.severity],
        "description": _in_words(gap),
        "meta": {
            "owner": gap.owner,
            "severity": gap.severity,
            "verdict": counted.verdict,
        },
    }
    if gap.upper_limit is None:
        return ExpectNoGap(value_set=[True], **common)
    return ExpectNoneOverLimit(max_value=gap.upper_limit, **common)


def _in_words(gap: Gap) -> str:
    published = (
        f" The London study published {exact_percent(gap.published_share)}."
        if gap.published_share is not None
        else ""
    )
    over = (
        ""
        if gap.upper_limit is None
        else f" (by over {exact_percent(gap.upper_limit)})"
    )
    return (
        f"{gap.description}{over}: at most {exact_percent(gap.tolerance)} of those it "
        f"applies to ({gap.severity}; owner: {gap.owner}).{published}"
    )
