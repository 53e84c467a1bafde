#!/usr/bin/env bash
# PyTorch 2.13.0: in float32 the gradient of logsumexp is not softmax, where the numbers are large.
#
# Expected: the gradient of logsumexp(x) is softmax(x), and a number added to all of x changes neither: both subtract the maximum, and
#           [0, 1, 2, 3] + 1,000,000 is exact in float32.
# Seen:     softmax keeps all its digits. The gradient of logsumexp is off by 2e-4 of its values at 10,000, by 3e-3 at 1,000,000, and its
#           sum is not 1: the backward computes e^(x - y) with the rounded y, whose last place is 0.06 at 1,000,000. logcumsumexp's too.
# Here:     the gradient of logsumexp is softmax, as exact as its forward (tests/test_operator_samples.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy==2.3.5"
"$folder/venv/bin/python" - <<'PYTHON'
import torch

assert torch.__version__.startswith("2.13.0")
right = torch.softmax(torch.tensor([0.0, 1.0, 2.0, 3.0], dtype=torch.float64), 0)
for shift, least in ((0.0, 0.0), (1e4, 1e-4), (1e6, 1e-3)):
    x = (torch.tensor([0.0, 1.0, 2.0, 3.0]) + shift).requires_grad_()
    torch.logsumexp(x, 0).backward()
    softmax = ((torch.softmax(x.detach(), 0).double() - right) / right).abs().max().item()
    gradient = ((x.grad.double() - right) / right).abs().max().item()
    print(f"shift {shift:9.0f}: softmax off by {softmax:.0e}, gradient of logsumexp off by {gradient:.0e}, its sum {x.grad.sum().item():.5f}")
    assert softmax < 1e-6
    assert gradient < 1e-6 if not shift else gradient > least, "the behaviour has changed"
PYTHON
