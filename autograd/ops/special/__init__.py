"""Special functions: gamma and error functions, Bessel functions, orthogonal polynomials. Elementary functions do not live
here.
"""
