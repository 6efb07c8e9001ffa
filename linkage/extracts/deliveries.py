"""Deliveries on disk: a folder per date with every extract of a layout in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from linkage.base.errors import UnreadableInputError
from linkage.extracts.layouts import CRIS, Layout

FORMATS = (".csv", ".csv.gz", ".parquet")
SIMULATED_MARKER = "SIMULATED.txt"
TRUTH_FILE = "truth.json"


@dataclass(frozen=True)
class Delivery:
    """One delivery folder: its date as text, where it is, its format and layout."""

    name: str
    folder: Path
    file_format: str
    is_simulated: bool
    layout: Layout = CRIS

    def path(self, extract: str) -> Path:
        """Path of an extract of this delivery."""
        return self.folder / f"{extract}{self.file_format}"


def find_deliveries(extracts: Path, layout: Layout = CRIS) -> list[Delivery]:
    """List the deliveries under `extracts`, oldest first.

    Raises UnreadableInputError for a missing or empty folder, a sub-folder that is not
    a delivery date, two formats in one delivery, or a missing extract.
    """
    folders = find_folders(extracts)
    is_simulated = (extracts / TRUTH_FILE).exists()
    return [_read_folder(folder, layout, is_simulated) for folder in folders]


def find_folders(extracts: Path) -> list[Path]:
    """The folders of deliveries under `extracts`, oldest first.

    Raises UnreadableInputError for a missing or empty folder, and for a sub-folder that
    is not named by a date.
    """
    if not extracts.is_dir():
        raise UnreadableInputError(
            f"{extracts}: no such folder; name the folder that holds the deliveries "
            "with --extracts"
        )
    folders = sorted(
        entry
        for entry in extracts.iterdir()
        if entry.is_dir() and not entry.name.startswith(".")
    )
    if not folders:
        raise UnreadableInputError(
            f"{extracts}: holds no delivery; expected folders named YYYY-MM-DD"
        )
    for folder in folders:
        if not _is_date(folder.name):
            raise UnreadableInputError(
                f"{folder}: not a delivery name; a delivery folder is named by its "
                "date, YYYY-MM-DD; rename or remove it"
            )
    return folders


def _is_date(name: str) -> bool:
    try:
        return dt.date.fromisoformat(name).isoformat() == name
    except ValueError:
        return False


def _read_folder(folder: Path, layout: Layout, is_simulated: bool) -> Delivery:
    name = folder.name
    present = {
        suffix: [x for x in layout.extracts if (folder / f"{x}{suffix}").is_file()]
        for suffix in FORMATS
    }
    formats = [suffix for suffix in FORMATS if present[suffix]]
    if not formats:
        raise UnreadableInputError(
            f"delivery {name}: holds no extracts; expected "
            f"{', '.join(f'{x}.csv' for x in layout.extracts)} (or .csv.gz, or "
            ".parquet)"
        )
    if len(formats) > 1:
        raise UnreadableInputError(
            f"delivery {name}: files of two formats ({' and '.join(formats)}); "
            "a delivery has one format: remove the other files"
        )
    for extract in layout.extracts:
        if extract not in present[formats[0]]:
            raise UnreadableInputError(
                f"delivery {name}: {extract}{formats[0]} is missing; "
                f"deliver all {len(layout.extracts)} extracts together"
            )
    return Delivery(
        name=name,
        folder=folder,
        file_format=formats[0],
        is_simulated=is_simulated or (folder / SIMULATED_MARKER).exists(),
        layout=layout,
    )
