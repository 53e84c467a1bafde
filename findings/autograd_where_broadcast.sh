#!/usr/bin/env bash
# HIPS autograd 1.9.1: the gradient through numpy.where has the wrong shape where x or y is broadcast.
#
# Expected: grad(f)(x) has the shape of x. For f(s) = sum(where(mask, s, 0) ** 2) with four True in the mask, f'(0.5) = 4 * 2 * 0.5 = 4.
# Seen:     no error and no warning, and the gradient has the shape of the mask: [[1, 0, 1], [0, 1, 1]] for the number 0.5.
#           The rule of where masks the incoming gradient, and does not sum it over the dimensions in which x or y was repeated.
# Here:     the engine sums gradients back over repeated dimensions for every op (tests/test_hips_numpy.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "autograd==1.9.1" "numpy==2.3.5"
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import autograd.numpy as np
from autograd import grad

assert version("autograd") == "1.9.1"
mask = np.array([[True, False, True], [False, True, True]])
found = grad(lambda s: np.sum(np.where(mask, s, 0.0) ** 2))(0.5)
step = 1e-6
difference = sum(((0.5 + step) ** 2 - (0.5 - step) ** 2) / (2 * step) for _ in range(4))
print("gradient", found.tolist(), "difference", round(difference, 6))
assert found.tolist() == [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]], "the behaviour has changed"
PYTHON
