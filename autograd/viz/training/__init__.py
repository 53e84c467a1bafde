"""Recordings of a training: the recorder, the doctor, plots and the page about it. Single graphs do not live here."""
