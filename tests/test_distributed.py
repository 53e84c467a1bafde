"""Several processes over MPI: collectives, messages, their gradients, and a program that is alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ranks import ROOT, collectives, launched, passed
from test_programs import NUMBER

import autograd
import autograd.distributed as dist
import nn  # noqa: F401  (declares the ops that only layers call)
from autograd.engine.op import REGISTRY
from autograd.errors import ArgumentError


def checks_of(module: object) -> set[str]:
    return {name for name in vars(module) if name.startswith("check_")}


@pytest.mark.parametrize("n", [2, 3])
def test_collectives(n: int) -> None:
    assert passed(n, "collectives.py") == checks_of(collectives)


def run(text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, cwd=ROOT, env={"PATH": "", **environment}, check=False
    )


def test_a_program_that_is_alone_needs_no_mpi() -> None:
    done = run(
        "import sys, autograd\n"
        "assert not [name for name in sys.modules if 'distributed' in name]\n"
        "import autograd.distributed as dist\n"
        "import nn, optim\n"
        "dist.init_process_group('mpi')\n"
        "x = autograd.ones(2)\n"
        "dist.all_reduce(x), dist.barrier(), dist.broadcast(x, 0)\n"
        "places = [autograd.zeros(2)]\n"
        "dist.all_gather(places, x), dist.gather(x, places), dist.scatter(x, places), dist.reduce_scatter(x, places)\n"
        "model = nn.parallel.DistributedDataParallel(nn.Linear(2, 1))\n"
        "model(x).sum().backward()\n"
        "print(dist.get_rank(), dist.get_world_size(), x.tolist(), model.module.weight.grad.tolist())\n"
        "assert 'mpi4py' not in sys.modules\n"
    )
    assert done.stdout == "0 1 [1.0, 1.0] [[1.0, 1.0]]\n", done.stderr


def test_the_error_without_mpi4py_names_the_extra() -> None:
    text = "import sys; sys.modules['mpi4py'] = None\nimport autograd.distributed as dist\ndist.init_process_group('mpi')"
    assert "pip install 'glassgrad[mpi]'" in run(text, PMI_SIZE="2", PMI_RANK="0").stderr


def test_more_processes_than_there_are() -> None:
    for call in (lambda: dist.init_process_group("mpi", world_size=4), lambda: dist.init_process_group(rank=1, world_size=2)):
        with pytest.raises(ArgumentError, match=r"mpiexec -n \d python program.py"):
            call()
    with pytest.raises(ArgumentError, match="there is no 'nccl'"):
        dist.init_process_group("nccl")
    with pytest.raises(ArgumentError, match="has not been initialized"):
        dist.get_rank()
    assert not dist.is_initialized()


def test_what_is_sent_is_c_ordered() -> None:
    """mpi4py 4.1.2 sends Fortran-ordered memory as it lies, without a word: findings/mpi4py_order.sh."""
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    from autograd.distributed.collectives import ordered, raw

    assert ordered(array).flags.c_contiguous
    assert raw(ordered(array)).view(np.float64).tolist() == [0, 1, 2, 3, 4, 5]
    assert ordered(np.arange(3.0)) is not None
    same = np.arange(3.0)
    assert ordered(same) is same


@pytest.mark.parametrize("op", [op for op in REGISTRY.values() if op.sections], ids=lambda op: op.name)
def test_sections_of_a_gradient_are_its_rows(op) -> None:  # type: ignore[no-untyped-def]
    for sample in op.samples():
        plan = op.plan(tuple(name in op.sections and i < len(sample.inputs) for i, name in enumerate(op.inputs)))
        y = op(*sample.inputs, **sample.params)
        g = np.random.default_rng(0).standard_normal(y.shape)
        saved = plan.save(sample.inputs, y, sample.params, ())
        for i, name in enumerate(op.inputs[: len(sample.inputs)]):
            if name in op.sections:
                rule = plan.rule_of(i)
                whole = rule(g, saved)
                parts = [rule(g[..., start : start + 2], saved) for start in range(0, y.shape[-1], 2)]
                np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-13)


def test_a_program_of_two_processes_prints_what_pytorch_prints() -> None:
    """programs/ranks/ddp.txt is what PyTorch 2.13 printed: python -m torch.distributed.run --nproc_per_node=2 ddp.py."""
    program = ROOT / "tests" / "programs" / "ranks" / "ddp.py"
    done = launched(2, "-m", "autograd.torch", str(program))
    assert done.returncode == 0, done.stderr
    expected = program.with_suffix(".txt").read_text(encoding="utf-8")
    assert NUMBER.sub("#", done.stdout) == NUMBER.sub("#", expected)
    numbers, wanted = [[float(n) for n in NUMBER.findall(text)] for text in (done.stdout, expected)]
    assert numbers == pytest.approx(wanted, rel=1e-5, abs=2e-6)


def test_torchs_paths(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import torch\n"
        "import torch.distributed as dist\n"
        "import torch.distributed.nn.functional\n"
        "from torch.nn.parallel import DistributedDataParallel as DDP\n"
        "from torch.utils.data.distributed import DistributedSampler\n"
        "from torch.distributed.optim import ZeroRedundancyOptimizer\n"
        "dist.init_process_group('gloo')\n"
        "model = DDP(torch.nn.Linear(2, 1))\n"
        "optimizer = ZeroRedundancyOptimizer(model.parameters(), torch.optim.Adam, lr=0.1)\n"
        "model(torch.ones(1, 2)).sum().backward()\n"
        "optimizer.step()\n"
        "print(list(DistributedSampler([0, 1, 2], shuffle=False)), dist.get_backend())\n"
        "dist.destroy_process_group()\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "autograd.torch", str(tmp_path / "program.py")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.stdout == "[0, 1, 2] mpi\n", done.stderr
    assert autograd.distributed is dist
