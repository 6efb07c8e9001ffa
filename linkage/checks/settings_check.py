"""Every seed and settings file, checked before anything is built.

A typing error would otherwise be found where the file is read, which may be after the
publication.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from expectations.settings import read_settings
from linkage.base.errors import LinkageError
from linkage.base.seeds import SEEDS, Row, read_seed, seed_columns
from linkage.base.settings import PROJECT, SOURCES
from linkage.base.yaml_files import read_yaml, shown
from linkage.publication.written_tables import written_tables

MODELS = PROJECT / "models"
# A contract lists its columns so.
COLUMN = re.compile(r"^ +- name: *(\w+)", re.MULTILINE)

GLOSSARY = "linkage/report/site/glossary.yml"

Seeds = Mapping[str, Sequence[Row]]


def check_settings() -> None:
    """Raise LinkageError, one line with file and row, for the first that won't do."""
    contracts = _Contracts()
    _check_gaps(contracts)
    seeds = dict(_seeds())
    _check_crime_areas(seeds, contracts)
    _check_lists(seeds, contracts)
    _check_driver_models(seeds, contracts)
    _check_study_models(seeds, contracts)
    _check_monitor(seeds, contracts)
    for file, read in _readers(contracts).items():
        _understood(file, read)


def _seeds() -> Iterator[tuple[str, list[Row]]]:
    """Rows of every seed, its header and types those of the properties."""
    described: dict[str, dict[str, str]] = {}
    for path in sorted(SEEDS.glob("_*.yml")):
        described |= seed_columns(path)
    found = set()
    for path in sorted(SEEDS.rglob("*.csv")):
        if path.stem not in described:
            raise LinkageError(
                f"{shown(path)}: no file of properties describes it; add it to "
                "seeds/_seeds.yml"
            )
        found.add(path.stem)
        yield path.stem, read_seed(path, described[path.stem])
    for missing in sorted(described.keys() - found):
        raise LinkageError(f"seeds/{missing}.csv: is missing; restore it")


def _check_crime_areas(seeds: Seeds, contracts: _Contracts) -> None:
    """A rule or a flag of an area that does not read it would change nothing."""
    read = {
        (row["crime_area"], criterion)
        for row in seeds["crime_areas"]
        for criterion in row["criteria"].split(";")
    }
    columns = contracts.known("marts.cases")
    for row in seeds["crime_area_rules"]:
        if (row["crime_area"], row["criterion"]) not in read:
            raise _changes_nothing(row, "crime_area", "criterion")
    for row in seeds["flags"]:
        column = f"is_{row['flag'].lower().replace(' ', '_')}_flagged"
        is_read = (row["crime_area"], "flag") in read
        if not is_read and (row["crime_area"] or column not in columns):
            raise _changes_nothing(row, "flag", "crime_area")


def _check_lists(seeds: Seeds, contracts: _Contracts) -> None:
    """The columns that rows of seeds name exist."""
    cases = contracts.known("marts.cases")
    counts = MODELS / "marts" / "victims" / "withdrawal_counts.sql"
    made = re.findall(r"\bas (\w+)", counts.read_text(encoding="utf-8"))
    for row in seeds["dimensions"]:
        _one_of(row, "case_column", {*cases, *made})
        _one_of(row, "site_group", ("victims", "suspects", "circumstances", ""))
    for row in seeds["driver_categories"]:
        _one_of(row, "case_column", cases)
        _one_of(row, "variable_group", ("offence", "victim", "suspect"))
    for row in seeds["watched_fields"]:
        _one_of(row, "extract", ("offences", "victims", "suspects"))
        checked = contracts.known(f"intermediate.int_{row['extract']}_checked")
        _one_of(row, "field", checked)
        _one_of(row, "lookup", {"", *seeds})
    classes = {
        value
        for gap in read_settings()[1]
        if gap.column_name == "rejection_class"
        for value in gap.arguments["value_set"]
    }
    for row in seeds["rejection_reasons"]:
        _one_of(row, "rejection_class", {*classes, "contradiction"})


def _changes_nothing(row: Row, *names: str) -> LinkageError:
    named = ", ".join(f"{name} “{row[name]}”" for name in names)
    return LinkageError(
        f"{row['']}: no model reads {named}, so the row would change nothing; correct "
        "it, or the criteria of the area in seeds/crime_areas.csv "
        "(docs/contributing.md, A crime area)"
    )


def _check_driver_models(seeds: Seeds, contracts: _Contracts) -> None:
    """Every model of the seeds on the columns that the design will have."""
    from ml.specification import Design, SeedError

    columns = contracts.known("drivers.design")
    for row in seeds["driver_categories"]:
        if row["design_column"] not in columns:
            raise _wrong(
                row, "design_column", "add it to models/marts/drivers/design.yml too"
            )
    design = Design(
        columns,
        [
            [*[*row.values()][:3], row["variable_group"], ""]
            for row in seeds["driver_categories"]
        ],
        [[*row.values()][:3] for row in seeds["driver_predictors"]],
        [[*row.values()][:4] for row in seeds["driver_model_changes"]],
    )
    for row in seeds["driver_models"]:
        _one_of(row, "source_system", SOURCES)
        try:
            design.specification(
                row["model"],
                row["family"],
                row["description"],
                row["crime_area"],
                row["filters"],
                row["dependent"],
                row["predictor_sets"],
                row["has_site_effects"].lower() == "true",
            )
        except SeedError as error:
            line = next(
                one[""]
                for one in seeds[error.seed]
                if error.named.items() <= one.items()
            )
            raise LinkageError(
                f"{line}, model {error.model}: {error.what}; correct the row"
            ) from error
    models = [row["model"] for row in seeds["driver_models"]]
    for row in seeds["driver_model_changes"]:
        _one_of(row, "model", models)
        _one_of(row, "change", ("leave out", "add", "reference"))


class _Contracts:
    """The columns of tables by their contracts, each file read once."""

    def __init__(self) -> None:
        self._files = {path.stem: path for path in MODELS.rglob("*.yml")}
        self._written = {
            name: set(table.columns)
            for tables in written_tables().values()
            for name, table in tables.items()
        }

    def columns(self, table: str) -> set[str] | None:
        """The columns of a table (`schema.table`); None where it has no contract."""
        name = table.split(".")[1]
        if name not in self._files:
            return self._written.get(name)
        listed = COLUMN.findall(self._files[name].read_text(encoding="utf-8"))
        return set(listed) - {name}

    def types(self, model: str) -> dict[str, str]:
        """The columns of a model, each with its type."""
        if model not in self._files:
            raise LinkageError(f"seeds/data_quality_suites.csv: no model {model}")
        return {
            column["name"]: column["data_type"]
            for one in read_yaml(self._files[model])["models"]
            if one["name"] == model
            for column in one["columns"]
        }

    def known(self, table: str) -> set[str]:
        """The columns of an existing table."""
        found = self.columns(table)
        if found is None:
            raise LinkageError(f"models: {table} has no contract; restore its .yml")
        return found


def _check_study_models(seeds: Seeds, contracts: _Contracts) -> None:
    columns = contracts.known("marts.violent_crimes")
    models = {row["model"]: row for row in seeds["violent_crime_models"]}
    terms = seeds["violent_crime_predictors"]
    for row in models.values():
        _one_of(row, "dependent", columns)
        for grid in ("mixing_grid", "relaxation_grid"):
            shares = row[grid].split(";")
            if not all(_is_share(share) for share in shares):
                raise _wrong(row, grid, "must be shares from 0 to 1, joined by ;")
        if row["model"] not in {term["model"] for term in terms}:
            raise _wrong(row, "model", "has no row in violent_crime_predictors")
    for row in terms:
        _one_of(row, "model", models)
        _one_of(row, "kind", ("levels", "number", "spline", "interaction"))
        _one_of(row, "recorded", ("before", "at", "after"))
        for column in row["mart_columns"].split(":"):
            if column not in columns:
                raise _wrong(
                    row, "mart_columns", f"marts.violent_crimes has no column {column}"
                )


def _check_gaps(contracts: _Contracts) -> None:
    """Each gap judges columns of its audit model, with values of their types."""
    suites, gaps = read_settings()
    by_suite = {suite.suite: suite for suite in suites}
    for gap in gaps:
        table = by_suite[gap.suite].table
        columns = contracts.types(table)
        used = [gap.column_name, gap.arguments.get("column_B", gap.column_name)]
        for column in [*used, *(one.column for one in gap.applies_to)]:
            if column not in columns:
                raise LinkageError(
                    f"{gap.place}: {table} has no column {column}: see its .yml in "
                    "models/audit"
                )
        values = gap.arguments.get("value_set", [])
        if columns[gap.column_name] == "string" and not all(
            isinstance(value, str) for value in values
        ):
            raise LinkageError(
                f"{gap.place}: arguments: {gap.column_name} is text; put its values in "
                "single quotes"
            )
        if gap.listed and not {"crime_ref", "bcu"} <= columns.keys():
            raise LinkageError(
                f"{gap.place}: listed must be false: {table} has no crime_ref and bcu"
            )


def _check_monitor(seeds: Seeds, contracts: _Contracts) -> None:
    """Crime areas are SQL on the design, models those of the seed."""
    import duckdb

    from linkage.oversight.settings import DEFAULT, read_settings

    file = "linkage/oversight/settings.yml"
    settings = read_settings()
    usable = {
        (row["source_system"], row["model"])
        for row in seeds["driver_models"]
        if (row["filters"], row["dependent"]) == ("all cases", "is_victim_withdrawal")
        and row["has_site_effects"].lower() != "true"
    }
    for source, models in settings.models.items():
        if source not in SOURCES:
            raise LinkageError(f"{file}, models: there is no source {source}")
        for area, model in models.items():
            if model is not None and (source, model) not in usable:
                where = "" if area == DEFAULT else f" for {area}"
                raise LinkageError(
                    f"{file}, models: {source}: model {model}{where} is not one of "
                    "seeds/driver_models.csv that explains is_victim_withdrawal in all "
                    "cases without site effects; name such a model, or null"
                )
    columns = sorted(contracts.known("drivers.design"))
    with duckdb.connect() as connection:
        listed = ", ".join(f"cast(null as integer) as {name}" for name in columns)
        connection.execute(f"create table design as select {listed}").fetchall()
        for area, condition in settings.crime_areas.items():
            try:
                connection.execute(
                    f"explain select 1 from design where {condition}"
                ).fetchall()
            except duckdb.Error as error:
                raise LinkageError(
                    f"{file}, crime_areas: {area}: {condition!r} is no condition on "
                    f"drivers.design ({str(error).splitlines()[0]})"
                ) from error


def _readers(contracts: _Contracts) -> dict[str, Callable[[], object]]:
    """The other settings files, and what reads them."""
    from expectations.record_audit import read_audit_settings
    from linkage.extracts.national import read_inputs
    from ml.study_settings import read_settings

    return {
        "expectations/record_audit.yml": read_audit_settings,
        "linkage/extracts/national_inputs.yml": read_inputs,
        "ml/study_settings.yml": read_settings,
        GLOSSARY: lambda: _check_glossary(contracts),
    }


def _check_glossary(contracts: _Contracts) -> None:
    for entry in read_yaml(PROJECT / GLOSSARY):
        table, _, column = entry["column"].rpartition(".")
        if column not in (contracts.columns(table) or [column]):
            raise LinkageError(
                f"{GLOSSARY}, {entry['term']}: {table} has no column {column}"
            )


def _understood(file: str, read: Callable[[], object]) -> None:
    try:
        read()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise LinkageError(f"{file}: cannot be understood ({error!r})") from error


def _one_of(row: Row, name: str, allowed: Iterable[str]) -> None:
    if row[name] not in allowed:
        names = ", ".join(sorted(allowed))
        raise _wrong(row, name, f"{row[name]!r} is none of {names}")


def _wrong(row: Row, name: str, what: str) -> LinkageError:
    return LinkageError(f"{row['']}, {name}: {what}")


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False
