"""Keras's names on this engine: ``import nn as tf`` runs a Keras program. Layers of PyTorch's kind do not live here.

What a name means follows Keras 3.15; where Keras contradicts itself or hurts its user, the docstring says what is done here.
"""

from . import activations, callbacks, initializers, layers, losses, metrics, models, optimizers, regularizers, utils
from .base import Input, KerasTensor, Layer
from .models import Model, Sequential, load_model

__all__ = [
    "Input",
    "KerasTensor",
    "Layer",
    "Model",
    "Sequential",
    "activations",
    "callbacks",
    "initializers",
    "layers",
    "load_model",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "regularizers",
    "utils",
]
