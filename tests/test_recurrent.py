"""Recurrent layers against loops written from the equations in their docstrings; packed sequences, states and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import numbers

import autograd
import nn
from autograd.errors import ArgumentError
from autograd.proof.gradcheck import gradcheck, gradgradcheck
from nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

LAYERS = {"RNN": nn.RNN, "RNN_RELU": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}
each_kind = pytest.mark.parametrize("kind", LAYERS)


def layer(kind: str, *args: Any, **more: Any) -> Any:
    autograd.manual_seed(1)
    if kind == "RNN_RELU":
        more["nonlinearity"] = "relu"
    return LAYERS[kind](*args, dtype=np.float64, **more)


def sigma(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def step(kind: str, w: dict[str, np.ndarray], x: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One step of the equations."""
    inner = w["weight_ih"] @ x + w.get("bias_ih", 0)
    outer = w["weight_hh"] @ h + w.get("bias_hh", 0)
    n = len(c)
    if kind == "RNN":
        return np.tanh(inner + outer), c
    if kind == "RNN_RELU":
        return np.maximum(inner + outer, 0), c
    if kind == "GRU":
        r, z = sigma((inner + outer)[:n]), sigma((inner + outer)[n : 2 * n])
        new = np.tanh(inner[2 * n :] + r * outer[2 * n :])
        return (1 - z) * new + z * h, c
    i, f, g, o = np.split(inner + outer, 4)
    c = sigma(f) * c + sigma(i) * np.tanh(g)
    h = sigma(o) * np.tanh(c)
    return (w["weight_hr"] @ h if "weight_hr" in w else h), c


def loop(kind: str, model: Any, x: np.ndarray, h0: np.ndarray, c0: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A sequence (time, features) through all layers and directions: outputs, last h and last c of each."""
    hs, cs = [], []
    k = 0
    for number in range(model.num_layers):
        parts = []
        for suffix in ("", "_reverse") if model.bidirectional else ("",):
            end = f"_l{number}{suffix}"
            w = {name.removesuffix(end): p.array for name, p in model.named_parameters() if name.endswith(end)}
            h, c = h0[k], c0[k]
            found = []
            for row in x[::-1] if suffix else x:
                h, c = step(kind, w, row, h, c)
                found.append(h)
            parts.append(np.array(found[::-1] if suffix else found))
            hs.append(h)
            cs.append(c)
            k += 1
        x = np.concatenate(parts, axis=1)
    return x, np.array(hs), np.array(cs)


def states(model: Any, batch: int) -> tuple[np.ndarray, np.ndarray]:
    lead = model.num_layers * (1 + model.bidirectional)
    return numbers(lead, batch, model.proj_size or model.hidden_size, seed=2), numbers(lead, batch, model.hidden_size, seed=3)


def given(kind: str, h0: np.ndarray, c0: np.ndarray) -> Any:
    return (autograd.tensor(h0), autograd.tensor(c0)) if kind == "LSTM" else autograd.tensor(h0)


def ends(state: Any) -> list[np.ndarray]:
    return [s.array for s in (state if isinstance(state, tuple) else (state,))]


@each_kind
@pytest.mark.parametrize(
    "options",
    [{}, {"bias": False}, {"num_layers": 2, "bidirectional": True}, {"batch_first": True, "bidirectional": True}, {"proj_size": 2}],
    ids=str,
)
def test_values_are_those_of_the_equations(kind: str, options: dict[str, Any]) -> None:
    if "proj_size" in options and kind != "LSTM":
        with pytest.raises(ValueError, match="only supported for LSTM"):
            layer(kind, 3, 4, **options)
        return
    model = layer(kind, 3, 4, **options)
    x = numbers(5, 2, 3)
    h0, c0 = states(model, 2)
    expected = [loop(kind, model, x[:, b], h0[:, b], c0[:, b]) for b in range(2)]
    y, state = model(autograd.tensor(x.swapaxes(0, 1) if model.batch_first else x), given(kind, h0, c0))
    found = y.array.swapaxes(0, 1) if model.batch_first else y.array
    for b, (ys, *last) in enumerate(expected):
        assert np.allclose(found[:, b], ys)
        for part, end in zip(ends(state), last, strict=False):
            assert np.allclose(part[:, b], end)
    # The same sequence without a batch.
    y, state = model(autograd.tensor(x[:, 0]), given(kind, h0[:, 0], c0[:, 0]))
    assert np.allclose(y.array, expected[0][0])
    assert np.allclose(ends(state)[0], expected[0][1])


@each_kind
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}], ids=str)
@pytest.mark.parametrize("lengths", [[5, 4, 2], [2, 5, 4]], ids=str)
def test_packed_is_each_sequence_by_itself(kind: str, options: dict[str, Any], lengths: list[int]) -> None:
    model = layer(kind, 3, 4, **options)
    x = numbers(5, 3, 3)
    h0, c0 = states(model, 3)
    padded = autograd.tensor(x, requires_grad=True)
    packed = pack_padded_sequence(padded, lengths, enforce_sorted=False)
    y, state = model(packed, given(kind, h0, c0))
    out, found = pad_packed_sequence(y)
    assert found.tolist() == lengths
    for b, n in enumerate(lengths):
        ys, *last = loop(kind, model, x[:n, b], h0[:, b], c0[:, b])
        assert np.allclose(out.array[:n, b], ys)
        assert not out.array[n:, b].any()
        for part, end in zip(ends(state), last, strict=False):
            assert np.allclose(part[:, b], end)
    # Gradients: the sum over all is the sum over each alone, and padding gets none.
    out.square().sum().backward()
    for b, n in enumerate(lengths):
        alone = autograd.tensor(x[:n, b], requires_grad=True)
        model(alone, given(kind, h0[:, b], c0[:, b]))[0].square().sum().backward()
        assert np.allclose(padded.grad.array[:n, b], alone.grad.array)
        assert not padded.grad.array[n:, b].any()


@each_kind
def test_gradients_of_packed_sequences_at_second_order(kind: str) -> None:
    model = layer(kind, 2, 3, bidirectional=True)
    x = autograd.tensor(numbers(3, 2, 2), requires_grad=True)
    parameters = [p.detach().requires_grad_() for p in model.parameters()]
    names = [name for name, _ in model.named_parameters()]

    def run(x: Any, *p: Any) -> Any:
        packed = pack_padded_sequence(x, [3, 2])
        y, state = nn.functional_call(model, dict(zip(names, p, strict=True)), (packed,))
        return (y.data, *(state if isinstance(state, tuple) else (state,)))

    assert gradcheck(run, (x, *parameters))
    if kind != "RNN_RELU":
        assert gradgradcheck(run, (x, *parameters), fast_mode=True)


@each_kind
def test_recorded_and_plain_gradients_agree(kind: str) -> None:
    model = layer(kind, 3, 4)
    x = autograd.tensor(numbers(6, 2, 3), requires_grad=True)
    y, state = model(x)
    loss = y.square().sum() + sum(np.exp(s).sum() for s in (state if isinstance(state, tuple) else (state,)))
    leaves = [x, *model.parameters()]
    recorded = autograd.grad(loss, leaves, create_graph=True)
    plain = autograd.grad(loss, leaves)
    for a, b in zip(recorded, plain, strict=True):
        assert np.allclose(a.array, b.array, rtol=1e-12)


@each_kind
def test_a_sequence_in_two_parts_is_the_whole(kind: str) -> None:
    model = layer(kind, 3, 4, 2)
    x = autograd.tensor(numbers(6, 2, 3))
    whole, end = model(x)
    first, middle = model(x[:4])
    second, last = model(x[4:], middle)
    assert np.allclose(whole.array, np.concatenate([first.array, second.array]))
    for a, b in zip(ends(end), ends(last), strict=True):
        assert np.allclose(a, b)


@pytest.mark.parametrize(("kind", "cell"), [("RNN", nn.RNNCell), ("LSTM", nn.LSTMCell), ("GRU", nn.GRUCell)])
def test_cells_step_by_step_are_the_layer(kind: str, cell: Any) -> None:
    model = layer(kind, 3, 4)
    single = cell(3, 4, dtype=np.float64)
    single.load_state_dict({name.removesuffix("_l0"): value for name, value in model.state_dict().items()})
    x = autograd.tensor(numbers(5, 2, 3))
    expected, _ = model(x)
    state = None
    for t in range(5):
        state = single(x[t], state)
        assert np.allclose((state[0] if isinstance(state, tuple) else state).array, expected.array[t])
    alone = single(x[0, 0])
    assert np.allclose((alone[0] if isinstance(alone, tuple) else alone).array, expected.array[0, 0])


@each_kind
def test_dropout_is_between_layers_and_in_training_only(kind: str) -> None:
    with pytest.warns(UserWarning, match="no effect with num_layers=1"):
        layer(kind, 3, 4, dropout=0.5)
    model = layer(kind, 3, 8, 2, dropout=0.5)
    plain = layer(kind, 3, 8, 2)
    plain.load_state_dict(model.state_dict())
    x = autograd.tensor(numbers(4, 2, 3))
    first, second = model(x)[0].array, model(x)[0].array
    assert not np.allclose(first, second)
    assert np.allclose(model.eval()(x)[0].array, plain(x)[0].array)
    # All dropped: the second layer sees zeros.
    model.train().dropout = 1.0
    assert np.allclose(model(x)[0].array, model(x * 2)[0].array)


def test_initial_values_and_names() -> None:
    model = nn.LSTM(3, 16, 2, bidirectional=True, proj_size=5)
    names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_hr_l0"]
    assert list(model.state_dict())[:10] == names + [name + "_reverse" for name in names]
    assert tuple(model.weight_ih_l1.shape) == (64, 10)
    assert all(np.abs(p.array).max() <= 0.25 for p in model.parameters())
    assert [w.shape for w in model.all_weights[0]] == [(64, 3), (64, 5), (64,), (64,), (5, 16)]


def test_errors_name_the_layer_and_show_shapes() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.reader = nn.LSTM(3, 4)

        def forward(self, x: Any, hx: Any = None) -> Any:
            return self.reader(x, hx)

    model = Model()
    with pytest.raises(ValueError, match=r"layer 'reader': .* equal to input_size. Expected 3, got 2.*\[5, 2, 2\]"):
        model(autograd.ones(5, 2, 2))
    with pytest.raises(ValueError, match=r"layer 'reader': Expected input to be 2D or 3D, got 4D instead: float32\[1, 5, 2, 3\]"):
        model(autograd.ones(1, 5, 2, 3))
    state = autograd.zeros(1, 3, 4)
    with pytest.raises(ValueError, match=r"layer 'reader': Expected hidden size \(1, 2, 4\), got \[1, 3, 4\]"):
        model(autograd.ones(5, 2, 3), (state, state))
    with pytest.raises(ValueError, match=r"Expected cell size \(1, 3, 4\), got \[1, 1, 4\]"):
        model(autograd.ones(5, 3, 3), (state, autograd.zeros(1, 1, 4)))
    with pytest.raises(ValueError, match=r"layer 'reader': hx must be the pair \(h_0, c_0\)"):
        model(autograd.ones(5, 3, 3), state)
    with pytest.raises(ValueError, match="For unbatched 2-D input, hx should also be 2-D"):
        model(autograd.ones(5, 3), (state, state))
    with pytest.raises(TypeError, match=r"input dtype \(float64\) does not match weight dtype \(float32\)"):
        model(autograd.ones(5, 2, 3, dtype=np.float64))
    with pytest.raises(ValueError, match="sequence length to be larger than 0"):
        model(autograd.ones(0, 2, 3))
    with pytest.raises(ValueError, match=r"hidden state float32\[2, 5\] does not fit input float32\[2, 3\]: it must be \(2, 4\)"):
        nn.GRUCell(3, 4)(autograd.ones(2, 3), autograd.ones(2, 5))
    with pytest.raises(ValueError, match="input has inconsistent input_size: got 2, expected 3"):
        nn.RNNCell(3, 4)(autograd.ones(2, 2))
    for name, value in (("num_layers", 0), ("dropout", 2.0), ("proj_size", 4), ("proj_size", -1)):
        with pytest.raises(ValueError, match=name):
            nn.LSTM(3, 4, **{name: value})
    with pytest.raises(TypeError, match="bias should be of type bool, got: int"):
        nn.GRU(3, 4, 1, 1)
    with pytest.raises(ValueError, match="Unknown nonlinearity 'gelu'"):
        nn.RNN(3, 4, nonlinearity="gelu")


@pytest.mark.parametrize("cell", [nn.RNNCell, nn.LSTMCell, nn.GRUCell])
def test_complex_numbers(cell: Any) -> None:
    step = cell(2, 2, dtype=np.complex128)
    for i, p in enumerate(step.parameters()):
        p.array[...] = numbers(*p.shape, seed=i) + 1j * numbers(*p.shape, seed=i + 10)
    x, h = (autograd.tensor(numbers(1, 2, seed=i) + 1j * numbers(1, 2, seed=i + 5), requires_grad=True) for i in range(2))

    def run(x: Any, h: Any) -> Any:
        return step(x, (h, h))[0] if cell is nn.LSTMCell else step(x, h)

    assert gradcheck(run, (x, h))
    assert gradgradcheck(run, (x, h))
    with pytest.raises(TypeError, match="no order"):
        nn.RNNCell(2, 2, nonlinearity="relu", dtype=np.complex128)(x)


@pytest.mark.parametrize(("kind", "function"), [(nn.LSTM, "lstm"), (nn.GRU, "gru"), (nn.RNN, "rnn_tanh")])
def test_the_functions_compute_what_the_layers_compute_with_their_parameters(kind, function):
    autograd.manual_seed(0)
    layer, x = kind(3, 4, 2, bidirectional=True, batch_first=True), autograd.randn(2, 5, 3)
    h = autograd.randn(4, 2, 4)
    states = (h, 2 * h) if kind is nn.LSTM else h
    before = autograd.get_rng_state()
    found = getattr(autograd, function)(x, states, list(layer.parameters()), True, 2, 0.0, True, True, True)
    assert autograd.equal(before, autograd.get_rng_state())
    y, ends = layer(x, states)
    ends = ends if isinstance(ends, tuple) else (ends,)
    assert all(autograd.equal(a, b) for a, b in zip(found, (y, *ends), strict=True))
    found[0].sum().backward()
    gradients = [p.grad.clone() for p in layer.parameters()]
    layer.zero_grad()
    y.sum().backward()
    assert all(autograd.equal(g, p.grad) for g, p in zip(gradients, layer.parameters(), strict=True))
    packed = nn.utils.rnn.pack_padded_sequence(x, [5, 3], batch_first=True)
    found = getattr(autograd, function)(packed.data, packed.batch_sizes, states, list(layer.parameters()), True, 2, 0.0, True, True)
    assert autograd.equal(found[0], layer(packed, states)[0].data)
    with pytest.raises(ArgumentError, match="parameters"):
        getattr(autograd, function)(x, states, list(layer.parameters())[:3], True, 2, 0.0, True, True, True)


def test_the_functions_of_cells_compute_what_the_cells_compute():
    autograd.manual_seed(0)
    x, h = autograd.randn(2, 3), autograd.randn(2, 4)
    for cell, function, states in (
        (nn.LSTMCell(3, 4), autograd.lstm_cell, (h, 2 * h)),
        (nn.GRUCell(3, 4), autograd.gru_cell, h),
        (nn.RNNCell(3, 4), autograd.rnn_tanh_cell, h),
        (nn.RNNCell(3, 4, nonlinearity="relu"), autograd.rnn_relu_cell, h),
    ):
        found, expected = function(x, states, *cell.parameters()), cell(x, states)
        for a, b in zip(found, expected, strict=True):
            assert autograd.equal(a, b)
    bare = nn.GRUCell(3, 4, bias=False)
    assert autograd.equal(autograd.gru_cell(x, h, bare.weight_ih, bare.weight_hh), bare(x, h))
