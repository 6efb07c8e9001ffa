"""Secondary suppression, proved by tables that agree with all that is published.

The linear-programming method of Kelly, Golden and Assad (1992) as the U.S. Census
Bureau used it for linked tables (Massell 2001), with whole numbers: a cell is protected
when there are tables of counts that agree with everything published, in one of which it
is as low as protection asks and in another as high. The counts that move in the
cheapest such table are suppressed. The attacker is one who knows every published count
to the unit, although they are published rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from linkage.base.errors import LinkageError
from linkage.disclosure.cells import Cells

SECONDS = 30.0
WHOLE = 1e-6
# After so many cells one by one, many at once are tried again.
TURNS = 100
# Of the cells still to be proved, a random share is tried at once, halved when a try
# proves fewer than are worth it.
SMALLEST_SHARE = 0.02
WORTHWHILE, WORTHWHILE_SHARE = 5, 0.02
# After so many in a row that can't be proved among some cells, the others wait for the
# next choice of cells.
IN_VAIN = 10
# Rounds of drawing bounds from sums; where they would go on, bounds are wider.
ROUNDS = 30
# Where more than so many are left, they are covered together, among more cells if it
# must be: a reward for each that outweighs the cover it needs.
MANY = 200
COVERED = 1e4
# Outweighs every cost: go as far as possible.
FAR = 1e6
# A total of this many thresholds is not chosen as cover while anything else will do.
LARGE = 20
TOTAL_COST = 50.0


@dataclass(frozen=True)
class Protection:
    """Values that an outsider must find possible: at most `low`, at least `high`."""

    cell: Any
    low: Any
    high: Any


def protect(
    cells: Cells,
    protection: Protection,
    keep: Any,
    threshold: int,
    also: Any = False,
    seed: int = 1,
) -> Any:
    """Cells to suppress, True for each, including those to protect.

    `keep` marks totals to be spared, `also` counts suppressed anyway. Raises
    LinkageError where no protection is found: then nothing may be published.
    """
    work = _Suppression(cells, protection, keep, threshold, seed)
    work.hidden |= also
    for may_move, steps in work.choices():
        for part in _parts(cells.sums, may_move):
            for direction in (1, -1):
                work.prove(part, direction, steps)
    work.prove_the_rest()
    work.refuse_unproved()
    return work.hidden


class _Suppression:
    def __init__(
        self, cells: Cells, protection: Protection, keep: Any, threshold: int, seed: int
    ) -> None:
        self.cells = cells
        self.keep = keep
        self.ties = abs(cells.sums)
        self.large = LARGE * threshold
        self.random = np.random.default_rng(seed)
        self.hidden = cells.is_implied.copy()
        self.hidden[protection.cell] = True
        size = len(cells.value)
        # By direction, how far a cell must be able to move; 0 where that is proved.
        self.owed = {1: np.zeros(size, np.int64), -1: np.zeros(size, np.int64)}
        own = cells.value[protection.cell]
        self.owed[1][protection.cell] = np.maximum(protection.high - own, 0)
        self.owed[-1][protection.cell] = np.maximum(own - protection.low, 0)
        self.cost = np.log2(2.0 + cells.value) * np.where(keep, TOTAL_COST, 1.0)

    def choices(self) -> Iterator[tuple[Any, Sequence[int]]]:
        """Cells that may be cover, small ones first, and how many sums away."""
        is_large = self.cells.value >= self.large
        yield self.hidden | ~(is_large | self.keep), (3, 5)
        yield self.hidden | ~(is_large & self.keep), (5,)
        yield np.ones(len(is_large), dtype=bool), (5,)

    def prove(self, part: Any, direction: int, steps: Sequence[int]) -> None:
        """Find a table for each cell that is owed one, with the suppressions it needs.

        A cell that has none among these cells stays owed; so do the others where they
        are many, or where one after the other has none.
        """
        owed = self.owed[direction]
        self._prove_many(part, direction)
        if int((owed[part] > 0).sum()) > MANY:
            self._while_it_pays(part, direction, gain=COVERED)
        reach = _reach(self.cells, part, direction)
        waiting = part[(owed[part] > 0) & (owed[part] <= reach[part])]
        if len(waiting) > MANY:
            return
        in_vain = 0
        for turn, cell in enumerate(self.random.permutation(waiting), start=1):
            if turn % TURNS == 0:
                self._prove_many(part, direction)
            if owed[cell] and in_vain < IN_VAIN:
                is_proved = self._prove_one(int(cell), part, direction, steps)
                in_vain = 0 if is_proved else in_vain + 1

    def _prove_one(
        self, cell: int, part: Any, direction: int, steps: Sequence[int]
    ) -> bool:
        """Look near the cell first, then further away."""
        forced = {cell: direction * int(self.owed[direction][cell])}
        for away in steps:
            moves = self._other_table(self._near(cell, part, away), forced)
            if moves is not None:
                self.hidden |= moves != 0
                self._accept(moves)
                return True
        return False

    def prove_the_rest(self) -> None:
        """At any cost, for each cell separately: go as far as owed, or possible.

        A row's presence shows that it counts something: everyone knows the least value
        that all rows allow, for any publication. Where protection requires less than
        that, that is required.
        """
        everything = np.arange(len(self.hidden))
        for direction, owed in self.owed.items():
            for cell in self.random.permutation(np.flatnonzero(owed)):
                if not owed[cell]:
                    continue
                moves = self._other_table(everything, {}, direction, [cell], gain=FAR)
                if moves is None:
                    continue
                if direction < 0:
                    owed[cell] = min(owed[cell], -moves[cell])
                self.hidden |= moves != 0
                self._accept(moves)

    def _near(self, cell: int, part: Any, steps: int) -> Any:
        """Those of the part that a few sums lead to."""
        reached = np.zeros(len(self.hidden), dtype=np.int64)
        allowed = np.zeros(len(self.hidden), dtype=bool)
        reached[cell], allowed[part] = 1, True
        for _ in range(steps):
            reached = (self.ties.T @ (self.ties @ reached) > 0) & allowed
            reached = reached.astype(np.int64)
        return _mobile(self.cells.sums, np.flatnonzero(reached))

    def refuse_unproved(self) -> None:
        """Fail closed: every cell to protect has its two tables."""
        open_cells = np.flatnonzero(self.owed[1] + self.owed[-1])
        if len(open_cells):
            raise LinkageError(
                f"no safe table: {' / '.join(self.cells.places[open_cells[0]])} "
                "cannot be protected; nothing was exported"
            )

    def _prove_many(self, part: Any, direction: int) -> None:
        """Move many at once, within the suppressed counts, while that pays."""
        hidden = np.zeros(len(self.hidden), dtype=bool)
        hidden[part] = self.hidden[part]
        for among in _parts(self.cells.sums, hidden):
            self._while_it_pays(among, direction, gain=1.0)

    def _while_it_pays(self, among: Any, direction: int, *, gain: float) -> None:
        """Move a random share of the unproved cells, and smaller shares."""
        owed = self.owed[direction]
        share = 1.0
        while share > SMALLEST_SHARE:
            wanted = among[owed[among] > 0]
            before = len(wanted)
            if not before:
                return
            wanted = wanted[self.random.random(before) < share]
            moves = self._other_table(among, {}, direction, wanted, gain=gain)
            if moves is not None:
                self.hidden |= moves != 0
                self._accept(moves)
            proved = before - int((owed[among] > 0).sum())
            if proved < max(WORTHWHILE, WORTHWHILE_SHARE * before):
                share /= 2

    def _accept(self, moves: Any) -> None:
        """Take a table as proof, having checked that it is one."""
        other = self.cells.value + moves
        is_proof = (
            not (self.cells.sums @ moves).any()
            and (other >= self.cells.at_least).all()
            and not moves[~self.hidden].any()
        )
        if not is_proof:
            raise LinkageError("no safe table was found; nothing was exported")
        self.owed[1][moves >= self.owed[1]] = 0
        self.owed[-1][-moves >= self.owed[-1]] = 0

    def _other_table(
        self,
        among: Any,
        forced: dict[int, int],
        direction: int = 1,
        wanted: Any = (),
        *,
        gain: float = 1.0,
    ) -> Any:
        """Moves of all cells to another table with the cheapest suppressions; or None.

        Only cells `among` move. `forced` cells move by as much; `wanted` ones are
        rewarded for going as far as they are owed.
        """
        size = len(among)
        spare = (self.cells.value - self.cells.at_least)[among].astype(float)
        up, down = np.full(size, np.inf), spare.copy()
        least_up, least_down = np.zeros(size), np.zeros(size)
        cost = np.where(self.hidden[among], 0.01, self.cost[among])
        gains = np.zeros(size)
        position = {int(cell): at for at, cell in enumerate(among)}
        for cell, move in forced.items():
            if cell not in position or -move > spare[position[cell]]:
                return None
            at = position[cell]
            up[at] = least_up[at] = max(move, 0)
            down[at] = least_down[at] = max(-move, 0)
        for cell in wanted:
            at = position[int(cell)]
            owed = float(self.owed[direction][cell])
            gains[at] = gain / owed
            up[at], down[at] = (owed, 0.0) if direction > 0 else (0.0, owed)
        gain_up, gain_down = (gains, 0 * gains) if direction > 0 else (0 * gains, gains)
        whole = _solve(
            np.concatenate([cost - gain_up, cost - gain_down]),
            self.cells.sums[:, among],
            Bounds(np.concatenate([least_up, least_down]), np.concatenate([up, down])),
            insist=bool(forced) or gain == FAR,
        )
        if whole is None:
            return None
        moves = np.zeros(len(self.cells.value), np.int64)
        moves[among] = whole[:size] - whole[size:]
        return moves


def _solve(cost: Any, sums: Any, bounds: Bounds, *, insist: bool) -> Any:
    """The cheapest whole moves up and down that keep every sum; None if there is none.

    Without asking for whole numbers first: most often they come out whole. Only those
    who `insist` have them where they don't.
    """
    sums = sums[np.diff(sums.indptr) > 0]
    keep_sums = LinearConstraint(sparse.hstack([sums, -sums]), 0, 0)
    for integrality in (0, 1) if insist else (0,):
        found = milp(
            cost,
            constraints=keep_sums if sums.shape[0] else (),
            bounds=bounds,
            integrality=np.full(len(cost), integrality),
            options={"time_limit": SECONDS, "mip_rel_gap": 0.05},
        )
        # A solution stopped for time may not be the furthest a cell can go.
        if found.x is None or not found.success:
            return None
        whole = np.rint(found.x)
        if np.abs(found.x - whole).max() < WHOLE:
            return whole.astype(np.int64)
    return None


def _reach(cells: Cells, part: Any, direction: int) -> Any:
    """Largest move of each cell when only the part moves.

    Each bound follows from the others in one sum (the activity bounds of presolving,
    Savelsbergh 1994): a value beyond needs no program to be ruled out.
    """
    size = len(cells.value)
    low, high = np.zeros(size), np.zeros(size)
    low[part] = (cells.at_least - cells.value)[part]
    high[part] = np.inf
    sums = cells.sums.tocoo()
    (row, cell), sign = sums.coords, sums.data
    for _ in range(ROUNDS):
        before = np.concatenate([low, high])
        up = np.where(sign > 0, high[cell], -low[cell])
        down = np.where(sign > 0, low[cell], -high[cell])
        at_most, at_least = -_others(down, row), -_others(up, row)
        np.minimum.at(high, cell, np.where(sign > 0, at_most, -at_least))
        np.maximum.at(low, cell, np.where(sign > 0, at_least, -at_most))
        if (before == np.concatenate([low, high])).all():
            break
    return high if direction > 0 else -low


def _others(values: Any, row: Any) -> Any:
    """The sum of the others in its row, for each value; these may be infinite."""
    is_open = np.isinf(values)
    known = np.where(is_open, 0.0, values)
    total = np.bincount(row, known)[row] - known
    open_others = np.bincount(row, is_open)[row] - is_open
    sign = np.sign(values[is_open][0]) if is_open.any() else 1.0
    return np.where(open_others > 0, sign * np.inf, total)


def _mobile(sums: Any, among: Any) -> Any:
    """Those of the cells that no sum fixes once the others are fixed."""
    free = np.zeros(sums.shape[1], dtype=bool)
    free[among] = True
    ties = abs(sums)
    while True:
        alone = ties @ free.astype(np.int64) == 1
        held = free & (ties.T @ alone.astype(np.int64) > 0)
        if not held.any():
            return np.flatnonzero(free)
        free &= ~held


def _parts(sums: Any, may_move: Any) -> Iterator[Any]:
    """The cells that can move, in pieces that no sum ties together."""
    numbers = _mobile(sums, np.flatnonzero(may_move))
    if not len(numbers):
        return
    tied = abs(sums[:, numbers])
    _, label = sparse.csgraph.connected_components(tied.T @ tied, directed=False)
    order = np.argsort(label, kind="stable")
    edges = np.flatnonzero(np.diff(label[order])) + 1
    yield from np.split(numbers[order], edges)
