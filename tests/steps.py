"""A step of a training, as the tests of compiled steps write it down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nn


def training_step(model: Any, optimizer: Any, criterion: Callable[..., Any] = nn.functional.cross_entropy) -> Callable[..., Any]:
    """A function (x, y) that zeroes the gradients, goes forward and backward, and updates; it returns the loss."""

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step
