"""Tensor: the class, its methods, conversion, layout and printing. What the methods compute does not live here, but in
functions/.
"""
