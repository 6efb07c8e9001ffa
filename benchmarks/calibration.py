"""Simulates London size for several seeds and measures how well it is calibrated.

Run `python benchmarks/calibration.py [seeds]` from the project root; writes
`benchmarks/calibration.json`. Nothing is written to disk but that file.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from linkage.simulator import LONDON_CASES, simulate_deliveries  # noqa: E402
from linkage.simulator.areas import AREAS  # noqa: E402
from linkage.simulator.arrays import Bools  # noqa: E402
from linkage.simulator.cases import (  # noqa: E402
    NO_SUSPECT,
    OFFENCE_VARIABLES,
    SUSPECT_VARIABLES,
    VICTIM_VARIABLES,
    Cases,
)
from linkage.simulator.effects import effects  # noqa: E402
from linkage.simulator.files import published  # noqa: E402
from linkage.simulator.outcomes import NAMED_SUSPECT_CODES  # noqa: E402
from linkage.simulator.people import suspect_columns, victim_columns  # noqa: E402
from linkage.simulator.published import bcu_rates, implied_prevalence  # noqa: E402
from linkage.simulator.run import Drawn, draw_cases  # noqa: E402
from linkage.simulator.withdrawal import area_mask, withdrawal_targets  # noqa: E402

ALL = (*OFFENCE_VARIABLES, *VICTIM_VARIABLES, *SUSPECT_VARIABLES)
BOTH = (*OFFENCE_VARIABLES, *VICTIM_VARIABLES)


def main(seeds: int) -> None:
    """Measure `seeds` seeds from 1, fit the driver models on the first."""
    report: dict[str, Any] = {"cases": LONDON_CASES, "writing": write_whole()}
    report["seeds"] = {}
    for seed in range(1, seeds + 1):
        started = time.perf_counter()
        drawn = draw_cases(LONDON_CASES, seed, 1, "calibrated")
        seconds = time.perf_counter() - started
        report["seeds"][str(seed)] = {"seconds": round(seconds, 2), **measure(drawn)}
        if seed == 1:
            report["sample_sizes"] = sample_sizes(drawn)
            report["facts"] = facts(drawn)
            report["data_quality"] = data_quality(drawn, seed)
            report["outcomes"] = outcomes(drawn)
            report["models"], report["model_3_odds_ratios"] = models(drawn)
    path = ROOT / "benchmarks" / "calibration.json"
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def write_whole() -> dict[str, float]:
    """Seconds and peak memory of drawing and writing a London-size delivery."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        summary = simulate_deliveries(Path(folder) / "out")
        seconds = time.perf_counter() - started
        size = sum(x.stat().st_size for x in Path(folder).rglob("*.csv"))
    return {
        "crime_reports": summary.crime_reports,
        "rows": sum(summary.rows.values()),
        "seconds": round(seconds, 1),
        "csv_mb": round(size / 1024**2),
        "peak_mb": peak_mb(),
    }


def peak_mb() -> int:
    """Peak resident memory of this process so far, MB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def codes_of(cases: Cases) -> np.ndarray[Any, np.dtype[np.str_]]:
    """Outcome codes as text."""
    return np.array(cases.extra["outcome_code"])[cases.codes["outcome_code"]]


def withdrawn(cases: Cases) -> Bools:
    """Which cases were withdrawn."""
    return np.isin(codes_of(cases), ("14", "16"))


def measure(drawn: Drawn) -> dict[str, Any]:
    """Counts and the worst crime area by basic command unit cell."""
    cases = drawn.cases
    y = withdrawn(cases)
    cells = []
    for area in ("All crime", *AREAS[:-1]):
        inside = area_mask(cases, area)
        rates = {bcu: (cases.equals("bcu", bcu)) for bcu in bcu_rates(area)}
        printed = dict(bcu_rates(area))
        whole = next(
            float(row["withdrawal_rate"])
            for row in published("mopac_withdrawal_by_bcu")
            if row["crime_area"] == area and row["bcu"] == "All BCUs"
        )
        printed["All BCUs"] = whole
        rates["All BCUs"] = np.ones(cases.size, dtype=np.bool_)
        for bcu, mask in rates.items():
            some = inside & mask
            rate = printed[bcu]
            error = float(np.sqrt(rate * (1 - rate) / some.sum()))
            gap = abs(float(y[some].mean()) - rate)
            cells.append((gap / error, gap - 3 * error - 0.005, f"{area}, {bcu}"))
    worst = max(cells)
    return {
        "cases": cases.size,
        "with_suspect": int(cases.is_suspect_recorded.sum()),
        "withdrawals": int(y.sum()),
        "withdrawals_with_suspect": int((y & cases.is_suspect_recorded).sum()),
        "cells": len(cells),
        "worst_cell": worst[2],
        "worst_cell_standard_errors": round(worst[0], 2),
        "cells_beyond_3_se": sum(cell[0] > 3 for cell in cells),
        "cells_beyond_3_se_and_half_a_point": sum(cell[1] > 0 for cell in cells),
        "worst_sample_size_gap": max(
            row["relative_gap"] for row in sample_sizes(drawn).values()
        ),
    }


def model_filters(cases: Cases, y: Bools) -> dict[str, Bools]:
    """Which cases each driver model takes (London study p. Regression models)."""
    recorded, known = cases.is_suspect_recorded, cases.is_suspect_known
    partner = cases.equals("status", "partner")
    judicial = np.isin(
        codes_of(cases), ("01", "1A", "02", "2A", "03", "3A", "04", "06", "08")
    )
    everyone = np.ones(cases.size, dtype=np.bool_)
    domestic = cases.yes("area: Domestic abuse")
    areas = {name: recorded & cases.yes("area: " + name) for name in AREAS}
    filters = dict.fromkeys(("0", "00", "000", "1", "2"), everyone)
    filters |= {
        "3": recorded,
        "4": domestic & known,
        "5": domestic & partner,
        "6": domestic & known & ~partner,
        "7": areas["Adult sexual offences"],
        "8": areas["Adult rape offences"],
        "9": areas["Child sexual abuse"],
        "10": areas["Stalking"],
        "11": areas["Hate crime"],
        "12": areas["Serious youth violence"],
        "13": areas["Violence with injury"],
        "14": recorded & (y | judicial),
        "15": ~recorded,
        "16": recorded,
        "17": recorded & ~known,
        "18": known,
        "19": y & recorded,
        "25": y & recorded,
    }
    for early, whole in zip(range(20, 25), ("4", "10", "11", "12", "13"), strict=True):
        filters[str(early)] = y & filters[whole]
    for early, whole in zip(range(26, 29), ("7", "8", "9"), strict=True):
        filters[str(early)] = y & filters[whole]
    return filters


def sample_sizes(drawn: Drawn) -> dict[str, dict[str, float]]:
    """Sample of each driver model, simulated and printed."""
    filters = model_filters(drawn.cases, withdrawn(drawn.cases))
    found = {}
    for row in published("mopac_driver_models"):
        size, printed = int(filters[row["model"]].sum()), int(row["sample_size"])
        found[row["model"]] = {
            "simulated": size,
            "printed": printed,
            "relative_gap": round(abs(size / printed - 1), 4),
        }
    return found


def facts(drawn: Drawn) -> dict[str, dict[str, float]]:
    """Realised and printed rate of every calibration target but the cells."""
    y = withdrawn(drawn.cases)
    return {
        target.name: {
            "cases": int(target.mask.sum()),
            "printed": round(target.rate, 4),
            "simulated": round(float(y[target.mask].mean()), 4),
        }
        for target in withdrawal_targets(drawn.cases)
        if target.mask.any() and "| bcu |" not in target.name
    }


def data_quality(drawn: Drawn, seed: int) -> dict[str, float]:
    """Shares of missing data, named as in `mopac_data_quality_facts.csv`."""
    cases = drawn.cases
    recorded, known = cases.is_suspect_recorded, cases.is_suspect_known
    victims, suspects = victim_columns(cases, seed), suspect_columns(cases, seed)
    codes = codes_of(cases)
    named = np.isin(codes, NAMED_SUSPECT_CODES)
    unknown = ~(cases.equals("suspect_sex", "Male")) & ~(
        cases.equals("suspect_sex", "Female")
    )
    shares = {
        "dq01": cases.equals("victim_ethnicity", "Unknown").mean(),
        "dq02": (victims["self_defined_ethnicity"].codes < 0).mean(),
        "dq03": cases.equals("suspect_ethnicity", "Unknown")[recorded].mean(),
        "dq04": (suspects["self_defined_ethnicity"].codes < 0)[recorded].mean(),
        "dq05": cases.equals("suspect_sex", "Unknown")[recorded].mean(),
        "dq05 empty only": (suspects["sex"].codes < 0)[recorded].mean(),
        "dq06 all named-suspect outcomes": unknown[named].mean(),
        "dq06 with a suspect recorded": unknown[named & recorded].mean(),
        "dq07": named[~recorded].mean(),
        "dq08": known[recorded & (codes == "14")].mean(),
        "dq09": known[recorded & (codes == "18")].mean(),
        "male": cases.equals("victim_sex", "Male").mean(),
        "female": cases.equals("victim_sex", "Female").mean(),
    }
    return {name: round(float(share), 4) for name, share in shares.items()}


def outcomes(drawn: Drawn) -> dict[str, Any]:
    """Outcome shares by area and early shares against what the models imply."""
    cases = drawn.cases
    codes = codes_of(cases)
    judicial = np.isin(codes, ("01", "1A", "02", "2A", "03", "3A", "04", "06", "08"))
    difficult = np.isin(codes, ("15", "18"))
    groups = {name: cases.yes("area: " + name) for name in AREAS}
    groups |= {
        name: cases.equals("crime_type", name)
        for name in ("Robbery", "Arson and criminal damage", "Public order offences")
    }
    y = withdrawn(cases)
    filters = model_filters(cases, y)
    days = drawn.dates["duration"]
    early = {}
    for model in range(19, 29):
        limit = 28 if model < 25 else 84
        some = days[filters[str(model)]]
        early[str(model)] = {
            "implied": round(implied_prevalence(str(model)), 4),
            "simulated": round(float(((some >= 0) & (some < limit)).mean()), 4),
        }
    return {
        "judicial_share": {
            k: round(float(judicial[m].mean()), 4) for k, m in groups.items()
        },
        "evidential_share": {
            k: round(float(difficult[m].mean()), 4) for k, m in groups.items()
        },
        "codes": {
            name: int((codes == name).sum()) for name in cases.extra["outcome_code"]
        },
        "judicial_with_suspect": int((judicial & cases.is_suspect_recorded).sum()),
        "early": early,
        "within_12_weeks_all": {
            name: round(float((days[y & groups[name]] < 84).mean()), 4)
            for name in ("Adult sexual offences", "Child sexual abuse")
        },
    }


def design(
    cases: Cases, variables: tuple[str, ...], rows: Any, outcome: Any
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], list[tuple[str, str]]]:
    """0/1 columns with a leading constant.

    Categories with fewer than five events or non-events, which would separate, are left
    to the reference.
    """
    columns, names = [np.ones(len(rows))], [("intercept", "")]
    for variable in variables:
        for code, category in enumerate(cases.categories(variable)):
            column = (cases.codes[variable][rows] == code).astype(float)
            events, size = float(column @ outcome), float(column.sum())
            rest = len(rows) - size
            if not code or category == NO_SUSPECT or rest < 5:
                continue
            if min(events, size - events) >= 5:
                columns.append(column)
                names.append((variable, category))
    matrix = np.column_stack(columns)
    return _independent(matrix, names)


def _independent(
    matrix: np.ndarray[Any, np.dtype[np.float64]], names: list[tuple[str, str]]
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], list[tuple[str, str]]]:
    """Drop columns that earlier ones determine (in a small area some do)."""
    gram = matrix.T @ matrix
    kept: list[int] = []
    for column in range(gram.shape[0]):
        if kept:
            inner = gram[np.ix_(kept, kept)]
            cross = gram[kept, column]
            left = gram[column, column] - cross @ np.linalg.solve(inner, cross)
        else:
            left = gram[column, column]
        if left > 1e-6 * gram[column, column]:
            kept.append(column)
    return matrix[:, kept], [names[i] for i in kept]


def models(drawn: Drawn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Nagelkerke R2 and % correct of the driver models, by statsmodels."""
    import statsmodels.api as sm

    cases = drawn.cases
    y = withdrawn(cases)
    recorded, known = cases.is_suspect_recorded, cases.is_suspect_known
    for name, mask in (("suspect_recorded", recorded), ("suspect_known", known)):
        cases.extra[name] = ("No", "Yes")
        cases.add(name, mask)
    variables: dict[str, tuple[str, ...]] = {
        row["model"]: ALL for row in published("mopac_driver_models")
    }
    variables |= {
        "0": OFFENCE_VARIABLES,
        "00": VICTIM_VARIABLES,
        "000": BOTH,
        "1": (*BOTH, "suspect_recorded"),
        "2": (*BOTH, "suspect_known"),
        "15": BOTH,
        "16": BOTH,
    }
    days = drawn.dates["duration"]
    found: dict[str, Any] = {}
    ratios: dict[str, Any] = {}
    planted = {(x.variable, x.category): x for x in effects("withdrawal_odds")}
    printed = {row["model"]: row for row in published("mopac_driver_models")}
    for model, mask in model_filters(cases, y).items():
        dependent = y if int(model) < 19 else days < (28 if int(model) < 25 else 84)
        rows = np.flatnonzero(mask)
        outcome = dependent[rows].astype(float)
        matrix, names = design(cases, variables[model], rows, outcome)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = sm.Logit(outcome, matrix).fit(
                disp=0, method="newton", maxiter=35, warn_convergence=False
            )
        size = len(rows)
        cox_snell = 1 - np.exp(2 * (fit.llnull - fit.llf) / size)
        r2 = float(cox_snell / (1 - np.exp(2 * fit.llnull / size)))
        correct = (fit.predict() >= 0.5) == (outcome == 1)
        found[model] = {
            "nagelkerke_r2": round(r2, 3),
            "printed_r2": float(printed[model]["nagelkerke_r2"]),
            "correct": round(float(correct.mean()), 4),
            "printed_correct": float(printed[model]["pct_correct_overall"]),
        }
        if model == "3":
            for pair, value in zip(names, fit.params, strict=True):
                if pair in planted:
                    effect = planted[pair]
                    ratios[" = ".join(pair)] = {
                        "planted": round(effect.odds_ratio, 2),
                        "fitted": round(float(np.exp(value)), 2),
                        "note": effect.note,
                    }
    return found, ratios


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
