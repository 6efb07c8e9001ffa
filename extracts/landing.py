"""Has anything landed? A folder of deliveries as one short text, once settled."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

# A file that was written to less than so many seconds ago may still be on its way.
SETTLED_SECONDS = 120.0


def landing_state(
    extracts: Path, settled_seconds: float = SETTLED_SECONDS
) -> str | None:
    """Names, sizes and times of all files as a checksum.

    None while the folder is missing or empty, or a file is still being written.
    """
    if not extracts.is_dir():
        return None
    files = sorted(path for path in extracts.rglob("*") if path.is_file())
    if not files:
        return None
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
