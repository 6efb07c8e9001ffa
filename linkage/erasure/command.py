"""`linkage forget`: from the request to the lines of its result."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from linkage.base.errors import LinkageError, UnreadableInputError
from linkage.base.settings import RunSettings
from linkage.erasure.forget import (
    ErasureProof,
    Say,
    forget,
    reports_in_words,
    rows_in_words,
)
from linkage.erasure.places import Purpose
from linkage.erasure.retention import expired

IN_WORDS = {
    Purpose.DELIVERY: "files of deliveries",
    Purpose.PUBLICATION: "files of publications",
    Purpose.BUILD: "files left by builds",
    Purpose.OTHER: "pages, logs and other files",
}


def run_forget(
    settings: RunSettings,
    crime_refs: Sequence[str],
    refs_file: Path | None,
    expired_months: int | None,
    *,
    also: Sequence[Path] = (),
    progress: Say = None,
) -> list[str]:
    """Erase crime reports and report it in lines that name none of them.

    `refs_file` holds a reference to a line, `-` is standard input; `expired_months` is
    given where those beyond the retention period are to be forgotten, and then alone.
    The caller holds the warehouse's lock. Raises LinkageError as `forget` does.
    """
    is_asked = bool(crime_refs) or refs_file is not None
    if is_asked == (expired_months is not None):
        raise LinkageError(
            "forget: name crime reports with --crime-ref or --from-file, or those "
            "beyond the retention period with --expired"
        )
    if expired_months is None:
        refs = [*crime_refs, *(_read(refs_file) if refs_file else ())]
        return in_lines(forget(settings, refs, also=also, progress=progress))
    refs = expired(settings, expired_months)
    if not refs:
        return [f"No crime report is older than {expired_months} months."]
    return in_lines(
        forget(settings, refs, reason="retention", also=also, progress=progress)
    )


def _read(path: Path) -> list[str]:
    try:
        text = (
            sys.stdin.read()
            if str(path) == "-"
            else path.read_text(encoding="utf-8-sig")
        )
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInputError(
            f"{path}: cannot be read; write one crime reference to a line, in UTF-8"
        ) from error
    return text.splitlines()


def in_lines(proof: ErasureProof) -> list[str]:
    """Rows removed by place, rows left, and places out of reach."""
    lines = [f"Forgotten: {reports_in_words(proof.reports)} ({proof.reason})"]
    for purpose, words in IN_WORDS.items():
        own = [place for place in proof.places if place.purpose == purpose.value]
        lines.append(
            f"  {words}: {len(own):,} searched again, "
            f"{rows_in_words(sum(p.removed for p in own))} removed, "
            f"{sum(p.left for p in own)} left"
        )
        lines += [
            f"    {place.place}: {rows_in_words(place.removed)} removed"
            for place in own
            if place.removed
        ]
    lines += [f"  delivery {name}: removed, nothing was left" for name in proof.emptied]
    lines += [f"  {note}" for note in proof.notes]
    if proof.not_found:
        lines.append(
            f"  {reports_in_words(proof.not_found)} asked for: in no delivery and no "
            "publication"
        )
    if not proof.is_recorded:
        lines.append("  no published warehouse, so that no history tells of it")
    lines.append("Counts and rates have it in them until the next `linkage run`.")
    lines.append(f"Out of reach: {'; '.join(proof.out_of_reach)}.")
    return lines
