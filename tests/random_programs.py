"""Random programs for the tests of ``autograd.compile``: a step made from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
import nn.functional as F
import optim

STEPS = 6
"""Calls of a program: three until it is compiled, and three more."""

OPTIMIZERS: tuple[Callable[[Any], Any], ...] = (
    lambda p: optim.SGD(p, lr=0.01, momentum=0.9),
    lambda p: optim.SGD(p, lr=0.01, momentum=0.5, nesterov=True, weight_decay=0.1),
    lambda p: optim.Adam(p, lr=0.01, eps=0.1),
    lambda p: optim.AdamW(p, lr=0.01, eps=0.1, amsgrad=True),
    lambda p: optim.RMSprop(p, lr=0.01, eps=0.1, centered=False),
    lambda p: optim.Adagrad(p, lr=0.01, eps=0.1),
)


def smooth(v: Any) -> Any:
    """Bound a value, so that a long program does not overflow."""
    return v.tanh()


class Writer:
    """What a program does with its values: each method is one kind of step. pick: a value. draw: the program's own dice."""

    def __init__(self, draw: random.Random, values: list[Any]) -> None:
        self.draw = draw
        self.values = values

    def pick(self, dims: int = 0) -> Any:
        """A value, of at least so many dimensions."""
        fitting = [v for v in self.values if v.ndim >= dims and v.numel() > 0]
        # The last values are likelier, so that programs become deep.
        return fitting[-1 - min(int(self.draw.expovariate(0.4)), len(fitting) - 1)]

    def partner(self, a: Any) -> Any:
        """A value that broadcasts against another."""
        fitting = []
        for v in self.values:
            try:
                shape = np.broadcast_shapes(v.shape, a.shape)
            except ValueError:
                continue
            if np.prod(shape) <= 4000:
                fitting.append(v)
        return self.draw.choice(fitting)

    def elementwise(self) -> Any:
        a = self.pick()
        name = self.draw.choice(["exp", "sin", "cos", "tanh", "sigmoid", "relu", "abs", "neg", "square", "expm1", "atan", "erf"])
        return getattr(a.clamp(-3, 3) if name in ("exp", "expm1", "square") else a, name)()

    def positive(self) -> Any:
        a = self.pick()
        name = self.draw.choice(["sqrt", "log", "log1p", "reciprocal", "rsqrt"])
        return getattr(a * a + 0.5, name)()

    def activation(self) -> Any:
        name = self.draw.choice(["gelu", "silu", "softplus", "elu", "leaky_relu", "hardtanh", "mish", "logsigmoid"])
        return getattr(F, name)(self.pick())

    def arithmetic(self) -> Any:
        a = self.pick()
        b = self.partner(a)
        kind = self.draw.randrange(7)
        if kind == 0:
            return a + b
        if kind == 1:
            return smooth(a * b)
        if kind == 2:
            return a - b * self.draw.uniform(-2, 2)
        if kind == 3:
            return a / (b * b + 1)
        if kind == 4:
            return autograd.maximum(a, b)
        if kind == 5:
            return autograd.lerp(a, b, 0.3) if a.shape == b.shape else (a + b) * 0.5
        return (b * b + 0.5) ** self.draw.choice([2, 0.5, -1.0, 1.5]) * a.clamp(-1, 1)

    def compare(self) -> Any:
        a = self.pick()
        b = self.partner(a)
        sign = self.draw.choice(["gt", "le", "ne"])
        where = getattr(a, sign)(b + 0.123)
        kind = self.draw.randrange(3)
        if kind == 0:
            return autograd.where(where, a, b * 0.5)
        if kind == 1:
            return (a + b * 0).masked_fill(where, self.draw.uniform(-1, 1))
        return where.to(a.dtype) * b + a

    def reduce(self) -> Any:
        a = self.pick(1)
        name = self.draw.choice(["sum", "mean", "amax", "amin", "var", "logsumexp", "std", "norm"])
        dim = self.draw.choice([*range(a.ndim), *range(-a.ndim, 0)])
        keep = self.draw.random() < 0.6
        if name in ("var", "std"):
            found = a.var(dim=dim, keepdim=keep, correction=0)
            return found if name == "var" else (found + 0.1).sqrt()
        if name == "norm":
            return ((a * a).sum(dim=dim, keepdim=keep) + 0.1).sqrt()
        return smooth(getattr(a, name)(dim=dim, keepdim=keep))

    def reduce_all(self) -> Any:
        a = self.pick()
        return smooth(getattr(a, self.draw.choice(["sum", "mean", "amax"]))()) * self.draw.uniform(0.5, 2)

    def along(self) -> Any:
        a = self.pick(1)
        dim = self.draw.randrange(a.ndim)
        kind = self.draw.randrange(5)
        if kind == 0:
            return a.softmax(dim)
        if kind == 1:
            return a.log_softmax(dim)
        if kind == 2:
            return smooth(a.cumsum(dim))
        if kind == 3:
            return a.sort(dim)[0]
        return F.layer_norm(a, a.shape[dim:])

    def product(self) -> Any:
        a = self.pick(2)
        b = self.draw.choice([v for v in self.values if v.ndim >= 2])
        kind = self.draw.randrange(4)
        if kind == 0:
            return smooth(a @ a.mT)
        if kind == 1 and a.shape[-1] == b.shape[-1]:
            return smooth(a @ b.reshape(-1, b.shape[-1]).T)
        if kind == 2 and a.shape[-1] == b.shape[-2]:
            try:
                np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
            except ValueError:
                return smooth(a.mT @ a)
            return smooth(a @ b)
        vector = a.reshape(-1, a.shape[-1])[self.draw.randrange(2) - 1]
        return smooth(a @ vector)

    def view(self) -> Any:
        a = self.pick(1)
        kind = self.draw.randrange(8)
        if kind == 0:
            return a.mT if a.ndim > 1 else a.flip(0)
        if kind == 1:
            return a.reshape(-1)
        if kind == 2:
            return a.unsqueeze(self.draw.randrange(a.ndim + 1)) if a.ndim < 4 else a[0]
        if kind == 3:
            order = list(range(a.ndim))
            self.draw.shuffle(order)
            return a.permute(order)
        if kind == 4:
            return a.expand(2, *a.shape) if a.numel() < 500 and a.ndim < 4 else a.flip(-1)
        if kind == 5 and a.ndim > 1:
            return a.transpose(0, 1).reshape(a.shape)
        if kind == 6 and a.ndim > 1:
            return a.diagonal(0, 0, 1)
        return a.flip(self.draw.randrange(a.ndim))

    def index(self) -> Any:
        a = self.pick(1)
        n = a.shape[0]
        kind = self.draw.randrange(8)
        if kind == 0:
            return a[self.draw.randrange(-n, n)] if a.ndim > 1 else a * 1
        if kind == 1:
            start = self.draw.randrange(n)
            return a[start:]
        if kind == 2:
            return a[..., :: self.draw.choice([2, 3])]
        if kind == 3:
            return a[[self.draw.randrange(n) for _ in range(3)]]
        if kind == 4:
            return a.index_select(-1, autograd.tensor([self.draw.randrange(a.shape[-1]) for _ in range(2)]))
        if kind == 5:
            rows = np.array([self.draw.randrange(n) for _ in range(4)])
            return a[rows, [self.draw.randrange(a.shape[1]) for _ in range(4)]] if a.ndim > 1 else a[rows]
        if kind == 6:
            return a[None, ..., None] if a.ndim < 3 else a[:, -1]
        return a.roll(self.draw.randrange(3), 0)

    def by_value(self) -> Any:
        """Indices that depend on the values."""
        a = self.pick(1)
        dim = self.draw.randrange(a.ndim)
        kind = self.draw.randrange(3)
        if kind == 0:
            return a.gather(dim, a.argmax(dim=dim, keepdim=True))
        if kind == 1:
            return a.gather(dim, a.detach().argsort(dim))
        return autograd.topk(a, 1, dim)[0] + a.amax(dim=dim, keepdim=True)

    def join(self) -> Any:
        a = self.pick(1)
        same = [v for v in self.values if v.shape == a.shape and v.dtype == a.dtype]
        b = self.draw.choice(same)
        kind = self.draw.randrange(5)
        dim = self.draw.randrange(a.ndim)
        if kind == 0:
            return autograd.cat([a, b * 0.5], dim)
        if kind == 1 and a.ndim < 4:
            return autograd.stack([a, b, a], dim)
        if kind == 2:
            half = max(1, a.shape[dim] // 2)
            parts = a.split(half, dim)
            return autograd.cat([p * (i + 1) for i, p in enumerate(reversed(parts))], dim)
        if kind == 3:
            return F.pad(a, (1, 2), value=0.5)
        return a.repeat_interleave(2, dim) if a.numel() < 500 else a + b

    def write(self) -> Any:
        """Writes in place, through views too."""
        a = self.pick(1)
        c = a.clone()
        b = self.draw.choice([v for v in self.values if v.shape == a.shape and v.dtype == a.dtype])
        kind = self.draw.randrange(9)
        if kind == 0:
            c[0] = b[-1] * 2
        elif kind == 1:
            c[..., 1:] += b[..., :-1]
        elif kind == 2:
            c[..., 1:] = c[..., :-1]
        elif kind == 3:
            view = c.mT if c.ndim > 1 else c
            view[..., 0] *= 0.5
            c.mul_(b)
        elif kind == 4:
            c.add_(b).relu_()
            c[-1].mul_(3)
        elif kind == 5:
            c.masked_fill_(c > 0.5, 0.25)
        elif kind == 6:
            c.index_add_(0, autograd.tensor([0, 0, c.shape[0] - 1]), b[:1].expand(3, *b.shape[1:]) * 0.5)
        elif kind == 7:
            flat = c.view(-1)
            flat[::2] = flat[::2] * 2 + 1
            c = c + flat.view(c.shape)
        else:
            part = c[..., : max(1, c.shape[-1] // 2)]
            part.sub_(part.mean())
            part.copy_(part.clone() ** 2)
        return smooth(c)

    def network(self) -> Any:
        a = self.pick(2)
        flat = a.reshape(-1, a.shape[-1])
        kind = self.draw.randrange(5)
        if kind == 0:
            labels = autograd.arange(flat.shape[0]) % flat.shape[1]
            return F.cross_entropy(flat, labels, reduction=self.draw.choice(["mean", "none"]))
        if kind == 1:
            x = flat.reshape(1, 1, *flat.shape)
            return smooth(F.conv2d(x, flat[:2, :2].reshape(1, 1, *flat[:2, :2].shape), padding=1))[0, 0]
        if kind == 2:
            return F.embedding(autograd.arange(5) % flat.shape[0], flat)
        if kind == 3:
            return F.mse_loss(a, a.flip(0).detach(), reduction=self.draw.choice(["mean", "none"]))
        return F.scaled_dot_product_attention(flat, flat, flat * 0.5)

    def contract(self) -> Any:
        """Sums of products over named dimensions, and windows."""
        a = self.pick(2)
        flat = a.reshape(-1, a.shape[-1])
        kind = self.draw.randrange(7)
        if kind == 0:
            return smooth(autograd.einsum("ij,kj->ki", flat, flat[:5]))
        if kind == 1:
            return smooth(autograd.einsum("...i,...i->...", a, a))
        if kind == 2:
            return smooth(autograd.einsum("ij,ik,il->jl", flat, flat, flat[:, :2]))
        if kind == 3:
            return smooth(autograd.tensordot(a, a, dims=([0], [0])))
        if kind == 4:
            return F.avg_pool2d(flat[None, None], 2, 1, 1, count_include_pad=False)[0, 0]
        if kind == 5:
            return smooth(autograd.einsum("bij,bkj->bik", flat[None] * 0.5, flat[None, :3]))
        return F.interpolate(flat[None, None], scale_factor=2, mode="bilinear")[0, 0]

    def whole(self) -> Any:
        """Numbers in steps, the places of the largest, and running sums and products."""
        a = self.pick(1)
        dim = self.draw.randrange(a.ndim)
        kind = self.draw.randrange(8)
        if kind == 0:
            return (a // 0.37) * 0.1 + (a + 0.01) % -0.7
        if kind == 1:
            return a.argmax(dim).to(a.dtype) * 0.1 + a.amin(dim)
        if kind == 2:
            return smooth(a.cumprod(dim))
        if kind == 3:
            return a.roll((1, 2), (0, dim))
        if kind == 4:
            return autograd.logaddexp(a, a.flip(dim)) + autograd.xlogy(a.abs(), a * a + 0.1)
        if kind == 5:
            c = a.clone()
            c[c > 0.3] = -0.5
            return c
        if kind == 6:
            return F.one_hot((a.detach().abs() * 3).long().clamp(0, 4), 5).to(a.dtype) * 0.2
        total = autograd.tensor(0.0, dtype=a.dtype)
        for part in a.unbind(0):
            total += part.sum()
        return smooth(total)

    def dropout(self) -> Any:
        return F.dropout(self.pick(), 0.3, training=True)

    def other_dtype(self) -> Any:
        a = self.pick()
        kinds = [autograd.float64, autograd.float32]
        return a.to(kinds[a.dtype == np.float64]) if self.draw.random() < 0.7 else a.round().detach() * 0.5


KINDS = (
    ("elementwise", 4), ("positive", 2), ("activation", 2), ("arithmetic", 6), ("compare", 3), ("reduce", 4), ("reduce_all", 1),
    ("along", 3), ("product", 4), ("view", 5), ("index", 4), ("by_value", 1), ("join", 3), ("write", 5), ("network", 2),
    ("dropout", 1), ("other_dtype", 1),
)  # fmt: skip


# Programs of seeds from 100,000 on have these, too; those before are as they were when faults were found with them.
MORE = (*KINDS, ("contract", 6), ("whole", 6))


class Case:
    """A program of a seed with parameters, buffers and an optimizer of its own; two cases of one seed begin equal."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        numbers = np.random.default_rng(seed)
        draw = random.Random(seed)
        self.dtype = np.dtype(draw.choice([np.float64, np.float64, np.float32]))
        self.n, self.k = draw.choice([(4, 4), (3, 5), (1, 6), (6, 2), (5, 17), (33, 4)])
        self.length = draw.randrange(4, 15)

        def made(*shape: int) -> np.ndarray:
            return numbers.standard_normal(shape).astype(self.dtype)

        self.params = [autograd.tensor(made(*s), requires_grad=True) for s in ((self.k, self.k), (self.k,), (2, self.n, self.k))]
        self.buffer = autograd.tensor(made(self.n, self.k))
        self.optimizer = draw.choice(OPTIMIZERS)(self.params) if draw.random() < 0.5 else None
        self.by_argument = self.optimizer is None and draw.random() < 0.5
        self.writes_argument = draw.random() < 0.3
        self.keeps = draw.random() < 0.4
        kinds = MORE if seed >= 100_000 else KINDS
        self.kinds = draw.choices([k for k, _ in kinds], [w for _, w in kinds], k=self.length)

    def inputs(self, step: int) -> list[Any]:
        numbers = np.random.default_rng([self.seed, step])
        x = autograd.tensor(numbers.standard_normal((self.n, self.k)).astype(self.dtype), requires_grad=self.by_argument)
        y = autograd.tensor(numbers.standard_normal((2, 1, self.k)).astype(self.dtype))
        return [x, y]

    def __call__(self, x: Any, y: Any) -> Any:
        draw = random.Random(self.seed + 1)
        a, b, c = self.params
        with autograd.no_grad():
            seen = self.buffer * 1
        values = [x * 1, y + 0, smooth(x @ a), b * 1.0, c, seen, x + b]
        writer = Writer(draw, values)
        for kind in self.kinds:
            found = getattr(writer, kind)()
            if found.numel() <= 3000:
                values.append(found)
        total = autograd.tensor(0.0, dtype=np.float64)
        for v in values[2:]:
            total = total + (v * v).mean() + v.sum() * 0.01 / v.numel()
        shown = [v.detach() for v in values[-3:]]
        if self.keeps:
            with autograd.no_grad():
                self.buffer.mul_(0.9).add_(x.detach() * 0.1)
                self.buffer[0] = values[-1].detach().to(self.dtype).mean()
        if self.optimizer is not None:
            self.optimizer.zero_grad()
            total.backward()
            self.optimizer.step()
            return [total.detach(), *shown]
        of = [*self.params, x] if self.by_argument else self.params
        gradients = autograd.grad(total, of)
        if self.writes_argument:
            with autograd.no_grad():
                y.mul_(2).sub_(shown[0].mean().to(self.dtype))
        return [total.detach(), *shown, *gradients]


def compare(seed: int, check: bool = False) -> None:
    """Run a seed's program both ways, and raise where the two differ."""
    one, two = Case(seed), Case(seed)
    compiled = autograd.compile(one, check=check)
    double = one.dtype == np.float64 and "other_dtype" not in one.kinds
    for step in range(STEPS):
        found_inputs, wanted_inputs = one.inputs(step), two.inputs(step)
        autograd.manual_seed(step)
        found = compiled(*found_inputs)
        after = autograd.rand(2)
        autograd.manual_seed(step)
        wanted = two(*wanted_inputs)
        assert np.array_equal(after.array, autograd.rand(2).array), "the generator is elsewhere"
        pairs = [(f"result {i}", a, b) for i, (a, b) in enumerate(zip(found, wanted, strict=True))]
        pairs += [(f"parameter {i}", a, b) for i, (a, b) in enumerate(zip(one.params, two.params, strict=True))]
        pairs += [("buffer", one.buffer, two.buffer)]
        pairs += [(f"argument {i}", a, b) for i, (a, b) in enumerate(zip(found_inputs, wanted_inputs, strict=True))]
        for name, a, b in pairs:
            assert a.dtype == b.dtype, f"{name}: {a.dtype} and {b.dtype}"
            largest = np.abs(b.array).max(initial=1e-3)
            np.testing.assert_allclose(
                a.array, b.array, rtol=0, atol=(1e-9 if double else 3e-4) * largest, err_msg=f"seed {seed}, step {step}, {name}"
            )
        with autograd.no_grad():  # so that rounding does not grow from step to step
            for p, q in zip([*one.params, one.buffer], [*two.params, two.buffer], strict=True):
                p.copy_(q)
    assert compiled.variants, "never compiled"
