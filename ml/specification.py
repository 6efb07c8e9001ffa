"""Which models there are: rows of the warehouse's seeds, not code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from linkage.errors import LinkageError


@dataclass(frozen=True)
class Predictor:
    """One 0/1 column of the design and the category it compares with."""

    design_column: str
    variable: str
    category: str
    reference_category: str


@dataclass(frozen=True)
class ModelSpecification:
    """A binary logistic regression on columns of `drivers.design`."""

    model: str
    description: str
    crime_area: str
    filters: str
    dependent: str
    has_site_effects: bool
    predictors: tuple[Predictor, ...]


def read_specifications(
    connection: duckdb.DuckDBPyConnection, models: Sequence[str] = ()
) -> list[ModelSpecification]:
    """Read the models listed for the warehouse's source, or those asked for.

    Raises LinkageError for a model the list does not hold.
    """
    listed = connection.execute(
        "select model, description, crime_area, filters, dependent, predictor_set, "
        "has_site_effects from drivers.driver_models where source_system in "
        "(select distinct source_system from quality.deliveries) order by model"
    ).fetchall()
    known = [row[0] for row in listed]
    for model in models:
        if model not in known:
            raise LinkageError(
                f"--model {model}: no such model for this warehouse; it lists "
                f"{', '.join(known)}"
            )
    return [
        ModelSpecification(
            model=model,
            description=description,
            crime_area=crime_area,
            filters=filters,
            dependent=dependent,
            has_site_effects=has_site_effects,
            predictors=_read_predictors(connection, predictor_set),
        )
        for (
            model,
            description,
            crime_area,
            filters,
            dependent,
            predictor_set,
            has_site_effects,
        ) in listed
        if not models or model in models
    ]


def _read_predictors(
    connection: duckdb.DuckDBPyConnection, predictor_set: str
) -> tuple[Predictor, ...]:
    rows = connection.execute(
        "select design_column, variable, category, reference_category "
        "from drivers.design_columns "
        "inner join drivers.driver_predictors using (variable) "
        "where predictor_set = ? and category != reference_category "
        "order by variable, design_column",
        [predictor_set],
    ).fetchall()
    return tuple(Predictor(*row) for row in rows)
