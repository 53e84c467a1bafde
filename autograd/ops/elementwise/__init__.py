"""Ops that work element by element: arithmetic, comparison, rounding, angles, complex parts. Special functions and activations
do not live here.
"""
