"""``autograd.misc.flatten``: nested values as vectors. The work is done in hips/trees.py."""

from ..hips.trees import flatten, flatten_func
