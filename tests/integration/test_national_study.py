"""The national study on the real Home Office year, against independent counts."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
)

from linkage.base.settings import PROJECT
from linkage.oversight.ranks import rank_tables
from linkage.report.reconciliation import (
    RESULTS,
    as_results,
    compute,
    open_figures,
    read_blocks,
)
from tests.national_files import PUBLISHED, outcome_row, write_ods, write_xlsx
from tests.released import released
from tests.running import PublishedRun, frame, rows, run_linkage

(REAL,) = (PROJECT / "data" / "national").rglob("*.csv.gz")
TRACKED = "force_outcomes_for_offences_recorded_in_quarter"
UNTRACKED = "force_outcomes_recorded_in_quarter"
COMPARED = (
    "Criminal damage and arson",
    "Public order offences",
    "Robbery",
    "Sexual offences",
    "Violence against the person",
)
# Where the tidy file and we name a force differently.
NAMES = {"London, City of": "City of London"}


@pytest.fixture(scope="module")
def real() -> list[dict[str, str]]:
    """The rows of the real file, by Python's csv module alone."""
    with gzip.open(REAL, "rt", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def number(text: str) -> int:
    return 0 if text == "NA" else int(text)


def test_national_totals_by_outcome_type_equal_those_of_the_file(
    national_published: PublishedRun, real: list[dict[str, str]]
) -> None:
    tracked, untracked = Counter[str](), Counter[str]()
    for row in real:
        tracked[row["outcome_type"]] += number(row[TRACKED])
        untracked[row["outcome_type"]] += number(row[UNTRACKED])
    found = rows(
        national_published.path,
        "select outcome_type, sum(coalesce(tracked_outcomes, 0)), "
        "sum(coalesce(untracked_outcomes, 0)) from marts.force_outcomes group by all",
    )
    assert {code: count for code, count, _ in found} == tracked
    assert {code: count for code, _, count in found} == untracked
    assert sum(tracked.values()) == 5_269_059
    assert tracked["14"] + tracked["16"] == 1_237_359


def test_rates_of_every_force_equal_a_plain_query_on_the_file(
    national_published: PublishedRun,
) -> None:
    listed = ", ".join(f"'{group}'" for group in COMPARED)
    with duckdb.connect() as connection:
        expected = connection.execute(
            "with counted as (select force_name, outcome_type, "
            f"try_cast({TRACKED} as integer) as outcomes "
            f"from read_csv('{REAL}', all_varchar = true) "
            f"where offence_group in ({listed})) "
            "select force_name, "
            "sum(outcomes) filter (outcome_type in ('14', '16')) / sum(outcomes), "
            "sum(outcomes) filter (outcome_type in ('14', '16')) "
            "/ sum(outcomes) filter (outcome_type != '0') from counted group by all "
            "union all select 'England and Wales', "
            "sum(outcomes) filter (outcome_type in ('14', '16')) / sum(outcomes), "
            "sum(outcomes) filter (outcome_type in ('14', '16')) "
            "/ sum(outcomes) filter (outcome_type != '0') from counted"
        ).fetchall()
    found = {
        force: (including, excluding)
        for force, including, excluding in rows(
            national_published.path,
            "select force, withdrawal_rate_including_pending, withdrawal_rate "
            "from marts.force_withdrawal_rates where level = 'all compared crime'",
        )
    }
    assert len(found) == len(expected) == 45
    for force, including, excluding in expected:
        assert found[NAMES.get(force, force)] == pytest.approx((including, excluding))


def test_offences_that_moved_between_subgroups_are_in_their_crime_type(
    national_published: PublishedRun, real: list[dict[str, str]]
) -> None:
    stalking = sum(
        number(row[TRACKED])
        for row in real
        if row["offence_subgroup"] == "Harassment"
        or row["offence_description"].endswith(("Stalking", "arassment"))
    )
    ((found,),) = rows(
        national_published.path,
        "select offences from marts.force_withdrawal_rates where "
        "force = 'England and Wales' and crime_type = 'Stalking and harassment'",
    )
    assert found == stalking == 444_731


def test_released_offences_of_a_force_are_those_of_its_delivered_counts(
    national_published: PublishedRun, real: list[dict[str, str]]
) -> None:
    counts: dict[str, dict[str, int]] = {}
    for row in real:
        if row[TRACKED] == "NA":
            continue
        force = NAMES.get(row["force_name"], row["force_name"])
        count = "|".join(
            [force]
            + [
                row[name]
                for name in (
                    *("financial_year", "financial_quarter"),
                    *("offence_code", "outcome_type"),
                )
            ]
        )
        for area in (force, "England and Wales"):
            counts.setdefault(area, {})[count] = int(row[TRACKED])
    found = rows(
        national_published.path,
        "select force, offences from release.force_withdrawal_rates "
        "where level = 'all crime'",
    )
    assert len(found) == 45
    for force, offences in found:
        own = counts[force]
        assert offences == released(national_published, own, sum(own.values()))


def test_every_interval_of_a_rate_is_wilsons(national_published: PublishedRun) -> None:
    found = frame(
        national_published.path,
        "select * from marts.force_withdrawal_rates where withdrawal_rate is not null",
    )
    low, high = proportion_confint(
        found.withdrawals, found.offences - found.pending, method="wilson"
    )
    assert found.withdrawal_rate_low.to_numpy() == pytest.approx(low, abs=1e-12)
    assert found.withdrawal_rate_high.to_numpy() == pytest.approx(high, abs=1e-12)


def test_the_difference_from_a_similar_force_is_newcombes(
    national_published: PublishedRun,
) -> None:
    ((low, high),) = rows(
        national_published.path,
        "select difference_low, difference_high from marts.force_comparisons where "
        "force = 'Metropolitan Police' and benchmark = 'West Midlands' "
        "and crime_type = 'Rape'",
    )
    counts = {
        force: (withdrawals, assigned)
        for force, withdrawals, assigned in rows(
            national_published.path,
            "select force, withdrawals, offences - pending "
            "from marts.force_withdrawal_rates where crime_type = 'Rape'",
        )
    }
    expected = confint_proportions_2indep(
        *counts["Metropolitan Police"], *counts["West Midlands"], method="newcomb"
    )
    assert (low, high) == pytest.approx(expected)


def test_only_similar_forces_that_a_source_prints_are_compared(
    national_published: PublishedRun,
) -> None:
    found = rows(
        national_published.path,
        "select distinct force, benchmark from marts.force_comparisons "
        "where benchmark_kind = 'most similar force' order by all",
    )
    assert found == [
        ("Metropolitan Police", "Greater Manchester"),
        ("Metropolitan Police", "West Midlands"),
        ("Metropolitan Police", "West Yorkshire"),
    ]


def test_places_of_forces_are_those_that_pandas_ranks(
    national_published: PublishedRun, real: list[dict[str, str]]
) -> None:
    data = pd.DataFrame(real)
    data = data[
        ~data.offence_group.str.startswith("Fraud")
        & ~data.force_name.isin(["British Transport Police", "North Yorkshire"])
    ]
    data["outcomes"] = data[TRACKED].map(number)
    totals = data.groupby("force_name").outcomes.sum()
    closed = data[data.outcome_type == "18"].groupby("force_name").outcomes.sum()
    ranked = (closed / totals).sort_values(ascending=False)
    highest = {NAMES.get(force, force) for force in ranked.index[:10]}
    lowest = {NAMES.get(force, force) for force in ranked.index[-10:]}
    found: dict[str, set[str]] = {}
    for force, position in rows(
        national_published.path,
        "select force, position from marts.inspection_outcomes "
        "where measure = 'tracked proportion' "
        "and line = 'Investigation complete - no suspect identified'",
    ):
        found.setdefault(position, set()).add(force)
    assert found["one of the highest"] == highest
    assert found["one of the lowest"] == lowest
    assert len(found["broadly in line"]) == 22
    assert found[None] == {"North Yorkshire"}  # type: ignore[index]


def test_a_force_left_out_says_why_and_is_in_no_total(
    national_published: PublishedRun,
) -> None:
    ((reason, position, forces),) = rows(
        national_published.path,
        "select distinct exclusion_reason, position, forces_compared "
        "from marts.inspection_outcomes where force = 'North Yorkshire' "
        "and measure = 'tracked proportion' and line = 'Charged/Summonsed'",
    )
    assert reason.startswith("Over half of the offences have no outcome yet")
    assert position is None
    assert forces == 42


def test_nothing_ranks_or_adds_tracked_proportions_with_untracked_rates(
    national_published: PublishedRun,
) -> None:
    found = frame(
        national_published.path,
        "select * from marts.inspection_outcomes where not is_left_out",
    )
    assert set(found.measure) == {"tracked proportion", "untracked rate"}
    within = ["population", "measure", "period_from", "period_to", "line"]
    for _, one in found.groupby(within):
        assert one.forces_compared.eq(one.value.notna().sum()).all()
        expected = one.value.rank(ascending=False, method="min")
        assert one.rank_from_highest.astype(float).equals(expected.astype(float))
        total = one.outcomes.sum() / one.offences.sum()
        assert one.england_and_wales.to_numpy() == pytest.approx(total)
    # Offences that wait for an outcome are in no count of outcomes recorded.
    untracked = found[found.measure == "untracked rate"]
    assert "Not yet assigned an outcome" not in set(untracked.line)


def test_how_sure_a_place_is_agrees_with_the_place(
    national_published: PublishedRun,
) -> None:
    found = frame(national_published.path, "select * from marts.inspection_ranks")
    assert list(found.columns) == list(rank_tables()["inspection_ranks"].columns)
    assert found.probability_of_position.between(0, 1).all()
    assert (found.rank_low <= found.median_rank).all()
    assert (found.median_rank <= found.rank_high).all()
    highest = found.groupby(["measure", "line", "forces_compared"])[
        ["probability_highest", "probability_lowest"]
    ].sum()
    for (_, _, forces), sums in highest.iterrows():  # type: ignore[misc]
        assert sums.to_numpy() == pytest.approx(forces // 4)
    certain = found[found.probability_of_position > 0.999]
    assert len(certain) > 900


def test_gaps_name_the_quarters_in_which_outcomes_are_pending(
    national_published: PublishedRun,
) -> None:
    found = dict(rows(national_published.path, "select gap, failing from quality.gaps"))
    assert found == {
        "national_rows_rejected": 0,
        "force_quarter_missing": 0,
        "force_quarter_unexpected": 0,
        # North Yorkshire in each quarter, Wiltshire in the last.
        "outcomes_mostly_pending": 5,
        # Avon and Somerset and Derbyshire, in the first.
        "outcomes_recorded_incomplete": 2,
    }


def test_a_run_on_real_data_does_not_say_simulated(
    national_published: PublishedRun,
) -> None:
    assert "SIMULATED" not in national_published.stdout
    assert "National files" in national_published.stdout


def test_printed_figures_are_reconciled_as_the_page_says(
    national_published: PublishedRun,
) -> None:
    with open_figures({"national": national_published.path}) as connection:
        found = {
            one.block: compute(connection, one)
            for one in read_blocks()
            if set(one.reads) <= {"national"}
        }
    kept: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))["figures"]
    assert as_results(found) == {block: kept[block] for block in found}


def test_the_printed_contradiction_is_flagged() -> None:
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))["figures"]
    (contradicted,) = (
        one
        for one in kept[
            "Home Office withdrawal rates of four forces, from the printed counts"
        ]
        if not one["agrees"]
    )
    assert contradicted["figure"] == "MPS, 2023/24, excluding pending"
    assert contradicted["reason"].startswith("printed total excluding pending equals")


@pytest.fixture(scope="module")
def printed_counts(
    published: PublishedRun, tmp_path_factory: pytest.TempPathFactory
) -> PublishedRun:
    """A run on the printed counts of four forces, in the publisher's layout.

    Three years, one sheet each; beside them the warehouse of simulated crime reports,
    and its own offences of 2021/22 as another force's table, ten of them missing.
    """
    folder = tmp_path_factory.mktemp("printed_counts")
    sheets: dict[str, list[list[Any]]] = {}
    with (
        PROJECT / "data" / "published" / "home_office_force_totals.csv"
    ).open() as stream:
        for row in csv.DictReader(stream):
            withdrawals = int(row["withdrawals"])
            everything = int(row["total_incl_pending"])
            # The one total that contradicts its rate is left as pending none.
            assigned = (
                everything if row["discrepancy"] else int(row["total_excl_pending"])
            )
            force = "Metropolitan Police" if row["force"] == "MPS" else row["force"]
            table = sheets.setdefault(row["year"].replace("/", "-"), [PUBLISHED])
            if force == "Metropolitan Police" and row["year"] == "2021/22":
                table += _own_counts(published.path)
                continue
            table += [
                outcome_row(force, row["year"], tracked=withdrawals),
                outcome_row(
                    force,
                    row["year"],
                    outcome=18,
                    tracked=assigned - withdrawals,
                ),
                outcome_row(
                    force,
                    row["year"],
                    outcome=0,
                    tracked=everything - assigned,
                    untracked="..",
                ),
            ]
    write_ods(
        folder / "files" / "2025-01-30" / "home_office_outcomes" / "prc.ods", sheets
    )
    _write_domestic_abuse(folder / "files" / "2025-01-30")
    warehouse = folder / "national.duckdb"
    done = run_linkage(
        *("run", "--study", "national", "--extracts", folder / "files"),
        *("--warehouse", warehouse, "--record-level", published.path),
    )
    assert done.returncode == 0, done.stderr
    from linkage.base.settings import RunSettings

    return PublishedRun(
        warehouse, done.stdout, RunSettings("national", folder / "files", warehouse)
    )


# Lines of figure 8 by the outcome type that a return would hold them under.
DOMESTIC_ABUSE = {
    1: "Charged / Summonsed",
    3: "Caution - adults",
    2: "Caution - youths",
    8: "Community resolution",
    15: "Evidential difficulties prevent further action; victim supports police action",
    16: "Evidential difficulties prevent further action; victim does not support "
    "police action",
}
LINES = {
    1: "Charged/Summonsed",
    3: "Caution - adults",
    2: "Caution - youths",
    8: "Community Resolution",
    15: "Evidential difficulties (victim supports police action) - Suspect identified",
    16: "Evidential difficulties (victim does not support police action)",
}


def _printed_domestic_abuse() -> dict[str, tuple[float, float]]:
    path = PROJECT / "data" / "published" / "hmic_da_outcomes_2016.csv"
    return {
        row["outcome_type"].replace("\u2013", "-"): (
            float(row["west_midlands_rate"]),
            float(row["england_wales_rate"]),
        )
        for row in csv.DictReader(path.open(encoding="utf-8"))
    }


def _write_domestic_abuse(delivery: Path) -> None:
    """A return of the shape of figure 8: the printed rates, in made-up sizes.

    Two forces with the printed totals; a third that the report leaves out, in print
    far from the others.
    """
    printed = _printed_domestic_abuse()
    own, everyone = 10_000, 100_000
    table: list[list[Any]] = [
        ["Force", "Period from", "Period to", "Outcome type", "Outcomes", "Offences"]
    ]
    for outcome, name in DOMESTIC_ABUSE.items():
        here, everywhere = printed[name]
        mine = round(here * own)
        rest = round(everywhere * everyone) - mine
        for force, outcomes, offences in (
            ("West Midlands", mine, own),
            ("Kent", rest, everyone - own),
            ("Nottinghamshire", 9_000, 10_000),
        ):
            table.append(
                [force, "2015-07-01", "2016-06-30", outcome, outcomes, offences]
            )
    write_xlsx(delivery / "domestic_abuse_outcomes.xlsx", {"Return": table})


def test_domestic_abuse_outcomes_are_untracked_rates_as_printed(
    printed_counts: PublishedRun,
) -> None:
    printed = _printed_domestic_abuse()
    found = {
        line: values
        for line, *values in rows(
            printed_counts.path,
            "select line, round(value, 3), round(england_and_wales, 3), measure "
            "from marts.inspection_outcomes "
            "where population = 'domestic abuse' and force = 'West Midlands'",
        )
    }
    for outcome, name in DOMESTIC_ABUSE.items():
        assert found[LINES[outcome]] == [*printed[name], "untracked rate"]


def test_a_force_with_unreliable_domestic_abuse_data_is_in_no_total(
    printed_counts: PublishedRun,
) -> None:
    found = rows(
        printed_counts.path,
        "select distinct force, is_left_out, forces_compared "
        "from marts.inspection_outcomes where population = 'domestic abuse' "
        "order by all",
    )
    assert found == [
        ("Kent", False, 2),
        ("Nottinghamshire", True, 2),
        ("West Midlands", False, 2),
    ]


def _own_counts(warehouse: Path) -> list[list[Any]]:
    """The simulated force's rapes and robberies as the Home Office would have them."""
    counted = rows(
        warehouse,
        "select crime_type, quarter(recorded_on - interval 3 month), "
        "coalesce(ltrim(outcome_code, '0'), '0'), count(*) from marts.all_offences "
        "where crime_type in ('Rape', 'Robbery') "
        "and coalesce(outcome_code, '') not in ('NC', 'ADM') "
        "and recorded_on between '2021-04-01' and '2022-03-31' group by all",
    )
    table = []
    for crime_type, quarter, outcome, count in counted:
        is_robbery = crime_type == "Robbery"
        table.append(
            outcome_row(
                "Metropolitan Police",
                "2021/22",
                quarter,
                subgroup=crime_type,
                group="Robbery" if is_robbery else "Sexual offences",
                code="34B" if is_robbery else "19C",
                outcome=outcome.removesuffix("A"),
                tracked=count,
            )
        )
    merged: dict[tuple[Any, ...], list[Any]] = {}
    for row in table:
        kept = merged.setdefault((*row[:7], row[10]), row)
        if kept is not row:
            kept[11] += row[11]
    return list(merged.values())


def test_printed_counts_in_the_publishers_layout_give_the_printed_rates(
    printed_counts: PublishedRun,
) -> None:
    found = {
        (force, year): (including, excluding)
        for force, year, including, excluding in rows(
            printed_counts.path,
            "select force, financial_year, withdrawal_rate_including_pending, "
            "withdrawal_rate from marts.force_withdrawal_rates "
            "where level = 'all compared crime'",
        )
    }
    with (
        PROJECT / "data" / "published" / "home_office_force_totals.csv"
    ).open() as stream:
        printed = [row for row in csv.DictReader(stream) if row["force"] != "MPS"]
    assert len(printed) == 9
    for row in printed:
        including, excluding = found[row["force"], row["year"]]
        assert round(including, 2) == float(row["rate_incl_pending"])
        assert round(excluding, 2) == float(row["rate_excl_pending"])


def test_the_trend_of_the_printed_counts_is_the_printed_one(
    printed_counts: PublishedRun,
) -> None:
    found = rows(
        printed_counts.path,
        "select force, financial_year, direction from marts.force_withdrawal_trends "
        "where level = 'all compared crime' and previous_rate is not null "
        "and force in ('West Midlands', 'Greater Manchester') order by all",
    )
    # "Victim withdrawal has been on an upwards trend for West Midlands" (London study).
    assert found == [
        ("Greater Manchester", "2022/23", "downwards"),
        ("Greater Manchester", "2023/24", "downwards"),
        ("West Midlands", "2022/23", "upwards"),
        ("West Midlands", "2023/24", "upwards"),
    ]


def test_record_level_and_aggregate_agree_where_they_count_the_same(
    printed_counts: PublishedRun, published: PublishedRun
) -> None:
    found = rows(
        printed_counts.path,
        "select crime_type, measure, difference, is_whole_year "
        "from marts.force_reconciliation where force = 'Metropolitan Police' "
        "and crime_type in ('Rape', 'Robbery') order by all",
    )
    assert len(found) == 8
    assert {difference for _, _, difference, _ in found} == {0}
    ((number_of_publication,),) = rows(
        published.path, "select max(publication) from quality.publications"
    )
    profile = rows(
        printed_counts.path,
        "select distinct publication from marts.force_profile "
        "where financial_year = '2021/22' and force = 'Metropolitan Police'",
    )
    assert (number_of_publication,) in profile


def test_a_simulated_record_level_makes_the_warehouse_say_so(
    printed_counts: PublishedRun,
) -> None:
    assert "SIMULATED input" in printed_counts.stdout


def test_record_level_is_for_the_national_study_and_needs_a_warehouse(
    tmp_path: Path,
) -> None:
    done = run_linkage("run", "--record-level", tmp_path / "no.duckdb")
    assert done.returncode == 2
    assert done.stderr == "linkage: --record-level is for --study national\n"
    done = run_linkage(
        *("run", "--study", "national", "--record-level", tmp_path / "no.duckdb"),
        *("--warehouse", tmp_path / "national.duckdb"),
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"linkage: {tmp_path / 'no.duckdb'}: no published warehouse; name one with "
        "--record-level\n"
    )
