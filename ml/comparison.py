"""Which odds ratios differ between two models, or between two periods of one.

Estimates on disjoint cases are independent. Where two models share cases their
estimates go together; that is allowed for by the cross-product of the cases' scores
(seemingly unrelated estimation: Weesie 1999).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engines.design_rows import DesignRows, open_design
from linkage.errors import LinkageError
from linkage.settings import RunSettings
from ml.drivers import load_cases
from ml.effects import adjusted
from ml.fitting import LogisticFit, NotFittableError, fit_logistic, probability
from ml.measures import Z_95
from ml.model_cases import Vector
from ml.results import COMPARISONS, now, write_run
from ml.specification import ModelSpecification, Predictor, read_specifications
from publication.publish import open_published

ALL_SHARED = "(all shared)"


@dataclass(frozen=True)
class Side:
    """One of the two models compared, fitted."""

    name: str
    specification: ModelSpecification
    fit: LogisticFit

    def position(self, predictor: Predictor) -> int | None:
        """Where the estimate of the same category against the same reference stands."""
        for position, j in enumerate(self.fit.used, start=1):
            own = self.specification.predictors
            if j < len(own) and own[j] == predictor:
                return position
        return None


def compare_published(
    settings: RunSettings, first: str, second: str | None, period_from: str | None
) -> list[dict[str, Any]]:
    """Compare two models, or one before and from a month (YYYY-MM-DD); publish it.

    The rows are those of `drivers.comparisons`. The caller holds the warehouse's lock.
    Raises LinkageError for an unknown model, one that can't be fitted, or two models
    without a category in common.
    """
    started_at = now()
    with open_published(settings) as connection:
        wanted = [first] if second is None else [first, second]
        listed = {one.model: one for one in read_specifications(connection, wanted)}
        sides = (
            _periods(listed[first], str(period_from))
            if second is None
            else [(name, listed[name]) for name in wanted]
        )
        with open_design(settings, connection) as design:
            one, other = (_fit(design, name, spec) for name, spec in sides)
            rows = compare(design, one, other)
    write_run(
        settings,
        COMPARISONS,
        [rows[0]["comparison"]],
        {"comparisons": rows},
        started_at,
    )
    return rows


def compare(design: DesignRows, first: Side, second: Side) -> list[dict[str, Any]]:
    """Rows of `drivers.comparisons`, without the run; the first is on all at once."""
    shared = [
        (predictor, i, j)
        for predictor in first.specification.predictors
        if (i := first.position(predictor)) and (j := second.position(predictor))
    ]
    if not shared:
        raise LinkageError(
            f"{first.name} and {second.name}: no category against the same reference "
            "is in both; choose models that share one"
        )
    rows_1, rows_2 = [i for _, i, _ in shared], [j for _, _, j in shared]
    difference = second.fit.estimate[rows_2] - first.fit.estimate[rows_1]
    together = _cross_covariance(design, first, second)[np.ix_(rows_1, rows_2)]
    covariance = (
        first.fit.covariance[np.ix_(rows_1, rows_1)]
        + second.fit.covariance[np.ix_(rows_2, rows_2)]
        - together
        - together.T
    )
    errors = np.sqrt(np.diag(covariance))
    p_values = [math.erfc(abs(z) / math.sqrt(2)) for z in difference / errors]
    holm = adjusted(p_values, "holm")
    head = {"comparison": f"{first.name} and {second.name}"}
    rows = [{**head, **_overall(difference, covariance)}]
    for n, (predictor, i, j) in enumerate(shared):
        rows.append(
            {
                **head,
                "variable": predictor.variable,
                "category": predictor.category,
                "reference_category": predictor.reference_category,
                "odds_ratio_first": math.exp(first.fit.estimate[i]),
                "odds_ratio_second": math.exp(second.fit.estimate[j]),
                "ratio": math.exp(difference[n]),
                "ratio_low": math.exp(difference[n] - Z_95 * errors[n]),
                "ratio_high": math.exp(difference[n] + Z_95 * errors[n]),
                "p_value": p_values[n],
                "p_value_holm": float(holm[n]),
                "is_different": bool(holm[n] < 0.05),
                "chi_square": None,
                "degrees_of_freedom": None,
            }
        )
    return rows


def _periods(
    specification: ModelSpecification, period_from: str
) -> list[tuple[str, ModelSpecification]]:
    return [
        (
            f"{specification.model} {words} {period_from}",
            replace(
                specification, period=f"recorded_month {sign} date '{period_from}'"
            ),
        )
        for words, sign in (("before", "<"), ("from", ">="))
    ]


def _fit(design: DesignRows, name: str, specification: ModelSpecification) -> Side:
    loaded = load_cases(design, specification, None)
    try:
        return Side(name, specification, fit_logistic(loaded.cases, loaded.variables))
    except NotFittableError as error:
        raise LinkageError(f"model {name} can't be fitted: {error}") from error


def _overall(difference: Vector, covariance: Vector) -> dict[str, Any]:
    from scipy.stats import chi2

    chi_square = float(difference @ np.linalg.solve(covariance, difference))
    p_value = float(chi2.sf(chi_square, difference.size))
    return {
        "variable": ALL_SHARED,
        "category": ALL_SHARED,
        "reference_category": None,
        "odds_ratio_first": None,
        "odds_ratio_second": None,
        "ratio": None,
        "ratio_low": None,
        "ratio_high": None,
        "p_value": p_value,
        "p_value_holm": None,
        "is_different": p_value < 0.05,
        "chi_square": chi_square,
        "degrees_of_freedom": int(difference.size),
    }


def _cross_covariance(design: DesignRows, first: Side, second: Side) -> Vector:
    """Covariance of the two estimates, (k1 + 1, k2 + 1); 0 where no case is in both."""
    crossed = np.zeros((first.fit.estimate.size, second.fit.estimate.size))
    one, other = first.specification, second.specification
    condition = f"({one.condition}) and ({other.condition})"
    ((both,),) = design.totals("count(*)", condition)
    if not both:
        return crossed
    if one.has_site_effects or other.has_site_effects:
        raise LinkageError(
            f"{first.name} and {second.name} share cases and have an intercept per "
            "site; compare models without, or periods"
        )
    names = list(
        dict.fromkeys(p.design_column for p in (*one.predictors, *other.predictors))
    )
    columns = design.patterns(
        {
            "outcome_1": f"cast({one.dependent} as tinyint)",
            "outcome_2": f"cast({other.dependent} as tinyint)",
            **{name: f"cast({name} as tinyint)" for name in names},
        },
        condition,
    )
    scores_1 = _scores(first, columns, columns["outcome_1"])
    scores_2 = _scores(second, columns, columns["outcome_2"])
    crossed = (scores_1 * columns["cases"][:, np.newaxis]).T @ scores_2
    return first.fit.covariance @ crossed @ second.fit.covariance


def _scores(side: Side, columns: dict[str, Any], outcome: Vector) -> Vector:
    """Each pattern's part of the slope of the log-likelihood, (m, k + 1)."""
    chosen = [side.specification.predictors[j].design_column for j in side.fit.used]
    design = _with_ones([columns[name] for name in chosen], outcome.size)
    residual = outcome - probability(design @ side.fit.estimate)
    return design * residual[:, np.newaxis]


def _with_ones(columns: Sequence[Any], size: int) -> Vector:
    design = np.ones((size, len(columns) + 1))
    for j, column in enumerate(columns, start=1):
        design[:, j] = column
    return design
