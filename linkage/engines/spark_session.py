"""The Spark session of this process, set up as in `profiles.yml`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linkage.base.errors import LinkageError
from linkage.base.settings import PROJECT, RunSettings, mebibytes

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


# Spark refuses to start below 1.5 times its own reserve (300 MB).
LEAST_MEMORY = 512


def session(settings: RunSettings) -> SparkSession:
    """The running session, or a new one with the profile's parameters.

    dbt takes the same one, since it too asks for the session that runs. A run builds
    all its tables in one process, so their names stay in its memory, unless a metastore
    is configured: a catalogue on disk takes a fifth of a small build. Raises
    LinkageError where no Java is to be found.
    """
    refuse_without_java()
    if mebibytes(settings.memory_limit) < LEAST_MEMORY:
        raise LinkageError(
            f"Spark needs at least {LEAST_MEMORY} MiB and the limit is "
            f"{settings.memory_limit}; raise LINKAGE_MEMORY_LIMIT"
        )
    with _quietly():
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession

        builder = SparkSession.builder
        if has_metastore():
            builder = builder.enableHiveSupport()
        for name, value in profile_parameters(settings).items():
            builder = builder.config(name, value)
        try:
            return builder.getOrCreate()
        except PySparkRuntimeError as error:
            raise LinkageError(
                "Spark does not start: it needs a Java runtime of version 17 or 21 "
                "(see JAVA_HOME) and a reachable LINKAGE_SPARK_MASTER, if one is set"
            ) from error


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep Java's messages off the terminal, at the start and later."""
    sys.stderr.flush()
    terminal = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nowhere)


def profile_parameters(settings: RunSettings) -> dict[str, str]:
    """`server_side_parameters` of the profile, for these settings."""
    import yaml
    from jinja2 import Template

    environment = {**os.environ, **settings.dbt_environment()}
    profiles = Template((PROJECT / "profiles.yml").read_text(encoding="utf-8")).render(
        env_var=lambda name, default="": environment.get(name, default)
    )
    outputs: dict[str, Any] = yaml.safe_load(profiles)["crime_outcome_linkage"][
        "outputs"
    ]
    return {
        name: str(value)
        for name, value in outputs["spark"]["server_side_parameters"].items()
    }


def has_metastore() -> bool:
    """Does Spark's configuration folder name a Hive metastore?"""
    return (Path(os.environ["SPARK_CONF_DIR"]) / "hive-site.xml").exists()


def refuse_without_java() -> None:
    """Raise LinkageError unless a Java runtime is installed."""
    if not has_java():
        raise LinkageError(
            "Spark needs a Java runtime of version 17 or 21 and none is found; install "
            "openjdk-17-jre-headless or set JAVA_HOME, or run with --engine duckdb"
        )


def has_java() -> bool:
    """Does the Java that Spark would start answer?"""
    home = os.environ.get("JAVA_HOME")
    java = f"{home}/bin/java" if home else shutil.which("java")
    if not java or not Path(java).exists():
        return False
    asked = subprocess.run([java, "-version"], capture_output=True, check=False)
    return asked.returncode == 0
