"""What a CRIS delivery looks like on disk (docs/contracts: the input contract)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from linkage.errors import UnreadableInputError

OFFENCES = (
    "crime_ref",
    "offence_no",
    "offence_role",
    "major_crime",
    "minor_crime",
    "offence",
    "outcome_code",
    "outcome_on",
    "committed_on",
    "reported_on",
    "recorded_on",
    "investigation_completed_on",
    "borough",
    "venue_type",
    "how_notified",
)
VICTIMS = (
    "crime_ref",
    "victim_no",
    "sex",
    "gender",
    "age_at_report",
    "ethnic_appearance",
    "self_defined_ethnicity",
    "nationality",
    "disability",
    "vulnerability",
    "injury_degree",
    "reported_cr_last_12_months",
    "cris_repeat_victim",
    "repeat_victim",
)
SUSPECTS = (
    "crime_ref",
    "suspect_no",
    "sex",
    "age_at_report",
    "ethnic_appearance",
    "self_defined_ethnicity",
    "nationality",
    "disability",
    "pnc_status",
    "how_known",
    "arrested_on_scene",
    "arrested",
    "interviewed",
)
EXTRACTS: dict[str, tuple[str, ...]] = {
    "offences": OFFENCES,
    "victims": VICTIMS,
    "suspects": SUSPECTS,
    "flags": ("crime_ref", "flag"),
    "knife_crime_features": ("crime_ref", "feature"),
}
FORMATS = (".csv", ".csv.gz", ".parquet")
SIMULATED_MARKER = "SIMULATED.txt"
TRUTH_FILE = "truth.json"


@dataclass(frozen=True)
class Delivery:
    """One delivery folder: its date as text, where it is, its one file format."""

    name: str
    folder: Path
    file_format: str
    is_simulated: bool

    def path(self, extract: str) -> Path:
        """Where an extract of this delivery lies."""
        return self.folder / f"{extract}{self.file_format}"


def find_deliveries(extracts: Path) -> list[Delivery]:
    """List the deliveries under `extracts`, oldest first.

    Raises UnreadableInputError for a missing or empty folder, a sub-folder that is not
    a delivery date, two formats in one delivery, or a missing extract.
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
    is_simulated = (extracts / TRUTH_FILE).exists()
    return [_read_folder(folder, is_simulated) for folder in folders]


def _read_folder(folder: Path, is_simulated: bool) -> Delivery:
    name = folder.name
    try:
        is_date = dt.date.fromisoformat(name).isoformat() == name
    except ValueError:
        is_date = False
    if not is_date:
        raise UnreadableInputError(
            f"{folder}: not a delivery name; a delivery folder is named by its date, "
            "YYYY-MM-DD; rename or remove it"
        )
    present = {
        suffix: [x for x in EXTRACTS if (folder / f"{x}{suffix}").is_file()]
        for suffix in FORMATS
    }
    formats = [suffix for suffix in FORMATS if present[suffix]]
    if not formats:
        raise UnreadableInputError(
            f"delivery {name}: holds no extracts; expected "
            f"{', '.join(f'{x}.csv' for x in EXTRACTS)} (or .csv.gz, or .parquet)"
        )
    if len(formats) > 1:
        raise UnreadableInputError(
            f"delivery {name}: files of two formats ({' and '.join(formats)}); "
            "a delivery has one format: remove the other files"
        )
    for extract in EXTRACTS:
        if extract not in present[formats[0]]:
            raise UnreadableInputError(
                f"delivery {name}: {extract}{formats[0]} is missing; "
                "deliver all five extracts together"
            )
    return Delivery(
        name=name,
        folder=folder,
        file_format=formats[0],
        is_simulated=is_simulated or (folder / SIMULATED_MARKER).exists(),
    )
