"""Every file that may hold a crime report: deliveries, publications, pages, logs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from linkage.base.errors import LinkageError, UnreadableInputError
from linkage.base.settings import PROJECT, RunSettings
from linkage.erasure import csv_rows, databases, parquet_rows, texts
from linkage.erasure.found import Found, Links
from linkage.erasure.references import References
from linkage.erasure.replacing import SUFFIX


class Purpose(Enum):
    """Purpose of a file."""

    DELIVERY = "delivery"
    PUBLICATION = "publication"
    BUILD = "build"
    OTHER = "other"


class Kind(Enum):
    """How a file is read."""

    CSV = "csv"
    PARQUET = "parquet"
    DUCKDB = "duckdb"
    TEXT = "text"


@dataclass(frozen=True)
class KeptFile:
    """A file under all the names that it has here: hard links to it."""

    names: tuple[Path, ...]
    purpose: Purpose
    kind: Kind

    @property
    def path(self) -> Path:
        """The name it is spoken of by."""
        return self.names[0]

    @property
    def links_elsewhere(self) -> int:
        """Names of the same file that are in none of the places searched."""
        return self.path.stat().st_nlink - len(self.names)

    def look(self, references: References) -> Found:
        """Its rows of the crime reports."""
        try:
            return self._look(references)
        except LinkageError:
            if self.purpose is Purpose.BUILD:  # It is removed with all its content.
                return Found()
            raise

    def _look(self, references: References) -> Found:
        if self.kind is Kind.CSV:
            return csv_rows.look(self.path, references)
        if self.kind is Kind.PARQUET:
            return parquet_rows.look(self.path, references)
        if self.kind is Kind.DUCKDB:
            # Build files are removed, not corrected: a count of rows is enough.
            return databases.look(
                self.path, references, keys_only=self.purpose is Purpose.BUILD
            )
        return texts.look(self.path, references)

    def look_again(self, references: References) -> Found:
        """The same, and whether its bytes hold one that no table shows."""
        found = self.look(references)
        if self.kind is Kind.DUCKDB and databases.in_free_blocks(self.path, references):
            found.mentions += 1
            found.where = found.where or "free blocks"
        return found

    def links(self, references: References, columns: Iterable[str]) -> dict[str, Links]:
        """By column, what rows of the crime reports name in it and what others do."""
        if self.kind is Kind.CSV:
            return csv_rows.links(self.path, references, columns)
        if self.kind is Kind.PARQUET:
            return parquet_rows.links(self.path, references, columns)
        return {}

    def keeps_rows(self, references: References) -> bool:
        """Is it more than a header without the crime reports?"""
        if self.kind is Kind.CSV:
            return csv_rows.keeps_rows(self.path, references)
        if self.kind is Kind.PARQUET:
            return parquet_rows.keeps_rows(self.path, references)
        return True


def find_files(settings: RunSettings, also: Sequence[Path] = ()) -> list[KeptFile]:
    """List the files, each once; the published warehouse's own file comes first.

    Raises UnreadableInputError where the folder of deliveries is not there.
    """
    if not settings.extracts.is_dir():
        raise UnreadableInputError(
            f"{settings.extracts}: no such folder; name the folder that holds the "
            "deliveries with --extracts (an empty one if there are none)"
        )
    found: dict[tuple[int, int], tuple[Purpose, list[Path]]] = {}
    for purpose, place in _places(settings, also):
        for path in _walk(place):
            status = path.stat()
            _, names = found.setdefault((status.st_dev, status.st_ino), (purpose, []))
            if path.resolve() not in names:
                names.append(path.resolve())
    return [
        KeptFile(tuple(names), purpose, _kind(names[0]))
        for purpose, names in found.values()
    ]


def clear_left_overs(settings: RunSettings, also: Sequence[Path] = ()) -> None:
    """Remove the unfinished files of an erasure that was killed."""
    for _, place in _places(settings, also):
        for folder, folders, files in os.walk(place, followlinks=False):
            for name in folders:
                if name.endswith(SUFFIX):
                    shutil.rmtree(Path(folder) / name)
            for name in files:
                if name.endswith((SUFFIX, f"{SUFFIX}.wal")):
                    (Path(folder) / name).unlink()


def clear_build(settings: RunSettings, *, with_target: bool) -> None:
    """Remove build files: raw rows, intake, tables, spilled memory.

    The lock stays, and so does dbt's folder, which is made of the project's own text.
    Files loaded and built by hand are removed whole.
    """
    shutil.rmtree(settings.dev_folder, ignore_errors=True)
    if not settings.build_folder.is_dir():
        return
    for path in settings.build_folder.iterdir():
        if path == settings.lock or (path == settings.target and not with_target):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _places(
    settings: RunSettings, also: Sequence[Path]
) -> Iterator[tuple[Purpose, Path]]:
    warehouse = settings.warehouse
    yield Purpose.PUBLICATION, warehouse
    yield Purpose.PUBLICATION, settings.publications
    yield Purpose.BUILD, settings.build_folder
    yield Purpose.BUILD, settings.dev_folder
    others = set(warehouse.parent.glob(f"{warehouse.name}.*"))
    others -= {settings.publications, settings.build_folder, settings.dev_folder}
    for path in sorted(others):
        yield Purpose.OTHER, path
    yield Purpose.DELIVERY, settings.extracts
    if home := os.environ.get("DAGSTER_HOME"):
        yield Purpose.OTHER, Path(home)
    yield Purpose.OTHER, PROJECT / ".dagster"
    yield Purpose.OTHER, PROJECT / "logs"
    yield Purpose.OTHER, Path.cwd() / "linkage-error.log"
    for path in also:
        if not path.exists():
            raise UnreadableInputError(f"{path}: no such file or folder")
        yield Purpose.OTHER, path


def _walk(place: Path) -> Iterator[Path]:
    """Files of a folder and of those it links to, each folder once."""
    if place.is_file():
        yield place
    seen: set[Path] = set()
    for name, folders, files in os.walk(place, followlinks=True):
        folder = Path(name)
        if folder.resolve() in seen:
            folders.clear()
            continue
        seen.add(folder.resolve())
        folders.sort()
        yield from (
            path
            for path in sorted(folder / file for file in files)
            if path.is_file()  # no sockets, no links to nowhere
        )


def _kind(path: Path) -> Kind:
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head[8:12] == b"DUCK":
        return Kind.DUCKDB
    if head.startswith(b"PAR1"):
        return Kind.PARQUET
    is_csv = path.name.endswith((".csv", ".csv.gz"))
    is_packed = head.startswith(b"\x1f\x8b")
    is_wide = b"\0" in head and not is_packed
    if is_csv and not is_wide and is_packed == path.name.endswith(".gz"):
        return Kind.CSV
    return Kind.TEXT
