"""A frame in the place of `drivers.design`, for tests of what is fitted on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from linkage.base.settings import RunSettings
from ml.design_rows import DesignRows, open_design


@contextmanager
def rows_of(design: pd.DataFrame) -> Iterator[DesignRows]:
    """The rows of a design with boroughs `borough` of sites `site`, by SQL."""
    with duckdb.connect() as connection:
        connection.register("frame", design)
        connection.execute("create schema drivers")
        connection.execute("create table drivers.design as select * from frame")
        connection.execute(
            "create table drivers.places as select borough, site, "
            "row_number() over (order by borough, site) as borough_no, "
            "dense_rank() over (order by site) as site_no "
            "from (select distinct borough, site from frame)"
        )
        nowhere = RunSettings("cris", Path("extracts"), Path("warehouse"))
        with open_design(nowhere, connection) as rows:
            yield rows
