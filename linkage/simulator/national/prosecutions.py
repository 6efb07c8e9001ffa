"""Draws suspects of the prosecution service in the ranges that the London study prints.

Source: London study p. After CPS charge (`mopac_outcome_facts.csv`, of060 to of077).
Counts and victim reasons are quotas carried from month to month, so that the shares of
a quarter are as set for any size.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import numpy as np
import pandas as pd

from linkage.simulator.arrays import Bools, Floats, Ints, generator
from linkage.simulator.national.figures import (
    assumption,
    draw,
    parameter,
    pick_texts,
    survey_fact,
)
from linkage.simulator.published import fact

FIRST_MONTH = np.datetime64("2021-04")
MONTHS = 48
DELIVERED = dt.date(2025, 5, 30)
AGAINST_THE_PERSON = "Offences against the person"
Stage = Literal["pre_charge", "post_charge"]
_STAGES: tuple[Stage, Stage] = ("pre_charge", "post_charge")
# Shares of stopped prosecutions that are the victim's, by month; counts a month.
_PRINTED = {
    "pre_charge": {"national": "of062", "london": "of066"},
    "post_charge": {"national": "of072", "london": "of075"},
}
_GROUPS = [(abuse, person) for abuse in (True, False) for person in (True, False)]
_OVERDUE = (30, 58)  # VAIWG paper 2.3.3: days in the system.
_NOT_OVERDUE = 28


def victim_shares(stage: Stage) -> dict[str, Floats]:
    """Share of stopped prosecutions due to the victim by month: national, London.

    Before charge the national share falls along a line from the printed start to the
    printed end; elsewhere shares swing inside the printed range. The same for any seed
    of a simulation: the printed counts follow from them.
    """
    rng = generator(1, f"national {stage}")
    if stage == "pre_charge":
        national = np.linspace(fact("of060"), fact("of061"), MONTHS)
    else:
        national = _swing(rng, "national_post_charge")
    return {"national": national, "london": _swing(rng, f"london_{stage}")}


def _swing(rng: np.random.Generator, name: str) -> Floats:
    """A path of one to two years a wave that touches both its bounds."""
    low, high = parameter(f"{name}_low"), parameter(f"{name}_high")
    months = np.arange(MONTHS)
    wave = np.sin(2 * np.pi * months / 18 + rng.uniform(0, 2 * np.pi))
    path = wave + 0.3 * rng.standard_normal(MONTHS)
    height = ((path - path.min()) / np.ptp(path)) ** parameter(f"{name}_skew")
    scaled: Floats = low + (high - low) * height
    return scaled


def monthly_stopped(stage: Stage, shares: dict[str, Floats]) -> dict[str, float]:
    """Stopped prosecutions a month at full size that give the printed counts."""
    return {
        place: fact(_PRINTED[stage][place]) / float(shares[place].mean())
        for place in shares
    }


def full_size() -> float:
    """Suspects decided on in all months, as the printed counts and shares imply."""
    not_prosecuted, not_convicted = (
        monthly_stopped(stage, victim_shares(stage))["national"] for stage in _STAGES
    )
    finalised = not_convicted / (1 - parameter("convicted_of_finalised"))
    charged = finalised / (1 - parameter("not_finalised_of_charged"))
    return MONTHS * (not_prosecuted + charged)


def draw_suspects(cases: int, seed: int) -> pd.DataFrame:
    """Suspects as delivered, every value as text and empty where missing."""
    scale = cases / full_size()
    parts = [
        *_stopped("pre_charge", scale, seed),
        *_stopped("post_charge", scale, seed),
        *_convicted(scale, seed),
    ]
    suspects = pd.concat(parts, ignore_index=True)
    rng = generator(seed, "national suspects")
    suspects = _with_places(suspects, rng)
    suspects = _with_days(suspects, rng)
    suspects["submission"] = pick_texts(
        rng, ["new", "resubmission"], [0.85, 0.15], len(suspects)
    )
    suspects["has_identified_victim"] = "Y"
    unflagged = suspects.sample(
        round(parameter("without_identified_victim") * len(suspects)),
        random_state=seed,
    ).assign(has_identified_victim="N")
    awaiting = _awaiting(suspects, rng)
    whole = pd.concat([suspects, unflagged, awaiting], ignore_index=True)
    whole = whole.iloc[rng.permutation(len(whole))].reset_index(drop=True)
    whole["suspect_ref"] = [f"SIM/{number:07d}" for number in range(1, len(whole) + 1)]
    return whole[COLUMNS]


COLUMNS = [
    "suspect_ref",
    "cps_area",
    "force",
    "offence_category",
    "is_rape_flagged",
    "is_domestic_abuse",
    "has_identified_victim",
    "submission",
    "referred_on",
    "decided_on",
    "decision",
    "decision_reason",
    "finalised_on",
    "finalisation",
    "finalisation_reason",
]


def _stopped(stage: Stage, scale: float, seed: int) -> list[pd.DataFrame]:
    """Suspects whose prosecution stops at a stage, in London and elsewhere."""
    rng = generator(seed, f"national {stage}")
    shares = victim_shares(stage)
    monthly = monthly_stopped(stage, shares)
    elsewhere = monthly["national"] - monthly["london"]
    rest = (
        shares["national"] * monthly["national"] - shares["london"] * monthly["london"]
    ) / elsewhere
    frames = []
    for is_london, count, path in (
        (True, monthly["london"] * scale, shares["london"]),
        (False, elsewhere * scale, rest),
    ):
        frames += [
            _group(stage, is_london, abuse, person, count, path, rng)
            for abuse, person in _GROUPS
        ]
    return frames


def _group(
    stage: Stage,
    is_london: bool,
    abuse: bool,
    person: bool,
    monthly: float,
    path: Floats,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Stopped suspects of one place, with or without domestic abuse, of one kind."""
    weight = _part("domestic_abuse", abuse) * _part(
        "offences_against_the_person", person
    )
    share = (
        path
        * _relative("domestic_abuse", "domestic_abuse", abuse, stage)
        * _relative("against_the_person", "offences_against_the_person", person, stage)
    )
    counts = _carried(np.full(MONTHS, monthly * weight), rng)
    expected: Floats = counts.astype(np.float64) * share
    victims = np.minimum(_carried(expected, rng), counts)
    month = np.repeat(np.arange(MONTHS), counts)
    is_victim = np.concatenate(
        [np.arange(n) < k for n, k in zip(counts, victims, strict=True)]
    ).astype(np.bool_)
    size = len(month)
    frame = pd.DataFrame(
        {
            "is_london": is_london,
            "is_domestic_abuse": _flag(abuse, size, rng),
            "offence_category": _category(person, size, rng),
            "month": month,
            "is_victim": is_victim,
        }
    )
    reason = _reasons(stage, is_victim, rng)
    if stage == "pre_charge":
        return frame.assign(
            decision="no prosecution",
            decision_reason=reason,
            finalisation="",
            finalisation_reason="",
        )
    return frame.assign(
        decision="charge",
        decision_reason="",
        finalisation=draw(rng, "non_conviction", size),
        finalisation_reason=reason,
    )


def _reasons(
    stage: Stage, is_victim: Bools, rng: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    size = len(is_victim)
    reason = draw(rng, f"{stage}_reason", size)
    # A suspect without a recorded reason is not due to the victim.
    reason[rng.random(size) < parameter("reason_missing")] = ""
    victims = int(is_victim.sum())
    if stage == "pre_charge":
        reason[is_victim] = "evidential victim"
    else:
        reason[is_victim] = draw(rng, "post_charge_victim_reason", victims)
    return reason


def _convicted(scale: float, seed: int) -> list[pd.DataFrame]:
    """Suspects charged and convicted, or not finalised yet, in their proportions."""
    rng = generator(seed, "national convicted")
    monthly = monthly_stopped("post_charge", victim_shares("post_charge"))
    convicted = parameter("convicted_of_finalised")
    open_share = parameter("not_finalised_of_charged")
    frames = []
    for is_london, stopped in (
        (True, monthly["london"] * scale),
        (False, (monthly["national"] - monthly["london"]) * scale),
    ):
        finalised = stopped / (1 - convicted)
        for is_open, count in (
            (False, finalised * convicted),
            (True, finalised * open_share / (1 - open_share)),
        ):
            month = np.repeat(np.arange(MONTHS), _carried(np.full(MONTHS, count), rng))
            size = len(month)
            abuse = rng.random(size) < parameter("domestic_abuse")
            person = rng.random(size) < parameter("offences_against_the_person")
            frames.append(
                pd.DataFrame(
                    {
                        "is_london": is_london,
                        "is_domestic_abuse": np.where(abuse, "Y", "N"),
                        "offence_category": np.where(
                            person,
                            AGAINST_THE_PERSON,
                            draw(rng, "offence_category", size),
                        ),
                        "month": month,
                        "is_victim": False,
                        "decision": "charge",
                        "decision_reason": "",
                        "finalisation": ""
                        if is_open
                        else draw(rng, "conviction", size),
                        "finalisation_reason": "",
                    }
                )
            )
    return frames


def _carried(expected: Floats, rng: np.random.Generator) -> Ints:
    """Whole numbers whose running total is within one of the expected one."""
    edges = np.floor(np.cumsum(expected) + rng.random()).astype(np.int64)
    counts: Ints = np.diff(edges, prepend=0)
    return counts


def _part(name: str, is_in: bool) -> float:
    return parameter(name) if is_in else 1 - parameter(name)


def _relative(name: str, part: str, is_in: bool, stage: Stage) -> float:
    """Share of a part over that of all; the other part makes up for it."""
    times = parameter(f"{name}_{stage}")
    if is_in:
        return times
    return (1 - times * parameter(part)) / (1 - parameter(part))


def _flag(is_so: bool, size: int, rng: np.random.Generator) -> list[str]:
    """The flag; where it is not set it is now and then missing."""
    if is_so:
        return ["Y"] * size
    missing = rng.random(size) < parameter("domestic_abuse_flag_missing")
    return ["" if one else "N" for one in missing]


def _category(
    person: bool, size: int, rng: np.random.Generator
) -> list[str] | np.ndarray[tuple[int], np.dtype[np.object_]]:
    return (
        [AGAINST_THE_PERSON] * size if person else draw(rng, "offence_category", size)
    )


def _with_places(suspects: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    areas = pd.DataFrame(assumption("areas"))
    areas["weight"] = areas["weight"].astype(float)
    is_london = areas["cps_area"].str.startswith("London")
    chosen = np.empty(len(suspects), dtype=np.int64)
    for here, of_it in ((True, is_london), (False, ~is_london)):
        rows = (suspects["is_london"] == here).to_numpy()
        some = areas[of_it]
        weights = some["weight"] / some["weight"].sum()
        chosen[rows] = rng.choice(some.index.to_numpy(), int(rows.sum()), p=weights)
    suspects["cps_area"] = areas["cps_area"].to_numpy()[chosen]
    suspects["force"] = areas["force"].to_numpy()[chosen]
    sexual = (suspects["offence_category"] == "Sexual offences").to_numpy()
    flagged = sexual & (rng.random(len(suspects)) < parameter("rape_flagged") * 8)
    suspects["is_rape_flagged"] = np.where(flagged, "Y", "N")
    return suspects


def _with_days(suspects: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Dates back from the day of the month in which the suspect is counted."""
    size = len(suspects)
    first = (FIRST_MONTH + suspects["month"].to_numpy()).astype("datetime64[D]")
    after = (FIRST_MONTH + suspects["month"].to_numpy() + 1).astype("datetime64[D]")
    lengths = (after - first).astype(np.int64)
    counted = first + np.floor(rng.random(size) * lengths).astype(np.int64)
    is_london = suspects["is_london"].to_numpy()
    is_rape = (suspects["is_rape_flagged"] == "Y").to_numpy()
    is_final = (suspects["finalisation"] != "").to_numpy()
    slower = np.where(is_rape, parameter("rape_days"), 1.0)
    to_charge = _days("days_to_charge", is_london, slower, rng)
    to_end = np.where(
        is_final, _days("days_to_finalisation", is_london, slower, rng), 0
    )
    decided = counted - to_end
    suspects["decided_on"] = decided.astype(str)
    suspects["referred_on"] = (decided - to_charge).astype(str)
    suspects["finalised_on"] = np.where(is_final, counted.astype(str), "")
    return suspects


def _days(
    name: str, is_london: Bools, slower: Floats, rng: np.random.Generator
) -> Ints:
    median = parameter(f"{name}_median") * slower
    median = np.where(is_london, median * parameter(f"{name}_london"), median)
    days = median * np.exp(
        parameter(f"{name}_sigma") * rng.standard_normal(len(slower))
    )
    whole: Ints = np.floor(days).astype(np.int64)
    return whole


def _awaiting(suspects: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Suspects without a decision, and the rape cases that the VAIWG paper counts."""
    day = np.datetime64(DELIVERED)
    some = suspects.sample(
        round(parameter("awaiting_decision") * len(suspects)), random_state=1
    ).assign(is_rape_flagged="N")
    some["referred_on"] = (day - rng.integers(1, 90, len(some))).astype(str)
    frames = [some]
    template = suspects.iloc[:1].assign(
        cps_area="West Midlands",
        force="West Midlands",
        offence_category="Sexual offences",
        is_rape_flagged="Y",
        is_domestic_abuse="N",
    )
    for submission, fact_id in (
        ("new", "rape_new_cases_overdue"),
        ("resubmission", "rape_resubmissions_overdue"),
    ):
        overdue = int(survey_fact(fact_id))
        waited = np.linspace(*_OVERDUE, overdue).round().astype(np.int64)
        waited = np.concatenate([waited, rng.integers(1, _NOT_OVERDUE + 1, 20)])
        rows = pd.concat([template] * len(waited), ignore_index=True)
        rows["submission"] = submission
        rows["referred_on"] = (day - waited).astype(str)
        frames.append(rows)
    return pd.concat(frames, ignore_index=True).assign(
        decided_on="",
        decision="",
        decision_reason="",
        finalised_on="",
        finalisation="",
        finalisation_reason="",
    )
