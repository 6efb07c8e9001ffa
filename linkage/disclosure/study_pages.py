"""The violent-crime study as its pages may show it: counts suppressed and rounded.

Pages are drawn from these rows alone, so they can reveal nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from linkage.disclosure.export import count_group, protected_table
from linkage.disclosure.pages import FEW, rows_of
from linkage.disclosure.settings import DisclosureSettings, read_disclosure_settings

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]
GROUP, ESTIMATES = "violent_crimes", "penalised_estimates"
COUNTS = ("training_crimes", "training_events", "test_crimes", "test_events")
# Published tables of a model in addition to its own row; empty for a model with few
# crimes with, or without, the outcome.
OF_MODELS = {
    "coefficients": "coefficient_rank nulls last, term",
    "curves": "variable, officers",
    "roc": "point_no",
    "thresholds": "threshold",
    "leakage": "auc_lost desc nulls last, left_out",
    "tuning": "mixing, blend, penalty",
}


@dataclass(frozen=True)
class ModelRows:
    """A row of `drivers.penalised_models`, and the rows of its other tables.

    Counts are rounded, and null where they are confidential; a model that may not be
    shown has no rows and a note with the reason. Coefficients have no counts;
    `withheld` is the number of selected ones left out.
    """

    model: Row
    rows: Mapping[str, list[Row]]
    withheld: int

    @property
    def is_shown(self) -> bool:
        """Is the model fitted, and may its measures be shown?"""
        return self.model["note"] is None


@dataclass(frozen=True)
class StudyRows:
    """Rows of `marts.violent_crime_outcomes` and `violent_crime_flow`, and the models.

    A share is null where a count of it is, or where it would be based on few crimes.
    """

    outcomes: list[Row]
    flow: list[Row]
    models: list[ModelRows]
    meanings: Mapping[tuple[str, str], str]
    rules: DisclosureSettings


def study_rows(
    connection: duckdb.DuckDBPyConnection, rules: DisclosureSettings | None = None
) -> StudyRows:
    """Data of the published study for pages."""
    rules = rules or read_disclosure_settings()
    counted = count_group(connection, GROUP, rules)
    safe = counted.safe(counted.protect())
    models = protected_table(counted, "drivers.penalised_models", safe)
    counts = {row["model"]: row for row in rows_of_frame(models)}
    return StudyRows(
        rows_of_frame(protected_table(counted, "marts.violent_crime_outcomes", safe)),
        rows_of_frame(protected_table(counted, "marts.violent_crime_flow", safe)),
        [
            _model(connection, model, counts[model["model"]], rules)
            for model in rows_of(
                connection, "select * from drivers.penalised_models order by model"
            )
        ],
        {
            (row["variable"], row["level"]): row["meaning"]
            for row in rows_of(connection, "select * from drivers.violent_crime_levels")
        },
        rules,
    )


def _model(
    connection: duckdb.DuckDBPyConnection,
    model: Row,
    counts: Row,
    rules: DisclosureSettings,
) -> ModelRows:
    if model["note"] is None and _has_few(model, rules.threshold):
        model = {**dict.fromkeys(model), "note": FEW} | {
            name: model[name] for name in ("model", "dependent", "description")
        }
    model |= {name: counts[name] for name in COUNTS}
    if model["note"] is not None:
        return ModelRows(model, {name: [] for name in OF_MODELS}, 0)
    rows = {
        name: rows_of(
            connection,
            f"select * from drivers.penalised_{name} where model = ? order by {order}",
            [model["model"]],
        )
        for name, order in OF_MODELS.items()
    }
    selected = [row for row in rows["coefficients"] if row["coefficient"]]
    safe = _safe_terms(connection, rules)
    shown = [
        {k: v for k, v in row.items() if k not in COUNTS}
        for row in selected
        if (row["model"], row["term"]) in safe or _is_of_a_record(row, rules)
    ]
    curves = [
        {k: v for k, v in row.items() if k != "crimes_with_as_many"}
        for row in rows["curves"]
        if row["crimes_with_as_many"] >= rules.threshold
    ]
    return ModelRows(
        model,
        {**rows, "coefficients": shown, "curves": curves},
        len(selected) - len(shown),
    )


def _has_few(model: Row, threshold: int) -> bool:
    """Are there few crimes with, or without, the outcome in either part?"""
    return any(
        min(model[f"{part}_events"], model[f"{part}_crimes"] - model[f"{part}_events"])
        < threshold
        for part in ("training", "test")
    )


def _is_of_a_record(row: Row, rules: DisclosureSettings) -> bool:
    """Is it a level for missing values, with enough crimes?

    Nobody outside knows whose record lacks a field: that none of them had the outcome
    reveals nothing about anyone, and the study must show it.
    """
    crimes = row["training_crimes"]
    return bool(row["is_missing_level"]) and crimes >= rules.threshold


def _safe_terms(
    connection: duckdb.DuckDBPyConnection, rules: DisclosureSettings
) -> set[tuple[str, str]]:
    """Columns, by model and term, that have no small count, or none at all."""
    counted = count_group(connection, ESTIMATES, rules)
    safe = counted.safe(counted.protect()).counts
    (places,) = counted.places.values()
    return {
        (row[0][0], row[0][1])
        for row in places
        if row[0] not in safe or None not in {safe[one] for one in row}
    }


def rows_of_frame(frame: pd.DataFrame) -> list[Row]:
    """Rows with None for missing values."""
    # The stubs do not know that None is a value like others.
    found = frame.astype(object).where(frame.notna(), None)  # type: ignore[call-overload]
    return [
        {str(name): one for name, one in row.items()}
        for row in found.to_dict("records")
    ]
