"""Small trainings for the doctor's tests: forty that are sound, and thirty with one fault each, with the name of its cause.

Every entry is a function of a seed that returns a recorder (or two, of two models that are trained together).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import autograd
import nn
import optim
from autograd import viz
from nn import functional as F
from nn.stateless import functional_call

Run = Callable[[int], Any]


# ------------------------------------------------------------------------------------------------------------------------- data


def rings(count: int, seed: int, classes: int = 3) -> tuple[Any, Any]:
    """Points on rings, a class a ring."""
    numbers = np.random.default_rng(seed)
    labels = numbers.integers(0, classes, count)
    angle = numbers.random(count) * 2 * np.pi
    radius = 0.5 + labels + 0.1 * numbers.standard_normal(count)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).astype(np.float32)
    return autograd.from_numpy(x), autograd.from_numpy(labels)


def blobs(count: int, seed: int, features: int = 8, classes: int = 4, far: float = 2.0) -> tuple[Any, Any]:
    numbers = np.random.default_rng(seed)
    centres = np.random.default_rng(7).standard_normal((classes, features)) * far
    labels = numbers.integers(0, classes, count)
    return autograd.from_numpy(
        (centres[labels] + numbers.standard_normal((count, features))).astype(np.float32)
    ), autograd.from_numpy(labels)


def waves(count: int, seed: int, scale: float = 1.0) -> tuple[Any, Any]:
    numbers = np.random.default_rng(seed)
    x = numbers.uniform(-2, 2, (count, 1)).astype(np.float32)
    return autograd.from_numpy(x), autograd.from_numpy((scale * np.sin(2 * x) + scale).astype(np.float32))


def pictures(count: int, seed: int) -> tuple[Any, Any]:
    """8 x 8 images with a bright corner."""
    numbers = np.random.default_rng(seed)
    labels = numbers.integers(0, 4, count)
    x = 0.3 * numbers.random((count, 1, 8, 8))
    for i, label in enumerate(labels):
        x[i, 0, 4 * (label // 2) :, 4 * (label % 2) :][:4, :4] += 0.7
    return autograd.from_numpy(x.astype(np.float32)), autograd.from_numpy(labels)


# ----------------------------------------------------------------------------------------------------------------------- models


def mlp(*sizes: int, act: Any = nn.ReLU, last: tuple[Any, ...] = ()) -> Any:
    parts: list[Any] = []
    for i, o in pairwise(sizes):
        parts += [nn.Linear(i, o), act()]
    return nn.Sequential(*parts[:-1], *last)


def convnet(drop: float = 0.0) -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(drop), nn.Linear(32, 4),
    )  # fmt: skip


class Residual(nn.Module):
    def __init__(self, depth: int = 16, width: int = 16) -> None:
        super().__init__()
        self.first, self.head = nn.Linear(8, width), nn.Linear(width, 4)
        self.blocks = nn.ModuleList([nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.ReLU()) for _ in range(depth)])

    def forward(self, x: Any) -> Any:
        x = self.first(x)
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)


class Sequence(nn.Module):
    """Whether a sequence of tokens holds more of one than of another."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 12)
        self.kind = kind
        body: dict[str, Any] = {
            "LSTM": lambda: nn.LSTM(12, 16, batch_first=True),
            "GRU": lambda: nn.GRU(12, 16, batch_first=True),
            "transformer": lambda: nn.TransformerEncoderLayer(12, 2, 24, dropout=0.1, batch_first=True),
            "bag": lambda: nn.Linear(12, 12),
        }
        self.body = body[kind]()
        self.head = nn.Linear(16 if kind in ("LSTM", "GRU") else 12, 2)

    def forward(self, x: Any) -> Any:
        found = self.body(self.embed(x))
        return self.head(found[0][:, -1] if self.kind in ("LSTM", "GRU") else found.mean(1))


def tokens(count: int, seed: int) -> tuple[Any, Any]:
    x = np.random.default_rng(seed).integers(0, 10, (count, 6))
    return autograd.from_numpy(x), autograd.from_numpy(((x < 5).sum(1) > 3).astype(np.int64))


# ------------------------------------------------------------------------------------------------------------------------ loops


def fit(
    model: Any, data: tuple[Any, Any], criterion: Any, make: Any, steps: int = 80, batch: int = 32, seed: int = 0,
    before: Callable[[int, Any], None] | None = None, zero: bool = True, after: Any = None, every: int = 1,
) -> viz.Recorder:  # fmt: skip
    """The plain loop."""
    x, y = data
    optimizer = make(model.parameters())
    numbers = np.random.default_rng(seed + 100)
    with viz.Recorder(model, optimizer, every) as recorder, np.errstate(all="ignore"):
        for step in range(steps):
            picked = numbers.integers(0, len(x), batch)
            if before is not None:
                before(step, model)
            if zero:
                optimizer.zero_grad()
            loss = criterion(model(x[picked]), y[picked])
            loss.backward()
            optimizer.step()
            if after is not None:
                after(optimizer)
            recorder.step(loss)
    return recorder


def adam(rate: float = 3e-3) -> Any:
    return lambda p: optim.Adam(p, lr=rate)


def sgd(rate: float = 0.05, **options: Any) -> Any:
    return lambda p: optim.SGD(p, lr=rate, **options)


def gan(seed: int, order: str, steps: int = 120, forget: bool = False) -> list[viz.Recorder]:
    """A generator of points and a discriminator; order: which gradients are cleared when."""
    g, d = mlp(2, 16, 2), mlp(2, 16, 1, act=nn.LeakyReLU)
    og, od = optim.Adam(g.parameters(), lr=1e-3, betas=(0.5, 0.999)), optim.Adam(d.parameters(), lr=1e-3, betas=(0.5, 0.999))
    numbers = np.random.default_rng(seed)
    bce = F.binary_cross_entropy_with_logits
    rg, rd = viz.Recorder(g, og), viz.Recorder(d, od)

    def discriminate(fake: Any, real: Any) -> None:
        if order != "clear after" and not forget:
            od.zero_grad()
        loss = bce(d(real), autograd.ones(32, 1)) + bce(d(fake.detach()), autograd.zeros(32, 1))
        loss.backward()
        od.step()
        if order == "clear after" and not forget:
            od.zero_grad()
        rd.step(loss)

    def generate(fake: Any) -> None:
        og.zero_grad()
        if order == "clear both":
            od.zero_grad()
        loss = bce(d(fake), autograd.ones(32, 1))
        loss.backward()
        og.step()
        if order == "clear after":
            od.zero_grad()
        rg.step(loss)

    for _ in range(steps):
        real = autograd.from_numpy((numbers.standard_normal((32, 2)) * 0.3 + 1).astype(np.float32))
        fake = g(autograd.from_numpy(numbers.standard_normal((32, 2)).astype(np.float32)))
        if order == "generator first":
            generate(fake)
            discriminate(fake, real)
        else:
            discriminate(fake, real)
            generate(fake)
    rg.close(), rd.close()
    return [rg, rd]


def two_optimizers(seed: int) -> list[viz.Recorder]:
    """One for the weights of the first part, one for those of the second; each with a recorder of the whole model."""
    model = mlp(8, 16, 4)
    x, y = blobs(128, seed)
    first, second = optim.SGD(model[0].parameters(), lr=0.05), optim.Adam(model[2].parameters(), lr=3e-3)
    recorders = [viz.Recorder(model, first), viz.Recorder(model, second)]
    for _ in range(60):
        first.zero_grad()
        second.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        first.step()
        second.step()
        for recorder in recorders:
            recorder.step(loss)
    for recorder in recorders:
        recorder.close()
    return recorders


def actor_critic(seed: int) -> list[viz.Recorder]:
    """A policy gradient on a bandit with contexts, with a learned baseline: losses that go up and down around zero."""
    policy, value = mlp(4, 16, 3), mlp(4, 16, 1)
    op, ov = optim.Adam(policy.parameters(), lr=3e-3), optim.Adam(value.parameters(), lr=3e-3)
    numbers = np.random.default_rng(seed)
    rp, rv = viz.Recorder(policy, op), viz.Recorder(value, ov)
    for _ in range(120):
        state = numbers.standard_normal((32, 4)).astype(np.float32)
        x = autograd.from_numpy(state)
        logs = F.log_softmax(policy(x), 1)
        action = np.array([numbers.choice(3, p=p / p.sum()) for p in np.exp(logs.detach().numpy().astype(np.float64))])
        reward = autograd.from_numpy((action == state[:, :3].argmax(1)).astype(np.float32))
        judged = value(x).squeeze(1)
        lp = -((reward - judged.detach()) * logs[np.arange(32), action]).mean()
        lv = ((judged - reward) ** 2).mean()
        for optimizer, loss, recorder in ((op, lp, rp), (ov, lv, rv)):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            recorder.step(loss)
    rp.close(), rv.close()
    return [rp, rv]


def q_learning(seed: int) -> viz.Recorder:
    """Q-learning on a chain of five states, with a target network that is copied now and then."""
    q, target = mlp(5, 16, 2), mlp(5, 16, 2)
    target.load_state_dict(q.state_dict())
    optimizer = optim.Adam(q.parameters(), lr=3e-3)
    numbers = np.random.default_rng(seed)
    eye = np.eye(5, dtype=np.float32)
    with viz.Recorder(q, optimizer) as recorder:
        for step in range(120):
            s, a = numbers.integers(0, 5, 32), numbers.integers(0, 2, 32)
            after = np.clip(s + 2 * a - 1, 0, 4)
            with autograd.no_grad():
                best = target(autograd.from_numpy(eye[after])).max(1)[0]
                wanted = autograd.from_numpy((after == 4).astype(np.float32)) + 0.9 * best
            loss = F.smooth_l1_loss(q(autograd.from_numpy(eye[s]))[np.arange(32), a], wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            recorder.step(loss)
            if step % 20 == 19:
                target.load_state_dict(q.state_dict())
    return recorder


def transfer(seed: int, everything: bool) -> viz.Recorder:
    """A frozen beginning, a new head; the optimizer gets the head, or everything."""
    model = mlp(8, 32, 16, 4)
    model[:3].requires_grad_(False)
    make = (lambda p: optim.Adam(p, lr=1e-2)) if everything else (lambda p: optim.Adam(model[4].parameters(), lr=1e-2))
    return fit(model, blobs(128, seed), F.cross_entropy, make, seed=seed)


def variational(seed: int) -> viz.Recorder:
    encoder, decoder = mlp(8, 16, 4), mlp(2, 16, 8)
    model = nn.ModuleDict({"encoder": encoder, "decoder": decoder})
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    x = blobs(128, seed)[0]
    numbers = np.random.default_rng(seed)
    with viz.Recorder(model, optimizer) as recorder:
        for _ in range(80):
            found = encoder(x)
            mean, log = found[:, :2], found[:, 2:]
            code = mean + (log / 2).exp() * autograd.from_numpy(numbers.standard_normal((128, 2)).astype(np.float32))
            loss = ((decoder(code) - x) ** 2).sum(1).mean() - 0.5 * (1 + log - mean**2 - log.exp()).sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            recorder.step(loss)
    return recorder


def physics(seed: int) -> viz.Recorder:
    """u'' = -u with u(0) = 0 and u'(0) = 1: second derivatives in the loss."""
    model = mlp(1, 16, 16, 1, act=nn.Tanh)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    t = autograd.linspace(0, 2, 20).reshape(20, 1)
    t.requires_grad_()
    zero = autograd.zeros(1, 1, requires_grad=True)
    with viz.Recorder(model, optimizer) as recorder:
        for _ in range(60):
            u = model(t)
            (du,) = autograd.grad(u.sum(), [t], create_graph=True)
            (ddu,) = autograd.grad(du.sum(), [t], create_graph=True)
            start = model(zero)
            (slope,) = autograd.grad(start.sum(), [zero], create_graph=True)
            loss = ((ddu + u) ** 2).mean() + (start**2).sum() + ((slope - 1) ** 2).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            recorder.step(loss)
    return recorder


def meta(seed: int) -> viz.Recorder:
    """One inner step of gradient descent, and a loss behind it."""
    model = mlp(1, 16, 1, act=nn.Tanh)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    numbers = np.random.default_rng(seed)
    with viz.Recorder(model, optimizer) as recorder:
        for _ in range(50):
            named = dict(model.named_parameters())
            shift = float(numbers.uniform(0, 1))
            x = autograd.from_numpy(numbers.uniform(-1, 1, (10, 1)).astype(np.float32))
            y = (x + shift).sin()
            inner = ((model(x) - y) ** 2).mean()
            slopes = autograd.grad(inner, list(named.values()), create_graph=True)
            adapted = {name: p - 0.1 * s for (name, p), s in zip(named.items(), slopes, strict=True)}
            loss = ((functional_call(model, adapted, (x,)) - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            recorder.step(loss)
    return recorder


def contrastive(seed: int) -> viz.Recorder:
    """All pairs of a batch are compared: shapes (n, 1) and (1, n) that are meant."""
    model = mlp(8, 16, 4)
    x, y = blobs(64, seed)
    same = (y.numpy()[:, None] == y.numpy()[None]).astype(np.float32)
    pair = autograd.from_numpy(same)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    with viz.Recorder(model, optimizer) as recorder:
        for _ in range(60):
            code = model(x)
            squares = (code**2).sum(1)
            far = (squares.unsqueeze(1) + squares - 2 * code @ code.T + 1e-4).clamp(min=1e-4)
            loss = (pair * far + (1 - pair) * F.relu(2 - far.sqrt()) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            recorder.step(loss)
    return recorder


def accumulating(seed: int) -> viz.Recorder:
    return accumulated(mlp(8, 16, 4), blobs(128, seed))


def accumulated(model: Any, data: tuple[Any, Any], in_turns: bool = False) -> viz.Recorder:
    """Gradients that are meant to add up, of four batches per update; zeroed to None, or ``in_turns`` to None and to zeros."""
    x, y = data
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with viz.Recorder(model, optimizer) as recorder:
        for step in range(40):
            total = 0.0
            for part in range(4):
                loss = F.cross_entropy(model(x[part::4]), y[part::4]) / 4
                loss.backward()
                total += loss.item()
            optimizer.step()
            optimizer.zero_grad(set_to_none=not in_turns or step % 2 == 0)
            recorder.step(total)
    return recorder


def tensors_only(seed: int) -> viz.Recorder:
    """The article's loop: no module, no optimizer."""
    numbers = np.random.default_rng(seed)
    w1 = autograd.from_numpy(numbers.standard_normal((2, 16)).astype(np.float32)).requires_grad_()
    w2 = autograd.from_numpy((numbers.standard_normal((16, 3)) / 4).astype(np.float32)).requires_grad_()
    x, y = rings(128, seed)
    with viz.Recorder({"W1": w1, "W2": w2}) as recorder:
        for _ in range(80):
            loss = F.cross_entropy((x @ w1).tanh() @ w2, y)
            w1.grad = w2.grad = None
            loss.backward()
            recorder.step(loss)
            with autograd.no_grad():
                for w in (w1, w2):
                    w -= 0.1 * w.grad
    return recorder


def distilled(seed: int) -> viz.Recorder:
    teacher, student = mlp(8, 32, 4), mlp(8, 8, 4)
    x, _ = blobs(128, seed)
    with autograd.no_grad():
        soft = F.softmax(teacher(x) * 3, 1)
    return fit(student, (x, soft), lambda p, q: -(q * F.log_softmax(p, 1)).sum(1).mean(), adam(), seed=seed)


def factors(seed: int) -> viz.Recorder:
    """Ratings by users and things: most rows of an embedding have no gradient in a step."""
    numbers = np.random.default_rng(seed)

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.users, self.things = nn.Embedding(40, 4), nn.Embedding(30, 4)

        def forward(self, pairs: Any) -> Any:
            return (self.users(pairs[:, 0]) * self.things(pairs[:, 1])).sum(1)

    pairs = np.stack([numbers.integers(0, 40, 400), numbers.integers(0, 30, 400)], 1)
    u, t = numbers.standard_normal((40, 2)), numbers.standard_normal((30, 2))
    rated = (u[pairs[:, 0]] * t[pairs[:, 1]]).sum(1).astype(np.float32)
    return fit(Model(), (autograd.from_numpy(pairs), autograd.from_numpy(rated)), F.mse_loss, adam(2e-2), seed=seed)


def clipped(seed: int) -> viz.Recorder:
    """Gradients clipped and the rate on a cosine."""
    model = Sequence("LSTM")
    x, y = tokens(128, seed)
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, 60)
    with viz.Recorder(model, optimizer) as recorder:
        for _ in range(60):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            recorder.step(loss)
    return recorder


def closure(seed: int) -> viz.Recorder:
    """L-BFGS calls the model again and again in a step."""
    model = mlp(1, 8, 1, act=nn.Tanh)
    x, y = waves(32, seed)
    optimizer = optim.LBFGS(model.parameters(), lr=0.5, max_iter=4)
    with viz.Recorder(model, optimizer) as recorder:
        for _ in range(15):

            def again() -> Any:
                optimizer.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                return loss

            recorder.step(optimizer.step(again))
    return recorder


def binary(seed: int, far: float = 1.0) -> tuple[Any, Any]:
    x, y = blobs(128, seed, classes=2, far=far)
    return x, y.to(autograd.float32).reshape(-1, 1)


def column(data: tuple[Any, Any]) -> tuple[Any, Any]:
    """Targets as a row, for predictions that are a column."""
    return data[0], data[1].reshape(-1)


def hinge(p: Any, y: Any) -> Any:
    return F.relu(1 - p * (2 * y - 1)).mean()


HEALTHY: dict[str, Run] = {
    "MLP, Adam": lambda s: fit(mlp(2, 32, 3), rings(128, s), F.cross_entropy, adam(), seed=s),
    "MLP, SGD": lambda s: fit(mlp(2, 32, 3), rings(128, s), F.cross_entropy, sgd(), seed=s),
    "MLP, momentum": lambda s: fit(mlp(8, 32, 4), blobs(128, s), F.cross_entropy, sgd(0.02, momentum=0.9), seed=s),
    "tanh": lambda s: fit(mlp(2, 16, 16, 3, act=nn.Tanh), rings(128, s), F.cross_entropy, adam(), seed=s),
    "sigmoid": lambda s: fit(mlp(8, 16, 4, act=nn.Sigmoid), blobs(128, s), F.cross_entropy, adam(1e-2), seed=s),
    "GELU": lambda s: fit(mlp(2, 32, 3, act=nn.GELU), rings(128, s), F.cross_entropy, adam(), seed=s),
    "wave": lambda s: fit(mlp(1, 32, 1), waves(128, s), F.mse_loss, adam(), seed=s),
    "large targets": lambda s: fit(mlp(1, 32, 1), waves(128, s, 1e4), F.mse_loss, adam(0.03), seed=s),
    "targets of a thousand": lambda s: fit(mlp(1, 32, 1), waves(128, s, 1e3), F.l1_loss, adam(0.03), seed=s),
    "small batches": lambda s: fit(mlp(8, 32, 4), blobs(128, s), F.cross_entropy, sgd(0.01), batch=2, seed=s),
    "seldom sampled": lambda s: fit(mlp(8, 32, 4), blobs(128, s), F.cross_entropy, adam(), every=7, seed=s),
    "noise that can't be learned": lambda s: fit(
        mlp(4, 16, 1), (blobs(128, s, 4)[0], blobs(128, s + 1, 1)[0]), F.mse_loss, adam(), seed=s
    ),
    "binary": lambda s: fit(mlp(8, 16, 1), binary(s), F.binary_cross_entropy_with_logits, adam(), seed=s),
    "binary, sigmoid": lambda s: fit(
        mlp(8, 16, 1, last=(nn.Sigmoid(),)), binary(s, 3.0), F.binary_cross_entropy, adam(1e-2), seed=s
    ),
    "hinge": lambda s: fit(mlp(8, 16, 1), binary(s), hinge, adam(), seed=s),
    "log-softmax and nll": lambda s: fit(mlp(8, 16, 4, last=(nn.LogSoftmax(1),)), blobs(128, s), F.nll_loss, adam(), seed=s),
    "label smoothing": lambda s: fit(mlp(8, 16, 4), blobs(128, s), nn.CrossEntropyLoss(label_smoothing=0.1), adam(), seed=s),
    "class weights": lambda s: fit(
        mlp(8, 16, 4), blobs(128, s), nn.CrossEntropyLoss(weight=autograd.tensor([1.0, 2.0, 1.0, 4.0])), adam(), seed=s
    ),
    "dropout 0.5": lambda s: fit(
        nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 4)),
        blobs(128, s),
        F.cross_entropy,
        adam(),
        seed=s,
    ),
    "batch norm": lambda s: fit(
        nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 4)),
        blobs(128, s),
        F.cross_entropy,
        adam(),
        seed=s,
    ),
    "large inputs, normalised first": lambda s: fit(
        nn.Sequential(nn.BatchNorm1d(8), nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4)),
        (blobs(128, s)[0] * 100, blobs(128, s)[1]),
        F.cross_entropy,
        adam(),
        seed=s,
    ),
    "convolutions": lambda s: fit(convnet(0.1), pictures(96, s), F.cross_entropy, adam(), 40, seed=s),
    "convolutions, AdamW": lambda s: fit(
        convnet(), pictures(96, s), F.cross_entropy, lambda p: optim.AdamW(p, lr=3e-3), 40, seed=s
    ),
    "residual, 16 blocks": lambda s: fit(Residual(), blobs(128, s), F.cross_entropy, adam(1e-3), 40, seed=s),
    "LSTM": lambda s: fit(Sequence("LSTM"), tokens(128, s), F.cross_entropy, adam(1e-2), 50, seed=s),
    "GRU": lambda s: fit(Sequence("GRU"), tokens(128, s), F.cross_entropy, adam(1e-2), 50, seed=s),
    "transformer": lambda s: fit(Sequence("transformer"), tokens(128, s), F.cross_entropy, adam(), 50, seed=s),
    "bag of words": lambda s: fit(Sequence("bag"), tokens(128, s), F.cross_entropy, adam(1e-2), 50, seed=s),
    "autoencoder": lambda s: fit(mlp(8, 4, 8), (blobs(128, s)[0],) * 2, F.mse_loss, adam(1e-2), seed=s),
    "matrix factors": factors,
    "variational autoencoder": variational,
    "GAN": lambda s: gan(s, "usual"),
    "GAN, generator first": lambda s: gan(s, "generator first"),
    "GAN, gradients cleared after each step": lambda s: gan(s, "clear after"),
    "GAN, both cleared": lambda s: gan(s, "clear both"),
    "two optimizers": two_optimizers,
    "actor and critic": actor_critic,
    "Q-learning": q_learning,
    "transfer, head in the optimizer": lambda s: transfer(s, False),
    "transfer, all in the optimizer": lambda s: transfer(s, True),
    "physics": physics,
    "meta-learning": meta,
    "contrastive": contrastive,
    "accumulated gradients": accumulating,
    "tensors without a module": tensors_only,
    "distillation": distilled,
    "clipped, cosine": clipped,
    "L-BFGS": closure,
}


# ----------------------------------------------------------------------------------------------------------------------- faults


def shifted(model: Any, layer: int, by: float) -> Any:
    with autograd.no_grad():
        model[layer].bias += by
    return model


def scaled(model: Any, by: float, layers: Any = None) -> Any:
    with autograd.no_grad():
        for p in (model if layers is None else model[layers]).parameters():
            p *= by
    return model


class Cut(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(8, 16), nn.Linear(16, 4)

    def forward(self, x: Any) -> Any:
        return self.second(F.relu(self.first(x)).detach())


class Spare(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.spare, self.second = nn.Linear(8, 16), nn.Linear(16, 16), nn.Linear(16, 4)

    def forward(self, x: Any) -> Any:
        return self.second(F.relu(self.first(x)))


def middle_frozen(s: int) -> Any:
    model = mlp(8, 16, 16, 4)
    model[2].requires_grad_(False)
    return fit(model, blobs(128, s), F.cross_entropy, adam(), seed=s)


def head_only(s: int) -> Any:
    model = mlp(8, 16, 4)
    return fit(model, blobs(128, s), F.cross_entropy, lambda _: optim.Adam(model[2].parameters(), lr=3e-3), seed=s)


def early_zero(s: int) -> Any:
    model, (x, y) = mlp(8, 16, 4), blobs(128, s)
    optimizer = optim.Adam(model.parameters())
    with viz.Recorder(model, optimizer) as recorder:
        for _ in range(20):
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.zero_grad()
            optimizer.step()
            recorder.step(loss)
    return recorder


def no_step(s: int) -> Any:
    model, (x, y) = mlp(8, 16, 4), blobs(128, s)
    optimizer = optim.Adam(model.parameters())
    with viz.Recorder(model, optimizer) as recorder:
        for _ in range(20):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            recorder.step(loss)
    return recorder


def shuffled(data: tuple[Any, Any], s: int) -> tuple[Any, Any]:
    return data[0], data[1][np.random.default_rng(s).permutation(len(data[1]))]


def spoiled(s: int) -> tuple[Any, Any]:
    x, y = blobs(128, s)
    x.array[5, 2] = np.nan
    return x, y


def evaluated(step: int, model: Any) -> None:
    if step == 10:
        model.eval()


def poisoned(step: int, model: Any) -> None:
    if step == 12:
        model[2].weight.data[0, 0] = np.nan


FAULTS: dict[str, tuple[str, Run]] = {
    "a layer of dead ReLUs": (
        "dead ReLU",
        lambda s: fit(shifted(mlp(8, 32, 32, 4), 2, -10), blobs(128, s), F.cross_entropy, sgd(), seed=s),
    ),
    "dead ReLUs after a convolution": (
        "dead ReLU",
        lambda s: fit(shifted(convnet(), 4, -100), pictures(96, s), F.cross_entropy, adam(), 30, seed=s),
    ),
    "SGD with a rate that kills ReLUs": (
        "learning rate too high",
        lambda s: fit(mlp(8, 32, 32, 4), blobs(128, s), F.cross_entropy, sgd(3.0), 40, seed=s),
    ),
    "ten sigmoids": (
        "vanishing gradient",
        lambda s: fit(mlp(8, *[16] * 10, 4, act=nn.Sigmoid), blobs(128, s), F.cross_entropy, sgd(0.1), seed=s),
    ),
    "eight sigmoids, Adam": (
        "vanishing gradient",
        lambda s: fit(mlp(1, *[16] * 8, 1, act=nn.Sigmoid), waves(128, s), F.mse_loss, adam(1e-3), seed=s),
    ),
    "weights 14 times too large": (
        "exploding gradient",
        lambda s: fit(scaled(mlp(8, *[16] * 7, 4), 14), blobs(128, s), F.cross_entropy, sgd(1e-9), 30, seed=s),
    ),
    "a product of large matrices": (
        "exploding gradient",
        lambda s: fit(scaled(mlp(8, *[16] * 7, 4, act=nn.Identity), 8), blobs(128, s), F.cross_entropy, sgd(1e-9), 30, seed=s),
    ),
    "detach in forward": ("no gradient", lambda s: fit(Cut(), blobs(128, s), F.cross_entropy, adam(), seed=s)),
    "a layer that is not called": ("no gradient", lambda s: fit(Spare(), blobs(128, s), F.cross_entropy, adam(), seed=s)),
    "a frozen layer in the middle": ("frozen parameter", middle_frozen),
    "an optimizer of the head alone": ("not in the optimizer", head_only),
    "no zero_grad": (
        "forgotten zero_grad",
        lambda s: fit(mlp(8, 32, 4), blobs(128, s), F.cross_entropy, sgd(1e-3), zero=False, seed=s),
    ),
    "no zero_grad in a GAN's discriminator": ("forgotten zero_grad", lambda s: gan(s, "usual", 60, forget=True)[1]),
    "zero_grad before the step": ("gradients cleared before the step", early_zero),
    "no step": ("no optimizer step", no_step),
    "softmax, then cross-entropy": (
        "softmax before cross-entropy",
        lambda s: fit(mlp(8, 16, 4, last=(nn.Softmax(1),)), blobs(128, s), F.cross_entropy, adam(), seed=s),
    ),
    "softmax, then nll_loss": (
        "softmax before nll_loss",
        lambda s: fit(mlp(8, 16, 4, last=(nn.Softmax(1),)), blobs(128, s), F.nll_loss, adam(), seed=s),
    ),
    "sigmoid, then logits": (
        "sigmoid before bce_with_logits",
        lambda s: fit(mlp(8, 16, 1, last=(nn.Sigmoid(),)), binary(s), F.binary_cross_entropy_with_logits, adam(), seed=s),
    ),
    "SGD with a rate of 30": (
        "learning rate too high",
        lambda s: fit(mlp(1, 32, 1), waves(128, s), F.mse_loss, sgd(30.0), 40, seed=s),
    ),
    "Adam with a rate of 3": (
        "learning rate too high",
        lambda s: fit(mlp(8, 32, 4), blobs(128, s, far=0.3), F.cross_entropy, adam(3.0), 60, seed=s),
    ),
    "a rate of 1e-6": ("learning rate too low", lambda s: fit(mlp(8, 32, 4), blobs(128, s), F.cross_entropy, sgd(1e-6), seed=s)),
    "a rate of 1e-6 with small batches": (
        "learning rate too low",
        lambda s: fit(mlp(8, 32, 4), blobs(128, s), F.cross_entropy, sgd(1e-6), batch=2, seed=s),
    ),
    "a rate of 0": ("learning rate too low", lambda s: fit(mlp(8, 32, 4), blobs(128, s), F.cross_entropy, sgd(0.0), seed=s)),
    "eval before training": (
        "eval mode",
        lambda s: fit(convnet(0.1), pictures(96, s), F.cross_entropy, adam(), 40, before=evaluated, seed=s),
    ),
    "a weight that is nan": (
        "nan or infinity",
        lambda s: fit(mlp(8, 32, 4), blobs(128, s), F.cross_entropy, adam(), 30, before=poisoned, seed=s),
    ),
    "log of zero": (
        "nan or infinity",
        lambda s: fit(mlp(8, 16, 1), binary(s), lambda p, y: -(y * F.relu(p).log()).mean(), adam(), 20, seed=s),
    ),
    "nan in the data": (
        "nan in the inputs",
        lambda s: fit(mlp(8, 32, 4), spoiled(s), F.cross_entropy, adam(), 30, batch=64, seed=s),
    ),
    "pixels from 0 to 255": (
        "unscaled inputs",
        lambda s: fit(
            mlp(64, 16, 4), (pictures(96, s)[0].reshape(-1, 64) * 255, pictures(96, s)[1]), F.cross_entropy, sgd(0.01), 40, seed=s
        ),
    ),
    "one feature in millions": (
        "unscaled inputs",
        lambda s: fit(
            mlp(8, 16, 4),
            (blobs(128, s)[0] * autograd.tensor([1e6] + [1.0] * 7), blobs(128, s)[1]),
            F.cross_entropy,
            adam(),
            40,
            seed=s,
        ),
    ),
    "labels shuffled": (
        "loss at chance level",
        lambda s: fit(mlp(8, 16, 4), shuffled(blobs(512, s), s), F.cross_entropy, adam(5e-3), 100, batch=64, seed=s),
    ),
    "labels of another data set": (
        "loss at chance level",
        lambda s: fit(convnet(), (pictures(400, s)[0], pictures(400, s + 1)[1]), F.cross_entropy, adam(5e-3), 80, batch=64, seed=s),
    ),
    "dropout of 0.98": ("dropout near 1", lambda s: fit(convnet(0.98), pictures(96, s), F.cross_entropy, adam(), 40, seed=s)),
    "tanh from weights of 30": (
        "saturated units",
        lambda s: fit(scaled(mlp(8, 32, 32, 4, act=nn.Tanh), 30, slice(0, 3)), blobs(128, s), F.cross_entropy, sgd(1e-3), seed=s),
    ),
    "sigmoid from weights of 60": (
        "saturated units",
        lambda s: fit(scaled(mlp(8, 32, 4, act=nn.Sigmoid), 60, slice(0, 1)), blobs(128, s), F.cross_entropy, sgd(1e-2), seed=s),
    ),
    "thirty ReLU layers": (
        "vanishing signal",
        lambda s: fit(mlp(8, *[16] * 30, 4), blobs(128, s), F.cross_entropy, sgd(0.05), 40, seed=s),
    ),
    "a column minus a row": (
        "broadcast in the loss",
        lambda s: fit(mlp(1, 32, 1), column(waves(128, s)), lambda p, y: ((p - y) ** 2).mean(), adam(), 60, seed=s),
    ),
    "a row minus a column": (
        "broadcast in the loss",
        lambda s: fit(mlp(8, 32, 1, last=(nn.Flatten(0),)), binary(s), lambda p, y: (y - p).abs().mean(), adam(), 60, seed=s),
    ),
}
