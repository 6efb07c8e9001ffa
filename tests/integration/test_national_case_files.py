"""The case files of the national study from delivery to marts, against what was planted
and against what the papers print."""

from __future__ import annotations

import csv
import json
from collections import Counter
from typing import Any

import pandas as pd
import pytest

from linkage.base.settings import PROJECT
from linkage.simulator.national.dirt import MALFORMED
from tests.released import released
from tests.running import PublishedRun, frame, rows

# Counts of each mart that are compared with the truth, and what a row is known by.
KEYS = {
    "prosecution_attrition": [
        *("area", "crime_category", "stage", "period_type", "period")
    ],
    "prosecution_timeliness": ["area", "crime_category", "stage", "financial_year"],
    "prosecution_delays": [
        *("area", "crime_category", "stage", "financial_year", "limit_days")
    ],
    "prosecution_backlog": ["force", "offence", "submission"],
    "thematic_outcome_16": ["basis", "force", "period", "thematic_area"],
    "victims_code_compliance": [
        *("audit", "force", "question_code", "dimension", "category")
    ],
    "support_referrals": ["audit", "force", "dimension", "category"],
    "victim_surveys": ["force", "survey", "channel"],
    "victim_survey_results": [
        *("force", "survey", "channel", "segment", "category", "measure", "answer")
    ],
    "right_to_review": ["force", "ground", "period_type", "period"],
}
# Segments and periods that the truth counts; the mart has more of them.
ALSO_IN_MART = {
    "prosecution_attrition": (
        "period_type = 'month' or (period_type = 'quarter' "
        "and area not in ('England and Wales', 'London'))"
    ),
    "prosecution_timeliness": "financial_year != 'all'",
    "prosecution_delays": "financial_year != 'all'",
    "victim_survey_results": "segment in ('part_of_day', 'service_band') or given = 0",
}


@pytest.fixture(scope="module")
def truth(national_case_files_published: PublishedRun) -> dict[str, Any]:
    extracts = national_case_files_published.settings.extracts
    content: dict[str, Any] = json.loads((extracts / "truth.json").read_text())
    return content


@pytest.mark.parametrize("mart", KEYS)
def test_every_planted_count_is_found_and_nothing_else(
    mart: str, national_case_files_published: PublishedRun, truth: dict[str, Any]
) -> None:
    planted = pd.DataFrame(truth["tables"][mart])
    if mart == "victim_survey_results":
        planted = planted[planted["given"] > 0]
    counts = [column for column in planted if column not in KEYS[mart]]
    found = frame(
        national_case_files_published.path,
        f"select {', '.join([*KEYS[mart], *counts])} from marts.{mart} "
        f"where not ({ALSO_IN_MART.get(mart, 'false')})",
    )
    assert len(planted) > 0
    pd.testing.assert_frame_equal(
        found.sort_values(KEYS[mart], ignore_index=True),
        planted[[*KEYS[mart], *counts]].sort_values(KEYS[mart], ignore_index=True),
        check_dtype=False,
        rtol=1e-9,
    )


def test_released_prosecutions_are_those_of_the_suspects_keys(
    national_case_files_published: PublishedRun,
) -> None:
    stages = frame(
        national_case_files_published.settings.intake,
        "select * from intermediate.int_national__prosecution_stages",
    )
    counts: dict[tuple[str, ...], list[Any]] = {}
    for one in stages.itertuples():
        areas = ["England and Wales", one.area_name]
        areas += [one.region] if isinstance(one.region, str) else []
        categories = ["All crime", one.category_name]
        categories += ["Domestic abuse"] if one.is_domestic_abuse else []
        for area in areas:
            for category in categories:
                for period in ("all", f"{one.ended_on:%Y-%m}"):
                    counts.setdefault((area, category, one.stage, period), []).append(
                        one
                    )
    found = rows(
        national_case_files_published.path,
        "select area, crime_category, stage, period, results, stopped, due_to_victim "
        "from release.prosecution_attrition where period_type in ('all', 'month')",
    )
    assert {tuple(row[:4]) for row in found} == set(counts)
    for area, category, stage, period, *shown in found:
        suspects = counts[area, category, stage, period]
        chosen = (
            suspects,
            [one for one in suspects if one.is_stopped],
            [one for one in suspects if one.is_due_to_victim],
        )
        assert shown == [
            released(national_case_files_published, [one.suspect_ref for one in part])
            for part in chosen
        ]


def test_released_answers_of_the_audits_are_those_of_the_samples_keys(
    national_case_files_published: PublishedRun,
) -> None:
    answers = frame(
        national_case_files_published.path, "select * from marts.victims_code_answers"
    ).assign(all="all")
    counted = answers[answers["is_in_overall"]]
    groups = ["audit", "force", "sample_ref"]
    dimensions = ["all", "gender", "age_group", "ethnicity", "crime_kind"]
    samples = counted.groupby([*groups, *dimensions], as_index=False).agg(
        is_compliant=("is_compliant", "all"),
    )
    units = pd.concat(
        [
            answers,
            counted.assign(question_code="overall"),
            samples.assign(question_code="every_question"),
        ]
    )
    found = rows(
        national_case_files_published.path,
        "select dimension, audit, force, question_code, category, answers, "
        "answers_no, compliant from release.victims_code_compliance",
    )
    assert len(found) > 100
    for dimension, audit, force, question, category, every, no, compliant in found:
        own = units[
            (units["audit"] == audit)
            & (units["force"] == force)
            & (units["question_code"] == question)
            & (units[dimension] == category)
        ]
        chosen = (own, own[own["answer"] == "no"], own[own["is_compliant"]])
        assert (every, no, compliant) == tuple(
            released(national_case_files_published, part["sample_ref"])
            for part in chosen
        )


def test_every_dirty_row_is_kept_with_the_reason_it_was_made_for(
    national_case_files_published: PublishedRun, truth: dict[str, Any]
) -> None:
    found: dict[str, Counter[str]] = {}
    for extract, reason, count in rows(
        national_case_files_published.path,
        "select extract, reason, count(*) from quality.national_rejected_rows "
        "group by all",
    ):
        is_malformed = "columns where the header has" in reason
        kind = MALFORMED if is_malformed else reason
        found.setdefault(extract, Counter())[kind] += count
    planted = {name: kinds for name, kinds in truth["rejected_rows"].items() if kinds}
    assert found == planted


# Share of stopped prosecutions due to the victim, by quarter: area, category, stage and
# the facts that print the lowest and the highest.
RANGES = [
    ("London", "All crime", "pre-charge", "of063", "of064"),
    ("London", "Offences against the person", "pre-charge", "of067", "of068"),
    ("England and Wales", "All crime", "post-charge", "of070", "of071"),
    ("London", "All crime", "post-charge", "of073", "of074"),
    ("London", "Domestic abuse", "post-charge", "of076", "of077"),
]


def fact(fact_id: str) -> float:
    path = PROJECT / "data" / "published" / "mopac_outcome_facts.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        found = {row["fact_id"]: row["value"] for row in csv.DictReader(stream)}
    return float(found[fact_id])


@pytest.mark.parametrize(("area", "category", "stage", "low", "high"), RANGES)
def test_the_share_lost_to_the_victim_lies_where_it_is_printed(
    area: str,
    category: str,
    stage: str,
    low: str,
    high: str,
    national_case_files_published: PublishedRun,
) -> None:
    years = [
        share
        for (share,) in rows(
            national_case_files_published.path,
            "select due_to_victim_share from marts.prosecution_attrition "
            "where area = ? and crime_category = ? and stage = ? "
            "and period_type = 'financial year' and stopped > 0",
            *(area, category, stage),
        )
    ]
    assert len(years) == 4
    assert fact(low) <= min(years)
    assert max(years) <= fact(high)


def test_the_national_share_before_charge_falls_as_printed(
    national_case_files_published: PublishedRun,
) -> None:
    shares = [
        share
        for (share,) in rows(
            national_case_files_published.path,
            "select due_to_victim_share from marts.prosecution_attrition "
            "where area = 'England and Wales' and crime_category = 'All crime' "
            "and stage = 'pre-charge' and period_type = 'financial year' "
            "and stopped > 0 order by period",
        )
    ]
    assert shares == sorted(shares, reverse=True)
    assert fact("of061") <= shares[-1]
    assert shares[0] <= fact("of060")


def test_domestic_abuse_is_lost_more_often_than_all_crime_at_both_stages(
    national_case_files_published: PublishedRun,
) -> None:
    found = {
        (stage, category): share
        for stage, category, share in rows(
            national_case_files_published.path,
            "select stage, crime_category, due_to_victim_share "
            "from marts.prosecution_attrition "
            "where area = 'London' and period_type = 'all'",
        )
    }
    for stage in ("pre-charge", "post-charge"):
        assert found[stage, "Domestic abuse"] > found[stage, "All crime"]
    assert found["pre-charge", "Domestic abuse"] == pytest.approx(
        fact("of069"), abs=0.05
    )


def test_a_finalised_prosecution_takes_considerably_longer_in_london(
    national_case_files_published: PublishedRun,
) -> None:
    found = dict(
        rows(
            national_case_files_published.path,
            "select area, mean_days from marts.prosecution_timeliness "
            "where crime_category = 'All crime' and stage = 'post-charge' "
            "and financial_year = 'all'",
        )
    )
    assert found["London"] > 1.2 * found["England and Wales"]


def test_the_printed_counts_give_the_printed_rates_exactly(
    national_case_files_published: PublishedRun,
) -> None:
    path = PROJECT / "data" / "published" / "wmp_vaiwg_outcome16.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        printed = {
            row["thematic_area"]: (
                int(row["total_offences"]),
                int(row["outcome16"]),
                row["share"],
            )
            for row in csv.DictReader(stream)
        }
    found = {
        area: (offences, outcome_16, f"{share:.{decimals}f}")
        for area, offences, outcome_16, share, decimals in rows(
            national_case_files_published.path,
            "select thematic_area, offences, outcome_16, outcome_16_share, "
            "printed_decimals from marts.thematic_outcome_16 "
            "where basis = 'aggregate' and is_as_printed",
        )
    }
    assert found == printed


def test_record_level_shares_lie_at_the_printed_ones(
    national_case_files_published: PublishedRun,
) -> None:
    found = rows(
        national_case_files_published.path,
        "select counted.outcome_16_share, printed.outcome_16_share, counted.offences "
        "from marts.thematic_outcome_16 as counted "
        "inner join marts.thematic_outcome_16 as printed using (thematic_area) "
        "where counted.basis = 'record-level' and counted.period = 'all' "
        "and printed.basis = 'aggregate'",
    )
    assert len(found) == 4
    for ours, printed, offences in found:
        # Quotas are whole offences of up to four parts of an area.
        assert abs(ours - printed) <= 4 / offences


# Question and what of it is printed: figures of the audits.
AUDIT = [
    ("2021", "statement_offered", "1 - compliance", 0.28),
    ("2021", "end_explained", "1 - compliance", 0.14),
    ("2021", "code_explained", "1 - compliance", 0.51),
    ("2021", "referred_in_time", "1 - compliance", 0.15 + 0.07),
    ("2017", "statement_explained", "compliance", 0.46),
    ("2017", "leaflet_provided", "compliance", 0.69),
    ("2017", "contact_plan_agreed", "compliance", 0.89),
]


@pytest.mark.parametrize(("audit", "question", "what", "printed"), AUDIT)
def test_the_audit_has_the_printed_shares(
    audit: str,
    question: str,
    what: str,
    printed: float,
    national_case_files_published: PublishedRun,
) -> None:
    ((share,),) = rows(
        national_case_files_published.path,
        f"select {what} from marts.victims_code_compliance "
        "where audit = ? and question_code = ? and dimension = 'all'",
        *(audit, question),
    )
    # The dirty answers take the place of sound ones: one in a hundred.
    assert share == pytest.approx(printed, abs=0.015)


def test_a_question_for_reference_alone_is_not_in_the_overall_figure(
    national_case_files_published: PublishedRun,
) -> None:
    ((overall, counted, left_out),) = rows(
        national_case_files_published.path,
        "select sum(answers) filter (question_code = 'overall'), "
        "sum(answers) filter (is_in_overall "
        "and question_code not in ('overall', 'every_question')), "
        "sum(answers) filter (question_code = 'code_explained') "
        "from marts.victims_code_compliance "
        "where audit = '2021' and dimension = 'all'",
    )
    assert overall == counted
    assert left_out > 0


def test_dates_of_referral_agree_with_the_answers(
    national_case_files_published: PublishedRun,
) -> None:
    ((never, late),) = rows(
        national_case_files_published.path,
        "select never_share_of_samples, late_share_of_samples "
        "from marts.support_referrals where dimension = 'all'",
    )
    assert never == pytest.approx(0.15, abs=0.005)
    assert late == pytest.approx(0.07, abs=0.005)


def test_a_ratio_is_the_one_of_its_counts_or_says_why_there_is_none(
    national_case_files_published: PublishedRun,
) -> None:
    found = frame(
        national_case_files_published.path,
        "select * from marts.victims_code_compliance "
        "where dimension in ('gender', 'age_group', 'ethnicity')",
    )
    keys = ["audit", "force", "question_code", "dimension"]
    reference = found[found["ratio_problem"] == "is the reference"]
    both = found.merge(
        reference[[*keys, "answers", "compliant"]], on=keys, suffixes=("", "_of_it")
    )
    told = both[both["ratio"].notna()]
    assert len(told) > 20
    expected = (told["compliant"] / told["answers"]) / (
        told["compliant_of_it"] / told["answers_of_it"]
    )
    assert (told["ratio"] - expected).abs().max() < 1e-12
    assert (told["ratio_low"] < told["ratio"]).all()
    assert (told["ratio"] < told["ratio_high"]).all()
    assert found[found["ratio"].isna()]["ratio_problem"].notna().all()


SURVEYS = [
    ("Callers", "all", "response", "answered", 0.10),
    ("Callers", "all", "free text", "comment", 0.51),
    ("Callers", "all", "demographics", "given", 0.50),
    ("Callers", "all", "outcome", "unclear what happens next", 0.38),
    ("Callers", "all", "outcome", "resolved", 0.27),
    ("Callers", "all", "outcome", "will be contacted", 0.20),
    ("Callers", "all", "outcome", "no further action needed", 0.15),
    ("Victims of crime", "all", "response", "answered", 0.06),
    ("Turning Point", "out of court", "satisfaction", "satisfied", 0.54),
    ("Turning Point", "court", "satisfaction", "satisfied", 0.50),
    (
        *("Turning Point", "out of court, enhanced communication"),
        *("satisfaction", "satisfied", 0.725),
    ),
    ("User Satisfaction Survey", "catered for", "satisfaction", "satisfied", 0.78),
    ("User Satisfaction Survey", "not catered for", "satisfaction", "satisfied", 0.20),
    ("User Satisfaction Survey", "0-4 aspects", "satisfaction", "satisfied", 0.29),
    ("User Satisfaction Survey", "9+ aspects", "satisfaction", "satisfied", 0.95),
]


@pytest.mark.parametrize(
    ("survey", "category", "measure", "answer", "printed"), SURVEYS
)
def test_a_survey_has_the_printed_share(
    survey: str,
    category: str,
    measure: str,
    answer: str,
    printed: float,
    national_case_files_published: PublishedRun,
) -> None:
    ((share,),) = rows(
        national_case_files_published.path,
        "select share from marts.victim_survey_results where survey = ? "
        "and category = ? and measure = ? and answer = ?",
        *(survey, category, measure, answer),
    )
    assert share == pytest.approx(printed, abs=1e-9)


def test_reviews_are_as_many_as_printed_and_as_often_upheld(
    national_case_files_published: PublishedRun,
) -> None:
    ((appeals, months, upheld),) = rows(
        national_case_files_published.path,
        "select appeals, months, round(upheld_share, 2) from marts.right_to_review "
        "where ground = 'all' and period_type = 'all'",
    )
    assert (appeals, months, upheld) == (101, 31, 0.08)


def test_rape_cases_beyond_the_agreed_days_are_as_many_as_printed(
    national_case_files_published: PublishedRun,
) -> None:
    found = {
        submission: rest
        for submission, *rest in rows(
            national_case_files_published.path,
            "select submission, overdue, least_overdue_days, most_overdue_days "
            "from marts.prosecution_backlog "
            "where force = 'West Midlands' and offence = 'Rape'",
        )
    }
    assert found == {"new": [13, 30, 58], "resubmission": [9, 30, 58]}


def test_a_run_says_simulated(national_case_files_published: PublishedRun) -> None:
    assert "SIMULATED input" in national_case_files_published.stdout
