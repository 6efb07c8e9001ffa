"""The command line. Imports a command's modules when it runs, not before."""

from __future__ import annotations

import atexit
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path

import click

from linkage.base.errors import LinkageError, causes
from linkage.base.settings import set_quiet_environment
from linkage.cli.history import diff, forget_reports, list_publications, rollback
from linkage.cli.models import compare, drivers
from linkage.cli.quality import audit_sample, audit_score, exceptions
from linkage.cli.release import export, picture, report
from linkage.cli.run import load, run
from linkage.cli.simulate import simulate


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("0.1.0", prog_name="linkage")
def linkage() -> None:
    """Crime outcome linkage: from crime-report extracts to who withdraws, and why."""


for command in (
    simulate,
    run,
    load,
    drivers,
    compare,
    list_publications,
    diff,
    rollback,
    forget_reports,
    exceptions,
    audit_sample,
    audit_score,
    export,
    report,
    picture,
):
    linkage.add_command(command)


def main() -> None:
    """Run the command line; every error a user can correct is one line."""
    set_quiet_environment()
    status = _main()
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    with suppress(BrokenPipeError):
        sys.stderr.flush()
    # The tools' objects are released. Then the process ends at once, before their
    # native modules report references that no longer matter.
    atexit._run_exitfuncs()
    os._exit(status)


def _main() -> int:
    try:
        linkage.main(standalone_mode=False)
    except click.ClickException as error:
        return _say(error.format_message(), 2)
    except LinkageError as error:
        return _say(str(error), error.exit_status)
    except click.Abort:
        return _say("stopped", 2)
    except BaseException as error:
        for cause in causes(error):
            if isinstance(cause, LinkageError):
                return _say(str(cause), cause.exit_status)
            if isinstance(cause, BrokenPipeError):
                # The reader of the output (a pager, `head`) has closed it.
                return 0
        log = Path.cwd() / "linkage-error.log"
        log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        return _say(f"unexpected {type(error).__name__}; details are in {log}", 2)
    return 0


def _say(message: str, status: int) -> int:
    print(f"linkage: {' '.join(message.split())}", file=sys.stderr)
    return status
