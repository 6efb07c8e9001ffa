"""Searches all other files for a crime report: pages, logs, sheets, archives.

None of these can lose a row. A file that names one is reported, for a person to
correct.
"""

from __future__ import annotations

import codecs
import gzip
import html
import sqlite3
import urllib.parse
import zipfile
import zlib
from contextlib import closing
from pathlib import Path

from linkage.base.quoting import identifier
from linkage.erasure.found import Found
from linkage.erasure.references import References

SQLITE = b"SQLite format 3\0"
MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def look(path: Path, references: References) -> Found:
    """True if a file of any kind names one of the crime reports."""
    data = path.read_bytes()
    is_named = named_in(data, references)
    if data.startswith(SQLITE) and not is_named:
        is_named = _in_sqlite(path, references)
    return Found(mentions=int(is_named))


def named_in(data: bytes, references: References) -> bool:
    """Do bytes name one, be they text, packed, or a binary file?"""
    if data.startswith(b"\x1f\x8b"):
        try:
            return named_in(gzip.decompress(data), references)
        except (OSError, EOFError, zlib.error):
            return references.named_in_bytes(data)
    if data.startswith(b"PK\x03\x04"):
        return _in_archive(data, references)
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            return _in_text(data.decode(encoding, "replace"), references)
    if b"\0" in data:
        return references.named_in_bytes(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return _in_text(text, references)


def _in_text(text: str, references: References) -> bool:
    """Unchanged, and with the escapes of JSON, HTML and addresses."""
    forms = {text, text.replace("\\/", "/")}
    if "&" in text:
        forms.add(html.unescape(text))
    if "%" in text:
        forms.add(urllib.parse.unquote(text))
    return any(references.named_in(form) for form in forms)


def _in_archive(data: bytes, references: References) -> bool:
    import io

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(
                named_in(archive.read(member), references)
                for member in archive.namelist()
            )
    # RuntimeError: encrypted, or of a compression that Python cannot read.
    except (zipfile.BadZipFile, RuntimeError, zlib.error):
        return references.named_in_bytes(data)


def _in_sqlite(path: Path, references: References) -> bool:
    """Every value of every table: a long one is not in one piece in the file."""
    address = f"file:{urllib.parse.quote(str(path))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        connection.text_factory = bytes
        tables = connection.execute(
            "select name from sqlite_master where type = 'table'"
        ).fetchall()
        for table in (name.decode() for (name,) in tables):
            for row in connection.execute(f"select * from {identifier(table)}"):
                if any(named_in(v, references) for v in row if isinstance(v, bytes)):
                    return True
    return False
