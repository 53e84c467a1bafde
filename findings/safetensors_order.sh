#!/usr/bin/env bash
# safetensors 0.8.0 writes a NumPy array that is not C-contiguous as its memory lies, under the shape of the array.
#
# Expected: load(save({"a": a}))["a"] equals a, for every array that save accepts.
# Seen:     no error and no warning, and other numbers come back.
#           The transpose of arange(6).reshape(2, 3), [[0, 3], [1, 4], [2, 5]], is read as [[0, 1], [2, 3], [4, 5]];
#           every second column of arange(12).reshape(3, 4), [[0, 2], [4, 6], [8, 10]], also as [[0, 1], [2, 3], [4, 5]].
# Here:     autograd.save makes every array C-contiguous before it hands it over (autograd/serialization.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "safetensors==0.8.0" "numpy==2.3.5"
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import safetensors
from safetensors.numpy import load, save

assert safetensors.__version__ == "0.8.0"
a = np.arange(6.0).reshape(2, 3).T
b = load(save({"a": a}))["a"]
print("written", a.tolist(), "read", b.tolist())
assert b.shape == a.shape
assert b.tolist() == [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], "the behaviour has changed"
c = np.arange(12.0).reshape(3, 4)[:, ::2]
found = load(save({"c": c}))["c"]
print("strided", c.tolist(), "read", found.tolist())
assert found.tolist() == [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], "the behaviour has changed"
PYTHON
