"""Training a model: the loop, its data, its callbacks and its history. No layer, loss or optimizer is defined here."""

from . import callbacks
from .data import Batches
from .history import History
from .trainer import Trainer, fit

__all__ = ["Batches", "History", "Trainer", "callbacks", "fit"]
