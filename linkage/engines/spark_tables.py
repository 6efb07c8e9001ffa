"""The Spark tables of the last run, to begin an incremental one with."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

import duckdb

from linkage.base.quoting import quoted
from linkage.base.settings import RunSettings
from linkage.engines.spark_session import session

NEXT = ".next"


def keep_unchanged_crime_reports(
    settings: RunSettings, tables: Collection[str], changed: str
) -> None:
    """Leave of these tables (`schema.table`) the rows of unchanged crime reports.

    Every other table is dropped: dbt recreates it. A row of a Parquet file can't be
    removed, so the others are copied. `changed` is the table of the intake that lists
    the changed crime reports.
    """
    kept = settings.spark_tables.with_name(settings.spark_tables.name + NEXT)
    shutil.rmtree(kept, ignore_errors=True)
    with duckdb.connect(config=settings.duckdb_config()) as connection:
        connection.execute(
            f"attach {quoted(str(settings.intake))} as intake (read_only)"
        ).fetchall()
        for name in tables:
            place = Path(name.replace(".", ".db/"))
            if any((settings.spark_tables / place).rglob("*.parquet")):
                _copy(connection, settings.spark_tables / place, kept / place, changed)
    shutil.rmtree(settings.spark_tables)
    kept.rename(settings.spark_tables)
    spark = session(settings)
    # A delivery is text, though its name looks like a date.
    spark.conf.set("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
    for name in tables:
        folder = settings.spark_tables / name.replace(".", ".db/")
        if folder.exists():
            spark.sql(f"create schema if not exists {name.partition('.')[0]}")
            spark.sql(f"drop table if exists {name}")
            spark.catalog.createTable(name, path=str(folder), source="parquet")
            if any(folder.glob("*=*")):
                spark.catalog.recoverPartitions(name)


def parquet_table(folder: Path) -> str:
    """A table's folder as DuckDB reads it; a partition's name is text."""
    partitions = {
        part.split("=")[0]
        for path in folder.rglob("*.parquet")
        for part in path.relative_to(folder).parts[:-1]
    }
    types = ", ".join(f"{name}: varchar" for name in sorted(partitions))
    hive = f", hive_partitioning = true, hive_types = {{{types}}}" if types else ""
    return f"read_parquet({quoted(f'{folder}/**/*.parquet')}{hive})"


def _copy(
    connection: duckdb.DuckDBPyConnection, source: Path, target: Path, changed: str
) -> None:
    target.mkdir(parents=True)
    partition = next((path.name for path in source.glob("*=*")), "").partition("=")[0]
    if partition:
        to, by = target, f", partition_by ({partition})"
    else:
        to, by = target / "kept.parquet", ""
    connection.execute(
        f"copy (from {parquet_table(source)} where coalesce(crime_ref, '') not in "
        f"(select crime_ref from intake.{changed})) to {quoted(str(to))} "
        f"(format parquet, compression zstd{by}, overwrite_or_ignore true)"
    ).fetchall()
