"""Draws surveys of victims and callers with the printed rates of response and answers.

Sources: VAIWG paper 1.2.2 and 1.2.3, Supporting victims paper 31 and 56
(`wmp_survey_facts.csv`), London study p. Victim satisfaction (of111 to of116). The
number sent is not printed and is ours.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from linkage.simulator.arrays import generator, quota_mask
from linkage.simulator.national.figures import draw, parameter, pick_texts, survey_fact
from linkage.simulator.national.victims_code import ages
from linkage.simulator.published import fact

COLUMNS = [
    "survey_ref",
    "force",
    "survey",
    "channel",
    "department",
    "incident_type",
    "place",
    "recorded_on",
    "sent_on",
    "sent_hour",
    "responded_on",
    "outcome",
    "is_satisfied",
    "has_free_text",
    "gender",
    "age",
    "ethnicity",
    "disposal",
    "vulnerability",
    "service_aspects",
]
OUTCOMES = {
    "Unclear what happens next": "sms_outcome_unclear",
    "Resolved": "sms_outcome_resolved",
    "Will be contacted": "sms_outcome_will_contact",
    "No further action needed": "sms_outcome_no_action",
}
DISPOSALS = {
    "Court": "satisfaction_court",
    "Out of court": "satisfaction_out_of_court",
    "Out of court, enhanced communication": "satisfaction_out_of_court_enhanced",
}
VULNERABILITIES = {"Catered for": "of111", "Not catered for": "of112"}
# Lowest and highest number of aspects of good service in each printed band.
SERVICE = {(0, 4): "of113", (5, 6): "of114", (7, 8): "of115", (9, 11): "of116"}


def draw_surveys(seed: int) -> pd.DataFrame:
    """Every survey, as delivered, every value as text and empty where missing."""
    rng = generator(seed, "national surveys")
    parts = [
        _text_messages(rng),
        _emails("Victims of crime", "email_sent", "2017-08-01", rng),
        _emails(
            "Victims of domestic abuse", "email_domestic_abuse_sent", "2017-12-01", rng
        ),
        *(
            _interviews("West Midlands", "Turning Point", share, rng, disposal=name)
            for name, share in (
                (name, survey_fact(key)) for name, key in DISPOSALS.items()
            )
        ),
        *(
            _interviews(
                "Metropolitan Police",
                "User Satisfaction Survey",
                fact(key),
                rng,
                vulnerability=name,
            )
            for name, key in VULNERABILITIES.items()
        ),
        *(
            _interviews(
                "Metropolitan Police",
                "User Satisfaction Survey",
                fact(key),
                rng,
                aspects=band,
            )
            for band, key in SERVICE.items()
        ),
    ]
    whole = pd.concat(parts, ignore_index=True)
    whole["survey_ref"] = [f"SV/{number:06d}" for number in range(1, len(whole) + 1)]
    return whole.reindex(columns=COLUMNS).fillna("")


def _text_messages(rng: np.random.Generator) -> pd.DataFrame:
    size = round(parameter("sms_sent"))
    sent = np.datetime64("2021-02-01") + rng.integers(0, 180, size)
    answered = quota_mask(rng, size, survey_fact("sms_response_rate"))
    count = int(answered.sum())
    frame = pd.DataFrame(
        {
            "force": "West Midlands",
            "survey": "Callers",
            "channel": "SMS",
            "department": draw(rng, "department", size),
            "incident_type": draw(rng, "incident_type", size),
            "place": draw(rng, "place", size),
            "recorded_on": sent.astype(str),
            "sent_on": sent.astype(str),
            "sent_hour": rng.integers(0, 24, size).astype(str),
            "responded_on": np.where(answered, (sent + 1).astype(str), ""),
        }
    )
    frame["outcome"] = ""
    frame.loc[answered, "outcome"] = pick_texts(
        rng, list(OUTCOMES), [survey_fact(key) for key in OUTCOMES.values()], count
    )
    frame["has_free_text"] = ""
    comment = quota_mask(rng, count, survey_fact("sms_free_text_share"))
    frame.loc[answered, "has_free_text"] = np.where(comment, "Y", "N")
    described = np.flatnonzero(answered)[
        quota_mask(rng, count, survey_fact("sms_demographics_share"))
    ]
    for column in ("gender", "age", "ethnicity"):
        frame[column] = ""
    # A respondent with any demographics gives at least an age.
    adult = rng.integers(18, 90, len(described)).astype(str)
    frame.loc[described, "age"] = adult
    frame.loc[described, "gender"] = draw(rng, "gender", len(described))
    frame.loc[described, "ethnicity"] = draw(rng, "ethnicity", len(described))
    return frame


def _emails(
    survey: str, sent_name: str, first: str, rng: np.random.Generator
) -> pd.DataFrame:
    size = round(parameter(sent_name))
    recorded = np.datetime64(first) - 42 + rng.integers(0, 120, size)
    sent = recorded + 7 * int(survey_fact("email_survey_delay_weeks"))
    answered = quota_mask(rng, size, survey_fact("email_response_rate"))
    return pd.DataFrame(
        {
            "force": "West Midlands",
            "survey": survey,
            "channel": "E-mail",
            "recorded_on": recorded.astype(str),
            "sent_on": sent.astype(str),
            "responded_on": np.where(answered, (sent + 2).astype(str), ""),
        }
    )


def _interviews(
    force: str,
    survey: str,
    satisfied_share: float,
    rng: np.random.Generator,
    *,
    disposal: str = "",
    vulnerability: str = "",
    aspects: tuple[int, int] | None = None,
) -> pd.DataFrame:
    """People who were all asked, a printed share of them satisfied."""
    name = "turning_point_victims" if disposal else "victim_survey_victims"
    size = round(parameter(name))
    day = (np.datetime64("2022-04-01") + rng.integers(0, 365, size)).astype(str)
    frame = pd.DataFrame(
        {
            "force": force,
            "survey": survey,
            "channel": "Interview",
            "sent_on": day,
            "responded_on": day,
            "is_satisfied": np.where(quota_mask(rng, size, satisfied_share), "Y", "N"),
            "gender": draw(rng, "gender", size),
            "age": ages(draw(rng, "age_band", size), rng),
            "disposal": disposal,
            "vulnerability": vulnerability,
        }
    )
    if aspects is not None:
        low, high = aspects
        frame["service_aspects"] = rng.integers(low, high + 1, size).astype(str)
    return frame
