"""Makes the files beside it: what Hugging Face's models compute.

    python tests/language_models/record.py            (with torch and transformers)

Each file holds random weights under Hugging Face's names, tokens, the logits, the mean cross entropy of each next token, and the
gradient of every weight, all computed in float64 and stored as float32 (the weights are exact).
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

HERE = Path(__file__).parent
VOCABULARY, CONTEXT, LAYERS, HEADS, WIDTH = 17, 12, 2, 4, 16


def gpt2() -> torch.nn.Module:
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=VOCABULARY, n_positions=CONTEXT, n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS,
            resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, bos_token_id=0, eos_token_id=0,
        )
    )  # fmt: skip


def llama() -> torch.nn.Module:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY, max_position_embeddings=CONTEXT, hidden_size=WIDTH, num_hidden_layers=LAYERS,
            num_attention_heads=HEADS, num_key_value_heads=2, intermediate_size=24, rms_norm_eps=1e-6,
            bos_token_id=0, eos_token_id=0,
        )
    )  # fmt: skip


def bert() -> torch.nn.Module:
    return BertForMaskedLM(
        BertConfig(
            vocab_size=VOCABULARY, max_position_embeddings=CONTEXT, hidden_size=WIDTH, num_hidden_layers=LAYERS,
            num_attention_heads=HEADS, intermediate_size=24, hidden_dropout_prob=0, attention_probs_dropout_prob=0,
            layer_norm_eps=1e-12,
        )
    )  # fmt: skip


def record(name: str, model: torch.nn.Module, padding: tuple[int, ...] = ()) -> None:
    """``padding``: how many of each text's last tokens are none; with it each token predicts itself, and not the next one."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            centre = 1.0 if "ln_" in key or "norm" in key.lower() else 0.0
            parameter.copy_(centre * (not key.endswith("bias")) + 0.3 * noise)
    weights = {f"weight.{key}": p.detach().clone() for key, p in model.named_parameters()}
    model.double()
    tokens = torch.randint(0, VOCABULARY, (3, CONTEXT), generator=generator)
    found = {}
    if padding:
        mask = (torch.arange(CONTEXT) < CONTEXT - torch.tensor(padding)[:, None]).long()
        logits = model(tokens, attention_mask=mask).logits
        loss = torch.nn.functional.cross_entropy(logits[mask == 1], tokens[mask == 1])
        found["attention_mask"] = mask
    else:
        logits = model(tokens).logits
        loss = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, VOCABULARY), tokens[:, 1:].reshape(-1))
    loss.backward()
    gradients = {f"gradient.{key}": p.grad.float() for key, p in model.named_parameters()}
    found |= {"tokens": tokens, "logits": logits.detach().float(), "loss": loss.detach().reshape(1)}
    save_file({**weights, **gradients, **found}, HERE / f"{name}.safetensors")


if __name__ == "__main__":
    record("gpt2", gpt2())
    record("llama", llama())
    record("bert", bert(), padding=(0, 3, 7))
