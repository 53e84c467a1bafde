"""Reading, broadcasting and writing by random indices: values against NumPy's, gradients against an accumulation with np.add.at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd
from autograd.errors import ArgumentError

shapes = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)


def numbered(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Different numbers, so that a wrong place shows."""
    return np.random.default_rng(seed).permutation(int(np.prod(shape))).reshape(shape) + 0.5


@st.composite
def mixed(draw: Any, shape: tuple[int, ...]) -> Any:
    """An index of integers, slices, None, ..., and arrays of integers or bools that broadcast against each other."""
    common = draw(hnp.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=3))
    parts: list[Any] = []
    used = draw(st.integers(1, len(shape)))
    for n in shape[:used]:
        kind = draw(st.sampled_from(["integer", "slice", "array", "array", "list"]))
        if kind == "integer":
            parts.append(draw(st.integers(-n, n - 1)))
        elif kind == "slice":
            parts.append(draw(st.slices(n)))
        else:
            places = draw(hnp.arrays(np.int64, draw(st.sampled_from([common, common[-1:], (1,)])), elements=st.integers(-n, n - 1)))
            parts.append(places if kind == "array" else places.tolist())
        if draw(st.integers(0, 5)) == 0:
            parts.append(None)
    if len(shape) > 1 and draw(st.booleans()):
        # What follows an ellipsis counts from the last dimension: it may stand anywhere only if all are used.
        parts.insert(draw(st.integers(0, len(parts))) if used == len(shape) else len(parts), ...)
    return tuple(parts)


@st.composite
def masks(draw: Any, shape: tuple[int, ...]) -> Any:
    """A mask of some of the first dimensions, alone or beside an integer."""
    rank = draw(st.integers(1, len(shape)))
    mask = draw(hnp.arrays(bool, shape[:rank]))
    if rank < len(shape) and draw(st.booleans()):
        return mask, draw(st.integers(-shape[rank], shape[rank] - 1))
    return mask


def indices(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    """Any index that NumPy takes."""
    return st.one_of(hnp.basic_indices(shape, allow_newaxis=True), mixed(shape), masks(shape))


def tensors_in(index: Any) -> Any:
    """The same index with tensors for arrays."""
    if isinstance(index, tuple):
        return tuple([tensors_in(part) for part in index])
    return autograd.tensor(index) if isinstance(index, np.ndarray) else index


def chosen(shape: tuple[int, ...], index: Any) -> np.ndarray:
    """The places in the flat memory that an index chooses: numbers one by one, then NumPy's."""
    places = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    if isinstance(index, tuple):
        index = tuple([np.array(part, int) if isinstance(part, list) else part for part in index])
    if not isinstance(index, tuple) or not any(isinstance(part, np.ndarray) and part.ndim for part in index):
        return places[index]

    def dimensions(part: Any) -> int:
        if isinstance(part, np.ndarray) and part.dtype == bool:
            return part.ndim
        return 0 if part is None or part is ... else 1

    rest = len(shape) - sum(map(dimensions, index))
    kept, dim = [], 0
    for part in index:
        if part is ...:
            kept += [slice(None)] * rest
            dim += rest
        elif isinstance(part, int | np.integer) or (isinstance(part, np.ndarray) and not part.ndim and part.dtype != bool):
            places = np.take(places, int(part), axis=dim)
        else:
            kept.append(part)
            dim += dimensions(part)
    return places[tuple(kept)]


@settings(max_examples=200)
@given(st.data())
def test_reading(data: Any) -> None:
    """x[index] is NumPy's, but that numbers choose before arrays do, and its gradient adds up what np.add.at would."""
    x = numbered(data.draw(shapes))
    index = data.draw(indices(x.shape))
    places = chosen(x.shape, index)
    expected = x.reshape(-1)[places]
    t = autograd.tensor(x, requires_grad=True)
    y = t[tensors_in(index) if data.draw(st.booleans()) else index]
    assert y.shape == expected.shape
    assert np.array_equal(y.detach().numpy(), expected)

    g = numbered(expected.shape, seed=1) if expected.size else np.zeros(expected.shape)
    y.backward(autograd.tensor(g))
    accumulated = np.zeros_like(x)
    np.add.at(accumulated.reshape(-1), places, g)
    assert np.allclose(t.grad.numpy(), accumulated)


@settings(max_examples=100)
@given(st.data())
def test_writing(data: Any) -> None:
    """After x[index] = v the gradient of what was overwritten is 0, and each value has that of the places where it stayed."""
    x = numbered(data.draw(shapes))
    index = data.draw(indices(x.shape))
    places = chosen(x.shape, index)
    spot = places.shape
    value = numbered(spot, seed=2) if np.prod(spot) else np.zeros(spot)
    expected = x.copy()
    expected.reshape(-1)[places] = value

    t, v = autograd.tensor(x, requires_grad=True), autograd.tensor(value, requires_grad=True)
    y = t * 1.0
    y[index] = v
    assert np.array_equal(y.detach().numpy(), expected)
    g = numbered(x.shape, seed=3)
    y.backward(autograd.tensor(g))

    # Which value stayed in each place: write their numbers in the same way.
    number = np.full(x.shape, -1)
    number.reshape(-1)[places] = np.arange(value.size).reshape(spot)
    of_value = np.zeros(value.size)
    for place in np.ndindex(x.shape):
        if number[place] >= 0:
            of_value[number[place]] += g[place]
    assert np.allclose(t.grad.numpy(), np.where(number < 0, g, 0))
    assert np.allclose(v.grad.numpy(), of_value.reshape(spot))


@settings(max_examples=100)
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4), st.sampled_from(["add", "sub", "mul", "div"]))
def test_broadcasting(broadcast: Any, name: str) -> None:
    """A gradient is summed back over the dimensions that were broadcast."""
    first, second = broadcast.input_shapes
    a, b = numbered(first) if np.prod(first) else np.ones(first), numbered(second, 1) + 1 if np.prod(second) else np.ones(second)
    s, t = autograd.tensor(a, requires_grad=True), autograd.tensor(b, requires_grad=True)
    y = getattr(autograd, name)(s, t)
    assert y.shape == broadcast.result_shape
    g = numbered(y.shape, 2) if np.prod(y.shape) else np.ones(y.shape)
    y.backward(autograd.tensor(g))

    wide_a, wide_b = np.broadcast_arrays(a, b)
    rules = {"add": (g, g), "sub": (g, -g), "mul": (g * wide_b, g * wide_a), "div": (g / wide_b, -g * wide_a / wide_b**2)}
    for x, wide in zip((s, t), rules[name], strict=True):
        places = np.broadcast_to(np.arange(int(np.prod(x.shape))).reshape(x.shape), y.shape)
        total = np.zeros(int(np.prod(x.shape)))
        np.add.at(total, places.ravel(), np.ravel(wide))
        assert np.allclose(x.grad.numpy(), total.reshape(x.shape))


def test_the_last_of_repeated_writes_wins() -> None:
    """Of the values written into one place only the one that stayed has a gradient."""
    v = autograd.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = autograd.tensor(np.zeros(2, np.float32))
    y[[0, 1, 0]] = v
    (y * autograd.tensor([10.0, 20.0])).sum().backward()
    assert y.tolist() == [3.0, 2.0]
    assert v.grad.tolist() == [0.0, 20.0, 10.0]


@pytest.mark.parametrize(("rows", "width"), [(3, 2), (1000, 64)])
def test_tables_of_any_size(rows: int, width: int) -> None:
    """Few and many rows are added up in different ways, with the same result; float32 stays float32."""
    rng = np.random.default_rng(0)
    table = autograd.tensor(rng.standard_normal((rows, width)).astype(np.float32), requires_grad=True)
    index = rng.integers(-rows, rows, (40, 10))
    g = rng.standard_normal((40, 10, width)).astype(np.float32)
    table[index].backward(autograd.tensor(g))
    expected = np.zeros((rows, width))
    np.add.at(expected, index, g)
    assert table.grad.dtype == np.float32
    assert np.allclose(table.grad.numpy(), expected, atol=1e-4)


@settings(max_examples=100)
@given(st.data())
def test_gather_and_scatter(data: Any) -> None:
    """gather, scatter and scatter_add against loops over all places."""
    x = numbered(data.draw(shapes))
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    shape = tuple(data.draw(st.integers(1, 4 if d == dim % x.ndim else n)) for d, n in enumerate(x.shape))
    index = data.draw(hnp.arrays(np.int64, shape, elements=st.integers(0, x.shape[dim] - 1)))
    src = numbered(shape, 1)

    def place(at: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(int(index[at]) if d == dim % x.ndim else i for d, i in enumerate(at))

    gathered, scattered, added = np.zeros(shape), x.copy(), x.copy()
    for at in np.ndindex(shape):
        gathered[at] = x[place(at)]
        scattered[place(at)] = src[at]
        added[place(at)] += src[at]
    t, s = autograd.tensor(x, requires_grad=True), autograd.tensor(src, requires_grad=True)
    assert np.array_equal(t.gather(dim, index).detach().numpy(), gathered)
    assert np.array_equal(t.scatter(dim, index, s).detach().numpy(), scattered)
    y = t.scatter_add(dim, index, s)
    assert np.array_equal(y.detach().numpy(), added)
    g = numbered(x.shape, 2)
    y.backward(autograd.tensor(g))
    assert np.array_equal(t.grad.numpy(), g)
    assert np.array_equal(s.grad.numpy(), np.array([g[place(at)] for at in np.ndindex(shape)]).reshape(shape))


def test_an_index_changed_before_backward_is_an_error() -> None:
    """A gradient for other places than were read would be silently wrong."""
    x, index = autograd.tensor([1.0, 2.0, 3.0], requires_grad=True), autograd.tensor(np.array([0, 1]))
    y = x[index]
    index[0] = 2
    with pytest.raises(RuntimeError, match="modified by an inplace operation: getitem"):
        y.sum().backward()


def test_views_are_written_through() -> None:
    """What PyTorch makes a view of can be written, and the base's gradient follows."""
    views = {
        "transpose": lambda x: x.transpose(0, 1), "T": lambda x: x.T, "view": lambda x: x.view(-1),
        "reshape": lambda x: x.reshape(3, 2), "unsqueeze": lambda x: x.unsqueeze(0),
        "squeeze": lambda x: x[:, :1].squeeze(1), "narrow": lambda x: x.narrow(1, 1, 2),
        "select": lambda x: x.select(0, 1), "unsafe_split": lambda x: x.unsafe_split(1)[1],
        "unsafe_chunk": lambda x: x.unsafe_chunk(2, 1)[0], "diagonal": lambda x: x.diagonal(), "permute": lambda x: x.permute(1, 0),
        "movedim": lambda x: x.movedim(0, 1), "flatten": lambda x: x.flatten(), "unfold": lambda x: x.unfold(1, 2, 2),
    }  # fmt: skip
    for name, look in views.items():
        x = autograd.tensor(numbered((2, 3)), requires_grad=True)
        y = x * 1.0
        part = look(y)
        part *= 3.0
        marked = np.ones((2, 3))
        seen = look(autograd.tensor(np.arange(6.0).reshape(2, 3))).numpy().ravel().astype(int)
        marked.ravel()[seen] = 3.0
        assert np.allclose(y.detach().numpy(), numbered((2, 3)) * marked), name
        y.sum().backward()
        assert np.allclose(x.grad.numpy(), marked), name


def test_bad_indices_say_what_they_met() -> None:
    """Errors show the index's and the tensor's shapes."""
    x = autograd.tensor(np.ones((4, 5)))
    bad: list[tuple[Any, str]] = [
        (4, r"index 4 .*float64\[4, 5\]"), ((0, 5), r"index 5 .*float64\[4, 5\]"), ((0, 0, 0), "too many indices"),
        (np.ones(3, bool), "boolean index"), ([0, 9], r"index 9 .*float64\[4, 5\]"),
    ]  # fmt: skip
    for index, message in bad:
        with pytest.raises(IndexError, match=message):
            x[index]
    with pytest.raises(IndexError, match="out of bounds"):
        x.scatter_add(1, np.array([[5]]), autograd.tensor(np.ones((1, 1))))


def test_places_in_a_table_of_a_given_length() -> None:
    x = autograd.tensor([[0.0, 1.0], [2.0, 0.0]])
    assert x.nonzero_static(size=3).tolist() == [[0, 1], [1, 0], [-1, -1]]
    assert x.nonzero_static(size=1, fill_value=9).tolist() == [[0, 1]]
    assert autograd.nonzero_static(autograd.tensor(1.0), size=2).shape == (2, 0)
    with pytest.raises(ArgumentError, match="non-negative integer, not -1"):
        x.nonzero_static(size=-1)


def test_places_of_a_flattened_tensor() -> None:
    places = autograd.tensor([[3, 11], [0, 7]])
    x = autograd.arange(12).reshape(3, 4)
    assert x[autograd.unravel_index(places, (3, 4))].tolist() == places.tolist()
    assert [i.item() for i in autograd.unravel_index(autograd.tensor(5), 7)] == [5]
    with pytest.raises(ValueError, match="out of bounds"):
        autograd.unravel_index(places, (2, 2))
    with pytest.raises(ValueError, match="negative"):
        autograd.unravel_index(places, (-1, 4))
    with pytest.raises(TypeError, match=r"integer dtype, not float32\[\]"):
        autograd.unravel_index(autograd.tensor(1.0), (2, 2))


def test_an_empty_index_may_have_any_number_of_dimensions():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    none = autograd.zeros((0, 3), dtype=autograd.int64)
    src = autograd.zeros((0, 3))
    for y in (x.scatter(0, none, src), x.scatter_add(0, none, src), x.scatter_reduce(0, none, src, "amax")):
        assert y.tolist() == [1.0, 2.0]
        assert y.requires_grad
    assert x.gather(0, none).shape == (0, 3)
    x.gather(0, none).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("reduce", "with_self", "without"),
    [
        ("amax", [True, True, True, False], [False, True, True, False]),
        ("amin", [False, False, True, False], [False, True, True, False]),
        ("prod", [False, False, True, False], [False, True, True, False]),
        ("sum", [True, True, True, False], [False, True, True, False]),
    ],
)
def test_booleans_are_combined_to_booleans(reduce, with_self, without):
    """PyTorch's results for these."""
    x, src = autograd.tensor([True, False, True, False]), autograd.tensor([False, False, True, True])
    index = autograd.tensor([0, 0, 1, 1])
    assert x.scatter_reduce(0, index, src, reduce).tolist() == with_self
    assert x.scatter_reduce(0, index, src, reduce, include_self=False).tolist() == without
    assert x.clone().scatter_reduce_(0, index, src, reduce).tolist() == with_self


def test_where_of_a_condition_alone_gives_indices() -> None:
    rows, columns = autograd.where(autograd.tensor([[1, 0], [0, 2]]) > 0)
    assert (rows.tolist(), columns.tolist()) == ([0, 1], [0, 1])
    with pytest.raises(TypeError, match="a condition alone, or with input and other"):
        autograd.where(autograd.tensor([True]), 1.0)  # type: ignore[call-overload]
    out = autograd.zeros(2)
    assert autograd.where(autograd.tensor([True, False]), 1.0, 2.0, out=out) is out
    assert out.tolist() == [1.0, 2.0]
