"""The audit notices what is broken in a delivery: 200 random faults, one run."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from benchmarks.mutations import FAULTS, Caught, audit, catches, write_mutants
from linkage.base.settings import RunSettings

MUTANTS = 200
# A value lost where most are missing anyway moves no gap of its own: a share may.
LEAST_CAUGHT = 0.95


@pytest.fixture(scope="module")
def caught(tmp_path_factory: pytest.TempPathFactory) -> list[Caught]:
    from linkage.simulator import simulate_deliveries

    folder = tmp_path_factory.mktemp("mutations")
    simulate_deliveries(folder / "base", cases=400, seed=1)
    base = next(path for path in (folder / "base").iterdir() if path.is_dir())
    written = write_mutants(base, folder / "extracts", MUTANTS, seed=2)
    settings = RunSettings("cris", folder / "extracts", folder / "cris.duckdb")
    audit(settings)
    return catches(settings.build, written)


def share(found: Iterable[Caught]) -> float:
    flags = [bool(one.grew) for one in found]
    return sum(flags) / len(flags)


def test_the_audit_notices_nearly_every_fault(caught: list[Caught]) -> None:
    assert len(caught) == MUTANTS
    missed = [
        f"{one.mutant.fault} at {one.mutant.rate}" for one in caught if not one.grew
    ]
    assert share(caught) >= LEAST_CAUGHT, missed


def test_a_fault_in_one_of_a_thousand_rows_is_noticed_too(caught: list[Caught]) -> None:
    rare = [one for one in caught if one.mutant.rate == 0.001]
    assert len(rare) >= 20
    assert share(rare) >= 0.9


def test_every_kind_of_fault_is_noticed_at_least_once(caught: list[Caught]) -> None:
    noticed = {one.mutant.fault for one in caught if one.grew}
    assert noticed == set(FAULTS)


def test_a_fault_in_three_of_ten_rows_is_beyond_tolerance(caught: list[Caught]) -> None:
    gross = [one for one in caught if one.mutant.rate == 0.3]
    assert sum(bool(one.breached) for one in gross) / len(gross) >= 0.7
