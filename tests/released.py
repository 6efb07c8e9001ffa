"""Released counts, worked out a second time from the records."""

from __future__ import annotations

from collections.abc import Iterable

from linkage.extracts.record_key import KEYS, record_key, secret_of
from tests.running import PublishedRun

BASE, FEWEST = 5, 10


def released(
    run: PublishedRun, references: Iterable[str], count: int | None = None
) -> int | None:
    """What a count of these records is released as; None for `fewer than 10`.

    Without `count`, each record counts once.
    """
    secret = secret_of(run.settings)
    keys = [record_key(secret, one) for one in references]
    counted = len(keys) if count is None else count
    rest = counted % BASE
    goes_up = sum(keys) % KEYS < round(KEYS * rest / BASE)
    shown = counted - rest + (BASE if goes_up else 0)
    return shown if shown >= FEWEST else None
