"""``import autograd as torch`` is enough for a program: its modules and functions come when they are first asked for."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import autograd as torch
import nn.functional as F
from autograd.lazy import ABSENT, ARGUMENTS, MODULES, SAME

ROOT = Path(autograd.__file__).resolve().parent.parent


def test_a_program_needs_one_import() -> None:
    rng = torch.manual_seed(0)
    assert rng is not None
    model = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    x = torch.linspace(-1, 1, 32).reshape(16, 2)
    y = x.sum(1, keepdim=True) * 0.5
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=8)
    losses = []
    for _ in range(40):
        for a, b in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(a), b)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]
    from autograd import nn

    assert nn is torch.nn


def test_loading_autograd_loads_neither_layers_nor_optimizers() -> None:
    script = (
        "import sys, autograd\n"
        "early = {'nn', 'optim', 'autograd.viz', 'autograd.utils'} & set(sys.modules)\n"
        "autograd.nn, autograd.optim, autograd.utils, autograd.viz\n"
        "print(sorted(early), {'nn', 'optim', 'autograd.viz', 'autograd.utils'} <= set(sys.modules), 'nn' in vars(autograd))\n"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.stdout.split() == ["[]", "True", "True"], result.stderr


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(AttributeError, match="module 'autograd' has no attribute 'dropuot'"):
        torch.dropuot  # noqa: B018
    assert not hasattr(torch, "__wrapped__")


def test_the_version_is_that_of_the_distribution() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert autograd.__version__ == pyproject["project"]["version"]


@pytest.mark.parametrize("name", sorted(SAME))
def test_functions_that_are_those_of_nn(name: str) -> None:
    assert getattr(torch, name) is getattr(F, name)


X, Y = torch.tensor([[0.5, -1.0], [2.0, 0.25]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
ONES = torch.tensor([1.0, -1.0])
LOGP = F.log_softmax(torch.arange(24.0).reshape(4, 2, 3).sin(), -1)
# With PyTorch's positions: the call, and the same by the names of nn.functional.
CALLS: dict[str, tuple[Any, Any]] = {
    "alpha_dropout": (lambda: torch.alpha_dropout(X, 0.5, False), lambda: F.alpha_dropout(X, p=0.5, training=False)),
    "dropout": (lambda: torch.dropout(X, 0.5, train=False), lambda: F.dropout(X, p=0.5, training=False)),
    "feature_alpha_dropout": (lambda: torch.feature_alpha_dropout(X, 0.5, False), lambda: X),
    "embedding": (lambda: torch.embedding(X, torch.tensor([1, 0, 1]), -1), lambda: F.embedding(torch.tensor([1, 0, 1]), X)),
    "binary_cross_entropy_with_logits": (
        lambda: torch.binary_cross_entropy_with_logits(X, Y, None, torch.tensor(2.0), 2),
        lambda: F.binary_cross_entropy_with_logits(X, Y, pos_weight=torch.tensor(2.0), reduction="sum"),
    ),
    "cosine_embedding_loss": (
        lambda: torch.cosine_embedding_loss(X, Y, ONES, 0.2, 0),
        lambda: F.cosine_embedding_loss(X, Y, ONES, margin=0.2, reduction="none"),
    ),
    "ctc_loss": (
        lambda: torch.ctc_loss(LOGP, torch.tensor([[1, 2], [2, 1]]), torch.tensor([4, 4]), torch.tensor([2, 2]), 0, 2),
        lambda: F.ctc_loss(
            LOGP, torch.tensor([[1, 2], [2, 1]]), torch.tensor([4, 4]), torch.tensor([2, 2]), blank=0, reduction="sum"
        ),
    ),
    "hinge_embedding_loss": (
        lambda: torch.hinge_embedding_loss(X, Y * 2 - 1, 0.5, 0),
        lambda: F.hinge_embedding_loss(X, Y * 2 - 1, margin=0.5, reduction="none"),
    ),
    "kl_div": (lambda: torch.kl_div(X, Y, 2), lambda: F.kl_div(X, Y, reduction="sum")),
    "margin_ranking_loss": (
        lambda: torch.margin_ranking_loss(X[0], X[1], ONES, 0.1, 1),
        lambda: F.margin_ranking_loss(X[0], X[1], ONES, margin=0.1),
    ),
    "poisson_nll_loss": (
        lambda: torch.poisson_nll_loss(X, Y, True, True, 1e-6, 0),
        lambda: F.poisson_nll_loss(X, Y, log_input=True, full=True, eps=1e-6, reduction="none"),
    ),
    "constant_pad_nd": (lambda: torch.constant_pad_nd(X, (1, 2), 0.5), lambda: F.pad(X, (1, 2), value=0.5)),
    "grid_sampler": (
        lambda: torch.grid_sampler(X.reshape(1, 1, *X.shape), torch.zeros(1, 2, 2, 2) + 0.7, 0, 2, True),
        lambda: F.grid_sample(
            X.reshape(1, 1, *X.shape), torch.zeros(1, 2, 2, 2) + 0.7, mode="bilinear", padding_mode="reflection", align_corners=True
        ),
    ),
    "grid_sampler_2d": (
        lambda: torch.grid_sampler_2d(X.reshape(1, 1, *X.shape), torch.zeros(1, 2, 2, 2) + 0.7, 0, 0, False),
        lambda: F.grid_sample(X.reshape(1, 1, *X.shape), torch.zeros(1, 2, 2, 2) + 0.7, align_corners=False),
    ),
    "grid_sampler_3d": (
        lambda: torch.grid_sampler_3d(X.reshape(1, 1, 1, *X.shape), torch.zeros(1, 2, 2, 2, 3) + 0.7, 0, 1, False),
        lambda: F.grid_sample(
            X.reshape(1, 1, 1, *X.shape), torch.zeros(1, 2, 2, 2, 3) + 0.7, padding_mode="border", align_corners=False
        ),
    ),
    "triplet_margin_loss": (
        lambda: torch.triplet_margin_loss(X, Y, -X, 0.5, 1.0, 1e-6, True, 0),
        lambda: F.triplet_margin_loss(X, Y, -X, margin=0.5, p=1.0, eps=1e-6, swap=True, reduction="none"),
    ),
}


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_functions_with_pytorchs_arguments(name: str) -> None:
    found, wanted = CALLS[name]
    assert np.array_equal(found().array, wanted().array)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="at most 3 arguments"):
        torch.dropout(X, 0.5, True, True)
    with pytest.raises(TypeError, match="'p' twice"):
        torch.dropout(X, 0.5, p=0.5)


def test_modules_are_the_packages() -> None:
    for name, path in MODULES.items():
        module, _, part = path.partition(":")
        found = sys.modules.get(module) or getattr(torch, name)
        assert getattr(torch, name) is (getattr(sys.modules[module], part) if part else found)


def test_what_cannot_be_had_says_why() -> None:
    for name, reason in ABSENT.items():
        if "." not in name:
            with pytest.raises(AttributeError, match=re.escape(reason)):
                getattr(torch, name)


def test_switches_and_devices_are_those_of_a_machine_without_a_gpu() -> None:
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.manual_seed(0)
    torch.cuda.manual_seed_all(0)
    torch.set_num_threads(2)
    torch.set_float32_matmul_precision("high")
    assert (torch.cuda.is_available(), torch.cuda.device_count(), torch.mps.is_available()) == (False, 0, False)
    assert torch.accelerator.current_accelerator() is None
    with pytest.raises(RuntimeError, match="cuda is not available"):
        torch.cuda.current_device()
    model = torch.jit.script(torch.nn.Linear(2, 1).to(memory_format=torch.channels_last))
    x = torch.ones(1, 2).contiguous(memory_format=torch.channels_last).pin_memory()
    assert model(x).is_contiguous(memory_format=torch.contiguous_format)
    assert {"a": torch.bfloat16, "b": torch.float32}["b"] is torch.float32


def test_mixed_precision_is_off_where_pytorchs_cpu_build_has_it_off() -> None:
    w = torch.ones(1, requires_grad=True)
    sgd = torch.optim.SGD([w], lr=0.5)
    with pytest.warns(UserWarning, match="cuda is not available"):
        scaler = torch.cuda.amp.GradScaler()
    with pytest.warns(UserWarning, match="Disabling"), torch.autocast("cuda", dtype=torch.float16):
        loss = (w * 2).sum()
    scaler.scale(loss).backward()
    scaler.unscale_(sgd)
    scaler.step(sgd)
    scaler.update()
    assert (w.item(), scaler.get_scale(), scaler.state_dict()) == (0, 1, {})
    with torch.autocast("cpu", enabled=False):
        assert (w * 2).dtype == torch.float32
    with pytest.raises(TypeError, match="autocast to bfloat16"):
        torch.autocast("cpu")


def test_a_scaler_leaves_out_steps_that_overflow() -> None:
    w = torch.ones(1, requires_grad=True)
    sgd, scaler = torch.optim.SGD([w], lr=0.5), torch.amp.GradScaler("cpu", init_scale=4.0, growth_interval=1)
    scaler.scale(w.sum() * float("inf")).backward()
    scaler.step(sgd)
    scaler.update()
    assert (w.item(), scaler.get_scale()) == (1, 2)
    sgd.zero_grad()
    scaler.scale(w.sum()).backward()
    scaler.unscale_(sgd)
    assert w.grad.item() == 1
    with pytest.raises(RuntimeError, match="already been called"):
        scaler.unscale_(sgd)
    scaler.step(sgd)
    scaler.update()
    assert (w.item(), scaler.get_scale()) == (0.5, 4)
    other = torch.amp.GradScaler("cpu")
    other.load_state_dict(scaler.state_dict())
    assert other.state_dict() == scaler.state_dict()


def test_modules_from_which_programs_import_types_and_old_helpers(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import torch.utils.model_zoo as model_zoo\n"
        "from torch.autograd.anomaly_mode import detect_anomaly\n"
        "from torch.autograd.function import FunctionCtx\n"
        "from torch.distributions.pareto import Pareto\n"
        "from torch.nn.common_types import _ratio_2_t, _size_2_t, _size_any_t\n"
        "from torch.optim.adamw import AdamW\n"
        "from torch.utils.hooks import RemovableHandle\n"
        "from torch import nn, ones\n"
        "def area(size: _size_2_t) -> int: return size * size if isinstance(size, int) else size[0] * size[1]\n"
        "layer = nn.Linear(2, 1)\n"
        "handle = layer.weight.register_hook(lambda g: g * 0)\n"
        "layer(ones(1, 2)).sum().backward()\n"
        "print(area(3), area((2, 4)), isinstance(handle, RemovableHandle), layer.weight.grad.tolist(), AdamW is not None)\n"
        "try: model_zoo.load_url('weights.pth')\n"
        "except RuntimeError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-m", "autograd.torch", str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "9 8 True [[0.0, 0.0]] True"
    assert "download weights.pth" in second
