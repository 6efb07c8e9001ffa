"""The cases of one driver model, read in blocks: from memory, or from the engine.

A block's `design` is floating point with a leading column of ones; everything that is
computed is a sum over blocks, so that a model of any size takes the same memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Columns = dict[str, npt.NDArray[Any]]

# Rows taken as floating point at a time.
BLOCK = 4_096
# Further values of a case: the group of its borough, and its part of the cases when a
# model is validated.
PARTS = ("borough_no", "validation_fold", "is_late")


@dataclass(frozen=True)
class Block:
    """Some rows: `outcome` (b,), `design` (b, p + 1), `cases` per row (b,).

    `keys` (b,) are the sums of the cases' record keys (docs/disclosure.md).
    """

    outcome: Vector
    design: Vector
    cases: Vector
    keys: Vector
    borough_no: Integers


class ModelCases(Protocol):
    """Cases of a model with a choice of its columns."""

    @property
    def columns(self) -> int:
        """How many columns the design has, without the ones."""

    def blocks(self) -> Iterator[Block]:
        """All rows, always in the same order."""

    def select(self, columns: Sequence[int]) -> ModelCases:
        """The same rows with these columns of the design."""

    def where(self, part: str, value: int, *, equal: bool = True) -> ModelCases:
        """The rows whose `part` (of PARTS) has this value, or has not."""

    def thinned(self, step: int) -> CasesInMemory:
        """Every step-th row."""


@dataclass(frozen=True)
class CasesInMemory:
    """Rows in memory, a byte per 0/1 column.

    `outcome`, `cases` and `keys` are (m,), `design` (m, p), `parts` (m,) each. A row
    represents the number of `cases` that share all of its values.
    """

    outcome: Vector
    design: npt.NDArray[Any]
    cases: Vector
    keys: Vector
    parts: dict[str, Integers]

    @classmethod
    def of(
        cls,
        outcome: npt.ArrayLike,
        design: npt.ArrayLike,
        cases: npt.ArrayLike | None = None,
        borough_no: npt.ArrayLike | None = None,
    ) -> CasesInMemory:
        """From plain arrays; one case per row by default, and no record keys."""
        y = np.asarray(outcome, dtype=np.float64)
        nought = np.zeros(y.size, np.int32)
        boroughs = nought if borough_no is None else np.asarray(borough_no, np.int32)
        return cls(
            outcome=y,
            design=np.asarray(design),
            cases=np.ones(y.size) if cases is None else np.asarray(cases, float),
            keys=np.zeros(y.size),
            parts={
                "borough_no": boroughs,
                "validation_fold": nought,
                "is_late": nought,
            },
        )

    @property
    def columns(self) -> int:
        """How many columns the design has, without the ones."""
        return int(self.design.shape[1])

    def blocks(self) -> Iterator[Block]:
        """All rows, always in the same order."""
        for start in range(0, self.outcome.size, BLOCK):
            rows = slice(start, start + BLOCK)
            yield Block(
                outcome=self.outcome[rows],
                design=with_ones(self.design[rows]),
                cases=self.cases[rows],
                keys=self.keys[rows],
                borough_no=self.parts["borough_no"][rows],
            )

    def select(self, columns: Sequence[int]) -> CasesInMemory:
        """The same rows with these columns of the design."""
        return replace(self, design=self.design[:, list(columns)])

    def where(self, part: str, value: int, *, equal: bool = True) -> CasesInMemory:
        """The rows whose `part` has this value, or has not."""
        return self._rows((self.parts[part] == value) == equal)

    def thinned(self, step: int) -> CasesInMemory:
        """Every step-th row."""
        return self._rows(slice(None, None, step))

    def each_case(self, step: int) -> CasesInMemory:
        """Every step-th case, as a separate row."""
        last = np.cumsum(self.cases)
        wanted = np.arange(0, last[-1] if last.size else 0, step)
        some = self._rows(np.searchsorted(last, wanted, side="right"))
        return replace(some, cases=np.ones(wanted.size))

    def _rows(self, chosen: Any) -> CasesInMemory:
        return CasesInMemory(
            outcome=self.outcome[chosen],
            design=self.design[chosen],
            cases=self.cases[chosen],
            keys=self.keys[chosen],
            parts={name: values[chosen] for name, values in self.parts.items()},
        )


@dataclass(frozen=True)
class CasesInChunks:
    """Rows that the engine reads again at every pass: none stays in memory.

    `read` takes the names of the design's columns and further conditions, and yields
    chunks of columns `outcome`, `cases`, `keys`, `borough_no` and those of the design.
    """

    names: tuple[str, ...]
    read: Callable[[Sequence[str], Sequence[str]], Iterator[Columns]]
    conditions: tuple[str, ...] = ()

    @property
    def columns(self) -> int:
        """How many columns the design has, without the ones."""
        return len(self.names)

    def blocks(self) -> Iterator[Block]:
        """All rows, always in the same order."""
        for chunk in self.read(self.names, self.conditions):
            size = chunk["outcome"].size
            for start in range(0, size, BLOCK):
                rows = slice(start, min(start + BLOCK, size))
                design = np.ones((rows.stop - start, len(self.names) + 1))
                for j, name in enumerate(self.names, start=1):
                    design[:, j] = chunk[name][rows]
                yield Block(
                    outcome=chunk["outcome"][rows].astype(np.float64),
                    design=design,
                    cases=chunk["cases"][rows].astype(np.float64),
                    keys=chunk["keys"][rows].astype(np.float64),
                    borough_no=chunk["borough_no"][rows],
                )

    def select(self, columns: Sequence[int]) -> CasesInChunks:
        """The same rows with these columns of the design."""
        return replace(self, names=tuple(self.names[j] for j in columns))

    def where(self, part: str, value: int, *, equal: bool = True) -> CasesInChunks:
        """The rows whose `part` has this value, or has not."""
        condition = f"{part} {'=' if equal else '!='} {value}"
        return replace(self, conditions=(*self.conditions, condition))

    def thinned(self, step: int) -> CasesInMemory:
        """Every step-th row, in memory."""
        wanted = ("outcome", "cases", "keys", *PARTS, *self.names)
        some: dict[str, list[Any]] = {name: [] for name in wanted}
        passed = 0
        for chunk in self.read(self.names, self.conditions):
            for name in wanted:
                some[name].append(chunk[name][-passed % step :: step])
            passed += chunk["outcome"].size
        of = {
            name: np.concatenate(values) if values else np.empty(0)
            for name, values in some.items()
        }
        design = [of[name] for name in self.names]
        return CasesInMemory(
            outcome=of["outcome"].astype(np.float64),
            design=np.array(design, dtype=np.uint8).reshape(len(design), -1).T,
            cases=of["cases"].astype(np.float64),
            keys=of["keys"].astype(np.float64),
            parts={name: of[name].astype(np.int32) for name in PARTS},
        )


def with_ones(design: npt.NDArray[Any]) -> Vector:
    """The design (m, p) as floating point, a column of ones before it."""
    block = np.empty((design.shape[0], design.shape[1] + 1))
    block[:, 0] = 1
    block[:, 1:] = design
    return block
