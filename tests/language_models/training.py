"""Trains the GPT-2 of examples/gpt.py here and in PyTorch, from the same first weights, and writes training.json.

Batches, rates of learning and optimizer are the same too. It needs torch, transformers and the texts of the example.

    python tests/language_models/training.py [--compile]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from transformers import GPT2Config, GPT2LMHeadModel

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent.parent / "examples"), str(HERE.parent.parent)]
torch.set_num_threads(1)

import gpt  # noqa: E402
from language.gpt2 import GPT2, Config  # noqa: E402

import autograd  # noqa: E402

STEPS = 2000


def in_pytorch(state: dict[str, np.ndarray], vocabulary: int, text: np.ndarray, held_out: np.ndarray) -> tuple[float, float]:
    """The last hundred steps' loss, and the validation loss."""
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=vocabulary, n_positions=gpt.CONTEXT, n_embd=128, n_layer=4, n_head=4, resid_pdrop=0, embd_pdrop=0,
            attn_pdrop=0, bos_token_id=0, eos_token_id=0,
        )
    )  # fmt: skip
    model.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    optimizer = torch.optim.AdamW(gpt.groups(model), lr=gpt.RATE, betas=(0.9, 0.99), weight_decay=0.1)
    losses = []
    for step, (x, y) in zip(range(STEPS), gpt.batches(text), strict=False):
        for group in optimizer.param_groups:
            group["lr"] = gpt.rate(step, STEPS)
        optimizer.zero_grad()
        scores = model(torch.tensor(x)).logits
        loss = torch.nn.functional.cross_entropy(scores.flatten(0, 1), torch.tensor(y).flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    x = torch.tensor(held_out[: 2000 * gpt.CONTEXT].reshape(2000, gpt.CONTEXT))
    y = torch.tensor(held_out[1 : 2000 * gpt.CONTEXT + 1].reshape(2000, gpt.CONTEXT))
    with torch.no_grad():
        parts = [
            torch.nn.functional.cross_entropy(model(a).logits.flatten(0, 1), b.flatten()).item()
            for a, b in zip(x.split(50), y.split(50), strict=True)
        ]
    return float(np.mean(losses[-100:])), float(np.mean(parts))


def main() -> None:
    alphabet, text, held_out = gpt.corpus()
    autograd.manual_seed(0)
    model = GPT2(Config(len(alphabet), **gpt.SIZES))
    state = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    start = perf_counter()
    losses = gpt.train(model, text, STEPS, "here", "--compile" in sys.argv)
    middle = perf_counter()
    here = float(np.mean(losses[-100:])), gpt.validation_loss(model, held_out)
    theirs = in_pytorch(state, len(alphabet), text, held_out)
    print(f"seconds: {middle - start:.0f} here, {perf_counter() - middle:.0f} in PyTorch")
    names = ("training loss of the last 100 steps", "validation loss")
    found = {"here": dict(zip(names, here, strict=True)), "PyTorch": dict(zip(names, theirs, strict=True))}
    versions = {"steps": STEPS, "torch": torch.__version__}
    (HERE / "training.json").write_text(json.dumps({**versions, **found}, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
