"""A file is either unchanged or complete: written next to the old, then renamed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb

from linkage.base.errors import LinkageError, WarehouseUnwritableError
from linkage.base.limits import is_disk_full
from linkage.publication.durable import sync

SUFFIX = ".forgetting"


def replace_file(names: Sequence[Path], write: Callable[[Path], None]) -> None:
    """Rewrite a file and replace it under each of its names.

    `names` are hard links to one file; afterwards they are again links to one file,
    with its owner and permissions. Readers of the old file are not disturbed.
    """
    first = names[0]
    new = _beside(first)
    _remove(new)
    try:
        with explained(first):
            write(new)
            _take_permissions(first, new)
            sync(new)
            for other in names[1:]:
                link = _beside(other)
                link.unlink(missing_ok=True)
                os.link(new, link)
                link.replace(other)
            new.replace(first)
            for folder in {name.parent for name in names}:
                sync(folder)
    except BaseException:
        _remove(new)
        raise


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an error of the disk into one line."""
    try:
        yield
    except OSError as error:
        raise _unwritable(path, error.strerror or type(error).__name__) from error
    except duckdb.Error as error:
        if is_disk_full(error):
            raise _unwritable(path, "the disk is full") from error
        if isinstance(error, duckdb.IOException):
            raise _unwritable(path, "no permission, or the disk failed") from error
        raise


def _unwritable(path: Path, why: str) -> LinkageError:
    return WarehouseUnwritableError(
        f"{path}: cannot be written ({why}); every file is whole, but not all are "
        "done: correct it and run `linkage forget` again"
    )


def _beside(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


def _remove(new: Path) -> None:
    with contextlib.suppress(OSError):
        new.unlink(missing_ok=True)
        new.with_name(new.name + ".wal").unlink(missing_ok=True)


def _take_permissions(old: Path, new: Path) -> None:
    status = old.stat()
    new.chmod(status.st_mode & 0o7777)
    with contextlib.suppress(PermissionError):
        os.chown(new, status.st_uid, status.st_gid)
