"""Records in pytorch.json what PyTorch does in the cases of cases.py.

Run it as ``python tests/trajectories/record.py``, where torch is installed.
The numbers in the repository are from torch 2.13.0. The tests themselves need no torch.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from cases import EPOCHS, OPTIMIZERS, SCHEDULERS, advance, descend, descend_twice, two_groups

torch.set_default_dtype(torch.float64)  # the counters that PyTorch keeps per parameter, too


def listed(w: np.ndarray) -> Any:
    return [w.real.tolist(), w.imag.tolist()] if np.iscomplexobj(w) else w.tolist()


def signature(value: Any) -> list[list[str]]:
    return [[p.name, str(p.default), p.kind.name] for p in inspect.signature(value).parameters.values()]


def main() -> None:
    schedulers = SimpleNamespace(**vars(torch.optim.lr_scheduler), SWALR=torch.optim.swa_utils.SWALR)
    weights = {
        name: [[listed(w) for w in descend(name, options, torch.optim, torch.tensor)] for options in cases]
        for name, cases in OPTIMIZERS.items()
    }
    rates = []
    for _, make in SCHEDULERS:
        for kind in ("SGD", "Adam"):
            optimizer = two_groups(torch.optim, torch.tensor, kind)
            scheduler = make(schedulers, optimizer)
            rates.append([advance(optimizer, scheduler, t) for t in range(EPOCHS)])
    state = {}
    for name, cases in OPTIMIZERS.items():
        p = torch.ones((2, 2), requires_grad=True)
        optimizer = getattr(torch.optim, name)([p], **cases[-1])
        (p * p).sum().backward()
        optimizer.step(lambda p=p: (p * p).sum())
        found = optimizer.state_dict()
        kept = sorted(key for key, value in found["state"][0].items() if value is not None)
        state[name] = [kept, sorted(found["param_groups"][0])]
    signatures = {name: signature(getattr(torch.optim, name)) for name in OPTIMIZERS}
    signatures |= {name: signature(getattr(schedulers, name)) for name in dict(SCHEDULERS)}
    twice = {name: [listed(w) for w in descend_twice(name, torch.optim, torch.tensor)] for name in OPTIMIZERS if name != "LBFGS"}
    result = {"torch": torch.__version__, "weights": weights, "twice": twice, "rates": rates, "state": state}
    result["signatures"] = signatures
    result = json.loads(json.dumps(result, default=str), parse_float=lambda digits: round(float(digits), 13))
    text = json.dumps(result).replace("]], [[", "]],\n[[")
    Path(__file__).with_name("pytorch.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
