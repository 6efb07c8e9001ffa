"""The violent-crime study: its flow, outcomes and two penalised models."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from linkage.disclosure.study_pages import StudyRows
from linkage.report import study_content, study_words
from linkage.report.site.figures import (
    Choice,
    Column,
    Figure,
    Page,
    Section,
    Value,
    records,
    rows_of,
)
from linkage.report.site.inputs import STUDY_MODELS, STUDY_TERMS, SiteInputs
from linkage.report.site.overview import STACKED
from linkage.report.site.sentences import NOTHING
from linkage.report.study_content import LATE_WORDS, OUTCOMES, Category
from linkage.report.wording import plural

WHEN = {True: "at or after the outcome", False: "before"}


def violent_crime(inputs: SiteInputs) -> Page | None:
    """The page of the study; None where the warehouse is of another."""
    rows = inputs.violent_crime
    if rows is None:
        return None
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
                    rows.rules.base,
                ),
                _outcomes(
                    "ages",
                    "Outcome by age band and sex of the victim",
                    study_content.outcomes_by_age_and_sex(rows),
                    "age band and sex",
                    rows.rules.base,
                ),
            ],
        ),
    ]
    filters = []
    if inputs.has(STUDY_MODELS, STUDY_TERMS) and len(inputs.table(STUDY_MODELS)):
        sections += _model_sections(inputs)
        options = [
            (row["model"], f"{row['model']}: {study_words.noun(row['dependent'])}")
            for row in records(inputs.table(STUDY_MODELS))
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
        {"": " ".join(study_words.flow_sentences(steps, rows.rules.base))},
        options={"what": "Crimes"},
    )


def _outcomes(
    name: str, title: str, categories: Sequence[Category], by_what: str, base: int
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
                study_words.outcome_sentences(categories, OUTCOMES[:2], by_what, base)
            )
        },
        options={
            "category": "category",
            "part": "outcome",
            "parts": list(OUTCOMES),
            "share": "share",
        },
        note=STACKED,
    )


def _model_sections(inputs: SiteInputs) -> list[Section]:
    """The models, as far as their tables may leave.

    The ROC curve, the curves of officers and the tuning never do
    (`linkage/disclosure/settings.yml`).
    """
    return [
        Section("How good the models are", figures=[_models(inputs)]),
        Section("Largest coefficients", figures=[_coefficients(inputs)]),
    ]


def _models(inputs: SiteInputs) -> Figure:
    columns = (
        Column("model", "Model"),
        Column("description", "What"),
        Column("training_crimes", "Crimes to fit", "count"),
        Column("training_events", "With the outcome", "count"),
        Column("test_crimes", "Crimes to judge", "count"),
        Column("test_events", "With the outcome ", "count"),
        Column("columns_offered", "Columns"),
        Column("columns_selected", "Selected"),
        Column("auc", "AUC", "ratio"),
        Column("gini", "Gini", "ratio"),
        Column("h", "H-measure", "ratio"),
    )
    rows = inputs.table(STUDY_MODELS)
    stated = [
        f"Model {row['model']}: AUC {row['auc']:.2f} on crimes it did not see."
        for row in records(rows)
        if pd.notna(row["auc"])
    ]
    return Figure(
        "study_models",
        "The study's models",
        "",
        columns,
        rows_of(rows, columns),
        {"": " ".join([*stated, "0.5 is chance."]) if stated else NOTHING},
        note="An AUC close to 1 is too good to be a finding: fields recorded at or "
        "after the outcome tell it.",
    )


def _coefficients(inputs: SiteInputs) -> Figure:
    rows = inputs.table(STUDY_TERMS)
    rows = rows[rows["coefficient"].notna() & (rows["coefficient"] != 0)]
    order = rows["coefficient"].abs().sort_values(ascending=False, kind="stable").index
    rows = rows.loc[order].groupby("model", sort=False).head(study_content.LARGEST)
    rows = rows.assign(
        study_model=rows["model"],
        label=[
            inputs.study_terms.get((row["model"], row["term"]), row["term"])
            for row in records(rows)
        ],
        kind=["beneficial" if one > 0 else "adverse" for one in rows["coefficient"]],
        recorded=[WHEN[one in LATE_WORDS] for one in rows["recorded"]],
        is_missing=["yes" if one else "no" for one in rows["is_missing_level"]],
    )
    columns = (
        Column("study_model", "Model"),
        Column("label", "Column"),
        Column("kind", "Goes with"),
        Column("recorded", "Recorded"),
        Column("is_missing", "Means missing"),
        Column("coefficient", "Log odds", "ratio"),
        Column("selected_share", "Selected in", "percent"),
    )
    models = [*inputs.table(STUDY_MODELS)["model"]]
    return Figure(
        "coefficients",
        "Largest coefficients that may be shown, as log odds of the outcome",
        "bars",
        columns,
        rows_of(rows, columns),
        {
            model: coefficient_sentence(model, rows[rows["study_model"] == model])
            for model in models
        },
        by=("study_model",),
        note="Beneficial: more of the outcome; adverse: less. Coefficients are shrunk, "
        "and there are no confidence intervals. Selected in: share of random halves "
        "of the training part.",
    )


def coefficient_sentence(model: str, rows: pd.DataFrame) -> str:
    """Number of coefficients shown, their directions, and the late ones."""
    if rows.empty:
        return f"Model {model}: no coefficient that may be shown."
    more = int((rows["coefficient"] > 0).sum())
    late = int((rows["recorded"] == WHEN[True]).sum())
    return (
        f"Model {model}: {plural(len(rows), 'coefficient', 'coefficients')} shown, "
        f"{more or 'none'} of more and {len(rows) - more or 'none'} of less of the "
        f"outcome; {late or 'none'} of a field recorded at or after the outcome. The "
        f"largest of them is “{records(rows)[0]['label']}”."
    )
