"""CSV as forces write it: quoted, with or without a BOM, UTF-8 or Windows-1252.

DuckDB reads a sound file at full speed. A file with anything odd in it (a row of the
wrong width, a value over several lines, a blank line) is read again, row by row, by
Python's csv module, which gives the first line of every row: no row is lost and each
rejected one can be found in the file.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from linkage.base.errors import UnreadableInputError

CHUNK = 1 << 22


@dataclass(frozen=True)
class TextFile:
    """Results of one pass over a file's bytes."""

    path: Path
    encoding: str  # 'utf-8-sig' or 'cp1252'
    line_breaks: int
    ends_with_break: bool
    sha256: str
    header: tuple[str, ...]

    @property
    def lines(self) -> int:
        """Physical lines, header included."""
        return self.line_breaks + (0 if self.ends_with_break else 1)


@dataclass(frozen=True)
class MalformedRow:
    """A row with the wrong number of columns: its place and, if known, crime report."""

    line_no: int
    key: str | None
    reason: str


def open_bytes(path: Path) -> IO[bytes]:
    """Open a .csv or .csv.gz for reading bytes."""
    if path.name.endswith(".gz"):
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def inspect(path: Path, where: str) -> TextFile:
    """Read the bytes once: encoding, number of lines, checksum, header.

    Raises UnreadableInputError when the file is truncated, empty, or in neither
    encoding; `where` names delivery and file for the message.
    """
    utf8 = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    line_breaks = 0
    last = b""
    digest = hashlib.sha256()
    head = b""
    try:
        with open_bytes(path) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                line_breaks += chunk.count(b"\n")
                last = chunk[-1:]
                if len(head) < CHUNK:
                    head += chunk
                if is_utf8:
                    try:
                        utf8.decode(chunk)
                    except UnicodeDecodeError:
                        is_utf8 = False
            if is_utf8:
                try:
                    utf8.decode(b"", final=True)
                except UnicodeDecodeError:
                    is_utf8 = False
    except (EOFError, zlib.error, OSError) as error:
        raise UnreadableInputError(
            f"{where}: cannot be read ({_kind(error)}); deliver the file again"
        ) from error
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise UnreadableInputError(
            f"{where}: is empty; a file without rows still has its header row"
        )
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in head:
        raise UnreadableInputError(
            f"{where}: is not UTF-8 or Windows-1252 text (it looks like UTF-16 or a "
            "binary file); export it again as UTF-8"
        )
    encoding = "utf-8-sig" if is_utf8 else "cp1252"
    return TextFile(
        path=path,
        encoding=encoding,
        line_breaks=line_breaks,
        ends_with_break=last == b"\n",
        sha256=digest.hexdigest(),
        header=_header(head, encoding, where),
    )


def _kind(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "the file is truncated"
    if isinstance(error, gzip.BadGzipFile | zlib.error):
        return "not a gzip file, or damaged"
    return getattr(error, "strerror", None) or type(error).__name__


def _header(head: bytes, encoding: str, where: str) -> tuple[str, ...]:
    text = head.decode(encoding, errors="replace")
    try:
        names = next(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (csv.Error, StopIteration) as error:
        raise UnreadableInputError(
            f"{where}: the header row cannot be read (unbalanced quotes on line 1)"
        ) from error
    return tuple(name.strip().lower() for name in names)


@contextmanager
def open_text(file: TextFile, where: str) -> Iterator[IO[str]]:
    """Open as text in the encoding that was found."""
    try:
        with (
            open_bytes(file.path) as stream,
            io.TextIOWrapper(stream, encoding=file.encoding, newline="\n") as text,
        ):
            yield text
    except UnicodeDecodeError as error:
        raise UnreadableInputError(
            f"{where}: is neither UTF-8 nor Windows-1252 near byte {error.start}; "
            "export it again as UTF-8"
        ) from error


def read_rows(
    file: TextFile, where: str, key: str, malformed: list[MalformedRow]
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, values) for each row of the right width, after the header.

    Rows of another width go to `malformed`, with their value of column `key` where the
    file has it; blank lines are passed over. Raises
    UnreadableInputError for unbalanced quotes, which may hide any number of rows.
    """
    width = len(file.header)
    at = file.header.index(key) if key in file.header else width
    with open_text(file, where) as text:
        reader = csv.reader(text, strict=True)
        started = 1
        try:
            for values in reader:
                line_no, started = started, reader.line_num + 1
                if line_no == 1 or not values:
                    continue
                if len(values) > width and not any(values[width:]):
                    # An empty surplus is no value; DuckDB's own reader passes it over.
                    values = values[:width]
                if len(values) == width:
                    yield line_no, values
                    continue
                if reader.line_num > line_no:
                    raise _unbalanced(where, line_no)
                malformed.append(
                    MalformedRow(
                        line_no=line_no,
                        key=values[at].strip() or None if at < len(values) else None,
                        reason=f"{len(values)} columns where the header has {width}",
                    )
                )
        except csv.Error as error:
            raise _unbalanced(where, started) from error


def _unbalanced(where: str, line_no: int) -> UnreadableInputError:
    return UnreadableInputError(
        f"{where}: unbalanced quotes in the row that begins on line {line_no}; "
        "correct the quotes and deliver the file again"
    )
