"""NumPy's names, each function as one of arrays and boxes. How such a function works does not live here, but in functions.py."""
