"""The models of the violent-crime study: a page for each."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from linkage.base.seeds import seed_rows
from linkage.report import card_text, study_content, study_words
from linkage.report.site.comparisons import published
from linkage.report.site.drivers import card
from linkage.report.site.figures import Column, Figure, Page, Section, Value, cells
from linkage.report.site.inputs import (
    STUDY_CURVES,
    STUDY_LEAKAGE,
    STUDY_MODELS,
    STUDY_TERMS,
    STUDY_THRESHOLDS,
    SiteInputs,
)
from linkage.report.site.sentences import NOTHING
from linkage.report.study_content import Bar, StudyModel

PRINTED = {
    "is_success": "wmp_success_coefficients",
    "is_evidential_difficulties_victim": "wmp_ev_diff_coefficients",
}
# As the report names them (appendix 7.5).
OVERALL = {
    "auc": "AUC",
    "auch": "AUC of the convex hull",
    "gini": "Gini",
    "h": "H-measure",
    "training_auc": "AUC of the training part",
}
AT_THRESHOLD = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "kappa": "Kappa",
    "sensitivity": "Sensitivity (recall)",
    "specificity": "Specificity",
    "positive_predictive_value": "Positive predictive value (precision)",
    "negative_predictive_value": "Negative predictive value",
    "f1": "F1",
    "f1_sensitivity_specificity": "F1 of sensitivity and specificity",
    "detection_rate": "Detection rate",
    "detection_prevalence": "Detection prevalence",
    "prevalence": "Prevalence",
    "er": "Error rate",
    "youden": "Youden",
}


def study_model_pages(inputs: SiteInputs) -> dict[str, Callable[[], Page]]:
    """What makes the page of each model of the study, by its title."""
    return {
        f"Model {row['model']}": partial(_model_page, study_model(inputs, row))
        for row in inputs.rows(STUDY_MODELS)
    }


def study_model(inputs: SiteInputs, row: Mapping[str, Any]) -> StudyModel:
    """A model of the study with its other tables."""
    name = row["model"]
    selected = [
        one for one in inputs.rows(STUDY_TERMS, model=name) if one["coefficient"]
    ]
    return StudyModel(
        row,
        sorted(selected, key=lambda one: -abs(one["coefficient"])),
        max((row["columns_selected"] or 0) - len(selected), 0),
        inputs.rows(STUDY_CURVES, model=name),
        inputs.rows(STUDY_LEAKAGE, model=name),
        inputs.rows(STUDY_THRESHOLDS, model=name),
    )


@functools.cache
def level_meanings() -> dict[tuple[str, str], str]:
    """What each level of a variable means."""
    return {
        (row["variable"], row["level"]): row["meaning"]
        for row in seed_rows("violent_crime_levels")
    }


def _model_page(of_model: StudyModel) -> Page:
    name = of_model.model["model"]
    outcome = study_words.noun(of_model.model["dependent"])
    sections = [Section("Model card", html=card(_card(of_model)))]
    if of_model.is_shown:
        bars = study_content.largest(of_model, level_meanings())
        sections = [
            Section("Largest coefficients", figures=[_coefficients(of_model, bars)]),
            *sections,
            Section("What tells the outcome", figures=[_leakage(of_model)]),
            *_officers(of_model),
            Section(
                "Measures of the test part",
                figures=[_overall(of_model), _thresholds(of_model)],
                is_printed=False,
            ),
        ]
    return Page(
        f"model-{name}",
        f"Model {name}: {of_model.model['description']}",
        f"What goes with {outcome}: an elastic net on one column for each level.",
        sections,
        of="violent-crime",
        is_sheet=True,
    )


def _card(of_model: StudyModel) -> list[card_text.Section]:
    found = [card_text.Section("Design", study_words.design_sentences(of_model))]
    if of_model.is_shown:
        found += [
            card_text.Section("Tuning", study_words.tuning_sentences(of_model)),
            card_text.Section(
                "How good the model is", study_words.quality_sentences(of_model)
            ),
            card_text.Section(
                "An honest reading", study_words.leakage_sentences(of_model)
            ),
        ]
    else:
        found.append(
            card_text.Section(
                "Not shown",
                [
                    "The model could not be fitted, or too few crimes are with, or "
                    "without, the outcome."
                ],
            )
        )
    return [
        *found,
        card_text.Section("What it cannot say", [], study_words.limits(of_model)),
        card_text.Section(
            "Who it is for",
            [
                "For those who ask what goes with success, or with victims who "
                "withdraw their support, and which fields to record better.",
                "Not for decisions about a single victim, crime or officer.",
            ],
        ),
    ]


def _coefficients(of_model: StudyModel, bars: Sequence[Bar]) -> Figure:
    printed = _printed(of_model.model["dependent"])
    columns = (
        Column("label", "Column"),
        Column("printed", "As printed"),
        Column("kind", "Goes with"),
        Column("recorded", "Recorded"),
        Column("is_missing", "Means missing"),
        Column("coefficient", "Log odds", "measure"),
        Column("printed_coefficient", "Log odds printed", "measure"),
        Column("selected_share", "Selected in", "percent"),
    )
    rows = [
        {
            "label": one.label,
            "printed": one.printed,
            "kind": "beneficial" if one.is_beneficial else "adverse",
            "recorded": "at or after the outcome" if one.is_late else "before",
            "is_missing": "yes" if one.is_missing else "no",
            "coefficient": one.coefficient,
            "printed_coefficient": printed.get(one.printed),
            "selected_share": one.selected_share,
        }
        for one in bars
    ]
    return Figure(
        "coefficients",
        "Largest coefficients that are shown, as log odds of the outcome",
        "bars",
        columns,
        cells(rows, columns),
        {"": " ".join(study_words.coefficient_sentences(bars, of_model))},
        note="Beneficial: it goes with the outcome that is wanted; adverse: with the "
        "other. Coefficients are shrunk, and there are no confidence intervals. "
        "Printed: among the largest that the report prints. Selected in: share of "
        "random halves of the training part.",
    )


def _printed(dependent: str) -> dict[str, float]:
    """The coefficients that the report prints, by its names."""
    rows = published(PRINTED[dependent]) if dependent in PRINTED else []
    return {row["variable"]: float(row["coefficient"]) for row in rows}


def _leakage(of_model: StudyModel) -> Figure:
    columns = (
        Column("left_out", "Left out"),
        Column("columns_left_out", "Columns"),
        Column("auc", "AUC", "measure"),
        Column("auc_lost", "Lost", "measure"),
    )
    auc = of_model.model["auc"]
    rows = sorted(of_model.leakage, key=lambda row: -(row["auc_lost"] or 0))
    return Figure(
        "leakage",
        "AUC on the test part when the model is fitted again without these fields",
        "leakage",
        columns,
        cells(rows, columns),
        {"": _lost_most(rows)},
        options={"auc": auc},
    )


def _lost_most(rows: Sequence[Mapping[str, Any]]) -> str:
    """The fields without which the model tells least."""
    lost = [row for row in rows if row["auc_lost"]]
    if not lost:
        return "The model needs none of these fields."
    return (
        f"It tells least without “{lost[0]['left_out']}”: AUC {lost[0]['auc']:.3f}, "
        f"{lost[0]['auc_lost']:.3f} less."
    )


def _officers(of_model: StudyModel) -> list[Section]:
    """Curves of the numbers of officers, if any is released."""
    curves = study_content.curves(of_model)
    if not curves:
        return []
    columns = (
        Column("variable", "Number of"),
        Column("officers", "Officers"),
        Column("log_odds", "Log odds", "measure"),
        Column("low", "Band from", "measure"),
        Column("high", "Band to", "measure"),
    )
    found: list[list[Value]] = [
        [one.label, *at]
        for one in curves
        for at in zip(one.officers, one.log_odds, one.low, one.high, strict=True)
    ]
    stated = study_words.curve_sentences(curves, of_model.model["dependent"])
    figure = Figure(
        "officers",
        "Log odds of the outcome by number of officers, against the fewest",
        "officers",
        columns,
        found,
        {"": " ".join(stated)},
        note="A curve ends where fewer than 10 crimes with, or without, the outcome "
        "have as many officers.",
    )
    return [Section("Numbers of officers", figures=[figure])]


def _overall(of_model: StudyModel) -> Figure:
    columns = (Column("measure", "Measure"), Column("value", "Value", "measure"))
    found: list[list[Value]] = [
        [name, of_model.model[key]]
        for key, name in OVERALL.items()
        if of_model.model.get(key) is not None
    ]
    return Figure(
        "overall",
        "Measures that need no threshold",
        "",
        columns,
        found,
        {"": f"AUC {of_model.model['auc']:.3f} on the test part."},
    )


def _thresholds(of_model: StudyModel) -> Figure:
    columns = (
        Column("chosen", "Chosen"),
        Column("threshold", "Threshold", "measure"),
        *(Column(key, name, "measure") for key, name in AT_THRESHOLD.items()),
    )
    rows = sorted(of_model.thresholds, key=lambda row: float(row["threshold"] or 0))
    return Figure(
        "thresholds",
        "Measures at each threshold",
        "roc",
        columns,
        cells(rows, columns),
        {"": _threshold_sentence(rows)},
        options={"auc": of_model.model["auc"]},
        note="Worked out from rounded counts. Best thresholds are those of the "
        "training part.",
    )


def _threshold_sentence(rows: Sequence[Mapping[str, Any]]) -> str:
    known = [row for row in rows if row["sensitivity"] is not None]
    if not known:
        return NOTHING
    return " ".join(
        f"Threshold {row['chosen']}: {row['sensitivity']:.0%} of the crimes "
        "with the outcome are flagged"
        + (
            "."
            if row["specificity"] is None
            else f", and {1 - row['specificity']:.0%} of the others."
        )
        for row in known
    )
