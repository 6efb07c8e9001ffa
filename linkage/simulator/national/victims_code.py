"""Draws the Victims' Code audits with the printed shares of each answer.

Sources: VAIWG paper 1.1.2 and 1.1.3, Supporting victims paper 42
(`wmp_victims_code_audit.csv`). The sizes of the audits are not printed and are ours.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from linkage.simulator.arrays import Bools, apportion, generator, pick, quota_mask
from linkage.simulator.files import lookup
from linkage.simulator.national.figures import (
    Texts,
    audit_figures,
    draw,
    parameter,
    pick_texts,
)

FORCE = "West Midlands"
# First day of each audit.
AUDITED = {"2021": np.datetime64("2021-07-01"), "2017": np.datetime64("2017-10-01")}
REFERRED = "referred_in_time"
# Ours: how much likelier a no is for some victims, so that there is something to find.
_LIKELIER = {"A2": 1.3, "B2": 1.5, "M1": 1.2}
_PRINT = {
    "statement_offered": "Was a VPS offered",
    REFERRED: "If a need was identified",
    "code_explained": "Was the victim informed about the Victims Code",
    "end_explained": "Was the victim informed of the end",
    "statement_explained": "Had a VPS been explained",
    "leaflet_provided": "Was a Victims Code leaflet provided",
    "contact_plan_agreed": "Had a contact plan been agreed",
}
_OURS = {"crime_acknowledged": "acknowledgment_no", "updates_timely": "updates_no"}


def questions(audit: str) -> list[dict[str, str]]:
    """Rows of `seeds/national/victims_code_questions.csv` of an audit."""
    rows = lookup("national/victims_code_questions")
    return [row for row in rows if row["audit"] == audit]


def share_of_no(audit: str, question: str) -> float:
    """Share of answers that are no: printed, or ours where it is not."""
    if question in _OURS:
        return parameter(_OURS[question])
    figures = audit_figures(audit, _PRINT[question])
    # The later paper prints who did not comply, the earlier one who did.
    return sum(figures) if audit == "2021" else 1 - figures[0]


def draw_audits(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Samples and answers of both audits, as delivered."""
    samples, answers = [], []
    for audit in AUDITED:
        rng = generator(seed, f"national audit {audit}")
        drawn = _samples(audit, rng)
        given = [_answers(audit, row, drawn, rng) for row in questions(audit)]
        if audit == "2021":
            referred = next(x for x in given if x["question_code"].iloc[0] == REFERRED)
            _add_referrals(drawn, referred, rng)
        samples.append(drawn)
        answers.append(pd.concat(given))
    return (
        pd.concat(samples, ignore_index=True),
        pd.concat(answers, ignore_index=True),
    )


def _samples(audit: str, rng: np.random.Generator) -> pd.DataFrame:
    size = round(parameter("audit_samples"))
    band = draw(rng, "age_band", size)
    return pd.DataFrame(
        {
            "sample_ref": [f"VC{audit}/{number:05d}" for number in range(1, size + 1)],
            "force": FORCE,
            "audit": audit,
            "audited_on": (AUDITED[audit] + rng.integers(0, 28, size)).astype(str),
            "crime_kind": draw(rng, "crime_kind", size),
            "gender": draw(rng, "gender", size),
            "age": ages(band, rng),
            "ethnicity": draw(rng, "ethnicity", size),
            "need_identified_on": "",
            "referred_on": "",
        }
    )


def ages(bands: Texts, rng: np.random.Generator) -> list[str]:
    """An age of each band, as text; empty of an empty one."""
    found = []
    for band in bands:
        if not band:
            found.append("")
            continue
        low, high = (int(part) for part in band.split("-"))
        found.append(str(rng.integers(low, high + 1)))
    return found


def _answers(
    audit: str,
    question: dict[str, str],
    samples: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    code, size = question["question_code"], len(samples)
    weights = np.array([_LIKELIER.get(one, 1.0) for one in samples["ethnicity"]])
    is_no = np.zeros(size, dtype=np.bool_)
    is_no[pick(rng, weights, round(share_of_no(audit, code) * size))] = True
    # Where not applicable does not comply, its share is not printed and is ours.
    share = parameter("not_applicable")
    if code == "updates_timely":
        share = parameter("updates_not_applicable")
    elif question["is_not_applicable_compliant"] == "false":
        share = 0.0
    is_not_applicable = np.zeros(size, dtype=np.bool_)
    is_not_applicable[~is_no] = quota_mask(rng, size - int(is_no.sum()), share)
    if code == REFERRED:
        share = 1 - parameter("need_identified_of_compliant")
        is_not_applicable[~is_no] = quota_mask(rng, size - int(is_no.sum()), share)
    answer = np.where(is_no, "no", np.where(is_not_applicable, "not applicable", "yes"))
    return pd.DataFrame(
        {
            "sample_ref": samples["sample_ref"],
            "question_code": code,
            "answer": answer,
            "no_reason": _no_reasons(audit, code, is_no, rng),
        }
    )


def _no_reasons(
    audit: str, question: str, is_no: Bools, rng: np.random.Generator
) -> Texts:
    """Why each no is one: as printed for referrals, else in our shares; some empty."""
    reasons: Texts = np.full(len(is_no), "", dtype=object)
    count = int(is_no.sum())
    if question == REFERRED:
        never, late = apportion(np.array(audit_figures(audit, _PRINT[REFERRED])), count)
        chosen = np.repeat(["not referred", "referred after the limit"], [never, late])
        reasons[is_no] = rng.permutation(chosen)
        return reasons
    allowed = {
        row["no_reason"]
        for row in lookup("national/victims_code_no_reasons")
        if row["question_code"] == question
    }
    drawn = draw(rng, "no_reason", count)
    drawn[[one not in allowed for one in drawn]] = "none recorded"
    drawn[~quota_mask(rng, count, parameter("no_reason_written"))] = ""
    reasons[is_no] = drawn
    return reasons


def _add_referrals(
    samples: pd.DataFrame, answers: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Dates that agree with the answers: need, and referral within two days or not."""
    size = len(samples)
    answer = answers["answer"].to_numpy()
    reason = answers["no_reason"].to_numpy()
    has_need = answer != "not applicable"
    need = AUDITED["2021"] - rng.integers(30, 90, size)
    is_late = reason == "referred after the limit"
    days = np.where(is_late, rng.integers(3, 15, size), rng.integers(0, 3, size))
    is_referred = has_need & (reason != "not referred")
    samples["need_identified_on"] = np.where(has_need, need.astype(str), "")
    samples["referred_on"] = np.where(is_referred, (need + days).astype(str), "")


def draw_reviews(seed: int) -> pd.DataFrame:
    """The printed number of review requests, with the printed share upheld.

    Source: Supporting victims paper 45: 101 from April 2015 to October 2017, 8% upheld.
    """
    from linkage.simulator.national.figures import survey_fact

    rng = generator(seed, "national reviews")
    size = int(survey_fact("vrr_appeals"))
    first, last = np.datetime64("2015-04-01"), np.datetime64("2017-10-31")
    days = int((last - first).astype(int)) + 1
    requested = first + np.sort(rng.integers(0, days, size))
    requested[0], requested[-1] = first, last
    upheld = np.zeros(size, dtype=np.bool_)
    upheld[rng.permutation(size)[: round(survey_fact("vrr_upheld_share") * size)]] = (
        True
    )
    return pd.DataFrame(
        {
            "review_ref": [f"VRR/{number:04d}" for number in range(1, size + 1)],
            "force": FORCE,
            "ground": pick_texts(
                rng, ["Police decision", "Threshold test"], [0.6, 0.4], size
            ),
            "requested_on": requested.astype(str),
            "decided_on": (requested + rng.integers(7, 60, size)).astype(str),
            "is_upheld": np.where(upheld, "Y", "N"),
        }
    )
