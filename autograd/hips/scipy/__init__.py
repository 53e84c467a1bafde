"""SciPy's functions of arrays and boxes, with their derivatives. Those that NumPy has as well do not live here."""
