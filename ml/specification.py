"""The list of models: rows of the warehouse's seeds, not code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from linkage.base.errors import LinkageError
from linkage.base.seeds import seed_rows

ALL_CASES = "all cases"
FILTER = re.compile(r"(?P<no>not )?(?P<column>[a-z0-9_]+)")


@dataclass(frozen=True)
class Predictor:
    """One 0/1 column of the design and the category it compares with."""

    design_column: str
    variable: str
    category: str
    reference_category: str
    variable_group: str = ""
    label: str = ""

    @property
    def is_yes_no(self) -> bool:
        """A yes/no mark, rather than one of several categories."""
        return self.category == "Yes" and self.reference_category == "No"


@dataclass(frozen=True)
class ModelSpecification:
    """A binary logistic regression on columns of `drivers.design`."""

    model: str
    family: str
    description: str
    crime_area: str
    filters: str
    dependent: str
    has_site_effects: bool
    predictors: tuple[Predictor, ...]
    period: str = "true"

    @property
    def condition(self) -> str:
        """The cases it is fitted on, in its period, as SQL on `drivers.design`.

        A case whose dependent variable is unknown is none of them.
        """
        parts = [f"{self.dependent} is not null", self.period]
        if self.filters != ALL_CASES:
            for part in self.filters.split(" and "):
                found = FILTER.fullmatch(part)
                assert found is not None
                parts.append(f"{found['column']} = {0 if found['no'] else 1}")
        return " and ".join(parts)

    @property
    def variables(self) -> tuple[str, ...]:
        """Its variables, in order."""
        return tuple(dict.fromkeys(one.variable for one in self.predictors))


def read_specifications(
    connection: duckdb.DuckDBPyConnection, models: Sequence[str] = ()
) -> list[ModelSpecification]:
    """Read the models listed for the warehouse's source, or those requested.

    Raises LinkageError for a model that is not in the list, and for a row of the list
    that names a column missing from the design.
    """
    listed = connection.execute(
        "select model, family, description, crime_area, filters, dependent, "
        "predictor_sets, has_site_effects from drivers.driver_models "
        "where source_system in "
        "(select distinct source_system from quality.deliveries)"
    ).fetchall()
    listed.sort(key=lambda row: model_order(row[0]))
    known = [row[0] for row in listed]
    for model in models:
        if model not in known:
            raise LinkageError(
                f"--model {model}: no such model for this warehouse; it lists "
                f"{', '.join(known)}"
            )
    design = Design(
        [row[0] for row in connection.execute("describe drivers.design").fetchall()],
        connection.execute(
            "select design_column, variable, category, variable_group, label "
            "from drivers.design_columns order by design_column"
        ).fetchall(),
        connection.execute(
            "select predictor_set, variable, reference_category "
            "from drivers.driver_predictors"
        ).fetchall(),
        connection.execute(
            "select model, change, variable, coalesce(reference_category, '') "
            "from drivers.driver_model_changes"
        ).fetchall(),
    )
    return [
        design.specification(*row) for row in listed if not models or row[0] in models
    ]


def listed_families() -> dict[str, list[str]]:
    """The models of each family, as the seed lists them, for every source."""
    families: dict[str, list[str]] = {}
    for row in seed_rows("driver_models"):
        families.setdefault(row["family"], []).append(row["model"])
    return families


def model_order(model: str) -> tuple[str, int, int]:
    """0, 00, 000, 1, 2, 10; a letter before the number is sorted separately."""
    letters = model.rstrip("0123456789")
    number = model[len(letters) :] or "0"
    return letters, int(number), len(number)


class SeedError(LinkageError):
    """A row of a seed with an unknown name; `named` are values of the row."""

    def __init__(
        self, seed: str, model: str, what: str, named: Mapping[str, str] | None = None
    ) -> None:
        """Name the seed, the model and the fault."""
        super().__init__(f"seeds/{seed}.csv, model {model}: {what}")
        self.seed, self.model, self.what = seed, model, what
        self.named = named or {"model": model}


class Design:
    """The names the seeds may use, and their predictors."""

    def __init__(
        self,
        columns: Iterable[str],
        categories: Iterable[Sequence[str]],
        predictors: Iterable[Sequence[str]],
        changes: Iterable[Sequence[str]],
    ) -> None:
        """Columns of `drivers.design`; rows of `design_columns` and of two seeds.

        A row is column, variable, category, group and label; set, variable and
        reference; model, change, variable and reference.
        """
        self._columns = set(columns)
        self._categories: dict[str, list[Predictor]] = {}
        for column, variable, category, group, label in categories:
            self._categories.setdefault(variable, []).append(
                Predictor(column, variable, category, "", group, label)
            )
        self._sets: dict[str, dict[str, str]] = {}
        for name, variable, reference in predictors:
            self._sets.setdefault(name, {})[variable] = reference
        self._changes: dict[str, list[tuple[str, str, str]]] = {}
        for model, change, variable, reference in changes:
            self._changes.setdefault(model, []).append((change, variable, reference))

    def specification(
        self,
        model: str,
        family: str,
        description: str,
        crime_area: str,
        filters: str,
        dependent: str,
        predictor_sets: str,
        has_site_effects: bool,
    ) -> ModelSpecification:
        """A row of `driver_models`; LinkageError for an unknown name."""
        return ModelSpecification(
            model=model,
            family=family,
            description=description,
            crime_area=crime_area,
            filters=self._checked_filters(model, filters),
            dependent=self._checked_column(model, "dependent", dependent),
            has_site_effects=has_site_effects,
            predictors=self._predictors(model, predictor_sets),
        )

    def _checked_column(self, model: str, field: str, column: str) -> str:
        if column not in self._columns:
            raise SeedError(
                "driver_models",
                model,
                f"{field} names {column!r}, which is no column of drivers.design",
            )
        return column

    def _checked_filters(self, model: str, filters: str) -> str:
        if filters == ALL_CASES:
            return filters
        for part in filters.split(" and "):
            found = FILTER.fullmatch(part)
            if not found:
                raise SeedError(
                    "driver_models",
                    model,
                    f"filters has {part!r}; write a column, or not and a column",
                )
            self._checked_column(model, "filters", found["column"])
        return filters

    def _predictors(self, model: str, predictor_sets: str) -> tuple[Predictor, ...]:
        references: dict[str, str] = {}
        for name in predictor_sets.split(" + "):
            if name not in self._sets:
                raise SeedError(
                    "driver_models",
                    model,
                    f"predictor_sets names {name!r}, which driver_predictors lacks",
                )
            references |= self._sets[name]
        changed = {variable for _, variable, _ in self._changes.get(model, [])}
        for change, variable, reference in self._changes.get(model, []):
            if (variable in references) == (change == "add"):
                raise SeedError(
                    "driver_model_changes",
                    model,
                    f"{change} {variable}: it is "
                    + ("a predictor already" if change == "add" else "no predictor"),
                    {"model": model, "variable": variable},
                )
            if change == "leave out":
                del references[variable]
            else:
                references[variable] = reference
        return tuple(
            predictor
            for variable, reference in sorted(references.items(), key=self._order)
            for predictor in self._compared(model, variable, reference, changed)
        )

    def _order(self, item: tuple[str, str]) -> tuple[int, str]:
        groups = ["offence", "victim", "suspect"]
        categories = self._categories.get(item[0])
        group = categories[0].variable_group if categories else "offence"
        return groups.index(group), item[0]

    def _compared(
        self, model: str, variable: str, reference: str, changed: set[str]
    ) -> list[Predictor]:
        categories = self._categories.get(variable, [])
        names = [one.category for one in categories]
        allowed = ["No"] if names == ["Yes"] else names
        if reference not in allowed:
            is_change = variable in changed
            raise SeedError(
                "driver_model_changes" if is_change else "driver_predictors",
                model,
                f"{variable} against {reference!r}: drivers.design has "
                + (", ".join(allowed) if allowed else "no such variable"),
                {"variable": variable, "model": model}
                if is_change
                else {"variable": variable, "reference_category": reference},
            )
        return [
            replace(one, reference_category=reference)
            for one in categories
            if one.category != reference
        ]
