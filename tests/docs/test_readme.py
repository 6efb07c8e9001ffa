"""Every code block of the README does what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
SHELL = [block for kind, block in BLOCKS if kind == "bash"]
QUERIES = [block for kind, block in BLOCKS if kind == "sql"]


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {kind for kind, _ in BLOCKS} <= {"bash", "sql", "text"}


@pytest.mark.parametrize("query", QUERIES)
def test_readme_queries_give_rows_on_a_published_warehouse(
    query: str, published: object
) -> None:
    path = published.path  # type: ignore[attr-defined]
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(query).fetchall()
    may_be_empty = "not is_within_tolerance" in query or "Hate crime" in query
    assert rows or may_be_empty


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"`?make ([a-z]+)", README) + re.findall(
        r"make ([a-z]+)", "".join(SHELL)
    )
    assert targets
    for target in targets:
        if target != "also":
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_linkage_commands_of_the_readme_run_in_their_order(tmp_path: Path) -> None:
    commands = [
        line
        for block in SHELL
        for line in block.splitlines()
        if line.startswith("linkage ")
    ]
    assert len(commands) >= 4
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "linkage.cli", *shlex.split(command)[1:]],
            cwd=tmp_path,
            env={"PYTHONPATH": str(PROJECT), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)


def test_links_and_pictures_of_the_readme_are_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (PROJECT / target).exists(), target
