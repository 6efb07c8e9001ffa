"""Driver models as a page may show them: their counts suppressed and rounded.

Pages are drawn from these rows alone, so they can reveal nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from linkage.disclosure.differences import too_near
from linkage.disclosure.export import count_group
from linkage.disclosure.rounding import round_counts
from linkage.disclosure.settings import DisclosureSettings, read_disclosure_settings

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]
# Measures of a model: useless where its counts are small, and could reveal them.
MEASURES = (
    "nagelkerke_r2",
    "pct_correct_overall",
    "auc",
    "auc_low",
    "auc_high",
)
FEW = "too few cases with, or without, the outcome"


@dataclass(frozen=True)
class PageRows:
    """Rows of `drivers.models` and, by model, of `drivers.odds_ratios`.

    Counts are rounded, and null where they are confidential. `withheld`: how many of a
    model's categories have counts that are small, and are not in `terms`.
    """

    models: list[Row]
    terms: Mapping[str, list[Row]]
    withheld: Mapping[str, int]
    rules: DisclosureSettings


def page_rows(
    connection: duckdb.DuckDBPyConnection, rules: DisclosureSettings | None = None
) -> PageRows:
    """Data of the published driver models for pages."""
    rules = rules or read_disclosure_settings()
    models = rows_of(connection, "select * from drivers.models")
    terms = rows_of(
        connection,
        "select * from drivers.odds_ratios "
        "where model in (select model from drivers.models) order by design_column",
    )
    counted = count_group(connection, "models", rules)
    counts = counted.protect()
    safe = counted.safe(counts).counts
    true = {row["model"]: row["sample_size"] for row in models}
    seen = counts["value"][(counts["why"] == "") & ~counted.cells.is_implied]
    allowed = _safe_categories(connection, rules)
    shown = [one for one in terms if (one["model"], one["design_column"]) in allowed]
    _round_categories(shown, true, list(seen), rules)
    for row in models:
        cases, events = row["sample_size"], row["events"]
        if min(events, cases - events) < rules.threshold:
            row.update(dict.fromkeys(MEASURES))
            if row["method"] is None:
                row["note"] = FEW
        for measure in ("sample_size", "events"):
            row[measure] = safe.get((row["model"], measure))
    return PageRows(
        models,
        {model: [one for one in shown if one["model"] == model] for model in true},
        {
            model: sum(one["model"] == model for one in terms)
            - sum(one["model"] == model for one in shown)
            for model in true
        },
        rules,
    )


def rows_of(
    connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[str] = ()
) -> list[Row]:
    """A query's rows by the names of their columns."""
    found = connection.execute(query, list(values))
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _safe_categories(
    connection: duckdb.DuckDBPyConnection, rules: DisclosureSettings
) -> set[tuple[str, str]]:
    """Categories, by model and column, that have no small count, or none at all."""
    counted = count_group(connection, "estimates", rules)
    safe = counted.safe(counted.protect()).counts
    (places,) = counted.places.values()
    return {
        (cases[0], cases[1])
        for cases, events in places
        if cases not in safe or None not in (safe[cases], safe[events])
    }


def _round_categories(
    terms: Sequence[Row],
    sizes: Mapping[str, int],
    seen: Sequence[int],
    rules: DisclosureSettings,
) -> None:
    """Round the categories' cases, and leave out those that give a small count back.

    That is the cases of the model outside the category, and the difference of two
    counts that pages show.
    """
    counted = [one for one in terms if one["cases"] is not None]
    cases = np.array([one["cases"] for one in counted], dtype=np.int64)
    rest = np.array([sizes[one["model"]] for one in counted], dtype=np.int64) - cases
    near = too_near([*seen, *cases], threshold=rules.threshold, base=rules.base)
    is_hidden = ((rest > 0) & (rest < rules.threshold)) | near[len(seen) :]
    rounded = round_counts(cases, rules.base)
    for row, count, hidden in zip(counted, rounded, is_hidden, strict=True):
        row["cases"] = None if hidden else int(count)
        row["events"] = None
