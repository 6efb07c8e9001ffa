"""The cases of a simulation: one column of category codes per variable."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from linkage.simulator.arrays import Bools, Codes, Ints

YES_NO = ("No", "Yes")
SUSPECT_STATUSES = ("none", "stranger", "partner", "known")
AGE_DETAILS = ("1-9", "10-12", "13-15", "16-17", "18-24", "25-64", "65+", "Unknown")
AGE_GROUPS = ("25-64", "1-17", "18-24", "65+", "Unknown")
AGE_GROUP_OF_DETAIL = (1, 1, 1, 1, 2, 0, 3, 4)
YOUNG = frozenset(range(5))
NO_SUSPECT = "No suspect recorded"

# Grouped categories, reference first, as `marts.design` spells them.
CATEGORIES: dict[str, tuple[str, ...]] = {
    "crime_type": (
        "Violence without injury",
        "Violence with injury",
        "Rape",
        "Other sexual offences",
        "Arson and criminal damage",
        "Robbery",
        "Public order offences",
    ),
    "venue_type": (
        "Public outdoor or open space",
        "Private or residential",
        "Hotel or hostel",
        "Leisure, retail or transport",
        "Institution",
        "Other venue",
        "Unknown",
    ),
    "report_route": (
        "Phone call to police",
        "Caller at station",
        "Email or internet",
        "Third party",
        "Third-party authority",
        "Reported or found by police",
        "Transferred from other force or agency",
        "Other notification",
        "Unknown",
    ),
    "delay_to_report": (
        "Same day",
        "1-7 days",
        "1 week-1 year",
        "Over a year",
        "Unknown",
    ),
    "victim_sex": ("Male", "Female", "Unknown"),
    "victim_age": AGE_GROUPS,
    "victim_ethnicity": ("White", "Black", "Asian", "Other", "Unknown"),
    "victim_nationality": ("UK national", "Non-UK national", "Unknown"),
    "suspect_sex": ("Male", "Female", "Unknown", NO_SUSPECT),
    "suspect_age": (*AGE_GROUPS, NO_SUSPECT),
    "suspect_ethnicity": ("White", "Black", "Asian", "Other", "Unknown", NO_SUSPECT),
    "suspect_nationality": (
        "UK national",
        "Non-UK national",
        "Unknown",
        NO_SUSPECT,
    ),
    "suspect_pnc_status": (
        "Not identified",
        "Known to PNC",
        "No trace on PNC",
        "PNC check not performed",
        "Unknown",
        NO_SUSPECT,
    ),
    "suspect_relationship": (
        "Not recorded (stranger)",
        "Current or ex-partner",
        "Family",
        "Friend or acquaintance",
        "Other relationship",
        "Unknown",
        NO_SUSPECT,
    ),
    "victim_age_detail": AGE_DETAILS,
    "suspect_age_detail": (*AGE_DETAILS, NO_SUSPECT),
    "victim_injury_degree": (
        "None",
        "Threats only",
        "Minor",
        "Moderate",
        "Serious",
        "Unknown",
    ),
    "suspect_arrest": ("No", "On scene", "Later"),
    "hate_strand": (
        "Racial incident",
        "Homophobic hate crime",
        "Islamophobic hate crime",
        "Antisemitic hate crime",
        "Faith hate crime",
        "Disability hate crime",
        "Transgender hate crime",
        "No hate flag",
    ),
}
FLAGS = (
    "modern_slavery_flag",
    "knife_crime_flag",
    "honour_based_violence_flag",
    "domestic_incident_flag",
    "hate_crime_flag",
    "victim_transgender_or_non_binary",
    "victim_physical_disability",
    "victim_mental_health_disability",
    "victim_other_disability",
    "victim_intimidated",
    "repeat_victim",
    "victim_injured",
    "suspect_arrested_on_scene",
    "suspect_arrested_or_interviewed_later",
    "suspect_disability",
)
for _flag in FLAGS:
    CATEGORIES[_flag] = YES_NO

OFFENCE_VARIABLES = (
    "crime_type",
    "venue_type",
    "report_route",
    "delay_to_report",
    "modern_slavery_flag",
    "knife_crime_flag",
    "honour_based_violence_flag",
    "domestic_incident_flag",
    "hate_crime_flag",
)
VICTIM_VARIABLES = (
    "victim_sex",
    "victim_transgender_or_non_binary",
    "victim_physical_disability",
    "victim_mental_health_disability",
    "victim_other_disability",
    "victim_intimidated",
    "repeat_victim",
    "victim_injured",
    "victim_age",
    "victim_ethnicity",
    "victim_nationality",
)
SUSPECT_VARIABLES = (
    "suspect_arrested_on_scene",
    "suspect_arrested_or_interviewed_later",
    "suspect_disability",
    "suspect_age",
    "suspect_sex",
    "suspect_ethnicity",
    "suspect_nationality",
    "suspect_pnc_status",
    "suspect_relationship",
)


@dataclass
class Cases:
    """`size` cases, one array of category codes per variable.

    A code is a position in the variable's categories: those of `CATEGORIES`, or of
    `extra` for borough, stratum and the like.
    """

    size: int
    codes: dict[str, Codes] = field(default_factory=dict)
    extra: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def categories(self, variable: str) -> tuple[str, ...]:
        """Categories of a variable, in the order of its codes."""
        return self.extra.get(variable) or CATEGORIES[variable]

    def equals(self, variable: str, category: str) -> Bools:
        """Cases with this category."""
        position = self.categories(variable).index(category)
        mask: Bools = self.codes[variable] == position
        return mask

    def yes(self, variable: str) -> Bools:
        """Cases with this yes/no variable."""
        return self.equals(variable, "Yes")

    @property
    def is_suspect_recorded(self) -> Bools:
        """Cases with a suspect recorded."""
        return ~self.equals("status", "none")

    @property
    def is_suspect_known(self) -> Bools:
        """Cases with a suspect known to the victim."""
        mask: Bools = self.codes["status"] >= SUSPECT_STATUSES.index("partner")
        return mask

    def take(self, positions: Ints) -> Cases:
        """Pick the cases at these positions, in that order."""
        return Cases(
            size=len(positions),
            codes={name: codes[positions] for name, codes in self.codes.items()},
            extra=dict(self.extra),
        )

    def add(self, variable: str, codes: Codes | Bools | Ints) -> None:
        """Store the codes of a variable."""
        self.codes[variable] = codes.astype(np.int32)
