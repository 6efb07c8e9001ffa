"""The secret of a warehouse that record keys are made with (docs/disclosure.md)."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets

import duckdb

from linkage.base.errors import WarehouseUnwritableError
from linkage.base.settings import RunSettings

TABLE = "raw.record_key"
BLOCK = 64  # bytes, of SHA-256
KEYS = 4096


def secret_of(settings: RunSettings) -> bytes:
    """The warehouse's secret, 32 bytes: made once, for the owner alone.

    Publications and rollbacks keep it, so that a count changes only with its records.
    Raises WarehouseUnwritableError where its file can't be written or read.
    """
    path = settings.record_key
    try:
        with os.fdopen(
            os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w"
        ) as stream:
            stream.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    except OSError as error:
        raise WarehouseUnwritableError(
            f"{path}: cannot be written ({error.strerror})"
        ) from error
    try:
        return bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise WarehouseUnwritableError(
            f"{path}: is not the secret of a warehouse; put it back from a backup, or "
            "remove it to have a new one: released counts will then change"
        ) from error


def write_record_key(
    connection: duckdb.DuckDBPyConnection, settings: RunSettings
) -> None:
    """Put the two padded keys of HMAC-SHA256 (RFC 2104) into the intake."""
    secret = secret_of(settings).ljust(BLOCK, b"\0")
    inner, outer = (bytes(one ^ pad for one in secret) for pad in (0x36, 0x5C))
    connection.execute(
        f"create or replace table {TABLE} as "
        "select cast(? as varchar) as inner_key, cast(? as varchar) as outer_key",
        [inner.hex(), outer.hex()],
    ).fetchall()


def record_key(secret: bytes, reference: str) -> int:
    """The key of a record, as `macros/release.sql` has it: 0 to 4095."""
    digest = hmac.new(secret, reference.encode(), hashlib.sha256).hexdigest()
    return int(digest[:3], 16)
