"""Fits the penalised models of the violent-crime study on its published warehouse.

Tuned on the training part alone, judged on the test part. Leaving out missing or late
fields shows their effect (violent-crime study, section 5 and appendix 7.5).
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from linkage.base import failures
from linkage.base.clock import utc_now
from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.extracts.record_key import KEYS
from linkage.publication.publish import next_version, open_published
from linkage.publication.written_tables import Table, create_table, insert_rows
from ml.fitting import NotFittableError, probability
from ml.model_cases import Vector
from ml.penalised import (
    Choice,
    Tuned,
    blended,
    fit_path,
    linear_predictor,
    relaxed_if_blended,
    tune,
)
from ml.roc import roc_curve
from ml.selection_stability import Stability, selection_stability
from ml.splines import Spline
from ml.study_design import Column, StudyDesign, Term
from ml.study_settings import StudySettings, read_settings
from ml.threshold_measures import (
    THRESHOLDS,
    best_by_cost,
    best_by_youden,
    confused,
    confusion,
    measure_at_threshold,
    measure_overall,
)

Rows = list[dict[str, Any]]
Keys = NDArray[np.int64]
TABLES_FILE = Path(__file__).with_name("study_tables.yml")
MISSING_LEVELS = "levels of what is missing"
INCOMPLETE = "all fields with a level of what is missing"
LATE = "all that is recorded at or after the outcome"
LATE_WORDS = ("at", "after")


@dataclass(frozen=True)
class StudyModel:
    """A row of `drivers.violent_crime_models` with its terms."""

    model: str
    dependent: str
    description: str
    is_outcome_wanted: bool
    mixings: tuple[float, ...]
    blends: tuple[float, ...]
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class StudyCases:
    """Training and test part of a model: matrices (m, p), outcomes and keys (m,)."""

    columns: Sequence[Column]
    training: Vector
    training_outcome: Vector
    training_keys: Keys
    test: Vector
    test_outcome: Vector
    test_keys: Keys
    curves: Mapping[str, Curve]


@dataclass(frozen=True)
class Curve:
    """A count of the training part (NaN where missing), (m,), and its spline."""

    counts: Vector
    spline: Spline


@dataclass(frozen=True)
class StudyFit:
    """Published rows of a model by table; `failure` is what went wrong."""

    model: str
    rows: Mapping[str, Rows]
    failure: str | None = None

    def in_words(self) -> str:
        """One line for a log."""
        row = self.rows["penalised_models"][0]
        if row["note"]:
            return f"model {self.model}: not fitted ({row['note']})"
        return (
            f"model {self.model}: {row['training_crimes']:,} crimes to fit, AUC "
            f"{row['auc']:.3f} on {row['test_crimes']:,} others"
        )


def fit_published(
    settings: RunSettings,
    *,
    progress: Callable[[str], None] | None = None,
    problem: Callable[[str], None] = failures.to_standard_error,
) -> list[StudyFit]:
    """Fit every model of the study and publish the fits; the caller holds the lock.

    A model that cannot be fitted has the reason in its note; one that fails is also
    passed to `problem`.
    """
    say = progress or (lambda _: None)
    how = read_settings()
    with open_published(settings) as connection:
        models = read_models(connection)
        names = _level_names(connection)
        crimes = connection.execute(
            "select * from marts.violent_crimes order by crime_ref"
        ).df()
    fits = []
    for model in models:
        fits.append(fit(model, crimes, names, how, jobs=settings.threads))
        say(fits[-1].in_words())
        if fits[-1].failure:
            problem(fits[-1].failure)
    _write(settings, fits)
    return fits


def read_models(connection: duckdb.DuckDBPyConnection) -> list[StudyModel]:
    """The models of the study as the warehouse lists them."""
    terms: dict[str, list[Term]] = {}
    for model, columns, *term in connection.execute(
        "select model, mart_columns, kind, printed_variable, recorded, recorded_group "
        "from drivers.violent_crime_predictors order by model, term_no"
    ).fetchall():
        terms.setdefault(model, []).append(Term(tuple(columns.split(":")), *term))
    return [
        StudyModel(
            model=model,
            dependent=dependent,
            description=description,
            is_outcome_wanted=is_wanted,
            mixings=_grid(mixings),
            blends=_grid(blends),
            terms=tuple(terms[model]),
        )
        for model, dependent, description, is_wanted, mixings, blends in (
            connection.execute(
                "select model, dependent, description, is_outcome_wanted, "
                "mixing_grid, relaxation_grid from drivers.violent_crime_models "
                "order by model"
            ).fetchall()
        )
    ]


def _grid(text: str) -> tuple[float, ...]:
    return tuple(float(value) for value in text.split(";"))


def _level_names(
    connection: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, str], tuple[str, bool]]:
    """Printed name of a level of a variable, and whether it is a missing value."""
    return {
        (variable, level): (name, is_missing)
        for variable, level, name, is_missing in connection.execute(
            "select variable, level, printed_variable || printed_level, "
            "is_missing_level from drivers.violent_crime_levels"
        ).fetchall()
    }


def fit(
    model: StudyModel,
    crimes: pd.DataFrame,
    names: Mapping[tuple[str, str], tuple[str, bool]],
    how: StudySettings,
    *,
    jobs: int = 1,
) -> StudyFit:
    """Tune, fit and judge one model on the crimes of the mart, or give the reason."""
    fitted_at = utc_now()
    try:
        cases = split(model, crimes, names, how)
        random = np.random.default_rng(how.seed)
        folds = random.permutation(len(cases.training_outcome)) % how.folds
        tuned = tune(
            cases.training,
            cases.training_outcome,
            folds,
            model.mixings,
            model.blends,
            jobs=jobs,
        )
        return _judge(model, cases, tuned, how, fitted_at)
    except NotFittableError as error:
        return _not_fitted(model, fitted_at, str(error))
    except Exception as error:
        what = f"model {model.model} could not be fitted"
        return replace(
            _not_fitted(model, fitted_at, failures.why(error)),
            failure=failures.in_a_line(what, error),
        )


def _not_fitted(model: StudyModel, fitted_at: dt.datetime, note: str) -> StudyFit:
    row = _model_row(model, fitted_at, note=note)
    return StudyFit(model.model, {**_no_rows(), "penalised_models": [row]})


def split(
    model: StudyModel,
    crimes: pd.DataFrame,
    names: Mapping[tuple[str, str], tuple[str, bool]],
    how: StudySettings,
) -> StudyCases:
    """Training and test part, drawn by the seed; columns learnt from the former.

    Raises NotFittableError where a part has a single outcome.
    """
    order = np.random.default_rng(how.seed).permutation(len(crimes))
    tested = order[: round(len(crimes) * how.test_share)]
    is_test = np.zeros(len(crimes), dtype=bool)
    is_test[tested] = True
    outcome = crimes[model.dependent].to_numpy(dtype=np.float64)
    for part in (is_test, ~is_test):
        if not part.any() or np.ptp(outcome[part]) == 0:
            raise NotFittableError("too few crimes with, or without, the outcome")
    keys = crimes["record_key"].to_numpy(dtype=np.int64)
    design = StudyDesign(model.terms, names)
    training = design.learn(crimes[~is_test])
    return StudyCases(
        design.columns,
        training,
        outcome[~is_test],
        keys[~is_test],
        design.matrix(crimes[is_test]),
        outcome[is_test],
        keys[is_test],
        {
            column: Curve(crimes[column][~is_test].to_numpy(np.float64), spline)
            for column, spline in design.splines.items()
        },
    )


def _judge(
    model: StudyModel,
    cases: StudyCases,
    tuned: Tuned,
    how: StudySettings,
    fitted_at: dt.datetime,
) -> StudyFit:
    best, coefficients = tuned.best, tuned.best_coefficients
    fitted, predicted = (
        probability(linear_predictor(part, coefficients))
        for part in (cases.training, cases.test)
    )
    overall = measure_overall(cases.test_outcome, predicted)
    stability = selection_stability(
        cases.training,
        cases.training_outcome,
        best.mixing,
        best.penalty,
        seed=how.seed,
        pairs=how.pairs,
        blend=best.blend,
    )
    row = _model_row(
        model,
        fitted_at,
        **_crimes_and_events("training", cases.training_outcome, cases.training_keys),
        **_crimes_and_events("test", cases.test_outcome, cases.test_keys),
        columns_offered=len(cases.columns),
        columns_selected=int((coefficients[1:] != 0).sum()),
        mixing=best.mixing,
        penalty=best.penalty,
        blend=best.blend,
        cross_validated_auc=best.auc,
        cross_validated_auc_std_error=best.auc_std_error,
        intercept=float(coefficients[0]),
        training_auc=roc_curve(cases.training_outcome, fitted).area,
        **asdict(overall),
    )
    return StudyFit(
        model.model,
        {
            "penalised_models": [row],
            "penalised_coefficients": _coefficient_rows(
                model, cases, coefficients, stability.share
            ),
            "penalised_curves": _curve_rows(
                model, cases, coefficients, stability, how.band
            ),
            "penalised_roc": _roc_rows(model, cases, predicted),
            "penalised_tuning": [
                {"model": model.model} | {str(name): one for name, one in point.items()}
                for point in tuned.curve.to_dict("records")
            ],
            "penalised_thresholds": _threshold_rows(
                model, cases, fitted, predicted, how
            ),
            "penalised_leakage": _leakage_rows(model, cases, best, overall.auc),
        },
    )


def _crimes_and_events(part: str, outcome: Vector, keys: Keys) -> dict[str, int]:
    return {
        **_counted(f"{part}_crimes", np.ones(len(outcome), dtype=bool), keys),
        **_counted(f"{part}_events", outcome == 1, keys),
    }


def _counted(name: str, is_counted: NDArray[np.bool_], keys: Keys) -> dict[str, int]:
    """A count and its key, as `cell_key` of macros/release.sql has it."""
    return {
        name: int(is_counted.sum()),
        f"{name}_key": int(keys[is_counted].sum()) % KEYS,
    }


def _coefficient_rows(
    model: StudyModel, cases: StudyCases, coefficients: Vector, share: Vector
) -> Rows:
    """A row per column, the largest coefficient first; nothing selected has no rank."""
    order = np.argsort(-np.abs(coefficients[1:]), kind="stable")
    rows = []
    for rank, place in enumerate(order, start=1):
        column, coefficient = cases.columns[place], float(coefficients[1:][place])
        has_it = cases.training[:, place] == 1
        counts = _crimes_and_events(
            "training", cases.training_outcome[has_it], cases.training_keys[has_it]
        )
        rows.append(
            {
                "model": model.model,
                "coefficient_rank": rank if coefficient else None,
                "term": column.name,
                "coefficient": coefficient,
                "is_beneficial": (coefficient > 0) == model.is_outcome_wanted
                if coefficient
                else None,
                "selected_share": float(share[place]),
                "is_missing_level": column.is_missing_level,
                "recorded": column.term.recorded,
                "recorded_group": column.term.recorded_group,
                "variable": ":".join(column.term.columns),
                "level": column.level or None,
                **(counts if column.is_yes_no else dict.fromkeys(counts)),
            }
        )
    return rows


def _curve_rows(
    model: StudyModel,
    cases: StudyCases,
    coefficients: Vector,
    stability: Stability,
    band: float,
) -> Rows:
    """The sum of a count's spline terms at each whole number of its range."""
    is_event, keys = cases.training_outcome == 1, cases.training_keys
    rows = []
    for variable, curve in cases.curves.items():
        places = [
            place
            for place, column in enumerate(cases.columns)
            if column.term.columns == (variable,) and not column.is_yes_no
        ]
        low, high = curve.spline.boundary
        counts = np.arange(np.ceil(low), np.floor(high) + 1)
        terms = curve.spline.terms(counts)
        log_odds = terms @ coefficients[1:][places]
        bounds = stability.band(terms, places, band)
        for count, one, lower, upper in zip(counts, log_odds, *bounds, strict=True):
            has_as_many = curve.counts >= count
            rows.append(
                {
                    "model": model.model,
                    "variable": variable,
                    "officers": int(count),
                    **_counted("crimes_with_as_many", has_as_many, keys),
                    **_counted("events_with_as_many", has_as_many & is_event, keys),
                    "log_odds": float(one),
                    "band_low": float(lower),
                    "band_high": float(upper),
                    "band": band,
                    "halves": stability.halves,
                }
            )
    return rows


def _roc_rows(model: StudyModel, cases: StudyCases, predicted: Vector) -> Rows:
    """The turns of the curve on the test part, from no crime flagged to every one."""
    curve = roc_curve(cases.test_outcome, predicted)
    on_hull = set(curve.hull_points.tolist())
    return [
        {
            "model": model.model,
            "point_no": point_no,
            "false_positive_rate": float(curve.false_positive_rate[point]),
            "true_positive_rate": float(curve.true_positive_rate[point]),
            "threshold": float(curve.thresholds[point]),
            "is_on_hull": point in on_hull,
        }
        for point_no, point in enumerate(curve.turns.tolist())
    ]


def _threshold_rows(
    model: StudyModel,
    cases: StudyCases,
    fitted: Vector,
    predicted: Vector,
    how: StudySettings,
) -> Rows:
    """Measures on the test part; the best thresholds are those of the training part."""
    curve = roc_curve(cases.training_outcome, fitted)
    prevalence = float(cases.training_outcome.mean())
    thresholds = {
        **{str(threshold): threshold for threshold in THRESHOLDS},
        "best by Youden": best_by_youden(curve),
        "best by cost": best_by_cost(curve, prevalence, how.cost_ratio),
    }
    rows = []
    for chosen, threshold in thresholds.items():
        judged = (cases.test_outcome, predicted, threshold)
        counts = [
            _counted(name, cell, cases.test_keys)
            for name, cell in confused(*judged).items()
        ]
        rows.append(
            {
                "model": model.model,
                "chosen": chosen,
                "threshold": threshold,
                **{name: one for count in counts for name, one in count.items()},
                **asdict(measure_at_threshold(confusion(*judged))),
            }
        )
    return rows


def _leakage_rows(
    model: StudyModel, cases: StudyCases, best: Choice, auc: float | None
) -> Rows:
    """The area on the test part without one group of fields after the other.

    The other levels of a field, none of which holds, still show that it is missing; so
    fields that can be missing are left out as a whole, too.
    """
    incomplete = {
        name
        for column in cases.columns
        if column.is_missing_level
        for name in column.term.columns
    }
    groups = {
        MISSING_LEVELS: [column.is_missing_level for column in cases.columns],
        INCOMPLETE: [
            not incomplete.isdisjoint(column.term.columns) for column in cases.columns
        ],
        LATE: [column.term.recorded in LATE_WORDS for column in cases.columns],
    }
    for column in cases.columns:
        group = column.term.recorded_group
        groups[group] = [one.term.recorded_group == group for one in cases.columns]
    rows = []
    for group, is_left_out in groups.items():
        kept = ~np.array(is_left_out)
        without = _area_without(cases, best, kept) if kept.any() else None
        rows.append(
            {
                "model": model.model,
                "left_out": group,
                "columns_left_out": int((~kept).sum()),
                "auc": without,
                "auc_lost": None if without is None or auc is None else auc - without,
            }
        )
    return sorted(rows, key=lambda row: -(row["auc_lost"] or 0))


def _area_without(cases: StudyCases, best: Choice, kept: Vector) -> float:
    """Fitted again on the columns kept, penalised and relaxed as the model is."""
    training, test = cases.training[:, kept], cases.test[:, kept]
    path = fit_path(training, cases.training_outcome, best.mixing, [best.penalty])
    refitted = relaxed_if_blended(path, training, cases.training_outcome, [best.blend])
    (coefficients,) = blended(path, refitted, best.blend)
    log_odds = linear_predictor(test, coefficients)
    return roc_curve(cases.test_outcome, probability(log_odds)).area


def _model_row(
    model: StudyModel, fitted_at: dt.datetime, **found: Any
) -> dict[str, Any]:
    stated = {
        "model": model.model,
        "dependent": model.dependent,
        "description": model.description,
        "fitted_at": fitted_at,
        **found,
    }
    columns = study_tables()["penalised_models"].columns
    return {name: stated.get(name) for name in columns}


def _no_rows() -> dict[str, Rows]:
    return {table: [] for table in study_tables()}


@functools.cache
def study_tables() -> dict[str, Table]:
    """The tables by name, as `study_tables.yml` has them."""
    return Table.read(TABLES_FILE)


def _write(settings: RunSettings, fits: Sequence[StudyFit]) -> None:
    """Publish the fits in place of the tables' rows."""
    if not fits:
        raise LinkageError("drivers.violent_crime_models lists no model")
    names = [f"drivers.{table}" for table in study_tables()]
    with next_version(settings, names) as connection:
        for name, table in study_tables().items():
            connection.execute(f"drop table if exists drivers.{name}").fetchall()
            create_table(connection, f"drivers.{name}", table.columns)
            rows = [row for one in fits for row in one.rows[name]]
            insert_rows(connection, f"drivers.{name}", table.columns, rows)
