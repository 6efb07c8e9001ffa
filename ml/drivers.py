"""Fits the listed driver models on the published warehouse; publishes the results."""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.base import failures
from linkage.base.clock import utc_now
from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.extracts.record_key import KEYS
from linkage.publication.publications import has_table
from linkage.publication.publish import open_published
from ml import effects, validation
from ml.design_rows import Columns, DesignRows, open_design
from ml.effects import Effects
from ml.fitting import STAND_IN, LogisticFit, NotFittableError, fit_logistic, roots
from ml.measures import Z_95, Performance, exponential, interval, measure
from ml.model_cases import PARTS, CasesInChunks, CasesInMemory, ModelCases
from ml.results import write_fits
from ml.specification import ModelSpecification, Predictor, read_specifications

# Models of at most so many columns are counted by covariate pattern.
MOST_PATTERN_COLUMNS = 35
# A design of more bytes than this is read in chunks at every pass.
MOST_BYTES = 1_000_000_000
# With fewer events, or fewer cases without, an estimate is marked as unsure.
FEW = 10
TOO_WIDE = "its interval is too wide to give"
LOGISTIC = "logistic"


@dataclass(frozen=True)
class LoadedCases:
    """Cases of a model and the means of reading them.

    The design's first columns are the predictors', the others intercepts of sites.
    """

    cases: ModelCases
    variables: tuple[str, ...]
    boroughs: int
    note: str | None


@dataclass(frozen=True)
class DriverFit:
    """One row of `drivers.models` with its terms; `fit` is None where there is none.

    `failure` is a line on what went wrong where the note is not of the cases.
    """

    specification: ModelSpecification
    sample_size: int
    events: int
    # Sums of the record keys of the cases, and of those with the outcome, modulo 4096.
    keys: tuple[int, int]
    fitted_at: dt.datetime
    note: str | None
    fit: LogisticFit | None = None
    effects: Effects | None = None
    performance: Performance | None = None
    validations: tuple[validation.Validation, ...] = ()
    failure: str | None = None

    @functools.cached_property
    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Its rows of each table, without the run; null if not available."""
        rows = {
            "models": [self.as_row()],
            "odds_ratios": self.term_rows(),
            "performance": self.performance_rows(),
        }
        return {
            table: [
                {name: _given(value) for name, value in row.items()} for row in some
            ]
            for table, some in rows.items()
        }

    @functools.cached_property
    def clustered(self) -> dict[str, npt.NDArray[Any]]:
        """Standard errors, intervals and p-values that allow for boroughs."""
        if self.fit is None or self.effects is None:
            return {}
        return _clustered(self.fit, self.effects)

    @property
    def model(self) -> str:
        """The model's id."""
        return self.specification.model

    def as_row(self) -> dict[str, Any]:
        """Its row of `drivers.models`, without the run."""
        spec, fit, found = self.specification, self.fit, self.performance
        fitted = len(fit.used) if fit else None
        rarer = min(self.events, self.sample_size - self.events)
        errors = roots(np.diag(fit.covariance)) if fit else None
        return {
            "model": spec.model,
            "family": spec.family,
            "description": spec.description,
            "crime_area": spec.crime_area,
            "filters": spec.filters,
            "dependent": spec.dependent,
            "method": fit.method if fit else None,
            "sample_size": self.sample_size,
            "events": self.events,
            "sample_size_key": self.keys[0],
            "events_key": self.keys[1],
            "columns_fitted": fitted,
            "events_per_variable": rarer / fitted if fitted else None,
            "intercept": float(fit.estimate[0]) if fit else None,
            "intercept_std_error": None if errors is None else float(errors[0]),
            "log_likelihood": fit.log_likelihood if fit else None,
            "null_log_likelihood": fit.null_log_likelihood if fit else None,
            "nagelkerke_r2": fit.nagelkerke_r2 if fit else None,
            "mcfadden_r2": fit.mcfadden_r2 if fit else None,
            "pct_correct_0": found.pct_correct_0 if found else None,
            "pct_correct_1": found.pct_correct_1 if found else None,
            "pct_correct_overall": found.pct_correct_overall if found else None,
            "auc": found.auc if found else None,
            "auc_low": found.auc_low if found else None,
            "auc_high": found.auc_high if found else None,
            "brier": found.brier if found else None,
            "clusters": self.effects.clusters if self.effects else None,
            "converged": fit is not None,
            "fitted_at": self.fitted_at,
            "note": self.note,
        }

    def term_rows(self) -> list[dict[str, Any]]:
        """Its rows of `drivers.odds_ratios`, without the run."""
        predictors = self.specification.predictors
        if self.fit is not None:
            predictors = as_compared(predictors, self.fit)
        rows = [self._term_row(j, predictor) for j, predictor in enumerate(predictors)]
        p_values = [
            math.nan if row["p_value"] is None else row["p_value"] for row in rows
        ]
        for name, method in (
            ("p_value_holm", "holm"),
            ("p_value_benjamini_hochberg", "fdr_bh"),
        ):
            for row, value in zip(
                rows, effects.adjusted(p_values, method), strict=True
            ):
                row[name] = float(value)
        return rows

    def performance_rows(self) -> list[dict[str, Any]]:
        """Its rows of `drivers.performance`, without the run."""
        if self.fit is None:
            return []
        samples = [
            validation.Validation(validation.IN_SAMPLE, self.performance),
            *self.validations,
        ]
        return [performance_row(self.model, LOGISTIC, one) for one in samples]

    def _term_row(self, j: int, predictor: Predictor) -> dict[str, Any]:
        fit = self.fit
        row: dict[str, Any] = {
            "model": self.model,
            "design_column": predictor.design_column,
            "variable": predictor.variable,
            "category": predictor.category,
            "reference_category": predictor.reference_category,
            "variable_group": predictor.variable_group,
            "label": predictor.label,
            "cases": None if fit is None else round(fit.screening.cases[j]),
            "events": None if fit is None else round(fit.screening.events[j]),
            "cases_key": None if fit is None else int(fit.screening.keys.cases[j + 1]),
            "events_key": None
            if fit is None
            else int(fit.screening.keys.events[j + 1]),
            **dict.fromkeys(_ESTIMATED),
            "note": "the model is not fitted" if fit is None else fit.notes.get(j),
        }
        if fit is None or j not in fit.used:
            return row
        row |= self._estimated(fit.used.index(j))
        row["variance_inflation"] = float(fit.screening.variance_inflation[j])
        with_event = row["events"]
        if row["note"] is None and min(with_event, row["cases"] - with_event) < FEW:
            row["note"] = f"fewer than {FEW} cases with or without the outcome: unsure"
        if row["ci_low"] is None:
            row["note"] = "; ".join(filter(None, [row["note"], TOO_WIDE]))
        return row

    def _estimated(self, position: int) -> dict[str, Any]:
        """Values of an estimated column, `position` among the used ones."""
        fit, found = self.fit, self.effects
        assert fit is not None
        assert found is not None
        coefficient = float(fit.estimate[position + 1])
        error = float(roots(fit.covariance[position + 1, position + 1]))
        low, high = interval(coefficient, error)
        ratio = exponential(coefficient)
        p_value = math.erfc(abs(coefficient / error) / math.sqrt(2))
        share = self.events / self.sample_size
        marginal = float(found.marginal_effects[position])
        around = Z_95 * float(found.marginal_std_errors[position])
        return {
            "coefficient": coefficient,
            "std_error": error,
            "odds_ratio": ratio,
            "ci_low": low,
            "ci_high": high,
            "p_value": p_value,
            "is_significant": None if math.isnan(error) else p_value < 0.05,
            "direction": "more likely" if coefficient >= 0 else "less likely",
            "times": exponential(abs(coefficient)),
            "marginal_effect": marginal,
            "marginal_effect_low": marginal - around,
            "marginal_effect_high": marginal + around,
            **{name: values[position] for name, values in self.clustered.items()},
            "e_value": None if ratio is None else effects.e_value(ratio, share),
            "e_value_bound": None
            if low is None or high is None
            else effects.e_value_of_bound(low, high, share),
        }


_ESTIMATED = (
    *("coefficient", "std_error", "odds_ratio", "ci_low", "ci_high", "p_value"),
    *("is_significant", "direction", "times"),
    *("marginal_effect", "marginal_effect_low", "marginal_effect_high"),
    *("cluster_std_error", "cluster_ci_low", "cluster_ci_high", "cluster_p_value"),
    *("variance_inflation", "e_value", "e_value_bound"),
)


def fit_published(
    settings: RunSettings,
    models: Sequence[str] = (),
    *,
    progress: Callable[[str], None] | None = None,
    problem: Callable[[str], None] = failures.to_standard_error,
) -> list[DriverFit]:
    """Fit the listed models (or those named) and publish them with the warehouse.

    A model that fails is published as not fitted, with the reason in its note, and
    passed to `problem`. The caller holds the warehouse's lock. Raises LinkageError for
    an unknown model.
    """
    started_at = utc_now()
    with open_models(settings, models) as (specifications, design):
        fits = list(
            _fit_all(settings, design, specifications, progress or _say_nothing)
        )
    for fit in fits:
        if fit.failure:
            problem(fit.failure)
    write_fits(settings, fits, started_at)
    return fits


@contextmanager
def open_models(
    settings: RunSettings, models: Sequence[str] = ()
) -> Iterator[tuple[list[ModelSpecification], DesignRows]]:
    """The models of the published warehouse (or those named), and its design.

    Raises LinkageError for an unknown model and a warehouse that has none.
    """
    with open_published(settings) as connection:
        if not has_table(connection, "drivers.driver_models"):
            raise LinkageError(
                f"{settings.warehouse} has no driver models to fit: it is of another "
                "study, whose own models are fitted by its run"
            )
        specifications = read_specifications(connection, models)
        with open_design(settings, connection) as design:
            yield specifications, design


def _fit_all(
    settings: RunSettings,
    design: DesignRows,
    specifications: Sequence[ModelSpecification],
    progress: Callable[[str], None],
) -> Iterator[DriverFit]:
    from threadpoolctl import threadpool_limits

    late_from = find_late_month(design)
    # One BLAS thread for each model: two that wait for each other on a busy machine
    # cost ten times more, and the models themselves keep the cores busy.
    with (
        threadpool_limits(limits=1, user_api="blas"),
        ThreadPoolExecutor(settings.threads) as threads,
    ):
        futures = [
            threads.submit(fit_or_say_why, design, specification, late_from)
            for specification in specifications
        ]
        try:
            for future in futures:
                fit = future.result()
                progress(describe(fit))
                yield fit
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def as_compared(
    predictors: Sequence[Predictor], fit: LogisticFit
) -> tuple[Predictor, ...]:
    """Predictors with their reference: the listed one, or its replacement.

    `predictors` are those of the first columns of `fit`.
    """
    stand_ins = {
        predictors[j].variable: predictors[j].category
        for j, note in fit.screening.notes.items()
        if note == STAND_IN and j < len(predictors)
    }
    return tuple(
        replace(
            one,
            reference_category=stand_ins.get(one.variable, one.reference_category),
        )
        for one in predictors
    )


def describe(fit: DriverFit) -> str:
    """One line on a fit for a log or a summary."""
    if fit.fit is None or fit.performance is None or fit.performance.auc is None:
        return f"model {fit.model}: not fitted ({fit.note})"
    penalised = "" if fit.note is None else f" ({fit.note})"
    return (
        f"model {fit.model}: n = {fit.sample_size:,}, Nagelkerke R2 = "
        f"{fit.fit.nagelkerke_r2:.3f}, AUC = {fit.performance.auc:.3f}{penalised}"
    )


def fit_or_say_why(
    design: DesignRows, specification: ModelSpecification, late_from: str | None
) -> DriverFit:
    """Fit one model; if that fails, its known values and the reason."""
    try:
        fit = fit_model(design, specification, late_from)
        # Published values are computed here, so that errors occur here.
        assert fit.rows
    except Exception as error:
        what = f"model {specification.model} could not be fitted"
        return replace(
            _not_fitted(design, specification, failures.why(error)),
            failure=failures.in_a_line(what, error),
        )
    return fit


def fit_model(
    design: DesignRows, specification: ModelSpecification, late_from: str | None
) -> DriverFit:
    """Fit one model, with all its results."""
    loaded = load_cases(design, specification, late_from)
    try:
        fit = fit_logistic(loaded.cases, loaded.variables)
    except NotFittableError as error:
        return _not_fitted(design, specification, str(error))
    found = effects.find_effects(
        loaded.cases,
        fit,
        [loaded.variables[j] for j in fit.used],
        loaded.boroughs,
    )
    return DriverFit(
        specification=specification,
        sample_size=round(fit.cases),
        events=round(fit.screening.total_events),
        keys=(int(fit.screening.keys.cases[0]), int(fit.screening.keys.events[0])),
        fitted_at=utc_now(),
        note=_note(loaded, fit),
        fit=fit,
        effects=found,
        performance=measure(found.outcome, found.predicted, found.cases),
        validations=tuple(
            validation.validate(loaded.cases, loaded.variables, fit, late_from)
        ),
    )


def _not_fitted(
    design: DesignRows, specification: ModelSpecification, note: str
) -> DriverFit:
    dependent = specification.dependent
    ((total, events, *keys),) = design.totals(
        f"count(*), coalesce(sum({dependent}), 0), "
        f"coalesce(sum(record_key), 0) % {KEYS}, "
        f"coalesce(sum(record_key * {dependent}), 0) % {KEYS}",
        specification.condition,
    )
    first, second = map(int, keys)
    return DriverFit(
        specification, int(total), int(events), (first, second), utc_now(), note=note
    )


def load_cases(
    design: DesignRows, specification: ModelSpecification, late_from: str | None
) -> LoadedCases:
    """Read a model's cases, with a column per site where it needs them."""
    condition = specification.condition
    columns = {
        one.design_column: f"cast({one.design_column} as tinyint)"
        for one in specification.predictors
    }
    variables = [one.variable for one in specification.predictors]
    note = None
    if specification.has_site_effects:
        sites, note = _informative_sites(design, specification)
        listed = ", ".join(map(str, sites)) or "null"
        condition += f" and site_no in ({listed})"
        # A site is a category like any other; the largest is compared with.
        for site in sites[1:]:
            columns[f"site_{site}"] = (
                f"cast(case when site_no = {site} then 1 else 0 end as tinyint)"
            )
            variables.append("site")
    others = {
        "outcome": f"cast({specification.dependent} as tinyint)",
        "borough_no": "borough_no",
        "validation_fold": "validation_fold",
        "is_late": f"cast(case when recorded_month >= date '{late_from}' "
        "then 1 else 0 end as integer)"
        if late_from
        else "0",
    }
    ((size, boroughs),) = design.totals(
        "count(*), coalesce(max(borough_no), 0)", condition
    )
    if len(columns) <= MOST_PATTERN_COLUMNS:
        cases: ModelCases = _in_memory(
            design.patterns({**others, **columns}, condition), list(columns)
        )
    elif size * len(columns) <= MOST_BYTES:
        cases = _in_memory(design.rows({**others, **columns}, condition), list(columns))
    else:
        cases = _in_chunks(design, others, columns, condition)
    return LoadedCases(cases, tuple(variables), int(boroughs), note)


def find_late_month(design: DesignRows) -> str | None:
    """The month from which on the latest quarter of the cases was recorded.

    None where the cases are in fewer than four months.
    """
    months = design.totals(
        "cast(recorded_month as string), count(*)", "true", "recorded_month"
    )
    if len(months) < 4:
        return None
    before, total = 0, sum(count for _, count in months)
    for month, count in months:
        if before >= 0.75 * total:
            return str(month)
        before += count
    return str(months[-1][0])


def performance_row(
    model: str, learner: str, validated: validation.Validation
) -> dict[str, Any]:
    """A row of `drivers.performance`, without the run."""
    found = validated.performance
    return {
        "model": model,
        "learner": learner,
        "sample": validated.sample,
        "cases": found.cases if found else None,
        "events": found.events if found else None,
        "auc": found.auc if found else None,
        "auc_low": found.auc_low if found else None,
        "auc_high": found.auc_high if found else None,
        "brier": found.brier if found else None,
        "calibration_slope": found.calibration_slope if found else None,
        "calibration_intercept": found.calibration_intercept if found else None,
        "note": validated.note,
    }


def _informative_sites(
    design: DesignRows, specification: ModelSpecification
) -> tuple[list[int], str]:
    """Sites by falling size; none where no one or everyone withdrew."""
    counts = design.totals(
        f"site_no, count(*), sum({specification.dependent})",
        specification.condition,
        "site_no",
    )
    kept = [(n, site) for site, n, events in counts if 0 < events < n]
    left_out = sum(n for _, n, events in counts if not 0 < events < n)
    sites = [int(site) for _, site in sorted(kept, key=lambda one: (-one[0], one[1]))]
    return sites, (
        f"{len(sites)} sites with their own intercept; {len(counts) - len(sites)} "
        f"sites with none or only withdrawals left out ({left_out:,} cases)"
    )


def _in_memory(columns: Columns, names: Sequence[str]) -> CasesInMemory:
    design = np.empty((columns["outcome"].size, len(names)), np.uint8)
    # A column at a time, freed as it is taken: the frame is never in memory twice.
    for j, name in enumerate(names):
        design[:, j] = columns.pop(name)
    return CasesInMemory(
        outcome=columns["outcome"].astype(np.float64),
        design=design,
        cases=columns["cases"].astype(np.float64),
        keys=columns["keys"].astype(np.float64),
        parts={name: columns[name].astype(np.int32) for name in PARTS},
    )


def _in_chunks(
    design: DesignRows, others: dict[str, str], columns: dict[str, str], condition: str
) -> CasesInChunks:
    def read(names: Sequence[str], conditions: Sequence[str]) -> Iterator[Columns]:
        chosen = {name: columns[name] for name in names}
        wanted = {
            **others,
            **chosen,
        }
        return design.chunks(wanted, [condition, *map(_in_sql, conditions)])

    def _in_sql(part: str) -> str:
        name, _, rest = part.partition(" ")
        return f"{others[name]} {rest}"

    return CasesInChunks(tuple(columns), read)


def _note(loaded: LoadedCases, fit: LogisticFit) -> str | None:
    """Note on the model as a whole."""
    parts = [loaded.note] if loaded.note else []
    alone, together = len(fit.screening.separated), len(fit.grown)
    if alone:
        parts.append(
            f"{alone} categor{'y has' if alone == 1 else 'ies have'} none or only of "
            "the outcome: penalised fit (Firth)"
        )
    elif together:
        parts.append(
            f"{together} columns together tell the outcome: penalised fit (Firth)"
        )
    return "; ".join(parts) or None


def _clustered(fit: LogisticFit, found: Effects) -> dict[str, npt.NDArray[Any]]:
    """Robust errors, intervals and p-values by the t distribution on G - 1 degrees.

    Arrays (k,) in the order of `fit.estimate[1:]`; NaN where there is no error.
    """
    from scipy.stats import t

    errors = np.where(found.cluster_std_errors > 0, found.cluster_std_errors, np.nan)
    coefficients = fit.estimate[1:]
    degrees = max(found.clusters - 1, 1)
    widest = float(t.ppf(0.975, degrees))
    bounds = [
        interval(coefficient, error, widest)
        for coefficient, error in zip(coefficients, errors, strict=True)
    ]
    return {
        "cluster_std_error": errors,
        "cluster_ci_low": np.array([bound[0] for bound in bounds]),
        "cluster_ci_high": np.array([bound[1] for bound in bounds]),
        "cluster_p_value": 2 * t.sf(np.abs(coefficients / errors), degrees),
    }


def _given(value: Any) -> Any:
    """The value, None where there is no number."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def _say_nothing(_: str) -> None:
    return None
