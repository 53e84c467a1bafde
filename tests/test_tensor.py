"""What a Tensor says about itself, becomes, keeps in a pickle, and does among NumPy's arrays."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, tensor


class Slotted(Tensor):
    __slots__ = ("tag",)


class Tagged(Tensor):
    def __init__(self, data: Any, tag: str, requires_grad: bool = False) -> None:
        super().__init__(data, requires_grad=requires_grad)
        self.tag = tag


# --------------------------------------------------------------------------------------------------------------- printing


@pytest.mark.parametrize(
    ("make", "shown"),
    [
        (lambda: tensor([1.0, 2.5]), "tensor([1.0000, 2.5000], dtype=float32)"),
        (lambda: tensor([1.0, -22.0]), "tensor([  1., -22.], dtype=float32)"),
        (lambda: tensor([1, -22]), "tensor([  1, -22], dtype=int64)"),
        (lambda: tensor(True), "tensor(True, dtype=bool)"),
        (lambda: tensor([True, False]), "tensor([ True, False], dtype=bool)"),
        (lambda: tensor([1e-5, 1.0]), "tensor([1.0000e-05, 1.0000e+00], dtype=float32)"),
        (lambda: tensor([1.5, float("nan")]), "tensor([1.5000,    nan], dtype=float32)"),
        (lambda: tensor([1 + 2j, 3 - 0.5j]), "tensor([1.+2.0000j, 3.-0.5000j], dtype=complex64)"),
        (lambda: autograd.zeros(0), "tensor([], dtype=float32)"),
        (lambda: autograd.zeros(0, 2), "tensor([], size=(0, 2), dtype=float32)"),
        (lambda: tensor([[1.0], [2.0]]), "tensor([[1.],\n        [2.]], dtype=float32)"),
        (lambda: autograd.zeros(2, 1, 1), "tensor([[[0.]],\n\n        [[0.]]], dtype=float32)"),
        (lambda: autograd.arange(2000), "tensor([   0,    1,    2,  ..., 1997, 1998, 1999], dtype=int64)"),
        (lambda: tensor(1.0, requires_grad=True), "tensor(1., dtype=float32, requires_grad=True)"),
        (lambda: tensor(1.0, requires_grad=True).exp(), "tensor(2.7183, dtype=float32, grad_fn=<exp>)"),
        (lambda: tensor([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], dtype="float64", requires_grad=True),
         "tensor([0.1000, 0.2000, 0.3000, 0.4000, 0.5000, 0.6000], dtype=float64,\n       requires_grad=True)"),
    ],
)  # fmt: skip
def test_repr_shows_values_dtype_and_the_op(make: Any, shown: str) -> None:
    assert repr(make()) == shown


def test_long_rows_wrap_and_options_change_the_print() -> None:
    assert max(len(line) for line in repr(autograd.rand(100)).splitlines()) <= 80
    before = autograd.get_printoptions()
    try:
        autograd.set_printoptions(precision=2, threshold=4, edgeitems=1)
        assert repr(tensor([0.123, 0.2])) == "tensor([0.12, 0.20], dtype=float32)"
        assert repr(autograd.arange(6)) == "tensor([0,  ..., 5], dtype=int64)"
        autograd.set_printoptions(sci_mode=True)
        assert "1.23e-01" in repr(tensor([0.123]))
        autograd.set_printoptions(profile="full")
        assert "..." not in repr(autograd.arange(2000))
        with pytest.raises(ValueError, match="unknown profile"):
            autograd.set_printoptions(profile="tiny")
    finally:
        autograd.set_printoptions(**before)
        assert autograd.get_printoptions() == before


def test_format() -> None:
    assert f"{tensor(1.5):.2f} {tensor(3)} {tensor(1.5)}" == "1.50 3 1.5"
    assert f"{tensor([1.0])}" == "tensor([1.], dtype=float32)"
    with pytest.raises(TypeError, match=r"format string.*Tensor\.__format__"):
        f"{autograd.ones(2):.2f}"


# ------------------------------------------------------------------------------------------------------------- properties


def test_layout() -> None:
    t = autograd.zeros(2, 3, 4)
    assert t.shape == t.size() == (2, 3, 4)
    assert (t.size(1), t.size(-1), t.dim(), t.ndim, t.ndimension()) == (3, 4, 3, 3, 3)
    assert (t.numel(), t.nelement(), t.element_size(), t.itemsize, t.nbytes) == (24, 24, 4, 4, 96)
    assert (t.stride(), t.stride(0), t.T.stride()) == ((12, 4, 1), 12, (1, 4, 12))
    assert t.is_contiguous()
    assert not t.T.is_contiguous()
    assert t.data_ptr() == t.detach().data_ptr() == t[0].data_ptr()
    assert t[1].data_ptr() == t.data_ptr() + 48
    assert (t.is_floating_point(), t.is_complex(), t.is_signed(), t.is_cuda, t.device) == (True, False, True, False, "cpu")
    assert t.is_same_size(autograd.ones(2, 3, 4))
    with pytest.raises(IndexError, match=r"expected to be in range of \[-3, 2\], but got 3"):
        t.size(3)
    with pytest.raises(IndexError, match="no dimensions"):
        tensor(1.0).size(0)


def test_python_protocols() -> None:
    assert (float(tensor(1.5)), int(tensor([2.7])), complex(tensor(1.0)), bool(tensor([0.0]))) == (1.5, 2, 1 + 0j, False)
    assert [10, 20, 30][tensor(1)] == 20
    assert list(range(tensor(2))) == [0, 1]
    assert len(autograd.zeros(3, 2)) == 3
    assert [row.tolist() for row in tensor([[1, 2], [3, 4]])] == [[1, 2], [3, 4]]
    assert 2.0 in tensor([1.0, 2.0])
    assert tensor(3) not in tensor([1.0, 2.0])
    assert round(tensor(1.26), 1).item() == pytest.approx(1.3)
    assert list(reversed(tensor([1, 2]))) == [2, 1]
    t = tensor([1.0])
    assert {t: 1}[t] == 1
    assert t in {t}
    assert tensor([[1, 2]]).tolist() == [[1, 2]]
    assert type(tensor(1).item()) is int
    assert type(tensor(1.0).item()) is float


def test_names() -> None:
    w = autograd.ones(2, requires_grad=True)
    assert w.name is None
    w.name = "weight"
    assert w.name == "weight"
    assert (w * 2).grad_fn.next_functions[0][0].variable.name == "weight"
    assert pickle.loads(pickle.dumps(w)).name == "weight"
    with pytest.raises(RuntimeError, match="requires_grad_"):
        autograd.ones(2).name = "x"


# ----------------------------------------------------------------------------------------------------------------- the graph


def test_leaves_and_results() -> None:
    x = autograd.ones(2, requires_grad=True)
    y = x * 2
    assert (x.is_leaf, y.is_leaf, x.grad_fn, y.grad_fn.name(), y.requires_grad) == (True, False, None, "MulBackward0", True)
    assert y.detach().is_leaf
    assert not y.detach().requires_grad
    assert np.shares_memory(y.detach().numpy(), y.array)
    z = x * 3
    assert z.detach_() is z
    assert z.is_leaf
    assert not z.requires_grad
    with pytest.raises(RuntimeError, match="Can't detach views"):
        y[0].detach_()
    x.requires_grad = False
    assert not x.requires_grad


def test_grad_can_be_assigned_if_it_fits() -> None:
    x = autograd.ones(2, requires_grad=True)
    g = autograd.full((2,), 3.0)
    x.grad = g
    assert x.grad is g
    for bad, error, match in [
        (3, TypeError, "expected to be a Tensor or None but got grad of type int"),
        (np.ones(2, "f4"), TypeError, "as_tensor"),
        (autograd.ones(3), RuntimeError, r"size '?\[3\]'? to a tensor of size '?\[2\]"),
        (autograd.ones(2, dtype="float64"), RuntimeError, "dtype float64 to a tensor of dtype float32"),
        (x, RuntimeError, "its own grad"),
    ]:
        with pytest.raises(error, match=match):
            x.grad = bad
        assert x.grad is g
    x.grad = None
    assert x.grad is None
    x.grad = g
    del x.grad
    assert x.grad is None


def test_data_is_the_memory_without_the_graph() -> None:
    x = autograd.ones(2, requires_grad=True)
    assert not x.data.requires_grad
    y = (x * x).sum()
    x.data += 1
    assert x.tolist() == [2, 2]
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    x.data = autograd.full((2,), 5.0)
    assert x.requires_grad
    (x * x).sum().backward()
    assert x.grad.tolist() == [10, 10]
    x.data = autograd.ones(3)
    assert x.grad is None
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    with pytest.raises(TypeError, match="has to be a tensor"):
        x.data = np.ones(3)
    with pytest.raises(RuntimeError, match=r"dtype float64 can't replace the float32"):
        x.data = autograd.ones(3, dtype="float64")
    with pytest.raises(RuntimeError, match=r"can't replace float32\[3\], which mul made"):
        (x * 2).data = autograd.ones(2)


def test_hooks_and_retained_gradients() -> None:
    x = autograd.ones(2, requires_grad=True)
    y = x * 2
    y.retain_grad()
    assert (y.retains_grad, x.retains_grad) == (True, False)
    seen: list[Any] = []
    handle = y.register_hook(lambda g: seen.append(g.tolist()))
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.tolist()))
    y.sum().backward()
    assert y.grad.tolist() == [1, 1]
    assert seen == [[1, 1], [2, 2]]
    handle.remove()
    with pytest.raises(RuntimeError, match="doesn't require gradient"):
        autograd.ones(1).register_hook(print)
    with pytest.raises(RuntimeError, match="requires_grad=False"):
        autograd.ones(1).retain_grad()
    with pytest.raises(RuntimeError, match="leaves that require grad"):
        y.register_post_accumulate_grad_hook(print)


# ----------------------------------------------------------------------------------------------------------------- conversion


def test_to() -> None:
    x = autograd.ones(2, requires_grad=True)
    assert x.to(autograd.float32) is x.to("cpu") is x.to(x) is x.to("cpu", autograd.float32) is x.cpu() is x
    assert x.to("float32", copy=True) is not x
    for y in (x.to(dtype=autograd.float64), x.to(autograd.ones(1, dtype="float64")), x.to("cpu", "float64")):
        assert y.dtype == np.float64
    assert x.to(autograd.device("cpu"), non_blocking=True) is x
    names = {
        "float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32", "short": "int16",
        "char": "int8", "byte": "uint8", "bool": "bool", "cfloat": "complex64", "cdouble": "complex128",
    }  # fmt: skip
    for method, dtype in names.items():
        assert getattr(tensor([1.5]), method)().dtype == dtype
    x.double().sum().backward()
    assert (x.grad.dtype, x.grad.tolist()) == (np.float32, [1, 1])
    assert (x.type(), x.type(autograd.float64).dtype, x.type("torch.LongTensor").dtype) == (
        "torch.FloatTensor",
        np.float64,
        np.int64,
    )
    assert x.type_as(tensor(1)).dtype == np.int64
    with pytest.raises(RuntimeError, match=r"bfloat16.*half"):
        x.bfloat16()
    with pytest.raises(RuntimeError, match="'cuda' is not available"):
        x.cuda()
    with pytest.raises(RuntimeError, match="'cuda:1' is not available"):
        x.to("cuda:1")
    with pytest.raises(TypeError, match="no dtype"):
        x.to("float33")


def test_copy_and_fill() -> None:
    t = autograd.zeros(2, 2)
    assert t.fill_(3) is t
    assert t.copy_(np.array([1.0, 2.0])).tolist() == [[1, 2], [1, 2]]
    assert t._version == 2
    assert t.zero_().tolist() == [[0, 0], [0, 0]]
    assert autograd.zeros(1, dtype="int64").fill_(1.7).tolist() == [1]
    assert autograd.zeros(2, dtype="int64").copy_(tensor([1.9, 2.1])).tolist() == [1, 2]
    x = tensor([1.0, 2.0], requires_grad=True)
    y = autograd.zeros(2, 2, dtype="float64")
    y.copy_(x)
    (y * y).sum().backward()
    assert x.grad.tolist() == [4, 8]
    x.grad = None
    (x * 2).fill_(x[0]).sum().backward()
    assert x.grad.tolist() == [2, 0]
    for bad, error, match in [
        (lambda: t.copy_(autograd.ones(3)), RuntimeError, "does not fit"),
        (lambda: t.fill_(autograd.ones(2)), RuntimeError, "0-dimension value"),
        (lambda: t.fill_(1j), RuntimeError, "complex"),
        (lambda: t.copy_(tensor([1j, 2j])), RuntimeError, "complex"),
        (lambda: x.fill_(0), RuntimeError, "leaf Variable"),
    ]:
        with pytest.raises(error, match=match):
            bad()
    assert t.tolist() == [[0, 0], [0, 0]]


# ------------------------------------------------------------------------------------------------------------ pickle and copy


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(protocol: int) -> None:
    for t in (tensor([[1.0, 2.0]], requires_grad=True), tensor(3), autograd.zeros(0, 2), autograd.rand(3, 4).T[::2]):
        back = pickle.loads(pickle.dumps(t, protocol))
        assert type(back) is type(t)
        assert (back.dtype, back.requires_grad, back.tolist()) == (t.dtype, t.requires_grad, t.tolist())
    tagged = pickle.loads(pickle.dumps(Tagged([1.0], "a", requires_grad=True), protocol))
    assert (type(tagged), tagged.tag, tagged.requires_grad) == (Tagged, "a", True)
    slotted = Slotted([1.0])
    slotted.tag = [1]
    assert pickle.loads(pickle.dumps(slotted, protocol)).tag == [1]


def test_deepcopy() -> None:
    x = autograd.ones(2, requires_grad=True)
    (x * 2).sum().backward()
    twin = copy.deepcopy(x)
    assert twin.requires_grad
    assert twin.is_leaf
    assert not np.shares_memory(twin.array, x.array)
    assert twin.grad.tolist() == [2, 2]
    assert not np.shares_memory(twin.grad.array, x.grad.array)
    first, second = copy.deepcopy([x, x])
    assert first is second
    tagged = Tagged([1.0], "a")
    tagged.inner = [x]
    deep = copy.deepcopy(tagged)
    assert (type(deep), deep.tag) == (Tagged, "a")
    assert deep.inner[0] is not x
    with pytest.raises(RuntimeError, match=r"Only Tensors created explicitly by the user.*made by mul; detach"):
        copy.deepcopy(x * 2)
    assert np.shares_memory(copy.copy(x).array, x.array)


# ------------------------------------------------------------------------------------------------------------- among arrays


def test_subclasses_are_operands_and_results_are_tensors() -> None:
    p = Tagged([1.0, 2.0], "p", requires_grad=True)
    y = (p * p + 1.0).sum()
    assert type(y) is type(tensor(1.0))
    assert isinstance(y, Tensor)
    y.backward()
    assert p.grad.tolist() == [2, 4]
    assert type(2.0 * p) is type(p.detach()) is type(tensor(1.0))


def test_numpy_and_tensors_mix() -> None:
    t = autograd.ones(3, requires_grad=True)
    array = np.arange(3.0)
    for y in (array * t, t * array, np.float32(2) * t, np.multiply(array, t), np.array(2.0) * t, np.exp(t), np.sum(t), array @ t):
        assert isinstance(y, Tensor)
        assert y.requires_grad
    assert (array * t).dtype == np.float64
    plain = autograd.ones(3)
    assert np.shares_memory(np.asarray(plain), plain.array)
    assert np.asarray(plain, dtype=np.int64).dtype == np.int64
    assert np.array(plain).sum() == 3
    assert np.add.reduce(autograd.ones(2, 3)).tolist() == [2, 2, 2]
    assert np.multiply.reduce(tensor([2.0, 3.0])).item() == 6
    assert np.from_dlpack(plain).tolist() == [1, 1, 1]


def test_arrays_can_be_added_to_in_place_unless_a_gradient_would_be_lost() -> None:
    array = np.ones(3)
    shared = autograd.from_numpy(array)
    array += autograd.ones(3)
    assert array.tolist() == [2, 2, 2]
    assert shared._version == 1
    with pytest.raises(RuntimeError, match=r"can't be written into a NumPy array.*array = array \+ tensor"):
        array += autograd.ones(3, requires_grad=True)
    assert array.tolist() == [2, 2, 2]
    out = autograd.zeros(3)
    assert np.add(autograd.ones(3), 1.0, out=out) is out
    assert out.tolist() == [2, 2, 2]
    with pytest.raises(TypeError, match=r"np\.add with where is not differentiated"):
        np.add(out, out, where=np.array([True, False, True]))
    with pytest.raises(TypeError, match=r"np\.multiply\.outer"):
        np.multiply.outer(out, out)


@pytest.mark.parametrize(
    ("call", "dtype"),
    [
        (lambda x: x * 2.0, "float32"), (lambda x: 2 / x, "float32"), (lambda x: x * np.float32(2), "float32"),
        (lambda x: x * np.float64(2), "float64"), (lambda x: x * np.ones(2), "float64"), (lambda x: x + tensor([1, 2]), "float64"),
        (lambda x: x * True, "float32"), (lambda x: x * 1j, "complex64"), (lambda x: x**2, "float32"),
        (lambda x: x.double() + x, "float64"), (lambda x: x.half() * 2.0, "float16"),
    ],
)  # fmt: skip
def test_promotion_is_numpys_and_gradients_keep_the_tensors_dtype(call: Any, dtype: str) -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    y = call(x)
    assert y.dtype == dtype
    (y.real if y.is_complex() else y).sum().backward()
    assert (x.grad.dtype, x.grad.shape) == (np.float32, (2,))


def test_tensors_are_freed_without_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        x = autograd.ones(2, requires_grad=True)
        x.name = "x"
        y = (x * x).sum()
        y.backward()
        twin = copy.deepcopy(x)
        dead = [weakref.ref(t) for t in (x, y, twin, x.grad)]
        del x, y, twin
        assert [ref() for ref in dead] == [None] * 4
    finally:
        gc.enable()


def test_the_storage_of_views_is_that_of_their_base():
    """As programs ask to see whether two tensors share memory, or how much of it a model takes."""
    x = autograd.zeros(4, 5, dtype=autograd.float64)
    storage = x.untyped_storage()
    assert storage.nbytes() == storage.size() == len(storage) == 160
    assert storage.data_ptr() == x.data_ptr()
    for view in (x[1], x.T, x.reshape(20)[3:], x.detach()):
        assert view.untyped_storage().data_ptr() == storage.data_ptr()
        assert view.untyped_storage().nbytes() == 160
    assert x.clone().untyped_storage().data_ptr() != storage.data_ptr()
    assert x[1].data_ptr() == storage.data_ptr() + 40
