"""Writes the pages of the violent-crime study next to its published warehouse."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linkage.base import failures
from linkage.base.settings import RunSettings
from linkage.disclosure.study_pages import ModelRows, StudyRows, study_rows
from linkage.publication.publish import open_published
from linkage.report import study_content, study_plots, study_words
from linkage.report.card_text import Section
from linkage.report.figures import style, svg_of, write_figure
from linkage.report.pages import about, embedded, render
from linkage.report.study_content import OUTCOMES, Category, Step
from linkage.report.wording import count_in_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CARD, STUDY = "study_model_card.html.j2", "study.html.j2"
CARD_PAGE, INDEX_PAGE = "card.html", "index.html"
TITLE = "The violent-crime study"
# Largest width of a drawing on a page.
REM_PER_INCH = 6.7
# As the report names them (appendix 7.5).
OVERALL = {
    "auc": "AUC",
    "auch": "AUC of the convex hull",
    "gini": "Gini",
    "h": "H-measure",
    "ks": "Kolmogorov-Smirnov",
    "mer": "Smallest error rate",
    "mwl": "Smallest weighted loss",
}
AT_THRESHOLD = {
    "threshold": "Threshold",
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
Row = dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """A drawing, its file's stem and its text alternative."""

    stem: str
    name: str
    figure: Figure
    text: str

    def as_content(self) -> Row:
        """Values for a template; a page has its own heading."""
        svg = svg_of(self.figure, self.name, self.text)
        return {
            "stem": self.stem,
            "name": self.name,
            "text": self.text,
            "drawn": embedded(svg),
            "width": round(float(self.figure.get_figwidth()) * REM_PER_INCH, 1),
        }


@dataclass(frozen=True)
class Table:
    """A table of a page; the first so many columns are words, the others numbers."""

    caption: str
    headings: list[str]
    rows: list[list[str]]
    words: int = 1


def write_published_study(
    settings: RunSettings,
    *,
    progress: Callable[[str], None] | None = None,
    problem: Callable[[str], None] = failures.to_standard_error,
) -> list[Path]:
    """Plots and cards of the study's models, and a page of the study itself.

    They go to `settings.driver_pages`: `index.html`, its plots, and for each model
    `model_<id>/` with `card.html` and plots. Returns the files written. A model whose
    card fails is passed to `problem`; the study's page reports the missing card and the
    reason.
    """
    say = progress or (lambda _: None)
    with open_published(settings) as connection:
        rows = study_rows(connection)
        said_of_all = about(connection, rows.rules)
    folder = settings.driver_pages
    written = []
    failed: dict[str, str] = {}
    with style():
        for of_model in rows.models:
            model = of_model.model["model"]
            try:
                written += _write_model(folder, of_model, rows, said_of_all)
                say(f"model {model}")
            except Exception as error:
                # An earlier publication's pages would be taken for this one's.
                shutil.rmtree(folder / f"model_{model}", ignore_errors=True)
                failed[model] = failures.why(error)
                what = f"the card of model {model} could not be written"
                problem(failures.in_a_line(what, error))
        written += _write_study(folder, rows, said_of_all, failed)
    return written


def _write_model(
    folder: Path, of_model: ModelRows, rows: StudyRows, said_of_all: Row
) -> list[Path]:
    own = folder / f"model_{of_model.model['model']}"
    own.mkdir(parents=True, exist_ok=True)
    drawn = _draw_model(of_model, rows, is_simulated=said_of_all["is_simulated"])
    files = _write_drawings(own, drawn)
    content = {
        **said_of_all,
        "model": of_model.model["model"],
        "description": of_model.model["description"],
        "before": _before(of_model),
        "parts": _parts(of_model, rows, drawn),
        "after": [_limits(of_model), _use()],
    }
    render(CARD, own / CARD_PAGE, content)
    return [*files, own / CARD_PAGE]


def _draw_model(
    of_model: ModelRows, rows: StudyRows, *, is_simulated: bool
) -> dict[str, Drawn]:
    """ROC, largest coefficients and curves of officers; nothing of a model unshown."""
    if not of_model.is_shown:
        return {}
    name = f"Model {of_model.model['model']}"
    outcome = study_words.noun(of_model.model["dependent"])
    roc = study_content.roc(of_model)
    bars = study_content.largest(of_model, rows.meanings)
    curves = study_content.curves(of_model)
    drawn = [
        Drawn(
            "roc",
            f"{name}: ROC of the test part",
            study_plots.draw_roc(
                f"{name}: {outcome}, ROC of the test part",
                roc,
                is_simulated=is_simulated,
            ),
            study_plots.roc_text(roc),
        )
    ]
    if bars:
        most = len(bars) < len(of_model.rows["coefficients"])
        which = f"the {len(bars)} largest coefficients" if most else "coefficients"
        title = f"{name}: {which} of {outcome}"
        drawn.append(
            Drawn(
                "coefficients",
                title,
                study_plots.draw_coefficients(title, bars, is_simulated=is_simulated),
                study_plots.coefficients_text(bars),
            )
        )
    if curves:
        title = f"{name}: numbers of officers and {outcome}"
        stated = study_words.curve_sentences(curves, of_model.model["dependent"])
        drawn.append(
            Drawn(
                "officers",
                title,
                study_plots.draw_curves(title, curves, is_simulated=is_simulated),
                " ".join(stated),
            )
        )
    return {one.stem: one for one in drawn}


def _before(of_model: ModelRows) -> list[Section]:
    found = [Section("Design", study_words.design_sentences(of_model))]
    if not of_model.is_shown:
        why = f"Nothing can be shown of the model: {of_model.model['note']}."
        return [*found, Section("Not shown", [why])]
    return [
        *found,
        Section("Tuning", study_words.tuning_sentences(of_model)),
        Section("How good the model is", study_words.quality_sentences(of_model)),
        Section("An honest reading", study_words.leakage_sentences(of_model)),
    ]


def _limits(of_model: ModelRows) -> Section:
    return Section("What it cannot say", [], study_words.limits(of_model))


def _use() -> Section:
    return Section(
        "Who it is for",
        [
            "For those who ask what goes with success, or with victims who withdraw "
            "their support, and which fields to record better.",
            "Not for decisions about a single victim, crime or officer.",
        ],
    )


def _parts(of_model: ModelRows, rows: StudyRows, drawn: dict[str, Drawn]) -> list[Row]:
    """Headings with sentences, a drawing and a table each."""
    if not of_model.is_shown:
        return []
    bars = study_content.largest(of_model, rows.meanings)
    curves = study_content.curves(of_model)
    dependent = of_model.model["dependent"]
    return [
        _part("What tells the outcome", [], None, _leakage(of_model)),
        _part("ROC curve", [], drawn["roc"], _overall(of_model)),
        _part("At each threshold", [], None, _thresholds(of_model)),
        _part(
            "Largest coefficients",
            [" ".join(study_words.coefficient_sentences(bars, of_model))],
            drawn.get("coefficients"),
            _coefficients(bars),
        ),
        _part(
            "Numbers of officers",
            study_words.curve_sentences(curves, dependent),
            drawn.get("officers"),
            None,
        ),
    ]


def _part(
    heading: str, sentences: list[str], drawn: Drawn | None, table: Table | None
) -> Row:
    return {
        "heading": heading,
        "sentences": sentences,
        "plot": drawn.as_content() if drawn else None,
        "table": table,
    }


def _leakage(of_model: ModelRows) -> Table:
    rows = [
        [
            row["left_out"],
            f"{row['columns_left_out']:,}",
            _three(row["auc"]),
            "-"
            if row["auc_lost"] is None
            else f"{round(row['auc_lost'], 3) + 0.0:.3f}",
        ]
        for row in of_model.rows["leakage"]
    ]
    return Table(
        "AUC on the test part when the model is fitted again without these fields.",
        ["Left out", "Columns", "AUC", "Lost"],
        rows,
    )


def _overall(of_model: ModelRows) -> Table:
    return Table(
        "Measures of the test part that need no threshold.",
        ["Measure", "Value"],
        [[name, _three(of_model.model[key])] for key, name in OVERALL.items()],
    )


def _thresholds(of_model: ModelRows) -> Table:
    found = sorted(of_model.rows["thresholds"], key=lambda row: row["chosen"])
    # Two decimals: with more, shares of few crimes would give their number back.
    return Table(
        "Measures of the test part; best thresholds are those of the training part.",
        ["Measure", *(_capital(str(row["chosen"])) for row in found)],
        [
            [name, *("-" if row[key] is None else f"{row[key]:.2f}" for row in found)]
            for key, name in AT_THRESHOLD.items()
        ],
    )


def _coefficients(bars: Sequence[study_content.Bar]) -> Table:
    return Table(
        "As drawn. Selected in: share of random halves of the training part.",
        ["Column", "As printed", "Is", "Recorded", "Log odds", "Selected in"],
        [
            [
                one.label,
                one.printed,
                "beneficial" if one.is_beneficial else "adverse",
                _recorded(one),
                f"{one.coefficient:+.3f}",
                f"{one.selected_share:.0%}",
            ]
            for one in bars
        ],
        words=4,
    )


def _recorded(bar: study_content.Bar) -> str:
    when = "at or after the outcome" if bar.is_late else "before"
    return f"{when}; means missing" if bar.is_missing else when


def _write_study(
    folder: Path, rows: StudyRows, said_of_all: Row, failed: Mapping[str, str]
) -> list[Path]:
    """The page of the study: its models, the flow, the outcomes."""
    simulated = said_of_all["is_simulated"]
    steps = study_content.flow(rows)
    response = study_content.outcomes_by_response(rows)
    people = study_content.outcomes_by_age_and_sex(rows)
    drawn = {
        "flow": Drawn(
            "flow",
            "Flow of violent crimes",
            study_plots.draw_flow(
                "Violent crimes left after each step", steps, is_simulated=simulated
            ),
            study_plots.flow_text(steps),
        ),
        "response": Drawn(
            "outcomes_by_response",
            "Outcomes by response code",
            study_plots.draw_outcomes(
                "Outcome by response code", response, is_simulated=simulated
            ),
            study_plots.outcomes_text(response),
        ),
        "people": Drawn(
            "outcomes_by_age_and_sex",
            "Outcomes by age and sex of the victim",
            study_plots.draw_outcomes(
                "Outcome by age and sex of the victim", people, is_simulated=simulated
            ),
            study_plots.outcomes_text(people),
        ),
    }
    folder.mkdir(parents=True, exist_ok=True)
    files = _write_drawings(folder, drawn)
    content = {
        **said_of_all,
        "title": TITLE,
        "models": _models(rows),
        "links": [
            name for row in rows.models if (name := row.model["model"]) not in failed
        ],
        "failed": [
            f"The card of model {model} could not be written: {why}."
            for model, why in failed.items()
        ],
        "parts": [
            _part(
                "Which crimes",
                [" ".join(study_words.flow_sentences(steps, rows.rules.base))],
                drawn["flow"],
                _flow(steps),
            ),
            *(
                _part(
                    heading,
                    study_words.outcome_sentences(
                        found, OUTCOMES[:2], by_what, rows.rules.base
                    ),
                    drawn[name],
                    _outcomes(found, heading),
                )
                for name, found, heading, by_what in (
                    ("response", response, "Outcome by response code", "response code"),
                    (
                        "people",
                        people,
                        "Outcome by age and sex of the victim",
                        "age and sex of the victim",
                    ),
                )
            ),
        ],
    }
    render(STUDY, folder / INDEX_PAGE, content)
    return [*files, folder / INDEX_PAGE]


def _models(rows: StudyRows) -> Table:
    return Table(
        "AUC on crimes the model did not see; the last column without what is recorded "
        "at or after the outcome. 0.5 is chance.",
        ["Model", "Description", "Crimes", "Columns", "AUC", "H", "In time"],
        [
            [
                one.model["model"],
                one.model["description"]
                + ("" if one.is_shown else f" (not shown: {one.model['note']})"),
                count_in_words(one.model["training_crimes"]),
                "-" if not one.is_shown else f"{one.model['columns_selected']:,}",
                _three(one.model["auc"]),
                _three(one.model["h"]),
                _three(study_words.late_area(one)),
            ]
            for one in rows.models
        ],
        words=2,
    )


def _flow(steps: Sequence[Step]) -> Table:
    return Table(
        "Lost: share of the crimes that came to the step.",
        ["Step", "Removed", "Lost", "Left"],
        [
            [
                one.label,
                "-" if place == 0 else count_in_words(one.removed),
                "-" if one.share_lost is None else f"{one.share_lost:.1%}",
                count_in_words(one.left),
            ]
            for place, one in enumerate(steps)
        ],
    )


def _outcomes(categories: Sequence[Category], name: str) -> Table:
    return Table(
        f"{name}: crimes, and their share of the row (of at least 100 crimes; of "
        "rounded counts).",
        ["Category", "Crimes", *(_capital(one) for one in OUTCOMES)],
        [
            [
                one.label,
                count_in_words(one.crimes),
                *(_count_and_share(one, outcome) for outcome in OUTCOMES),
            ]
            for one in categories
        ],
    )


def _count_and_share(category: Category, outcome: str) -> str:
    count, share = category.counts[outcome], category.shares[outcome]
    if share is None:
        return count_in_words(count)
    return f"{count_in_words(count)} ({share:.0%})"


def _write_drawings(folder: Path, drawn: dict[str, Drawn]) -> list[Path]:
    return [
        path
        for one in drawn.values()
        for path in write_figure(one.figure, folder / one.stem, one.name, one.text)
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _three(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
