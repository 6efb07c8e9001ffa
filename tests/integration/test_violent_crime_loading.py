"""The loader of CRIS deliveries reads violent-crime deliveries by the same rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from linkage.base.errors import UnreadableInputError
from linkage.base.settings import RunSettings
from linkage.extracts.deliveries import find_deliveries
from linkage.extracts.layouts import VIOLENT_CRIME
from linkage.extracts.load import load_source
from linkage.extracts.records import load_deliveries
from linkage.publication.build_state import why_full_refresh
from linkage.simulator.violent_crime import simulate_violent_crime

DATE = "2021-06-01"
FORMATS = ("csv", "csv.gz", "parquet")


@pytest.fixture(scope="module", params=FORMATS)
def file_format(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def simulate(out: Path, file_format: Any = "csv", dirt: float = 0.0) -> Path:
    simulate_violent_crime(out, 60, dirt=dirt, file_format=file_format)
    return out / DATE


def refusal(extracts: Path) -> str:
    """The message with which a delivery is refused, always one line."""
    with pytest.raises(UnreadableInputError) as refused:
        load(extracts)
    message = str(refused.value)
    assert "\n" not in message
    return message


def load(extracts: Path) -> dict[str, pd.DataFrame]:
    """Every raw table in the order of its lines."""
    with duckdb.connect() as connection:
        deliveries = find_deliveries(extracts, VIOLENT_CRIME)
        load_deliveries(connection, VIOLENT_CRIME, deliveries)
        return {
            extract: connection.execute(
                f"select * exclude line_no from raw_violent_crime.{extract} "
                "order by line_no"
            ).df()
            for extract in VIOLENT_CRIME.extracts
        }


@pytest.mark.parametrize("extract", VIOLENT_CRIME.extracts)
def test_a_missing_file_is_refused_by_name(tmp_path: Path, extract: str) -> None:
    (simulate(tmp_path) / f"{extract}.csv").unlink()
    assert refusal(tmp_path) == (
        f"delivery {DATE}: {extract}.csv is missing; deliver all 6 extracts together"
    )


@pytest.mark.parametrize("extract", VIOLENT_CRIME.extracts)
def test_a_missing_column_is_refused_by_file_column_and_delivery(
    tmp_path: Path, extract: str, file_format: str
) -> None:
    path = simulate(tmp_path, file_format) / f"{extract}.{file_format}"
    column = VIOLENT_CRIME.extracts[extract][-1]
    if file_format == "parquet":
        pd.read_parquet(path).drop(columns=column).to_parquet(path)
    else:
        pd.read_csv(path, dtype=str).drop(columns=column).to_csv(path, index=False)
    assert refusal(tmp_path).startswith(
        f"delivery {DATE}: {path.name}: column {column} is missing"
    )


def test_a_delivery_without_crimes_is_refused(tmp_path: Path) -> None:
    path = simulate(tmp_path) / "crimes.csv"
    path.write_text(path.read_text().split("\n", 1)[0] + "\n")
    assert refusal(tmp_path).startswith(f"delivery {DATE}: crimes.csv holds no rows")


def test_a_delivery_of_the_other_study_is_refused(tmp_path: Path) -> None:
    (tmp_path / DATE).mkdir()
    (tmp_path / DATE / "offences.csv").write_text("crime_ref\n")
    assert "holds no extracts; expected crimes.csv" in refusal(tmp_path)


def test_three_formats_are_the_same_delivery(tmp_path: Path) -> None:
    first, *others = (simulate(tmp_path / x, x) and load(tmp_path / x) for x in FORMATS)
    for other in others:
        for extract, table in first.items():
            pd.testing.assert_frame_equal(other[extract], table)


def test_a_load_keeps_malformed_rows_and_leaves_other_sources_empty(
    tmp_path: Path,
) -> None:
    extracts = tmp_path / "extracts"
    simulate(extracts, dirt=0.1)
    run = RunSettings("violent_crime", extracts, tmp_path / "violent_crime.duckdb")
    assert why_full_refresh(run) == "this source is always built as a whole"
    rows = load_source(run, only_changes=True)
    for extract in VIOLENT_CRIME.extracts:
        assert rows[f"raw_violent_crime/{extract}"] > 0
    others = {table: size for table, size in rows.items() if "violent" not in table}
    assert {table.split("/")[0] for table in others} == {
        "raw",
        "raw_cris",
        "raw_national",
        "raw_nibrs",
    }
    assert not any(size for table, size in others.items() if table[:4] == "raw_")
    with duckdb.connect(str(run.intake), read_only=True) as connection:
        malformed = connection.sql(
            "select extract, crime_ref, reason from raw_violent_crime.malformed_rows"
        ).df()
        delivered = connection.sql(
            "select extract, delivered_rows, is_simulated, source_system "
            "from raw.deliveries"
        ).df()
    assert set(malformed.extract) == set(VIOLENT_CRIME.extracts)
    has_ref = malformed.extract.map(
        lambda extract: "crime_ref" in VIOLENT_CRIME.extracts[extract]
    )
    assert (malformed.crime_ref.notna() == has_ref).all()
    found = delivered.set_index("extract").delivered_rows.to_dict()
    for extract, count in malformed.extract.value_counts().items():
        assert found[extract] == rows[f"raw_violent_crime/{extract}"] + count
    assert delivered.is_simulated.all()
    assert set(delivered.source_system) == {"violent_crime"}
