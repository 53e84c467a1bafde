"""The language models of the examples against Hugging Face's with the same weights, and what generation and LoRA promise."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "examples"))

from language import bert, gpt2, llama  # noqa: E402  (a folder of examples, not a package that is installed)
from language.attention import Cache  # noqa: E402
from language.generation import generate, probabilities  # noqa: E402
from language.lora import add_lora, merge_lora  # noqa: E402
from language.sentences import embed, encoded, read  # noqa: E402
from language.weights import load_weights  # noqa: E402

RECORDED = ROOT / "tests" / "language_models"
SIZES: dict[str, int] = {"vocabulary": 17, "context": 12, "layers": 2, "heads": 4, "width": 16}
MAKE = {
    "gpt2": lambda: gpt2.GPT2(gpt2.Config(**SIZES)),
    "llama": lambda: llama.Llama(llama.Config(**SIZES, key_heads=2, inner=24)),
}
CAUSAL = list(MAKE)
MAKE["bert"] = lambda: bert.BertForMaskedLM(bert.Config(**SIZES, inner=24, pooler=False))


def parts(name: str) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """A model with the recorded weights, the recorded results, the recorded gradients."""
    record = autograd.load(RECORDED / f"{name}.safetensors")
    model = MAKE[name]()
    state = {key.removeprefix("weight."): v for key, v in record.items() if key.startswith("weight.")}
    assert set(state) == {key for key, _ in model.named_parameters()}  # Hugging Face's names, and no others
    model.load_state_dict(state, strict=False)
    gradients = {key.removeprefix("gradient."): v.numpy() for key, v in record.items() if key.startswith("gradient.")}
    return model, record, gradients


def next_token_loss(scores: Any, tokens: Any) -> Any:
    return nn.functional.cross_entropy(scores[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())


@pytest.mark.parametrize("name", MAKE)
def test_logits_and_gradients_are_hugging_faces(name: str) -> None:
    model, record, gradients = parts(name)
    tokens = record["tokens"]
    if name in CAUSAL:
        scores = model(tokens)
        loss = next_token_loss(scores, tokens)
    else:
        mask = record["attention_mask"]
        scores = model(tokens, mask)
        loss = nn.functional.cross_entropy(scores[mask == 1], tokens[mask == 1])
    loss.backward()
    np.testing.assert_allclose(scores.detach().numpy(), record["logits"].numpy(), rtol=1e-5, atol=1e-5)
    assert abs(loss.item() - record["loss"].item()) < 1e-5
    for key, parameter in model.named_parameters():
        np.testing.assert_allclose(parameter.grad.numpy(), gradients[key], rtol=1e-5, atol=1e-5, err_msg=key)


@pytest.mark.parametrize("name", CAUSAL)
def test_reading_with_a_cache_is_reading_at_once(name: str) -> None:
    model, record, _ = parts(name)
    tokens = record["tokens"]
    cache = Cache()
    with autograd.no_grad():
        pieces = [model(tokens[:, a:b], cache) for a, b in ((0, 5), (5, 6), (6, 9), (9, 12))]
        np.testing.assert_allclose(autograd.cat(pieces, 1).numpy(), model(tokens).numpy(), rtol=1e-5, atol=1e-5)
    assert len(cache) == 12


@pytest.mark.parametrize("name", CAUSAL)
def test_generation_with_and_without_a_cache_writes_the_same(name: str) -> None:
    model, _, _ = parts(name)
    # 30 tokens are more than the context of 12: the window moves on twice
    with_cache, without = (generate(model, [3, 1, 4], 30, 0.8, 5, cached=cached) for cached in (True, False))
    assert with_cache == without
    assert with_cache[:3] == [3, 1, 4]
    assert len(with_cache) == 33
    assert generate(model, [3, 1, 4], 30, 0.8, 5, seed=1) != with_cache


def test_temperature_and_top_k() -> None:
    scores = autograd.tensor([0.0, 2.0, 1.0, -1.0])
    p = np.exp([0.0, 2.0, 1.0, -1.0])
    np.testing.assert_allclose(probabilities(scores).numpy(), p / p.sum(), rtol=1e-6)
    np.testing.assert_allclose(probabilities(scores, 0.5).numpy(), p**2 / (p**2).sum(), rtol=1e-6)
    np.testing.assert_allclose(probabilities(scores, top_k=2).numpy(), np.array([0, p[1], p[2], 0]) / (p[1] + p[2]), rtol=1e-6)
    assert probabilities(scores, top_k=1).tolist() == [0, 1, 0, 0]
    for wrong, word in (({"temperature": 0.0}, "top_k=1"), ({"top_k": 0}, "at least 1")):
        with pytest.raises(ValueError, match=word):
            probabilities(scores, **wrong)


@pytest.mark.parametrize("name", CAUSAL)
def test_texts_that_are_too_long_or_empty_are_refused(name: str) -> None:
    model, _, _ = parts(name)
    with pytest.raises(ValueError, match=r"13 tokens, and the model's context is 12: pass the last 12"):
        model(autograd.zeros(1, 13, dtype=np.int64))
    with pytest.raises(ValueError, match="context is 12"):
        generate(model, [0] * 13, 1)
    with pytest.raises(ValueError, match="the text is empty"):
        generate(model, [], 1)


def test_lora_learns_its_own_numbers_only_and_merges() -> None:
    model, record, _ = parts("gpt2")
    tokens = record["tokens"]
    before = {key: p.detach().numpy().copy() for key, p in model.named_parameters()}
    untouched = model(tokens).detach().numpy()
    learned = add_lora(model, ["c_attn"], rank=2, alpha=4)
    np.testing.assert_array_equal(model(tokens).detach().numpy(), untouched)  # B is 0 at first
    assert [p for p in model.parameters() if p.requires_grad] == learned
    assert sum(p.numel() for p in learned) == 2 * 2 * (16 + 48)
    optimizer = optim.Adam(learned, lr=0.05)
    losses = []
    for _ in range(12):
        optimizer.zero_grad()
        loss = next_token_loss(model(tokens), tokens)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.2
    adapted = model(tokens).detach().numpy()
    merge_lora(model)
    np.testing.assert_allclose(model(tokens).detach().numpy(), adapted, rtol=1e-5, atol=1e-5)
    after = dict(model.named_parameters())
    assert set(after) == set(before)
    changed = {key for key in before if not np.array_equal(before[key], after[key].detach().numpy())}
    assert changed == {f"transformer.h.{i}.attn.c_attn.weight" for i in range(2)}
    key = "transformer.h.0.attn.c_attn.weight"
    assert np.linalg.matrix_rank(after[key].detach().numpy() - before[key], 1e-3) == 2


def test_lora_of_a_layer_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"no layer is called q_proj: the layers with a weight are c_attn, c_fc"):
        add_lora(MAKE["gpt2"](), ["q_proj"])


def test_weights_of_another_architecture_or_size_are_refused(tmp_path: Path) -> None:
    model = MAKE["gpt2"]()
    before = [p.detach().numpy().copy() for p in model.parameters()]
    with pytest.raises(
        ValueError, match=r"llama.safetensors is of another architecture than GPT2: it lacks transformer.wte.weight"
    ):
        load_weights(model, RECORDED / "llama.safetensors", "transformer.")
    autograd.save(gpt2.GPT2(gpt2.Config(**{**SIZES, "width": 8})).state_dict(), tmp_path / "narrow.safetensors")
    with pytest.raises(ValueError, match=r"of other sizes: it has transformer.wte.weight \(17, 8\), not \(17, 16\)"):
        load_weights(model, tmp_path / "narrow.safetensors", "transformer.")
    for p, old in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), old)
    # GPT-2's own file has no prefix, and its shared table once
    own = {k.removeprefix("transformer."): v + 1 for k, v in model.state_dict().items() if k != "lm_head.weight"}
    autograd.save(own, tmp_path / "own.safetensors")
    load_weights(model, tmp_path / "own.safetensors", "transformer.")
    for p, old in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), old + 1)


# ------------------------------------------------------------------------------------------------------------------------ BERT


def test_masking_hides_a_share_and_asks_for_it() -> None:
    tokens = autograd.randint(0, 50, (200, 100), generator=autograd.Generator().manual_seed(0))
    numbers = autograd.Generator().manual_seed(1)
    read_, targets = (t.numpy() for t in bert.masked(tokens, 50, 50, generator=numbers))
    asked = targets != -100
    assert abs(asked.mean() - 0.15) < 0.01
    np.testing.assert_array_equal(targets[asked], tokens.numpy()[asked])
    np.testing.assert_array_equal(read_[~asked], tokens.numpy()[~asked])
    assert abs((read_[asked] == 50).mean() - 0.8) < 0.03
    assert abs((read_[asked] == targets[asked]).mean() - 0.1 - 0.1 / 50) < 0.02


@pytest.fixture(scope="module")
def sentence_model(tiny_bert: Path) -> tuple[Any, Any]:
    return read(tiny_bert)


def test_an_embedding_does_not_depend_on_what_is_padded_beside_it(sentence_model: tuple[Any, Any]) -> None:
    model, tokenizer = sentence_model
    texts = ["the king", "to be or not to be", "the question"]
    together = embed(model, tokenizer, texts).numpy()
    alone = np.concatenate([embed(model, tokenizer, [t]).numpy() for t in texts])
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose((together**2).sum(1), 1, rtol=1e-5)
    tokens, mask = encoded(tokenizer, texts, 64)
    assert mask.sum(1).tolist() == [4, 8, 4]  # with [CLS] and [SEP]
    assert tokens[0].tolist()[4:] == [0] * 4


def test_sentences_that_are_too_long_or_empty_are_refused(sentence_model: tuple[Any, Any]) -> None:
    model, tokenizer = sentence_model
    with pytest.raises(ValueError, match=r"302 tokens, and the model's context is 128"):
        embed(model, tokenizer, ["be " * 300])
    with pytest.raises(ValueError, match=r"text 1 is empty: leave it out"):
        embed(model, tokenizer, ["be", " "])
    for nothing in ([], "to be"):
        with pytest.raises(ValueError, match="a list of at least one text"):
            embed(model, tokenizer, nothing)


def test_a_folder_of_another_model_is_refused(tiny_bert: Path, tmp_path: Path) -> None:
    sizes = json.loads((tiny_bert / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**sizes, "model_type": "gpt2"}))
    with pytest.raises(ValueError, match="model type gpt2 with gelu: choose a folder of a BERT"):
        read(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(sizes))
    (tmp_path / "model.safetensors").write_bytes((RECORDED / "llama.safetensors").read_bytes())
    with pytest.raises(ValueError, match=r"another architecture than Bert: it lacks embeddings.word_embeddings.weight"):
        read(tmp_path)
