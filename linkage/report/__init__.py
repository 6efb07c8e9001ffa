"""Forest plots and model cards: results of the driver models for policy readers."""
