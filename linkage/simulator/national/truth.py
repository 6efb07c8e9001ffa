"""Counts the planted truth with pandas and writes `truth.json`.

The expected results of the pipeline are counted here without its SQL.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from linkage.simulator.files import lookup
from linkage.simulator.truth import TRUTH_FILE

Row = dict[str, Any]
_VICTIM_REASONS = {
    row["reason"]
    for row in lookup("national/cps_reasons")
    if row["is_due_to_victim"] == "true"
}
_STOPPED = {
    row["result"]
    for row in lookup("national/cps_results")
    if row["is_stopped"] == "true"
}
_LONDON = ("London North", "London South")
_OF_STAGES = [
    "stage",
    "cps_area",
    "offence_category",
    "is_domestic_abuse",
    "days",
    "is_stopped",
    "is_due",
    "financial_year",
    "quarter",
    "all",
]
_QUARTERLY = ("England and Wales", "London")
_GENDERS = {
    "Female": "Female",
    "Male": "Male",
    "Non-binary": "Transgender or non-binary",
}
_ETHNICITIES = {
    row["ethnicity_code"]: row["ethnicity"]
    for row in lookup("self_defined_ethnicities")
}
_AGE_BANDS = [
    (int(row["min_age"]), int(row["max_age"]), row["age_group"])
    for row in lookup("age_bands")
]


@dataclass(frozen=True)
class NationalSummary:
    """Counts of a simulated delivery: rows of each input, and rows to be rejected."""

    truth_file: Path
    delivery: str
    rows: dict[str, int]
    rejected_rows: dict[str, int]


def write_truth(
    out: Path,
    arguments: dict[str, Any],
    delivery: str,
    inputs: dict[str, pd.DataFrame],
    reasons: dict[str, dict[str, int]],
    rows: dict[str, int],
) -> NationalSummary:
    """Write the tables that `inputs`, the sound rows, must give; sum the rest up."""
    rejected = {name: sum(counts.values()) for name, counts in reasons.items()}
    summary = NationalSummary(out / TRUTH_FILE, delivery, rows, rejected)
    stages = prosecution_stages(inputs["cps_suspects"])
    document = {
        "simulated": True,
        "arguments": arguments,
        "delivery": delivery,
        "rows": rows,
        "rejected_rows": reasons,
        "tables": {
            "prosecution_attrition": attrition(stages),
            "prosecution_timeliness": timeliness(stages),
            "prosecution_delays": delays(stages),
            "prosecution_backlog": backlog(inputs["cps_suspects"], delivery),
            "thematic_outcome_16": thematic(
                inputs["thematic_counts"], inputs["thematic_offences"]
            ),
            "victims_code_compliance": compliance(
                inputs["audit_samples"], inputs["audit_answers"]
            ),
            "support_referrals": referrals(inputs["audit_samples"]),
            "victim_surveys": survey_counts(inputs["victim_surveys"]),
            "victim_survey_results": survey_results(inputs["victim_surveys"]),
            "right_to_review": reviews(inputs["review_requests"]),
        },
    }
    text = json.dumps(document, indent=1, ensure_ascii=False)
    summary.truth_file.write_text(text + "\n", encoding="utf-8")
    return summary


def prosecution_stages(suspects: pd.DataFrame) -> pd.DataFrame:
    """A row per suspect with an identified victim and stage, area and category."""
    flagged = suspects[suspects["has_identified_victim"] == "Y"]
    charged = flagged[flagged["decision"] != ""]
    ended = flagged[flagged["finalisation"] != ""]
    stages = pd.concat(
        [
            charged.assign(
                stage="pre-charge",
                ended=charged["decided_on"],
                days=_days(charged["referred_on"], charged["decided_on"]),
                result=charged["decision"],
                reason=charged["decision_reason"],
            ),
            ended.assign(
                stage="post-charge",
                ended=ended["finalised_on"],
                days=_days(ended["decided_on"], ended["finalised_on"]),
                result=ended["finalisation"],
                reason=ended["finalisation_reason"],
            ),
        ]
    )
    stages["is_stopped"] = stages["result"].isin(_STOPPED)
    stages["is_due"] = stages["is_stopped"] & stages["reason"].isin(_VICTIM_REASONS)
    ended_on = pd.to_datetime(stages["ended"])
    stages["financial_year"] = _financial_year(ended_on)
    stages["quarter"] = (
        ended_on.dt.year.astype(str) + " Q" + ended_on.dt.quarter.astype(str)
    )
    stages["all"] = "all"
    return _in_every_category(_in_every_area(stages[_OF_STAGES]))


def _in_every_area(stages: pd.DataFrame) -> pd.DataFrame:
    london = stages[stages["cps_area"].isin(_LONDON)]
    return pd.concat(
        [
            stages.assign(area="England and Wales"),
            london.assign(area="London"),
            stages.assign(area=stages["cps_area"]),
        ]
    )


def _in_every_category(stages: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(
        [
            stages.assign(crime_category="All crime"),
            stages[stages["is_domestic_abuse"] == "Y"].assign(
                crime_category="Domestic abuse"
            ),
            stages.assign(crime_category=stages["offence_category"]),
        ]
    )


def attrition(stages: pd.DataFrame) -> list[Row]:
    """Stopped and due to the victim; quarters of England and Wales and London alone."""
    found = []
    for period_type, column in (
        ("quarter", "quarter"),
        ("financial year", "financial_year"),
        ("all", "all"),
    ):
        some = stages
        if period_type == "quarter":
            some = stages[stages["area"].isin(_QUARTERLY)]
        keys = ["area", "crime_category", "stage", column]
        counts = some.groupby(keys).agg(
            results=("is_stopped", "size"),
            stopped=("is_stopped", "sum"),
            due_to_victim=("is_due", "sum"),
        )
        counts = counts.reset_index().rename(columns={column: "period"})
        found.append(counts.assign(period_type=period_type))
    return _rows(pd.concat(found))


def _with_duration(stages: pd.DataFrame) -> pd.DataFrame:
    return stages[(stages["stage"] == "post-charge") | ~stages["is_stopped"]]


def timeliness(stages: pd.DataFrame) -> list[Row]:
    """Mean and quartiles of all years."""
    groups = _with_duration(stages).groupby(["area", "crime_category", "stage"])["days"]
    counts = pd.DataFrame(
        {
            "suspects": groups.size(),
            "mean_days": groups.mean(),
            "lower_quartile_days": groups.quantile(0.25),
            "median_days": groups.quantile(0.5),
            "upper_quartile_days": groups.quantile(0.75),
        }
    ).reset_index()
    return _rows(counts.assign(financial_year="all"))


def delays(stages: pd.DataFrame) -> list[Row]:
    """Number beyond each limit, over all years."""
    timed = _with_duration(stages)
    found = []
    for row in lookup("national/prosecution_delay_limits"):
        some = timed[timed["stage"] == row["stage"]]
        over = some.assign(over_limit=some["days"] > int(row["days"]))
        counts = over.groupby(["area", "crime_category", "stage"]).agg(
            suspects=("days", "size"), over_limit=("over_limit", "sum")
        )
        found.append(counts.reset_index().assign(limit_days=int(row["days"])))
    return _rows(pd.concat(found).assign(financial_year="all"))


def backlog(suspects: pd.DataFrame, delivery: str) -> list[Row]:
    """Suspects without a decision on the day of the return."""
    waiting = suspects[suspects["decision"] == ""]
    waited = _days(waiting["referred_on"], pd.Series(delivery, index=waiting.index))
    waiting = waiting.assign(overdue=waited > 28)
    both = pd.concat(
        [
            waiting.assign(offence="All crime"),
            waiting[waiting["is_rape_flagged"] == "Y"].assign(offence="Rape"),
        ]
    )
    counts = both.groupby(["force", "offence", "submission"]).agg(
        awaiting=("overdue", "size"), overdue=("overdue", "sum")
    )
    return _rows(counts.reset_index())


def thematic(counts: pd.DataFrame, offences: pd.DataFrame) -> list[Row]:
    """Both bases; the simulated offences are of one financial year."""
    found: list[Row] = [
        {
            "basis": "aggregate",
            "force": "West Midlands",
            "period": "not stated",
            "thematic_area": row["thematic_area"],
            "offences": int(row["offences"]),
            "outcome_16": int(row["outcome_16"]),
        }
        for _, row in counts.iterrows()
    ]
    areas = {
        "All Rape": offences["crime_type"] == "Rape",
        "All other sexual offences": offences["crime_type"] == "Other sexual offences",
        "Stalking & Harassment": offences["offence"] == "Harassment",
        "All DA marked offences": offences["is_domestic_abuse"] == "Y",
    }
    return found + [
        {
            "basis": "record-level",
            "force": "West Midlands",
            "period": period,
            "thematic_area": area,
            "offences": int(is_in.sum()),
            "outcome_16": int((is_in & (offences["outcome_code"] == "16")).sum()),
        }
        for area, is_in in areas.items()
        if is_in.any()
        for period in ("2021/22", "all")
    ]


def _described(people: pd.DataFrame) -> pd.DataFrame:
    """People with the groups that the lookups put them in."""
    return people.assign(
        all="all",
        gender=people["gender"].map(_GENDERS).fillna("Unknown"),
        age_group=people["age"].map(_age_group),
        ethnicity=people["ethnicity"].map(_ETHNICITIES).fillna("Unknown"),
    )


def _age_group(age: str) -> str:
    for low, high, group in _AGE_BANDS:
        if age and low <= int(age) <= high:
            return group
    return "Unknown"


_DIMENSIONS = ("all", "gender", "age_group", "ethnicity", "crime_kind")


def compliance(samples: pd.DataFrame, answers: pd.DataFrame) -> list[Row]:
    """Counts of every question, of overall and of samples, by every group."""
    questions = pd.DataFrame(lookup("national/victims_code_questions"))
    legitimate = {
        (row["question_code"], row["no_reason"])
        for row in lookup("national/victims_code_no_reasons")
        if row["is_legitimate"] == "true"
    }
    people = _described(samples)
    people["crime_kind"] = people["crime_kind"].str.lower()
    judged = answers.merge(people, on="sample_ref").merge(
        questions[
            ["audit", "question_code", "is_not_applicable_compliant", "is_in_overall"]
        ],
        on=["audit", "question_code"],
    )
    judged["compliant"] = (judged["answer"] == "yes") | (
        (judged["answer"] == "not applicable")
        & (judged["is_not_applicable_compliant"] == "true")
    )
    judged["legitimate_no"] = [
        answer == "no" and (question, reason) in legitimate
        for answer, question, reason in zip(
            judged["answer"], judged["question_code"], judged["no_reason"], strict=True
        )
    ]
    overall = judged[judged["is_in_overall"] == "true"]
    keys = ["audit", "force", "sample_ref", *_DIMENSIONS]
    whole = (
        overall.assign(excused=overall["compliant"] | overall["legitimate_no"])
        .groupby(keys)
        .agg(compliant=("compliant", "all"), excused=("excused", "all"))
        .reset_index()
    )
    whole["legitimate_no"] = whole["excused"] & ~whole["compliant"]
    units = pd.concat(
        [
            judged,
            overall.assign(question_code="overall"),
            whole.assign(question_code="every_question"),
        ]
    )
    found = []
    for dimension in _DIMENSIONS:
        counts = units.groupby(["audit", "force", "question_code", dimension]).agg(
            answers=("compliant", "size"),
            compliant=("compliant", "sum"),
            legitimate_no=("legitimate_no", "sum"),
        )
        counts = counts.reset_index().rename(columns={dimension: "category"})
        found.append(counts.assign(dimension=dimension))
    return _rows(pd.concat(found))


def referrals(samples: pd.DataFrame) -> list[Row]:
    """Needs and referrals of the audit with these questions, by every group."""
    people = _described(samples[samples["audit"] == "2021"])
    people["crime_kind"] = people["crime_kind"].str.lower()
    needed = people["need_identified_on"] != ""
    referred = people["referred_on"] != ""
    days = _days(people["need_identified_on"], people["referred_on"])
    marked = people.assign(
        needs=needed,
        referred_in_time=referred & (days <= 2),
        referred_late=referred & (days > 2),
        never_referred=needed & ~referred,
    )
    found = []
    for dimension in _DIMENSIONS:
        counts = marked.groupby(["audit", "force", dimension]).agg(
            samples=("needs", "size"),
            needs=("needs", "sum"),
            referred_in_time=("referred_in_time", "sum"),
            referred_late=("referred_late", "sum"),
            never_referred=("never_referred", "sum"),
        )
        counts = counts.reset_index().rename(columns={dimension: "category"})
        found.append(counts.assign(dimension=dimension))
    return _rows(pd.concat(found))


def survey_counts(surveys: pd.DataFrame) -> list[Row]:
    """Sent and answered by survey."""
    counts = (
        _surveys(surveys)
        .groupby(["force", "survey", "channel"])
        .agg(sent=("is_answered", "size"), answered=("is_answered", "sum"))
    )
    return _rows(counts.reset_index())


def survey_results(surveys: pd.DataFrame) -> list[Row]:
    """Each measure and answer by segment; where a segment is not recorded, no row."""
    whole = _surveys(surveys)
    answered = whole[whole["is_answered"]]
    stated = answered[answered["outcome"] != ""]
    parts = [
        ("response", "answered", whole, whole["is_answered"]),
        ("free text", "comment", answered, answered["has_free_text"] == "Y"),
        ("demographics", "given", answered, answered["has_demographics"]),
        *(
            ("outcome", outcome, stated, stated["outcome"].str.lower() == outcome)
            for outcome in sorted(stated["outcome"].str.lower().unique())
        ),
    ]
    judged = answered[answered["is_satisfied"] != ""]
    parts.append(("satisfaction", "satisfied", judged, judged["is_satisfied"] == "Y"))
    segments = (
        *("all", "department", "incident_type", "place", "gender", "age_group"),
        *("ethnicity", "disposal", "vulnerability", "weekday"),
    )
    found = []
    for measure, answer, people, is_given in parts:
        for segment in segments:
            some = people.assign(is_given=is_given)
            some = some[some[segment] != ""]
            keys = ["force", "survey", "channel", segment]
            counts = some.groupby(keys).agg(
                people=("is_given", "size"), given=("is_given", "sum")
            )
            counts = counts.reset_index().rename(columns={segment: "category"})
            found.append(counts.assign(segment=segment, measure=measure, answer=answer))
    return _rows(pd.concat(found))


def _surveys(surveys: pd.DataFrame) -> pd.DataFrame:
    described = (surveys[["gender", "age", "ethnicity"]] != "").any(axis=1)
    return _described(surveys).assign(
        channel=surveys["channel"].str.lower(),
        disposal=surveys["disposal"].str.lower(),
        vulnerability=surveys["vulnerability"].str.lower(),
        is_answered=surveys["responded_on"] != "",
        has_demographics=described,
        weekday=pd.to_datetime(surveys["sent_on"]).dt.day_name(),
    )


def reviews(requests: pd.DataFrame) -> list[Row]:
    """Requests and those upheld, by ground and financial year."""
    dated = requests.assign(
        ground=requests["ground"].str.lower(),
        is_upheld=requests["is_upheld"] == "Y",
        is_decided=requests["decided_on"] != "",
        year=_financial_year(pd.to_datetime(requests["requested_on"])),
    )
    both = pd.concat([dated, dated.assign(ground="all")])
    found = []
    for period_type, rows in (
        ("financial year", both.assign(period=both["year"])),
        ("all", both.assign(period="all")),
    ):
        counts = rows.groupby(["force", "ground", "period"]).agg(
            appeals=("is_upheld", "size"),
            decided=("is_decided", "sum"),
            upheld=("is_upheld", "sum"),
        )
        found.append(counts.reset_index().assign(period_type=period_type))
    return _rows(pd.concat(found))


def _days(start: pd.Series, end: pd.Series) -> pd.Series:
    return (
        pd.to_datetime(end, errors="coerce") - pd.to_datetime(start, errors="coerce")
    ).dt.days


def _financial_year(dates: pd.Series) -> pd.Series:
    first = dates.dt.year - (dates.dt.month < 4)
    years: pd.Series = (
        first.astype(str) + "/" + ((first + 1) % 100).astype(str).str.zfill(2)
    )
    return years


def _rows(table: pd.DataFrame) -> list[Row]:
    """As JSON has them: whole numbers whole."""
    found: list[Row] = json.loads(table.to_json(orient="records", double_precision=12))
    return found
