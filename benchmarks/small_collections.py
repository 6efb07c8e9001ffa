"""Do 200 random small collections of each kind pass the stages after a build?

A collection is a copy of a published warehouse with a few of its cases drawn at random:
of any place and time, of one borough (or agency), or of one month; with the outcome as
it is, in all, in none or in a single case. On it run the stages that follow the
publication: the driver models, the monitor and, on some, their pages and the site. No
stage may end, no part of it may fail alone, every model has a row, and a missing number
is null with a note.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import duckdb
import numpy as np

from benchmarks.measuring import WORK, linkage, write_result
from linkage.base.settings import PROJECT, RunSettings, set_quiet_environment

COLLECTIONS = 200
PAGES_EVERY = 20
# Fewest and most cases. Penalised models need more than a few.
SIZES = {"cris": (3, 400), "nibrs": (3, 400), "violent_crime": (20, 1_000)}
WHERE = ("anywhere", "anywhere", "one place", "one month")
OUTCOMES = ("as it is", "as it is", "in all", "in none", "in one")
# By source: the tables with a row per case, a place, a month and outcomes of each.
CASES = {
    "cris": ("drivers.design", "marts.cases"),
    "nibrs": ("drivers.design", "marts.cases"),
    "violent_crime": ("marts.violent_crimes",),
}
PLACE = {"violent_crime": "neighbourhood_policing_unit"}
MONTH = {"violent_crime": "date_trunc('month', occurred_on)"}
DEPENDENT = {
    "cris": (
        "is_victim_withdrawal",
        "is_completed_within_4_weeks",
        "is_completed_within_12_weeks",
    ),
    "nibrs": ("is_victim_withdrawal",),
    "violent_crime": ("is_success", "is_evidential_difficulties_victim"),
}
# Written by the stages: schema and start of the name.
WRITTEN = (
    "select schema_name || '.' || table_name, column_name from duckdb_columns() "
    "where data_type = 'DOUBLE' and (schema_name = 'drivers' "
    "or table_name like 'withdrawal_monitor' or table_name like 'withdrawal_signals' "
    "or table_name like 'withdrawal_funnel')"
)


@dataclass
class Found:
    """A small collection, and the faults of its results."""

    source: str
    seed: int
    where: str
    outcome: str
    cases: int
    models: int = 0
    fitted: int = 0
    intervals_not_given: int = 0
    seconds: float = 0.0
    notes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def try_collection(
    base: RunSettings, folder: Path, seed: int, *, with_pages: bool
) -> Found:
    """Draw a small collection into `folder`, run the stages on it, and look."""
    settings = RunSettings(base.source, base.extracts, folder / "small.duckdb")
    shutil.copyfile(base.warehouse, settings.warehouse)
    settings.build_folder.mkdir()
    found = draw(settings, np.random.default_rng([seed, len(base.source)]), seed)
    started = time.perf_counter()
    with warnings.catch_warnings():
        # On a terminal a warning is noise with a path in it.
        warnings.simplefilter("error", RuntimeWarning)
        for stage in stages(settings, with_pages=with_pages):
            try:
                stage(problem=found.wrong.append)
            except Exception as error:
                found.wrong.append(f"ended with {type(error).__name__}: {error}")
    found.seconds = time.perf_counter() - started
    look(settings, found)
    return found


def draw(settings: RunSettings, random: np.random.Generator, seed: int) -> Found:
    """Leave a few cases in the warehouse, their outcome changed."""
    source = settings.source
    first, *_ = tables = CASES[source]
    where, outcome = str(random.choice(WHERE)), str(random.choice(OUTCOMES))
    part = {
        "one place": PLACE.get(source, "borough"),
        "one month": MONTH.get(source, "recorded_month"),
    }.get(where, "0")
    with duckdb.connect(str(settings.warehouse)) as connection:

        def column(query: str) -> list[str]:
            return [row[0] for row in connection.execute(query).fetchall()]

        of_part = str(
            random.choice(column(f"select distinct {part} from {first} order by 1"))
        )
        refs = column(
            f"select crime_ref from {first} where cast({part} as text) = '{of_part}' "
            "order by crime_ref"
        )
        wanted = int(np.exp(random.uniform(*np.log(SIZES[source]))))
        refs = list(random.permutation(refs)[:wanted])
        listed = ", ".join(f"'{ref}'" for ref in refs)
        for table in tables:
            connection.execute(
                f"delete from {table} where crime_ref not in ({listed})"
            ).fetchall()
        changed = {"in all": "true", "in none": "false"}.get(outcome)
        if outcome == "in one":
            changed = f"crime_ref = '{refs[0]}'"
        # Remove an earlier fit's tables.
        for name in ("models", "odds_ratios", "performance", "penalised_models"):
            connection.execute(f"drop table if exists drivers.{name}").fetchall()
        for name in DEPENDENT[source] if changed else ():
            connection.execute(f"update {first} set {name} = {changed}").fetchall()
    return Found(source, seed, where, outcome, len(refs))


def stages(settings: RunSettings, *, with_pages: bool) -> list[Callable[..., object]]:
    """Stages of a run after publication; each takes a collector of failures."""
    from linkage.oversight.monitor import monitor_published
    from linkage.report.site.write import write_site
    from ml.drivers import fit_published
    from ml.study_models import fit_published as fit_study

    if settings.source == "violent_crime":
        # Its pages count the crimes again: tests/integration/test_small_collections.py
        # draws them of whole runs.
        return [partial(fit_study, settings)]
    made: list[Callable[..., object]] = [fit_published, monitor_published]
    pages = [write_site] if with_pages else []
    return [partial(stage, settings) for stage in [*made, *pages]]


def look(settings: RunSettings, found: Found) -> None:
    """A reader's view of the warehouse."""
    is_study = settings.source == "violent_crime"
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:

        def one(query: str) -> int:
            row = connection.execute(query).fetchone()
            assert row is not None
            return int(row[0])

        for table, column in connection.execute(WRITTEN).fetchall():
            if one(f"select count(*) from {table} where not isfinite({column})"):
                found.wrong.append(f"{table}.{column} is no number")
        models = "penalised_models" if is_study else "models"
        fitted = "note is null" if is_study else "converged"
        listed = (
            "violent_crime_models"
            if is_study
            else f"driver_models where source_system = '{settings.source}'"
        )
        try:
            found.models = one(f"select count(*) from drivers.{models}")
        except duckdb.CatalogException:
            return
        found.fitted = one(f"select count(*) from drivers.{models} where {fitted}")
        if found.models != one(f"select count(*) from drivers.{listed}"):
            found.wrong.append(f"{found.models} models are published")
        notes = f"select note from drivers.{models} where not ({fitted})"
        found.notes.update(row[0] for row in connection.execute(notes).fetchall())
        if None in found.notes:
            found.wrong.append("a model that is not fitted does not say why")
        if is_study:
            return
        found.intervals_not_given = one(
            "select count(*) from drivers.odds_ratios "
            "where coefficient is not null and ci_low is null"
        )
        if one(
            "select count(*) from drivers.odds_ratios where (ci_low is null) != "
            "(ci_high is null) or ci_low is null and note is null"
        ):
            found.wrong.append("an interval is not given and does not say so")


def bases() -> dict[str, RunSettings]:
    """A published warehouse of each source to draw from."""
    cris, violent = WORK / "small-cris", WORK / "small-violent-crime"
    linkage("simulate", "--out", cris, "--cases", "3000", "--seed", "11")
    linkage(
        *("simulate", "--study", "violent-crime", "--out", violent),
        *("--cases", "1000", "--seed", "2"),
    )
    found = {
        "cris": (cris, ("--source", "cris")),
        "nibrs": (PROJECT / "data" / "nibrs", ("--source", "nibrs")),
        "violent_crime": (violent, ("--study", "violent-crime")),
    }
    settings = {}
    for source, (extracts, which) in found.items():
        settings[source] = RunSettings(
            source, extracts, WORK / f"small-{source}.duckdb"
        )
        linkage(
            *("run", *which, "--extracts", extracts, "--until", "publication"),
            *("--warehouse", settings[source].warehouse),
        )
    return settings


def main() -> None:
    set_quiet_environment()
    results = {}
    for source, base in bases().items():
        tried = []
        for seed in range(COLLECTIONS):
            with tempfile.TemporaryDirectory(dir=WORK) as folder:
                tried.append(
                    try_collection(
                        base, Path(folder), seed, with_pages=seed % PAGES_EVERY == 0
                    )
                )
            for wrong in tried[-1].wrong:
                sys.stdout.write(f"{source} {seed}: {wrong}\n")
        results[source] = {
            "collections": len(tried),
            "smallest": min(one.cases for one in tried),
            "largest": max(one.cases for one in tried),
            "with_anything_wrong": sum(bool(one.wrong) for one in tried),
            "models": sum(one.models for one in tried),
            "fitted": sum(one.fitted for one in tried),
            "intervals_not_given": sum(one.intervals_not_given for one in tried),
            "not_fitted": dict(sum((one.notes for one in tried), Counter())),
        }
    write_result("small_collections", results)


if __name__ == "__main__":
    main()
