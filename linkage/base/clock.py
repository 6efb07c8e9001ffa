"""The time as the warehouse writes it."""

from __future__ import annotations

import datetime as dt


def utc_now() -> dt.datetime:
    """The current second, UTC, without a zone: as a timestamp column holds it."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0, tzinfo=None)
