"""Taking rows out of a CSV leaves every other byte as it was."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.base.errors import UnreadableInputError
from linkage.erasure import csv_rows
from linkage.erasure.references import References

FORGOTTEN = "0412345/21"
REFERENCES = References.of([FORGOTTEN])
# As in the tests of the loader: a carriage return alone is left out.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")
LATIN = st.characters(codec="cp1252", exclude_characters="\0\r")
AWKWARD = st.sampled_from(['"', '""', ",", "\n", "\r\n", " ", "é", "'", "1", "/21"])
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "cp1252"])
QUOTING = st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
ENDS = st.sampled_from(["\n", "\r\n"])
SPACED = st.sampled_from(
    [FORGOTTEN, f" {FORGOTTEN}", f"{FORGOTTEN} ", f"\u00a0{FORGOTTEN}\t"]
)
quick = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def values(characters: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    parts = st.one_of(AWKWARD, st.text(characters, max_size=6))
    return st.lists(parts, max_size=4).map("".join)


@st.composite
def files(draw: Any) -> tuple[list[tuple[bytes, bool]], bytes, bool]:
    """A file's rows as bytes, each with whether it is to go; its beginning; packed?"""
    encoding = draw(ENCODINGS)
    text = values(LATIN if encoding == "cp1252" else CHARACTERS)
    at = draw(st.integers(0, 2))
    end, quoting = draw(ENDS), draw(QUOTING)

    def as_bytes(row: list[str]) -> bytes:
        stream = io.StringIO()
        csv.writer(stream, lineterminator=end, quoting=quoting).writerow(row)
        return stream.getvalue().encode(encoding.removesuffix("-sig"))

    rows: list[tuple[bytes, bool]] = []
    for is_theirs in draw(st.lists(st.booleans(), max_size=8)):
        row = [draw(text) for _ in range(3)]
        row[at] = draw(SPACED) if is_theirs else draw(text)
        rows.append((as_bytes(row), is_theirs))
        if draw(st.booleans()):
            rows.append((end.encode(), False))
    header = ["flag", "note", "note"]
    header[at] = " Crime_Ref"
    mark = codecs.BOM_UTF8 if encoding == "utf-8-sig" else b""
    if rows and draw(st.booleans()):
        data, is_theirs = rows[-1]
        rows[-1] = data.removesuffix(b"\n").removesuffix(b"\r"), is_theirs
    return rows, mark + as_bytes(header), draw(st.booleans())


def without(content: bytes, references: References, name: str = "rows.csv") -> bytes:
    """The bytes of a file when the rows are out, unpacked."""
    is_packed = name.endswith(".gz")
    with tempfile.TemporaryDirectory() as folder:
        path, new = Path(folder) / name, Path(folder) / f"{name}.new"
        path.write_bytes(gzip.compress(content) if is_packed else content)
        expected = csv_rows.look(path, references)
        assert csv_rows.write_without(path, new, references) == expected.rows
        written = new.read_bytes()
    return gzip.decompress(written) if is_packed else written


@quick
@given(files())
def test_every_other_row_keeps_its_bytes_whatever_the_text_quotes_and_encoding(
    file: tuple[list[tuple[bytes, bool]], bytes, bool],
) -> None:
    rows, header, is_packed = file
    content = header + b"".join(data for data, _ in rows)
    kept = header + b"".join(data for data, is_theirs in rows if not is_theirs)
    name = "rows.csv.gz" if is_packed else "rows.csv"
    assert without(content, REFERENCES, name) == kept


@quick
@given(files())
def test_many_references_take_out_the_same_rows_as_one(
    file: tuple[list[tuple[bytes, bool]], bytes, bool],
) -> None:
    rows, header, _ = file
    content = header + b"".join(data for data, _ in rows)
    many = References.of([FORGOTTEN, *(f"{n:07}/99" for n in range(100))])
    assert without(content, many) == without(content, REFERENCES)


@pytest.mark.parametrize(
    "row",
    [
        f"{FORGOTTEN},a,b,c\n",
        f"{FORGOTTEN}\n",
        f'a,"{FORGOTTEN} "\n',
        f'"{FORGOTTEN}",surplus,,x\n',
    ],
)
def test_a_row_of_another_width_goes_if_any_of_its_values_is_the_reference(
    row: str,
) -> None:
    kept = b"crime_ref,flag,note\nA,b,c\n"
    assert without(kept + row.encode(), REFERENCES) == kept


@pytest.mark.parametrize(
    "other", ["00412345/21", "0412345/211", "0412345/21a", "412345/21", "0412345-21"]
)
def test_a_reference_that_only_looks_alike_stays(other: str) -> None:
    content = f"crime_ref,flag\n{other},x\n".encode()
    assert without(content, REFERENCES) == content


def test_a_value_of_any_length_is_read(tmp_path: Path) -> None:
    kept = b"crime_ref,flag\nA," + b"x" * 300_000 + b"\n"
    limit = csv.field_size_limit()
    assert without(kept + f"{FORGOTTEN},y\n".encode(), REFERENCES) == kept
    assert csv.field_size_limit() == limit


def test_another_report_that_names_it_is_a_mention_not_a_row(tmp_path: Path) -> None:
    path = tmp_path / "flags.csv"
    path.write_text(f"crime_ref,note\nA,see {FORGOTTEN}\n{FORGOTTEN},itself\n")
    found = csv_rows.look(path, REFERENCES)
    assert (found.rows, found.mentions) == (1, 1)


def test_rows_that_cannot_be_told_apart_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "flags.csv"
    path.write_text(f'crime_ref,note\n{FORGOTTEN},"open\nA,b\n')
    with pytest.raises(UnreadableInputError, match="unbalanced quotes") as caught:
        csv_rows.look(path, REFERENCES)
    assert FORGOTTEN not in str(caught.value)


def test_a_truncated_packed_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "flags.csv.gz"
    path.write_bytes(gzip.compress(b"crime_ref,note\n" + b"A,b\n" * 999)[:-9])
    with pytest.raises(UnreadableInputError, match="truncated"):
        csv_rows.look(path, REFERENCES)
