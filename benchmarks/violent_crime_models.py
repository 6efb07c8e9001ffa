"""Do the penalised models find the planted model, and does missingness reveal outcomes?

Two simulated studies of the same size, one whose missing values depend on the outcome
and one whose do not, each through `linkage run --study violent-crime`:

- of the ten largest coefficients that the report prints of a model, which the simulator
  plants, how many are among the fifteen largest fitted, with the planted sign;
- the area under the ROC curve on the test part of either, with and without the fields
that can be missing.
"""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

import duckdb

from benchmarks.measuring import WORK, linkage, write_result
from ml.study_models import INCOMPLETE

STUDY = ("--study", "violent-crime")
PRINTED, FITTED = 10, 15
PLANTED_AS = {"V1": "success", "V2": "vic_ev_diff"}


def main(crimes: int = 60_000) -> None:
    write_result(
        "violent_crime_models",
        {
            "crimes": crimes,
            "printed": PRINTED,
            "fitted": FITTED,
            "informative": _study(crimes, is_informative=True),
            "uninformative": _study(crimes, is_informative=False),
        },
    )


def _study(crimes: int, *, is_informative: bool) -> dict[str, Any]:
    from linkage.simulator.violent_crime import simulate_violent_crime

    name = f"violent-crime-{crimes}-{'' if is_informative else 'un'}informative"
    extracts, warehouse = WORK / name, WORK / f"{name}.duckdb"
    shutil.rmtree(extracts, ignore_errors=True)
    simulate_violent_crime(
        extracts, crimes, seed=1, is_missingness_informative=is_informative
    )
    linkage(
        *("run", *STUDY, "--extracts", str(extracts), "--warehouse", str(warehouse)),
        *("--until", "drivers"),
    )
    truth = json.loads((extracts / "truth.json").read_text(encoding="utf-8"))
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        models = {
            model: _model(connection, model, truth["models"][planted])
            for model, planted in PLANTED_AS.items()
        }
    return {"models": models}


def _model(
    connection: duckdb.DuckDBPyConnection, model: str, planted: dict[str, Any]
) -> dict[str, Any]:
    largest = sorted(planted["coefficients"].items(), key=lambda item: -abs(item[1]))[
        :PRINTED
    ]
    fitted = {
        term: (rank, coefficient)
        for term, rank, coefficient in connection.execute(
            "select term, coefficient_rank, coefficient "
            "from drivers.penalised_coefficients where model = ?",
            [model],
        ).fetchall()
    }
    ranks = {
        term: fitted[term][0]
        if term in fitted and fitted[term][1] * coefficient > 0
        else None
        for term, coefficient in largest
    }
    row = connection.execute(
        "select models.auc, leakage.auc from drivers.penalised_models as models "
        "join drivers.penalised_leakage as leakage using (model) "
        "where model = ? and left_out = ?",
        [model, INCOMPLETE],
    ).fetchone()
    assert row is not None
    return {
        "rank_of_planted_with_its_sign": ranks,
        "found": sum(rank is not None and rank <= FITTED for rank in ranks.values()),
        "auc": row[0],
        "auc_without_fields_that_can_be_missing": row[1],
    }


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
