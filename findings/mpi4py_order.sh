#!/usr/bin/env bash
# mpi4py 4.1.2 sends a Fortran-ordered NumPy array as its memory lies, and receives it into a C-ordered one of the same shape.
#
# Expected: an array that is received equals the one that was sent, where shapes and dtypes are equal; or an error, as for an array
#           with strides, which it refuses.
# Seen:     no error and no warning. [[0, 1, 2], [3, 4, 5]] in Fortran order is received as [[0, 3, 1], [4, 2, 5]].
#           Every second column of an array is refused: "buffer is not contiguous".
# Here:     autograd.distributed makes every array C-ordered before it hands it over (autograd/distributed/collectives.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "mpi4py==4.1.2" "mpich==5.0.2" "numpy==2.3.5"
"$folder/venv/bin/python" - <<'PYTHON'
import mpi4py
import numpy as np
from mpi4py import MPI

assert mpi4py.__version__ == "4.1.2"
sent = np.asfortranarray(np.arange(6.0).reshape(2, 3))
received = np.empty((2, 3))
MPI.COMM_SELF.Sendrecv(sent, 0, 0, received, 0, 0)
print("sent", sent.tolist(), "received", received.tolist())
assert received.tolist() == [[0.0, 3.0, 1.0], [4.0, 2.0, 5.0]], "the behaviour has changed"
try:
    MPI.COMM_SELF.Sendrecv(np.arange(12.0).reshape(2, 6)[:, ::2], 0, 0, received, 0, 0)
except Exception as error:
    print("strided:", type(error).__name__, error)
    assert "not contiguous" in str(error), "the behaviour has changed"
else:
    raise AssertionError("the behaviour has changed: a strided array is taken")
PYTHON
