"""The loss of a logistic model against gradient boosting on the same columns.

Both learners see the same cases in the same folds, at most MOST_CASES of them, so that
the difference between their areas under the curve is the learners', not the data's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from linkage.base import failures
from linkage.base.clock import utc_now
from linkage.base.settings import RunSettings
from ml.design_rows import DesignRows
from ml.drivers import (
    LOGISTIC,
    find_late_month,
    load_cases,
    open_models,
    performance_row,
)
from ml.fitting import NotFittableError, fit_logistic
from ml.measures import Performance, area_under_curve, measure
from ml.model_cases import CasesInMemory, ModelCases, Vector
from ml.results import BENCHMARKS, write_run
from ml.specification import ModelSpecification
from ml.validation import FOLDS, TOLERANCE, Validation, predict

BOOSTING = "gradient boosting"
MOST_CASES = 50_000
# With fewer of the rarer outcome a fifth of the cases has no information.
LEAST_EVENTS = 50
REPEATS = 3
SEED = 20_211_121
SAMPLE = f"cross-validated, at most {MOST_CASES:,} cases"


@dataclass(frozen=True)
class Benchmark:
    """Both learners on unseen cases, and each variable's value to boosting.

    `importance` is, by variable, the area under the curve lost when its categories are
    shuffled among the unseen cases: mean and standard deviation over folds and repeats.
    """

    model: str
    logistic: Validation
    boosting: Validation
    importance: dict[str, tuple[float, float]]


def benchmark_published(
    settings: RunSettings,
    models: Sequence[str] = (),
    *,
    progress: Callable[[str], None] | None = None,
    problem: Callable[[str], None] = failures.to_standard_error,
) -> list[Benchmark]:
    """Compare the learners on the listed models (or those named); publish the result.

    A model that fails has the reason in its note and is passed to `problem`. The caller
    holds the warehouse's lock. Raises LinkageError for an unknown model.
    """
    started_at, found = utc_now(), []
    with open_models(settings, models) as (specifications, design):
        late_from = find_late_month(design)
        for specification in specifications:
            try:
                found.append(benchmark_model(design, specification, late_from))
            except Exception as error:
                model = specification.model
                found.append(_without_any(model, failures.why(error)))
                what = f"model {model} could not be compared with boosting"
                problem(failures.in_a_line(what, error))
            if progress:
                progress(describe(found[-1]))
    rows = {
        "performance": [
            performance_row(one.model, learner, validated)
            for one in found
            for learner, validated in (
                (BOOSTING, one.boosting),
                (f"{LOGISTIC}, the same cases", one.logistic),
            )
        ],
        "importance": [
            {
                "model": one.model,
                "variable": variable,
                "auc_lost": lost,
                "auc_lost_std": spread,
            }
            for one in found
            for variable, (lost, spread) in one.importance.items()
        ],
    }
    write_run(settings, BENCHMARKS, [one.model for one in found], rows, started_at)
    return found


def describe(benchmark: Benchmark) -> str:
    """One line for a log."""
    areas = [one.performance for one in (benchmark.boosting, benchmark.logistic)]
    if areas[0] is None or areas[1] is None:
        return f"model {benchmark.model}: {benchmark.boosting.note}"
    boosted, plain = areas[0].auc or 0, areas[1].auc or 0
    return (
        f"model {benchmark.model}: AUC on unseen cases {boosted:.3f} boosted, "
        f"{plain:.3f} logistic ({boosted - plain:+.3f})"
    )


def benchmark_model(
    design: DesignRows, specification: ModelSpecification, late_from: str | None
) -> Benchmark:
    """Five folds of both learners on one model's cases."""
    loaded = load_cases(design, specification, late_from)
    cases = _sample(loaded.cases)
    rarer = min(cases.cases @ cases.outcome, cases.cases @ (1 - cases.outcome))
    if rarer < LEAST_EVENTS:
        return _without_any(
            specification.model,
            f"fewer than {LEAST_EVENTS} cases with one of the outcomes",
        )
    groups = {
        name: [j for j, own in enumerate(loaded.variables) if own == name]
        for name in specification.variables
    }
    plain, boosted, losses = [], [], []
    for fold in range(FOLDS):
        training = cases.where("validation_fold", fold, equal=False)
        unseen = cases.where("validation_fold", fold)
        try:
            fit = fit_logistic(training, loaded.variables, tolerance=TOLERANCE)
        except NotFittableError as error:
            return _without_any(
                specification.model, f"without one fifth of the cases {error}"
            )
        plain.append(predict(unseen, fit))
        learner = _boost(training)
        boosted.append(
            (unseen.outcome, _probability(learner, unseen.design), unseen.cases)
        )
        losses.append(_lost(learner, unseen, groups, fold))
    return Benchmark(
        specification.model,
        Validation(SAMPLE, _measured(plain)),
        Validation(SAMPLE, _measured(boosted)),
        {
            name: _mean_and_spread([one for fold in losses for one in fold[name]])
            for name in groups
        },
    )


def _without_any(model: str, note: str) -> Benchmark:
    nothing = Validation(SAMPLE, None, note)
    return Benchmark(model, nothing, nothing, {})


def _sample(cases: ModelCases) -> CasesInMemory:
    """All of the cases, or every so manieth of them; a row is one case."""
    total = round(sum(float(block.cases.sum()) for block in cases.blocks()))
    step = max(1, -(-total // MOST_CASES))
    if isinstance(cases, CasesInMemory):
        return cases.each_case(step)
    return cases.thinned(step)


def _boost(training: CasesInMemory) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    learner = HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=200,
        max_leaf_nodes=15,
        min_samples_leaf=20,
        early_stopping=True,
        n_iter_no_change=10,
        random_state=SEED,
    )
    learner.fit(training.design, training.outcome, sample_weight=training.cases)
    return learner


def _probability(learner: Any, design: Any) -> Vector:
    shares: Vector = learner.predict_proba(design)[:, 1]
    return shares


def _lost(
    learner: Any, unseen: CasesInMemory, groups: dict[str, list[int]], fold: int
) -> dict[str, list[float]]:
    """Area lost when one variable's columns are shuffled together, by variable."""
    random = np.random.default_rng([SEED, fold])

    def area(design: Any) -> float:
        predicted = _probability(learner, design)
        found, _ = area_under_curve(unseen.outcome, predicted, unseen.cases)
        return 0.5 if found is None else found

    whole = area(unseen.design)
    losses: dict[str, list[float]] = {}
    for name, columns in groups.items():
        shuffled = unseen.design.copy()
        for _ in range(REPEATS):
            order = random.permutation(unseen.outcome.size)
            shuffled[:, columns] = unseen.design[order][:, columns]
            losses.setdefault(name, []).append(whole - area(shuffled))
    return losses


def _measured(parts: list[tuple[Vector, Vector, Vector]]) -> Performance:
    outcome, predicted, cases = (
        np.concatenate(part) for part in zip(*parts, strict=True)
    )
    return measure(outcome, predicted, cases)


def _mean_and_spread(values: list[float]) -> tuple[float, float]:
    return float(np.mean(values)), float(np.std(values, ddof=1))
