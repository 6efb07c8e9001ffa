"""The order of the stages, as Dagster assets. Wires them; knows none of their rules."""
