"""Activations, dropout and linear layers: one table, from which no layer of the three files can be left out."""

from __future__ import annotations

import inspect
import math
import warnings

import numpy as np
import pytest
from scipy import special, stats

import autograd
import nn
import nn.functional as F
from autograd.proof.gradcheck import gradcheck, gradgradcheck
from nn.layers import activation, dropout, linear
from nn.stateless import swapped

X = np.linspace(-3.03, 3.01, 24).reshape(2, 3, 4)
SIGMOID = special.expit(X)

# layer -> (its value at X in evaluation mode, its repr's inside)
TABLE = [
    (nn.ReLU(), np.maximum(X, 0), ""),
    (nn.ReLU6(), np.clip(X, 0, 6), ""),
    (nn.Sigmoid(), SIGMOID, ""),
    (nn.Tanh(), np.tanh(X), ""),
    (nn.LogSigmoid(), np.log(SIGMOID), ""),
    (nn.Softsign(), X / (1 + np.abs(X)), ""),
    (nn.Tanhshrink(), X - np.tanh(X), ""),
    (nn.SiLU(), X * SIGMOID, ""),
    (nn.Mish(), X * np.tanh(np.log1p(np.exp(X))), ""),
    (nn.Hardswish(), X * np.clip(X + 3, 0, 6) / 6, ""),
    (nn.Hardsigmoid(), np.clip(X + 3, 0, 6) / 6, ""),
    (nn.SELU(), 1.0507009873554805 * np.where(X > 0, X, 1.6732632423543772 * np.expm1(X)), ""),
    (nn.Threshold(0.5, -1.0), np.where(X > 0.5, X, -1.0), "threshold=0.5, value=-1.0"),
    (nn.Hardtanh(-1.5, 2.0), np.clip(X, -1.5, 2.0), "min_val=-1.5, max_val=2.0"),
    (nn.ELU(0.7), np.where(X > 0, X, 0.7 * np.expm1(X)), "alpha=0.7"),
    (nn.CELU(0.7), np.where(X > 0, X, 0.7 * np.expm1(X / 0.7)), "alpha=0.7"),
    (nn.LeakyReLU(0.2), np.where(X > 0, X, 0.2 * X), "negative_slope=0.2"),
    (nn.RReLU(0.1, 0.3), np.where(X > 0, X, 0.2 * X), "lower=0.1, upper=0.3"),
    (nn.GLU(), X[..., :2] * special.expit(X[..., 2:]), "dim=-1"),
    (nn.GELU(), X * special.ndtr(X), "approximate='none'"),
    (nn.Softplus(2.0, 4.0), np.where(2 * X > 4, X, np.log1p(np.exp(2 * X)) / 2), "beta=2.0, threshold=4.0"),
    (nn.Hardshrink(0.4), np.where(np.abs(X) > 0.4, X, 0), "0.4"),
    (nn.Softshrink(0.4), np.sign(X) * np.maximum(np.abs(X) - 0.4, 0), "0.4"),
    (nn.PReLU(3), np.where(X > 0, X, 0.25 * X), "num_parameters=3"),
    (nn.Softmax(1), special.softmax(X, 1), "dim=1"),
    (nn.Softmin(1), special.softmax(-X, 1), "dim=1"),
    (nn.LogSoftmax(2), special.log_softmax(X, 2), "dim=2"),
    (nn.Softmax2d(), special.softmax(X, 0), ""),
    (nn.Dropout(0.3), X, "p=0.3, inplace=False"),
    (nn.Dropout1d(0.3), X, "p=0.3, inplace=False"),
    (nn.Dropout2d(0.3), X, "p=0.3, inplace=False"),
    (nn.Dropout3d(0.3), X[None], "p=0.3, inplace=False"),
    (nn.AlphaDropout(0.3), X, "p=0.3, inplace=False"),
    (nn.FeatureAlphaDropout(0.3), X, "p=0.3, inplace=False"),
    (nn.Identity(1, a=2), X, ""),
    (nn.Flatten(), X.reshape(2, 12), "start_dim=1, end_dim=-1"),
    (nn.Unflatten(2, (2, -1)), X.reshape(2, 3, 2, 2), "dim=2, unflattened_size=(2, -1)"),
    (nn.Linear(4, 5), None, "in_features=4, out_features=5, bias=True"),
    (nn.LazyLinear(5), None, "in_features=4, out_features=5, bias=True"),
    (nn.Bilinear(4, 4, 2), None, "in1_features=4, in2_features=4, out_features=2, bias=True"),
]
SMOOTH = {
    "Sigmoid", "Tanh", "LogSigmoid", "Softsign", "Tanhshrink", "SiLU", "Mish", "SELU", "ELU", "CELU", "GLU", "GELU", "Softplus",
    "Softmax", "Softmin", "LogSoftmax", "Softmax2d", "Linear", "Bilinear", "PReLU",
}  # fmt: skip
IDS = [type(layer).__name__ for layer, _, _ in TABLE]


def test_no_layer_is_left_out():
    classes = {
        cls.__name__ for module in (activation, dropout, linear) for _, cls in inspect.getmembers(module, inspect.isclass)
        if issubclass(cls, nn.Module) and cls.__module__ == module.__name__ and not cls.__name__.startswith("_")
    }  # fmt: skip
    assert classes == set(IDS)
    assert classes <= set(nn.__all__)


def inputs(layer):
    x = X[None] if isinstance(layer, nn.Dropout2d | nn.Dropout3d) else X
    return (x, np.cos(x)) if isinstance(layer, nn.Bilinear) else (x,)


@pytest.mark.parametrize(("layer", "expected", "inside"), TABLE, ids=IDS)
@pytest.mark.parametrize("training", [False, True])
def test_layer(layer, expected, inside, training):
    layer.double().train(training)
    if hasattr(layer, "generator"):
        layer.generator = np.random.default_rng(3)
    if training and isinstance(layer, nn.RReLU | dropout._DropoutNd):
        state = layer.generator.bit_generator.state

        def call(*x):
            layer.generator.bit_generator.state = state
            return layer(*x)
    else:
        call = layer
    x = [autograd.tensor(a, requires_grad=True) for a in inputs(layer)]
    y = call(*x)
    layer.double()
    if isinstance(layer, nn.Linear):
        expected = X @ layer.weight.array.T + layer.bias.array
        y = call(*x)
    elif isinstance(layer, nn.Bilinear):
        expected = np.einsum("nci,kij,ncj->nck", X, layer.weight.array, np.cos(X)) + layer.bias.array
    if not training:
        assert np.allclose(y.array, expected, rtol=1e-9, atol=1e-12)
    name = "Linear" if isinstance(layer, nn.Linear) else type(layer).__name__
    assert repr(layer) == f"{name}({inside})"
    names = [name for name, _ in layer.named_parameters()]

    def function(*tensors):
        with swapped(layer, dict(zip(names, tensors[len(x) :], strict=True))):
            return call(*tensors[: len(x)])

    tensors = (*x, *[p.detach().requires_grad_() for p in layer.parameters()])
    assert gradcheck(function, tensors)
    if name in SMOOTH:
        assert gradgradcheck(function, tensors)
    assert layer.float()(*[autograd.tensor(a, dtype=np.float32) for a in inputs(layer)]).dtype == np.float32


INPLACE = [
    nn.ReLU,
    nn.ReLU6,
    nn.SiLU,
    nn.Mish,
    nn.Hardswish,
    nn.Hardsigmoid,
    nn.SELU,
    nn.Hardtanh,
    nn.ELU,
    nn.CELU,
    nn.LeakyReLU,
    nn.RReLU,
]


@pytest.mark.parametrize("cls", INPLACE)
def test_in_place(cls):
    leaf = autograd.tensor(X, requires_grad=True)
    expected = cls().eval()(leaf)
    (wanted,) = autograd.grad(expected.sum(), leaf)
    x = leaf * 1
    y = cls(inplace=True).eval()(x)
    assert y is x
    assert np.array_equal(y.array, expected.array)
    (found,) = autograd.grad(y.sum(), leaf)
    assert np.allclose(found.array, wanted.array)
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        cls(inplace=True)(leaf)
    assert repr(cls(inplace=True)).endswith("inplace=True)")


def test_dropout_statistics():
    g = np.random.default_rng(0)
    x = autograd.ones(200, 500)
    for p in (0.2, 0.5):
        y = F.dropout(x, p, generator=g).array
        assert set(np.unique(y)) == {0, np.float32(1 / (1 - p))}
        assert abs((y == 0).mean() - p) < 0.01
    assert not F.dropout(x, 1.0).array.any()
    channels = F.dropout2d(autograd.ones(50, 40, 3, 3), 0.5, generator=g).array.reshape(2000, 9)
    assert (channels == channels[:, :1]).all()
    assert abs((channels[:, 0] == 0).mean() - 0.5) < 0.05
    unbatched = F.dropout1d(autograd.ones(400, 7), 0.5, generator=g).array
    assert (unbatched == unbatched[:, :1]).all()
    normal = autograd.tensor(g.standard_normal((300, 400)))
    for function in (F.alpha_dropout, F.feature_alpha_dropout):
        y = function(normal, 0.3, True, generator=g).array
        assert abs(y.mean()) < 0.02
        assert abs(y.var() - 1) < 0.03
    again = [F.dropout(x, 0.5, generator=autograd.Generator().manual_seed(1)).array for _ in range(2)]
    assert np.array_equal(*again)


@pytest.mark.parametrize(
    ("name", "shape", "kept", "said"),
    [("dropout1d", (40, 7), 1, None), ("dropout1d", (5, 8, 7), 2, None), ("dropout2d", (5, 8, 2, 3), 2, None),
     ("dropout2d", (5, 8, 7), 2, r"shape \(N, C, L\)"), ("dropout2d", (5, 8), 2, "2-D input to dropout2d"),
     ("dropout2d", (5, 8, 2, 1, 2), 2, "5-D input"), ("dropout3d", (5, 8, 2, 1, 3), 2, None), ("dropout3d", (40, 2, 2, 2), 1, None),
     ("dropout3d", (40, 5), 1, "2-D input to dropout3d")],
)  # fmt: skip
def test_which_dimensions_are_channels(name, shape, kept, said):
    x = autograd.ones(*shape)
    with warnings.catch_warnings():
        warnings.simplefilter("error" if said is None else "ignore")
        rows = getattr(F, name)(x, 0.5, generator=np.random.default_rng(1)).array.reshape(math.prod(shape[:kept]), -1)
    assert all(len(set(row.tolist())) == 1 for row in rows)
    assert set(rows[:, 0].tolist()) == {0.0, 2.0}
    if said is not None:
        with pytest.warns(UserWarning, match=said):
            assert getattr(F, name)(x, training=False) is x
    with pytest.raises(RuntimeError, match="at least 2 dimensions"), pytest.warns(UserWarning, match="1-D"):
        F.dropout2d(x.flatten())


def test_random_activations():
    g = np.random.default_rng(0)
    y = F.rrelu(autograd.tensor(-np.ones(20000)), 0.1, 0.4, True, generator=g)
    assert stats.kstest(-y.array, "uniform", (0.1, 0.3)).pvalue > 1e-3
    logits = autograd.tensor(np.log([[0.2, 0.3, 0.5]] * 20000), requires_grad=True)
    hard = F.gumbel_softmax(logits, 0.7, hard=True, generator=g)
    assert np.allclose(np.sort(hard.array, 1), [[0, 0, 1]] * 20000)
    assert np.allclose(hard.array.mean(0), [0.2, 0.3, 0.5], atol=0.015)
    soft = F.gumbel_softmax(logits, 0.7, generator=g)
    assert np.allclose(soft.array.sum(1), 1)
    assert hard.requires_grad


def test_products_and_distances():
    a, b = np.random.default_rng(0).standard_normal((2, 4, 5))
    s, t = autograd.tensor(a), autograd.tensor(b)
    lengths = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    assert np.allclose(F.cosine_similarity(s, t).array, (a * b).sum(1) / lengths[0] / lengths[1])
    assert np.allclose(F.pairwise_distance(s, t).array, np.linalg.norm(a - b + 1e-6, axis=1))
    assert np.allclose(F.normalize(s, 1.0, 0).array, a / np.abs(a).sum(0))
    assert not F.normalize(autograd.zeros(2, 3)).array.any()
    assert np.allclose(F.pdist(s).array, [np.linalg.norm(a[i] - a[j]) for i in range(4) for j in range(i + 1, 4)])
    assert F.one_hot(autograd.tensor([[1], [0]]), 3).tolist() == [[[0, 1, 0]], [[1, 0, 0]]]


def test_padding():
    x = np.arange(12.0).reshape(1, 3, 4)
    t = autograd.tensor(x, requires_grad=True)
    assert np.array_equal(F.pad(t, (1, 2), value=9).array, np.pad(x, ((0, 0), (0, 0), (1, 2)), constant_values=9))
    for ours, numpys in (("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")):
        y = F.pad(t, (2, 1, 0, 1), ours)
        assert np.array_equal(y.array, np.pad(x, ((0, 0), (0, 1), (2, 1)), mode=numpys))
        assert autograd.grad(y.sum(), t)[0].sum().item() == y.array.size
    assert np.array_equal(F.pad(t, (-1, 2, 0, -1)).array, np.pad(x[:, :2, 1:], ((0, 0), (0, 0), (0, 2))))
    assert np.array_equal(F.pad(t, (-1, 2), "circular").array, np.pad(x[..., 1:], ((0, 0), (0, 0), (0, 2)), mode="wrap"))


def test_refused():
    x = autograd.ones(2, 3, 4)
    bad = [
        (lambda: nn.Dropout(1.5), ValueError, "between 0 and 1"),
        (lambda: F.dropout(x, -0.1), ValueError, "between 0 and 1"),
        (lambda: F.dropout(autograd.ones(3, dtype=np.int64)), TypeError, "int64"),
        (lambda: nn.Dropout1d()(autograd.ones(3)), RuntimeError, r"2D or 3D input, got float32\[3\]"),
        (lambda: nn.GLU(1)(x), RuntimeError, "dimension must be even, but dimension 1 is size 3"),
        (lambda: nn.PReLU(4)(x), RuntimeError, "4 elements and the input 3 channels"),
        (lambda: nn.PReLU(0)(x), RuntimeError, "0 elements and the input 3 channels"),
        (lambda: nn.Hardtanh(2, 1), ValueError, "larger than min_val"),
        (lambda: F.rrelu(x, 2, 1), ValueError, "upper bound"),
        (lambda: F.celu(x, 0), RuntimeError, "alpha"),
        (lambda: nn.Softmax2d()(autograd.ones(3)), RuntimeError, "3D or 4D"),
        (lambda: nn.Bilinear(0, 1, 1), ValueError, "must be > 0"),
        (lambda: nn.Bilinear(4, 3, 2)(x, x), RuntimeError, "do not fit weight"),
        (lambda: nn.Bilinear(4, 4, 2)(x, autograd.ones(4)), RuntimeError, "before the last dimension"),
        (lambda: nn.Sequential(nn.Linear(5, 2))(x), RuntimeError, "in layer '0'"),
        (lambda: nn.Linear(2, 2, device="cuda"), RuntimeError, "cuda"),
        (lambda: nn.Unflatten("c", (1, 2)), TypeError, "must be an int"),
        (lambda: nn.Unflatten(1, 3), TypeError, "tuple of ints"),
        (lambda: F.one_hot(autograd.tensor([0.5])), TypeError, "index tensors"),
        (lambda: F.one_hot(autograd.tensor([-1])), ValueError, "non-negative"),
        (lambda: F.one_hot(autograd.tensor([3]), 3), ValueError, "smaller than num_classes=3"),
        (lambda: F.one_hot(autograd.zeros(0, dtype=np.int64)), ValueError, "empty"),
        (lambda: F.pad(x, (1,)), RuntimeError, "two widths"),
        (lambda: F.pad(x, (0, 4), "reflect"), RuntimeError, "too wide"),
        (lambda: F.pad(x, (0, 5), "circular"), RuntimeError, "too wide"),
        (lambda: F.pad(x, (0, 1), "mirror"), NotImplementedError, "constant, reflect"),
        (lambda: F.pdist(x), RuntimeError, "2D"),
    ]
    for call, error, text in bad:
        with pytest.raises(error, match=text):
            call()
    with pytest.warns(UserWarning, match="Implicit dimension"):
        assert math.isclose(nn.Softmax()(x).array[:, 0, 0].sum(), 1)


def test_a_layer_of_one_output_without_its_dimension():
    x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    w, b = autograd.tensor([10.0, 1.0], requires_grad=True), autograd.tensor(0.5, requires_grad=True)
    y = F.linear(x, w, b)
    assert y.tolist() == [12.5, 34.5]
    y.sum().backward()
    assert (w.grad.tolist(), b.grad.item(), x.grad.tolist()) == ([4, 6], 2, [[10, 1], [10, 1]])
    assert F.linear(x[0], w).tolist() == 12


def test_the_cosine_of_vectors_that_broadcast_is_that_of_the_longer_ones():
    x, y = autograd.tensor([[3.0, 4.0, 0.0]]), autograd.tensor([[1.0]])
    assert np.isclose(F.cosine_similarity(x, y).item(), 7 / (5 * 3**0.5))


def test_flatten_of_one_number_looks_at_its_dimensions():
    assert autograd.tensor(2.0).flatten().shape == (1,)
    with pytest.raises(IndexError):
        nn.Flatten()(autograd.tensor(2.0))
    with pytest.raises(IndexError):
        autograd.tensor(2.0).flatten(0, -2)


REAL = [
    nn.LeakyReLU(), nn.PReLU(), nn.RReLU(), nn.RReLU().eval(), nn.ELU(), nn.CELU(), nn.SELU(), nn.GELU(), nn.GELU("tanh"),
    nn.SiLU(), nn.Mish(), nn.Softplus(), nn.LogSigmoid(), nn.Hardsigmoid(), nn.Hardswish(), nn.Hardtanh(), nn.Hardshrink(),
    nn.Softshrink(),
    nn.Softmax(0), nn.Softmin(0), nn.LogSoftmax(0), nn.GLU(0),
]  # fmt: skip


@pytest.mark.parametrize("layer", REAL, ids=repr)
@pytest.mark.parametrize("dtype", [np.int64, np.bool_, np.complex64])
def test_activations_of_integers_and_complex_numbers_are_refused_by_path(layer, dtype):
    model = nn.Sequential(nn.Identity(), layer)
    with pytest.raises(TypeError, match=r"in layer '1'|^1: expected|^1 "):
        model(autograd.tensor(np.ones(4, dtype)))


def test_rectifiers_take_integers_and_no_complex_numbers():
    x = autograd.tensor([-1, 2, 9])
    assert F.relu(x).tolist() == [0, 2, 9]
    assert F.relu6(x).tolist() == [0, 2, 6]
    assert F.threshold(x, 1, 5).tolist() == [5, 2, 9]
    for function in (F.relu, F.relu6, lambda x: F.threshold(x, 1, 5)):
        for bad in (autograd.tensor([1j]), autograd.tensor([True])):
            with pytest.raises(TypeError, match="expected real numbers"):
                function(bad)
    with pytest.raises(TypeError, match="expected real numbers"):
        F.softsign(autograd.tensor([1j]))


def test_half_stays_half():
    x = autograd.tensor(np.linspace(-3, 3, 7).astype(np.float16))
    y = F.gelu(x)
    assert y.dtype == np.float16
    assert np.allclose(y.array, F.gelu(x.double()).array, atol=2e-3)


def test_linear_layers_refuse_integers():
    x = autograd.tensor([[1, 2, 3]])
    model = nn.Sequential(nn.Linear(3, 2), nn.Bilinear(3, 3, 2))
    with pytest.raises(autograd.errors.DtypeError, match=r"linear in layer '0': x int64\[1, 3\] holds no floating point numbers"):
        model(x)
    with pytest.raises(autograd.errors.DtypeError, match=r"linear: x bool\[3\]"):
        F.linear(autograd.tensor([True, False, True]), autograd.ones(2, 3))
    for pair in ((x, x.float()), (x.float(), x)):
        with pytest.raises(autograd.errors.DtypeError, match=r"Bilinear in layer '1': .*int64\[1, 3\]: convert it with .float"):
            model[1](*pair)
    assert F.linear(x, x).tolist() == [[14]]


def test_functional_exports_functions_only():
    assert [n for n in dir(F) if not n.startswith("_") and n not in F.__all__] == []
    assert all(callable(getattr(F, name)) for name in F.__all__)
