"""Forest plots and model cards: what the driver models say, for policy readers."""
