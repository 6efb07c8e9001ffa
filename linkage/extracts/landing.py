"""Has anything landed? A folder of deliveries as one short text, once settled."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from linkage.base.errors import UnreadableInputError

# A file that was written to less than so many seconds ago may still be on its way.
SETTLED_SECONDS = 120.0


def landing_state(
    extracts: Path, settled_seconds: float = SETTLED_SECONDS
) -> str | None:
    """Names, sizes and times of all files as a checksum.

    None while a file is still being written. Raises UnreadableInputError where the
    folder is missing, empty or unreadable.
    """
    try:
        return _state(extracts, settled_seconds)
    except FileNotFoundError:
        # It was moved while the folder was read.
        return None
    except OSError as error:
        raise UnreadableInputError(
            f"{extracts}: cannot be read ({error.strerror})"
        ) from error


def _state(extracts: Path, settled_seconds: float) -> str | None:
    if not extracts.is_dir():
        raise UnreadableInputError(
            f"{extracts}: no such folder; land deliveries there, or mount it"
        )
    files = sorted(path for path in extracts.rglob("*") if path.is_file())
    if not files:
        raise UnreadableInputError(f"{extracts}: holds no file; land deliveries there")
    digest, youngest = hashlib.sha256(), 0.0
    for path in files:
        found = path.stat()
        youngest = max(youngest, found.st_mtime)
        name = path.relative_to(extracts)
        digest.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    # A clock that was set back would keep a file young for ever.
    if 0 <= time.time() - youngest < settled_seconds:
        return None
    return digest.hexdigest()
