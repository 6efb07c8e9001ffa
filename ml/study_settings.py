"""Reads `study_settings.yml` and refuses invalid values."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from pathlib import Path

from linkage.base.errors import LinkageError
from linkage.base.yaml_files import read_yaml

SHARE = "a share above 0 and below 1"
RANGES = {
    "test_share": SHARE,
    "folds": "a whole number from 2",
    "seed": "a whole number from 0",
    "pairs": "a whole number from 1",
    "cost_ratio": "a number above 0",
    "band": SHARE,
}
LEAST = {"folds": 2, "seed": 0, "pairs": 1}
SETTINGS_FILE = Path(__file__).with_name("study_settings.yml")


@dataclass(frozen=True)
class StudySettings:
    """Settings of tuning and validation (`study_settings.yml`)."""

    test_share: float
    folds: int
    seed: int
    pairs: int
    cost_ratio: float
    band: float


@functools.cache
def read_settings(path: Path = SETTINGS_FILE) -> StudySettings:
    """The settings; raises LinkageError naming the file and the field."""
    content = read_yaml(path)
    fields = {field.name for field in dataclasses.fields(StudySettings)}
    if not isinstance(content, dict):
        raise LinkageError(f"ml/{path.name}: is not a list of settings")
    for name in sorted(fields ^ content.keys()):
        what = "is missing" if name in fields else "is no setting"
        raise LinkageError(f"ml/{path.name}, {name}: {what}")
    for name, what in RANGES.items():
        value = content[name]
        if not isinstance(value, int | float) or not _is_within(name, value):
            raise LinkageError(f"ml/{path.name}, {name}: must be {what}")
    return StudySettings(**content)


def _is_within(name: str, value: float) -> bool:
    if name in LEAST:
        return int(value) == value and value >= LEAST[name]
    return value > 0 and (name == "cost_ratio" or value < 1)
