"""Pages of the driver models next to the published warehouse, drawn by all cores."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

from linkage.base import failures
from linkage.base.settings import RunSettings
from linkage.disclosure.pages import PageRows, page_rows
from linkage.publication.publish import open_published

# A further process takes two seconds to start: not worth it for fewer models.
FEW_MODELS = 4


@dataclass(frozen=True)
class _Drawn:
    """The files of a model, or why there are none: for the list, and for a log."""

    model: str
    files: list[Path]
    why_none: str = ""
    failure: str = ""


def write_published_pages(
    settings: RunSettings,
    models: Sequence[str] = (),
    *,
    progress: Callable[[str], None] | None = None,
    problem: Callable[[str], None] = failures.to_standard_error,
) -> list[Path]:
    """Plots and cards of the published driver models (or those named), and their list.

    They go to `settings.driver_pages`. Returns the files written. A model whose pages
    fail is passed to `problem`; the list reports the missing card and the reason.
    """
    from linkage.report.model_cards import published_models, write_index

    with open_published(settings) as connection:
        published = published_models(connection)
        rows = page_rows(connection)
    chosen = [model for model in published if not models or model in models]
    written: list[Path] = []
    failed: dict[str, str] = {}

    def note(drawn: Iterable[_Drawn]) -> None:
        for one in drawn:
            written.extend(one.files)
            if one.failure:
                failed[one.model] = one.why_none
                problem(one.failure)
            elif progress:
                progress(f"model {one.model}")

    if len(chosen) <= FEW_MODELS or settings.threads == 1:
        note(_write(settings, rows, model) for model in chosen)
    else:
        with ProcessPoolExecutor(
            min(settings.threads, len(chosen)),
            mp_context=multiprocessing.get_context("spawn"),
        ) as processes:
            note(processes.map(_write, repeat(settings), repeat(rows), chosen))
    with open_published(settings) as connection:
        index = write_index(connection, settings.driver_pages, rows, failed)
    return [*written, index]


def _write(settings: RunSettings, rows: PageRows, model: str) -> _Drawn:
    from linkage.report.model_cards import write_pages

    try:
        with open_published(settings) as connection:
            files = write_pages(connection, settings.driver_pages, [model], rows)
    except Exception as error:
        # An earlier publication's pages would be taken for this one's.
        shutil.rmtree(settings.driver_pages / f"model_{model}", ignore_errors=True)
        what = f"the pages of model {model} could not be written"
        return _Drawn(model, [], failures.why(error), failures.in_a_line(what, error))
    return _Drawn(model, files)
