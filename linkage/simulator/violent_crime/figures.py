"""The study's printed figures and our assumptions, as numbers.

Source: wmp-violent-crime-victims, `data/published/wmp_*.csv`; our own figures are rows
of `assumptions/*.csv`, each with its source.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from linkage.simulator.files import published, read_rows

ASSUMPTIONS = Path(__file__).resolve().parent / "assumptions"
SUCCESS, EV_DIFF = "success", "vic_ev_diff"
_COEFFICIENTS = {
    SUCCESS: "wmp_success_coefficients",
    EV_DIFF: "wmp_ev_diff_coefficients",
}
INTERCEPT = "(Intercept)"


def assumption(name: str) -> tuple[dict[str, str], ...]:
    """Rows of `assumptions/<name>.csv`."""
    return read_rows(ASSUMPTIONS / f"{name}.csv")


@cache
def parameter(name: str) -> float:
    """Value of one row of `assumptions/parameters.csv`."""
    return float(_one(assumption("parameters"), "name", name)["value"])


@cache
def fact(fact_id: str) -> float:
    """Value of one row of `wmp_facts.csv`."""
    return float(_one(published("wmp_facts"), "fact_id", fact_id)["value"])


@cache
def missing_share(variable: str) -> float:
    """Share (0-1) of a field that is missing."""
    return float(_one(assumption("missing"), "variable", variable)["share"])


@cache
def shares(variable: str, population: str = "") -> dict[str, float]:
    """Categories and shares of a variable in a population; ours unless stated."""
    found = {
        row["category"]: float(row["share"])
        for row in assumption("shares")
        if (row["variable"], row["population"]) == (variable, population)
    }
    if not found:
        raise KeyError((variable, population))
    return found


@cache
def ethnicity_counts() -> dict[str, float]:
    """Victims of the training set by self-defined ethnicity (section 7.2)."""
    return {row["code"]: float(row["count"]) for row in published("wmp_ethnicity")}


@cache
def coefficients(model: str) -> dict[str, float]:
    """Printed coefficients of a model by term, the intercept among them (7.4)."""
    return {
        row["variable"]: float(row["coefficient"])
        for row in published(_COEFFICIENTS[model])
    }


def _one(rows: tuple[dict[str, str], ...], column: str, value: str) -> dict[str, str]:
    for row in rows:
        if row[column] == value:
            return row
    raise KeyError(value)
