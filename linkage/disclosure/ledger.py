"""Earlier exports with their true counts: `<warehouse>.exports`, never leaves.

One Parquet file for each export of a group of tables whose counts were new. The folder
and its files are for their owner alone.
"""

from __future__ import annotations

import io
import os

import numpy as np
import pandas as pd

from linkage.base.errors import WarehouseUnwritableError
from linkage.base.settings import RunSettings


def earlier_exports(settings: RunSettings, group: str) -> list[pd.DataFrame]:
    """Every earlier export of the group, oldest first: `value` and `why` by place."""
    return [
        pd.read_parquet(path)
        for path in sorted(settings.exports.glob(f"{group}-*.parquet"))
    ]


def is_same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Are these the same counts of the same places under the same rules?"""
    return one.index.equals(other.index) and all(
        np.array_equal(one[name], other[name]) for name in ("value", "rules")
    )


def keep_export(settings: RunSettings, group: str, export: pd.DataFrame) -> None:
    """Add an export to the ledger, unless it repeats the latest one.

    Raises WarehouseUnwritableError: a table that can't be recorded is not exported.
    """
    folder = settings.exports
    earlier = earlier_exports(settings, group)
    if earlier and earlier[-1].equals(export):
        return
    content = io.BytesIO()
    export.to_parquet(content)
    path = folder / f"{group}-{len(earlier) + 1:06}.parquet"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.getvalue())
    except OSError as error:
        raise WarehouseUnwritableError(
            f"{path}: cannot be written ({error.strerror}); nothing was exported"
        ) from error
