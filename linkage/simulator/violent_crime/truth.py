"""Writes `truth.json`: the planted values and the expected results."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from linkage.simulator.arrays import Bools, Floats, Ints
from linkage.simulator.columns import MISSING
from linkage.simulator.truth import TRUTH_FILE
from linkage.simulator.violent_crime.crimes import DELIVERED, Crimes
from linkage.simulator.violent_crime.dirt import DirtyTable
from linkage.simulator.violent_crime.figures import (
    EV_DIFF,
    INTERCEPT,
    SUCCESS,
    coefficients,
    parameter,
)
from linkage.simulator.violent_crime.outcomes import GROUPS, Outcomes
from linkage.simulator.violent_crime.tables import Extracts

REJECTED = "rejected"
_DIGITS = 6
_MODEL_GROUPS = {SUCCESS: 0, EV_DIFF: 1}
# A crime with a rejected row in one of these can't be trusted.
_TRUSTED = ("crimes", "victims", "offenders")


@dataclass(frozen=True)
class Arguments:
    """Arguments of the simulation."""

    crimes: int
    seed: int
    dirt: float
    file_format: str
    is_missingness_informative: bool


@dataclass(frozen=True)
class ViolentCrimeSummary:
    """Counts of a simulated delivery; `removed` follows the order of the flow."""

    truth_file: Path
    delivery: str
    crimes_delivered: int
    removed: dict[str, int]
    study_crimes: int
    by_outcome: dict[str, int]
    rows: dict[str, int]
    rejected_rows: dict[str, int]
    dirty_rows: dict[str, dict[str, int]]


def removal_steps(
    crimes: Crimes, extracts: Extracts, dirty: dict[str, DirtyTable]
) -> Ints:
    """Step that removes each crime: 0 rejected, then those drawn; -1 in the study."""
    rejected = np.zeros(len(crimes), dtype=np.bool_)
    for extract in _TRUSTED:
        report = dirty[extract].table.report
        rejected[report[dirty[extract].is_bad & (report >= 0)]] = True
    incidents = dirty["incidents"]
    rows = len(extracts.tables["incidents"])
    sound = ~incidents.is_bad[:rows]
    steps: Ints = np.where(crimes.in_study, -1, crimes.kind + 1)
    unlinked = 1 + crimes.steps.index("no incident")
    linked = (extracts.incident >= 0) & sound[np.maximum(extracts.incident, 0)]
    steps = np.where(
        ~linked & ((steps < 0) | (steps > unlinked)), unlinked, steps
    ).astype(np.int64)
    steps[rejected] = 0
    return steps


def write_truth(
    out: Path,
    arguments: Arguments,
    crimes: Crimes,
    extracts: Extracts,
    drawn: Outcomes,
    dirty: dict[str, DirtyTable],
) -> ViolentCrimeSummary:
    """Count the study as delivered, write the truth, sum it up."""
    steps = removal_steps(crimes, extracts, dirty)
    study = steps < 0
    names = (REJECTED, *crimes.steps)
    summary = ViolentCrimeSummary(
        truth_file=out / TRUTH_FILE,
        delivery=DELIVERED.isoformat(),
        crimes_delivered=len(crimes),
        removed={name: int((steps == i).sum()) for i, name in enumerate(names)},
        study_crimes=int(study.sum()),
        by_outcome=_by_outcome(study, drawn),
        rows={name: len(table.table) for name, table in dirty.items()},
        rejected_rows={name: int(table.is_bad.sum()) for name, table in dirty.items()},
        dirty_rows={name: table.kinds for name, table in dirty.items()},
    )
    counts = asdict(summary)
    del counts["truth_file"]
    victims = dirty["victims"].table
    identified = victims.columns["person_ref"].codes != MISSING
    document = {
        "simulated": True,
        "arguments": asdict(arguments),
        **counts,
        "study_victims_identified": int(
            (identified & (victims.report >= 0) & study[victims.report]).sum()
        ),
        "by_year": {
            year: _by_outcome(study & crimes.equals("year", year), drawn)
            for year in crimes.levels["year"]
            if (study & crimes.equals("year", year)).any()
        },
        "models": {
            model: _model(model, drawn, crimes.in_study) for model in _MODEL_GROUPS
        },
        "share_of_crimes_with_ev_diff_cut": round(drawn.cut, _DIGITS),
        "officer_splines": {
            "basis": "cubic B-spline, no inner knots (R: splines::bs, df = 3)",
            "boundary_knots": [
                parameter("officers_lowest"),
                parameter("officers_highest"),
            ],
        },
    }
    text = json.dumps(document, indent=1, ensure_ascii=False)
    summary.truth_file.write_text(text + "\n", encoding="utf-8")
    return summary


def _by_outcome(mask: Bools, drawn: Outcomes) -> dict[str, int]:
    return {
        name: int((mask & (drawn.group == i)).sum()) for i, name in enumerate(GROUPS)
    }


def _model(model: str, drawn: Outcomes, study: Bools) -> dict[str, Any]:
    """A planted model and how well it separates the drawn outcomes."""
    planted = drawn.models[model]
    event = drawn.group[study] == _MODEL_GROUPS[model]
    return {
        "intercept": planted.intercept,
        "published_intercept": coefficients(model)[INTERCEPT],
        "coefficients": planted.coefficients,
        "expected_prevalence": round(float(planted.probabilities.mean()), _DIGITS),
        "auc_of_planted_model": _auc(planted.probabilities, event),
    }


def _auc(score: Floats, event: Bools) -> float | None:
    """Area under the ROC curve, ties counted half; None without both outcomes."""
    _, position, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[position]
    ones = int(event.sum())
    zeros = len(event) - ones
    if not ones or not zeros:
        return None
    pairs = float(rank[event].sum()) - ones * (ones + 1) / 2
    return round(pairs / (ones * zeros), _DIGITS)
