"""What is generated is what would be generated now."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.table import (
    BEGIN,
    DRIVER_MODELS,
    END,
    README,
    against_published,
    table,
)
from linkage.base.settings import PROJECT
from linkage.cli.docs import GENERATED
from linkage.report.data_dictionary import DICTIONARY
from tests.running import PublishedRun, environment, rows


@pytest.mark.parametrize("page", GENERATED, ids=lambda page: page.name)
def test_a_generated_page_is_current(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == GENERATED[page]()


@pytest.mark.parametrize(
    ("page", "content"), [(README, table), (DRIVER_MODELS, against_published)]
)
def test_a_table_of_figures_shows_what_was_measured(
    page: Path, content: Callable[[], str]
) -> None:
    text = page.read_text(encoding="utf-8")
    shown = text.split(BEGIN)[1].split(END)[0].strip()
    assert shown == content()


def test_a_setting_that_cannot_be_read_ends_make_docs_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "linkage.cli.docs"],
        cwd=PROJECT,
        env=environment({"LINKAGE_THREADS": "many"}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "docs: LINKAGE_THREADS is 'many'; set a whole number from 1\n"
    )


def meanings() -> dict[tuple[str, str], tuple[str, str]]:
    """Type and meaning of each column of the dictionary, by table and column."""
    found, name = {}, ""
    for line in DICTIONARY.read_text(encoding="utf-8").splitlines():
        if line.startswith("### `"):
            name = line.split("`")[1]
        elif line.startswith("| `") and name:
            _, column, kind, meaning, _ = re.split(r" \| |^\| | \|$", line)
            found[name, column.strip("`")] = (kind, meaning)
        elif line.startswith("## "):
            name = ""
    return found


def test_the_dictionary_says_what_false_means() -> None:
    for (name, column), (kind, meaning) in meanings().items():
        if kind == "boolean" and name.split(".")[0] in {"marts", "quality"}:
            assert "false" in meaning.lower(), (name, column)


def test_the_dictionary_says_that_completion_replaces_withdrawal() -> None:
    for name in ("cases", "all_offences", "all_victims", "all_suspects"):
        for column in ("days_to_complete", "investigation_completed_on"):
            _, meaning = meanings()[f"marts.{name}", column]
            assert "replace" in meaning
            assert "withdrawal" in meaning
    assert "withdrawal" in meanings()["marts.withdrawal_timing", "duration_band"][1]


@pytest.mark.parametrize(
    ("run_of", "warehouse"),
    [
        ("published", "cris"),
        ("nibrs_published", "nibrs"),
        ("violent_crime_published", "violent_crime"),
        ("national_published", "national"),
    ],
)
def test_the_dictionary_says_which_warehouse_holds_which_table(
    run_of: str, warehouse: str, request: pytest.FixtureRequest
) -> None:
    run: PublishedRun = request.getfixturevalue(run_of)
    there = {
        name
        for (name,) in rows(
            run.path, "select schema_name || '.' || table_name from duckdb_tables()"
        )
    }
    page = DICTIONARY.read_text(encoding="utf-8")
    stated = re.findall(r"### `([^`]+)`\n\n(?:[^#|].*\n\n)?Warehouses: ([^.]+)\.", page)
    assert len(stated) == page.count("### `")
    for name, warehouses in stated:
        assert (warehouse in warehouses.split(", ")) == (name in there), name


NAMED = re.compile(
    r"(?<![\w/.<>*-])((?:models|macros|seeds|linkage|ml|expectations|orchestration"
    r"|docs|benchmarks)/[\w/.-]*\w\.(?:py|sql|yml|csv|md|json))"
)


@pytest.mark.parametrize("kind", ["md", "yml", "sql", "py"])
def test_every_file_that_is_named_is_there(kind: str) -> None:
    folders = ("docs", "models", "macros", "seeds", "linkage", "ml", "expectations")
    missing = {
        (str(path.relative_to(PROJECT)), name)
        for folder in (*folders, "orchestration")
        for path in (PROJECT / folder).rglob(f"*.{kind}")
        for name in NAMED.findall(path.read_text(encoding="utf-8"))
        if not (PROJECT / name).exists()
    }
    assert missing == set()
