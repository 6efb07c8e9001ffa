"""The extracts of each record-level source, and their columns.

The input contracts are docs/cris-extracts.md and docs/violent-crime-extracts.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Layout:
    """The extracts that one source delivers together.

    `extracts` are columns by extract; `key` is the column by which a malformed row is
    known, where its extract has it; a delivery in which `never_empty` has no rows is
    refused. `linked` names, of extracts without the key, the column that leads from
    other extracts to their rows.
    """

    name: str
    extracts: Mapping[str, tuple[str, ...]]
    key: str
    never_empty: str
    linked: Mapping[str, str] = field(default_factory=dict)

    @property
    def schema(self) -> str:
        """Schema of the raw tables."""
        return f"raw_{self.name}"


CRIS = Layout(
    name="cris",
    extracts={
        "offences": (
            "crime_ref",
            "offence_no",
            "offence_role",
            "major_crime",
            "minor_crime",
            "offence",
            "outcome_code",
            "outcome_on",
            "committed_on",
            "reported_on",
            "recorded_on",
            "investigation_completed_on",
            "borough",
            "venue_type",
            "how_notified",
        ),
        "victims": (
            "crime_ref",
            "victim_no",
            "sex",
            "gender",
            "age_at_report",
            "ethnic_appearance",
            "self_defined_ethnicity",
            "nationality",
            "disability",
            "vulnerability",
            "injury_degree",
            "reported_cr_last_12_months",
            "cris_repeat_victim",
            "repeat_victim",
        ),
        "suspects": (
            "crime_ref",
            "suspect_no",
            "sex",
            "age_at_report",
            "ethnic_appearance",
            "self_defined_ethnicity",
            "nationality",
            "disability",
            "pnc_status",
            "how_known",
            "arrested_on_scene",
            "arrested",
            "interviewed",
        ),
        "flags": ("crime_ref", "flag"),
        "knife_crime_features": ("crime_ref", "feature"),
    },
    key="crime_ref",
    never_empty="offences",
)
VIOLENT_CRIME = Layout(
    name="violent_crime",
    extracts={
        "crimes": (
            "crime_ref",
            "occurred_on",
            "section",
            "offence_type",
            "clear_up_code",
            "cleared_up_on",
            "filing_reason",
            "incident_ref",
            "injury_code",
            "hate_flag",
            "firearm",
            "knife",
            "other_weapon",
            "daily_bulletin",
            "officer_on_duty",
            "uniform_cid",
            "offender_unknown",
            "report_method",
            "npu",
        ),
        "victims": (
            "crime_ref",
            "victim_no",
            "person_ref",
            "sex",
            "age",
            "self_defined_ethnicity",
            "is_police_officer",
            "informed",
            "informed_method",
            "informed_on",
            "victim_code",
            "victim_support",
            "support_discussed",
        ),
        "offenders": ("crime_ref", "offender_no", "person_ref", "sex", "age"),
        "incidents": (
            "incident_ref",
            "received_on",
            "response_code",
            "response_minutes",
            "deployment_minutes",
            "officers",
        ),
        "investigation_logs": ("crime_ref", "log_no", "logged_on", "officer_ref"),
        "gang_mentions": ("person_ref", "mention_no", "mentioned_on"),
    },
    key="crime_ref",
    never_empty="crimes",
    linked={"incidents": "incident_ref", "gang_mentions": "person_ref"},
)
LAYOUTS = {layout.name: layout for layout in (CRIS, VIOLENT_CRIME)}
