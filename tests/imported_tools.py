"""What the processes that tests start share: the tools, imported once.

`tests.running` names this module to multiprocessing's fork server, which imports it and
then waits; each command line begins as a fork of it.
"""

from __future__ import annotations

import gc

from linkage.base.settings import set_quiet_environment

set_quiet_environment()

import dagster  # noqa: E402, F401
import dbt.cli.main  # noqa: E402, F401
import sqlalchemy.orm  # noqa: E402, F401

import linkage.cli  # noqa: E402, F401
import orchestration.jobs  # noqa: E402, F401
from orchestration.ahead import import_later_stages  # noqa: E402

import_later_stages()
# A collection in a fork would write to, and so copy, every page of the above.
gc.freeze()
