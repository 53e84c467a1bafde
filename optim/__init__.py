"""Optimizers and schedules of the learning rate, under PyTorch's names; no layer and no op lives here."""

from importlib import import_module
from typing import Any

from . import lr_scheduler, swa_utils
from .adadelta import Adadelta
from .adafactor import Adafactor
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .adamax import Adamax
from .asgd import ASGD
from .lamb import LAMB
from .lbfgs import LBFGS
from .lion import Lion
from .muon import Muon
from .nadam import NAdam
from .optimizer import Optimizer
from .radam import RAdam
from .rmsprop import RMSprop
from .rprop import Rprop
from .sgd import SGD
from .swap import swap_in_optimizer_params_and_state

__all__ = [
    "ASGD",
    "LAMB",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "lr_scheduler",
    "swa_utils",
    "swap_in_optimizer_params_and_state",
]


def __getattr__(name: str) -> Any:
    if name == "ZeroRedundancyOptimizer":
        return import_module(".zero_redundancy", __name__).ZeroRedundancyOptimizer
    if name == "SparseAdam":
        raise AttributeError("optim has no SparseAdam: it is for sparse gradients, and all gradients here are dense. Use Adam")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
