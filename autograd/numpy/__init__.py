"""``autograd.numpy``: NumPy's names, of arrays and of boxes, as HIPS autograd has them. The work is not done here."""

from ..hips.numpy.names import *
from ..hips.numpy.names import numpy_version as __version__
from . import fft, linalg, numpy_boxes, numpy_jvps, numpy_vjps, numpy_vspaces, numpy_wrapper, random
