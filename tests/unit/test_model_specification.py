"""Which models the seeds list, and what is said of a seed that lists them wrongly."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from linkage.base.errors import LinkageError
from linkage.base.settings import PROJECT
from ml.specification import (
    ModelSpecification,
    listed_families,
    model_order,
    read_specifications,
)

# model, filters, dependent, predictor sets
MODELS: tuple[tuple[str, str, str, str], ...] = (
    ("10", "is_hate_crime and not is_suspect_recorded", "is_withdrawn", "offence"),
    ("2", "is_suspect_recorded", "is_withdrawn", "offence + suspect"),
    ("0", "all cases", "is_withdrawn", "offence"),
    ("00", "all cases", "is_early", "offence"),
    ("000", "all cases", "is_withdrawn", "offence + victim"),
    ("1", "not is_suspect_recorded", "is_withdrawn", "victim"),
)
# Column, variable, category, whose
DESIGN_COLUMNS = (
    ("crime__harm", "crime", "Harm", "offence"),
    ("crime__rape", "crime", "Rape", "offence"),
    ("crime__theft", "crime", "Theft", "offence"),
    ("hurt__yes", "hurt", "Yes", "victim"),
    ("sex__female", "sex", "Female", "victim"),
    ("sex__male", "sex", "Male", "victim"),
    ("tie__family", "tie", "Family", "suspect"),
    ("tie__friend", "tie", "Friend", "suspect"),
)
SETS = (
    ("offence", "crime", "Harm"),
    ("victim", "hurt", "No"),
    ("victim", "sex", "Male"),
    ("suspect", "tie", "Friend"),
)
MARKS = ("is_withdrawn", "is_early", "is_suspect_recorded", "is_hate_crime")


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema drivers; create schema quality")
        connection.execute(
            "create table quality.deliveries as select 'cris' as source_system"
        )
        columns = ", ".join(
            f"{name} integer"
            for name in (*MARKS, *(column for column, *_ in DESIGN_COLUMNS))
        )
        connection.execute(f"create table drivers.design ({columns})")
        connection.execute(
            "create table drivers.design_columns (design_column varchar, "
            "variable varchar, category varchar, variable_group varchar, "
            "label varchar)"
        )
        connection.executemany(
            "insert into drivers.design_columns values (?, ?, ?, ?, 'What ' || ?)",
            [(*row, row[2]) for row in DESIGN_COLUMNS],
        )
        connection.execute(
            "create table drivers.driver_models (model varchar, "
            "source_system varchar, family varchar, description varchar, "
            "crime_area varchar, filters varchar, dependent varchar, "
            "predictor_sets varchar, has_site_effects boolean)"
        )
        for model in MODELS:
            list_model(connection, *model)
        list_model(
            connection, "N0", "all cases", "is_withdrawn", "offence", source="nibrs"
        )
        connection.execute(
            "create table drivers.driver_predictors (predictor_set varchar, "
            "variable varchar, reference_category varchar)"
        )
        connection.executemany(
            "insert into drivers.driver_predictors values (?, ?, ?)", SETS
        )
        connection.execute(
            "create table drivers.driver_model_changes (model varchar, "
            "change varchar, variable varchar, reference_category varchar)"
        )
        yield connection


def list_model(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    filters: str,
    dependent: str,
    predictor_sets: str,
    source: str = "cris",
) -> None:
    connection.execute(
        "insert into drivers.driver_models "
        "values (?, ?, 'family', 'What it is', 'All crime', ?, ?, ?, false)",
        [model, source, filters, dependent, predictor_sets],
    )


def change(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    what: str,
    variable: str,
    reference: str | None = None,
) -> None:
    connection.execute(
        "insert into drivers.driver_model_changes values (?, ?, ?, ?)",
        [model, what, variable, reference],
    )


def one(connection: duckdb.DuckDBPyConnection, model: str) -> ModelSpecification:
    (specification,) = read_specifications(connection, [model])
    return specification


def columns_of(specification: ModelSpecification) -> list[str]:
    return [predictor.design_column for predictor in specification.predictors]


def said_of(connection: duckdb.DuckDBPyConnection, *models: str) -> str:
    with pytest.raises(LinkageError) as raised:
        read_specifications(connection, models)
    return str(raised.value)


# Which models


def test_models_come_in_the_order_of_the_study(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    found = [specification.model for specification in read_specifications(warehouse)]
    assert found == ["0", "00", "000", "1", "2", "10"]


def test_a_letter_before_the_number_stands_apart() -> None:
    models = ["N3", "10", "N00", "00", "N0", "2", "N17", "0"]
    assert sorted(models, key=model_order) == [
        *("0", "00", "2", "10"),
        *("N0", "N00", "N3", "N17"),
    ]


def test_only_models_of_the_warehouses_source_are_listed(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    warehouse.execute("update quality.deliveries set source_system = 'nibrs'")
    assert [one.model for one in read_specifications(warehouse)] == ["N0"]


def test_models_asked_for_come_in_the_same_order_and_once(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    found = read_specifications(warehouse, ["10", "1", "10"])
    assert [specification.model for specification in found] == ["1", "10"]


def test_an_unknown_model_is_answered_with_those_there_are(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert said_of(warehouse, "1", "99") == (
        "--model 99: no such model for this warehouse; it lists 0, 00, 000, 1, 2, 10"
    )


# Which cases


@pytest.mark.parametrize(
    ("model", "condition"),
    [
        ("0", "is_withdrawn is not null and true"),
        ("00", "is_early is not null and true"),
        ("1", "is_withdrawn is not null and true and is_suspect_recorded = 0"),
        (
            "10",
            "is_withdrawn is not null and true and is_hate_crime = 1 "
            "and is_suspect_recorded = 0",
        ),
    ],
)
def test_filters_in_words_are_conditions_on_the_design(
    warehouse: duckdb.DuckDBPyConnection, model: str, condition: str
) -> None:
    assert one(warehouse, model).condition == condition


def test_the_condition_chooses_the_cases_that_the_filters_name(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    warehouse.executemany(
        f"insert into drivers.design ({', '.join(MARKS)}) values (?, ?, ?, ?)",
        [(1, 0, 0, 1), (0, 1, 0, 1), (1, 1, 1, 1), (0, 0, 0, 0), (None, 0, 0, 1)],
    )

    def size(model: str) -> int:
        condition = one(warehouse, model).condition
        row = warehouse.execute(
            f"select count(*) from drivers.design where {condition}"
        ).fetchone()
        assert row is not None
        return int(row[0])

    # A case whose outcome is unknown is in none of them.
    assert [size(model) for model in ("0", "00", "1", "2", "10")] == [4, 5, 3, 1, 2]


def test_a_period_narrows_the_cases(warehouse: duckdb.DuckDBPyConnection) -> None:
    earlier = replace(one(warehouse, "1"), period="recorded_month < date '2021-01-01'")
    assert "recorded_month < date '2021-01-01'" in earlier.condition.split(" and ")


# Which predictors


def test_every_category_but_the_reference_is_a_column(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    specification = one(warehouse, "000")
    assert columns_of(specification) == [
        *("crime__rape", "crime__theft"),
        *("hurt__yes", "sex__female"),
    ]
    assert specification.variables == ("crime", "hurt", "sex")
    assert [one.reference_category for one in specification.predictors] == [
        *("Harm", "Harm", "No", "Male"),
    ]
    assert [one.is_yes_no for one in specification.predictors] == [
        *(False, False, True, False),
    ]
    assert specification.predictors[0].label == "What Rape"


def test_offence_comes_before_victim_and_victim_before_suspect(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    list_model(
        warehouse, "5", "all cases", "is_withdrawn", "suspect + victim + offence"
    )
    assert one(warehouse, "5").variables == ("crime", "hurt", "sex", "tie")


def test_a_model_can_leave_a_variable_out(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    change(warehouse, "000", "leave out", "sex")
    assert one(warehouse, "000").variables == ("crime", "hurt")


def test_a_model_can_add_a_variable(warehouse: duckdb.DuckDBPyConnection) -> None:
    change(warehouse, "0", "add", "tie", "Family")
    assert columns_of(one(warehouse, "0")) == [
        *("crime__rape", "crime__theft", "tie__friend"),
    ]


def test_a_model_can_compare_with_another_category(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    change(warehouse, "0", "reference", "crime", "Theft")
    assert columns_of(one(warehouse, "0")) == ["crime__harm", "crime__rape"]
    assert columns_of(one(warehouse, "2"))[:2] == ["crime__rape", "crime__theft"]


# What is wrong with a seed


def test_a_dependent_that_the_design_lacks_is_named(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    list_model(warehouse, "7", "all cases", "is_gone", "offence")
    assert said_of(warehouse) == (
        "seeds/driver_models.csv, model 7: dependent names 'is_gone', which is no "
        "column of drivers.design"
    )


def test_a_filter_that_the_design_lacks_is_named(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    list_model(warehouse, "7", "is_early and not is_gone", "is_withdrawn", "offence")
    assert said_of(warehouse) == (
        "seeds/driver_models.csv, model 7: filters names 'is_gone', which is no "
        "column of drivers.design"
    )


@pytest.mark.parametrize("words", ["is_early or is_withdrawn", "is_early = 1", ""])
def test_a_filter_that_is_more_than_a_column_is_named(
    warehouse: duckdb.DuckDBPyConnection, words: str
) -> None:
    list_model(warehouse, "7", words, "is_withdrawn", "offence")
    assert said_of(warehouse) == (
        f"seeds/driver_models.csv, model 7: filters has {words!r}; write a column, or "
        "not and a column"
    )


def test_a_set_that_is_not_listed_is_named(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    list_model(warehouse, "7", "all cases", "is_withdrawn", "offence + weather")
    assert said_of(warehouse) == (
        "seeds/driver_models.csv, model 7: predictor_sets names 'weather', which "
        "driver_predictors lacks"
    )


@pytest.mark.parametrize(
    ("what", "variable", "words"),
    [
        ("add", "crime", "add crime: it is a predictor already"),
        ("leave out", "tie", "leave out tie: it is no predictor"),
        ("reference", "tie", "reference tie: it is no predictor"),
    ],
)
def test_a_change_that_changes_nothing_is_named(
    warehouse: duckdb.DuckDBPyConnection, what: str, variable: str, words: str
) -> None:
    change(warehouse, "0", what, variable, "Family")
    assert said_of(warehouse) == f"seeds/driver_model_changes.csv, model 0: {words}"


@pytest.mark.parametrize(
    ("predictor_set", "variable", "reference", "words"),
    [
        ("offence", "crime", "Fraud", "drivers.design has Harm, Rape, Theft"),
        ("victim", "hurt", "Yes", "drivers.design has No"),
        ("offence", "moon", "Full", "drivers.design has no such variable"),
    ],
)
def test_a_reference_that_the_design_lacks_is_named_with_those_it_has(
    warehouse: duckdb.DuckDBPyConnection,
    predictor_set: str,
    variable: str,
    reference: str,
    words: str,
) -> None:
    warehouse.execute(
        "delete from drivers.driver_predictors where variable = ?", [variable]
    )
    warehouse.execute(
        "insert into drivers.driver_predictors values (?, ?, ?)",
        [predictor_set, variable, reference],
    )
    assert said_of(warehouse, "000") == (
        f"seeds/driver_predictors.csv, model 000: {variable} against {reference!r}: "
        f"{words}"
    )


def test_a_changed_reference_that_the_design_lacks_is_blamed_on_the_change(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    change(warehouse, "0", "reference", "crime", "Fraud")
    assert said_of(warehouse).startswith(
        "seeds/driver_model_changes.csv, model 0: crime against 'Fraud'"
    )


# The project's own seeds


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_model_that_the_study_prints_is_listed_for_its_crime_area() -> None:
    published = rows_of(PROJECT / "data" / "published" / "mopac_driver_models.csv")
    listed = {
        row["model"]: row for row in rows_of(PROJECT / "seeds" / "driver_models.csv")
    }
    assert len(published) == 31
    for row in published:
        own = listed[row["model"]]
        assert own["source_system"] == "cris"
        assert own["crime_area"] == row["crime_area"]
        is_early = "early" in row["dependent_variable"]
        weeks = "12" if "<12 weeks" in row["dependent_variable"] else "4"
        assert own["dependent"] == (
            f"is_completed_within_{weeks}_weeks" if is_early else "is_victim_withdrawal"
        )
        if row["filters"] in ("All", "No filters", "None"):
            assert own["filters"] == "all cases"
    assert {one for one, row in listed.items() if row["source_system"] == "cris"} == {
        row["model"] for row in published
    }


@pytest.mark.parametrize(
    ("model", "printed", "filters"),
    [
        ("3", "Suspect recorded", "is_suspect_recorded"),
        (
            "4",
            "Suspect known to vic, DA",
            "is_suspect_known_to_victim and is_domestic_abuse",
        ),
        (
            "14",
            "Suspect recorded, Victim withdrawal or judicial outcome",
            "is_suspect_recorded and is_withdrawal_or_judicial",
        ),
        ("15", "Suspect not recorded", "not is_suspect_recorded"),
        (
            "17",
            "Sus recorded, Vic doesn't know suspect",
            "is_suspect_recorded and not is_suspect_known_to_victim",
        ),
        (
            "28",
            "Victim withdrew, Suspect recorded, CSA",
            "is_suspect_recorded and is_victim_withdrawal and is_child_sexual_abuse",
        ),
    ],
)
def test_the_cases_of_a_model_are_those_that_the_study_names(
    model: str, printed: str, filters: str
) -> None:
    published = {
        row["model"]: row["filters"]
        for row in rows_of(PROJECT / "data" / "published" / "mopac_driver_models.csv")
    }
    listed = {
        row["model"]: row["filters"]
        for row in rows_of(PROJECT / "seeds" / "driver_models.csv")
    }
    assert published[model] == printed
    assert listed[model] == filters


def test_every_family_names_its_models_once() -> None:
    families = listed_families()
    models = [model for family in families.values() for model in family]
    assert len(models) == len(set(models))
    assert families["model_testing"] == ["0", "00", "000", "1", "2", "3"]


def test_sets_and_changes_name_models_and_predictors_that_are_listed() -> None:
    models = rows_of(PROJECT / "seeds" / "driver_models.csv")
    sets = {
        row["predictor_set"]
        for row in rows_of(PROJECT / "seeds" / "driver_predictors.csv")
    }
    for row in models:
        assert set(row["predictor_sets"].split(" + ")) <= sets
    for row in rows_of(PROJECT / "seeds" / "driver_model_changes.csv"):
        assert row["model"] in {model["model"] for model in models}
        assert row["change"] in ("add", "leave out", "reference")
        assert (row["reference_category"] == "") == (row["change"] == "leave out")
