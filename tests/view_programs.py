"""Random programs of views and writes in place: a function of one tensor, made from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd

SHAPES = ((4, 4), (2, 3, 4), (6,), (3, 4), (2, 2, 3), (4, 1, 3), (1, 4))


class Program:
    """What a program does with its values: each method is one kind of step. What it chooses depends on shapes, never on numbers.

    Attributes:
        draw: the program's own dice. values: the input's copy, and what came of it: views, copies and results.
    """

    def __init__(self, seed: int, x: Any) -> None:
        self.draw = random.Random(seed)
        self.values = [x * 1.0]

    def pick(self, dims: int = 1) -> Any:
        return self.draw.choice([v for v in self.values if v.ndim >= dims and v.numel()] or [self.values[0].reshape(1, -1)])

    def like(self, x: Any) -> Any:
        return self.draw.choice([v for v in self.values if v.shape == x.shape] or [x])

    def dim(self, x: Any) -> int:
        return self.draw.randrange(x.ndim)

    # ------------------------------------------------------------------------------------------------------------------ views
    def transpose(self) -> Any:
        x = self.pick(2)
        return x.transpose(self.dim(x), self.dim(x))

    def slice(self) -> Any:
        x = self.pick()
        dim = self.dim(x)
        start = self.draw.randrange(x.shape[dim])
        return x[(*[slice(None)] * dim, slice(start, None, self.draw.choice([1, 2])))]

    def flat(self) -> Any:
        return self.pick(0).reshape(-1)

    def unsqueeze(self) -> Any:
        x = self.pick(0)
        return x.unsqueeze(self.draw.randint(0, x.ndim))

    def squeeze(self) -> Any:
        x = self.pick()
        return x.squeeze(self.dim(x)) if self.draw.random() < 0.5 else x.squeeze()

    def diagonal(self) -> Any:
        return self.pick(2).diagonal()

    def half(self) -> Any:
        return self.pick().unsafe_chunk(2)[-1]  # a part of chunk cannot be written

    def expand(self) -> Any:
        x = self.pick(0)
        return x.expand(self.draw.choice([1, 2]), *x.shape)

    def permute(self) -> Any:
        x = self.pick(2)
        return x.permute(self.draw.sample(range(x.ndim), x.ndim))

    def unfold(self) -> Any:
        x = self.pick()
        size = min(2, x.shape[-1])
        return x.unfold(-1, size, size)

    # ---------------------------------------------------------------------------------------------------------------- results
    def function(self) -> Any:
        name = self.draw.choice(["sin", "exp", "tanh", "sigmoid", "relu", "square", "abs", "neg", "clone"])
        return getattr(self.pick(0), name)()

    def of_two(self) -> Any:
        x = self.pick(0)
        return getattr(autograd, self.draw.choice(["add", "mul", "sub", "maximum"]))(x, self.like(x))

    def sum(self) -> Any:
        x = self.pick()
        return x.sum(self.dim(x))

    def extreme(self) -> Any:
        x = self.pick()
        return x.max(self.dim(x))[0]

    def selected(self) -> Any:
        x = self.pick()
        return x[autograd.tensor([self.draw.randrange(x.shape[0]) for _ in range(3)])]

    def running(self) -> Any:
        x = self.pick()
        return getattr(x, self.draw.choice(["cumsum", "cumprod", "softmax"]))(self.dim(x))

    def doubled(self) -> Any:
        x = self.pick()
        return autograd.cat([x, x * 2])

    # ----------------------------------------------------------------------------------------------------------------- writes
    def function_(self) -> None:
        name = self.draw.choice(["sin_", "tanh_", "sigmoid_", "relu_", "neg_", "zero_", "exp_", "cos_", "abs_"])
        getattr(self.pick(0), name)()

    def of_two_(self) -> None:
        x = self.pick(0)
        getattr(x, self.draw.choice(["add_", "mul_", "sub_", "copy_"]))(self.like(x))

    def number_(self) -> None:
        getattr(self.pick(0), self.draw.choice(["mul_", "add_", "fill_", "clamp_"]))(self.draw.choice([2.0, 0.5, -1.0]))

    def row_(self) -> None:
        x = self.pick()
        i = self.draw.randrange(x.shape[0])
        x[i] = self.draw.choice([v for v in self.values if v.shape == x.shape[1:]] or [0.25])

    def rows_(self) -> None:
        x = self.pick()
        x[autograd.tensor(self.draw.sample(range(x.shape[0]), min(2, x.shape[0])))] = 0.75

    def part_(self) -> None:
        self.pick()[self.draw.choice([0, -1, slice(None, None, 2)])] = 3.0

    def result(self) -> Any:
        """One number of some of the values, the last among them; each element with a factor of its own."""
        chosen = [*self.draw.sample(self.values, min(len(self.values), 2)), self.values[-1]]
        return sum([(v * np.cos(np.arange(v.numel()) * 0.7).reshape(v.shape)).sum() for v in chosen], autograd.zeros(()))


_STEPS = [name for name in vars(Program) if not name.startswith("_") and name not in ("pick", "like", "dim", "result")]


def made(seed: int) -> tuple[Callable[[Any], Any], np.ndarray]:
    """A program, as a function from a tensor to a number, and an array for it."""

    def f(x: Any) -> Any:
        program = Program(seed, x)
        for _ in range(program.draw.randint(3, 9)):
            value = getattr(program, program.draw.choice(_STEPS))()
            if value is not None:
                program.values.append(value)
        return program.result()

    return f, np.random.default_rng(seed).standard_normal(SHAPES[seed % len(SHAPES)])
