"""Earlier publications: each is kept under its number, to read, compare or restore.

<warehouse>.publications/00012.duckdb      DuckDB: the same file under a second name
<warehouse>/versions/00031/                Spark: a version names its publication
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.publication import publications
from linkage.publication.parquet_versions import (
    current_version,
    link_files,
    open_folder,
    version_folders,
)


def keep(settings: RunSettings) -> None:
    """Keep the published DuckDB file under its number, and forget the oldest.

    The file is kept, not copied, where the disk supports links: publishing renames, so
    that nothing ever writes into it again.
    """
    number = _published_number(settings)
    if number is None:
        return
    folder = settings.publications
    folder.mkdir(exist_ok=True)
    new = folder / "next"
    new.unlink(missing_ok=True)
    try:
        os.link(settings.warehouse, new)
    except OSError:
        shutil.copyfile(settings.warehouse, new)
    new.replace(folder / f"{number:05}.duckdb")
    for path in sorted(folder.glob("*.duckdb"))[: -settings.kept_publications]:
        path.unlink()


def keep_lost(settings: RunSettings) -> None:
    """Keep the version to be replaced, unless kept: a run may have been killed before.

    Or somebody has deleted it, and the published file still is the same.
    """
    if _published_number(settings) not in (None, *kept_publications(settings)):
        keep(settings)


def _published_number(settings: RunSettings) -> int | None:
    """Number of the published DuckDB file; None if no publication has one."""
    if settings.engine == "spark" or not settings.warehouse.exists():
        return None
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        if not publications.are_recorded(connection):
            return None
        return publications.latest_publication(connection)


def keep_docs(settings: RunSettings) -> None:
    """Keep the Data Docs with the publication that they are of."""
    kept = kept_publications(settings)
    if not kept or not settings.data_docs.exists():
        return
    settings.publications.mkdir(exist_ok=True)
    _link_tree(settings.data_docs, _docs_of(settings, max(kept)))
    for folder in settings.publications.glob("*.data_docs"):
        if int(folder.stem) not in kept:
            shutil.rmtree(folder)


def restore_docs(settings: RunSettings, number: int) -> None:
    """Put the Data Docs of a kept publication in the place of the current ones."""
    kept = _docs_of(settings, number)
    if kept.exists():
        _link_tree(kept, settings.data_docs)
        keep_docs(settings)


def _docs_of(settings: RunSettings, number: int) -> Path:
    return settings.publications / f"{number:05}.data_docs"


def _link_tree(source: Path, target: Path) -> None:
    """The same files under another name; the folder is replaced as a whole."""
    new = target.with_name(target.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    link_files(source, new)
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)


def kept_publications(settings: RunSettings) -> dict[int, Path]:
    """Path of each kept publication, by its number, the current one included."""
    if settings.engine == "spark":
        return _spark_publications(settings)
    return {
        int(path.stem): path for path in sorted(settings.publications.glob("*.duckdb"))
    }


@contextmanager
def open_publication(
    settings: RunSettings, number: int
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A kept publication for reading by SQL. Raises LinkageError if it is not kept."""
    path = find_publication(settings, number)
    with (
        open_folder(path)
        if path.is_dir()
        else duckdb.connect(str(path), read_only=True)
    ) as connection:
        yield connection


def find_publication(settings: RunSettings, number: int) -> Path:
    """Where a publication is kept. Raises LinkageError if it is not."""
    kept = kept_publications(settings)
    if number not in kept:
        raise LinkageError(
            f"publication {number} is not kept; there are "
            f"{', '.join(map(str, kept)) or 'none'} (LINKAGE_KEPT_PUBLICATIONS says "
            "how many are)"
        )
    return kept[number]


def _spark_publications(settings: RunSettings) -> dict[int, Path]:
    """The latest version of each publication; not those after the current one."""
    found: dict[int, Path] = {}
    current = current_version(settings)
    for folder in version_folders(settings.warehouse):
        if folder <= current:
            with open_folder(folder) as connection:
                if publications.are_recorded(connection):
                    found[publications.latest_publication(connection)] = folder
    return found
