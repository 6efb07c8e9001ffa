"""Is it still the same code? One checksum of the files that something was made with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version

from linkage.base.settings import PROJECT, RunSettings

SUFFIXES = {".sql", ".yml", ".csv", ".py", ".md"}
PROJECT_FILES = ("dbt_project.yml", "profiles.yml", "selectors.yml")
LIBRARIES = ("duckdb", "dbt-core", "dbt-duckdb", "dbt-spark")


def code_checksum(settings: RunSettings, folders: Sequence[str]) -> str:
    """Checksum of files in these folders, libraries, engine and study."""
    versions = {name: version(name) for name in LIBRARIES}
    made_with = [settings.engine, settings.source, settings.dbt_vars(), versions]
    digest = hashlib.sha256(json.dumps(made_with).encode())
    paths = [PROJECT / name for name in PROJECT_FILES]
    for folder in folders:
        paths += [
            path
            for path in sorted((PROJECT / folder).rglob("*"))
            if path.suffix in SUFFIXES
        ]
    for path in paths:
        digest.update(f"{path.relative_to(PROJECT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
