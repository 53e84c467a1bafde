"""The calculus: one declaration an op, with its rules and samples, on arrays only. Tensors and PyTorch's signatures do not live
here.
"""
