"""Rules of the simulator that hold for any size, seed, months and dirt."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.simulator import simulate_deliveries
from linkage.simulator.arrays import apportion, expit, pick, quota_codes
from tests.independent_linkage import link

weights = st.lists(st.floats(0.01, 100), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None)
@given(
    cases=st.integers(1, 60),
    seed=st.integers(0, 10_000),
    months=st.integers(1, 3),
    dirt=st.sampled_from([0.0, 0.05, 0.5, 1.0]),
    truth=st.sampled_from(["calibrated", "plain"]),
)
def test_truth_is_what_an_independent_linkage_finds(
    cases: int, seed: int, months: int, dirt: float, truth: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "x"
        simulate_deliveries(
            out,
            cases=cases,
            seed=seed,
            months=months,
            dirt=dirt,
            truth=truth,  # type: ignore[arg-type]
        )
        told = json.loads((out / "truth.json").read_text(encoding="utf-8"))
        found = link(out)
    assert found.flow == told["crime_reports_removed"]
    assert found.delivered == told["crime_reports_delivered"]
    assert found.rejected_rows == told["rejected_rows"]
    assert len(found.cases) == told["combined_cases"]
    assert found.cases["is_withdrawal"].sum() == told["withdrawals"]
    if dirt == 0:
        assert len(found.cases) == cases


@given(weights=weights, total=st.integers(0, 5000))
def test_apportioned_counts_sum_to_the_total_and_are_within_one(
    weights: list[float], total: int
) -> None:
    counts = apportion(np.array(weights), total)
    exact = np.array(weights) / sum(weights) * total
    assert counts.sum() == total
    assert (counts >= 0).all()
    assert (np.abs(counts - exact) <= 1.0 + 1e-6).all()


@given(weights=weights, size=st.integers(0, 3000), seed=st.integers(0, 99))
def test_a_quota_is_within_one_of_its_exact_share(
    weights: list[float], size: int, seed: int
) -> None:
    codes = quota_codes(np.random.default_rng(seed), size, weights)
    counts = np.bincount(codes, minlength=len(weights))
    exact = np.array(weights) / sum(weights) * size
    assert counts.sum() == size
    assert (np.abs(counts - exact) <= 1.0 + 1e-6).all()


@given(
    weights=st.lists(st.sampled_from([0.0, 0.5, 3.0]), min_size=1, max_size=40),
    count=st.integers(0, 50),
    seed=st.integers(0, 99),
)
def test_a_pick_has_no_repeat_and_nothing_of_weight_zero(
    weights: list[float], count: int, seed: int
) -> None:
    values = np.array(weights)
    rows = pick(np.random.default_rng(seed), values, count)
    assert len(rows) == len(set(rows.tolist())) == min(count, (values > 0).sum())
    assert (values[rows] > 0).all()


@given(st.floats(-1e4, 1e4))
def test_the_logistic_function_stays_in_bounds(value: float) -> None:
    one = expit(np.array([value, -value]))
    assert 0 <= one[0] <= 1
    assert abs(one.sum() - 1) < 1e-12
