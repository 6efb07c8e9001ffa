"""Writes `truth.json`: the planted values and the expected results."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from linkage.simulator.arrays import Bools
from linkage.simulator.cases import Cases
from linkage.simulator.effects import STATUS_COLUMNS, Effect, withdrawal_effects
from linkage.simulator.flow import Flow
from linkage.simulator.summary import SimulationSummary

if TYPE_CHECKING:
    from linkage.simulator.run import Drawn

TRUTH_FILE = "truth.json"
_DIGITS = 6


@dataclass(frozen=True)
class Arguments:
    """Arguments of the simulation."""

    cases: int
    seed: int
    months: int
    dirt: float
    truth: str
    file_format: str


def design_column(variable: str, category: str) -> str:
    """Name of the 0/1 column of `marts.design` for a variable and category."""
    words = re.sub("[^a-z0-9]+", "_", category.lower())
    return f"{variable}__{words.strip('_')}"


def write_truth(
    out: Path,
    arguments: Arguments,
    drawn: Drawn,
    flow: Flow,
    deliveries: tuple[str, ...],
) -> SimulationSummary:
    """Count the combined dataset as delivered, write the truth, sum it up."""
    combined, areas = flow.combined(drawn.cases)
    counts = count_cases(combined, areas)
    removed = flow.removed()
    document = {
        "simulated": True,
        "arguments": asdict(arguments),
        "model": _model(drawn),
        "deliveries": list(deliveries),
        "rows": flow.rows,
        "rejected_rows": flow.rejected_rows,
        "dirty_rows": flow.dirty_rows,
        "crime_reports_delivered": int(flow.is_delivered.sum()),
        "crime_reports_removed": removed,
        "combined_cases": combined.size,
        **counts,
    }
    path = out / TRUTH_FILE
    text = json.dumps(document, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    return SimulationSummary(
        out=out,
        truth_file=path,
        deliveries=deliveries,
        crime_reports=int(flow.is_delivered.sum()),
        cases=combined.size,
        cases_with_suspect=counts["cases_with_suspect"],
        withdrawals=counts["withdrawals"],
        rows=dict(flow.rows),
        removed=removed,
        dirty_rows=dict(flow.dirty_rows),
    )


def count_cases(cases: Cases, areas: dict[str, Bools]) -> dict[str, Any]:
    """Count a combined dataset: suspects, withdrawals, by area, type and code."""
    codes = np.array(cases.extra["outcome_code"])[cases.codes["outcome_code"]]
    withdrawn = np.isin(codes, ("14", "16"))
    recorded, known = cases.is_suspect_recorded, cases.is_suspect_known

    def count(mask: Bools) -> dict[str, int]:
        return {
            "cases": int(mask.sum()),
            "suspect_recorded": int((mask & recorded).sum()),
            "suspect_known": int((mask & known).sum()),
            "withdrawals": int((mask & withdrawn).sum()),
            "withdrawals_suspect_recorded": int((mask & withdrawn & recorded).sum()),
        }

    return {
        "cases_with_suspect": int(recorded.sum()),
        "cases_with_suspect_known": int(known.sum()),
        "withdrawals": int(withdrawn.sum()),
        "withdrawals_with_suspect": int((withdrawn & recorded).sum()),
        "by_crime_area": {name: count(mask) for name, mask in areas.items()},
        "by_crime_type": {
            name: count(cases.equals("crime_type", name))
            for name in cases.categories("crime_type")
        },
        "by_bcu": {
            name: count(cases.equals("bcu", name)) for name in cases.categories("bcu")
        },
        "by_outcome_code": {
            name: int((codes == name).sum()) for name in cases.extra["outcome_code"]
        },
    }


def _model(drawn: Drawn) -> dict[str, Any]:
    if drawn.plain is not None:
        return {
            "kind": "plain",
            "dependent_variable": "is_victim_withdrawal",
            "intercept": drawn.plain.intercept,
            "coefficients": [_effect(x) for x in drawn.plain.coefficients],
        }
    assert drawn.calibration is not None
    return {
        "kind": "calibrated",
        "dependent_variable": "is_victim_withdrawal",
        "intercept": 0.0,
        "coefficients": {
            f"suspect {status}": [_effect(x) for x in withdrawal_effects(status)]
            for status in STATUS_COLUMNS
        },
        "adjustments": _rounded(drawn.calibration.adjustments),
        "expected_rates": _rounded(drawn.calibration.expected_rates),
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "design_column": design_column(effect.variable, effect.category),
        "variable": effect.variable,
        "category": effect.category,
        "reference_category": effect.reference_category,
        "odds_ratio": round(effect.odds_ratio, _DIGITS),
        "coefficient": effect.coefficient,
        "note": effect.note,
    }


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, _DIGITS) + 0.0 for name, value in values.items()}
