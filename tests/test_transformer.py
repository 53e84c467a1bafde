"""Attention and transformers against loops written from the equations, masks, dropout and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import numbers

import autograd
import nn
import nn.functional as F
from autograd.proof.gradcheck import gradcheck, gradgradcheck


def leaf(*shape: int, seed: int = 0) -> Any:
    return autograd.tensor(numbers(*shape, seed=seed), requires_grad=True)


def attend(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, allowed: np.ndarray | None = None, scale: float | None = None
) -> np.ndarray:
    """Equation 1 of Vaswani et al., a query at a time; without anything to see, 0."""
    y = np.zeros((len(q), v.shape[1]))
    for i, query in enumerate(q):
        seen = [j for j in range(len(k)) if allowed is None or allowed[i, j]]
        if seen:
            e = np.exp([query @ k[j] * (len(query) ** -0.5 if scale is None else scale) for j in seen])
            y[i] = sum(w * v[j] for w, j in zip(e / e.sum(), seen, strict=True))
    return y


# ------------------------------------------------------------------------------------------------- scaled dot product attention


@pytest.mark.parametrize("options", ["plain", "causal", "bool", "blind", "scale"])
def test_attention_is_equation_1(options: str) -> None:
    q, k, v = numbers(2, 3, 4, 5), numbers(2, 3, 6, 5, seed=1), numbers(2, 3, 6, 2, seed=2)
    allowed = None
    more: dict[str, Any] = {}
    if options == "causal":
        allowed, more["is_causal"] = np.tri(4, 6, dtype=bool), True
    elif options in ("bool", "blind"):
        allowed = numbers(4, 6, seed=3) > -0.3
        allowed[:, 0] = True
        if options == "blind":
            allowed[2] = False
        more["attn_mask"] = autograd.tensor(allowed)
    elif options == "scale":
        more["scale"] = 0.3
    y = F.scaled_dot_product_attention(*(autograd.tensor(a) for a in (q, k, v)), **more)
    for b in np.ndindex(2, 3):
        assert np.allclose(y.array[b], attend(q[b], k[b], v[b], allowed, more.get("scale")))


def test_attention_of_shared_heads_and_of_fewer_batches() -> None:
    q, k, v = numbers(2, 4, 3, 5), numbers(2, 2, 6, 5, seed=1), numbers(2, 2, 6, 2, seed=2)
    y = F.scaled_dot_product_attention(autograd.tensor(q), autograd.tensor(k), autograd.tensor(v), enable_gqa=True)
    for b, h in np.ndindex(2, 4):
        assert np.allclose(y.array[b, h], attend(q[b, h], k[b, h // 2], v[b, h // 2]))
    one = F.scaled_dot_product_attention(autograd.tensor(q), autograd.tensor(k[:, :1]), autograd.tensor(v[:1, :1]))
    assert np.allclose(one.array[1, 3], attend(q[1, 3], k[1, 0], v[0, 0]))


@pytest.mark.parametrize("kind", ["plain", "causal", "mask", "row mask"])
def test_gradients_of_attention(kind: str) -> None:
    given = [leaf(2, 3, 2), leaf(2, 3, 2, seed=1), leaf(2, 3, 2, seed=2)]
    if "mask" in kind:
        given.append(leaf(*((3,) if "row" in kind else (2, 3, 3)), seed=3))

    def run(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
        return F.scaled_dot_product_attention(q, k, v, mask, is_causal=kind == "causal")

    assert gradcheck(run, given)
    assert gradgradcheck(run, given)


def test_attention_keeps_float32_and_survives_large_scores() -> None:
    q = autograd.tensor(np.full((2, 4), 100, np.float32), requires_grad=True)
    y = F.scaled_dot_product_attention(q, q, q)
    y.sum().backward()
    assert y.dtype == np.float32
    assert np.isfinite(y.array).all()
    assert np.isfinite(q.grad.array).all()


def test_dropout_of_attention() -> None:
    q = autograd.ones(1, 2, 3)
    v = autograd.ones(1, 2000, 3)
    k = autograd.zeros(1, 2000, 3)
    y = F.scaled_dot_product_attention(q, k, v, dropout_p=0.5, generator=np.random.default_rng(0))
    assert not np.allclose(y.array, 1)
    assert abs(y.array.mean() - 1) < 0.1
    assert not F.scaled_dot_product_attention(q, k, v, dropout_p=1.0).array.any()
    x = leaf(1, 3, 2)

    def run(x: Any) -> Any:
        return F.scaled_dot_product_attention(x, x, x, dropout_p=0.4, generator=np.random.default_rng(3))

    assert gradcheck(run, [x])
    assert gradgradcheck(run, [x])


def test_errors_of_attention() -> None:
    a = autograd.ones
    with pytest.raises(ValueError, match=r"query float32\[2, 3\], key float32\[2, 4\].*must agree in the last dimension"):
        F.scaled_dot_product_attention(a(2, 3), a(2, 4), a(2, 4))
    with pytest.raises(ValueError, match="give one of them"):
        F.scaled_dot_product_attention(a(2, 3), a(2, 3), a(2, 3), a(2, 2), is_causal=True)
    with pytest.raises(ValueError, match=r"mask float32\[3, 2\] does not broadcast to .* \(2, 2\)"):
        F.scaled_dot_product_attention(a(2, 3), a(2, 3), a(2, 3), a(3, 2))
    with pytest.raises(TypeError, match="same floating dtype"):
        F.scaled_dot_product_attention(a(2, 3), a(2, 3), a(2, 3, dtype=np.float64))
    with pytest.raises(TypeError, match=r"attn_mask is int64\[2, 2\]"):
        F.scaled_dot_product_attention(a(2, 3), a(2, 3), a(2, 3), autograd.ones(2, 2, dtype=np.int64))
    with pytest.raises(ValueError, match="5 heads must be a multiple of key's and value's 2"):
        F.scaled_dot_product_attention(a(1, 5, 2, 3), a(1, 2, 2, 3), a(1, 2, 2, 3), enable_gqa=True)
    with pytest.raises(ValueError, match="leading dimensions"):
        F.scaled_dot_product_attention(a(2, 2, 3), a(3, 2, 3), a(3, 2, 3))


# ----------------------------------------------------------------------------------------------------------------- many heads


def many(model: Any, q: np.ndarray, k: np.ndarray, v: np.ndarray, allowed: np.ndarray | None = None) -> np.ndarray:
    """Section 3.2.2, a head at a time: (queries, features), (keys, features) without batch."""
    w = {name: p.array for name, p in model.named_parameters()}
    if "in_proj_weight" in w:
        matrices = np.split(w["in_proj_weight"], 3)
    else:
        matrices = [w[f"{name}_proj_weight"] for name in "qkv"]
    biases = np.split(w["in_proj_bias"], 3)
    q, k, v = (x @ m.T + b for x, m, b in zip((q, k, v), matrices, biases, strict=True))
    if "bias_k" in w:
        k, v = np.vstack([k, w["bias_k"][0]]), np.vstack([v, w["bias_v"][0]])
    if model.add_zero_attn:
        k, v = np.vstack([k, 0 * k[:1]]), np.vstack([v, 0 * v[:1]])
    if allowed is not None:
        allowed = np.pad(allowed, ((0, 0), (0, len(k) - allowed.shape[1])), constant_values=True)
    d = model.head_dim
    heads = [slice(h * d, (h + 1) * d) for h in range(model.num_heads)]
    y = np.hstack([attend(q[:, h], k[:, h], v[:, h], allowed) for h in heads])
    return y @ w["out_proj.weight"].T + w["out_proj.bias"]


def attention(*args: Any, **more: Any) -> Any:
    autograd.manual_seed(4)
    model = nn.MultiheadAttention(*args, dtype=np.float64, **more)
    for i, p in enumerate(model.parameters()):
        p.array[...] = numbers(*p.shape, seed=i) * 0.5
    return model


@pytest.mark.parametrize(
    "options", [{}, {"batch_first": True}, {"add_bias_kv": True, "add_zero_attn": True}, {"kdim": 3, "vdim": 5}], ids=str
)
@pytest.mark.parametrize("alone", [True, False], ids=["itself", "another"])
def test_many_heads_are_section_3_2_2(options: dict[str, Any], alone: bool) -> None:
    if alone and "kdim" in options:
        options = {"kdim": 6, "vdim": 6}
    model = attention(6, 2, **options)
    q = numbers(4, 2, 6)
    k, v = (q, q) if alone else (numbers(5, 2, model.kdim, seed=1), numbers(5, 2, model.vdim, seed=2))
    mask = numbers(4, len(k), seed=5) > 0.5
    padding = numbers(2, len(k), seed=6) > 0.8
    mask[:, 0] = padding[:, 0] = False
    ours = [autograd.tensor(a.swapaxes(0, 1) if model.batch_first else a) for a in ((q,) if alone else (q, k, v))]
    ours = ours * 3 if alone else ours
    y, weights = model(*ours, key_padding_mask=autograd.tensor(padding), attn_mask=autograd.tensor(mask))
    found = y.array.swapaxes(0, 1) if model.batch_first else y.array
    for b in range(2):
        assert np.allclose(found[:, b], many(model, q[:, b], k[:, b], v[:, b], ~mask & ~padding[b]))
    assert weights.shape == (2, 4, len(k) + (2 if "add_zero_attn" in options else 0))
    assert np.allclose(weights.array.sum(-1), 1)
    assert not weights.array[..., : len(k)][np.broadcast_to(padding[:, None], (2, 4, len(k)))].any()
    # The same, whatever is asked for beside it, with masks as numbers, and without a batch.
    numbered = autograd.tensor(np.where(mask, -np.inf, 0.0))
    same, nothing = model(*ours, key_padding_mask=autograd.tensor(padding), attn_mask=numbered, need_weights=False)
    assert nothing is None
    assert np.allclose(same.array, y.array)
    each = model(*ours, key_padding_mask=autograd.tensor(padding), attn_mask=numbered, average_attn_weights=False)[1]
    assert np.allclose(each.array.mean(1), weights.array)
    rows = [autograd.tensor(a[:, 0]) for a in (q, k, v)]
    single, w = model(*rows, key_padding_mask=autograd.tensor(padding[0]), attn_mask=autograd.tensor(mask))
    assert np.allclose(single.array, found[:, 0])
    assert np.allclose(w.array, weights.array[0])


def test_a_mask_for_each_head() -> None:
    model = attention(4, 2)
    q = numbers(3, 2, 4)
    mask = numbers(4, 3, 3, seed=1) > 0.3
    mask[:, :, 0] = False
    x = autograd.tensor(q)
    y, weights = model(x, x, x, attn_mask=autograd.tensor(mask), average_attn_weights=False)
    assert not weights.array.reshape(4, 3, 3)[mask].any()
    same = mask.copy()
    same[1::2] = same[::2]
    per_batch = model(x, x, x, attn_mask=autograd.tensor(same))[0].array
    for b in range(2):
        assert np.allclose(per_batch[:, b], many(model, q[:, b], q[:, b], q[:, b], ~same[2 * b]))
    assert not np.allclose(y.array, per_batch)


@pytest.mark.parametrize("options", [{}, {"add_bias_kv": True, "batch_first": True}, {"kdim": 3}], ids=str)
def test_gradients_of_many_heads(options: dict[str, Any]) -> None:
    model = attention(4, 2, **options)
    given = [leaf(2, 3, 4)] if "kdim" not in options else [leaf(2, 3, 4), leaf(2, 3, 3, seed=1), leaf(2, 3, 4, seed=2)]
    names = [name for name, _ in model.named_parameters()]
    inputs = len(given)

    def run(*all_: Any) -> Any:
        x = all_[:inputs] if inputs == 3 else all_[:1] * 3
        return nn.functional_call(model, dict(zip(names, all_[inputs:], strict=True)), x)

    everything = [*given, *[p.detach().requires_grad_() for p in model.parameters()]]
    assert gradcheck(run, everything, fast_mode=True)
    assert gradgradcheck(run, everything, fast_mode=True)


def test_fixed_keys_and_values() -> None:
    model = attention(4, 2)
    q, k, v = (autograd.tensor(numbers(3, 2, 4, seed=i)) for i in range(3))
    fixed = [autograd.tensor(numbers(4, 5, 2, seed=3 + i)) for i in range(2)]
    y, _ = F.multi_head_attention_forward(
        q, k, v, 4, 2, model.in_proj_weight, model.in_proj_bias, None, None, False, 0.0, model.out_proj.weight, model.out_proj.bias,
        static_k=fixed[0], static_v=fixed[1],
    )  # fmt: skip
    own = q.array[:, 1] @ model.in_proj_weight.array[:4].T + model.in_proj_bias.array[:4]
    heads = [attend(own[:, 2 * h : 2 * h + 2], fixed[0].array[2 + h], fixed[1].array[2 + h]) for h in range(2)]
    assert np.allclose(y.array[:, 1], np.hstack(heads) @ model.out_proj.weight.array.T + model.out_proj.bias.array)


def test_errors_of_many_heads() -> None:
    model = nn.Sequential(nn.Linear(4, 4))
    model.look = nn.MultiheadAttention(4, 2)
    x = autograd.ones(3, 2, 4)
    with pytest.raises(ValueError, match=r"multi_head_attention in layer 'look': .* embedding dimension of 4, but got 5"):
        model.look(*[autograd.ones(3, 2, 5)] * 3)
    with pytest.raises(ValueError, match=r"The shape of the 2D attn_mask is \(2, 2\), but should be \(3, 3\)"):
        model.look(x, x, x, attn_mask=autograd.zeros(2, 2))
    with pytest.raises(ValueError, match=r"The shape of the 3D attn_mask is \(2, 3, 3\), but should be \(4, 3, 3\)"):
        model.look(x, x, x, attn_mask=autograd.zeros(2, 3, 3))
    with pytest.raises(ValueError, match=r"key_padding_mask float32\[3, 2\] must be \(batch, keys\), which is \(2, 3\)"):
        model.look(x, x, x, key_padding_mask=autograd.zeros(3, 2))
    with pytest.raises(ValueError, match="key_padding_mask must be 2-D"):
        model.look(x, x, x, key_padding_mask=autograd.zeros(3))
    with pytest.raises(ValueError, match=r"key float32\[3, 2, 4\] and|key's shape does not match value's"):
        model.look(x, x, autograd.ones(2, 2, 4))
    with pytest.raises(ValueError, match="all must be 2-D"):
        model.look(x, x[0], x[0])
    with pytest.raises(TypeError, match="only bool and floating types of attn_mask are supported"):
        model.look(x, x, x, attn_mask=autograd.zeros(3, 3, dtype=np.int64))
    with pytest.raises(RuntimeError, match="Need attn_mask if specifying the is_causal hint"):
        model.look(x, x, x, is_causal=True)
    for bad in [(4, 3), (0, 1), (4, 0)]:
        with pytest.raises(ValueError, match="num_heads"):
            nn.MultiheadAttention(*bad)


# ----------------------------------------------------------------------------------------------------------------- transformers


def normed(x: np.ndarray, norm: Any) -> np.ndarray:
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + norm.eps)
    return x * norm.weight.array + norm.bias.array


def network(layer: Any, x: np.ndarray) -> np.ndarray:
    hidden = np.maximum(x @ layer.linear1.weight.array.T + layer.linear1.bias.array, 0)
    return hidden @ layer.linear2.weight.array.T + layer.linear2.bias.array


def varied(model: Any) -> Any:
    for i, p in enumerate(model.parameters()):
        p.array[...] = numbers(*p.shape, seed=i) * 0.4 + (1 if p.ndim == 1 and i % 2 == 0 else 0)
    return model


@pytest.mark.parametrize("norm_first", [False, True])
def test_layers_are_their_formulas(norm_first: bool) -> None:
    more: dict[str, Any] = {"dropout": 0.0, "norm_first": norm_first, "dtype": np.float64}
    encoder, decoder = varied(nn.TransformerEncoderLayer(4, 2, 5, **more)), varied(nn.TransformerDecoderLayer(4, 2, 5, **more))
    x, m = numbers(3, 4), numbers(5, 4, seed=1)

    def around(x: np.ndarray, norm: Any, block: Any) -> np.ndarray:
        return x + block(normed(x, norm)) if norm_first else normed(x + block(x), norm)

    y = around(x, encoder.norm1, lambda x: many(encoder.self_attn, x, x, x))
    y = around(y, encoder.norm2, lambda x: network(encoder, x))
    assert np.allclose(encoder(autograd.tensor(x)).array, y)
    y = around(x, decoder.norm1, lambda x: many(decoder.self_attn, x, x, x, np.tri(3, dtype=bool)))
    y = around(y, decoder.norm2, lambda x: many(decoder.multihead_attn, x, m, m))
    y = around(y, decoder.norm3, lambda x: network(decoder, x))
    mask = nn.Transformer.generate_square_subsequent_mask(3, dtype=np.float64)
    assert np.allclose(decoder(autograd.tensor(x), autograd.tensor(m), tgt_mask=mask).array, y)


@pytest.mark.parametrize("batch_first", [False, True])
def test_a_causal_mask_does_not_look_ahead(batch_first: bool) -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=batch_first, dtype=np.float64)
    model = nn.TransformerEncoder(layer, 2)
    mask = nn.Transformer.generate_square_subsequent_mask(6, dtype=np.float64)
    x = leaf(2, 6, 8)
    y = model(x if batch_first else x.swapaxes(0, 1), mask=mask, is_causal=True)
    y = y if batch_first else y.swapaxes(0, 1)
    for t in range(6):
        (g,) = autograd.grad(y[:, t].square().sum(), [x], retain_graph=True)
        assert not g.array[:, t + 1 :].any()
        assert np.abs(g.array[:, : t + 1]).min() > 0
    free = model(x if batch_first else x.swapaxes(0, 1))
    (g,) = autograd.grad((free if batch_first else free.swapaxes(0, 1))[:, 0].square().sum(), [x])
    assert g.array[:, 1:].any()


def test_padding_does_not_matter() -> None:
    model = varied(nn.Transformer(8, 2, 1, 1, 16, dropout=0.0, batch_first=True, dtype=np.float64))
    src, tgt = numbers(1, 5, 8), numbers(1, 3, 8, seed=1)
    padding = autograd.tensor(np.array([[False, False, False, True, True]]))
    y = model(autograd.tensor(src), autograd.tensor(tgt), src_key_padding_mask=padding, memory_key_padding_mask=padding)
    short = model(autograd.tensor(src[:, :3]), autograd.tensor(tgt))
    assert np.allclose(y.array, short.array)
    alone = model(autograd.tensor(src[0, :3]), autograd.tensor(tgt[0]))
    assert np.allclose(alone.array, short.array[0])


def test_dropout_in_training_only() -> None:
    model = nn.Transformer(8, 2, 1, 1, 16, dropout=0.3)
    x = autograd.tensor(numbers(4, 2, 8).astype(np.float32))
    assert not np.allclose(model(x, x).array, model(x, x).array)
    model.eval()
    assert np.array_equal(model(x, x).array, model(x, x).array)
    attend_only = nn.MultiheadAttention(8, 2, dropout=0.5)
    assert not np.allclose(attend_only(x, x, x)[0].array, attend_only(x, x, x)[0].array)
    attend_only.eval()
    assert np.array_equal(attend_only(x, x, x)[0].array, attend_only(x, x, x)[0].array)


def test_copies_of_a_layer_are_its_own_and_keep_its_activation() -> None:
    layer = nn.TransformerDecoderLayer(4, 2, 5, activation=nn.SiLU())
    model = nn.TransformerDecoder(layer, 3)
    assert len({id(p) for p in model.parameters()}) == 3 * len(list(layer.parameters()))
    assert all(isinstance(copied.activation, nn.SiLU) for copied in model.layers)
    assert all(np.array_equal(a.array, b.array) for a, b in zip(model.layers[2].parameters(), layer.parameters(), strict=True))


def test_errors_of_transformers() -> None:
    with pytest.raises(RuntimeError, match="activation should be relu/gelu, not swish"):
        nn.TransformerEncoderLayer(4, 2, activation="swish")
    model = nn.Transformer(4, 2, 1, 1, 8)
    a = autograd.ones
    with pytest.raises(RuntimeError, match=r"batch number .* must be equal: src float32\[3, 2, 4\] and tgt float32\[3, 1, 4\]"):
        model(a(3, 2, 4), a(3, 1, 4))
    with pytest.raises(RuntimeError, match="feature number of src and tgt must be equal to d_model=4"):
        model(a(3, 2, 5), a(3, 2, 5))
    with pytest.raises(RuntimeError, match="both be 3-D"):
        model(a(3, 2, 4), a(3, 4))
    with pytest.raises(ValueError, match=r"layer 'encoder.layers.0.self_attn': The shape of the 2D attn_mask is \(2, 2\)"):
        model(a(3, 2, 4), a(3, 2, 4), src_mask=autograd.zeros(2, 2))


def test_attention_promotes_as_numpy_does() -> None:
    layer = nn.MultiheadAttention(4, 2, batch_first=True)
    query = autograd.ones(1, 2, 4)
    wide = autograd.ones(1, 3, 4, dtype=np.float64)
    assert layer(query, wide, wide)[0].dtype == np.float64
    assert layer(query, query, query)[0].dtype == np.float32
