"""Draws a delivery of case files of the national study and writes it with its truth."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Literal

import pandas as pd

from linkage.simulator.arrays import generator
from linkage.simulator.national.dirt import DirtyInput, make_dirty
from linkage.simulator.national.prosecutions import DELIVERED, draw_suspects
from linkage.simulator.national.surveys import draw_surveys
from linkage.simulator.national.thematic import draw_offences, printed_counts
from linkage.simulator.national.truth import NationalSummary, write_truth
from linkage.simulator.national.victims_code import draw_audits, draw_reviews
from linkage.simulator.output import check_arguments, mark_simulated

FileFormat = Literal["csv", "csv.gz"]


def simulate(
    out: Path, cases: int, seed: int, dirt: float, file_format: FileFormat
) -> NationalSummary:
    """Write the delivery; see `simulate_national`."""
    check_arguments(out, "cases", cases, seed, dirt, file_format)
    if file_format not in ("csv", "csv.gz"):
        raise ValueError(
            f"file_format is {file_format!r}; a national file is csv or csv.gz"
        )
    samples, answers = draw_audits(seed)
    inputs = {
        "cps_suspects": draw_suspects(cases, seed),
        "thematic_counts": printed_counts(),
        "thematic_offences": draw_offences(cases, seed),
        "audit_samples": samples,
        "audit_answers": answers,
        "victim_surveys": draw_surveys(seed),
        "review_requests": draw_reviews(seed),
    }
    dirty = {
        name: make_dirty(name, rows, dirt, generator(seed, f"national dirt {name}"))
        for name, rows in inputs.items()
    }
    folder = out / DELIVERED.isoformat()
    folder.mkdir(parents=True)
    for name, one in dirty.items():
        _write(one, folder / f"{name}.{file_format}", file_format)
    mark_simulated(folder)
    arguments = {"cases": cases, "seed": seed, "dirt": dirt, "file_format": file_format}
    return write_truth(
        out,
        arguments,
        DELIVERED.isoformat(),
        {name: one.sound for name, one in dirty.items()},
        {name: one.reasons for name, one in dirty.items()},
        {name: len(one.rows) + one.short_rows for name, one in dirty.items()},
    )


def _write(one: DirtyInput, path: Path, file_format: FileFormat) -> None:
    """Write an input; its malformed rows come last, a column short."""
    text = one.rows.to_csv(index=False, lineterminator="\n")
    if one.short_rows:
        short = one.rows.iloc[:1, :-1]
        short = pd.concat([short] * one.short_rows)
        text += short.to_csv(index=False, header=False, lineterminator="\n")
    content = text.encode()
    if file_format == "csv.gz":
        content = gzip.compress(content, mtime=0)
    path.write_bytes(content)
