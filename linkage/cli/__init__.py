"""The command line: a module per group of commands; imported by nothing."""

from linkage.cli.command_line import main

__all__ = ["main"]
