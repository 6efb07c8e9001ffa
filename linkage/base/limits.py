"""The engines' errors when memory or disk has run out."""

from __future__ import annotations

import errno

from linkage.base.errors import causes

MEMORY_FULL = ("out of memory error", "java heap space", "gc overhead limit exceeded")
TEMP_FULL = ("max_temp_directory_size",)
DISK_FULL = ("no space left", "file too large", "disk quota exceeded")


def is_disk_full(error: BaseException) -> bool:
    """Does the error, or its cause, report that nothing more can be written?"""
    return _says(error, DISK_FULL) or any(
        isinstance(cause, OSError)
        and cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        for cause in causes(error)
    )


def is_temp_full(error: BaseException) -> bool:
    """Does it report that the limit of spilled data is reached?"""
    return _says(error, TEMP_FULL)


def is_memory_full(error: BaseException) -> bool:
    """Does it report that the memory limit is reached, with nothing left to spill?"""
    return _says(error, MEMORY_FULL) and not is_temp_full(error)


def is_permission_lost(error: BaseException) -> bool:
    """Does it report that something may no longer be written?"""
    return _says(error, ("permission denied",))


def _says(error: BaseException, words: tuple[str, ...]) -> bool:
    return any(word in str(cause).lower() for cause in causes(error) for word in words)
