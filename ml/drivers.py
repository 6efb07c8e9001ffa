"""Fits the listed driver models on the published warehouse; publishes the results."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engines.pattern_counts import CountPatterns, pattern_counts
from linkage.settings import RunSettings
from ml.fitting import LogisticFit, NotFittableError, fit_logistic
from ml.results import write_fits
from ml.specification import ModelSpecification, Predictor, read_specifications
from publication.publish import open_published

# 95% intervals and significance, as the London study reports (p. Driver analysis).
Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Patterns:
    """Distinct rows of outcome and design, and how many cases share each.

    `outcome` and `cases` are (m,), `design` (m, p) of 0/1.
    """

    outcome: npt.NDArray[np.float64]
    design: npt.NDArray[np.uint8]
    cases: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Term:
    """One row of `drivers.odds_ratios`; None where the model cannot estimate it."""

    predictor: Predictor
    cases: int
    coefficient: float | None
    std_error: float | None
    note: str | None

    @property
    def odds_ratio(self) -> float | None:
        """Odds against the reference category."""
        return None if self.coefficient is None else math.exp(self.coefficient)

    def bound(self, sign: int) -> float | None:
        """Wald bound of the odds ratio at 95%; sign is -1 or 1."""
        if self.coefficient is None or self.std_error is None:
            return None
        return math.exp(self.coefficient + sign * Z_95 * self.std_error)

    @property
    def p_value(self) -> float | None:
        """Two-sided Wald test."""
        if self.coefficient is None or self.std_error is None:
            return None
        return math.erfc(abs(self.coefficient / self.std_error) / math.sqrt(2))

    @property
    def is_significant(self) -> bool | None:
        """At 95%."""
        return None if self.p_value is None else self.p_value < 0.05

    @property
    def direction(self) -> str | None:
        """In the study's words."""
        if self.coefficient is None:
            return None
        return "more likely" if self.coefficient >= 0 else "less likely"

    @property
    def times(self) -> float | None:
        """How many times more or less likely: the odds ratio, or its inverse."""
        return None if self.coefficient is None else math.exp(abs(self.coefficient))


@dataclass(frozen=True)
class DriverFit:
    """One row of `drivers.models` and its terms."""

    specification: ModelSpecification
    sample_size: int
    events: int
    nagelkerke_r2: float | None
    pct_correct_0: float | None
    pct_correct_1: float | None
    pct_correct_overall: float | None
    auc: float | None
    converged: bool
    fitted_at: dt.datetime
    note: str | None
    terms: tuple[Term, ...]

    @property
    def model(self) -> str:
        """The model's id."""
        return self.specification.model


def fit_published(
    settings: RunSettings,
    models: Sequence[str] = (),
    *,
    progress: Callable[[str], None] | None = None,
) -> list[DriverFit]:
    """Fit the listed models (or those named) and publish them with the warehouse.

    The caller holds the warehouse's lock. Raises LinkageError for an unknown model.
    """
    fits = []
    with open_published(settings) as connection:
        specifications = read_specifications(connection, models)
        with pattern_counts(settings, connection) as counts:
            for specification in specifications:
                fit = fit_model(counts, specification)
                fits.append(fit)
                if progress:
                    progress(describe(fit))
    write_fits(settings, fits)
    return fits


def describe(fit: DriverFit) -> str:
    """One line on a fit for a log or a summary."""
    if fit.nagelkerke_r2 is None:
        return f"model {fit.model}: not fitted ({fit.note})"
    return (
        f"model {fit.model}: n = {fit.sample_size:,}, Nagelkerke R2 = "
        f"{fit.nagelkerke_r2:.3f}, AUC = {fit.auc:.3f}"
    )


def fit_model(counts: CountPatterns, specification: ModelSpecification) -> DriverFit:
    """Fit one model on the counted covariate patterns of `drivers.design`."""
    names = [predictor.design_column for predictor in specification.predictors]
    sites = {"site": "site"} if specification.has_site_effects else {}
    columns = counts(
        {
            "outcome": f"cast({specification.dependent} as tinyint)",
            **sites,
            **{name: f"cast({name} as tinyint)" for name in names},
        },
        f"{specification.filters} = 1",
    )
    patterns = Patterns(
        outcome=np.asarray(columns["outcome"], dtype=np.float64),
        design=np.empty((columns["outcome"].size, len(names)), np.uint8, order="F"),
        cases=np.asarray(columns["cases"], dtype=np.float64),
    )
    # A column at a time, freed as it is taken: the frame never stands twice.
    for j, name in enumerate(names):
        patterns.design[:, j] = columns.pop(name)
    note = None
    if specification.has_site_effects:
        patterns, note = _with_site_effects(
            patterns, np.asarray(columns["site"], dtype=str)
        )
    try:
        fit = fit_logistic(patterns.outcome, patterns.design, patterns.cases)
    except NotFittableError as error:
        return _not_fitted(specification, patterns, str(error))
    return _summarise(specification, patterns, fit, note)


def _with_site_effects(
    patterns: Patterns, site: npt.NDArray[np.str_]
) -> tuple[Patterns, str]:
    """Add an intercept per site, but for the largest.

    A site where no one or everyone withdrew says nothing about the drivers, and leaves.
    """
    names, codes = np.unique(site, return_inverse=True)
    cases = np.bincount(codes, weights=patterns.cases, minlength=names.size)
    events = np.bincount(
        codes, weights=patterns.cases * patterns.outcome, minlength=names.size
    )
    informative = (events > 0) & (events < cases)
    kept = informative[codes]
    sites = [s for s in np.argsort(-cases, kind="stable") if informative[s]]
    intercepts = [codes[kept] == s for s in sites[1:]]
    left_out = int(patterns.cases[~kept].sum())
    note = (
        f"{len(sites)} sites with their own intercept; {names.size - len(sites)} "
        f"sites with none or only withdrawals left out ({left_out:,} cases)"
    )
    return (
        Patterns(
            outcome=patterns.outcome[kept],
            design=np.column_stack([patterns.design[kept], *intercepts]),
            cases=patterns.cases[kept],
        ),
        note,
    )


def _summarise(
    specification: ModelSpecification,
    patterns: Patterns,
    fit: LogisticFit,
    note: str | None,
) -> DriverFit:
    from sklearn.metrics import roc_auc_score

    y = patterns.outcome[fit.kept] == 1
    cases = patterns.cases[fit.kept]
    predicted = fit.fitted[fit.kept]
    correct = (predicted >= 0.5) == y
    return DriverFit(
        specification=specification,
        sample_size=int(cases.sum()),
        events=int(cases[y].sum()),
        nagelkerke_r2=fit.nagelkerke_r2,
        pct_correct_0=float(np.average(correct[~y], weights=cases[~y])),
        pct_correct_1=float(np.average(correct[y], weights=cases[y])),
        pct_correct_overall=float(np.average(correct, weights=cases)),
        auc=float(roc_auc_score(y, predicted, sample_weight=cases)),
        converged=fit.converged,
        fitted_at=_now(),
        note=note,
        terms=_terms(specification, patterns, fit),
    )


def _terms(
    specification: ModelSpecification, patterns: Patterns, fit: LogisticFit
) -> tuple[Term, ...]:
    cases = patterns.cases * fit.kept
    return tuple(
        Term(
            predictor=predictor,
            cases=int(cases @ patterns.design[:, j]),
            coefficient=_or_none(fit.coefficients[j]),
            std_error=_or_none(fit.std_errors[j]),
            note=fit.notes.get(j),
        )
        for j, predictor in enumerate(specification.predictors)
    )


def _not_fitted(
    specification: ModelSpecification, patterns: Patterns, reason: str
) -> DriverFit:
    return DriverFit(
        specification=specification,
        sample_size=int(patterns.cases.sum()),
        events=int(patterns.cases @ patterns.outcome),
        nagelkerke_r2=None,
        pct_correct_0=None,
        pct_correct_1=None,
        pct_correct_overall=None,
        auc=None,
        converged=False,
        fitted_at=_now(),
        note=reason,
        terms=tuple(
            Term(
                predictor,
                int(patterns.cases @ patterns.design[:, j]),
                None,
                None,
                "the model is not fitted",
            )
            for j, predictor in enumerate(specification.predictors)
        ),
    )


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0, tzinfo=None)
