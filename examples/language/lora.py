"""LoRA (Hu et al. 2021): a trained weight W stays as it is, and W + scale B A is used, where only the narrow A and B learn."""

from __future__ import annotations

from collections.abc import Iterable

import autograd
import nn
from autograd import Tensor
from nn.utils import parametrize


class LowRank(nn.Module):
    """W to W + scale B A, with A (rank, columns) random and B (rows, rank) zero: nothing is changed before the first step."""

    def __init__(self, weight: Tensor, rank: int, alpha: float) -> None:
        super().__init__()
        rows, columns = weight.shape
        self.scale = alpha / rank
        self.lora_A = nn.Parameter(autograd.randn(rank, columns) / columns**0.5)
        self.lora_B = nn.Parameter(autograd.zeros(rows, rank))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.scale * (self.lora_B @ self.lora_A)


def add_lora(model: nn.Module, layers: Iterable[str], rank: int = 4, alpha: float = 8.0) -> list[nn.Parameter]:
    """Freeze the model, and give the weight of each named layer a low-rank change to learn.

    Args:
        model: a trained model.
        layers: names of layers that have a weight matrix; a name's last part, such as "c_attn", takes all of that name.
        rank: of the changes. alpha: the change is alpha / rank times B A.

    Returns:
        The parameters to train.
    """
    wanted = tuple(layers)
    if rank < 1:
        raise ValueError(f"rank must be at least 1, got {rank}")
    chosen = [m for name, m in model.named_modules() if name in wanted or name.rpartition(".")[2] in wanted]
    if not chosen:
        names = sorted({name.rpartition(".")[2] for name, m in model.named_modules() if getattr(m, "weight", None) is not None})
        raise ValueError(f"no layer is called {', '.join(wanted)}: the layers with a weight are {', '.join(names)}")
    model.requires_grad_(False)
    found: list[nn.Parameter] = []
    for layer in chosen:
        change = LowRank(layer.weight, rank, alpha)
        parametrize.register_parametrization(layer, "weight", change)
        found += change.parameters()
    return found


def merge_lora(model: nn.Module) -> None:
    """Add each change to its weight for good: the model has its old names again, and costs what it cost."""
    for layer in list(model.modules()):
        if parametrize.is_parametrized(layer, "weight"):
            parametrize.remove_parametrizations(layer, "weight")
