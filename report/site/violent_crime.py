"""The violent-crime study: its flow, outcomes and two penalised models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from disclosure.study_pages import ModelRows, StudyRows
from report import study_content, study_words
from report.site.figures import Choice, Column, Figure, Page, Section, Value
from report.site.inputs import SiteInputs
from report.study_content import OUTCOMES, Bar, Category
from report.study_pages import AT_THRESHOLD

WHEN = {True: "at or after the outcome", False: "before"}


def violent_crime(inputs: SiteInputs) -> Page | None:
    """The page of the study; None where the warehouse is of another."""
    rows = inputs.violent_crime
    if rows is None:
        return None
    shown = {one.model["model"]: one for one in rows.models}
    sections = [
        Section("From crimes to the study", figures=[_flow(rows)]),
        Section(
            "Outcomes",
            figures=[
                _outcomes(
                    "response",
                    "Outcome by response code",
                    study_content.outcomes_by_response(rows),
                    "response code",
                ),
                _outcomes(
                    "ages",
                    "Outcome by age band and sex of the victim",
                    study_content.outcomes_by_age_and_sex(rows),
                    "age band and sex",
                ),
            ],
        ),
    ]
    filters = []
    if shown:
        sections += _model_sections(shown, rows)
        options = [
            (name, f"{name}: {study_words.noun(one.model['dependent'])}")
            for name, one in shown.items()
        ]
        filters.append(Choice("study_model", "Model", options, options[0][0]))
    return Page(
        "violent-crime",
        "Violent-crime study",
        "Which violent crimes end in success, and in which the victim stops "
        "supporting the case.",
        sections,
        filters,
    )


def _flow(rows: StudyRows) -> Figure:
    steps = study_content.flow(rows)
    return Figure(
        "study_flow",
        "Violent crimes left after each step",
        "flow",
        (
            Column("step", "Step"),
            Column("crime_reports_removed", "Removed", "count"),
            Column("crime_reports_left", "Left", "count"),
            Column("share_lost", "Share lost", "percent"),
        ),
        [
            [
                one.label,
                0 if at == 0 and one.removed is None else one.removed,
                one.left,
                None if one.share_lost is None else round(one.share_lost, 3),
            ]
            for at, one in enumerate(steps)
        ],
        {"": " ".join(study_words.flow_sentences(steps))},
        options={"what": "Crimes"},
    )


def _outcomes(
    name: str, title: str, categories: Sequence[Category], by_what: str
) -> Figure:
    cells: list[list[Value]] = [
        [one.label, outcome, one.counts[outcome], one.shares[outcome]]
        for one in categories
        for outcome in OUTCOMES
    ]
    return Figure(
        name,
        title,
        "stack",
        (
            Column("category", by_what.capitalize()),
            Column("outcome", "Outcome"),
            Column("crimes", "Crimes", "count"),
            Column("share", "Share", "percent"),
        ),
        cells,
        {
            "": " ".join(
                study_words.outcome_sentences(categories, OUTCOMES[:2], by_what)
            )
        },
        options={
            "category": "category",
            "part": "outcome",
            "parts": list(OUTCOMES),
            "share": "share",
        },
        note="A share stands on at least 100 crimes. Confidential shares leave a gap.",
    )


def _model_sections(shown: Mapping[str, ModelRows], rows: StudyRows) -> list[Section]:
    bars = {
        name: study_content.largest(one, rows.meanings) if one.is_shown else []
        for name, one in shown.items()
    }
    return [
        Section("How good the models are", figures=[_roc(shown), _thresholds(shown)]),
        Section("Largest coefficients", figures=[_coefficients(shown, bars)]),
        Section("Numbers of officers", figures=[_officers(shown)]),
    ]


def _not_shown(one: ModelRows) -> str:
    return f"Nothing can be shown of the model: {one.model['note']}."


def _roc(shown: Mapping[str, ModelRows]) -> Figure:
    cells: list[list[Value]] = []
    said = {}
    for name, one in shown.items():
        said[name] = _not_shown(one)
        if one.is_shown:
            found = study_content.roc(one)
            cells += [
                [name, round(float(x), 3), round(float(y), 3)] for x, y in found.curve
            ]
            said[name] = " ".join(
                [
                    *study_words.quality_sentences(one),
                    *study_words.leakage_sentences(one),
                ]
            )
    return Figure(
        "roc",
        "ROC curve of crimes the model did not see",
        "roc",
        (
            Column("study_model", "Model"),
            Column("false_positive_rate", "Flagged of those without", "percent"),
            Column("true_positive_rate", "Flagged of those with", "percent"),
        ),
        cells,
        said,
        by=("study_model",),
    )


def _thresholds(shown: Mapping[str, ModelRows]) -> Figure:
    cells: list[list[Value]] = []
    for name, one in shown.items():
        for row in sorted(one.rows["thresholds"], key=lambda row: str(row["chosen"])):
            # Two decimals: with more, shares of few crimes would give their number.
            cells += [
                [name, str(row["chosen"]), label, _two(row[key])]
                for key, label in AT_THRESHOLD.items()
            ]
    return Figure(
        "thresholds",
        "Measures at each threshold",
        "",
        (
            Column("study_model", "Model"),
            Column("chosen", "Threshold"),
            Column("measure", "Measure"),
            Column("value", "Value", "ratio"),
        ),
        cells,
        {
            name: " ".join(
                [
                    *study_words.design_sentences(one),
                    *study_words.tuning_sentences(one),
                ]
            )
            if one.is_shown
            else _not_shown(one)
            for name, one in shown.items()
        },
        by=("study_model",),
    )


def _two(value: Any) -> float | None:
    return None if value is None else round(float(value), 2)


def _coefficients(
    shown: Mapping[str, ModelRows], bars: Mapping[str, Sequence[Bar]]
) -> Figure:
    cells: list[list[Value]] = [
        [
            name,
            one.label,
            "beneficial" if one.is_beneficial else "adverse",
            WHEN[one.is_late],
            "yes" if one.is_missing else "no",
            round(one.coefficient, 3),
            round(one.selected_share, 2),
        ]
        for name, own in bars.items()
        for one in own
    ]
    return Figure(
        "coefficients",
        "Largest coefficients, as log odds",
        "bars",
        (
            Column("study_model", "Model"),
            Column("label", "Column"),
            Column("kind", "Is"),
            Column("recorded", "Recorded"),
            Column("is_missing", "Stands for missing"),
            Column("coefficient", "Log odds", "ratio"),
            Column("selected", "Selected in", "percent"),
        ),
        cells,
        {
            name: " ".join(study_words.coefficient_sentences(bars[name], one))
            for name, one in shown.items()
        },
        by=("study_model",),
        note="Coefficients are shrunk, and there are no confidence intervals. Selected "
        "in: share of random halves of the training part.",
    )


def _officers(shown: Mapping[str, ModelRows]) -> Figure:
    cells: list[list[Value]] = []
    said = {}
    for name, one in shown.items():
        found = study_content.curves(one) if one.is_shown else []
        said[name] = (
            " ".join(study_words.curve_sentences(found, one.model["dependent"]))
            or "Too few crimes to draw a curve."
        )
        cells += [
            [name, curve.label, int(officers), *(round(float(v), 3) for v in values)]
            for curve in found
            if curve.is_selected
            for officers, *values in zip(
                curve.officers, curve.log_odds, curve.low, curve.high, strict=True
            )
        ]
    return Figure(
        "officers",
        "Log odds by number of officers, against the fewest",
        "officers",
        (
            Column("study_model", "Model"),
            Column("variable", "Officers"),
            Column("officers", "Number"),
            Column("log_odds", "Log odds", "ratio"),
            Column("low", "Band from", "ratio"),
            Column("high", "Band to", "ratio"),
        ),
        cells,
        said,
        by=("study_model",),
        options={"nothing": "No curve to draw."},
    )
