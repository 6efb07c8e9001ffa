"""Small sets of violent crimes counted as the study's tables count them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from linkage.disclosure.cells import Place
from linkage.disclosure.export import Counted, count_group
from linkage.disclosure.settings import read_disclosure_settings

OUTCOMES = ("success", "evidential difficulties (victim)", "other negative result")
CATEGORIES = {"all": ("all",), "response_code": ("P1", "P9"), "victim_sex": ("F", "M")}
# Trained on, or tested on and flagged at neither threshold, the lower one, or both.
PARTS = ("training", "neither", "lower", "both")
KINDS = list(product(OUTCOMES, *list(CATEGORIES.values())[1:], PARTS))
LOST = len(KINDS)
# One more of crimes that the flow removes.
SIZE = LOST + 1
FLAGGED = {"V1 0.2": ("lower", "both"), "V1 0.5": ("both",)}
OF_MODEL = ("training_crimes", "training_events", "test_crimes", "test_events")
OF_CONFUSION = (
    "true_positives",
    "false_positives",
    "false_negatives",
    "true_negatives",
)


def members(place: Sequence[str]) -> list[int]:
    """Which kinds a count is of; the test's own reading of the tables.

    Beside the cells of the tables: other outcomes of a category (`not`), crimes of a
    model's part without its outcome (`others`), and who is flagged at the lower
    threshold alone (`between`).
    """
    dimension, category, outcome, measure = place
    if dimension == "flow":
        return {
            ("0", "crimes_removed"): [],
            ("0", "crimes_left"): [*range(SIZE)],
            ("1", "crimes_removed"): [LOST],
            ("1", "crimes_left"): [*range(LOST)],
        }[category, measure]
    found = []
    for number, (group, code, sex, part) in enumerate(KINDS):
        if dimension in CATEGORIES:
            is_in = category in ("all", code, sex)
            wanted = {"any": True, "not": group != measure}
            is_counted = is_in and wanted.get(outcome, group == outcome)
        elif dimension == "model":
            of_part, what = measure.split("_")
            is_in = (part == "training") == (of_part == "training")
            is_event = group == OUTCOMES[0]
            is_counted = (
                is_in
                and {
                    "crimes": True,
                    "events": is_event,
                    "others": not is_event,
                }[what]
            )
        else:
            is_counted = _is_judged(group == OUTCOMES[0], part, category, measure)
        if is_counted:
            found.append(number)
    return found


def _is_judged(is_event: bool, part: str, category: str, measure: str) -> bool:
    """At the threshold of the category; `between`: at the lower one alone."""
    if measure.startswith("between"):
        return part == "lower" and is_event == (measure == "between_events")
    is_right, is_flagged = measure.split("_")
    return (
        part != "training"
        and (part in FLAGGED[category]) == (is_flagged == "positives")
        and is_event == ((is_right == "true") == (is_flagged == "positives"))
    )


def count(counts: Sequence[int], *place: str) -> int:
    return sum(counts[one] for one in members(place))


def secrets(counts: Sequence[int]) -> list[tuple[str, ...]]:
    """Counts that are small: those of the tables, and what they leave between them."""
    there, _ = there_and_not(counts)
    with_zero = [
        (dimension, category, outcome, measure)
        for dimension, category, _, _ in there
        if dimension in CATEGORIES
        for group in OUTCOMES
        for outcome, measure in ((group, "crimes"), ("not", group))
    ]
    with_zero += [
        ("model", "V1", "V1", f"{part}_{what}")
        for part in ("training", "test")
        for what in ("events", "others")
    ]
    without_zero = [
        *(
            ("threshold", name, "V1", measure)
            for name in FLAGGED
            for measure in OF_CONFUSION
        ),
        *(
            ("threshold", "V1 0.2", "V1", f"between_{what}")
            for what in ("events", "others")
        ),
        *(("flow", "1", "any", "crimes_removed"), *there),
        *(("model", "V1", "V1", f"{part}_crimes") for part in ("training", "test")),
    ]
    return [one for one in with_zero if count(counts, *one) < 10] + [
        one for one in without_zero if 0 < count(counts, *one) < 10
    ]


def there_and_not(counts: Sequence[int]) -> tuple[list[Place], dict[Place, int]]:
    """Counts whose rows are there, and those that are nothing as theirs are not."""
    places: list[Place] = [
        (dimension, category, "any", "crimes")
        for dimension, categories in CATEGORIES.items()
        for category in categories
    ]
    there = [place for place in places if count(counts, *place)]
    nothing = {place: 0 for place in places if place not in there}
    return [*there, ("flow", "0", "any", "crimes_left")], nothing


def tables_of(counts: Sequence[int]) -> dict[str, pd.DataFrame]:
    """The study's tables of these numbers of crimes, one for each kind."""
    there, _ = there_and_not(counts)
    return {
        "marts.violent_crime_flow": pd.DataFrame(
            [
                {
                    "step_no": step_no,
                    "step": f"step {step_no}",
                    **{
                        measure: count(counts, "flow", str(step_no), "any", measure)
                        for measure in ("crimes_removed", "crimes_left")
                    },
                }
                for step_no in (0, 1)
            ]
        ),
        "marts.violent_crime_outcomes": pd.DataFrame(
            [
                {
                    "dimension": dimension,
                    "category": category,
                    "outcome_group": group,
                    "crimes": count(counts, dimension, category, group, "crimes"),
                    "category_crimes": count(
                        counts, dimension, category, "any", "crimes"
                    ),
                }
                for dimension, category, _, _ in there
                if dimension in CATEGORIES
                for group in OUTCOMES
            ]
        ),
        "drivers.penalised_models": pd.DataFrame(
            [
                {
                    "model": "V1",
                    "dependent": "is_success",
                    **{
                        one: count(counts, "model", "V1", "V1", one) for one in OF_MODEL
                    },
                }
            ]
        ),
        "drivers.penalised_thresholds": pd.DataFrame(
            [
                {
                    "model": "V1",
                    "chosen": name.removeprefix("V1 "),
                    "threshold": float(name.removeprefix("V1 ")),
                    **{
                        one: count(counts, "threshold", name, "V1", one)
                        for one in OF_CONFUSION
                    },
                }
                for name in FLAGGED
            ]
        ),
        "drivers.penalised_leakage": pd.DataFrame(
            [{"model": "V1", "left_out": "victim"}]
        ),
    }


def counted(counts: Sequence[int]) -> Counted:
    """The cells of the tables, as an export of them counts."""
    rules = read_disclosure_settings()
    with duckdb.connect() as connection:
        connection.execute("create schema marts; create schema drivers").fetchall()
        # Ages and sexes together are attacked where pages show them.
        connection.execute(
            "create table marts.violent_crimes "
            "(victim_age_band varchar, victim_sex varchar)"
        ).fetchall()
        for name, frame in tables_of(counts).items():
            connection.register("given", frame)
            connection.execute(f"create table {name} as from given").fetchall()
            spec = rules.tables[name]
            for column in {*spec.also, *spec.estimates} - {*frame.columns}:
                connection.execute(
                    f"alter table {name} add column {column} varchar"
                ).fetchall()
        return count_group(connection, "violent_crimes", rules)


def mask_of(place: Sequence[str]) -> Any:
    """1 for the kinds that a count is of."""
    mask = np.zeros(SIZE)
    mask[members(place)] = 1
    return mask
