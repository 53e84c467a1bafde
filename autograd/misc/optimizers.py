"""``autograd.misc.optimizers``: optimizers of nested values. The work is done in hips/trees.py."""

from ..hips.trees import adam, rmsprop, sgd, unflatten_optimizer
