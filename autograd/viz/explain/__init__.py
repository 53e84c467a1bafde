"""Formulas and the textbook's account of a gradient, as text, LaTeX and HTML. No picture lives here."""
