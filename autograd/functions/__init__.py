"""Functions of tensors under PyTorch's names and signatures, in files named like those of ops/. Methods of Tensor and NumPy's
signatures do not live here.
"""
