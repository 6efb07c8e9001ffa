"""Build beside, publish by an atomic rename: readers keep what they have open."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from linkage.errors import WarehouseBusyError, WarehouseUnwritableError, causes
from linkage.settings import RunSettings

# How DuckDB says that nothing more can be written.
DISK_FULL = ("no space left", "file too large", "max_temp_directory_size")


@contextmanager
def one_run_at_a_time(settings: RunSettings) -> Iterator[None]:
    """Hold the warehouse for one run; the lock ends with the process, however it ends.

    Raises WarehouseBusyError when another run holds it or another program has the
    published file open for writing, WarehouseUnwritableError when its folder can't
    be written.
    """
    try:
        settings.build_folder.mkdir(parents=True, exist_ok=True)
        handle = settings.lock.open("a+")
    except OSError as error:
        raise WarehouseUnwritableError(
            f"{settings.build_folder}: cannot be written ({error.strerror}); "
            "choose another place with --warehouse"
        ) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise WarehouseBusyError(
                f"{settings.warehouse}: another run is building it; "
                "wait until it has ended"
            ) from error
        refuse_open_for_writing(settings.warehouse)
        yield


def refuse_open_for_writing(warehouse: Path) -> None:
    """Raise WarehouseBusyError if another program writes to the published file.

    Readers are welcome: they keep the version they opened.
    """
    if not warehouse.exists():
        return
    if warehouse.is_dir():
        raise WarehouseUnwritableError(
            f"{warehouse}: is a folder; name a file with --warehouse"
        )
    try:
        duckdb.connect(str(warehouse), read_only=True).close()
    except duckdb.IOException as error:
        if "lock" not in str(error).lower():
            raise WarehouseUnwritableError(
                f"{warehouse}: is there but is not a DuckDB file; move it away or "
                "choose another place with --warehouse"
            ) from error
        raise WarehouseBusyError(
            f"{warehouse}: another program has it open for writing; close it (open "
            "the published warehouse read-only) and run again"
        ) from error


def start_afresh(settings: RunSettings) -> None:
    """Remove what an earlier run, ended or killed, left in the build folder."""
    for path in (settings.build, settings.intake):
        path.unlink(missing_ok=True)
        path.with_name(path.name + ".wal").unlink(missing_ok=True)
    for folder in (settings.temp, settings.audited_docs):
        shutil.rmtree(folder, ignore_errors=True)
    settings.temp.mkdir(parents=True, exist_ok=True)


def publish(settings: RunSettings) -> None:
    """Make the build file the published warehouse, in one rename.

    Data Docs follow: a page is never older than the warehouse by more than the
    instant between two renames.
    """
    _publish_file(settings.build, settings.warehouse)
    if settings.audited_docs.exists():
        old = settings.build_folder / "data_docs.old"
        shutil.rmtree(old, ignore_errors=True)
        if settings.data_docs.exists():
            settings.data_docs.rename(old)
        settings.audited_docs.rename(settings.data_docs)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def next_version(settings: RunSettings) -> Iterator[Path]:
    """A copy of the published warehouse to add to; published when the block ends well.

    Yields the path of the copy. The published file is not touched on an error.
    """
    if not settings.warehouse.exists():
        raise WarehouseUnwritableError(
            f"{settings.warehouse}: no published warehouse; run `linkage run` first"
        )
    copy = settings.build_folder / "next.duckdb"
    copy.unlink(missing_ok=True)
    try:
        shutil.copyfile(settings.warehouse, copy)
        yield copy
        _publish_file(copy, settings.warehouse)
    finally:
        copy.unlink(missing_ok=True)


def _publish_file(build: Path, warehouse: Path) -> None:
    # A connection that closes writes its log into the file: nothing is left beside it.
    with duckdb.connect(str(build)) as connection:
        connection.execute("checkpoint").fetchall()
    with build.open("rb") as handle:
        os.fsync(handle.fileno())
    build.replace(warehouse)
    folder = os.open(warehouse.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def is_disk_full(error: BaseException) -> bool:
    """Does the error, or what caused it, say that nothing more can be written?"""
    for cause in causes(error):
        if isinstance(cause, OSError) and cause.errno in (
            errno.ENOSPC,
            errno.EDQUOT,
            errno.EFBIG,
        ):
            return True
        text = str(cause).lower()
        if any(words in text for words in DISK_FULL):
            return True
    return False


def is_memory_full(error: BaseException) -> bool:
    """Does the error, or what caused it, say that DuckDB's memory limit is reached?"""
    return any("out of memory error" in str(cause).lower() for cause in causes(error))
