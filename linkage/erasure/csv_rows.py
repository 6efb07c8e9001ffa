"""Rows of a CSV, byte for byte: read as the loader reads, written unchanged."""

from __future__ import annotations

import codecs
import contextlib
import csv
import gzip
import mmap
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from linkage.base.errors import UnreadableInputError
from linkage.erasure.found import Found, Links
from linkage.erasure.references import KEY, References
from linkage.extracts.csv_files import CHUNK, open_bytes


@dataclass(frozen=True)
class Record:
    """A row or the header: its bytes, line break included, and its values."""

    data: bytes
    values: list[str]

    def may_name(self, codes: Sequence[bytes] | None) -> bool:
        """Quick: False only where its bytes hold none of the references."""
        return codes is None or any(code in self.data for code in codes)


@dataclass(frozen=True)
class Key:
    """The column with a row's crime report, and its place."""

    name: str
    at: int


def look(path: Path, references: References) -> Found:
    """Number of rows of the crime reports, and whether other rows name them.

    Raises UnreadableInputError where rows can't be separated.
    """
    encoding = _encoding(path)
    if not _may_hold(path, references, encoding):
        return Found()
    found = Found()
    codes = references.codes(encoding)
    for record, key, is_theirs in _judged(path, references, encoding):
        if is_theirs and key:
            found.rows += 1
            found.key = key.name
            if key.name == KEY:
                found.references |= {
                    v.strip() for v in record.values if references.is_key(v)
                }
        elif record.may_name(codes) and references.named_in(_text(record, key)):
            found.mentions += 1
    return found


def links(
    path: Path, references: References, columns: Iterable[str]
) -> dict[str, Links]:
    """By column, the values named by rows of the crime reports and by other rows.

    Empty where the file has no crime references, and for columns it does not have.
    """
    found: dict[str, Links] = {}
    judged = _judged(path, references, _encoding(path))
    header = next(judged, None)
    if header is None:
        return found
    names = _names(header[0])
    places = {one: names.index(one) for one in columns if one in names}
    if KEY not in names or not places:
        return found
    for record, _, is_theirs in judged:
        if len(record.values) == len(names):
            for column, at in places.items():
                value = record.values[at]
                found.setdefault(column, Links()).add(value, is_theirs=is_theirs)
    return found


def write_without(path: Path, new: Path, references: References) -> int:
    """Write the file without the rows of the crime reports; returns how many."""
    encoding = _encoding(path)
    removed = 0
    with _create(path, new) as target:
        for record, _, is_theirs in _judged(path, references, encoding):
            if is_theirs:
                removed += 1
            else:
                target.write(record.data)
    return removed


def keeps_rows(path: Path, references: References) -> bool:
    """Would the file hold anything but its header without the crime reports?"""
    judged = _judged(path, references, _encoding(path))
    next(judged, None)
    return any(record.values and not is_theirs for record, _, is_theirs in judged)


def _judged(
    path: Path, references: References, encoding: str
) -> Iterator[tuple[Record, Key | None, bool]]:
    """Each record, its identifier, and whether it belongs to the crime reports."""
    with open_bytes(path) as stream:
        records = _records(stream, path, encoding)
        header = next(records, None)
        if header is None:
            return
        yield header, None, False
        names = _names(header)
        name = references.key_of(names)
        key = Key(name, names.index(name)) if name else None
        codes = references.codes(encoding)
        for record in records:
            values = record.values
            if key is None or not values or not record.may_name(codes):
                yield record, key, False
            elif len(values) == len(names):
                yield record, key, references.is_key(values[key.at], key.name)
            else:
                # The columns of a ragged row are unknown.
                is_theirs = any(references.is_key(v, key.name) for v in values)
                yield record, key, is_theirs


def _names(header: Record) -> list[str]:
    return [name.strip().lower() for name in header.values]


def _text(record: Record, key: Key | None) -> str:
    """The values but for the key: it is another's, and equal or not at all."""
    at = key.at if key else None
    return "\x1f".join(v for number, v in enumerate(record.values) if number != at)


def _records(stream: IO[bytes], path: Path, encoding: str) -> Iterator[Record]:
    """Split as Python's csv module does, which the loader uses where it matters.

    A line break or a quote is one byte in both encodings, in which no other character
    has that byte.
    """
    taken: list[bytes] = []

    def lines() -> Iterator[str]:
        for number, line in enumerate(stream):
            taken.append(line)
            text = line.removeprefix(codecs.BOM_UTF8) if number == 0 else line
            yield text.decode("latin-1")

    with _any_length():
        reader = csv.reader(lines(), strict=True)
        try:
            for values in reader:
                data = b"".join(taken)
                taken.clear()
                yield Record(
                    data,
                    values
                    if data.isascii()
                    else [
                        v.encode("latin-1").decode(encoding, "replace") for v in values
                    ],
                )
        except csv.Error as error:
            raise UnreadableInputError(
                f"{path}: unbalanced quotes near line {reader.line_num}; its rows "
                "cannot be separated: correct the quotes and run `linkage forget` again"
            ) from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableInputError(
                f"{path}: cannot be read (truncated or damaged); deliver it again or "
                "remove it, then run `linkage forget` again"
            ) from error


def _encoding(path: Path) -> str:
    """UTF-8 if all of it is, else Windows-1252, as the loader has it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with open_bytes(path) as stream:
            while chunk := stream.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableInputError(
            f"{path}: cannot be read (truncated or damaged); deliver it again or "
            "remove it, then run `linkage forget` again"
        ) from error
    return "utf-8"


def _may_hold(path: Path, references: References, encoding: str) -> bool:
    codes = references.codes(encoding)
    if codes is None or path.name.endswith(".gz") or not path.stat().st_size:
        return True
    with (
        path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        return any(data.find(code) >= 0 for code in codes)


@contextlib.contextmanager
def _create(path: Path, new: Path) -> Iterator[IO[bytes]]:
    with new.open("xb") as plain:
        if not path.name.endswith(".gz"):
            yield plain
            return
        with gzip.GzipFile(fileobj=plain, mode="wb", filename="", mtime=0) as packed:
            yield packed  # type: ignore[misc]


@contextlib.contextmanager
def _any_length() -> Iterator[None]:
    limit = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(limit)
