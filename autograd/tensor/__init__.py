"""Tensor: the class, its methods, conversion, layout and printing. The functions that the methods call do not live here, but in
functions/.
"""
