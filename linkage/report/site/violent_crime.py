"""The violent-crime study: its flow, its outcomes, its models."""

from __future__ import annotations

from collections.abc import Sequence

from linkage.report import study_content, study_words
from linkage.report.site.figures import Column, Figure, Page, Section, Value, cells
from linkage.report.site.inputs import (
    STUDY_FLOW,
    STUDY_MODELS,
    STUDY_OUTCOMES,
    SiteInputs,
)
from linkage.report.site.overview import STACKED
from linkage.report.site.sentences import NOTHING
from linkage.report.site.violent_crime_models import level_meanings, study_model
from linkage.report.study_content import OUTCOMES, Category
from linkage.report.wording import FEWER


def violent_crime(inputs: SiteInputs) -> Page | None:
    """The page of the study; None where the warehouse is of another."""
    if not inputs.has(STUDY_OUTCOMES, STUDY_FLOW):
        return None
    rows = inputs.rows(STUDY_OUTCOMES)
    sections = [
        Section("From crimes to the study", figures=[_flow(inputs)]),
        Section(
            "Outcomes",
            figures=[
                _outcomes(
                    "response",
                    "Outcome by response code",
                    study_content.outcomes_by_response(rows, level_meanings()),
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
    if inputs.rows(STUDY_MODELS):
        sections.append(Section("Models", figures=[_models(inputs)]))
    return Page(
        "violent-crime",
        "Violent-crime study",
        "Which violent crimes end in success, and in which the victim stops "
        "supporting the case.",
        sections,
    )


def _flow(inputs: SiteInputs) -> Figure:
    columns = (
        Column("step", "Step"),
        Column("crimes_removed", "Removed", "count"),
        Column("crimes_left", "Left", "count"),
        Column("share_lost", "Share lost", "percent"),
    )
    rows = sorted(inputs.rows(STUDY_FLOW), key=lambda row: int(row["step_no"]))
    found = cells(rows, columns)
    # The first step is what was delivered.
    found[0][1] = None
    return Figure(
        "study_flow",
        "Violent crimes left after each step",
        "flow",
        columns,
        found,
        {"": " ".join(study_words.flow_sentences(study_content.flow(rows)))},
        options={"what": "Crimes", "removed": "crimes_removed", "left": "crimes_left"},
    )


def _outcomes(
    name: str, title: str, categories: Sequence[Category], by_what: str
) -> Figure:
    found: list[list[Value]] = [
        [
            one.label,
            outcome,
            FEWER if one.counts[outcome] is None else one.counts[outcome],
            one.shares[outcome],
        ]
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
        found,
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
        note=STACKED,
    )


def _models(inputs: SiteInputs) -> Figure:
    columns = (
        Column("model", "Model", "model"),
        Column("description", "What"),
        Column("training_crimes", "Crimes to fit", "count"),
        Column("training_events", "With the outcome", "count"),
        Column("test_crimes", "Crimes to judge", "count"),
        Column("test_events", "With the outcome ", "count"),
        Column("columns_selected", "Columns selected"),
        Column("auc", "AUC", "measure"),
        Column("h", "H-measure", "measure"),
        Column("in_time", "AUC in time", "measure"),
    )
    rows = [
        row | {"in_time": study_words.late_area(study_model(inputs, row))}
        for row in inputs.rows(STUDY_MODELS)
    ]
    stated = [
        f"Model {row['model']}: AUC {row['auc']:.2f} on crimes it did not see."
        for row in rows
        if row["auc"] is not None
    ]
    return Figure(
        "study_models",
        "The study's models",
        "",
        columns,
        cells(rows, columns),
        {"": " ".join([*stated, "0.5 is chance."]) if stated else NOTHING},
        note="An AUC close to 1 is too good to be a finding: fields recorded at or "
        "after the outcome tell it. In time: without these fields.",
    )
