"""Parts of complex numbers. Rules carry gradients in the form dL = Re(sum(g * dx)): see op.py."""

from __future__ import annotations

import numpy as np

from ..op import Sample, elementwise, op
from ..samples import draw


def _numbers():
    yield Sample(draw((3, 2)) + 1j * draw((3, 2), seed=1))
    yield Sample(np.array(0.5 - 2j))
    yield Sample(draw((4,)))


def _real(x):
    return np.asarray(x).real


def _imag(x):
    return np.asarray(x).imag


real = op("real", _real, x=lambda g: g, linear=True, view=True, analytic=False, numpy=np.real, samples=_numbers,
          doc="Real part; a view.")  # fmt: skip
# Im(dx) = Re(-i dx)
imag = op("imag", _imag, x=lambda g: g * -1j, linear=True, view=True, analytic=False, numpy=np.imag, samples=_numbers,
          doc="Imaginary part; a view of complex numbers, zeros for real ones.")  # fmt: skip
# Re(g conj(dx)) = Re(conj(g) dx)
conj = elementwise("conj", np.conjugate, x=lambda g: np.conjugate(g), linear=True, analytic=False, samples=_numbers,
                   doc="Complex conjugate; real numbers stay as they are.")  # fmt: skip
