"""Pages of the driver models beside the published warehouse, drawn by all cores."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from disclosure.pages import PageRows, page_rows
from linkage.settings import RunSettings
from publication.publish import open_published

# A further process takes two seconds to start: not worth it for fewer models.
FEW_MODELS = 4


def write_published_pages(
    settings: RunSettings,
    models: Sequence[str] = (),
    *,
    progress: Callable[[str], None] | None = None,
) -> list[Path]:
    """Plots and cards of the published driver models (or those named), and their list.

    They go to `settings.driver_pages`. Returns the files written.
    """
    from report.model_cards import published_models, write_index

    with open_published(settings) as connection:
        published = published_models(connection)
        rows = page_rows(connection)
    chosen = [model for model in published if not models or model in models]
    written: list[Path] = []
    if len(chosen) <= FEW_MODELS or settings.threads == 1:
        for model in chosen:
            written += _write(settings, rows, model)
            if progress:
                progress(f"model {model}")
    else:
        with ProcessPoolExecutor(
            min(settings.threads, len(chosen)),
            mp_context=multiprocessing.get_context("spawn"),
        ) as processes:
            drawn = processes.map(_write, repeat(settings), repeat(rows), chosen)
            for model, files in zip(chosen, drawn, strict=True):
                written += files
                if progress:
                    progress(f"model {model}")
    with open_published(settings) as connection:
        return [*written, write_index(connection, settings.driver_pages, rows)]


def _write(settings: RunSettings, rows: PageRows, model: str) -> list[Path]:
    from report.model_cards import write_pages

    with open_published(settings) as connection:
        return write_pages(connection, settings.driver_pages, [model], rows)
