"""Whatever text a file holds, both ways of reading it give the same rows and lines."""

from __future__ import annotations

import csv
import functools
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.base.errors import UnreadableInputError
from linkage.extracts import records
from linkage.extracts.csv_files import inspect
from linkage.extracts.deliveries import Delivery
from linkage.extracts.layouts import CRIS
from linkage.extracts.register import LoadedExtract

DATE = "2021-05-01"
EXTRACT = "flags"
Rows = list[tuple[int, str | None, str | None]]

# No surrogates (not text), no NUL (the loader calls it binary and refuses the file).
# A line ends with a line feed, so a carriage return alone is left to its own test.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")
AWKWARD = st.sampled_from(['"', '""', ",", "\n", "\r\n", " ", "é", "'", "\\", "😀"])
VALUES = st.lists(st.one_of(AWKWARD, st.text(CHARACTERS, max_size=6)), max_size=4).map(
    "".join
)
ONE_LINE = VALUES.map(lambda text: text.replace("\n", " ").replace("\r", " "))
TABLES = st.lists(st.tuples(VALUES, VALUES), max_size=8)
PLAIN_TABLES = st.lists(st.tuples(ONE_LINE, ONE_LINE), max_size=8)
QUOTING = st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
ENDS = st.sampled_from(["\n", "\r\n"])
quick = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def as_csv(
    table: list[tuple[str, str]], quoting: Any, end: str
) -> tuple[str, list[int]]:
    """The file, and the line on which each of its rows begins."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator=end, quoting=quoting)
    writer.writerow(("crime_ref", "flag"))
    begins = []
    for row in table:
        begins.append(stream.getvalue().count("\n") + 1)
        writer.writerow(row)
    return stream.getvalue(), begins


def expected(table: list[tuple[str, str]], begins: list[int]) -> Rows:
    """Rows as written; an empty string is missing."""
    return [
        (line_no, ref or None, flag or None)
        for line_no, (ref, flag) in zip(begins, table, strict=True)
    ]


@functools.cache
def database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": "1"})


def read(
    content: bytes, how: Callable[[duckdb.DuckDBPyConnection, Delivery], Any]
) -> tuple[Any, Rows]:
    """What a way of reading returns, and the rows it left in the raw table."""
    connection = database()
    with tempfile.TemporaryDirectory() as folder:
        delivery = Delivery(DATE, Path(folder), ".csv", is_simulated=False)
        delivery.path(EXTRACT).write_bytes(content)
        records.create_empty_tables(connection, CRIS)
        returned = how(connection, delivery)
        found = connection.execute(
            f"select line_no, crime_ref, flag from raw_cris.{EXTRACT} order by line_no"
        ).fetchall()
    return returned, found


def as_loaded(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery
) -> LoadedExtract:
    return records.load_extract(connection, delivery, EXTRACT)


def malformed_lines(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery
) -> list[tuple[Any, ...]]:
    records.load_extract(connection, delivery, EXTRACT)
    return connection.execute(
        "select line_no, reason from raw_cris.malformed_rows order by line_no"
    ).fetchall()


def fast(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> int | None:
    file = inspect(delivery.path(EXTRACT), "here")
    return records._load_sound_csv(connection, delivery, EXTRACT, file)


def row_by_row(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> int:
    file = inspect(delivery.path(EXTRACT), "here")
    return records._load_odd_csv(connection, delivery, EXTRACT, file, "here")


@quick
@given(TABLES, QUOTING, ENDS)
def test_every_row_is_loaded_with_the_line_it_begins_on(
    table: list[tuple[str, str]], quoting: Any, end: str
) -> None:
    content, begins = as_csv(table, quoting, end)
    loaded, found = read(content.encode(), as_loaded)
    assert found == expected(table, begins)
    assert loaded.rows == len(table)


@quick
@given(TABLES, QUOTING, ENDS)
def test_row_by_row_gives_every_row_with_the_line_it_begins_on(
    table: list[tuple[str, str]], quoting: Any, end: str
) -> None:
    content, begins = as_csv(table, quoting, end)
    count, found = read(content.encode(), row_by_row)
    assert found == expected(table, begins)
    assert count == len(table)


@quick
@given(TABLES, QUOTING, ENDS)
def test_the_fast_way_gives_the_same_rows_or_leaves_the_file_alone(
    table: list[tuple[str, str]], quoting: Any, end: str
) -> None:
    content, begins = as_csv(table, quoting, end)
    count, found = read(content.encode(), fast)
    if count is None:
        assert found == []
    else:
        assert found == expected(table, begins)


@quick
@given(PLAIN_TABLES, QUOTING, ENDS)
def test_both_ways_read_the_same_rows_of_a_file_with_a_row_to_a_line(
    table: list[tuple[str, str]], quoting: Any, end: str
) -> None:
    content, begins = as_csv(table, quoting, end)
    count, quickly = read(content.encode(), fast)
    _, slowly = read(content.encode(), row_by_row)
    assert count == len(table), "the fast way left a sound file to the slow one"
    assert quickly == slowly == expected(table, begins)


@quick
@given(TABLES, QUOTING)
def test_a_byte_order_mark_changes_nothing(
    table: list[tuple[str, str]], quoting: Any
) -> None:
    content, begins = as_csv(table, quoting, "\n")
    for how in (as_loaded, row_by_row):
        _, found = read(b"\xef\xbb\xbf" + content.encode(), how)
        assert found == expected(table, begins)


@quick
@given(TABLES, st.sampled_from(["\r", "\r\r", " \r ", "a\rb"]), QUOTING)
def test_a_carriage_return_alone_is_part_of_its_value_and_ends_no_line(
    table: list[tuple[str, str]], value: str, quoting: Any
) -> None:
    table = [("first", value), *table, (value, "last")]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n", quoting=quoting)
    writer.writerow(("crime_ref", "flag"))
    begins = []
    for row in table:
        begins.append(stream.getvalue().count("\n") + 1)
        writer.writerow(row)
    for how in (as_loaded, row_by_row):
        _, found = read(stream.getvalue().encode(), how)
        assert found == expected(table, begins)


def test_a_surplus_empty_value_means_the_same_whatever_else_the_file_holds() -> None:
    for surplus in (",", ",,"):
        content = f"crime_ref,flag\nA/21,Knife Crime{surplus}\n".encode()
        alone, _ = read(content, malformed_lines)
        with_blank_line, _ = read(content + b"\nB/21,Knife Crime\n", malformed_lines)
        assert alone == with_blank_line


@quick
@given(st.lists(st.lists(ONE_LINE, min_size=1, max_size=4), max_size=8))
def test_a_row_of_another_width_is_malformed_on_its_line_and_no_other_is(
    table: list[list[str]],
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(("crime_ref", "flag"))
    table = [[*row[:2], *(value or "surplus" for value in row[2:])] for row in table]
    writer.writerows(table)
    malformed, found = read(stream.getvalue().encode(), malformed_lines)
    assert [line for line, *_ in found] == [
        at for at, row in enumerate(table, start=2) if len(row) == 2
    ]
    assert malformed == [
        (at, f"{len(row)} columns where the header has 2")
        for at, row in enumerate(table, start=2)
        if len(row) != 2
    ]


@quick
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_in_one_line(rows: bytes) -> None:
    def attempt(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> str:
        try:
            as_loaded(connection, delivery)
        except UnreadableInputError as error:
            return str(error)
        return ""

    message, _ = read(b"crime_ref,flag\n" + rows, attempt)
    assert "\n" not in message
