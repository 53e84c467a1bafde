"""Bad input: the error's class (PyTorch's and NumPy's at once, where they differ), its text, and that nothing was half-changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import ones, tensor
from autograd.errors import ArgumentError, DtypeError, GraphError, ShapeError


def case(call: Callable[..., Any], error: type | tuple[type, ...], match: str) -> Any:
    return pytest.param(call, error, match, id=match[:50])


# Each call gets w: float32[2, 3] that requires a gradient, x: float32[2, 3] that does not, n: int64[2, 3], and y = w * x.
BAD = [
    # ------------------------------------------------------------------------------------------------ shapes that do not fit
    case(lambda w, x, n, y: w + ones(4), (RuntimeError, ValueError), r"add: .*broadcast.*float32\[2, 3\].*\[4\].*from the last"),
    case(lambda w, x, n, y: np.ones((5, 3)) * w, ShapeError, r"mul: .*broadcast.*float64\[5, 3\].*float32\[2, 3\]"),
    case(lambda w, x, n, y: w @ ones(4, 5), ShapeError, r"matmul: shapes cannot be multiplied \(2x3 and 4x5\).*differ, 3 and 4"),
    case(lambda w, x, n, y: w @ x, ShapeError, r"\(2x3 and 2x3\).*float32\[2, 3\].*transpose the second with \.T"),
    case(lambda w, x, n, y: w @ ones(2, 5), ShapeError, r"transpose the first with \.T"),
    case(lambda w, x, n, y: w @ ones(5, 2), ShapeError, "wrong order"),
    case(lambda w, x, n, y: w @ tensor(2.0), ShapeError, r"at least 1 dimension, but they are 2D and 0D.*use \* for numbers"),
    case(lambda w, x, n, y: ones(2, 2, 3) @ ones(3, 3, 4), ShapeError, r"matmul: .*cannot be broadcast.*float32\[3, 3, 4\]"),
    case(lambda w, x, n, y: w.reshape(4, 2), ShapeError, r"shape '\[4, 2\]' is invalid for input of size 6.*hold 8 elements"),
    case(lambda w, x, n, y: w.reshape(-1, 4), ShapeError, r"shape '\[-1, 4\]' is invalid.*cannot be divided by 4"),
    case(lambda w, x, n, y: w.expand(3, 3), ShapeError, r"expand: .*float32\[2, 3\].*length 1"),
    case(lambda w, x, n, y: autograd.cat([w, ones(3, 4)]), ShapeError, r"cat: .*except in dimension 0.*float32\[3, 4\]"),
    case(lambda w, x, n, y: autograd.stack([w, ones(3)]), ShapeError, r"stack: .*same shape.*float32\[3\]"),
    # ------------------------------------------------------------------------------------------------------------ dimensions
    case(lambda w, x, n, y: w.sum(3), IndexError, r"sum: .*out of range \(expected to be in range of \[-2, 1\], but got 3\)"),
    case(lambda w, x, n, y: w.mean(dim=-4), IndexError, r"mean: .*range of \[-2, 1\], but got -4"),
    case(lambda w, x, n, y: w.transpose(0, 2), IndexError, r"transpose: .*but got 2\).*float32\[2, 3\]"),
    case(lambda w, x, n, y: tensor(1.0).sum(1), IndexError, r"range of \[-1, 0\], but got 1"),
    case(lambda w, x, n, y: np.sum(w, axis=2), IndexError, r"sum: .*but got 2\)"),
    # --------------------------------------------------------------------------------------------------------------- indices
    case(lambda w, x, n, y: w[2], IndexError, r"index 2 is out of bounds for dimension 0 with size 2.*from -2 to 1"),
    case(lambda w, x, n, y: w[0, -4], IndexError, r"index -4 is out of bounds for dimension 1 with size 3"),
    case(lambda w, x, n, y: w[tensor([0, 5])], IndexError, r"index 5 is out of bounds.*index=int64\[2\]"),
    case(lambda w, x, n, y: w[0, 0, 0], IndexError, r"too many indices for tensor.*float32\[2, 3\]"),
    case(lambda w, x, n, y: w[tensor([True, False, True])], IndexError, r"mask does not match.*3 against 2 in dimension 0"),
    case(lambda w, x, n, y: w[tensor([0.0, 1.0])], IndexError, r"must be integers or booleans.*float32\[2\].*\.long\(\)"),
    case(lambda w, x, n, y: w["a"], IndexError, "only integers, slices"),
    case(lambda w, x, n, y: x.__setitem__(2, 1.0), IndexError, "index 2 is out of bounds"),
    case(lambda w, x, n, y: x.__setitem__(0, ones(4)), ShapeError, r"float32\[4\] does not fit into float32\[3\]: nothing was"),
    # ---------------------------------------------------------------------------------------------------------------- dtypes
    case(lambda w, x, n, y: n.requires_grad_(), DtypeError, r"only Tensors of floating point.*int64\[2, 3\].*\.float\(\)"),
    case(lambda w, x, n, y: tensor([1, 2], requires_grad=True), DtypeError, r"only Tensors of floating point.*int64\[2\]"),
    case(lambda w, x, n, y: w & w, DtypeError, r"bitwise_and: not supported for float32.*\.bool\(\)"),
    case(lambda w, x, n, y: ~w, DtypeError, r"not supported for float32 \(input=float32\[2, 3\]\)"),
    case(lambda w, x, n, y: (n > 0) - (n > 1), DtypeError, r"two bool tensors is not supported.*logical_xor"),
    case(lambda w, x, n, y: n.mean(), DtypeError, r"mean: .*int64.*\.float\(\)"),
    case(lambda w, x, n, y: n.add_(0.5), DtypeError, r"add_: result type float64 can't be cast to .* int64: nothing was changed"),
    case(lambda w, x, n, y: n.copy_(tensor(1j)), DtypeError, "complex"),
    # --------------------------------------------------------------------------------------------------------- wrong operands
    case(lambda w, x, n, y: w + None, TypeError, "add: argument 'other' is None, of type NoneType: expected a Tensor"),
    case(lambda w, x, n, y: None * w, TypeError, "mul: argument 'input' is None"),
    case(lambda w, x, n, y: w - "a", TypeError, "sub: argument 'other' is 'a', of type str"),
    case(lambda w, x, n, y: [1, 2] / w, TypeError, r"div: argument 'input' is \[1, 2\].*autograd\.tensor makes one of a list"),
    case(lambda w, x, n, y: w @ None, TypeError, "None"),
    case(lambda w, x, n, y: w < "a", TypeError, "lt: argument 'other' is 'a'"),
    case(lambda w, x, n, y: w + object(), TypeError, "add: argument 'other'"),
    case(lambda w, x, n, y: autograd.exp(None), TypeError, "exp: argument 'input' is None"),
    case(lambda w, x, n, y: autograd.sum(w, dimension=1), TypeError, "sum.*'dimension'"),
    case(lambda w, x, n, y: x.__setitem__(0, None), TypeError, "the value is None"),
    # --------------------------------------------------------------------------------------------------- numbers, NumPy, Python
    case(lambda w, x, n, y: w.numpy(), RuntimeError, r"Can't call numpy\(\) on Tensor that requires grad.*detach\(\)\.numpy\(\)"),
    case(lambda w, x, n, y: np.asarray(y), RuntimeError, r"Can't call numpy\(\) on Tensor that requires grad"),
    case(lambda w, x, n, y: w.item(), (RuntimeError, ValueError), r"a Tensor with 6 elements cannot be converted to Scalar"),
    case(lambda w, x, n, y: bool(w > 0), ArgumentError, r"more than one value is ambiguous \(bool\[2, 3\]\): use \.any"),
    case(lambda w, x, n, y: bool(ones(0)), RuntimeError, "no values is ambiguous"),
    case(lambda w, x, n, y: float(w), ValueError, r"only one element tensors.*float32\[2, 3\]"),
    case(lambda w, x, n, y: range(tensor(1.0)), TypeError, r"only integer tensors.*float32\[\]"),
    case(lambda w, x, n, y: len(tensor(1.0)), TypeError, "0-d tensor"),
    case(lambda w, x, n, y: iter(tensor(1.0)), TypeError, "0-d tensor"),
    case(lambda w, x, n, y: "a" in w, RuntimeError, "only supports Tensor or scalar"),
    case(lambda w, x, n, y: np.roots(y), TypeError, r"np\.roots is not differentiated here.*detach\(\)\.numpy\(\)"),
    case(lambda w, x, n, y: w.expp(), AttributeError, "no attribute 'expp'"),
    # ------------------------------------------------------------------------------------------------------------- the graph
    case(lambda w, x, n, y: y.backward(), GraphError, r"only for scalar outputs.*\[2, 3\].*\.sum\(\).*backward\(g\)"),
    case(lambda w, x, n, y: x.sum().backward(), GraphError, r"does not require grad and does not have a grad_fn"),
    case(lambda w, x, n, y: y.backward(ones(3)), ShapeError, r"Mismatch in shape.*float32\[3\].*float32\[2, 3\]"),
    case(lambda w, x, n, y: autograd.grad(y.sum(), x), GraphError, r"does not require grad: float32\[2, 3\].*requires_grad_\(\)"),
    case(lambda w, x, n, y: autograd.grad(y.sum(), ones(2).requires_grad_()), GraphError, r"not have been used.*allow_unused"),
    case(lambda w, x, n, y: w.add_(1.0), GraphError, r"leaf Variable that requires grad.*in-place.*no_grad\(\).*clone\(\)"),
    case(lambda w, x, n, y: w[0].mul_(2.0), GraphError, "view of a leaf Variable that requires grad"),
    case(lambda w, x, n, y: w.__setitem__(0, 1.0), GraphError, "leaf Variable that requires grad"),
    case(lambda w, x, n, y: y.requires_grad_(False), GraphError, r"only change requires_grad flags of leaf.*mul.*detach"),
    case(lambda w, x, n, y: n.__setitem__(0, w[0]), DtypeError, r"can't be written into int64\[2, 3\]"),
]


@pytest.mark.parametrize(("call", "error", "match"), BAD)
def test_bad_input_is_explained_and_changes_nothing(call: Callable[..., Any], error: Any, match: str) -> None:
    w = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    x = autograd.full((2, 3), 2.0)
    n = tensor([[1, 2, 3], [4, 5, 6]])
    w.grad = ones(2, 3)
    y = w * x
    before = [(t.tolist(), t._version, t.node, t.requires_grad) for t in (w, x, n, y)]
    with pytest.raises(error, match=match) as caught:
        call(w, x, n, y)
    # Both frameworks' classes: whoever catches PyTorch's RuntimeError or NumPy's ValueError and TypeError is served.
    for one in error if isinstance(error, tuple) else (error,):
        assert isinstance(caught.value, one)
    assert [(t.tolist(), t._version, t.node, t.requires_grad) for t in (w, x, n, y)] == before
    assert w.grad.tolist() == ones(2, 3).tolist()
    y.sum().backward()
    assert w.grad.tolist() == autograd.full((2, 3), 3.0).tolist()
    assert x.grad is None


def test_a_second_backward_says_what_to_do_and_adds_nothing() -> None:
    w = ones(2, requires_grad=True)
    loss = (w * w).sum()
    loss.backward()
    with pytest.raises(RuntimeError, match=r"backward through the graph a second time.*Compute the loss again.*retain_graph=True"):
        loss.backward()
    assert w.grad.tolist() == [2, 2]
    with pytest.raises(RuntimeError, match="second time"):
        autograd.grad(loss, w)
    again = (w * w).sum()
    again.backward(retain_graph=True)
    again.backward()
    assert w.grad.tolist() == [6, 6]


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.mul_(2.0),
        lambda x: x.__setitem__(0, 5.0),
        lambda x: x[1:].add_(1.0),
        lambda x: x.detach().zero_(),
        lambda x: x.data.fill_(1.0),
        lambda x: x.uniform_(),
    ],
)
def test_a_saved_tensor_changed_in_place_is_named_with_its_versions(write: Callable[[Any], Any]) -> None:
    w = ones(3, requires_grad=True)
    other = ones(3, requires_grad=True)
    x = w * 2
    loss = (x * x + other).sum()
    write(x)
    match = r"modified by an inplace operation: mul saved '(input|other)' \(float32\[3\]\) at version 0.* at version 1 now.*clone"
    with pytest.raises(RuntimeError, match=match):
        loss.backward()
    assert w.grad is None
    assert other.grad is None


def test_an_error_in_the_middle_of_backward_leaves_the_gradients_as_they_were() -> None:
    w = ones(2, requires_grad=True)
    w.grad = ones(2)
    y = w * 3
    y.register_hook(lambda g: g.reshape(2, 1))
    with pytest.raises(ShapeError, match=r"hook on mul returned float32\[2, 1\] for a gradient float32\[2\]"):
        y.sum().backward()
    assert w.grad.tolist() == [1, 1]


def test_the_classes_are_pytorchs_and_numpys() -> None:
    assert issubclass(ShapeError, RuntimeError)
    assert issubclass(ShapeError, ValueError)
    assert issubclass(DtypeError, RuntimeError)
    assert issubclass(DtypeError, TypeError)
    assert issubclass(GraphError, RuntimeError)
    assert issubclass(ArgumentError, ValueError)


def test_the_cause_is_not_a_second_traceback() -> None:
    with pytest.raises(ShapeError) as caught:
        ones(2) + ones(3)
    assert caught.value.__suppress_context__


X, SQUARE, WHOLE = autograd.ones(2, 3), autograd.ones(2, 2), autograd.arange(6).reshape(2, 3)
# Calls that raise RuntimeError in PyTorch, and another error in NumPy or in Python: who catches either is right.
BOTH: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: X.topk(4), IndexError, "selected index k out of range: k=4"),
    (lambda: X.gather(1, WHOLE), IndexError, "out of bounds"),
    (lambda: X.scatter(1, WHOLE, 1.0), IndexError, "out of bounds"),
    (lambda: autograd.take_along_dim(X, WHOLE + 3), IndexError, "out of bounds"),
    (lambda: X.narrow(0, 1, 2), IndexError, "exceeds dimension size"),
    (lambda: autograd.linalg.inv(SQUARE), np.linalg.LinAlgError, "singular"),
    (lambda: autograd.linalg.cholesky(-SQUARE), ValueError, "positive definite"),
    (lambda: autograd.div(X, X, rounding_mode="up"), ValueError, "rounding_mode"),
    (lambda: X.scatter(1, WHOLE % 3, 1.0, reduce="mean"), ValueError, "reduce must be"),
    (lambda: X.scatter_reduce(1, WHOLE % 3, X, "median"), ValueError, "reduce must be"),
    (lambda: autograd.meshgrid(X[0], indexing="yx"), ValueError, "indexing"),
    (lambda: autograd.diff(X, -1), ValueError, "order must be non-negative"),
    (lambda: autograd.linalg.matrix_norm(X, 5), ValueError, "ord is"),
    (lambda: X.norm("nucular"), ValueError, "p is a number or 'fro'"),
    (lambda: autograd.broadcast_tensors(X, autograd.ones(4)), ValueError, "cannot be broadcast"),
    (lambda: autograd.hsplit(X, 0), ValueError, "not divisible by 0"),
    (lambda: autograd.vsplit(X[0], 1), ValueError, "at least 2 dimensions"),
    (lambda: autograd.tensor_split(X, X[0]), TypeError, "integers to cut at"),
    (lambda: autograd.tensor_split(X, WHOLE), ValueError, "a vector of indices"),
    (lambda: autograd.fliplr(X[0]), ValueError, "at least 2 dimensions"),
    (lambda: autograd.rot90(X[0]), ValueError, "at least 2 dimensions"),
    (lambda: X[0].tril(), ValueError, "at least 2 dimensions"),
    (lambda: autograd.bincount(X[0]), TypeError, "1-d non-negative integral"),
    (lambda: autograd.bincount(WHOLE[0] - 1), ValueError, "contains -1"),
    (lambda: autograd.bincount(WHOLE[0], autograd.ones(2)), ValueError, "weights should be 1-d"),
    (lambda: autograd.histc(X, 0), ValueError, "bins must be > 0"),
    (lambda: autograd.histc(X, 2, 3, 1), ValueError, "in order"),
    (lambda: autograd.bucketize(X, X), ValueError, "boundaries must be a vector"),
    (lambda: X.repeat_interleave(-1), ValueError, "can not be negative"),
    (lambda: X.repeat_interleave(WHOLE[0], 0), ValueError, r"one for each of the 2 elements along dim 0, not int64\[3\]"),
    (lambda: X.repeat_interleave(X[0]), TypeError, "repeats must be integers"),
    (lambda: autograd.cholesky_solve(X[0], SQUARE), ValueError, "B must have at least 2 dimensions"),
    (lambda: autograd.cholesky_inverse(X), ValueError, "square matrix"),
    (lambda: autograd.polygamma(-1, X), ValueError, "negative n"),
    (lambda: autograd.logspace(0, 1, -1), ValueError, "non-negative"),
    (lambda: autograd.fft.fftfreq(-1), ValueError, "at least 0"),
    (lambda: autograd.poisson(X.cfloat()), TypeError, "real numbers"),
    (lambda: autograd.empty(2).bernoulli_(autograd.ones(3)), ValueError, "broadcast"),
    (lambda: autograd.pixel_shuffle(autograd.ones(4, 1, 1), 0), ValueError, "positive upscale_factor"),
    (lambda: autograd.batch_norm(X), ValueError, "running_mean and running_var must be defined"),
    (lambda: X.to("float31"), TypeError, "is no dtype"),
    (lambda: autograd.zeros(0, 2).amax(0), IndexError, "non-zero size"),
    (lambda: autograd.zeros(0).argmax(), ValueError, "non-zero size"),
    (lambda: autograd.linalg.vander(X, N=-1), ValueError, "N must be non-negative"),
]


@pytest.mark.parametrize(("call", "other", "match"), BOTH)
def test_who_catches_pytorchs_error_or_numpys_is_right(call: Callable[[], Any], other: type[Exception], match: str) -> None:
    for kind in (RuntimeError, other):
        with np.errstate(all="ignore"), pytest.raises(kind, match=match):
            call()
