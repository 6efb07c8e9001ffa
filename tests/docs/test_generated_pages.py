"""What is generated is what would be generated now."""

from __future__ import annotations

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
from linkage.docs import GENERATED
from linkage.settings import PROJECT
from tests.running import environment


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
        [sys.executable, "-m", "linkage.docs"],
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
