"""The audit counts what SQL and pandas count; no value of a record leaves it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import quote

import duckdb
import pandas as pd
import pytest

from expectations.audit import run_audit
from expectations.context import open_context, tolerances
from expectations.settings import Gap, read_settings
from expectations.suites import define_checkpoints
from linkage.base.settings import RunSettings
from linkage.extracts.layouts import CRIS
from tests import independent_linkage
from tests.deliveries import Tables, deliver, offence, sound, suspect, text, victim
from tests.independent_linkage import Linked
from tests.running import Completed, PublishedRun, frame, rows, run_linkage

EVERY_SUITE, EVERY_GAP = read_settings()
# Other studies have audit tables of their own.
GAPS = [gap for gap in EVERY_GAP if set(gap.sources) & {"cris", "nibrs"}]
SUITES = [one for one in EVERY_SUITE if any(gap.suite == one.suite for gap in GAPS)]
TABLE = {suite.suite: suite.table for suite in SUITES}


def condition(gap: Gap) -> str:
    """True in SQL where a row has the gap, null where the gap does not apply."""
    column, values = gap.column_name, gap.arguments
    is_as_expected = {
        "expect_column_values_to_be_null": f"{column} is null",
        "expect_column_values_to_not_be_null": f"{column} is not null",
        "expect_column_values_to_be_in_set": f"list_contains(?, {column})",
        "expect_column_values_to_not_be_in_set": f"not list_contains(?, {column})",
        "expect_column_values_to_be_between": " and ".join(
            f"{column} {sign} {values[name]}"
            for name, sign in (("min_value", ">="), ("max_value", "<="))
            if name in values
        ),
        "expect_column_pair_values_a_to_be_greater_than_b": (
            f"{column} >= {values.get('column_B')}"
        ),
    }[gap.expectation].replace("?", repr(values.get("value_set")))
    applies = [
        f"{one.column} {one.operator} "
        + ("" if one.value is None else repr(one.value).strip("[]").join("()"))
        for one in gap.applies_to
    ]
    found = f"not ({is_as_expected})"
    return f"case when {' and '.join(applies)} then {found} end" if applies else found


@pytest.fixture(scope="module", params=["published", "nibrs_published"])
def run(request: pytest.FixtureRequest) -> PublishedRun:
    found: PublishedRun = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def linked(simulated: Path) -> Linked:
    return independent_linkage.link(simulated)


@pytest.fixture(scope="module")
def counted(run: PublishedRun) -> dict[tuple[str, str], tuple[int, int]]:
    """Population and failing rows by gap and delivery, counted on the audit tables."""
    counts = {}
    for gap in GAPS:
        for delivery, population, failing in rows(
            run.settings.intake,
            f"select delivery, count({condition(gap)}), "
            f"count(*) filter ({condition(gap)}) "
            f"from audit.{TABLE[gap.suite]} group by delivery",
        ):
            counts[gap.gap, delivery] = (population, failing)
    return counts


def test_the_audit_counts_what_sql_counts(
    run: PublishedRun, counted: dict[tuple[str, str], tuple[int, int]]
) -> None:
    found = frame(run.path, "select * from quality.gaps")
    source = run.settings.source
    assert set(found.gap) == {gap.gap for gap in GAPS if source in gap.sources}
    for row in found.itertuples():
        assert (row.population, row.failing) == counted[row.gap, row.delivery], row.gap
    assert found.duplicated(["gap", "delivery"]).sum() == 0


def test_a_share_is_held_against_its_tolerance(run: PublishedRun) -> None:
    tolerance = {gap.gap: gap.tolerance for gap in GAPS}
    for row in frame(run.path, "select * from quality.gaps").itertuples():
        if row.population:
            assert row.share == row.failing / row.population
            assert 0 <= row.ci_low <= row.share <= row.ci_high <= 1
            is_over = row.share > tolerance[row.gap]
            is_surely_over = is_over and row.ci_low > tolerance[row.gap]
            assert row.is_within_tolerance == (not is_surely_over)
            assert row.verdict == (
                "beyond tolerance"
                if is_surely_over
                else "too few to tell"
                if is_over
                else "within tolerance"
            )
        else:
            assert pd.isna(row.share)
            assert row.is_within_tolerance
            assert row.verdict == "nothing to check"


def copy_of_build(published: PublishedRun, folder: Path) -> RunSettings:
    """A build as dbt leaves it for the audit."""
    settings = RunSettings("cris", published.settings.extracts, folder / "w.duckdb")
    settings.build_folder.mkdir()
    shutil.copyfile(published.path, settings.build)
    shutil.copyfile(published.settings.intake, settings.intake)
    return settings


@pytest.mark.parametrize(
    "change",
    [
        "failing = failing + 1 where gap = 'victim_age_unknown'",
        "population = population - 1 where gap = 'victim_age_unknown'",
        "verdict = 'beyond tolerance' where gap = 'victim_age_unknown'",
    ],
)
def test_an_audit_that_counts_otherwise_than_dbt_ends_the_run(
    published: PublishedRun, tmp_path: Path, change: str
) -> None:
    settings = copy_of_build(published, tmp_path)
    with duckdb.connect(str(settings.build)) as connection:
        connection.execute(f"update quality.gaps set {change}").fetchall()
    with pytest.raises(RuntimeError, match="count victim_age_unknown differently"):
        run_audit(settings)


@pytest.mark.parametrize(
    ("schema", "change"),
    [
        ("audit", "audit_cases set victim_age_group = '25-34'"),
        ("audit", "audit_cases set crime_type = 'Unknown'"),
        ("audit", "audit_extract_rows set rejection_reason = null"),
    ],
)
def test_rows_that_change_after_dbt_has_counted_end_the_run(
    published: PublishedRun, tmp_path: Path, schema: str, change: str
) -> None:
    settings = copy_of_build(published, tmp_path)
    with duckdb.connect(str(settings.intake)) as connection:
        connection.execute(f"update {schema}.{change}").fetchall()
    with pytest.raises(RuntimeError, match=r"count \w+ differently"):
        run_audit(settings)


def test_great_expectations_decides_whether_a_gap_that_must_hold_does(
    published: PublishedRun, tmp_path: Path
) -> None:
    settings = copy_of_build(published, tmp_path)
    with duckdb.connect(str(settings.intake)) as connection:
        connection.execute(
            "update audit.audit_extract_rows set rejection_reason = 'key_repeated' "
            "where extract = 'victims'"
        ).fetchall()
    with duckdb.connect(str(settings.build)) as connection:
        connection.execute(
            "update quality.gaps set failing = population, "
            "verdict = 'beyond tolerance' where gap = 'victims_rejected'"
        ).fetchall()
    (breach,) = run_audit(settings).breaches
    assert breach.gap.gap == "victims_rejected"


def test_results_are_kept_from_run_to_run(
    published: PublishedRun, tmp_path: Path
) -> None:
    settings = copy_of_build(published, tmp_path)
    shutil.copytree(published.settings.data_docs, settings.data_docs)
    before = set((settings.data_docs / "validations").rglob("*.html"))
    run_audit(settings)
    after = set((settings.audited_docs / "validations").rglob("*.html"))
    assert len(after) == 2 * len(before)
    index = (settings.audited_docs / "index.html").read_text(encoding="utf-8")
    for page in after:
        assert quote(page.relative_to(settings.audited_docs).as_posix()) in index


def test_a_lead_runs_a_suite_by_hand(published: PublishedRun, tmp_path: Path) -> None:
    settings = copy_of_build(published, tmp_path)
    context = open_context(settings.intake, tmp_path / "docs")
    define_checkpoints(context, EVERY_SUITE, EVERY_GAP, "duckdb")
    ((delivery,),) = rows(published.path, "select max(delivery) from quality.gaps")
    run = context.checkpoints.get("combined dataset").run(
        batch_parameters={"delivery": delivery}, expectation_parameters=tolerances()
    )
    (validated,) = run.run_results.values()
    ((gaps,),) = rows(
        published.path,
        "select count(*) from quality.gaps "
        "where suite = 'combined dataset' and delivery = ?",
        delivery,
    )
    # Those of other sources are of the same suite, and are evaluated as well.
    assert len(validated.results) >= gaps
    assert not [one for one in validated.results if "element_count" not in one.result]


def test_the_published_shares_are_those_of_the_study() -> None:
    facts = frame_of_facts()
    for gap in GAPS:
        if gap.published_in:
            name, fact = gap.published_in.split()
            assert name == "mopac_data_quality_facts.csv"
            value = float(facts[facts.fact_id == fact].share.iloc[0])
            assert gap.published_share == pytest.approx(value), gap.gap


def frame_of_facts() -> pd.DataFrame:
    path = (
        Path(__file__).parents[2]
        / "data"
        / "published"
        / "mopac_data_quality_facts.csv"
    )
    return pd.read_csv(path, dtype=str)


def test_the_exceptions_are_the_rows_with_a_listed_gap(run: PublishedRun) -> None:
    wanted = []
    for gap in GAPS:
        if gap.listed and run.settings.source in gap.sources:
            wanted += rows(
                run.settings.intake,
                f"select distinct '{gap.gap}', crime_ref, coalesce(bcu, 'Unknown'), "
                f"delivery from audit.{TABLE[gap.suite]} "
                f"where {condition(gap)} and crime_ref is not null",
            )
    found = rows(
        run.path,
        "select distinct gap, crime_ref, bcu, delivery from quality.exceptions",
    )
    assert sorted(found) == sorted(wanted)
    assert found


@pytest.mark.parametrize("extract", CRIS.extracts)
def test_the_rejected_rows_of_the_audit_are_those_that_pandas_rejects(
    published: PublishedRun, linked: Linked, extract: str
) -> None:
    ((failing,),) = rows(
        published.path,
        "select cast(sum(failing) as bigint) from quality.gaps where gap = ?",
        f"{extract}_rejected",
    )
    assert failing == linked.rejected_rows[extract] > 0


def test_the_gaps_of_the_cases_are_those_that_pandas_finds(
    published: PublishedRun, linked: Linked
) -> None:
    cases = linked.cases
    recorded, code = cases.is_suspect_recorded, cases.outcome_code
    days = {
        name: pd.to_datetime(cases[name])
        for name in (
            "committed_on",
            "reported_on",
            "recorded_on",
            "outcome_on",
            "investigation_completed_on",
        )
    }
    everyone = pd.Series(True, index=cases.index)
    names = independent_linkage.lookup("outcome_codes", "outcome_code", "names_suspect")
    naming = code.str.lower().map(names) == "true"
    wanted = {
        "suspectless_named_suspect_outcome": (~recorded, naming),
        "outcome_16_suspectless": (code == "16", ~recorded),
        "outcome_14_suspect_known": (
            (code == "14") & recorded,
            cases.is_suspect_known,
        ),
        "outcome_18_suspect_known": (
            (code == "18") & recorded,
            cases.is_suspect_known,
        ),
        "committed_after_reported": (
            days["committed_on"].notna() & days["reported_on"].notna(),
            days["committed_on"] > days["reported_on"],
        ),
        "outcome_before_reported": (
            days["outcome_on"].notna() & days["reported_on"].notna(),
            days["outcome_on"] < days["reported_on"],
        ),
        "completed_before_recorded": (
            days["investigation_completed_on"].notna(),
            days["investigation_completed_on"] < days["recorded_on"],
        ),
        "completion_date_missing": (
            everyone,
            days["investigation_completed_on"].isna(),
        ),
        "victim_age_unknown": (everyone, ~(cases.victim_age >= 1)),
        "victim_ethnicity_unknown": (
            everyone,
            cases.victim_ethnicity_group == "Unknown",
        ),
        "victim_self_defined_ethnicity_missing": (
            everyone,
            cases.victim_self_defined_ethnicity.isna(),
        ),
    }
    found = frame(published.path, "select * from quality.gaps").set_index("gap")
    for gap, (applies, has) in wanted.items():
        assert found.population[gap] == applies.sum(), gap
        assert found.failing[gap] == (applies & has).sum(), gap


def test_the_data_docs_show_every_expectation_and_no_crime_report(
    run: PublishedRun,
) -> None:
    pages = [page.read_text() for page in run.settings.data_docs.rglob("*.html")]
    everything = "".join(pages)
    for gap in GAPS:
        if run.settings.source in gap.sources:
            assert gap.gap in everything, gap.gap
    assert len(pages) >= 1 + 2 * len(SUITES)
    assert not re.search(r"\b\d{7}/\d\d\b", everything)


# No value of a record leaves the warehouse --------------------------------------------

FREE_TEXT = {
    "offences": (
        "offence_role",
        "major_crime",
        "minor_crime",
        "offence",
        "outcome_code",
        "outcome_on",
        "committed_on",
        "borough",
        "venue_type",
        "how_notified",
    ),
    "victims": (
        "sex",
        "gender",
        "age_at_report",
        "ethnic_appearance",
        "self_defined_ethnicity",
        "nationality",
        "disability",
        "vulnerability",
        "injury_degree",
        "repeat_victim",
    ),
    "suspects": (
        "sex",
        "age_at_report",
        "ethnic_appearance",
        "self_defined_ethnicity",
        "nationality",
        "disability",
        "pnc_status",
        "how_known",
        "arrested",
    ),
    "flags": ("flag",),
    "knife_crime_features": ("feature",),
}
IDENTITIES = ("forename", "surname", "date_of_birth", "postcode")
# The mart keeps the offence as the police named it, and its two classes.
MAY_BE_PUBLISHED = {f"Qx offences {x} xQ" for x in FREE_TEXT["offences"][1:4]}


def canary(extract: str, column: str) -> str:
    """A text found nowhere else, one for each column."""
    return f"Qx {extract} {column} xQ"


CANARIES = {
    canary(extract, column)
    for extract, columns in {
        **FREE_TEXT,
        "victim_identities": IDENTITIES,
        "extra": ("surname",),
        "ragged": ("row",),
    }.items()
    for column in columns
}


def with_canaries() -> Tables:
    """Sound reports, then one report for each column with its canary in it."""
    tables = sound(*(f"{n}/21" for n in range(120)))
    makers = {"offences": offence, "victims": victim, "suspects": suspect}
    for extract, columns in FREE_TEXT.items():
        for column in columns:
            ref, value = f"{extract}-{column}/21", {column: canary(extract, column)}
            for other, make in makers.items():
                tables[other].append(make(ref, **(value if other == extract else {})))
            if extract not in makers:
                tables[extract].append({"crime_ref": ref, **value})
    return tables


@pytest.fixture(scope="module")
def told(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[RunSettings, Completed]:
    """A run on the delivery with canaries, and everything it stated."""
    folder = tmp_path_factory.mktemp("canary")
    tables = with_canaries()
    victims = text(
        "victims",
        [{**row, "surname": canary("extra", "surname")} for row in tables["victims"]],
        (*CRIS.extracts["victims"], "surname"),
    )
    ragged = text("suspects", tables["suspects"]) + f"0/21,{canary('ragged', 'row')}\n"
    delivered = deliver(
        folder / "extracts", tables, files={"victims": victims, "suspects": ragged}
    )
    identities = ["crime_ref,victim_no," + ",".join(IDENTITIES)] + [
        f"{row['crime_ref']},1,"
        + ",".join(canary("victim_identities", x) for x in IDENTITIES)
        for row in tables["victims"]
    ]
    (delivered / "victim_identities.csv").write_text("\n".join(identities) + "\n")
    settings = RunSettings("cris", folder / "extracts", folder / "cris.duckdb")
    (folder / "dagster").mkdir()
    done = run_linkage(
        "run",
        "--extracts",
        settings.extracts,
        "--warehouse",
        settings.warehouse,
        "--until",
        "publication",
        env={"DAGSTER_HOME": str(folder / "dagster")},
    )
    assert done.returncode == 0, done.stderr
    for args in (
        ("exceptions", "--out", folder / "exceptions.csv"),
        ("audit-sample", "--size", "20", "--out", folder / "sheet.csv"),
        ("drivers", "--model", "3"),
    ):
        more = run_linkage(*args, "--warehouse", settings.warehouse)
        assert more.returncode == 0, more.stderr
    return settings, done


def found_in(content: str) -> set[str]:
    """Canaries that stand in a text, whatever its letter case and spacing."""
    lowered = " ".join(content.lower().split())
    return {text for text in CANARIES if text.lower() in lowered}


def found_in_tables(database: Path, *schemas: str) -> dict[str, set[str]]:
    """Canaries by table and column."""
    found: dict[str, set[str]] = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for schema, table, column in connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where data_type = 'VARCHAR' and database_name = current_database() "
            "and not internal"
        ).fetchall():
            if schema not in schemas:
                continue
            values = connection.execute(
                f'select distinct "{column}" from {schema}.{table} '
                f"where \"{column}\" ilike '%Qx%xQ%'"
            ).fetchall()
            for (value,) in values:
                for text_found in found_in(value):
                    found.setdefault(f"{schema}.{table}.{column}", set()).add(
                        text_found
                    )
    return found


def test_the_canaries_were_delivered_and_loaded(
    told: tuple[RunSettings, Completed],
) -> None:
    settings, _ = told
    loaded = found_in_tables(settings.intake, "raw_cris")
    assert set().union(*loaded.values()) == {
        canary(extract, column)
        for extract, columns in FREE_TEXT.items()
        for column in columns
    }


def test_identities_are_never_loaded(told: tuple[RunSettings, Completed]) -> None:
    settings, _ = told
    for database in (settings.intake, settings.warehouse):
        content = database.read_bytes()
        for column in IDENTITIES:
            assert canary("victim_identities", column).encode() not in content


def test_no_value_of_a_record_is_said_at_the_terminal(
    told: tuple[RunSettings, Completed],
) -> None:
    _, done = told
    assert found_in(done.stdout + done.stderr) == set()


@pytest.mark.parametrize("place", ["data_docs", "target", "dagster", "files", "site"])
def test_no_value_of_a_record_stands_in_a_page_or_a_file_of_the_tools(
    told: tuple[RunSettings, Completed], place: str
) -> None:
    settings, _ = told
    folder = settings.warehouse.parent
    files = {
        "data_docs": [*settings.data_docs.rglob("*")],
        "target": [*settings.target.rglob("*")],
        "dagster": [*(folder / "dagster").rglob("*")],
        "files": [*folder.glob("*.csv")],
        "site": [*settings.site.rglob("*")],
    }[place]
    files = [path for path in files if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes().decode("utf-8", errors="replace")
        assert found_in(content) == set(), path.name


def test_no_value_of_a_record_stands_in_schema_quality(
    told: tuple[RunSettings, Completed],
) -> None:
    settings, _ = told
    assert found_in_tables(settings.warehouse, "quality") == {}


def test_the_marts_hold_the_offence_as_named_and_no_other_free_text(
    told: tuple[RunSettings, Completed],
) -> None:
    settings, _ = told
    found = found_in_tables(settings.warehouse, "marts", "drivers")
    assert set().union(*found.values()) <= MAY_BE_PUBLISHED
    assert {place.rsplit(".", 1)[1] for place in found} <= {
        "major_crime",
        "minor_crime",
        "offence",
    }
    assert canary("offences", "offence") in set().union(*found.values())
