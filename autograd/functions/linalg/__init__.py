"""Linear algebra as functions of tensors: products, matrices, LU, Householder, low rank. ``autograd.linalg`` passes these names
on; no rule lives here.
"""
