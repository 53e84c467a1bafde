"""Tools by Keras's names: classes as one-hot rows, one seed for all."""

from __future__ import annotations

import random

import numpy as np

import autograd
from autograd.types import ArrayLike

from .lookup import clear_names


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> np.ndarray:
    """Classes as one-hot rows.

    Args:
        x: integers (n, ...); a last dimension of 1 is left out. num_classes: one more than the largest by default.

    Example:
        >>> from nn import keras
        >>> keras.utils.to_categorical([0, 2]).tolist()
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    classes = np.asarray(getattr(x, "array", x), np.int64)
    if classes.ndim > 1 and classes.shape[-1] == 1:
        classes = classes[..., 0]
    found: np.ndarray = np.eye(num_classes or int(classes.max()) + 1)[classes]
    return found


def set_random_seed(seed: int) -> None:
    """Start Python's, NumPy's and this library's generators from one seed."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  (programs draw from it)
    autograd.manual_seed(seed)


def clear_session() -> None:
    """Let the names of layers begin anew."""
    clear_names()
