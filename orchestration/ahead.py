"""Reads the dbt project and imports later stages' modules while the engine loads.

Deliveries take seconds to load, and Great Expectations takes seconds to import; the
engine leaves Python free meanwhile.
"""

from __future__ import annotations

import gc
import importlib
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from linkage.base.settings import RunSettings
from orchestration import dbt_project

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

LATER = ("great_expectations.expectations", "scipy.stats")
_projects: dict[Path, Future[Manifest]] = {}


def begin(settings: RunSettings) -> None:
    """Begin to read the project for a build on these settings.

    Garbage collection is off meanwhile, and afterwards skips the loaded objects: they
    stay until the end, and repeated scans of them took a tenth of a small run.
    """
    # Dagster would find it half imported: users of SQLAlchemy look for it.
    import sqlalchemy.orm  # noqa: F401

    project: Future[Manifest] = Future()

    def read() -> None:
        gc.disable()
        try:
            project.set_result(dbt_project.parse(settings))
        except BaseException as error:
            project.set_exception(error)
        import_later_stages()
        gc.freeze()
        gc.enable()

    _projects[settings.target] = project
    Thread(target=read, name="ahead", daemon=True).start()


def project_of(settings: RunSettings) -> Manifest:
    """The project that was read ahead, for one build; or read now."""
    project = _projects.pop(settings.target, None)
    return project.result() if project else dbt_project.parse(settings)


def import_later_stages() -> None:
    """Import the modules of the audit and the fits.

    An importer of one of them waits until this has ended. A failure here is ignored:
    the importer's own import reports it.
    """
    for module in LATER:
        with suppress(Exception):
            importlib.import_module(module)
