"""The Spark session of this process, set up as `profiles.yml` says."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linkage.errors import LinkageError
from linkage.settings import PROJECT, RunSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def session(settings: RunSettings) -> SparkSession:
    """The running session, or a new one with the profile's parameters.

    dbt takes the same one, since it too asks for the session that runs. Raises
    LinkageError where no Java is to be found.
    """
    refuse_without_java()
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.enableHiveSupport()
    for name, value in profile_parameters(settings).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def profile_parameters(settings: RunSettings) -> dict[str, str]:
    """`server_side_parameters` of the profile, for these settings."""
    import yaml
    from jinja2 import Template

    environment = {**os.environ, **settings.dbt_environment()}
    profiles = Template((PROJECT / "profiles.yml").read_text(encoding="utf-8")).render(
        env_var=lambda name, default: environment.get(name, default)
    )
    outputs: dict[str, Any] = yaml.safe_load(profiles)["crime_outcome_linkage"][
        "outputs"
    ]
    return {
        name: str(value)
        for name, value in outputs["spark"]["server_side_parameters"].items()
    }


def stop() -> None:
    """End the session and its Java process, if there is one."""
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    if running is not None:
        running.stop()


def refuse_without_java() -> None:
    """Raise LinkageError unless a Java runtime is there."""
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
