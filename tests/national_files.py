"""National files written for tests in the layouts that publishers have used."""

from __future__ import annotations

import csv
import gzip
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl

Value = str | int | None
Table = Sequence[Sequence[Value]]
# The columns of the tidy edition, and those of the publisher's own tables.
TIDY = [
    "financial_year",
    "financial_quarter",
    "force_name",
    "offence_description",
    "offence_group",
    "offence_subgroup",
    "offence_code",
    "offence_code_expired",
    "outcome_description",
    "outcome_group",
    "outcome_type",
    "force_outcomes_for_offences_recorded_in_quarter",
    "force_outcomes_recorded_in_quarter",
]
PUBLISHED = [
    "Financial Year",
    "Financial Quarter",
    "Force Name",
    "Offence Description",
    "Offence Group",
    "Offence Subgroup",
    "Offence Code",
    "Offence Code Expired?",
    "Outcome Description",
    "Outcome Group",
    "Outcome Type [note 2]",
    "Force Outcomes for Offences Recorded in Quarter",
    "Force Outcomes Recorded in Quarter",
]


def outcome_row(
    force: str = "Kent",
    year: str = "2021/22",
    quarter: Value = 1,
    subgroup: str = "Rape",
    group: str = "Sexual offences",
    code: str = "19C",
    outcome: Value = 16,
    tracked: Value = 5,
    untracked: Value = 4,
) -> list[Value]:
    """A row of the Home Office tables, in the order of their columns."""
    return [
        *(year, quarter, force, "An offence", group, subgroup, code, "FALSE"),
        *("An outcome", "A group", outcome, tracked, untracked),
    ]


def write_csv(path: Path, table: Table) -> Path:
    """A CSV, packed where its name ends in .gz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    opened = gzip.open if path.name.endswith(".gz") else open
    with opened(path, "wt", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(table)
    return path


def write_xlsx(path: Path, sheets: Mapping[str, Table]) -> Path:
    """A workbook with these sheets in their order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    workbook.remove(workbook.active)
    for name, table in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in table:
            sheet.append(list(row))
    workbook.save(path)
    return path


def write_ods(path: Path, sheets: Mapping[str, Table]) -> Path:
    """An OpenDocument spreadsheet, with runs of equal cells and rows written once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(_ods_row(row) for row in table)
        + '<table:table-row table:number-rows-repeated="1000">'
        '<table:table-cell table:number-columns-repeated="20"/></table:table-row>'
        "</table:table>"
        for name, table in sheets.items()
    )
    namespaces = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    content = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<office:document-content {namespaces} office:version="1.2"><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" '
        'manifest:media-type="text/xml"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("mimetype", kind)
        packed.writestr("content.xml", content)
        packed.writestr("META-INF/manifest.xml", manifest)
    return path


def _ods_row(row: Iterable[Value]) -> str:
    cells: list[tuple[Value, int]] = []
    for value in row:
        if cells and cells[-1][0] == value:
            cells[-1] = (value, cells[-1][1] + 1)
        else:
            cells.append((value, 1))
    return (
        "<table:table-row>"
        + "".join(_ods_cell(value, times) for value, times in cells)
        + "</table:table-row>"
    )


def _ods_cell(value: Value, times: int) -> str:
    repeated = f' table:number-columns-repeated="{times}"' if times > 1 else ""
    if value is None:
        return f"<table:table-cell{repeated}/>"
    kind = (
        f'office:value-type="float" office:value="{value}"'
        if isinstance(value, int)
        else 'office:value-type="string"'
    )
    return (
        f"<table:table-cell{repeated} {kind}><text:p>{escape(str(value))}</text:p>"
        "</table:table-cell>"
    )
