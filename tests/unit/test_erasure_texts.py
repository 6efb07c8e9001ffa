"""A crime reference is found wherever a text names it, and nowhere else."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from linkage.base.errors import LinkageError
from linkage.erasure import texts
from linkage.erasure.references import References

REF = "0412345/21"
FEW = References.of([REF])
MANY = References.of([REF, *(f"{n:07}/99" for n in range(200)), "AB-7", "x 9"])


def zipped(text: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.xml", text)
    return stream.getvalue()


def sheet(text: str) -> bytes:
    stream = io.BytesIO()
    pd.DataFrame({"crime_ref": [text]}).to_excel(stream)
    return stream.getvalue()


@pytest.mark.parametrize("references", [FEW, MANY], ids=["few", "many"])
@pytest.mark.parametrize(
    "write",
    [
        lambda ref: f"<td>{ref}</td>".encode(),
        lambda ref: json.dumps({"key": ref}).encode(),
        lambda ref: json.dumps({"key": ref}).replace("/", "\\/").encode(),
        lambda ref: f"<td>{ref.replace('/', '&#x2F;')}</td>".encode(),
        lambda ref: f"?ref={ref.replace('/', '%2F')}&x=1".encode(),
        lambda ref: f"a {ref} b".encode("utf-16"),
        lambda ref: f"café {ref}".encode("cp1252"),
        lambda ref: gzip.compress(ref.encode()),
        zipped,
        sheet,
        lambda ref: b"\0\1" + ref.encode() + b"\0",
    ],
)
def test_it_is_found_in_whatever_form_a_file_holds_it(
    write: Callable[[str], bytes], references: References, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(write(REF))
    assert not texts.look(path, references).is_clean
    path.write_bytes(write("0412346/21"))
    assert texts.look(path, references).is_clean


def test_it_is_found_in_a_long_value_of_an_event_store(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table events (body text)")
        connection.execute(
            "insert into events values (?)", ["x " * 2040 + REF + " y" * 5000]
        )
    connection.close()
    assert not texts.look(path, FEW).is_clean


@pytest.mark.parametrize("references", [FEW, MANY], ids=["few", "many"])
@pytest.mark.parametrize(
    "text", ["10412345/21", "0412345/212", "0412345/21x", "412345/21", "0412345 / 21"]
)
def test_a_part_of_a_longer_word_or_number_is_not_it(
    text: str, references: References
) -> None:
    assert not references.named_in(text)


def test_many_references_of_several_shapes_are_each_found() -> None:
    for text in ("see AB-7.", "(x 9)", "0000000/99,", REF):
        assert MANY.named_in(text)
    assert not MANY.named_in("AB-8 y 9 0000200/99")


def test_matches_that_overlap_are_found() -> None:
    references = References.of(["2/3/4", *(f"9/9/{n}" for n in range(50, 99))])
    assert references.named_in("1/2/3/4")


def test_a_short_number_is_looked_for_as_a_key_only() -> None:
    references = References.of(["1234"])
    assert references.is_key(" 1234 ")
    assert not references.named_in("1234 rows")


def test_capitals_count_as_they_do_for_the_loader() -> None:
    assert not References.of(["ab/21"]).is_key("AB/21")


@pytest.mark.parametrize("refs", [[], [""], [" \n"]])
def test_nothing_to_forget_is_refused(refs: list[str]) -> None:
    with pytest.raises(LinkageError, match="no crime report is named"):
        References.of(refs)
