"""What Python writes into the warehouse: names in one place agree with the other."""

from __future__ import annotations

from linkage.base.intervals import wilson
from linkage.publication.publish import DRIVER_HISTORY
from ml.results import RUNS, fit_tables


def test_every_table_by_run_is_carried_from_publication_to_publication() -> None:
    by_run = {f"drivers.{table}_by_run" for table in fit_tables()}
    assert set(DRIVER_HISTORY) == {f"drivers.{RUNS}", *by_run}


def test_the_interval_is_wilsons() -> None:
    # R: prop.test(40, 100, correct = FALSE)$conf.int
    low, high = wilson(0.4, 100.0)
    assert (round(low, 7), round(high, 7)) == (0.3094013, 0.4979974)
