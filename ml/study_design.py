"""The columns of a penalised model, named as its study prints them.

One column per level and none left out as reference, three terms per spline, products of
levels for an interaction (violent-crime study, section 5 and appendix 7.4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from linkage.base.errors import LinkageError
from ml.model_cases import Vector
from ml.splines import Spline, learn_spline

LEVELS, NUMBER, SPLINE, INTERACTION = "levels", "number", "spline", "interaction"
MISSING = "NA"


@dataclass(frozen=True)
class Term:
    """A row of `drivers.violent_crime_predictors`: which columns of the mart, and how.

    `recorded` states whether it is known before, at or after the outcome;
    `recorded_group` with what else it is recorded.
    """

    columns: tuple[str, ...]
    kind: str
    printed: str
    recorded: str
    recorded_group: str


@dataclass(frozen=True)
class Column:
    """A column of the design, the term it is of, and which part of it.

    `level` is that of each of the term's variables; of a number it is empty, of its
    splines the number of the term, and where the number is missing NA.
    """

    name: str
    term: Term
    is_missing_level: bool = False
    level: str = ""

    @property
    def is_yes_no(self) -> bool:
        """Is the column 1 for some crimes and 0 for the others?"""
        return self.term.kind in (LEVELS, INTERACTION) or self.level == MISSING


@dataclass
class StudyDesign:
    """Makes the matrix of any part as the training part had it.

    Levels, medians and boundaries of splines are learnt from the training part: a level
    it does not have has no column.
    """

    terms: Sequence[Term]
    names: Mapping[tuple[str, str], tuple[str, bool]]
    columns: list[Column] = field(default_factory=list)
    _levels: dict[str, list[str]] = field(default_factory=dict)
    _medians: dict[str, float] = field(default_factory=dict)
    _splines: dict[str, Spline] = field(default_factory=dict)

    def learn(self, training: pd.DataFrame) -> Vector:
        """Matrix (m, p) of the training part; `columns` describes each column."""
        for term in self.terms:
            for column in term.columns:
                if column not in training:
                    raise LinkageError(f"marts.violent_crimes has no column {column}")
                values = training[column]
                if term.kind in (LEVELS, INTERACTION):
                    self._levels[column] = sorted(_as_levels(values).unique())
                    continue
                known = values.dropna().astype(float)
                self._medians[column] = float(known.median()) if len(known) else 0.0
                # A count that does not vary has nothing to bend, and no column.
                if term.kind == SPLINE and known.nunique() > 1:
                    self._splines[column] = learn_spline(known)
        self.columns = []
        return self._make(training, self.columns)

    @property
    def splines(self) -> Mapping[str, Spline]:
        """The spline of each column of the mart that has one."""
        return self._splines

    def matrix(self, crimes: pd.DataFrame) -> Vector:
        """Matrix (m, p) of other crimes, its columns those learnt."""
        return self._make(crimes, [])

    def _make(self, crimes: pd.DataFrame, columns: list[Column]) -> Vector:
        found: list[npt.NDArray[np.float64]] = []
        for term in self.terms:
            if term.kind in (LEVELS, INTERACTION):
                parts = self._products(crimes, term)
            else:
                parts = self._numbers(crimes, term)
            for column, values in parts:
                columns.append(column)
                found.append(values)
        return np.column_stack(found)

    def _products(
        self, crimes: pd.DataFrame, term: Term
    ) -> list[tuple[Column, Vector]]:
        """Of each level, or of each level of one variable with each of the other."""
        products = [(Column("", term), np.ones(len(crimes)))]
        for variable, printed in zip(
            term.columns, term.printed.split(":"), strict=True
        ):
            values = _as_levels(crimes[variable])
            grown = []
            for before, one in products:
                for level in self._levels[variable]:
                    name, is_missing = self.names.get(
                        (variable, level), (printed + level, False)
                    )
                    column = Column(
                        f"{before.name}:{name}" if before.name else name,
                        term,
                        before.is_missing_level or is_missing,
                        f"{before.level}:{level}" if before.level else level,
                    )
                    grown.append((column, one * (values == level).to_numpy(float)))
            products = grown
        return products

    def _numbers(self, crimes: pd.DataFrame, term: Term) -> list[tuple[Column, Vector]]:
        """The number or its spline terms; a column more where it is ever missing."""
        (variable,) = term.columns
        printed = term.printed.split(" ")[0]
        values = crimes[variable].astype(float)
        filled = values.fillna(self._medians[variable]).to_numpy()
        parts: list[tuple[Column, Vector]] = []
        if variable in self._splines:
            terms: Vector = self._splines[variable].terms(filled)
            parts = [
                (
                    Column(f"{printed}_spline{number}", term, level=f"spline {number}"),
                    terms[:, number - 1],
                )
                for number in range(1, terms.shape[1] + 1)
            ]
        elif term.kind != SPLINE:
            parts = [(Column(printed, term), np.asarray(filled, dtype=np.float64))]
        missing = Column(printed + MISSING, term, is_missing_level=True, level=MISSING)
        return [*parts, (missing, values.isna().to_numpy().astype(np.float64))]


def _as_levels(values: pd.Series) -> pd.Series:
    """Levels as text, yes and no as the lookup has them."""
    if values.dtype == bool:
        return values.map({True: "true", False: "false"})
    return values.astype(str)
