"""Rows with faults that the input contract rejects, each for one reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

# Input: its key, then faults: the changed values of a copied row, and the reason of its
# rejection.
Change = dict[str, str]
KEYS = {
    "cps_suspects": "suspect_ref",
    "thematic_offences": "crime_ref",
    "audit_samples": "sample_ref",
    "audit_answers": "question_code",
    "victim_surveys": "survey_ref",
    "review_requests": "review_ref",
}
FAULTS: dict[str, list[tuple[Change, str]]] = {
    "cps_suspects": [
        ({"cps_area": "Atlantis"}, "cps_area is not in the list"),
        ({"force": "Atlantis"}, "force is in no list of forces"),
        ({"referred_on": "31/02/2021"}, "referred_on is not a date (YYYY-MM-DD)"),
        ({"has_identified_victim": ""}, "has_identified_victim is missing"),
        ({"is_domestic_abuse": "Maybe"}, "is_domestic_abuse is not Y, N or empty"),
        (
            {"decided_on": "2000-01-01", "decision": "charge"},
            "decided_on is before referred_on",
        ),
        (
            {
                "decided_on": "2024-06-02",
                "referred_on": "2024-06-01",
                "decision": "no prosecution",
                "finalised_on": "2024-06-03",
                "finalisation": "guilty plea",
            },
            "finalisation without a charge",
        ),
    ],
    "thematic_offences": [
        ({"recorded_on": "yesterday"}, "recorded_on is not a date (YYYY-MM-DD)"),
        ({"outcome_code": "99"}, "outcome_code is not in the list"),
        ({"offence_no": "0"}, "offence_no is not a whole number of 1 or more"),
    ],
    "audit_samples": [
        ({"audit": "1999"}, "audit is not in the list"),
        ({"age": "abc"}, "age is not a whole number of 0 or more"),
        (
            {"need_identified_on": "2021-06-02", "referred_on": "2021-06-01"},
            "referred_on is before need_identified_on",
        ),
    ],
    "audit_answers": [
        (
            {"question_code": "colour_of_the_form"},
            "question_code is not a question of the audit",
        ),
        ({"answer": "Maybe"}, "answer is not yes, no or not applicable"),
        ({"answer": ""}, "answer is missing"),
        (
            {"sample_ref": "VC/none"},
            "sample is not in the audit samples of this delivery",
        ),
        (
            {"answer": "no", "no_reason": "the dog ate it"},
            "no_reason is not a reason of the question",
        ),
    ],
    "victim_surveys": [
        ({"channel": "Pigeon"}, "channel is not in the list"),
        ({"responded_on": "2000-01-01"}, "responded_on is before sent_on"),
        ({"sent_on": "soon"}, "sent_on is not a date (YYYY-MM-DD)"),
    ],
    "review_requests": [
        ({"ground": "A hunch"}, "ground is not in the list"),
        ({"decided_on": "2000-01-01"}, "decided_on is before requested_on"),
    ],
}
# Fields that a copied row gives up, so that no second fault hides the planted one.
_STATES = {
    "cps_suspects": (
        "decided_on",
        "decision",
        "decision_reason",
        "finalised_on",
        "finalisation",
        "finalisation_reason",
    ),
    "audit_samples": ("need_identified_on", "referred_on"),
}
MALFORMED = "malformed"
_MISSING = "{key} is missing"
_REPEATED = "key is repeated"


@dataclass(frozen=True)
class DirtyInput:
    """An input after dirt: rows to write, short rows under them, reasons by count.

    `sound` are the rows that must be found.
    """

    rows: pd.DataFrame
    sound: pd.DataFrame
    short_rows: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """Rows that a loader must reject."""
        return sum(self.reasons.values())


def make_dirty(
    name: str, rows: pd.DataFrame, share: float, rng: np.random.Generator
) -> DirtyInput:
    """Make dirt of a `share` (0-1) of the rows, all faults in equal parts.

    A dirty row is a copy under a new key. A dirty answer, whose key is that of a sample
    and a question, replaces a sound one.
    """
    wanted = round(share * len(rows))
    if name not in KEYS or not wanted:
        return DirtyInput(rows, rows)
    key, in_place = KEYS[name], name == "audit_answers"
    faults = [*FAULTS[name], ({key: ""}, _MISSING.format(key=key)), ({}, MALFORMED)]
    if not in_place:
        faults.append(({}, _REPEATED))
    chosen = rng.permutation(len(rows))[:wanted]
    added: list[dict[str, str]] = []
    reasons = Counter[str]()
    for number, position in enumerate(chosen):
        change, reason = faults[number % len(faults)]
        reasons[reason] += 2 if reason == _REPEATED else 1
        if reason == MALFORMED:
            continue
        row = {str(k): str(v) for k, v in rows.iloc[position].items()}
        if in_place:
            row["no_reason"] = ""
        else:
            row |= dict.fromkeys(_STATES.get(name, ()), "")
            row[key] = f"DIRTY/{number:06d}"
        row |= change
        added += [row, row] if reason == _REPEATED else [row]
    sound = rows
    if in_place:
        sound = rows.drop(rows.index[chosen])
    whole = pd.concat([sound, pd.DataFrame(added)], ignore_index=True)
    return DirtyInput(whole, sound, reasons[MALFORMED], dict(sorted(reasons.items())))
