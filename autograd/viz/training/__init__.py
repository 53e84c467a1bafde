"""A training as it went: recorder, doctor, plots and the page about it. Single graphs do not live here."""
