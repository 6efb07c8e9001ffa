"""The rows of a seed, for whoever reads a list that the models read too."""

from __future__ import annotations

import csv
from functools import cache

from linkage.base.settings import PROJECT


@cache
def seed_rows(name: str) -> tuple[dict[str, str], ...]:
    """Rows of `seeds/<name>.csv`, as text; FileNotFoundError if absent."""
    path = PROJECT / "seeds" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))
