"""Array types, seeded generators and exact quotas."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def generator(seed: int, stage: str) -> np.random.Generator:
    """Return the stage's own generator, so that stages do not disturb one another."""
    return np.random.default_rng([seed, zlib.crc32(stage.encode())])


def apportion(weights: Floats, total: int) -> Ints:
    """Whole numbers in proportion to `weights` that sum to `total`.

    Each run of neighbours is within one of its exact share (cumulative rounding).
    """
    edges = np.cumsum(weights, dtype=np.float64)
    edges = np.floor(edges / edges[-1] * total + 0.5).astype(np.int64)
    edges[-1] = total
    counts: Ints = np.diff(edges, prepend=0)
    return counts


def quota_codes(
    rng: np.random.Generator, size: int, shares: Sequence[float] | Floats
) -> Codes:
    """`size` category codes, each category within one of its exact share, shuffled.

    The odd cases go to random categories, so small draws are unbiased.
    """
    edges = np.cumsum(np.asarray(shares, dtype=np.float64))
    edges = np.floor(edges / edges[-1] * size + rng.random()).astype(np.int64)
    edges[-1] = size
    counts = np.diff(np.minimum(edges, size), prepend=0)
    codes = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    rng.shuffle(codes)
    return codes


def quota_mask(rng: np.random.Generator, size: int, share: float) -> Bools:
    """`size` booleans, a `share` of them true to within one."""
    return quota_codes(rng, size, [1.0 - share, share]).astype(np.bool_)


def pick(rng: np.random.Generator, weights: Floats, count: int) -> Ints:
    """Pick `count` positions without replacement, in proportion to `weights`.

    Fewer when fewer have a positive weight. Exponential keys (Efraimidis and Spirakis
    2006), so the draw is one pass.
    """
    positive = np.flatnonzero(weights > 0)
    count = min(count, len(positive))
    if count <= 0:
        return np.empty(0, dtype=np.int64)
    keys = rng.exponential(size=len(positive)) / weights[positive]
    if count == len(positive):
        return positive
    return np.sort(positive[np.argpartition(keys, count - 1)[:count]])


def expit(values: Floats) -> Floats:
    """Logistic function, without overflow for any finite value."""
    half: Floats = 0.5 * (1.0 + np.tanh(0.5 * values))
    return half
