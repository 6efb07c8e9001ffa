"""The order of the rooms, as Dagster assets. Wires them; knows none of their rules."""
