"""Published figures of the London study that the simulation must meet."""

from __future__ import annotations

from functools import cache

from linkage.simulator.files import published

# Rates that models 15, 17 and 18 imply by their % correct (README of
# `data/published/`).
LONDON_CASES = 273_298
WITHDRAWALS_WITH_SUSPECT = 95_133
CASES_WITHOUT_SUSPECT = 68_908


@cache
def bcu_rates(area: str) -> dict[str, float]:
    """Withdrawal rate (0-1) by basic command unit; `All BCUs` is left out.

    Source: London study p. Victim withdrawal differs by BCU.
    """
    return {
        row["bcu"]: float(row["withdrawal_rate"])
        for row in published("mopac_withdrawal_by_bcu")
        if row["crime_area"] == area and row["bcu"] != "All BCUs"
    }


@cache
def whole_rate(area: str) -> float:
    """Withdrawal rate of an area over London (0-1).

    All crime is taken to the digits its parts imply: 95,133 withdrawals with a suspect
    (models 19 and 25) and model 15's share of the cases without (printed: 40%).
    """
    if area == "All crime":
        without = implied_prevalence("15") * CASES_WITHOUT_SUSPECT
        return (WITHDRAWALS_WITH_SUSPECT + without) / LONDON_CASES
    for row in published("mopac_withdrawal_by_bcu"):
        if row["crime_area"] == area and row["bcu"] == "All BCUs":
            return float(row["withdrawal_rate"])
    raise KeyError(area)


@cache
def implied_prevalence(model: str) -> float:
    """Share of events that a model's three % correct imply.

    overall = (1 - p) x correct of 0 + p x correct of 1. Source: London study
    p. Regression models.
    """
    for row in published("mopac_driver_models"):
        if row["model"] == model:
            zero, one = float(row["pct_correct_0"]), float(row["pct_correct_1"])
            return (float(row["pct_correct_overall"]) - zero) / (one - zero)
    raise KeyError(model)


@cache
def sample_size(model: str) -> int:
    """Sample size of a driver model."""
    for row in published("mopac_driver_models"):
        if row["model"] == model:
            return int(row["sample_size"])
    raise KeyError(model)


@cache
def fact(fact_id: str) -> float:
    """Value of one row of `mopac_outcome_facts.csv`."""
    for row in published("mopac_outcome_facts"):
        if row["fact_id"] == fact_id:
            return float(row["value"])
    raise KeyError(fact_id)


def victim_group_rates() -> tuple[tuple[str, str, str, float], ...]:
    """Dimension, category, area and rate of every printed rate by victim group."""
    return tuple(
        (
            row["dimension"],
            row["category"],
            row["crime_area"],
            float(row["withdrawal_rate"]),
        )
        for row in published("mopac_withdrawal_by_victim_group")
        if row["withdrawal_rate"] and row["dimension"] != "total"
    )
