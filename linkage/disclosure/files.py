"""The four formats of an exported table. Each file describes itself."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from linkage.base.errors import LinkageError

About = Mapping[str, str]


def write_file(frame: pd.DataFrame, about: About, out: Path) -> None:
    """Write the table in the format of the suffix, whole or not at all.

    Raises LinkageError for another suffix or a place that can't be written.
    """
    refuse_suffix(out)
    partial = out.with_name(f".{out.name}.part")
    try:
        WRITERS[out.suffix](frame, about, partial)
        partial.replace(out)
    except OSError as error:
        raise LinkageError(f"{out}: cannot be written ({error.strerror})") from error
    finally:
        partial.unlink(missing_ok=True)


def refuse_suffix(out: Path) -> None:
    """LinkageError unless the file's name has the suffix of a known format."""
    if out.suffix not in WRITERS:
        raise LinkageError(f"{out}: name a file that ends in {', '.join(WRITERS)}")


def _csv(frame: pd.DataFrame, about: About, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n")


def _parquet(frame: pd.DataFrame, about: About, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table.replace_schema_metadata(dict(about)), path)


def _json(frame: pd.DataFrame, about: About, path: Path) -> None:
    # pandas writes days as milliseconds.
    days = frame.map(lambda one: str(one) if isinstance(one, dt.date) else one)
    rows = json.loads(days.to_json(orient="records", double_precision=15))
    path.write_text(
        json.dumps({"about": dict(about), "rows": rows}, indent=1, ensure_ascii=False),
        encoding="utf-8",
    )


def _xlsx(frame: pd.DataFrame, about: About, path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.properties.creator = None
    book.properties.created = book.properties.modified = dt.datetime(2000, 1, 1)
    notes = book.active
    assert notes is not None
    notes.title = "Notes"
    for name, text in about.items():
        notes.append([name, text])
    sheet = book.create_sheet("Table")
    sheet.append(list(frame.columns))
    # The stubs do not know that None is a value like others.
    given = frame.astype(object).where(frame.notna(), None)  # type: ignore[call-overload]
    for row in given.itertuples(index=False):
        sheet.append(list(row))
    # Text that begins with = stays text.
    for cells in sheet.iter_rows():
        for cell in cells:
            if cell.data_type == "f":
                cell.data_type = "s"
    book.save(path)


WRITERS: dict[str, Callable[[pd.DataFrame, About, Path], None]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".xlsx": _xlsx,
    ".json": _json,
}
