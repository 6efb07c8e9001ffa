"""Crime outcome linkage: the command line and what every room shares."""
