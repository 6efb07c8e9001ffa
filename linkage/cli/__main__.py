"""`python -m linkage.cli`."""

from linkage.cli.command_line import main

main()
