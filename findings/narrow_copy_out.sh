#!/usr/bin/env bash
# PyTorch 2.13.0: narrow_copy(out=) on the CPU writes to the wrong elements where out does not lie row by row in memory.
#
# Expected: out holds what narrow_copy returns without out, as for other functions with out= (split_copy, cat).
# Seen:     for every second column of a matrix as out, [[1, 2], [5, 6]] comes out as [[1, 5], [0, 0]]: no error, no warning. The values
#           are written one after the other from the beginning of out's memory, as if it had no strides; two land between its elements.
# Here:     every function with out= writes through the strides (tests/test_operator_samples.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy==2.3.5"
"$folder/venv/bin/python" - <<'PYTHON'
import torch

assert torch.__version__.startswith("2.13.0")
x = torch.arange(8.0).reshape(2, 4)
memory = torch.zeros(2, 4)
out = memory[:, ::2]
torch.narrow_copy(x, 1, 1, 2, out=out)
print("right", torch.narrow_copy(x, 1, 1, 2).tolist(), "out", out.tolist(), "memory", memory.tolist())
assert torch.narrow_copy(x, 1, 1, 2).tolist() == [[1, 2], [5, 6]]
assert out.tolist() == [[1, 5], [0, 0]], "the behaviour has changed"
assert memory.tolist() == [[1, 2, 5, 6], [0, 0, 0, 0]], "the behaviour has changed"

memory = torch.zeros(2, 4)
out = memory[:, ::2]
torch.cat([x[:, 1:2], x[:, 2:3]], 1, out=out)
assert out.tolist() == [[1, 2], [5, 6]], "cat, which does it as one expects, has changed"
PYTHON
