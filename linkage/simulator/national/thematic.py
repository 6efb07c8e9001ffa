"""The printed counts by thematic area, and recorded offences drawn to their shares.

Source: VAIWG paper 2.3.6 (`wmp_vaiwg_outcome16.csv`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from linkage.simulator.arrays import generator, quota_mask
from linkage.simulator.files import published
from linkage.simulator.national.figures import draw

COUNTED_BY = "West Midlands Police"
RECORDED_BY = "West Midlands"
FIRST_DAY = np.datetime64("2021-04-01")
DAYS = 365
# One recorded offence for so many suspects.
SUSPECTS_PER_OFFENCE = 5
# Kind of offence: its printed area, its name, crime type, share marked domestic abuse.
_KINDS = {
    "Rape": ("All Rape", "Rape of a female aged 16 or over", "Rape", 0.25),
    "Other sexual offences": (
        "All other sexual offences",
        "Sexual assault on a female aged 13 and over",
        "Other sexual offences",
        0.1,
    ),
    "Stalking and harassment": (
        "Stalking & Harassment",
        "Harassment",
        "Violence without injury",
        0.35,
    ),
    "Other": ("", "Common assault and battery", "Violence without injury", 0.3),
}
_ABUSE_AREA = "All DA marked offences"
_OTHER_SHARE = 0.25  # Ours: outcome 16 where neither a thematic kind nor marked.
_OTHER_OUTCOMES = ("01", "14", "15", "18", "")


def printed_counts() -> pd.DataFrame:
    """The printed table as a force would deliver it, digits and all."""
    rows = published("wmp_vaiwg_outcome16")
    return pd.DataFrame(
        {
            "force": COUNTED_BY,
            "period_from": "",
            "period_to": "",
            "thematic_area": [row["thematic_area"] for row in rows],
            "offences": [row["total_offences"] for row in rows],
            "outcome_16": [row["outcome16"] for row in rows],
            "printed_share": [row["share"] for row in rows],
        }
    )


def draw_offences(cases: int, seed: int) -> pd.DataFrame:
    """Recorded offences of one force and year, in the printed shares of Outcome 16.

    An offence marked domestic abuse has the share of that area in any case; the rest of
    a kind makes up for it, so both areas have their share to within rounding.
    """
    rng = generator(seed, "national thematic")
    size = max(cases // SUSPECTS_PER_OFFENCE, 1)
    kinds = draw(rng, "thematic_kind", size)
    share = {
        row["thematic_area"]: float(row["share"])
        for row in published("wmp_vaiwg_outcome16")
    }
    is_abuse = np.zeros(size, dtype=np.bool_)
    is_outcome_16 = np.zeros(size, dtype=np.bool_)
    for kind, (area, _, _, marked) in _KINDS.items():
        rows = np.flatnonzero(kinds == kind)
        is_abuse[rows] = quota_mask(rng, len(rows), marked)
        of_marked = share[_ABUSE_AREA]
        rest = (
            (share[area] - marked * of_marked) / (1 - marked) if area else _OTHER_SHARE
        )
        for is_in, wanted in ((True, of_marked), (False, rest)):
            some = rows[is_abuse[rows] == is_in]
            is_outcome_16[some] = quota_mask(rng, len(some), wanted)
    others = np.array(_OTHER_OUTCOMES, dtype=object)[
        rng.integers(0, len(_OTHER_OUTCOMES), size)
    ]
    recorded = FIRST_DAY + rng.integers(0, DAYS, size)
    return pd.DataFrame(
        {
            "crime_ref": [f"20WM/{number:07d}" for number in range(1, size + 1)],
            "offence_no": "1",
            "force": RECORDED_BY,
            "recorded_on": recorded.astype(str),
            "crime_type": [_KINDS[kind][2] for kind in kinds],
            "offence": [_KINDS[kind][1] for kind in kinds],
            "is_domestic_abuse": np.where(is_abuse, "Y", "N"),
            "outcome_code": np.where(is_outcome_16, "16", others),
        }
    )
