"""State of the intake, so that the next run can be incremental.

The intake records the code that made it and its publication. A run that did not
end well, code that changed, or another warehouse in its place: everything is built.
"""

from __future__ import annotations

import contextlib
from enum import StrEnum
from math import ceil

import duckdb

from linkage.base.code_checksum import code_checksum
from linkage.base.errors import StageMissingError
from linkage.base.settings import RunSettings, mebibytes
from linkage.publication import publications
from linkage.publication.parquet_versions import open_version

STATE = "raw.build_state"
CHANGED = "raw.changed_crime_reports"
# Everything that decides how a delivered row becomes a row of a mart.
CODE = ("models", "macros", "seeds", "linkage/extracts", "linkage/engines")


class Reached(StrEnum):
    """The last stage that an unpublished build has passed, in their order."""

    LOADED = "loaded"
    BUILT = "built"
    AUDITED = "audited"


_MISSING = {
    Reached.LOADED: "no deliveries are loaded for the next build; load the extracts",
    Reached.BUILT: "no models are built for the next audit; build the models",
    Reached.AUDITED: "no build has passed its audit; audit the models",
}


def note_start(
    connection: duckdb.DuckDBPyConnection, settings: RunSettings, built: str
) -> None:
    """From here on the intake is of use only to the run that changes it.

    `built` describes the build and its reason, for the publication to report.
    """
    connection.execute(
        f"create or replace table {STATE} as "
        "select cast(? as varchar) as code, cast(null as bigint) as publication, "
        "cast(? as varchar) as built, cast(? as varchar) as reached",
        [code_checksum(settings, CODE), built, Reached.LOADED],
    ).fetchall()


def note_reached(settings: RunSettings, stage: Reached) -> None:
    """Record the last stage that the build has passed."""
    with duckdb.connect(str(settings.intake)) as connection:
        connection.execute(f"update {STATE} set reached = ?", [stage]).fetchall()


def require(settings: RunSettings, stage: Reached) -> None:
    """Raise StageMissingError unless the unpublished build has passed this stage.

    So a stage can be run alone, and nothing is published without its audit. A build of
    other code, or of another study period, counts for nothing.
    """
    stages = list(Reached)
    reached = _reached(settings)
    if reached is None or stages.index(reached) < stages.index(stage):
        raise StageMissingError(
            f"{settings.warehouse}: {_MISSING[stage]} first, or run the whole "
            f"{settings.source}_job; nothing was changed"
        )


def _reached(settings: RunSettings) -> Reached | None:
    try:
        with duckdb.connect(str(settings.intake), read_only=True) as connection:
            ((code, publication, reached),) = connection.execute(
                f"select code, publication, reached from {STATE}"
            ).fetchall()
    except (duckdb.Error, ValueError):
        return None
    if publication is not None or code != code_checksum(settings, CODE):
        return None
    if settings.engine == "duckdb" and not settings.build.exists():
        # A rollback has taken its place. An incremental build would start from nothing.
        return None if is_incremental(settings) else Reached.LOADED
    return Reached(reached)


def what_is_built(settings: RunSettings) -> str | None:
    """Build of the run that filled the intake, and why; None if unreadable."""
    try:
        with duckdb.connect(str(settings.intake), read_only=True) as connection:
            ((built,),) = connection.execute(f"select built from {STATE}").fetchall()
    except duckdb.Error:
        return None
    return str(built)


def is_incremental(settings: RunSettings) -> bool:
    """Does the intake list changed crime reports, which alone are to be built?"""
    if not settings.intake.exists():
        return False
    with duckdb.connect(str(settings.intake), read_only=True) as connection:
        ((number,),) = connection.execute(
            "select count(*) from duckdb_tables() "
            f"where schema_name || '.' || table_name = '{CHANGED}'"
        ).fetchall()
    return bool(number)


def parts_of_crime_reports(settings: RunSettings) -> int:
    """In how many parts a full refresh builds crime reports, to stay within memory."""
    if settings.engine != "duckdb":
        return 1
    with duckdb.connect(str(settings.intake), read_only=True) as connection:
        ((rows,),) = connection.execute(
            "select coalesce(max(estimated_size), 0) from duckdb_tables() "
            "where schema_name in ('raw_cris', 'raw_nibrs')"
        ).fetchall()
    needed = int(rows) * settings.memory_per_row
    return max(1, ceil(needed / (mebibytes(settings.memory_limit) << 20)))


def note_publication(settings: RunSettings, number: int) -> None:
    """Mark the intake as this publication's; without the mark it cannot be used."""
    with (
        contextlib.suppress(duckdb.Error),
        duckdb.connect(str(settings.intake)) as connection,
    ):
        connection.execute(f"update {STATE} set publication = ?", [number]).fetchall()


def why_full_refresh(settings: RunSettings) -> str | None:
    """Reason for a full refresh; None for an incremental run."""
    if settings.full_refresh:
        return "it was asked for"
    if settings.source != "cris":
        return "this source is always built as a whole"
    if not settings.intake.exists() or not settings.warehouse.exists():
        return "there is no earlier run to build on"
    if not settings.record_key.exists():
        return "the secret of the record keys is not there"
    try:
        with duckdb.connect(str(settings.intake), read_only=True) as connection:
            ((made_by, publication),) = connection.execute(
                f"select code, publication from {STATE}"
            ).fetchall()
        with (
            open_version(settings)
            if settings.engine == "spark"
            else duckdb.connect(str(settings.warehouse), read_only=True)
        ) as connection:
            published = publications.latest_publication(connection)
    except (OSError, duckdb.Error, ValueError):
        return "the last run's intake can't be read"
    if publication is None:
        return "the last run did not end well"
    if publication != published:
        return "another publication has taken the last run's place"
    if made_by != code_checksum(settings, CODE):
        return "the code or the study period has changed"
    return None
