"""The crime references to forget: equal to a key, or named somewhere in a text."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import duckdb

from linkage.base.errors import LinkageError
from linkage.base.quoting import quoted

KEY = "crime_ref"
# Every space there is: wider than the loader's trim, which leaves tabs and line breaks.
SPACES = "".join(chr(code) for code in range(0x10000) if chr(code).isspace())
# Up to so many references a text is searched for each of them.
FEW = 20
# A shorter one occurs by chance in the bytes of any large binary file.
TELLING_BYTES = 6


@dataclass(frozen=True)
class References:
    """Trimmed crime references; compared as the loader does, case and all."""

    values: frozenset[str]
    # For rows without crime reference: by column, values named by the reports alone.
    linked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # Digits alone may be any number in a text: they are searched as keys only.
    in_text: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Set the references to search for in texts."""
        telling = {v for v in self.values if len(v) > 2 and not v.isdecimal()}
        telling |= {v for v in self.values if v.isdecimal() and len(v) > 6}
        object.__setattr__(self, "in_text", frozenset(telling))

    @classmethod
    def of(cls, crime_refs: Iterable[str]) -> References:
        """From text as typed. Raises LinkageError if none is left."""
        values = frozenset(ref.strip() for ref in crime_refs) - {""}
        if not values:
            raise LinkageError("forget: no crime report is named")
        return cls(values)

    @property
    def are_few(self) -> bool:
        """Few enough to look for one after the other?"""
        return len(self._keys) <= FEW

    def key_of(self, columns: Iterable[str]) -> str | None:
        """The column, in lower case, with a row's crime report; None without one."""
        names = {column.lower() for column in columns}
        return next((key for key in (KEY, *self.linked) if key in names), None)

    def is_key(self, value: str, key: str = KEY) -> bool:
        """Is a value of that column one of them?"""
        return value.strip() in (self.values if key == KEY else self.linked[key])

    def named_in(self, text: str) -> bool:
        """Does a text name one, not as a part of a longer word or number?"""
        if self.are_few:
            return any(
                ref in text and re.search(rf"(?<!\w){re.escape(ref)}(?!\w)", text)
                for ref in self.in_text
            )
        return any(
            match[1] in self.in_text
            for pattern in self._patterns
            for match in pattern.finditer(text)
        )

    def codes(self, encoding: str) -> tuple[bytes, ...] | None:
        """Few references as the bytes that a CSV must have to hold one; else None.

        A quote is doubled in a CSV, so a reference with one is not searched.
        """
        if not self.are_few or any('"' in ref for ref in self._keys):
            return None
        codes = (ref.encode(encoding, "ignore") for ref in sorted(self._keys))
        return tuple(code for code in codes if code)

    def named_in_bytes(self, data: bytes | mmap.mmap) -> bool:
        """Do the bytes of a binary file hold one that is no chance?"""
        telling = {
            code for ref in self.in_text if len(code := ref.encode()) >= TELLING_BYTES
        }
        if self.are_few:
            return any(
                data.find(code) >= 0
                and re.search(rb"(?<!\w)" + re.escape(code) + rb"(?!\w)", data)
                for code in telling
            )
        return any(
            match[1] in telling
            for pattern in self._patterns
            for match in re.finditer(pattern.pattern.encode(), data)
        )

    @cached_property
    def _keys(self) -> frozenset[str]:
        return self.values.union(*self.linked.values())

    @cached_property
    def shapes(self) -> tuple[str, ...]:
        """Their shapes as regular expressions: a digit for each digit, ..."""
        return tuple(sorted({_shape(ref) for ref in self.in_text}))

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        # The look-ahead lets matches overlap.
        return tuple(
            re.compile(rf"(?<!\w)(?=({shape})(?!\w))") for shape in self.shapes
        )

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make them the table `forgotten` of a connection."""
        connection.execute(
            "create or replace temp table forgotten (key varchar, value varchar)"
        ).fetchall()
        for key, values in {KEY: self.values, **self.linked}.items():
            connection.execute(
                "insert into forgotten select ?, unnest(?)", [key, sorted(values)]
            ).fetchall()


def trimmed(expression: str) -> str:
    """An SQL text without the spaces around it."""
    return f"trim({expression}, {quoted(SPACES)})"


def is_forgotten(expression: str, key: str = KEY) -> str:
    """SQL: is a text of that column one of the table `forgotten`?"""
    return (
        f"coalesce({trimmed(expression)} in "
        f"(select value from temp.forgotten where key = {quoted(key)}), false)"
    )


def _shape(ref: str) -> str:
    def of(run: re.Match[str]) -> str:
        text = run[0]
        if text[0].isdigit():
            return f"[0-9]{{{len(text)}}}"
        if text[0].isalpha():
            return f"[A-Za-z]{{{len(text)}}}"
        return re.escape(text)

    return re.sub(r"[0-9]+|[A-Za-z]+|[^0-9A-Za-z]+", of, ref)
