"""HIPS autograd's names on this engine: boxes, primitives and the operators that differentiate functions. No
op's calculus lives here.

 The modules under HIPS's paths (``autograd.numpy``, ``autograd.extend``, ...)
pass these names on, and nothing else in the project imports them.
"""
