"""Reads `settings.yml` and refuses invalid values."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.base.errors import LinkageError
from linkage.base.yaml_files import read_yaml, shown

SETTINGS_FILE = Path(__file__).with_name("settings.yml")
DEFAULT = "default"
NUMBERS = (
    "sigma",
    "minimum_cases",
    "minimum_expected",
    "funnel_months",
    "minimum_bcus",
)
WHOLE = ("run_length", "trend_length", "baseline_months", "seasonal_months")


@dataclass(frozen=True)
class MonitorSettings:
    """Series to monitor, their baselines, and the limits of chance."""

    models: Mapping[str, Mapping[str, str | None]]
    crime_areas: Mapping[str, str]
    sigma: float
    run_length: int
    trend_length: int
    minimum_cases: int
    minimum_expected: float
    baseline_from: dt.date | None
    baseline_to: dt.date | None
    baseline_months: int
    seasonal_months: int
    months_to_mature: Mapping[str, int]
    signals_in_maturing_months: bool
    funnel_months: int
    winsorised_share: float
    minimum_bcus: int

    def model_of(self, source: str, crime_area: str) -> str | None:
        """The driver model that gives a crime area's expected rate, if any."""
        models = self.models.get(source, {})
        return models.get(crime_area, models.get(DEFAULT))


def read_settings(path: Path = SETTINGS_FILE) -> MonitorSettings:
    """The settings; raises LinkageError naming the file and the field."""
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise LinkageError(f"{shown(path)}: is not a list of settings")
    fields = {field.name for field in dataclasses.fields(MonitorSettings)}
    for missing in sorted(fields - content.keys()):
        raise _wrong(path, missing, "is missing")
    for unknown in sorted(content.keys() - fields):
        raise _wrong(path, unknown, "is no setting")
    _check(path, content)
    return MonitorSettings(**content)


def _check(path: Path, content: dict[str, Any]) -> None:
    for name in WHOLE:
        if not isinstance(content[name], int) or content[name] < 2:
            raise _wrong(path, name, "must be a whole number from 2")
    for name in NUMBERS:
        if not isinstance(content[name], int | float) or not content[name] > 0:
            raise _wrong(path, name, "must be a number above 0")
    share = content["winsorised_share"]
    if not isinstance(share, int | float) or not 0 <= share < 0.5:
        raise _wrong(path, "winsorised_share", "must be from 0 to below 0.5")
    for name in ("models", "crime_areas", "months_to_mature"):
        if not isinstance(content[name], dict):
            raise _wrong(path, name, "is not a list of names and values")
    for name in ("baseline_from", "baseline_to"):
        if not isinstance(content[name], dt.date | None):
            raise _wrong(path, name, "must be a date, or null")
    for source, months in content["months_to_mature"].items():
        if not isinstance(months, int) or months < 0:
            raise _wrong(path, f"months_to_mature: {source}", "must be 0 or more")
    for area, condition in content["crime_areas"].items():
        if not isinstance(condition, str):
            raise _wrong(path, f"crime_areas: {area}", "must be SQL, in quotes")
    for source, models in content["models"].items():
        if not isinstance(models, dict):
            raise _wrong(path, f"models: {source}", "is not a list of crime areas")
        for area in models:
            if area != DEFAULT and area not in content["crime_areas"]:
                raise _wrong(path, f"models: {source}", f"has no crime area {area!r}")


def _wrong(path: Path, name: str, what: str) -> LinkageError:
    return LinkageError(f"{shown(path)}, {name}: {what}")
