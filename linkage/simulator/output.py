"""The folder of a simulation: refused where in use, marked as not real."""

from __future__ import annotations

from pathlib import Path

MARKER = "SIMULATED.txt"
MARKER_TEXT = (
    "These data are SIMULATED: no person, crime or outcome in them is real; "
    "see docs/simulator.md.\n"
)


def check_arguments(
    out: Path, size_name: str, size: int, seed: int, dirt: float, file_format: str
) -> None:
    """Refuse arguments out of range and a folder in use, before anything is drawn."""
    if size < 1:
        raise ValueError(f"{size_name} is {size}; it must be 1 or more")
    if seed < 0:
        raise ValueError(f"seed is {seed}; it must be 0 or more")
    if not 0.0 <= dirt <= 1.0:
        raise ValueError(f"dirt is {dirt}; it is a share of rows, from 0 to 1")
    if file_format not in ("csv", "csv.gz", "parquet"):
        raise ValueError(
            f"file_format is {file_format!r}; it must be csv, csv.gz or parquet"
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(
            f"{out} already holds something; give a folder that is empty or new"
        )


def mark_simulated(folder: Path) -> None:
    """State in the folder itself that nothing in it is real."""
    (folder / MARKER).write_text(MARKER_TEXT, encoding="utf-8")
