"""nn.utils: clipping, vectors, parametrizations, packed sequences; and functional_call."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections import OrderedDict

import numpy as np
import pytest

import autograd
import nn
from nn.utils import parametrizations, parametrize, rnn


def filled(layer, seed=0):
    """A layer with float64 values from a fixed seed."""
    numbers = np.random.default_rng(seed)
    for p in layer.double().parameters():
        p.array[...] = numbers.standard_normal(p.shape)
    return layer


def numeric(f, array, eps=1e-6):
    out = np.zeros_like(array)
    for i in np.ndindex(array.shape):
        old = array[i]
        array[i] = old + eps
        up = f()
        array[i] = old - eps
        out[i] = (up - f()) / (2 * eps)
        array[i] = old
    return out


def check_gradients(layer, x):
    """Every parameter's gradient against finite differences."""
    u = np.random.default_rng(9).standard_normal(layer(x).shape)

    def loss():
        return (layer(x) * u).sum()

    layer.zero_grad()
    loss().backward()
    for name, p in layer.named_parameters():
        with autograd.no_grad():
            expected = numeric(lambda: loss().item(), p.array)
        assert np.allclose(p.grad.array, expected, atol=1e-6), name


# ---------------------------------------------------------------------------------------------------------------- clipping


@pytest.mark.parametrize("p", [2.0, 1.0, 3.0, np.inf])
def test_clip_grad_norm(p):
    numbers = np.random.default_rng(0)
    params = [nn.Parameter(autograd.zeros(*s)) for s in [(3, 4), (5,), (2,)]]
    for q in params[:2]:
        q.grad = autograd.tensor(numbers.standard_normal(q.shape).astype(np.float32))
    flat = np.concatenate([q.grad.array.ravel() for q in params[:2]])
    total = nn.utils.clip_grad_norm_(params, 0.5, p)
    assert total.item() == pytest.approx(np.linalg.norm(flat, p), rel=1e-5)
    after = np.concatenate([q.grad.array.ravel() for q in params[:2]])
    assert np.linalg.norm(after, p) == pytest.approx(0.5, rel=1e-4)
    assert np.allclose(after / flat, after[0] / flat[0], rtol=1e-4)
    before = after.copy()
    nn.utils.clip_grad_norm_(params, 10.0, p)
    assert np.array_equal(before, np.concatenate([q.grad.array.ravel() for q in params[:2]]))
    assert params[2].grad is None


def test_clipping_at_the_edges():
    p = nn.Parameter(autograd.zeros(2))
    assert nn.utils.clip_grad_norm_([p], 1.0).item() == 0
    p.grad = autograd.tensor([3e30, 4e30])
    assert nn.utils.clip_grad_norm_(p, 1.0).item() == pytest.approx(5e30, rel=1e-6)
    assert np.allclose(p.grad.array, [0.6, 0.8])
    p.grad = autograd.tensor([np.nan, 1.0])
    with pytest.raises(RuntimeError, match="non-finite"):
        nn.utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    p.grad = autograd.tensor([-3.0, 0.2])
    nn.utils.clip_grad_value_(p, 0.5)
    assert np.allclose(p.grad.array, [-0.5, 0.2])
    assert nn.utils.get_total_norm([autograd.tensor([3.0]), autograd.tensor([4.0])]).item() == 5


def test_parameters_as_one_vector():
    layer = nn.Linear(2, 3)
    v = nn.utils.parameters_to_vector(layer.parameters())
    assert v.requires_grad
    nn.utils.vector_to_parameters(v.detach() * 2, layer.parameters())
    assert np.array_equal(nn.utils.parameters_to_vector(layer.parameters()).array, 2 * v.array)
    old = layer.weight.array.copy()
    with pytest.raises(RuntimeError, match="9 elements"):
        nn.utils.vector_to_parameters(autograd.ones(8), layer.parameters())
    assert np.array_equal(layer.weight.array, old)


# -------------------------------------------------------------------------------------------------------- parametrizations


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).T

    def right_inverse(self, x):
        return x.triu()


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.by = nn.Parameter(autograd.tensor(2.0, dtype=np.float64))

    def forward(self, x):
        return x * self.by


def test_register_and_remove():
    layer = filled(nn.Linear(3, 3))
    w = layer.weight
    parametrize.register_parametrization(layer, "weight", Symmetric())
    assert type(layer).__name__ == "ParametrizedLinear"
    assert isinstance(layer, nn.Linear)
    assert parametrize.type_before_parametrizations(layer) is nn.Linear
    assert parametrize.is_parametrized(layer, "weight")
    assert not parametrize.is_parametrized(layer, "bias")
    assert layer.parametrizations.weight.original is w
    assert np.array_equal(layer.weight.array, layer.weight.array.T)
    parametrize.register_parametrization(layer, "weight", Scaled())
    assert [n for n, _ in layer.named_parameters()] == ["bias", "parametrizations.weight.original", "parametrizations.weight.1.by"]
    check_gradients(layer, autograd.tensor(np.random.default_rng(1).standard_normal((4, 3))))
    value = layer.weight.array.copy()
    with pytest.raises(RuntimeError, match="does not implement right_inverse"):
        layer.weight = autograd.ones(3, 3)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert np.array_equal(twin.weight.array, value)
        assert repr(twin) == repr(layer)
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear
    assert layer.weight is w
    assert np.array_equal(w.array, value)
    assert not hasattr(layer, "parametrizations")
    with pytest.raises(ValueError, match="does not have a parametrization"):
        parametrize.remove_parametrizations(layer, "weight")


def test_assigning_and_caching():
    layer = nn.Linear(2, 2)
    parametrize.register_parametrization(layer, "weight", Symmetric())
    layer.weight = autograd.tensor([[1.0, 2.0], [2.0, 3.0]])
    assert layer.weight.tolist() == [[1, 2], [2, 3]]
    assert layer.weight is not layer.weight
    with parametrize.cached():
        assert layer.weight is layer.weight
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    assert layer.weight.tolist() == [[1, 2], [0, 3]]


def test_bad_parametrizations_change_nothing():
    class Longer(nn.Module):
        def forward(self, x):
            return autograd.cat([x, x])

    class Other(nn.Module):
        def forward(self, x):
            return x.double()

    layer = nn.Linear(2, 2)
    w = layer.weight
    for bad in (Longer(), Other()):
        with pytest.raises(ValueError, match="may not change the shape or the dtype"):
            parametrize.register_parametrization(layer, "weight", bad)
    assert type(layer) is nn.Linear
    assert layer.weight is w
    with pytest.raises(ValueError, match="does not have a parameter"):
        parametrize.register_parametrization(layer, "wieght", Symmetric())
    parametrize.register_parametrization(layer, "weight", Longer(), unsafe=True)
    assert layer.weight.shape == (4, 2)


def test_transfer():
    a, b = nn.Linear(3, 3), nn.Linear(3, 3)
    parametrize.register_parametrization(a, "weight", Symmetric())
    parametrize.transfer_parametrizations_and_params(a, b)
    assert np.array_equal(a.weight.array, b.weight.array)
    assert a.parametrizations.weight.original.array is not b.parametrizations.weight.original.array


@pytest.mark.parametrize("dim", [0, 1, None])
@pytest.mark.parametrize("old", [True, False])
def test_weight_norm(dim, old):
    layer = filled(nn.Linear(3, 4))
    w = layer.weight.array.copy()
    (nn.utils.weight_norm if old else parametrizations.weight_norm)(layer, dim=dim)
    names = ["weight_g", "weight_v"] if old else ["parametrizations.weight.original0", "parametrizations.weight.original1"]
    assert [n for n, _ in layer.named_parameters()] == ["bias", *names]
    assert np.allclose(layer.weight.array, w)
    g = layer.get_parameter(names[0])
    lengths = np.linalg.norm(w) if dim is None else np.linalg.norm(w, axis=1 - dim, keepdims=True)
    assert np.allclose(g.array, lengths)
    x = autograd.tensor(np.random.default_rng(1).standard_normal((5, 3)))
    check_gradients(layer, x)
    g.array[...] *= 3
    layer(x)
    assert np.allclose(layer.weight.array, 3 * w)
    assert np.allclose(copy.deepcopy(layer)(x).array, layer(x).array)
    (nn.utils.remove_weight_norm if old else parametrize.remove_parametrizations)(layer, "weight")
    assert isinstance(layer.weight, nn.Parameter)
    assert np.allclose(layer.weight.array, 3 * w)
    if old:
        with pytest.raises(ValueError, match="not found"):
            nn.utils.remove_weight_norm(layer)


@pytest.mark.parametrize("old", [True, False])
def test_spectral_norm(old):
    layer = filled(nn.Linear(3, 4))
    w = layer.weight.array.copy()
    (nn.utils.spectral_norm if old else parametrizations.spectral_norm)(layer, n_power_iterations=3)
    x = autograd.tensor(np.random.default_rng(1).standard_normal((5, 3)))
    for _ in range(30):
        layer(x)
    layer.eval()
    layer(x)
    assert np.allclose(layer.weight.array, w / np.linalg.norm(w, 2))
    assert np.linalg.norm(layer.weight.array, 2) == pytest.approx(1)
    check_gradients(layer, x)
    assert np.allclose(copy.deepcopy(layer)(x).array, layer(x).array)
    (nn.utils.remove_spectral_norm if old else parametrize.remove_parametrizations)(layer, "weight")
    assert np.allclose(layer.weight.array, w / np.linalg.norm(w, 2))
    with pytest.raises(ValueError, match="to be positive"):
        (nn.utils.spectral_norm if old else parametrizations.spectral_norm)(layer, n_power_iterations=0)


@pytest.mark.parametrize("size", [(4, 4), (5, 3), (3, 5)])
@pytest.mark.parametrize("kind", ["matrix_exp", "cayley", "householder", None])
@pytest.mark.parametrize("trivial", [True, False])
def test_orthogonal(size, kind, trivial):
    layer = filled(nn.Linear(*size))
    nn.init.orthogonal_(layer.weight)
    start = layer.weight.array.copy()
    parametrizations.orthogonal(layer, orthogonal_map=kind, use_trivialization=trivial)
    if trivial or kind == "householder" or (kind is None and size[0] != size[1]):
        assert np.allclose(layer.weight.array, start)
    original = layer.parametrizations.weight.original
    moved = np.random.default_rng(2).standard_normal(original.shape) * 0.3
    diagonal = np.eye(*original.shape, dtype=bool)
    moved[diagonal] = 0  # the reflections keep signs there
    original.array[...] += moved
    w = layer.weight.array
    small = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    assert np.allclose(small, np.eye(len(small)))
    x = autograd.tensor(np.random.default_rng(1).standard_normal((2, size[0])))
    u = np.random.default_rng(3).standard_normal((2, size[1]))
    (layer(x) * u).sum().backward()
    with autograd.no_grad():
        expected = numeric(lambda: (layer(x) * u).sum().item(), original.array)
    assert np.allclose(original.grad.array[~diagonal], expected[~diagonal], atol=1e-6)


def test_orthogonal_refuses():
    with pytest.raises(ValueError, match="matrix or batch"):
        parametrizations.orthogonal(nn.Linear(2, 2), "bias")
    with pytest.raises(ValueError, match="has to be one of"):
        parametrizations.orthogonal(nn.Linear(2, 2), orthogonal_map="qr")
    layer = parametrizations.orthogonal(nn.Linear(2, 2), orthogonal_map="cayley", use_trivialization=False)
    with pytest.raises(NotImplementedError, match="not possible to assign"):
        layer.weight = autograd.ones(2, 2)


def test_skip_init():
    autograd.manual_seed(0)
    before = autograd.get_rng_state().tolist()
    assert nn.utils.skip_init(nn.Linear, 3, 4).weight.shape == (4, 3)
    assert autograd.get_rng_state().tolist() == before
    with pytest.raises(RuntimeError, match="Module"):
        nn.utils.skip_init(int)


# -------------------------------------------------------------------------------------------------------- packed sequences

SEQUENCES = [np.arange(1.0, 7).reshape(3, 2), np.arange(11.0, 13).reshape(1, 2), np.arange(21.0, 25).reshape(2, 2)]


@pytest.mark.parametrize("batch_first", [True, False])
def test_pack_and_pad(batch_first):
    leaves = [autograd.tensor(s, requires_grad=True) for s in SEQUENCES]
    padded = rnn.pad_sequence(leaves, batch_first, -1.0)
    expected = np.full((3, 3, 2), -1.0)
    for i, s in enumerate(SEQUENCES):
        expected[i, : len(s)] = s
    assert np.array_equal(padded.array, expected if batch_first else expected.swapaxes(0, 1))
    packed = rnn.pack_padded_sequence(padded, [3, 1, 2], batch_first, enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [3, 2, 1]
    assert packed.sorted_indices.tolist() == [0, 2, 1]
    assert packed.data.tolist() == [[1, 2], [21, 22], [11, 12], [3, 4], [23, 24], [5, 6]]
    again, lengths = rnn.pad_packed_sequence(packed, batch_first, -1.0, total_length=4)
    assert lengths.tolist() == [3, 1, 2]
    wide = np.concatenate([expected, np.full((3, 1, 2), -1.0)], axis=1)
    assert np.array_equal(again.array, wide if batch_first else wide.swapaxes(0, 1))
    weights = np.random.default_rng(0).standard_normal(again.shape)
    (again * weights).sum().backward()
    by_row = weights if batch_first else weights.swapaxes(0, 1)
    for i, t in enumerate(leaves):
        assert np.allclose(t.grad.array, by_row[i, : len(SEQUENCES[i])])
    for back, s in zip(rnn.unpad_sequence(again, lengths, batch_first), SEQUENCES, strict=True):
        assert np.array_equal(back.array, s)


def test_pack_sequence():
    tensors = [autograd.tensor(s) for s in SEQUENCES]
    packed = rnn.pack_sequence(tensors, enforce_sorted=False)
    for back, s in zip(rnn.unpack_sequence(packed), SEQUENCES, strict=True):
        assert np.array_equal(back.array, s)
    assert packed.float().data.dtype == np.float32
    assert rnn.pad_sequence(tensors, True, padding_side="left")[1].tolist() == [[0, 0], [0, 0], [11, 12]]
    assert rnn.invert_permutation(autograd.tensor([2, 0, 1])).tolist() == [1, 2, 0]
    data, sizes, order, inverse = packed
    assert rnn.PackedSequence(data, sizes, order).unsorted_indices.tolist() == inverse.tolist()


def test_bad_sequences():
    x = autograd.ones(3, 2, 1)
    for lengths, text in (
        ([1, 2], "sorted in decreasing order"),
        ([2, 0], "greater than 0"),
        ([3], "batch_size"),
        ([4, 1], "has 3 steps"),
    ):
        with pytest.raises(RuntimeError, match=text):
            rnn.pack_padded_sequence(x, lengths)
    with pytest.raises(RuntimeError, match="differ beyond their lengths"):
        rnn.pad_sequence([autograd.ones(2, 3), autograd.ones(2, 4)])
    with pytest.raises(RuntimeError, match="empty list"):
        rnn.pad_sequence([])
    with pytest.raises(RuntimeError, match="left or right"):
        rnn.pad_sequence([autograd.ones(2)], padding_side="top")
    with pytest.raises(RuntimeError, match="at least the length"):
        rnn.pad_packed_sequence(rnn.pack_padded_sequence(x, [3, 1]), total_length=2)


# --------------------------------------------------------------------------------------------------------- functional_call


def test_functional_call():
    layer = nn.Linear(2, 1)
    w = autograd.tensor([[3.0, 4.0]], requires_grad=True)
    own = layer.weight
    y = nn.functional_call(layer, {"weight": w, "bias": autograd.zeros(1)}, (autograd.ones(1, 2),))
    assert y.item() == 7
    y.backward()
    assert w.grad.tolist() == [[1, 1]]
    assert layer.weight is own
    assert own.grad is None
    assert list(layer._parameters) == ["weight", "bias"]
    assert own.name == "weight"
    two = nn.functional_call(layer, ({"weight": w}, {"bias": autograd.ones(1)}), autograd.ones(1, 2))
    assert two.item() == 8
    with pytest.raises(ValueError, match="multiple dictionaries"):
        nn.functional_call(layer, ({"weight": w}, {"weight": w}), autograd.ones(1, 2))
    with pytest.warns(UserWarning, match="did you mean 'weight'"):
        nn.functional_call(layer, {"wieght": w}, autograd.ones(1, 2))
    with pytest.raises(RuntimeError, match=r"Missing key\(s\): 'bias'\."):
        nn.functional_call(layer, {"weight": w}, autograd.ones(1, 2), strict=True)
    with pytest.raises(TypeError, match="is not an instance"):
        nn.functional_call(layer, {"weight": 3.0}, autograd.ones(1, 2))
    with pytest.raises(AttributeError, match="no attribute `inner`"):
        nn.functional_call(layer, {"inner.weight": w}, autograd.ones(1, 2))
    with pytest.raises(RuntimeError):
        nn.functional_call(layer, {"weight": w}, autograd.ones(1, 7))
    assert layer.weight is own


def test_functional_call_replaces_attributes():
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = autograd.tensor([2.0])
            self.power = 2

        def forward(self, x):
            return x * self.scale + getattr(self, "shift", 0)

    model, scale = Scaled(), autograd.tensor([5.0], requires_grad=True)
    own, x = model.scale, autograd.tensor([3.0])
    y = nn.functional_call(model, {"scale": scale}, x)
    y.backward()
    assert y.item() == 15
    assert scale.grad.item() == 3
    assert model.scale is own
    # A name that the module does not have is an attribute for the length of the call, as in PyTorch; strict refuses it.
    assert nn.functional_call(model, {"shift": autograd.tensor([1.0])}, x).item() == 7
    assert not hasattr(model, "shift")
    with pytest.raises(RuntimeError, match=r"Unexpected key\(s\): 'shift'"):
        nn.functional_call(model, {"shift": autograd.tensor([1.0])}, x, strict=True)
    with pytest.raises(TypeError, match="attribute `power`: 2 is not an instance"):
        nn.functional_call(model, {"power": scale}, x)
    # Through a module that contains itself.
    model.me = model
    assert nn.functional_call(model, {"me.me.scale": scale}, x).item() == 15
    assert model.scale is own


def test_tied_weights():
    shared = nn.Linear(2, 2, bias=False)
    model = nn.Sequential(shared, shared)
    eye = autograd.eye(2)
    x = autograd.tensor([[1.0, 2.0]])
    assert nn.functional_call(model, {"0.weight": eye * 2}, x).tolist() == [[4, 8]]
    other = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    other[1].weight = other[0].weight
    assert nn.functional_call(other, {"1.weight": eye * 3}, x).tolist() == [[9, 18]]
    with pytest.raises(ValueError, match="tied"):
        nn.functional_call(other, {"0.weight": eye, "1.weight": eye * 2}, x)
    both = {"0.weight": eye, "1.weight": eye * 2}
    assert nn.functional_call(other, both, x, tie_weights=False).tolist() == [[2, 4]]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("affine", [True, False])
def test_fusion_with_batch_norm(bias, affine):
    x = autograd.randn(2, 4, 6, 6, dtype=np.float64)
    cases = [
        (nn.Conv2d(4, 4, 3, groups=2, bias=bias), x, False),
        (nn.ConvTranspose2d(4, 3, 3, bias=bias), x, True),
        (nn.Linear(4, 5, bias=bias), x[:, :, 0, 0], None),
    ]
    for layer, value, transpose in cases:
        layer.double().eval()
        norm = (nn.BatchNorm1d if transpose is None else nn.BatchNorm2d)(layer(value).shape[1], affine=affine).double()
        norm(layer(value))
        with pytest.raises(ValueError, match="only for eval"):
            nn.utils.fuse_linear_bn_eval(layer, norm)
        norm.eval()
        fuse = nn.utils.fuse_linear_bn_eval if transpose is None else nn.utils.fuse_conv_bn_eval
        fused = fuse(layer, norm, *([] if transpose is None else [transpose]))
        assert np.allclose(fused(value).array, norm(layer(value)).array, atol=1e-12)
        assert (layer.bias is not None) is bias
    with pytest.raises(ValueError, match="must be equal"):
        nn.utils.fuse_linear_bn_eval(nn.Linear(2, 3).eval(), nn.BatchNorm1d(2).eval())
    with pytest.raises(ValueError, match="no running statistics"):
        nn.utils.fuse_conv_bn_eval(nn.Conv1d(1, 1, 1).eval(), nn.BatchNorm1d(1, track_running_stats=False).eval())


# -------------------------------------------------------------------------------------------------------- old spellings


def test_old_spellings_warn_and_do_the_same():
    w, v = autograd.zeros(4, 4), autograd.zeros(4, 4)
    for old in ("constant", "eye", "kaiming_normal", "kaiming_uniform", "normal", "orthogonal", "sparse", "uniform",
                "xavier_normal", "xavier_uniform"):  # fmt: skip
        args = (0.5,) if old in ("constant", "sparse") else ()
        autograd.manual_seed(2)
        with pytest.warns(FutureWarning, match=f"nn.init.{old}` is now deprecated in favor of `nn.init.{old}_"):
            assert getattr(nn.init, old)(w, *args) is w
        autograd.manual_seed(2)
        getattr(nn.init, old + "_")(v, *args)
        assert np.array_equal(w.array, v.array)
    with pytest.warns(FutureWarning, match="dirac"):
        nn.init.dirac(autograd.zeros(2, 2, 3))
    w.requires_grad_()
    (w * 2).sum().backward()
    with pytest.warns(FutureWarning, match="clip_grad_norm_"):
        assert nn.utils.clip_grad_norm([w], 1.0).item() == 8
    assert np.allclose(w.grad.array, 1 / 4)
    with pytest.warns(FutureWarning, match=r"nn\.functional_call"):
        y = nn.utils.stateless.functional_call(nn.Linear(1, 1, bias=False), {"weight": autograd.tensor([[3.0]])}, autograd.ones(1))
    assert y.item() == 3
    with pytest.warns(FutureWarning, match="Container"):
        both = nn.Container(a=nn.ReLU(), b=nn.Linear(1, 1))
    assert [name for name, _ in both.named_children()] == ["a", "b"]
    seen = []
    with pytest.warns(FutureWarning, match="register_full_backward_hook"):
        both.b.register_backward_hook(lambda m, gi, go: seen.append((gi[0].tolist(), go[0].tolist())))
    with autograd.no_grad():
        both.b.weight.fill_(3.0)
    both.b(autograd.ones(1, requires_grad=True)).backward()
    assert seen == [([3.0], [1.0])]


def test_complex_gradients_are_not_clipped_by_value():
    w = autograd.tensor([3 + 4j], requires_grad=True)
    (w * w.conj()).real.sum().backward()
    with pytest.raises(TypeError, match="no order"):
        nn.utils.clip_grad_value_([w], 1.0)
    assert nn.utils.clip_grad_norm_([w], 1.0).item() == 10


# --------------------------------------------------------------------------------------------------- as PyTorch has it


@pytest.mark.parametrize("clip", [lambda p: nn.utils.clip_grad_norm_(p, 1.0), lambda p: nn.utils.clip_grad_value_(p, 1.0)])
def test_a_generator_that_is_used_up_is_warned_of(clip):
    layer = nn.Linear(2, 2)
    (layer(autograd.ones(1, 2)) * 100).sum().backward()
    used = layer.parameters()
    assert len(list(used)) == 2
    with pytest.warns(UserWarning, match="empty generator"):
        clip(used)
    with warnings.catch_warnings(action="error"):
        clip([])
        clip(layer.parameters())


@pytest.mark.parametrize(
    ("weight", "bias"), [(True, True), (True, False), (False, True), (False, False), (True, None), (False, None)]
)
def test_fused_parts_are_learned_as_the_convolutions_own(weight, bias):
    conv, norm = nn.Conv2d(1, 2, 1, bias=bias is not None).eval(), nn.BatchNorm2d(2).eval()
    conv.weight.requires_grad_(weight)
    if bias is not None:
        conv.bias.requires_grad_(bias)
    fused = nn.utils.fuse_conv_bn_eval(conv, norm)
    assert (fused.weight.requires_grad, fused.bias.requires_grad) == (weight, bool(bias))


class _Sum(nn.Module):
    def forward(self, a, b):
        return a + b

    def right_inverse(self, x):
        return x * 0.25, x * 0.75


class _Double(nn.Module):
    def forward(self, a):
        return a * 2

    def right_inverse(self, x):
        return x / 2


@pytest.mark.parametrize(("first", "originals"), [(_Sum(), [2.0, 6.0]), (_Double(), [4.0])])
def test_a_second_parametrization_leaves_the_originals(first, originals):
    """As in PyTorch: the weight becomes the second function of its old value."""
    layer = nn.Linear(1, 1)
    nn.init.constant_(layer.weight, 8.0)
    nn.utils.parametrize.register_parametrization(layer, "weight", first)
    assert layer.weight.item() == 8
    nn.utils.parametrize.register_parametrization(layer, "weight", _Double())
    assert layer.weight.item() == 16
    assert [t.item() for t in layer.parametrizations.weight.originals()] == originals
    layer.weight = autograd.tensor([[4.0]])
    assert layer.weight.item() == 4


@pytest.mark.parametrize("norm", [nn.utils.parametrizations.spectral_norm, nn.utils.spectral_norm])
def test_the_spectral_norm_of_a_complex_weight(norm):
    class Holder(nn.Module):
        def __init__(self):
            super().__init__()
            numbers = np.random.default_rng(0).standard_normal((2, 4, 3))
            self.weight = nn.Parameter(autograd.tensor(numbers[0] + 1j * numbers[1]))

        def forward(self, x):
            return x

    layer = Holder()
    expected = layer.weight.array / np.linalg.norm(layer.weight.array, 2)
    norm(layer, n_power_iterations=200)
    layer(autograd.ones(1))
    assert np.allclose(layer.weight.array, expected)


def test_the_order_of_a_parameter_dict():
    """PyTorch sorts the names of a plain dict, and keeps the order of everything else."""
    one = autograd.ones(1)
    assert list(nn.ParameterDict({"b": one, "a": one})) == ["a", "b"]
    assert list(nn.ParameterDict(OrderedDict(b=one, a=one))) == ["b", "a"]
    assert list(nn.ParameterDict([("b", one), ("a", one)])) == ["b", "a"]
    both = nn.ParameterDict({"c": one})
    both.update({"b": one, "a": one})
    both.update(nn.ParameterDict([("z", one), ("y", one)]))
    assert list(both) == ["c", "a", "b", "z", "y"]


def test_the_inverse_of_a_second_parametrization_is_checked_on_what_it_computes():
    class Twice(nn.Module):
        def __init__(self, inverse):
            super().__init__()
            self.right_inverse = inverse

        def forward(self, x):
            return 2 * x

    layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Twice(lambda x: x / 2))
    for inverse, match in [
        (lambda x: (x, x), "right_inverse must return a tensor"), (lambda x: x.bool(), "must have the same dtype"),
        (lambda x: x[:-1], "must have the same shape"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=match):
            parametrize.register_parametrization(layer, "weight", Twice(inverse))
        assert len(layer.parametrizations.weight) == 1
    seen = []
    parametrize.register_parametrization(layer, "weight", Twice(lambda x: seen.append(x) or x / 2))
    assert seen[0].tolist() == layer.weight.tolist()


def test_weight_norm_loads_the_keys_of_its_older_form():
    old = nn.utils.weight_norm(nn.Linear(4, 5))
    new = parametrizations.weight_norm(nn.Linear(4, 5))
    new.load_state_dict(old.state_dict())
    x = autograd.rand(3, 4)
    np.testing.assert_allclose(new(x).detach().array, old(x).detach().array, rtol=1e-6)
    new.load_state_dict(new.state_dict())
