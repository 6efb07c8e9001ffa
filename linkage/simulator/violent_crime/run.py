"""Draws a violent-crime delivery and writes it with its truth."""

from __future__ import annotations

import gzip
from pathlib import Path

from linkage.simulator.arrays import generator
from linkage.simulator.columns import Table
from linkage.simulator.output import check_arguments, mark_simulated
from linkage.simulator.violent_crime.crimes import (
    DELIVERED,
    draw_crimes,
    draw_offenders,
    draw_victims,
)
from linkage.simulator.violent_crime.dirt import DirtyTable, make_dirty
from linkage.simulator.violent_crime.outcomes import draw_outcomes
from linkage.simulator.violent_crime.tables import lay_out
from linkage.simulator.violent_crime.truth import (
    Arguments,
    ViolentCrimeSummary,
    write_truth,
)
from linkage.simulator.writing import FileFormat, write_table


def simulate(
    out: Path, arguments: Arguments, file_format: FileFormat
) -> ViolentCrimeSummary:
    """Write the delivery; see `simulate_violent_crime`."""
    seed, is_informative = arguments.seed, arguments.is_missingness_informative
    check_arguments(
        out, "crimes", arguments.crimes, seed, arguments.dirt, arguments.file_format
    )
    crimes = draw_crimes(arguments.crimes, seed)
    victim_root = draw_victims(crimes, seed, is_missingness_informative=is_informative)
    offenders = draw_offenders(crimes, seed)
    drawn = draw_outcomes(
        crimes, offenders, seed, is_missingness_informative=is_informative
    )
    extracts = lay_out(crimes, victim_root, offenders, drawn, seed)
    dirty = {
        extract: make_dirty(
            extract,
            table,
            arguments.dirt,
            file_format,
            generator(seed, f"violent crime dirt {extract}"),
        )
        for extract, table in extracts.tables.items()
    }
    folder = out / DELIVERED.isoformat()
    folder.mkdir(parents=True)
    for extract, one in dirty.items():
        _write(one, folder / f"{extract}.{file_format}", file_format)
    mark_simulated(folder)
    return write_truth(out, arguments, crimes, extracts, drawn, dirty)


def _write(dirty: DirtyTable, path: Path, file_format: FileFormat) -> None:
    """Write an extract; its malformed rows come last, a column short."""
    write_table(dirty.table.take(~dirty.is_malformed), path, file_format)
    if not dirty.is_malformed.any():
        return
    text = _short_rows(dirty.table.take(dirty.is_malformed)).encode()
    # A gzip file may have several parts.
    with path.open("ab") as stream:
        stream.write(gzip.compress(text, mtime=0) if file_format == "csv.gz" else text)


def _short_rows(table: Table) -> str:
    texts = [column.texts() for column in list(table.columns.values())[:-1]]
    return "".join(
        ",".join(f'"{value}"' if value else "" for value in row) + "\n"
        for row in zip(*texts, strict=True)
    )
