"""Notifies a force's own mail or chat of a run's result, by a command of its choice."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from typing import Any

from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.publication.delivery_changes import publication_news
from linkage.publication.publications import are_recorded, has_table
from linkage.publication.publish import open_published

COMMAND = "LINKAGE_NOTIFY"
SECONDS = 60
BEYOND = "select count(distinct gap) from quality.gaps where not is_within_tolerance"


def notify(settings: RunSettings, status: str, message: str = "") -> str | None:
    """Run the command of LINKAGE_NOTIFY with the news as JSON on its standard input.

    The news are counts and the one line that an error is, nothing of a record. Returns
    what went wrong with the command, which never ends a run; None without a command.
    """
    command = os.environ.get(COMMAND)
    if not command:
        return None
    news = json.dumps({"status": status, "message": message, **_figures(settings)})
    try:
        subprocess.run(
            shlex.split(command),
            input=news,
            text=True,
            timeout=SECONDS,
            check=True,
            capture_output=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"{COMMAND}: {type(error).__name__}; nobody was notified"
    return None


def _figures(settings: RunSettings) -> dict[str, Any]:
    """The current publication."""
    figures: dict[str, Any] = {"warehouse": str(settings.warehouse)}
    try:
        with open_published(settings) as connection:
            if are_recorded(connection):
                figures |= publication_news(connection)
            if has_table(connection, "quality.gaps"):
                ((beyond,),) = connection.execute(BEYOND).fetchall()
                figures["gaps_beyond_tolerance"] = int(beyond)
    except LinkageError:
        figures["publication"] = None
    return figures
