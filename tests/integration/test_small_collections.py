"""Small collections get through: what cannot be estimated says so and stops nothing.

The complete 200 of each kind are `benchmarks/small_collections.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.small_collections import try_collection
from tests.running import PublishedRun, frame, run_linkage


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("source", ["published", "nibrs_published"])
def test_every_model_of_a_small_collection_is_fitted_or_says_why_not(
    request: pytest.FixtureRequest, tmp_path: Path, source: str, seed: int
) -> None:
    base: PublishedRun = request.getfixturevalue(source)
    found = try_collection(base.settings, tmp_path, seed, with_pages=False)
    assert not found.wrong, found
    assert found.models > 0


@pytest.mark.parametrize("seed", range(12))
def test_every_penalised_model_of_a_small_collection_is_fitted_or_says_why_not(
    violent_crime_published: PublishedRun, tmp_path: Path, seed: int
) -> None:
    base = violent_crime_published.settings
    found = try_collection(base, tmp_path, seed, with_pages=False)
    assert not found.wrong, found
    assert found.models == 2


def test_a_collection_too_small_for_most_models_is_published_whole(
    tmp_path: Path,
) -> None:
    extracts, warehouse = tmp_path / "extracts", tmp_path / "small.duckdb"
    run_linkage("simulate", "--out", extracts, "--cases", "150", "--seed", "4")
    done = run_linkage(
        *("run", "--extracts", extracts, "--warehouse", warehouse),
        *("--until", "drivers"),
    )
    assert done.returncode == 0, done.stderr
    assert "driver models are not fitted" in done.stdout
    fits = frame(warehouse, "select converged, note from drivers.models")
    assert len(fits) == 31
    assert fits[~fits["converged"]]["note"].notna().all()
