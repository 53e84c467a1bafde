"""``autograd.misc.fixed_points``: fixed points of functions. The work is done in hips/tools.py."""

from ..hips.tools import fixed_point
