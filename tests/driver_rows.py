"""Hand-made rows of released driver models, for what is drawn and written of them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from linkage.report.site.inputs import MODELS, PERFORMANCE, TERMS, SiteInputs
from ml.results import result_tables

Row = dict[str, Any]


def model_row(**changes: Any) -> Row:
    """A fitted model of 2,000 cases, 900 of them withdrawals."""
    return {
        **dict.fromkeys(result_tables()["models"]),
        "model": "12",
        "family": "crime_areas",
        "description": "Serious youth violence where a suspect is recorded",
        "crime_area": "Serious youth violence",
        "filters": "is_suspect_recorded and is_serious_youth_violence",
        "dependent": "is_victim_withdrawal",
        "method": "maximum likelihood",
        "sample_size": 2_000,
        "events": 900,
        "nagelkerke_r2": 0.24,
        "pct_correct_overall": 0.7,
        "auc": 0.74,
        "auc_low": 0.72,
        "auc_high": 0.76,
        "clusters": 32,
        "converged": True,
        "fitted_at": dt.datetime(2026, 11, 21),
        "run": 1,
        "fewer_than_10": None,
        **changes,
    }


def unfitted_row(note: str) -> Row:
    """A model without a fit."""
    missing = ("method", "nagelkerke_r2", "pct_correct_overall", "auc", "clusters")
    return model_row(**dict.fromkeys(missing), note=note, converged=False)


def term_row(variable: str, category: str = "Yes", **changes: Any) -> Row:
    """A category without an estimate."""
    is_mark = category == "Yes"
    person = variable.partition("_")[0]
    words = variable.replace("_", " ").capitalize()
    column = f"{variable}__{category.lower().replace(' ', '_')}"
    return {
        **dict.fromkeys(result_tables()["odds_ratios"]),
        "model": "12",
        "design_column": column,
        "variable": variable,
        "category": category,
        "reference_category": "No" if is_mark else "Reference",
        "variable_group": person if person in ("victim", "suspect") else "offence",
        "label": words if is_mark else f"{words}: {category}",
        "cases": 400,
        "events": 180,
        "run": 1,
        "fewer_than_10": None,
        **changes,
    }


def estimate_row(
    variable: str, ratio: float, category: str = "Yes", **changes: Any
) -> Row:
    """A category with an odds ratio, significant unless changed."""
    coefficient = math.log(ratio)
    return term_row(
        variable,
        category,
        **{
            "coefficient": coefficient,
            "std_error": 0.1,
            "odds_ratio": ratio,
            "ci_low": ratio / 1.2,
            "ci_high": ratio * 1.2,
            "p_value": 0.001,
            "is_significant": True,
            "direction": "more likely" if coefficient >= 0 else "less likely",
            "times": math.exp(abs(coefficient)),
            "p_value_holm": 0.01,
            "marginal_effect": 0.2 * coefficient,
            "cluster_p_value": 0.002,
            "e_value": 2.5,
            "e_value_bound": 2.1,
            **changes,
        },
    )


def performance_row(sample: str, **changes: Any) -> Row:
    """How the logistic model does on a sample."""
    return {
        **dict.fromkeys(result_tables()["performance"]),
        "model": "12",
        "learner": "logistic",
        "sample": sample,
        "auc": 0.71,
        "calibration_slope": 0.8,
        "run": 1,
        **changes,
    }


def inputs(
    models: Sequence[Row],
    terms: Sequence[Row],
    performance: Sequence[Row] = (),
    *,
    is_simulated: bool = False,
    **others: pd.DataFrame,
) -> SiteInputs:
    """A site's data with these rows as they are released, published once."""
    tables = {
        MODELS: _frame("models", models),
        TERMS: _frame("odds_ratios", terms),
        PERFORMANCE: _frame("performance", performance),
        **others,
    }
    return SiteInputs(
        study="victim-withdrawal",
        source="cris",
        tables=tables,
        is_simulated=is_simulated,
        publication=3,
        published_on="21 November 2026",
        code_version="",
        deliveries=["2026-11-01"],
        data_docs="",
    )


def _frame(table: str, rows: Sequence[Row]) -> pd.DataFrame:
    columns = result_tables()[table]
    frame = pd.DataFrame(list(rows), columns=[*columns, "fewer_than_10"])
    counts = {name: "Int64" for name in columns if columns[name].kind == "bigint"}
    return frame.astype(counts)
