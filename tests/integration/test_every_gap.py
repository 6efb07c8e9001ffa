"""Each gap has a delivery it must find nothing in, and a report it must find."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from expectations.settings import Gap, read_settings
from linkage.base.settings import RunSettings
from linkage.extracts.layouts import CRIS
from tests.deliveries import Row, Tables, deliver, offence, suspect, text, victim
from tests.running import frame, rows, run_linkage

GAPS = [gap for gap in read_settings()[1] if "cris" in gap.sources]
CLEAN = ("2022-03-01", "2022-04-01", "2022-05-01", "2022-06-01")
BROKEN = "2022-07-01"
LEFT_OUT = "Barnet"
PRINTED = "printed.txt"
HATE = "Racially or religiously aggravated common assault"
RAPE = "Rape of a female aged 16 or over"

with (Path(__file__).parents[2] / "seeds" / "borough_bcus.csv").open() as lookup:
    BOROUGHS = [row["borough"] for row in csv.DictReader(lookup)]

DESCRIBED = {
    "self_defined_ethnicity": "W1 - White British",
    "nationality": "United Kingdom",
    "disability": "Physical",
}


def report(ref: str, outcome: str = "16", **changes: str) -> Tables:
    """A crime report that nothing is wrong with, flagged as its relationship asks."""
    return {
        "offences": [offence(ref, outcome_code=outcome, **changes)],
        "victims": [victim(ref, **DESCRIBED)],
        "suspects": [suspect(ref, **DESCRIBED)],
        "flags": [{"crime_ref": ref, "flag": "Domestic Incident"}],
        "knife_crime_features": [{"crime_ref": ref, "feature": "Knife seen"}],
    }


def with_(tables: Tables, extract: str, **changes: str) -> Tables:
    """The report with other values in the rows of one extract."""
    return {
        **tables,
        extract: [{**row, **changes} for row in tables[extract]],
    }


def without(tables: Tables, *extracts: str) -> Tables:
    return {name: [] if name in extracts else own for name, own in tables.items()}


def stranger(ref: str, outcome: str, **changes: str) -> Tables:
    """A report whose suspect is nobody's partner, and so without the flag."""
    return without(
        with_(report(ref, outcome, **changes), "suspects", how_known=""), "flags"
    )


def added(tables: Tables, extract: str, *more: Row) -> Tables:
    return {**tables, extract: [*tables[extract], *more]}


def together(*parts: Tables) -> Tables:
    return {name: [row for part in parts for row in part[name]] for name in parts[0]}


def clean(day: str) -> Tables:
    """Reports of every borough and of every outcome that a gap asks about."""
    return together(
        *(report(f"{day} {name}/21", borough=name) for name in BOROUGHS),
        *(stranger(f"{day} {code}/21", code) for code in ("14", "18")),
        *(report(f"{day} {code}/21", code) for code in ("01", "02", "15")),
        added(
            report(f"{day} hate/21", offence=HATE),
            "flags",
            {"crime_ref": f"{day} hate/21", "flag": "Racial Incident"},
        ),
        report(
            f"{day} rape/21",
            offence=RAPE,
            major_crime="Sexual Offences",
            minor_crime="Rape",
        ),
        without(report(f"{day} alone/21", "18"), "suspects", "flags"),
    )


def orphan(extract: str, ref: str, row: Row) -> Tables:
    """A row of a report that is not among the offences."""
    tables = without(report(ref), *report(ref))
    return added(tables, extract, row)


def changed(extract: str, **changes: str) -> Callable[[str], Tables]:
    return lambda ref: with_(report(ref), extract, **changes)


def lone(outcome: str) -> Callable[[str], Tables]:
    return lambda ref: without(report(ref, outcome), "suspects", "flags")


# For each gap a report that has it; those of a whole delivery are had by the delivery.
BREAKS: dict[str, Callable[[str], Tables]] = {
    "offences_rejected": changed("offences", offence_no="x"),
    "victims_rejected": changed("victims", victim_no="x"),
    "suspects_rejected": changed("suspects", suspect_no="x"),
    "flags_rejected": lambda ref: orphan(
        "flags", ref, {"crime_ref": ref, "flag": "Domestic Incident"}
    ),
    "knife_crime_features_rejected": lambda ref: orphan(
        "knife_crime_features", ref, {"crime_ref": ref, "feature": "Knife seen"}
    ),
    "key_missing": changed("victims", victim_no=""),
    "recording_date_missing": changed("offences", recorded_on=""),
    "value_unreadable": changed("suspects", age_at_report="abc"),
    "value_not_in_list": changed("suspects", arrested="Maybe"),
    "key_repeated": lambda ref: added(
        report(ref), "suspects", suspect(ref, sex="Female")
    ),
    "row_identical": lambda ref: added(
        report(ref), "victims", victim(ref, **DESCRIBED)
    ),
    "crime_report_not_delivered": lambda ref: orphan("victims", ref, victim(ref)),
    "main_offence_missing": changed("offences", offence_role="Subsidiary"),
    "main_offence_repeated": lambda ref: added(
        report(ref), "offences", offence(ref, offence_no="2")
    ),
    "feature_not_in_lookup": changed("knife_crime_features", feature="Spoon seen"),
    "outcome_missing_after_12_months": changed("offences", outcome_code=""),
    "victim_not_recorded": lambda ref: without(report(ref), "victims"),
    "recorded_after_delivery": changed("offences", recorded_on="2022-07-02"),
    "recorded_over_3_days_late": changed("offences", recorded_on="2021-04-06"),
    "negative_days": changed("offences", outcome_on="2021-03-31"),
    "victim_sex_unknown": changed("victims", sex="Unknown"),
    "victim_age_unknown": changed("victims", age_at_report="0"),
    "victim_ethnicity_unknown": changed("victims", ethnic_appearance=""),
    "victim_self_defined_ethnicity_missing": changed(
        "victims", self_defined_ethnicity=""
    ),
    "victim_nationality_unknown": changed("victims", nationality=""),
    "suspect_sex_missing": changed("suspects", sex=""),
    "suspect_age_unknown": changed("suspects", age_at_report=""),
    "suspect_ethnicity_missing": changed("suspects", ethnic_appearance="Unknown"),
    "suspect_self_defined_ethnicity_missing": changed(
        "suspects", self_defined_ethnicity=""
    ),
    "suspect_nationality_unknown": changed("suspects", nationality=""),
    "completion_date_missing": changed("offences", investigation_completed_on=""),
    "named_suspect_outcome_suspect_sex_unknown": changed("suspects", sex=""),
    "suspectless_named_suspect_outcome": lone("15"),
    "charge_suspectless": lone("1A"),
    "caution_suspectless": lone("03"),
    "outcome_15_suspectless": lone("15"),
    "outcome_16_suspectless": lone("16"),
    "outcome_14_suspect_known": lambda ref: report(ref, "14"),
    "outcome_18_suspect_known": lambda ref: report(ref, "18"),
    "relationship_without_description": changed(
        "suspects", sex="", age_at_report="", ethnic_appearance="", nationality=""
    ),
    "domestic_flag_other_relationship": changed("suspects", how_known="Neighbour"),
    "partner_without_domestic_flag": lambda ref: without(report(ref), "flags"),
    "domestic_flag_business_robbery": changed(
        "offences", major_crime="Robbery", minor_crime="Robbery of Business Property"
    ),
    "hate_offence_without_hate_flag": changed("offences", offence=HATE),
    "offence_states_another_age": changed(
        "offences",
        offence="Rape of a female child under 13",
        major_crime="Sexual Offences",
        minor_crime="Rape",
    ),
    "committed_after_reported": changed("offences", committed_on="2021-04-03"),
    "reported_after_recorded": changed("offences", reported_on="2021-04-04"),
    "completed_before_recorded": changed(
        "offences", investigation_completed_on="2021-04-02"
    ),
    "outcome_before_reported": changed("offences", outcome_on="2021-04-01"),
    "crime_type_unknown": changed("offences", minor_crime="Violence of a new kind"),
    "borough_not_in_lookup": changed("offences", borough="Atlantis"),
    "venue_type_not_in_lookup": changed("offences", venue_type="Moon base"),
    "report_route_not_in_lookup": changed("offences", how_notified="Pigeon"),
    "victim_age_out_of_range": changed("victims", age_at_report="999"),
    "victim_sex_not_in_lookup": changed("victims", sex="Blue"),
    "victim_ethnicity_not_in_lookup": changed("victims", ethnic_appearance="Blue"),
    "victim_nationality_not_in_lookup": changed("victims", nationality="Atlantis"),
    "victim_disability_not_in_lookup": changed("victims", disability="Blue; Deaf"),
    "suspect_age_out_of_range": changed("suspects", age_at_report="-3"),
    "suspect_sex_not_in_lookup": changed("suspects", sex="Blue"),
    "suspect_ethnicity_not_in_lookup": changed("suspects", ethnic_appearance="Blue"),
    "suspect_nationality_not_in_lookup": changed("suspects", nationality="Atlantis"),
    "suspect_pnc_status_not_in_lookup": changed("suspects", pnc_status="Perhaps"),
    "suspect_relationship_not_in_lookup": changed("suspects", how_known="Pen friend"),
    "month_without_rows": changed("offences", recorded_on="2021-06-30"),
}
BY_DELIVERY = {
    "row_malformed",
    "borough_without_rows",
    "volume_change",
    "category_share_change",
    "missing_share_change",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunSettings:
    """Four clean deliveries, then one in which a report has each gap."""
    folder = tmp_path_factory.mktemp("gaps")
    settings = RunSettings("cris", folder / "extracts", folder / "cris.duckdb")
    for day in CLEAN:
        deliver(settings.extracts, clean(day), date=day)
    broken = together(
        *(
            report(f"{BROKEN} {name}/21", borough=name, how_notified="")
            for name in BOROUGHS
            if name != LEFT_OUT
        ),
        *(fault(f"{gap}/21") for gap, fault in BREAKS.items()),
    )
    ragged = text("flags", broken["flags"]) + "x/21,Domestic Incident,more\n"
    deliver(settings.extracts, broken, date=BROKEN, files={"flags": ragged})
    done = run_linkage(
        *("run", "--extracts", settings.extracts),
        *("--warehouse", settings.warehouse, "--until", "publication"),
    )
    assert done.returncode == 0, done.stderr
    (folder / PRINTED).write_text(done.stdout, encoding="utf-8")
    return settings


@pytest.fixture(scope="module")
def found(run: RunSettings) -> pd.DataFrame:
    return frame(run.warehouse, "select * from quality.gaps").set_index(
        ["gap", "delivery"]
    )


def test_every_gap_has_a_report_or_a_delivery_that_has_it() -> None:
    assert set(BREAKS) | BY_DELIVERY == {gap.gap for gap in GAPS}


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: gap.gap)
def test_a_clean_delivery_passes(found: pd.DataFrame, gap: Gap) -> None:
    one = found.loc[gap.gap, CLEAN[-1]]
    assert one.population > 0
    assert one.failing == 0
    assert one.is_within_tolerance


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: gap.gap)
def test_a_broken_report_is_caught(
    run: RunSettings, found: pd.DataFrame, gap: Gap
) -> None:
    assert found.loc[gap.gap, BROKEN].failing >= 1
    if gap.listed and gap.gap in BREAKS:
        ((listed,),) = rows(
            run.warehouse,
            "select count(distinct crime_ref) from quality.exceptions "
            "where gap = ? and crime_ref = ?",
            gap.gap,
            f"{gap.gap}/21",
        )
        assert listed == 1


def test_an_exception_names_the_line_and_the_field_of_the_delivered_file(
    run: RunSettings,
) -> None:
    done = run_linkage("exceptions", "--warehouse", run.warehouse)
    listed = list(csv.DictReader(io.StringIO(done.stdout)))
    columns, lines = {}, {}
    for extract in CRIS.extracts:
        path = run.extracts / BROKEN / f"{extract}.csv"
        lines[extract] = path.read_text(encoding="utf-8").splitlines()
        columns[extract] = set(lines[extract][0].split(","))
    for one in listed:
        extract = one["extract"]
        assert extract in CRIS.extracts, one
        if one["field"]:
            assert set(one["field"].split(", ")) <= columns[extract], one
        if one["line_no"]:
            line = lines[extract][int(one["line_no"]) - 1]
            assert line.startswith(one["crime_ref"] + ","), one
    place = {
        one["gap"]: (one["extract"], one["field"])
        for one in listed
        if one["crime_ref"] == f"{one['gap']}/21"
    }
    assert place["value_unreadable"] == ("suspects", "age_at_report")
    assert place["value_not_in_list"] == ("suspects", "arrested")
    assert place["outcome_14_suspect_known"] == ("offences", "outcome_code")
    # There is no row where no suspect is recorded, or no flag.
    without_line = {one["extract"] for one in listed if not one["line_no"]}
    assert without_line == {"suspects", "flags"}


def test_a_rejected_row_names_its_crime_report(run: RunSettings) -> None:
    found = rows(
        run.warehouse,
        "select extract, line_no, crime_ref, reason from quality.rejected_rows",
    )
    for extract, line_no, crime_ref, reason in found:
        path = run.extracts / BROKEN / f"{extract}.csv"
        line = path.read_text(encoding="utf-8").splitlines()[line_no - 1]
        assert line.split(",")[0] == crime_ref, reason
    assert ("x/21", "3 columns where the header has 2") in {
        (ref, reason) for _, _, ref, reason in found
    }


def test_the_clean_deliveries_have_nothing_to_mend(run: RunSettings) -> None:
    listed = rows(
        run.warehouse,
        "select gap, crime_ref from quality.exceptions where delivery != ?",
        BROKEN,
    )
    assert listed == []


def test_what_changed_is_named(run: RunSettings) -> None:
    changed_fields = rows(
        run.warehouse,
        "select extract, field, category, usual_share, compared_with "
        "from quality.changes "
        "where delivery = ? and missing_share_change > 0.05",
        BROKEN,
    )
    assert changed_fields == [("offences", "how_notified", "Missing", 0.0, 4)]


def test_the_terminal_shows_the_latest_delivery_and_marks_breaches_by_a_word(
    run: RunSettings, found: pd.DataFrame
) -> None:
    printed = (run.warehouse.parent / PRINTED).read_text(encoding="utf-8")
    table = printed.split("Data-quality gaps")[1].split("Rejected rows")[0]
    assert BROKEN in table.splitlines()[0]
    latest = found.xs(BROKEN, level="delivery")
    shown = [line for line in table.splitlines() if re.search(r"\d of \d", line)]
    names = {"beyond tolerance": "beyond", "too few to tell": "too few"}
    for line in shown:
        one = latest.loc[line.split()[0]]
        assert f"{one.failing:,} of {one.population:,}" in line
        for verdict, word in names.items():
            assert (word in line) == (one.verdict == verdict), line
    assert any("beyond" in line for line in shown)
