"""Every driver model equals R's glm on the same design, or R's brglm2 (Firth)."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.r_designs import (
    TO_THE_LAST_DIGIT,
    has_r,
    parity,
    run_r,
    summaries,
    write_design,
)
from linkage.publication.publish import open_published
from ml.design_rows import open_design
from ml.drivers import load_cases
from ml.fitting import FIRTH, LogisticFit, fit_logistic
from ml.model_cases import CasesInMemory
from ml.specification import read_specifications
from tests.running import PublishedRun

pytestmark = pytest.mark.skipif(
    not has_r("brglm2"), reason="R or its package brglm2 is not installed here"
)
# brglm2 ends when its steps are this small; glm goes to the last digit.
FIRTH_EPSILON = 1e-8

Fitted = dict[str, LogisticFit]


@pytest.fixture(scope="module", params=["drivers_published", "nibrs_published"])
def fitted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, Fitted]:
    """Folders of plain and of penalised designs that R has fitted, and our fits."""
    run: PublishedRun = request.getfixturevalue(request.param)
    plain = tmp_path_factory.mktemp("plain")
    penalised = tmp_path_factory.mktemp("penalised")
    fits: Fitted = {}
    with open_published(run.settings) as connection:
        specifications = read_specifications(connection)
        with open_design(run.settings, connection) as design:
            for specification in specifications:
                loaded = load_cases(design, specification, None)
                fit = fit_logistic(loaded.cases, loaded.variables)
                assert isinstance(loaded.cases, CasesInMemory)
                folder = penalised if fit.method == FIRTH else plain
                write_design(folder, specification.model, loaded.cases, fit)
                fits[specification.model] = fit
    for folder, epsilon in ((plain, TO_THE_LAST_DIGIT), (penalised, FIRTH_EPSILON)):
        if (folder / "models.csv").exists():
            run_r(folder, epsilon)
    return plain, penalised, fits


def equal(folder: Path, fits: Fitted) -> int:
    """How many models R has fitted too; each must be equal."""
    if not (folder / "models.csv").exists():
        return 0
    models = list(summaries(folder).index)
    for model in models:
        found = parity(folder, model, fits[model])
        assert found.converged_in_r, model
        assert found.coefficient < 1e-6, (model, found)
        assert found.std_error < 1e-6, (model, found)
        assert found.nagelkerke_r2 < 1e-8, (model, found)
    return len(models)


def test_every_model_equals_rs_glm_or_where_penalised_its_brglm2(
    fitted: tuple[Path, Path, Fitted],
) -> None:
    plain, penalised, fits = fitted
    assert equal(plain, fits) + equal(penalised, fits) == len(fits)
