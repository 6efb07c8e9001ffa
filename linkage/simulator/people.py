"""Raw values of victims and suspects, drawn inside the grouped categories."""

from __future__ import annotations

import itertools

import numpy as np

from linkage.simulator.arrays import Bools, Codes, generator, quota_codes, quota_mask
from linkage.simulator.cases import AGE_DETAILS, Cases
from linkage.simulator.columns import MISSING, Column, column_of
from linkage.simulator.files import assumption

# London study p. Data quality: self-defined ethnicity missing for 70% of victims and
# 78% of recorded suspects; the rates below are for those whose officer-recorded
# ethnicity is unknown.
_VICTIM_SELF_MISSING, _SUSPECT_SELF_MISSING = 0.70, 0.78
_SELF_MISSING_IF_UNKNOWN = 0.95
_AGE_BOUNDS = {
    "1-9": (1, 9),
    "10-12": (10, 12),
    "13-15": (13, 15),
    "16-17": (16, 17),
    "18-24": (18, 24),
    "25-64": (25, 64),
    "65+": (65, 95),
}
_AGE_ZERO_SHARE = 0.06
_PHYSICAL = ("", "Physical", "Blind", "Deaf", "Speech")
_MENTAL = ("", "Mental health", "Learning")
_REPEAT_PATTERNS = ("YNN", "NYN", "NNY", "YYN", "YNY", "NYY", "YYY")
_REPEAT_SHARES = (0.2, 0.15, 0.25, 0.1, 0.1, 0.1, 0.1)


def draw_ages(cases: Cases, seed: int) -> None:
    """Exact ages inside their bands as `victim_age_years`, `suspect_age_years`.

    -1 is unknown; some unknown ages are recorded as 0. Rows without a suspect are -1.
    """
    for person in ("victim", "suspect"):
        rng = generator(seed, f"{person} ages")
        details = cases.codes[f"{person}_age_detail"]
        years = np.full(cases.size, -1, dtype=np.int64)
        for code, detail in enumerate(AGE_DETAILS):
            rows = np.flatnonzero(details == code)
            if detail == "Unknown":
                zero = rng.random(len(rows)) < _AGE_ZERO_SHARE
                years[rows[zero]] = 0
                continue
            low, high = _AGE_BOUNDS[detail]
            span = high - low + 1
            # Adults thin out with age; inside the narrow bands ages are even.
            power = 1.5 if span > 20 else 1.0
            drawn = low + np.floor(span * rng.random(len(rows)) ** power)
            years[rows] = drawn.astype(np.int64)
        cases.add(f"{person}_age_years", years)


def raw_values(
    cases: Cases, variable: str, person_variable: str, rng: np.random.Generator
) -> Column:
    """Raw values of a grouped variable, by `raw_values.csv`."""
    rows = [x for x in assumption("raw_values") if x["variable"] == variable]
    values = tuple(dict.fromkeys(x["raw_value"] for x in rows if x["raw_value"]))
    codes: Codes = np.full(cases.size, MISSING, dtype=np.int32)
    for code, category in enumerate(cases.categories(person_variable)):
        some = [x for x in rows if x["category"] == category]
        if not some:
            continue
        positions = np.array(
            [values.index(x["raw_value"]) if x["raw_value"] else MISSING for x in some],
            dtype=np.int32,
        )
        chosen = np.flatnonzero(cases.codes[person_variable] == code)
        codes[chosen] = positions[
            quota_codes(rng, len(chosen), [float(x["share"]) for x in some])
        ]
    return Column(codes, values)


def victim_columns(cases: Cases, seed: int) -> dict[str, Column]:
    """Columns of the victims extract, one value per case."""
    rng = generator(seed, "victim columns")
    transgender = cases.yes("victim_transgender_or_non_binary")
    gender = np.where(transgender, (rng.random(cases.size) < 0.3).astype(int), MISSING)
    columns = {
        "sex": raw_values(cases, "victim_sex", "victim_sex", rng),
        "gender": Column(gender.astype(np.int32), ("Transgender", "Non-binary")),
        "age_at_report": _ages(cases.codes["victim_age_years"]),
        "ethnic_appearance": raw_values(
            cases, "victim_ethnicity", "victim_ethnicity", rng
        ),
        "self_defined_ethnicity": _self_defined(
            cases,
            "victim_ethnicity",
            np.ones(cases.size, dtype=np.bool_),
            _VICTIM_SELF_MISSING,
            rng,
        ),
        "nationality": raw_values(
            cases, "victim_nationality", "victim_nationality", rng
        ),
    }
    columns["disability"], columns["vulnerability"] = _disabilities(cases, rng)
    columns["injury_degree"] = raw_values(
        cases, "victim_injury_degree", "victim_injury_degree", rng
    )
    return {**columns, **_repeat_marks(cases.yes("repeat_victim"), rng)}


def suspect_columns(cases: Cases, seed: int) -> dict[str, Column]:
    """Columns of the suspects extract, one value per case (used where recorded)."""
    rng = generator(seed, "suspect columns")
    recorded = cases.is_suspect_recorded
    disability = quota_codes(rng, cases.size, [0.35, 0.4, 0.1, 0.15])
    disability[~cases.yes("suspect_disability")] = MISSING
    columns = {
        "sex": raw_values(cases, "suspect_sex", "suspect_sex", rng),
        "age_at_report": _ages(cases.codes["suspect_age_years"]),
        "ethnic_appearance": raw_values(
            cases, "suspect_ethnicity", "suspect_ethnicity", rng
        ),
        "self_defined_ethnicity": _self_defined(
            cases, "suspect_ethnicity", recorded, _SUSPECT_SELF_MISSING, rng
        ),
        "nationality": raw_values(
            cases, "suspect_nationality", "suspect_nationality", rng
        ),
        "disability": Column(
            disability.astype(np.int32),
            ("Physical", "Mental health", "Learning", "Other"),
        ),
        "pnc_status": raw_values(
            cases, "suspect_pnc_status", "suspect_pnc_status", rng
        ),
        "how_known": raw_values(
            cases, "suspect_relationship", "suspect_relationship", rng
        ),
        **_arrest_marks(cases, rng),
    }
    if "blank_suspect" in cases.codes:
        blank = cases.yes("blank_suspect")
        for column in columns.values():
            column.codes[blank] = MISSING
    present = np.where(recorded, 0, MISSING).astype(np.int32)
    return {"is_present": Column(present, ("Y",)), **columns}


def _ages(years: Codes) -> Column:
    values = tuple(str(age) for age in range(121))
    return Column(np.where(years < 0, MISSING, years).astype(np.int32), values)


def _self_defined(
    cases: Cases,
    ethnicity: str,
    present: Bools,
    missing_share: float,
    rng: np.random.Generator,
) -> Column:
    """16+1 codes, missing for an exact share of those present."""
    column = raw_values(cases, "self_defined_ethnicity", ethnicity, rng)
    unknown = present & cases.equals(ethnicity, "Unknown")
    other = present & ~unknown
    most = round(_SELF_MISSING_IF_UNKNOWN * unknown.sum())
    left = max(round(missing_share * present.sum()) - most, 0)
    for mask, count in ((unknown, most), (other, left)):
        rows = np.flatnonzero(mask)
        column.codes[rng.permutation(rows)[:count]] = MISSING
    return column


def _disabilities(cases: Cases, rng: np.random.Generator) -> tuple[Column, Column]:
    """`;`-separated disability and vulnerability that agree with the flags."""
    size = cases.size
    physical = cases.yes("victim_physical_disability")
    mental = cases.yes("victim_mental_health_disability")
    physical_here = physical & quota_mask(rng, size, 0.7)
    mental_here = mental & quota_mask(rng, size, 0.6)
    texts = tuple(
        ";".join(x for x in combination if x)
        for combination in itertools.product(_PHYSICAL, _MENTAL, ("", "Other"))
    )
    code = (
        np.where(physical_here, 1 + quota_codes(rng, size, [0.7, 0.08, 0.14, 0.08]), 0)
        * (len(_MENTAL) * 2)
        + np.where(mental_here, 1 + quota_codes(rng, size, [0.75, 0.25]), 0) * 2
        + cases.yes("victim_other_disability")
    )
    vulnerabilities = tuple(
        ";".join(x for x in combination if x)
        for combination in itertools.product(
            ("", "Physical"), ("", "Mental health"), ("", "Intimidated"), ("", "Age")
        )
    )
    by_age = np.isin(cases.codes["victim_age_detail"], (0, 1, 6))
    by_age &= quota_mask(rng, size, 0.3)
    vulnerable = (
        (physical & ~physical_here) * 8
        + (mental & ~mental_here) * 4
        + cases.yes("victim_intimidated") * 2
        + by_age
    )
    return column_of(code, texts), column_of(vulnerable, vulnerabilities)


def _repeat_marks(repeat: Bools, rng: np.random.Generator) -> dict[str, Column]:
    """Three Y/N fields, any Y for a repeat victim; some others are left empty."""
    size = len(repeat)
    pattern = rng.choice(len(_REPEAT_PATTERNS), size=size, p=_REPEAT_SHARES)
    empty = ~repeat & (rng.random(size) < 0.15)
    names = ("reported_cr_last_12_months", "cris_repeat_victim", "repeat_victim")
    columns = {}
    for i, name in enumerate(names):
        says_yes = np.array([text[i] == "Y" for text in _REPEAT_PATTERNS])[pattern]
        codes = np.where(repeat & says_yes, 0, 1)
        columns[name] = Column(
            np.where(empty, MISSING, codes).astype(np.int32), ("Y", "N")
        )
    return columns


def _arrest_marks(cases: Cases, rng: np.random.Generator) -> dict[str, Column]:
    """Arrested on scene; or arrested or interviewed later; or neither (N or empty)."""
    size = cases.size
    scene = cases.yes("suspect_arrested_on_scene")
    later = cases.yes("suspect_arrested_or_interviewed_later")
    way = quota_codes(rng, size, [0.55, 0.10, 0.35])
    arrested = scene | (later & (way < 2))
    interviewed = (scene & quota_mask(rng, size, 0.7)) | (later & (way != 1))
    empty = ~scene & ~later & (rng.random(size) < 0.1)
    return {
        name: Column(
            np.where(empty, MISSING, np.where(mask, 0, 1)).astype(np.int32), ("Y", "N")
        )
        for name, mask in (
            ("arrested_on_scene", scene),
            ("arrested", arrested),
            ("interviewed", interviewed),
        )
    }
