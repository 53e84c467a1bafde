"""``autograd.numpy.numpy_vjps``: tools for rules of the reverse mode. The work is done in hips/rule_tools.py."""

from ..hips.rule_tools import *
