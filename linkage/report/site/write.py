"""Writes the report site of a published warehouse: pages, styles, scripts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jinja2

from linkage.base import failures
from linkage.base.errors import LinkageError, WarehouseUnwritableError
from linkage.base.page_templates import page_templates
from linkage.base.settings import RunSettings
from linkage.publication.parquet_versions import RELEASE
from linkage.report.site.drivers import (
    ESTIMATES,
    driver_models,
    estimates_script,
    model_pages,
)
from linkage.report.site.figures import Page, Section
from linkage.report.site.inputs import (
    FORCES,
    GAPS,
    MODELS,
    MONITOR,
    RATES,
    STUDY_OUTCOMES,
    TIMING,
    SiteInputs,
    read_inputs,
)
from linkage.report.site.method import dictionary, method
from linkage.report.site.national import national
from linkage.report.site.oversight import oversight
from linkage.report.site.overview import LEADS, STUDY_TITLES, overview
from linkage.report.site.people import people
from linkage.report.site.places import places
from linkage.report.site.quality import quality
from linkage.report.site.timing import timing
from linkage.report.site.violent_crime import violent_crime
from linkage.report.site.violent_crime_models import study_model_pages
from linkage.report.wording import RULES

TEMPLATES = Path(__file__).with_name("templates")
ASSETS = Path(__file__).with_name("assets")
STYLES, CHART_SCRIPTS = ("site.css",), ("d3.min.js", "plot.umd.min.js")
SITE_SCRIPT = "site.js"
INDEX = "index.html"
# In their order: the page's function, title, needed tables, and study; empty for every
# study.
PAGES: tuple[tuple[Callable[[SiteInputs], Page | None], str, str, str], ...] = (
    (places, "Places", RATES, "victim-withdrawal"),
    (people, "Victims and suspects", RATES, "victim-withdrawal"),
    (timing, "Timing", TIMING, "victim-withdrawal"),
    (driver_models, "Drivers", MODELS, "victim-withdrawal"),
    (quality, "Data quality", GAPS, ""),
    (oversight, "Oversight", MONITOR, "victim-withdrawal"),
    (violent_crime, "Violent-crime study", STUDY_OUTCOMES, "violent-crime"),
    (national, "National", FORCES, "national"),
)


@dataclass(frozen=True)
class Site:
    """A site that was written."""

    index: Path
    pages: int
    size: int


def write_site(
    settings: RunSettings,
    out: Path | None = None,
    *,
    problem: Callable[[str], None] = failures.to_standard_error,
) -> Site:
    """Write the site of the published warehouse to `out` [`settings.site`].

    An earlier site at the place is replaced at once. A page that fails is passed to
    `problem`; the overview reports the missing page and the reason. Raises LinkageError
    for a folder that holds something else.
    """
    folder = (out or settings.site).absolute()
    _refuse_others(folder)
    inputs = read_inputs(settings, _data_docs(settings, folder))
    files = site_files(inputs, problem)
    coming = folder.with_name(f"{folder.name}.coming")
    try:
        shutil.rmtree(coming, ignore_errors=True)
        coming.mkdir(parents=True)
        for name in (*STYLES, *CHART_SCRIPTS, SITE_SCRIPT):
            shutil.copyfile(ASSETS / name, coming / name)
        shutil.copyfile(ASSETS / "README.md", coming / "LICENCES.txt")
        for name, text in files.items():
            (coming / name).write_text(text, encoding="utf-8")
        size = sum(path.stat().st_size for path in coming.iterdir())
        shutil.rmtree(folder, ignore_errors=True)
        coming.rename(folder)
    except OSError as error:
        raise WarehouseUnwritableError(
            f"{folder}: cannot be written ({error.strerror})"
        ) from error
    pages = sum(name.endswith(".html") for name in files)
    return Site(folder / INDEX, pages, size)


def site_files(inputs: SiteInputs, problem: Callable[[str], None]) -> dict[str, str]:
    """Every page that the warehouse has the tables for, and the data that pages share.

    Text by the name of the file, the overview first.
    """
    made: list[Page] = []
    left_out: list[str] = []

    def note(title: str, error: Exception) -> None:
        left_out.append(f"{title}: could not be written ({failures.why(error)}).")
        what = f"the page {title} could not be written"
        problem(failures.in_a_line(what, error))

    def keep(title: str, make: Callable[[], Page | None]) -> bool:
        """Keep the page; False if there is none for lack of its tables."""
        try:
            page = make()
        except Exception as error:
            note(title, error)
            return True
        if page is not None:
            made.append(page)
        return page is not None

    for make, title, needed, study in PAGES:
        if not keep(title, partial(make, inputs)) and study in ("", inputs.study):
            left_out.append(f"{title}: {RELEASE}.{needed} is not published.")
    for of_models in (model_pages, study_model_pages):
        try:
            pages = of_models(inputs)
        except Exception as error:
            note("Models", error)
            continue
        for title, make_one in pages.items():
            keep(title, make_one)
    templates = page_templates(TEMPLATES)
    last = [method(), dictionary()]
    while True:
        every = [_first(inputs, left_out, note), *made, *last]
        texts = {}
        for page in every:
            try:
                texts[f"{page.name}.html"] = _render(templates, page, every, inputs)
            except Exception as error:
                if page not in made:
                    raise
                # The others link to it and the overview lists missing pages.
                made.remove(page)
                note(page.title, error)
                break
        else:
            break
    if any(ESTIMATES in page.scripts for page in made):
        texts[ESTIMATES] = estimates_script(made)
    return texts


def _first(
    inputs: SiteInputs,
    left_out: Sequence[str],
    note: Callable[[str, Exception], None],
) -> Page:
    """The overview; if it fails, a page that lists it and other missing pages."""
    try:
        return overview(inputs, left_out)
    except Exception as error:
        note("Overview", error)
    return Page(
        "index",
        "Overview",
        LEADS[inputs.study],
        [Section("Not on this site", left_out)],
    )


def _render(
    templates: jinja2.Environment,
    page: Page,
    pages: Sequence[Page],
    inputs: SiteInputs,
) -> str:
    """A page as HTML."""
    return templates.get_template("page.html.j2").render(
        page=page,
        pages=[one for one in pages if not one.of],
        inputs=inputs,
        rules=RULES,
        study=STUDY_TITLES[inputs.study],
        styles=STYLES,
        scripts=[*(CHART_SCRIPTS if page.figures else ()), *page.scripts, SITE_SCRIPT],
    )


def _refuse_others(folder: Path) -> None:
    """Replace nothing but an earlier site."""
    if not folder.exists():
        return
    is_empty = folder.is_dir() and not any(folder.iterdir())
    if not is_empty and not (folder / STYLES[0]).exists():
        raise LinkageError(
            f"{folder}: holds something other than a report site; name another folder "
            "with --out"
        )


def _data_docs(settings: RunSettings, folder: Path) -> str:
    """Path from the site to Data Docs, if both are next to the warehouse."""
    if folder.parent != settings.warehouse.parent or not settings.data_docs.exists():
        return ""
    return os.path.relpath(settings.data_docs, folder)
