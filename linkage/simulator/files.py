"""Reads the small tables: our assumptions, the lookup seeds, the published figures."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from linkage.base.seeds import seed_rows
from linkage.base.settings import PROJECT

ASSUMPTIONS = Path(__file__).resolve().parent / "assumptions"
PUBLISHED = PROJECT / "data" / "published"


@cache
def read_rows(path: Path) -> tuple[dict[str, str], ...]:
    """Rows of a CSV with a header, as text; raises FileNotFoundError if absent."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return tuple(csv.DictReader(stream))


def assumption(name: str) -> tuple[dict[str, str], ...]:
    """Rows of `simulator/assumptions/<name>.csv`; each row names its source."""
    return read_rows(ASSUMPTIONS / f"{name}.csv")


def lookup(name: str) -> tuple[dict[str, str], ...]:
    """Rows of `seeds/<name>.csv`."""
    return seed_rows(name)


def published(name: str) -> tuple[dict[str, str], ...]:
    """Rows of `data/published/<name>.csv` (figures typed from the reports)."""
    return read_rows(PUBLISHED / f"{name}.csv")
