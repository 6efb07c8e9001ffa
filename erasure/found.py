"""What a search of one file tells."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Found:
    """Rows of the crime reports, and mentions of them that no row can be taken for.

    `references` are those that have a row; `where` says where the first mention is.
    """

    rows: int = 0
    mentions: int = 0
    references: set[str] = field(default_factory=set)
    where: str = ""

    @property
    def is_clean(self) -> bool:
        """Is nothing left?"""
        return not self.rows and not self.mentions
