"""Suites, validation definitions and checkpoints, made from the seed of gaps."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from expectations.settings import Condition, Gap, Suite
from linkage.base.percentages import exact_percent

if TYPE_CHECKING:
    from great_expectations.data_context import FileDataContext

SEVERITY_IN_GX = {
    "must hold": "critical",
    "should hold": "warning",
    "watch": "info",
}
COMPARISONS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# Counts only: no value of a row leaves the engine.
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}


def define_checkpoints(
    context: FileDataContext, suites: Sequence[Suite], gaps: Sequence[Gap], engine: str
) -> None:
    """Store a suite, a validation definition and a checkpoint for each suite.

    All have the suite's name; what the gaps say today replaces what was stored.
    """
    import great_expectations as gx
    from great_expectations.checkpoint import UpdateDataDocsAction

    for suite in suites:
        stored = context.suites.add_or_update(
            gx.ExpectationSuite(
                name=suite.suite,
                notes=suite.description,
                expectations=[
                    expectation(gap) for gap in gaps if gap.suite == suite.suite
                ],
            )
        )
        asset = context.data_sources.get(engine).get_asset(suite.table)
        definition = context.validation_definitions.add_or_update(
            gx.ValidationDefinition(
                name=suite.suite,
                data=asset.get_batch_definition("delivery"),
                suite=stored,
            )
        )
        context.checkpoints.add_or_update(
            gx.Checkpoint(
                name=suite.suite,
                validation_definitions=[definition],
                result_format=RESULT_FORMAT,
                actions=[UpdateDataDocsAction(name="Data Docs")],
            )
        )


def expectation(gap: Gap) -> Any:
    """The native expectation that the gap's row names.

    Its `mostly` is a parameter of the run, under the name of the gap: where rows are
    few, chance is allowed for (`gap_results.GapResult.least_share`).
    """
    import great_expectations.expectations as gxe

    is_pair = "column_B" in gap.arguments
    kind = getattr(gxe, gap.expectation.title().replace("_", ""))
    return kind(
        **{"column_A" if is_pair else "column": gap.column_name},
        **gap.arguments,
        **({"ignore_row_if": "either_value_is_missing"} if is_pair else {}),
        mostly={"$PARAMETER": gap.gap},
        row_condition=_row_condition(gap.applies_to),
        severity=SEVERITY_IN_GX[gap.severity],
        description=sentence(gap),
        meta={
            "gap": gap.gap,
            "severity": gap.severity,
            "owner": gap.owner,
            "tolerance": gap.tolerance,
            "published_share": gap.published_share,
            "listed": gap.listed,
        },
    )


def sentence(gap: Gap) -> str:
    """What is expected, in words: the fault, and how much of it is tolerated."""
    return f"{gap.description}: {_at_most(gap.tolerance)}."


def _at_most(tolerance: float) -> str:
    return f"at most {exact_percent(tolerance)}" if tolerance else "none"


def _row_condition(conditions: Sequence[Condition]) -> Any:
    """The conditions joined by and, as Great Expectations writes them."""
    from great_expectations.expectations.row_conditions import Column

    made = []
    for one in conditions:
        column = Column(one.column)
        if one.operator == "is null":
            made.append(column.is_null())
        elif one.operator == "is not null":
            made.append(column.is_not_null())
        elif one.operator == "in":
            made.append(column.is_in(one.value))
        elif one.operator == "not in":
            made.append(column.is_not_in(one.value))
        else:
            made.append(COMPARISONS[one.operator](column, one.value))
    return reduce(operator.and_, made) if made else None
