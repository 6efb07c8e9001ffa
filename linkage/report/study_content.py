"""Content of the violent-crime study's figures, from released rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from linkage.report.wording import column_in_words
from ml.study_design import MISSING

# As many as the report draws (figures 11 and 12).
LARGEST = 25
ALL = "all"
# The wanted outcome first; the order of appendix 7.6.
OUTCOMES = (
    "success",
    "evidential difficulties (victim)",
    "evidential difficulties (other)",
    "other negative result",
)
SEXES = {"F": "female", "M": "male", "X": "sex unknown"}
NOT_KNOWN = ("unknown", "UN", "X")
LATE_WORDS = ("at", "after")
Meanings = Mapping[tuple[str, str], str]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class StudyModel:
    """A row of `release.penalised_models`, and the rows of its other tables.

    `coefficients` are those selected, the largest first; `withheld` is the number of
    selected ones with too few crimes.
    """

    model: Row
    coefficients: Sequence[Row]
    withheld: int
    curves: Sequence[Row]
    leakage: Sequence[Row]
    thresholds: Sequence[Row]

    @property
    def is_shown(self) -> bool:
        """Is the model fitted, on enough crimes to show its measures?"""
        return self.model["auc"] is not None


@dataclass(frozen=True)
class Bar:
    """A coefficient (log odds) in words, and as the report prints its name."""

    label: str
    printed: str
    coefficient: float
    is_beneficial: bool
    selected_share: float
    is_late: bool
    is_missing: bool


@dataclass(frozen=True)
class Curve:
    """Log odds by number of officers against the fewest, with a band."""

    label: str
    officers: Sequence[int]
    log_odds: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    band: float
    halves: int

    @property
    def is_selected(self) -> bool:
        """Does the model use the number at all?"""
        return any(self.log_odds)


@dataclass(frozen=True)
class Category:
    """Crimes of a category and the share of each outcome; None where not shown.

    `is_known` unless the category is that something was not recorded.
    """

    label: str
    crimes: int | None
    counts: Mapping[str, int | None]
    shares: Mapping[str, float | None]
    is_known: bool = True


@dataclass(frozen=True)
class Step:
    """Crimes that a step of the flow removes and leaves; None where not shown."""

    label: str
    removed: int | None
    left: int | None
    share_lost: float | None


def largest(of_model: StudyModel, meanings: Meanings, most: int = LARGEST) -> list[Bar]:
    """The largest coefficients that are shown, the largest first."""
    return [
        Bar(
            level_in_words(row["variable"], row["level"], meanings),
            row["term"],
            row["coefficient"],
            row["is_beneficial"],
            row["selected_share"],
            row["recorded"] in LATE_WORDS,
            row["is_missing_level"],
        )
        for row in of_model.coefficients[:most]
    ]


def curves(of_model: StudyModel) -> list[Curve]:
    """A curve of each number of officers, as far as enough crimes have as many."""
    found: dict[str, list[Row]] = {}
    for row in sorted(of_model.curves, key=lambda row: int(row["officers"])):
        found.setdefault(row["variable"], []).append(row)
    return [
        Curve(
            label=_capital(column_in_words(variable)),
            officers=[row["officers"] for row in rows],
            log_odds=[row["log_odds"] for row in rows],
            low=[row["band_low"] for row in rows],
            high=[row["band_high"] for row in rows],
            band=rows[0]["band"],
            halves=rows[0]["halves"],
        )
        for variable, rows in sorted(found.items())
    ]


def outcomes_by_response(rows: Sequence[Row], meanings: Meanings) -> list[Category]:
    """Outcomes of all crimes, then by response code."""
    return _categories(rows, "response_code", lambda one: _response(one, meanings))


def outcomes_by_age_and_sex(rows: Sequence[Row]) -> list[Category]:
    """Outcomes of all crimes, then by age band and sex of the victim."""
    return _categories(rows, "victim_age_and_sex", _age_and_sex)


def flow(rows: Iterable[Row]) -> list[Step]:
    """The steps of the flow; the share lost is of the crimes before the step."""
    return [
        Step(row["step"], row["crimes_removed"], row["crimes_left"], row["share_lost"])
        for row in sorted(rows, key=lambda row: int(row["step_no"]))
    ]


def level_in_words(variable: str, level: str | None, meanings: Meanings) -> str:
    """A column of a model in words: "victim informed: missing".

    `variable` and `level` as in `release.penalised_coefficients`.
    """
    if level is None:
        return _capital(column_in_words(variable))
    if level == MISSING:
        return f"{_capital(column_in_words(variable))}: missing"
    if level.startswith("spline"):
        return f"{_capital(column_in_words(variable))}, {level}"
    parts = zip(variable.split(":"), level.split(":"), strict=True)
    return _capital(", ".join(_level(one, at, meanings) for one, at in parts))


def _level(variable: str, level: str, meanings: Meanings) -> str:
    words = column_in_words(variable)
    if level in ("true", "false"):
        return f"{words}: {'yes' if level == 'true' else 'no'}"
    if variable == "response_code":
        return f"{words}: {_response(level, meanings).replace('Not', 'not')}"
    # The short form: the lookup's additions follow a comma or a semicolon.
    return f"{words}: {re.split('[,;]', meanings.get((variable, level), level))[0]}"


def _categories(rows: Sequence[Row], dimension: str, label: Any) -> list[Category]:
    own = [row for row in rows if row["dimension"] == dimension]
    names = sorted({row["category"] for row in own}, key=_place)
    total = [row for row in rows if row["dimension"] == ALL]
    return [
        _category("All", total),
        *(
            _category(
                label(name),
                [row for row in own if row["category"] == name],
                is_known=not {*name.split(", ")} & {*NOT_KNOWN},
            )
            for name in names
        ),
    ]


def _category(label: str, rows: Sequence[Row], *, is_known: bool = True) -> Category:
    by_outcome = {row["outcome_group"]: row for row in rows}
    return Category(
        label,
        rows[0]["category_crimes"],
        {outcome: by_outcome[outcome]["crimes"] for outcome in OUTCOMES},
        {outcome: by_outcome[outcome]["share"] for outcome in OUTCOMES},
        is_known,
    )


def _place(name: str) -> tuple[bool, bool, int, str]:
    """Unknown last, ages from the youngest up."""
    is_unknown = name.split(", ")[0] in NOT_KNOWN
    number = re.search(r"\d+", name)
    is_first = name.startswith("up to")
    return (is_unknown, not is_first, int(number[0]) if number else 0, name)


def _response(code: str, meanings: Meanings) -> str:
    meaning = meanings.get(("response_code", code), "").lower()
    return "Not recorded" if code in NOT_KNOWN else f"{code} ({meaning})"


def _age_and_sex(name: str) -> str:
    band, sex = name.split(", ")
    age = "Age unknown" if band in NOT_KNOWN else _capital(band)
    return f"{age}, {SEXES.get(sex, sex)}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
