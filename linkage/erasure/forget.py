"""Forget crime reports: in deliveries, publications and build files; prove it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.erasure import csv_rows, databases, parquet_rows
from linkage.erasure.databases import ERASURES, Erasure
from linkage.erasure.found import Found, Links
from linkage.erasure.places import (
    KeptFile,
    Kind,
    Purpose,
    clear_build,
    clear_left_overs,
    find_files,
)
from linkage.erasure.references import KEY, References
from linkage.erasure.replacing import SUFFIX, explained, replace_file
from linkage.extracts.deliveries import SIMULATED_MARKER
from linkage.extracts.layouts import LAYOUTS

REASONS = ("request", "retention")
OUT_OF_REACH = (
    "backups and snapshots of these folders",
    "files exported or copied elsewhere (name their folders with --also)",
    "the source system, which may deliver the report again",
    "blocks that the disk has freed but not yet overwritten",
)
Say = Callable[[str], None] | None
Surveyed = dict[KeptFile, Found]


@dataclass(frozen=True)
class Place:
    """A searched file: rows removed, and matches left (always 0)."""

    place: str
    purpose: str
    removed: int
    left: int


@dataclass(frozen=True)
class ErasureProof:
    """Result of an erasure, and of the search after it.

    `not_found` counts references that were nowhere; `emptied` names deliveries that
    were removed whole, as nothing was left of them; `is_recorded`: a warehouse's
    history records the erasure; `notes` list the remaining work.
    """

    reports: int
    not_found: int
    reason: str
    places: tuple[Place, ...]
    emptied: tuple[str, ...]
    is_recorded: bool
    notes: tuple[str, ...] = ()
    out_of_reach: tuple[str, ...] = OUT_OF_REACH

    @property
    def rows_removed(self) -> int:
        """Rows removed from files that stay; build files are removed whole."""
        return sum(p.removed for p in self.places if p.purpose != Purpose.BUILD.value)


def forget(
    settings: RunSettings,
    crime_refs: Sequence[str],
    *,
    reason: str = "request",
    also: Sequence[Path] = (),
    progress: Say = None,
) -> ErasureProof:
    """Erase crime reports from every file within reach, then search them all again.

    The caller holds the warehouse's lock. A file is replaced whole or not at all, the
    published warehouse last: an erasure that was killed is finished by the same call.
    Rates and counts still have the reports in them until the next run. Raises
    LinkageError, before anything is changed, if none of the reports is found, or if a
    text without rows names one.
    """
    _refuse_public(settings)
    references = References.of(crime_refs)
    clear_left_overs(settings, also)
    if settings.engine == "duckdb" and settings.warehouse.is_file():
        databases.settle(settings.warehouse)
    files = find_files(settings, also)
    references, shared = _with_linked(settings, files, references)
    surveyed = _survey(files, references, progress)
    known = _known(surveyed, references)
    _refuse_mentions(surveyed)
    notes = [*_links_elsewhere(surveyed), *shared]
    # The keys of these rows must still exist if this is killed.
    linked = {f: found for f, found in surveyed.items() if found.key not in (None, KEY)}
    _remove(settings, linked, references, progress)
    emptied = _drop_emptied(settings, surveyed, references, progress)
    erasure = Erasure(
        reports=known,
        reason=reason,
        rows_removed=_rows(surveyed, but_for=Purpose.BUILD),
        places=sum(1 for found in surveyed.values() if found.rows),
    )
    others = {file: found for file, found in surveyed.items() if file not in linked}
    _remove(settings, others, references, progress)
    with explained(settings.build_folder):
        clear_build(settings, with_target=_is_in_target(settings, surveyed))
    is_recorded = _finish(settings, surveyed, references, erasure, progress)
    return ErasureProof(
        reports=known,
        not_found=len(references.values) - known,
        reason=reason,
        places=_prove(settings, surveyed, references, also, progress),
        emptied=emptied,
        is_recorded=is_recorded,
        notes=(*notes, *_without_crimes(settings, surveyed, references)),
    )


def _refuse_public(settings: RunSettings) -> None:
    if settings.source == "nibrs":
        raise LinkageError(
            "forget: NIBRS is public data, in zips as the FBI published them; there is "
            "no crime report of a force to forget"
        )


def _survey(files: list[KeptFile], references: References, progress: Say) -> Surveyed:
    surveyed = {}
    for file in files:
        surveyed[file] = file.look(references)
        if progress and surveyed[file].rows:
            progress(f"{file.path}: {rows_in_words(surveyed[file].rows)}")
    return surveyed


def _known(surveyed: Surveyed, references: References) -> int:
    """Number of the crime reports found. Raises LinkageError if none."""
    known = set[str]().union(*(found.references for found in surveyed.values()))
    is_mentioned = any(
        found.mentions
        for file, found in surveyed.items()
        if file.purpose is not Purpose.BUILD
    )
    if not known and not is_mentioned:
        count = len(references.values)
        raise LinkageError(
            f"{reports_in_words(count)} {'is' if count == 1 else 'are'} in no delivery "
            "and no publication; write the reference as the extracts do, capitals too"
        )
    return len(known)


def _refuse_mentions(surveyed: Surveyed) -> None:
    """No row can be removed from a page, nor a report's name from another's row."""
    for file, found in surveyed.items():
        if found.mentions and file.purpose is not Purpose.BUILD:
            where = f" ({found.where})" if found.where else ""
            raise LinkageError(
                f"{file.path}{where}: names a crime report to forget outside the "
                "column crime_ref; correct or remove it and run `linkage forget` again "
                "(nothing was changed)"
            )


def _drop_emptied(
    settings: RunSettings, surveyed: Surveyed, references: References, progress: Say
) -> tuple[str, ...]:
    """Remove the deliveries of which nothing would be left: no run would load them."""
    emptied = []
    for folder in sorted({file.path.parent for file in surveyed}):
        own = [file for file in surveyed if file.path.parent == folder]
        if folder.parent != settings.extracts.resolve() or not any(
            surveyed[file].rows for file in own
        ):
            continue
        if any(
            file.path.name != SIMULATED_MARKER and file.keeps_rows(references)
            for file in own
        ):
            continue
        with explained(folder):
            # A hidden folder is no delivery, should this be all that is done.
            hidden = folder.with_name(f".{folder.name}{SUFFIX}")
            folder.rename(hidden)
            shutil.rmtree(hidden)
        emptied.append(folder.name)
        if progress:
            progress(f"delivery {folder.name}: removed, nothing is left of it")
    return tuple(emptied)


def _links_elsewhere(surveyed: Surveyed) -> list[str]:
    return [
        f"{file.path}: {file.links_elsewhere} more hard links to the file as it was "
        "lie elsewhere; remove them"
        for file, found in surveyed.items()
        if found.rows and file.purpose is not Purpose.BUILD and file.links_elsewhere > 0
    ]


def _with_linked(
    settings: RunSettings, files: Sequence[KeptFile], references: References
) -> tuple[References, list[str]]:
    """Add the keys of rows without a crime reference, and report what stays.

    An incident or a person that another crime of any delivery names too stays.
    """
    columns = LAYOUTS[settings.source].linked
    found = {column: Links() for column in columns.values()}
    for file in files if columns else ():
        if file.purpose is Purpose.DELIVERY:
            for column, links in file.links(references, found).items():
                found[column].theirs |= links.theirs
                found[column].others |= links.others
    own = {c: frozenset(links.theirs - links.others) for c, links in found.items()}
    notes = [
        f"{extract}: rows of {count:,} {column} stay, other crimes name them too"
        for extract, column in columns.items()
        if (count := len(found[column].theirs & found[column].others))
    ]
    return replace(references, linked=own), notes


def _without_crimes(
    settings: RunSettings, surveyed: Surveyed, references: References
) -> list[str]:
    """Deliveries that no run would load, though something is left of them."""
    needed = LAYOUTS[settings.source].never_empty
    return [
        f"delivery {file.path.parent.name}: holds no {needed} any more; remove it "
        "before the next run"
        for file, found in surveyed.items()
        if found.rows
        and file.purpose is Purpose.DELIVERY
        and file.path.name.startswith(f"{needed}.")
        and file.path.exists()
        and not file.keeps_rows(references)
    ]


def _remove(
    settings: RunSettings, surveyed: Surveyed, references: References, progress: Say
) -> None:
    """Take the rows out of every file but the published DuckDB file."""
    for file, found in surveyed.items():
        if not found.rows or file.purpose is Purpose.BUILD or not file.path.exists():
            continue
        if settings.warehouse.resolve() in file.names:
            continue
        replace_file(file.names, _writer(settings, file, references))
        if progress:
            progress(f"{file.path}: done")


def _finish(
    settings: RunSettings,
    surveyed: Surveyed,
    references: References,
    erasure: Erasure,
    progress: Say,
) -> bool:
    """Take the rows out of the published warehouse and record the erasure in it."""
    if not settings.warehouse.exists():
        return False
    if settings.engine == "spark":
        _record_version(settings, erasure)
        return True
    for file in surveyed:
        if settings.warehouse.resolve() in file.names:
            replace_file(file.names, _writer(settings, file, references, erasure))
            shutil.rmtree(settings.temp, ignore_errors=True)
            if progress:
                progress(f"{file.path}: done")
    return True


def _writer(
    settings: RunSettings,
    file: KeptFile,
    references: References,
    erasure: Erasure | None = None,
) -> Callable[[Path], None]:
    def write(new: Path) -> None:
        if file.kind is Kind.CSV:
            csv_rows.write_without(file.path, new, references)
        elif file.kind is Kind.PARQUET:
            parquet_rows.write_without(file.path, new, references)
        else:
            databases.write_without(file.path, new, references, settings, erasure)

    return write


def _record_version(settings: RunSettings, erasure: Erasure) -> None:
    from linkage.publication.publish import next_version
    from linkage.publication.written_tables import columns_of, create_table

    with next_version(settings, (ERASURES,)) as connection:
        create_table(connection, ERASURES, columns_of(ERASURES))
        erasure.write(connection, ERASURES)


def _prove(
    settings: RunSettings,
    surveyed: Surveyed,
    references: References,
    also: Sequence[Path],
    progress: Say,
) -> tuple[Place, ...]:
    """Search every file again. Raises LinkageError where one still holds a report."""
    if progress:
        progress("search every place again")
    removed = {str(file.path): (file, found) for file, found in surveyed.items()}
    places = []
    for file in find_files(settings, also):
        found = file.look_again(references)
        if not found.is_clean:
            where = f" ({found.where})" if found.where else ""
            raise LinkageError(
                f"{file.path}{where}: still holds a crime report that was to be "
                "forgotten; run `linkage forget` again"
            )
        _, before = removed.pop(str(file.path), (file, Found()))
        places.append(Place(str(file.path), file.purpose.value, before.rows, 0))
    # Files that no longer exist: left by a build, or of a delivery that was emptied.
    for name, (file, before) in removed.items():
        if before.rows:
            places.append(Place(name, file.purpose.value, before.rows, 0))
    return tuple(places)


def _is_in_target(settings: RunSettings, surveyed: Surveyed) -> bool:
    target = settings.target.resolve()
    return any(
        not found.is_clean and target in file.path.parents
        for file, found in surveyed.items()
    )


def _rows(surveyed: Surveyed, *, but_for: Purpose) -> int:
    return sum(f.rows for file, f in surveyed.items() if file.purpose is not but_for)


def reports_in_words(count: int) -> str:
    """A number of crime reports in words."""
    return f"{count:,} crime report{'' if count == 1 else 's'}"


def rows_in_words(count: int) -> str:
    """A number of rows in words."""
    return f"{count:,} row{'' if count == 1 else 's'}"
