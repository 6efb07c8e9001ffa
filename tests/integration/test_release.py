"""What is released: record keys, rounding, small counts, and attacks on them."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from cell_key_perturbation.create_perturbed_table import create_perturbed_table
from numpy.typing import NDArray
from scipy import sparse

from linkage.base.errors import LinkageError
from linkage.base.seeds import seed_rows
from linkage.base.settings import RunSettings
from linkage.extracts.record_key import KEYS, record_key, secret_of
from tests.running import PublishedRun

# Dimensions of which a case has exactly one category.
PARTITIONS = (
    "month",
    "bcu",
    "borough",
    "victim_age",
    "victim_age_detail",
    "victim_sex",
    "victim_ethnicity",
    "outcome_group",
    "duration_band",
    "crime_type",
)
# Each category of the first is the sum of categories of the second.
NESTED = (("bcu", "borough"), ("victim_age_group", "victim_age_detail"))
VARIANCE = 4.0  # of the rounding, averaged over the remainders


@pytest.fixture(scope="module")
def warehouse(published: PublishedRun) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published.path), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def secret(published: PublishedRun) -> bytes:
    return secret_of(published.settings)


def perturbation_table() -> pd.DataFrame:
    """The seed as the library takes it; it uses rows 501-750 for larger counts too."""
    rows = [
        (pcv, key, int(row["change"]))
        for pcv in range(1, 751)
        for row in seed_rows("perturbation")
        if int(row["remainder"]) == pcv % 5
        for key in range(int(row["keys_from"]), int(row["keys_before"]))
    ]
    every = pd.MultiIndex.from_product(
        [range(1, 751), range(KEYS)], names=["pcv", "ckey"]
    )
    found = pd.DataFrame(rows, columns=["pcv", "ckey", "pvalue"])
    return found.set_index(["pcv", "ckey"]).reindex(every, fill_value=0).reset_index()


def test_a_record_key_is_the_first_twelve_bits_of_hmac(
    warehouse: duckdb.DuckDBPyConnection, secret: bytes
) -> None:
    rows = warehouse.execute("select crime_ref, record_key from marts.cases").fetchall()
    assert len(rows) > 1_000
    assert dict(rows) == {ref: record_key(secret, ref) for ref, _ in rows}


def test_a_warehouse_has_its_secret_once_and_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LINKAGE_RECORD_KEY_FILE")
    first, second = (
        RunSettings("cris", tmp_path, tmp_path / name) for name in ("a", "b")
    )
    made = secret_of(first)
    assert len(made) == 32
    assert secret_of(first) == made != secret_of(second)
    assert stat.S_IMODE((tmp_path / "a.record_key").stat().st_mode) == 0o600


def test_a_file_that_holds_no_secret_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKAGE_RECORD_KEY_FILE", str(tmp_path / "key"))
    (tmp_path / "key").write_text("no secret", encoding="ascii")
    with pytest.raises(LinkageError, match="is not the secret") as refused:
        secret_of(RunSettings("cris", tmp_path, tmp_path / "w.duckdb"))
    assert "\n" not in str(refused.value)


def test_rounding_changes_no_count_on_average() -> None:
    for remainder in range(5):
        rows = [
            r for r in seed_rows("perturbation") if int(r["remainder"]) == remainder
        ]
        changes = np.zeros(KEYS)
        for row in rows:
            changes[int(row["keys_from"]) : int(row["keys_before"])] += int(
                row["change"]
            )
        assert abs(changes.mean()) < 0.001
        assert set((changes + remainder) % 5) == {0}


@pytest.mark.parametrize(
    ("table", "counted", "column", "condition"),
    [
        ("withdrawal_rates", "cases", "bcu", "true"),
        ("withdrawal_rates", "withdrawals", "bcu", "is_victim_withdrawal"),
        ("withdrawal_rates", "cases", "victim_age_group", "true"),
        ("withdrawal_rates", "withdrawals", "victim_ethnicity", "is_victim_withdrawal"),
        ("outcome_shares", "cases", "outcome_group", "true"),
        ("withdrawal_timing", "withdrawals", "duration_band", "is_victim_withdrawal"),
    ],
)
def test_counts_equal_those_of_the_library_of_the_national_statistics_office(
    warehouse: duckdb.DuckDBPyConnection,
    table: str,
    counted: str,
    column: str,
    condition: str,
) -> None:
    cases = warehouse.execute(
        f"select {column} as category, record_key from marts.cases where {condition}"
    ).df()
    expected = create_perturbed_table(
        data=cases,
        ptable=perturbation_table(),
        geog=[],
        tab_vars=["category"],
        record_key="record_key",
        threshold=10,
    )
    dimension = {"victim_age_group": "victim_age"}.get(column, column)
    key, where = (
        ("category", f"dimension = '{dimension}'")
        if table == "withdrawal_rates"
        else (column, "true")
    )
    found = dict(
        warehouse.execute(
            f"select {key}, {counted} from release.{table} "
            f"where crime_area = 'All crime' and {where}"
        ).fetchall()
    )
    assert len(expected) > 2
    for row in expected.itertuples():
        assert found[row.category] == (None if pd.isna(row.count) else row.count)


def test_no_count_below_ten_and_no_share_of_few_is_released(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    tables = warehouse.execute(
        "select table_name, column_name, data_type from information_schema.columns "
        "where table_schema = 'release'"
    ).fetchall()
    counts = {"cases", "withdrawals", "events", "sample_size", "population", "failing"}
    checked = 0
    for table, column, kind in tables:
        assert not column.endswith("_key"), f"{table}.{column}"
        assert column not in ("crime_ref", "record_key")
        if column in counts and kind == "BIGINT":
            checked += 1
            assert warehouse.execute(
                f"select count(*) from release.{table} "
                f"where {column} < 10 or {column} % 5 != 0"
            ).fetchone() == (0,)
    assert checked > 10
    assert warehouse.execute(
        "select count(*) from release.withdrawal_rates "
        "where withdrawal_rate is not null and (cases < 100 or "
        " withdrawals < 10 or cases - withdrawals < 10)"
    ).fetchone() == (0,)
    assert warehouse.execute(
        "select count(*) from release.withdrawal_rates "
        "where (cases is null) != coalesce(fewer_than_10 like '%cases%', false)"
    ).fetchone() == (0,)


def test_the_same_records_give_the_same_figure_everywhere(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """All cases of an area, in five tables."""
    rows = warehouse.execute(
        "select rates.cases, types.cases, flow.crime_reports_left "
        "from release.withdrawal_rates as rates, release.withdrawal_rates as types, "
        "release.case_flow as flow "
        "where rates.crime_area = 'All crime' and rates.dimension = 'all' "
        "and types.crime_area = 'All crime' and types.dimension = 'month' "
        "and flow.step_no = (select max(step_no) from release.case_flow) limit 1"
    ).fetchall()
    ((all_cases, _, left),) = rows
    assert all_cases == left
    withdrawn = warehouse.execute(
        "select withdrawals from release.withdrawal_rates "
        "where crime_area = 'All crime' and dimension = 'all' "
        "union all select cases from release.outcome_shares "
        "where crime_area = 'All crime' and outcome_group = 'Victim withdrawal' "
        "union all select cases from release.withdrawal_rates "
        "where crime_area = 'All crime' and dimension = 'outcome_group' "
        "and category = 'Victim withdrawal'"
    ).fetchall()
    assert len(set(withdrawn)) == 1


def test_a_released_chart_is_drawn_from_released_counts(
    drivers_published: PublishedRun,
) -> None:
    """Limits by the released cases, around the level of the released baseline."""
    with duckdb.connect(str(drivers_published.path), read_only=True) as connection:
        months = connection.execute(
            "select released.*, sigma_z * limit_sigmas as width "
            "from release.withdrawal_monitor as released "
            "inner join marts.withdrawal_monitor using (month, crime_area, bcu)"
        ).df()
    shown = months[months["withdrawal_rate"].notna()]
    hidden = months[months["withdrawal_rate"].isna()]
    assert hidden[["centre_line", "lower_limit", "upper_limit"]].isna().all().all()
    assert len(shown) > 20
    checked = 0
    for _, series in shown.groupby(["crime_area", "bcu"]):
        past = series[series["is_baseline"]]
        aimed = (past["cases"] * past["expected_rate"] * past["seasonal_index"]).sum()
        if aimed == 0:
            continue
        level = past["withdrawals"].sum() / aimed
        for row in series.itertuples():
            centre = min(row.expected_rate * row.seasonal_index * level, 0.99)
            distance = row.width * (centre * (1 - centre) / row.cases) ** 0.5
            assert row.centre_line == pytest.approx(centre, abs=0.002)
            assert row.lower_limit == pytest.approx(
                max(centre - distance, 0), abs=0.003
            )
            assert row.upper_limit == pytest.approx(
                min(centre + distance, 1), abs=0.003
            )
            checked += 1
    assert checked > 20


def _cells(connection: duckdb.DuckDBPyConnection, measure: str) -> pd.DataFrame:
    return connection.execute(
        "select crime_area, dimension, category, "
        f"truth.{measure} as truth, released.{measure} as released "
        "from marts.withdrawal_rates as truth "
        "inner join release.withdrawal_rates as released "
        "using (crime_area, dimension, category) order by all"
    ).df()


def _sums(
    connection: duckdb.DuckDBPyConnection, cells: pd.DataFrame
) -> sparse.csr_matrix:
    """What an outsider knows of the tables: totals less their parts, which are 0."""
    names = cells[["crime_area", "dimension", "category"]]
    at = {tuple(key): i for i, key in enumerate(names.to_numpy().tolist())}
    rows: list[dict[int, float]] = []

    def add(total: Any, parts: list[Any]) -> None:
        if total in at and parts:
            rows.append({at[total]: 1.0, **{at[part]: -1.0 for part in parts}})

    nested = {
        (upper, lower): connection.execute(
            f"select distinct {upper}, {lower} from marts.cases"
        ).fetchall()
        for upper, lower in NESTED
    }
    for area in cells["crime_area"].unique():
        keys = [key for key in at if key[0] == area]
        for dimension in PARTITIONS:
            add(
                (area, "all", "All cases"), [key for key in keys if key[1] == dimension]
            )
        for (upper, lower), pairs in nested.items():
            whole = {"victim_age_group": "victim_age"}.get(upper, upper)
            for category in {pair[0] for pair in pairs}:
                parts = [
                    (area, lower, pair[1]) for pair in pairs if pair[0] == category
                ]
                add((area, whole, category), [part for part in parts if part in at])
    for area, dimension, category in at:
        if (area, dimension) == ("All crime", "crime_type"):
            add(
                (area, dimension, category),
                [k for k in [(category, "all", "All cases")] if k in at],
            )
    matrix = sparse.lil_matrix((len(rows), len(cells)))
    for i, row in enumerate(rows):
        for j, value in row.items():
            matrix[i, j] = value
    return matrix.tocsr()


def _named(
    sums: sparse.csr_matrix, cells: pd.DataFrame, distribution: NDArray[np.float64]
) -> NDArray[np.int64]:
    """The likeliest value of each hidden count, given everything released.

    Least squares over all counts at once: what is shown is known but for its rounding,
    what is hidden is drawn from the distribution of small counts, all sums hold. Then
    the likeliest small count by the distribution and by what the others say of it.
    """
    hidden = cells["released"].isna().to_numpy()
    small = np.arange(10)
    mean = float(distribution @ small)
    spread = float(distribution @ (small - mean) ** 2)
    prior = np.where(hidden, mean, cells["released"].fillna(0).to_numpy(float))
    precision = np.where(hidden, 1 / spread, 1 / VARIANCE)
    information = sums.T @ sums * 1e4 + sparse.diags(precision)
    covariance = np.linalg.inv(information.toarray())
    estimate = covariance @ (precision * prior)
    variance = np.diag(covariance)[hidden]
    # What the others say: without the count's own prior.
    others = np.maximum(1 / variance - 1 / spread, 1e-9)
    centre = (estimate[hidden] / variance - mean / spread) / others
    score = (
        np.log(np.maximum(distribution, 1e-9))
        - 0.5 * others[:, None] * (small - centre[:, None]) ** 2
    )
    return np.asarray(score.argmax(axis=1))


@pytest.mark.parametrize("measure", ["cases", "withdrawals"])
def test_everything_released_at_once_hardly_names_a_hidden_count(
    warehouse: duckdb.DuckDBPyConnection, measure: str
) -> None:
    """At most 5 points of a hundred more often than the commonest small count is right.

    Margins, linked tables (boroughs and BCUs, ages and bands, types and areas) and
    overlapping areas are sums of one system, solved by least squares.
    """
    cells = _cells(warehouse, measure)
    sums = _sums(warehouse, cells)
    assert abs(sums @ cells["truth"].to_numpy()).max() == 0
    hidden = cells[cells["released"].isna()]["truth"].to_numpy()
    assert hidden.max() < 10
    assert len(hidden) > 300
    distribution = np.bincount(hidden, minlength=10) / len(hidden)
    named = _named(sums, cells, distribution)
    assert (named == hidden).mean() <= distribution.max() + 0.05


def test_a_total_less_its_other_parts_hardly_names_the_one_that_is_hidden(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    cells = _cells(warehouse, "cases")
    right, truths = [], []
    for (area, dimension), part in cells.groupby(["crime_area", "dimension"]):
        total = cells[(cells["crime_area"] == area) & (cells["dimension"] == "all")]
        hidden = part["released"].isna()
        if (
            dimension not in PARTITIONS
            or hidden.sum() != 1
            or total["released"].isna().item()
        ):
            continue
        rest = total["released"].item() - part["released"].sum()
        truths.append(int(part[hidden]["truth"].item()))
        right.append(int(np.clip(rest, 0, 9)) == truths[-1])
    assert len(truths) > 5
    guess = np.bincount(truths).max() / len(truths)
    assert np.mean(right) <= guess + 0.05


def test_two_publications_that_differ_by_a_report_hardly_name_a_hidden_count(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """One that the other publication shows is called 9, any other the commonest."""
    changes = {
        (int(row["remainder"]), key): int(row["change"])
        for row in seed_rows("perturbation")
        for key in range(int(row["keys_from"]), int(row["keys_before"]))
    }

    def shown(count: int, key: int) -> bool:
        return count + changes.get((count % 5, key), 0) >= 10

    cells = warehouse.execute(
        "select cases.borough, victim_age_detail, count(*), sum(record_key) % 4096, "
        "any_value(record_key) from marts.cases group by all"
    ).fetchall()
    right, truths = 0, []
    for *_, count, key, left_out in cells:
        # Without one of its reports, the cell has another count and key.
        other, other_key = count - 1, (key - left_out) % KEYS
        if shown(count, key):
            continue
        truths.append(count)
        right += count == (9 if shown(other, other_key) else 1)
    distribution = np.bincount(truths) / len(truths)
    assert distribution.argmax() == 1
    assert len(truths) > 100
    assert right / len(truths) <= distribution.max() + 0.05


def test_exports_never_differ(published: PublishedRun, tmp_path: Path) -> None:
    from linkage.disclosure.export import export_table

    outs = [tmp_path / f"{number}.csv" for number in range(20)]
    for out in outs:
        export_table(published.settings, "withdrawal_rates", out)
    assert len({out.read_bytes() for out in outs}) == 1
