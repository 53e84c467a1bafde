"""``autograd.numpy.numpy_jvps``: tools for rules of the forward mode. The work is done in hips/rule_tools.py."""

from ..hips.rule_tools import broadcast, fwd_grad_concatenate_args
