"""Odds ratios that differ between two models, or between two periods of one.

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

from linkage.base.clock import utc_now
from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.publication.publications import has_table
from linkage.publication.publish import open_published
from ml.design_rows import DesignRows
from ml.drivers import as_compared, load_cases, open_models
from ml.effects import adjusted
from ml.fitting import (
    LogisticFit,
    NotFittableError,
    fit_logistic,
    probability,
)
from ml.measures import exponential, interval
from ml.model_cases import Vector, with_ones
from ml.results import COMPARISONS, write_run
from ml.specification import ModelSpecification, Predictor

ALL_SHARED = "(all shared)"


@dataclass(frozen=True)
class Side:
    """One of the two models compared, fitted."""

    name: str
    specification: ModelSpecification
    fit: LogisticFit

    @property
    def compared(self) -> tuple[Predictor, ...]:
        """Its predictors with the category that each is in fact compared with."""
        return as_compared(self.specification.predictors, self.fit)

    def position(self, predictor: Predictor) -> int | None:
        """Position of the estimate of the same category against the same reference."""
        own = self.compared
        for position, j in enumerate(self.fit.used, start=1):
            if j < len(own) and own[j] == predictor:
                return position
        return None


def compare_published(
    settings: RunSettings, first: str, second: str | None, period_from: str | None
) -> list[dict[str, Any]]:
    """Compare two models, or one before and from a month (YYYY-MM-DD); publish it.

    The rows are those of `drivers.comparisons`. The caller holds the warehouse's lock.
    Raises LinkageError where no driver models are published, for an unknown model, one
    that can't be fitted, or two models without a category in common.
    """
    started_at = utc_now()
    wanted = [first] if second is None else [first, second]
    _refuse_unfitted(settings)
    with open_models(settings, wanted) as (specifications, design):
        listed = {one.model: one for one in specifications}
        sides = (
            _periods(listed[first], str(period_from))
            if second is None
            else [(name, listed[name]) for name in wanted]
        )
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


def _refuse_unfitted(settings: RunSettings) -> None:
    with open_published(settings) as connection:
        if has_table(connection, "drivers.driver_models") and not has_table(
            connection, "drivers.models"
        ):
            raise LinkageError(
                f"{settings.warehouse}: no driver models are fitted on this "
                "publication; fit them with `linkage drivers`, then compare"
            )


def compare(design: DesignRows, first: Side, second: Side) -> list[dict[str, Any]]:
    """Rows of `drivers.comparisons`, without the run; the first is on all at once."""
    shared = [
        (predictor, i, j)
        for predictor in first.compared
        if (i := first.position(predictor)) and (j := second.position(predictor))
    ]
    if not shared:
        raise LinkageError(
            f"{first.name} and {second.name}: no category against the same reference "
            "is in both; choose models that share one"
        )
    rows_1, rows_2 = [i for _, i, _ in shared], [j for _, _, j in shared]
    difference = second.fit.estimate[rows_2] - first.fit.estimate[rows_1]
    covariance = _covariance(design, first, second, rows_1, rows_2)
    # A model and itself differ by nothing, without an error.
    errors = np.sqrt(np.maximum(np.diag(covariance), 0))
    p_values = [
        math.erfc(abs(one / error) / math.sqrt(2)) if error > 0 else 1.0
        for one, error in zip(difference, errors, strict=True)
    ]
    holm = adjusted(p_values, "holm")
    head = {"comparison": f"{first.name} and {second.name}"}
    rows = [{**head, **_overall(difference, covariance)}]
    for n, (predictor, i, j) in enumerate(shared):
        low, high = interval(float(difference[n]), float(errors[n]))
        rows.append(
            {
                **head,
                "variable": predictor.variable,
                "category": predictor.category,
                "reference_category": predictor.reference_category,
                "odds_ratio_first": exponential(first.fit.estimate[i]),
                "odds_ratio_second": exponential(second.fit.estimate[j]),
                "ratio": exponential(difference[n]),
                "ratio_low": low,
                "ratio_high": high,
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

    degrees = int(np.linalg.matrix_rank(covariance, hermitian=True))
    inverse = np.linalg.pinv(covariance, hermitian=True)
    chi_square = float(difference @ inverse @ difference)
    p_value = float(chi2.sf(chi_square, degrees)) if degrees else 1.0
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
        "degrees_of_freedom": degrees,
    }


def _covariance(
    design: DesignRows,
    first: Side,
    second: Side,
    rows_1: Sequence[int],
    rows_2: Sequence[int],
) -> Vector:
    """Covariance of the differences of the estimates in these rows, (k, k).

    With shared cases the sum over cases of the outer product of each case's part in the
    difference: never negative, and 0 for a model and itself.
    """
    one, other = first.specification, second.specification
    ((both,),) = design.totals("count(*)", f"({one.condition}) and ({other.condition})")
    if not both:
        alone: Vector = (
            first.fit.covariance[np.ix_(rows_1, rows_1)]
            + second.fit.covariance[np.ix_(rows_2, rows_2)]
        )
        return alone
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
            **{
                f"{what}_{n}": f"cast(case when {spec.condition} then {value} "
                "else 0 end as tinyint)"
                for n, spec in ((1, one), (2, other))
                for what, value in (("is_in", "1"), ("outcome", spec.dependent))
            },
            **{name: f"cast({name} as tinyint)" for name in names},
        },
        f"({one.condition}) or ({other.condition})",
    )
    added = [
        _scores(side, columns, columns[f"outcome_{n}"], columns[f"is_in_{n}"])
        @ side.fit.covariance[:, rows]
        for n, side, rows in ((1, first, rows_1), (2, second, rows_2))
    ]
    moved = added[1] - added[0]
    covariance: Vector = (moved * columns["cases"][:, np.newaxis]).T @ moved
    return covariance


def _scores(
    side: Side, columns: dict[str, Any], outcome: Vector, is_in: Vector
) -> Vector:
    """Each pattern's part of the slope of the log-likelihood, (m, k + 1)."""
    chosen = [side.specification.predictors[j].design_column for j in side.fit.used]
    design = with_ones(np.column_stack([columns[name] for name in chosen]))
    residual = is_in * (outcome - probability(design @ side.fit.estimate))
    return design * residual[:, np.newaxis]
