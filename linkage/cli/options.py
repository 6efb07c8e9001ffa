"""Options that commands share, and the settings they make."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from linkage.base.errors import LinkageError
from linkage.base.settings import (
    ENGINES,
    STUDIES,
    RunSettings,
    default_extracts,
    default_warehouse,
)

DATE = click.DateTime(formats=["%Y-%m-%d"])
SOURCE = click.option(
    "--source",
    type=click.Choice(STUDIES["victim-withdrawal"]),
    default="cris",
    show_default=True,
    help="Where the deliveries come from.",
)
STUDY = click.option(
    "--study",
    type=click.Choice(list(STUDIES)),
    default="victim-withdrawal",
    show_default=True,
    help="violent-crime and national have extracts of their own "
    "(docs/violent-crime-extracts.md, docs/national-extracts.md).",
)
WAREHOUSE = click.option(
    "--warehouse",
    type=click.Path(path_type=Path),
    help="The DuckDB file to publish [default: warehouse/<source>.duckdb]; on Spark "
    "a folder of Parquet versions [default: warehouse/<source>.spark].",
)
ENGINE = click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="duckdb",
    show_default=True,
    help="What builds the tables; spark needs Java (docs/spark.md).",
)
EXTRACTS = click.option(
    "--extracts",
    type=click.Path(path_type=Path),
    help="The folder of deliveries [default: data/extracts, data/nibrs, "
    "data/violent_crime or data/national].",
)


def published_settings(source: str, engine: str, warehouse: Path | None) -> RunSettings:
    """Settings of an existing warehouse; LinkageError if none is."""
    from linkage.publication.publish import refuse_unpublished

    settings = run_settings(source, engine, None, warehouse)
    refuse_unpublished(settings)
    return settings


def run_settings(
    source: str,
    engine: str,
    extracts: Path | None,
    warehouse: Path | None,
    study_from: dt.datetime | None = None,
    study_to: dt.datetime | None = None,
) -> RunSettings:
    """Settings of a run, defaults filled in. Raises LinkageError."""
    if study_from and study_to and study_from > study_to:
        raise LinkageError("--from is after --to")
    return RunSettings(
        source=source,
        extracts=(extracts or default_extracts(source)).absolute(),
        warehouse=(warehouse or default_warehouse(source, engine)).absolute(),
        study_from=study_from.date().isoformat() if study_from else None,
        study_to=study_to.date().isoformat() if study_to else None,
        engine=engine,
    )


def source_of(study: str, source: str) -> str:
    """The source of a study: as asked, or the study's own where nothing was."""
    sources = STUDIES[study]
    if source in sources:
        return source
    if source != STUDIES["victim-withdrawal"][0]:
        raise LinkageError(f"--study {study} is not made on --source {source}")
    return sources[0]
