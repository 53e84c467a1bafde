#!/usr/bin/env bash
# PyTorch 2.13.0: iterating over a DataLoader that does not shuffle advances the default random generator.
#
# Expected: a loop over a validation loader (shuffle=False, no workers) changes no random number that comes after it.
# Seen:     each iter(loader) draws one number from the default generator (a seed for workers, drawn also without workers), so that
#           a training with a validation between its epochs has other dropout masks and other orders than the same training without.
# Here:     autograd.utils.data.DataLoader draws only where it shuffles or has workers (tests/test_data.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy==2.3.5"
"$folder/venv/bin/python" - <<'PYTHON'
import torch
from torch.utils.data import DataLoader, TensorDataset

assert torch.__version__.startswith("2.13.0")
loader = DataLoader(TensorDataset(torch.arange(4.0)), batch_size=2, shuffle=False)
torch.manual_seed(0)
without = torch.rand(1).item()
torch.manual_seed(0)
for _ in loader:
    pass
after = torch.rand(1).item()
print("without the loop", without, "after it", after)
assert without != after, "the behaviour has changed"
PYTHON
