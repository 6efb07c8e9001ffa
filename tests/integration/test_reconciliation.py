"""The table of printed figures, on small warehouses of what each study simulates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linkage.report.reconciliation import (
    RESULTS,
    Block,
    Figure,
    compute,
    open_figures,
    read_blocks,
)
from tests.running import PublishedRun, rows

SIMULATED = [one for one in read_blocks() if "SIMULATED" in one.input]


@pytest.fixture(scope="module")
def warehouses(
    drivers_published: PublishedRun,
    violent_crime_published: PublishedRun,
    national_case_files_published: PublishedRun,
) -> dict[str, Path]:
    return {
        "victim_withdrawal_simulated": drivers_published.path,
        "violent_crime_simulated": violent_crime_published.path,
        "national_simulated": national_case_files_published.path,
    }


@pytest.mark.parametrize("block", SIMULATED, ids=lambda one: one.block)
def test_what_is_simulated_gives_every_figure_that_the_page_has(
    block: Block, warehouses: dict[str, Path]
) -> None:
    with open_figures(warehouses) as connection:
        found = compute(connection, block)
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))["figures"][block.block]
    assert [(one.figure, one.printed) for one in found] == [
        (one["figure"], one["printed"]) for one in kept
    ]
    assert {type(one.ours) for one in found} <= {float, str, type(None)}


def test_a_rate_beside_a_printed_one_is_that_of_a_plain_query(
    warehouses: dict[str, Path], drivers_published: PublishedRun
) -> None:
    (block,) = (one for one in SIMULATED if "flags" in one.block)
    with open_figures(warehouses) as connection:
        found = {one.figure: one.ours for one in compute(connection, block)}
    ((rate,),) = rows(
        drivers_published.path,
        "select count(*) filter (outcome_code in ('14', '16')) / count(*) "
        "from marts.cases where is_domestic_abuse and offence = 'Harassment'",
    )
    (ours,) = (value for name, value in found.items() if "(of028)" in name)
    assert ours == pytest.approx(rate, abs=1e-6)


def judged(ours: float, standard_error: float | None) -> Figure:
    block = Block(
        "a block",
        "a source",
        "SIMULATED",
        f"select 'a' as figure, 0.40 as printed, {ours} as ours, "
        f"{standard_error or 'null'} as standard_error, null as reason",
        "Drawn at random",
        precision=0.005,
    )
    with open_figures({}) as connection:
        (figure,) = compute(connection, block)
    return figure


def test_ours_agrees_within_half_a_printed_unit_and_three_standard_errors() -> None:
    assert judged(0.405, None).agrees
    assert not judged(0.406, None).agrees
    assert judged(0.406, 0.001).agrees
    assert not judged(0.409, 0.001).agrees
    assert judged(0.409, 0.001).reason == "Drawn at random"
