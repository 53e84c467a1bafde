"""One fault in a training of several processes: the last of them raises, is killed, leaves, or does something else than the others.

    faults.py FAULT CHECKPOINT

Rank 0 writes a checkpoint after each step.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

import autograd
import autograd.distributed as dist
import nn
import optim
from nn.parallel import DistributedDataParallel


def odd_call(fault: str) -> None:
    """What all ranks do in step 3, and the last one otherwise."""
    odd = dist.get_rank() == dist.get_world_size() - 1
    if fault == "shapes":
        dist.all_reduce(autograd.ones(3 if odd else 2))
    elif fault == "dtypes":
        dist.all_reduce(autograd.ones(2, dtype="float64" if odd else "float32"))
    elif fault == "ops":
        dist.all_reduce(autograd.ones(2), dist.ReduceOp.MAX if odd else dist.ReduceOp.SUM)
    elif fault == "calls":
        (dist.barrier if odd else lambda: dist.all_reduce(autograd.ones(2)))()
    elif fault == "async":
        work = dist.all_reduce(autograd.ones(3 if odd else 2), async_op=True)
        assert work is not None
        work.wait()
    elif fault == "message":
        if odd:
            dist.send(autograd.ones(2, 2), 0)
        elif dist.get_rank() == 0:
            dist.recv(autograd.ones(4))
    elif odd and fault == "raises":
        raise ValueError("the data of this rank\nare broken")
    elif odd and fault == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif odd and fault == "leaves":
        sys.exit(0)
    elif odd and fault == "fails":
        sys.exit(3)
    elif odd and fault == "sleeps":
        time.sleep(100)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.used, self.left_out = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: Any, both: bool) -> Any:
        return self.left_out(self.used(x)) if both else self.used(x)


def main(fault: str, file: str) -> None:
    dist.init_process_group("mpi", timeout=4 if fault == "sleeps" else 60)
    odd = dist.get_rank() == dist.get_world_size() - 1
    model = DistributedDataParallel(Net())
    optimizer = optim.Adam(model.parameters())
    steps = 4 if fault == "steps" and odd else 5
    for step in range(steps):
        optimizer.zero_grad()
        loss = model(autograd.ones(8, 4), both=not (fault == "unused" and odd and step == 3)).square().mean()
        if step == 3:
            if fault == "in backward" and odd:
                hook = model.module.used.weight.register_hook(lambda g: 1 / 0)
                try:
                    loss.backward()
                except ZeroDivisionError:
                    hook.remove()
                    loss = model(autograd.ones(8, 4), both=True).sum()  # it goes on, out of step with the others
            odd_call(fault)
        loss.backward()
        optimizer.step()
        if dist.get_rank() == 0:
            autograd.save({"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, file)
    print(f"rank {dist.get_rank()} has made {steps} steps", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
