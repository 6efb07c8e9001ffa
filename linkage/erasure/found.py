"""Result of a search of one file."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Found:
    """Rows of the crime reports, and mentions of them that no row can be taken for.

    `references` are those that have a row; `where` is the place of the first mention;
    `key` is the column by which rows were found.
    """

    rows: int = 0
    mentions: int = 0
    references: set[str] = field(default_factory=set)
    where: str = ""
    key: str | None = None

    @property
    def is_clean(self) -> bool:
        """Is nothing left?"""
        return not self.rows and not self.mentions


@dataclass
class Links:
    """Values named in a column by rows of the crime reports, and by all others."""

    theirs: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)

    def add(self, value: str, *, is_theirs: bool) -> None:
        """Add a value as read; empty values are ignored."""
        if value.strip():
            (self.theirs if is_theirs else self.others).add(value.strip())
