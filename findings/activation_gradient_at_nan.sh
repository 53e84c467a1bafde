#!/usr/bin/env bash
# PyTorch 2.13.0, CPU: the gradient of an activation at nan depends on where in the tensor the nan stands.
#
# Expected: an elementwise function treats equal elements alike, so that 33 times nan has 33 times the same gradient.
# Seen:     relu6, hardtanh, hardshrink and softshrink give 0, hardswish, elu, celu and selu nan, but all of them give the slope of the
#           right branch (1; of selu its scale) for the last element. The elements that fill vectors are compared by other code than the
#           rest, and "not less" and "greater or equal" differ for nan. Tensors shorter than a vector have only the rest: there a loss that
#           is nan sends back gradients of 1.
# Here:     one value for all elements of tensors of any size (tests/test_pytorch_details.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy==2.3.5"
"$folder/venv/bin/python" - <<'PYTHON'
import math

import torch
import torch.nn.functional as F

assert torch.__version__.startswith("2.13.0")
ZERO = dict.fromkeys(("relu6", "hardtanh", "hardshrink", "softshrink"), 0.0)
NAN = dict.fromkeys(("hardswish", "elu", "celu", "selu"), math.nan)
for name, first in (ZERO | NAN).items():
    x = torch.full((33,), math.nan, requires_grad=True)
    getattr(F, name)(x).backward(torch.ones(33))
    g = x.grad.tolist()
    print(f"{name:11} gradient of the first element {g[0]}, of the last {g[-1]:.4f}")
    assert str(g[0]) == str(first) and g[-1] >= 1, "the behaviour has changed"
for name in ("relu", "leaky_relu", "silu", "gelu"):
    x = torch.full((33,), math.nan, requires_grad=True)
    getattr(F, name)(x).backward(torch.ones(33))
    assert len(set(map(str, x.grad.tolist()))) == 1, "the behaviour has changed"
print("relu, leaky_relu, silu, gelu: one gradient for all")
PYTHON
