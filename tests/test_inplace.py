"""Writing in place: views, versions, gradients through writes, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.functions.inplace import write


def leaf(*values):
    return autograd.tensor(np.array(values, dtype=np.float64), requires_grad=True)


def gradient(y, x):
    return autograd.grad(y.sum(), x, retain_graph=True)[0].tolist()


def test_assignment_sends_the_gradient_to_the_value_and_not_to_what_it_replaced():
    x, w = leaf(1.0, 2.0, 3.0), leaf(5.0)
    z = x * 2.0
    z[1] = w[0] * 7.0
    assert z.tolist() == [2, 35, 6]
    gx, gw = autograd.grad((z * z).sum(), [x, w])
    assert gx.tolist() == [8, 0, 24]
    assert gw.tolist() == [2 * 35 * 7]


def test_views_of_views_write_through_to_the_base():
    x = leaf(*range(12))
    z = (x * 1.0).reshape(3, 4)
    row = z[1]
    part = row[1:3]
    part.mul_(10.0)
    assert z[1].tolist() == [4, 50, 60, 7]
    assert row.tolist() == [4, 50, 60, 7]
    assert gradient(z, x) == [1, 1, 1, 1, 1, 10, 10, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("take", ["view", "sibling", "base"])
def test_a_write_is_seen_by_base_view_and_sibling(take):
    x = leaf(1.0, 2.0, 3.0)
    z = x * 1.0
    view, sibling = z[1:], z.reshape(3, 1)
    view[0] = x[0] * 5.0
    seen = {"view": view, "sibling": sibling, "base": z}[take]
    assert 5.0 in seen.array
    wanted = {"view": [5, 0, 1], "sibling": [6, 0, 1], "base": [6, 0, 1]}[take]
    assert gradient(seen * 1.0, x) == wanted


def test_a_write_to_the_base_is_seen_by_its_views():
    x = leaf(1.0, 2.0)
    z = x * 1.0
    view = z[1]
    z.mul_(x)
    assert view.item() == 4
    assert gradient(view * 3.0, x) == [0, 12]


def test_what_was_computed_before_a_write_keeps_its_gradient():
    x = leaf(2.0, 3.0)
    z = x * 1.0
    before = z + 1.0
    z.mul_(10.0)
    assert gradient(before, x) == [1, 1]
    assert gradient(z, x) == [10, 10]


def test_an_op_may_write_over_what_it_saved_itself():
    """a *= b needs the old a for b's gradient; PyTorch keeps a copy, and so do we."""
    a, b = leaf(2.0, 3.0), leaf(5.0, 7.0)
    z = a * 1.0
    z.mul_(b)
    z *= z
    assert gradient(z, b) == [2 * 2 * 2 * 5, 2 * 3 * 3 * 7]
    y = a * 1.0
    y.exp_()
    (g,) = autograd.grad(y.sum(), a)
    assert np.allclose(g.array, np.exp(a.array))


def test_a_saved_array_that_was_changed_is_named_with_its_versions():
    x = leaf(1.0, 2.0)
    e = x.exp()
    s = e * 1.0
    e.mul_(2.0)
    e.add_(1.0)
    with pytest.raises(GraphError, match=r"inplace operation: exp saved its result \(float64\[2\]\) at version 0, .* at version 2"):
        s.sum().backward()
    assert x.grad is None


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.add_(1.0),
        lambda t: t[0].add_(1.0),
        lambda t: t.detach().add_(1.0),
        lambda t: t.reshape(2, 1).mul_(2.0),
        lambda t: t.__setitem__(0, 9.0),
    ],
)
def test_every_alias_is_watched(change):
    x = leaf(1.0, 2.0)
    w = autograd.tensor(np.array([3.0, 4.0]))
    y = (x * w).sum()
    change(w)
    with pytest.raises(GraphError, match="mul saved"):
        y.backward()


def test_a_change_without_need_is_no_error():
    x = leaf(1.0, 2.0)
    z = x * 3.0
    y = z + 1.0
    z.mul_(2.0)
    y.sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_leaves_are_changed_only_within_no_grad():
    x = leaf(1.0, 2.0)
    for attempt in (lambda: x.add_(1.0), lambda: x[0].add_(1.0), lambda: x.__setitem__(0, 3.0), lambda: x.reshape(2, 1).mul_(2.0)):
        with pytest.raises(GraphError, match=r"leaf Variable that requires grad.*no_grad\(\)"):
            attempt()
    assert x.tolist() == [1, 2]
    assert x._version == 0
    with autograd.no_grad():
        x.add_(1.0)
    assert x.tolist() == [2, 3]
    assert x.is_leaf
    assert x._version == 1


def test_a_constant_becomes_part_of_the_graph_when_a_gradient_is_written_into_it():
    x = leaf(1.0, 2.0)
    z = autograd.tensor(np.zeros(3))
    z[:2] = x
    assert z.requires_grad
    z.mul_(3.0)  # and is no leaf, although a leaf was written into it
    assert gradient(z, x) == [3, 3]
    full = autograd.tensor(np.zeros(2))
    full[...] = x
    full.mul_(2.0)
    assert gradient(full, x) == [2, 2]
    assert x.is_leaf


def test_views_made_under_no_grad_stay_outside():
    x = leaf(1.0, 2.0)
    z = x * 1.0
    with autograd.no_grad():
        view = z[0]
        z.mul_(2.0)
    assert not view.requires_grad
    with pytest.raises(GraphError, match="created in no_grad mode"):
        view.mul_(x[0])
    assert z.tolist() == [2, 4]
    with autograd.inference_mode():
        inside = z[0]
    with pytest.raises(GraphError, match="created in inference mode"):
        inside.mul_(x[0])
    for base in (x, z):  # a number, too: the gradient of the base would no longer be that of its values
        with autograd.no_grad():
            view = base[:]
        for change in (lambda view=view: view.zero_(), lambda view=view: view.__setitem__(0, 1.0)):
            with pytest.raises(GraphError, match="created in no_grad mode"):
                change()
        with autograd.no_grad():
            view.mul_(1.0)
    assert z.tolist() == [2, 4]


@pytest.mark.parametrize(
    "views",
    [lambda x: x.split(2), lambda x: x.split([1, 3]), lambda x: x.chunk(2), lambda x: x.view(2, 2).unbind(), lambda x: x.split(4)],
)
def test_the_views_that_one_function_returns_are_not_written_where_that_is_recorded(views):
    x = leaf(1.0, 2.0, 3.0, 4.0) * 1
    for part in (views(x)[0], views(x)[0].view(-1)):
        with pytest.raises(GraphError, match="a function that returns multiple views"):
            part.add_(1)
        with pytest.raises(GraphError, match="a function that returns multiple views"):
            part[0] = 1.0
    with pytest.raises(GraphError, match="a function that returns multiple views"):
        views(autograd.ones(4, dtype=autograd.float64))[0].mul_(leaf(2.0))
    with autograd.no_grad():
        views(x)[0].mul_(3)
    assert x[0].item() == 3
    plain = autograd.ones(4)
    views(plain)[0].mul_(3)
    assert plain[0].item() == 3
    views(x)[0].sum().backward()


def test_views_that_may_be_written():
    for views in (lambda x: x.unsafe_split(2), lambda x: x.unsafe_chunk(2), lambda x: x.tensor_split(2), lambda x: x.hsplit(2)):
        w = leaf(1.0, 2.0, 3.0, 4.0)
        x = w * 1
        views(x)[0].mul_(3)
        x.sum().backward()
        assert w.grad.tolist() == [3, 3, 1, 1]


def test_detach_shares_memory_and_no_graph():
    x = leaf(1.0, 2.0)
    z = x * 1.0
    d = z.detach()
    d.mul_(5.0)
    assert z.tolist() == [5, 10]
    assert not d.requires_grad
    assert gradient(z, x) == [1, 1]


@pytest.mark.parametrize(
    ("index", "shape"),
    [
        (1, (4,)),
        (slice(None, None, -2), (2, 4)),
        ((..., 0), (3,)),
        ((slice(None), None, 2), (3, 1)),
        (np.array([2, 0]), (2, 4)),
        ((np.array([0, 2]), np.array([1, 3])), (2,)),
        (np.array([[True, False, True, False]] * 3), (6,)),
        (np.array([0, 0, 2]), (3, 4)),
        (slice(0, 0), (0, 4)),
    ],
)
def test_every_kind_of_index(index, shape):
    rng = np.random.default_rng(0)
    base = autograd.tensor(rng.standard_normal((3, 4)), requires_grad=True)
    value = autograd.tensor(rng.standard_normal(shape), requires_grad=True)
    weight = rng.standard_normal((3, 4))

    def run(b, v):
        z = b * 1.0
        z[index] = v
        return z

    z = run(base, value)
    wanted = base.array.copy()
    wanted[index] = value.array
    assert np.array_equal(z.array, wanted)
    gb, gv = autograd.grad(z, [base, value], weight)
    marks = np.zeros((3, 4))
    marks[index] = 1
    assert np.array_equal(gb.array, weight * (1 - marks))
    h = 1e-6
    for spot in np.ndindex(shape):
        up, down = value.array.copy(), value.array.copy()
        up[spot] += h
        down[spot] -= h
        with autograd.no_grad():
            numeric = ((run(base, autograd.tensor(up)).array - run(base, autograd.tensor(down)).array) * weight).sum() / (2 * h)
        assert gv.array[spot] == pytest.approx(numeric, abs=1e-8)


def test_values_broadcast():
    x = leaf(2.0)
    z = autograd.tensor(np.zeros((2, 3)))
    z[:, 1:] = x
    assert gradient(z, x) == [4]
    z[0] = 7
    assert gradient(z, x) == [2]


def test_an_index_array_that_is_reused_afterwards():
    x = leaf(1.0, 2.0)
    index = np.array([0])
    z = autograd.tensor(np.zeros(3))
    z[index] = x[:1]
    index[0] = 2
    assert gradient(z, x) == [1, 0]


def test_higher_orders_follow_writes():
    x = leaf(2.0, 3.0)
    z = x * x
    z[0] = (z[1] + 0.0) * x[0]
    z[1:].mul_(x[1])
    (g,) = autograd.grad(z.sum(), x, create_graph=True)
    assert g.tolist() == [9, 2 * 2 * 3 + 27]
    assert gradient(g, x) == [6, 6 + 4 + 18]


@pytest.mark.parametrize(
    ("attempt", "error", "match"),
    [
        (lambda z: z.add_(np.ones((2, 3))), ShapeError, r"add_.*float64\[2, 3\].*float64\[3\].*nothing was changed"),
        (lambda z: z.__setitem__(slice(0, 2), np.ones(3)), ShapeError, r"float64\[3\] does not fit into float64\[2\]"),
        (lambda z: z.__setitem__(5, 1.0), IndexError, "out of bounds"),
        (lambda z: z.mul_(1j), DtypeError, "complex128 can't be cast"),
        (lambda z: z.__setitem__(0, "a"), TypeError, "value"),
        (lambda z: z.mul_(None), TypeError, "None"),
    ],
)
def test_errors_change_nothing(attempt, error, match):
    x = leaf(1.0, 2.0, 3.0)
    z = x * 1.0
    node, version = z.grad_fn, z._version
    with pytest.raises(error, match=match):
        attempt(z)
    assert z.tolist() == [1, 2, 3]
    assert z.grad_fn is node
    assert z._version == version
    assert gradient(z * z, x) == [2, 4, 6]


def test_integers_take_no_values_that_need_a_gradient():
    z = autograd.tensor(np.array([1, 2]))
    with pytest.raises((DtypeError, GraphError), match="float"):
        z[0] = leaf(1.0)[0]
    assert z.tolist() == [1, 2]


def test_memory_that_is_read_only():
    array = np.ones(3)
    array.flags.writeable = False
    z = autograd.from_numpy(array)
    with pytest.raises(GraphError, match="read-only"):
        z.add_(1.0)
    x = leaf(1.0)
    with pytest.raises(GraphError, match="read-only"):
        (x * 1.0).expand(3).add_(1.0)


def test_versions_count_writes():
    z = autograd.tensor(np.zeros(3))
    view = z[1:]
    z.add_(1.0)
    view.add_(1.0)
    z[0] = 5.0
    assert z._version == view._version == 3


def test_the_write_op_is_in_the_picture():
    x = leaf(1.0, 2.0)
    z = x * 1.0
    z[0] = 3.0
    assert z.grad_fn.op is write
    assert z.grad_fn.next_functions[0][0].name() == "MulBackward0"


def test_overlapping_writes_read_first():
    x = leaf(1.0, 2.0, 3.0)
    z = x * 1.0
    z[1:] = z[:-1]
    assert z.tolist() == [1, 1, 2]
    assert gradient(z * autograd.tensor(np.array([1.0, 10.0, 100.0])), x) == [11, 100, 0]


def test_a_write_through_a_reshaped_view_is_undone_on_a_gradient_in_any_order_of_memory():
    """The gradient that a transposed result sends is laid out column by column: there a reshape copies, and the zeros were lost."""
    x, w = leaf(1.0, 2.0, 3.0, 4.0), leaf([1.0, 2.0], [3.0, 4.0])
    z = w * 1.0
    z.reshape(-1).copy_(x)
    gx, gw = autograd.grad((z.T * 3.0).sum(), [x, w])
    assert gx.tolist() == [3, 3, 3, 3]
    assert gw.tolist() == [[0, 0], [0, 0]]


def test_a_view_of_a_base_that_lies_column_by_column_is_written():
    w, x = autograd.from_numpy(np.asfortranarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])).requires_grad_(), leaf(7.0, 8.0)
    z = w * 1.0
    z.T.view(-1)[1:3] = x
    assert z.tolist() == [[1, 8, 3], [7, 5, 6]]
    gw, gx = autograd.grad((z * z).sum(), [w, x], create_graph=True)
    assert gw.tolist() == [[2, 0, 6], [0, 10, 12]]
    assert gx.tolist() == [14, 16]
    assert gradient(gw, w) == [[2, 0, 2], [0, 2, 2]]
    assert gradient(gx, x) == [2, 2]


def test_a_view_that_no_copy_would_allow_sends_its_gradient_back():
    x, w = leaf(1.0, 2.0), leaf([1.0, 2.0], [3.0, 4.0])
    z = w * 1.0
    z.view(-1)[1:3] = x
    gx, gw = autograd.grad((z.T * np.array([[1.0, 2.0], [3.0, 4.0]])).sum(), [x, w])
    assert gx.tolist() == [3, 2]
    assert gw.tolist() == [[1, 0], [0, 4]]


def test_writes_through_the_parts_of_complex_numbers():
    """y = 1 + i v, so Re(y^2) = 1 - v^2 and Im(y^2) = 2 v; and a view of pairs as numbers, the other way."""
    z, v = autograd.tensor([1 + 5j, 1 - 1j], dtype=autograd.complex128, requires_grad=True), leaf(2.0, 3.0)
    for part in (lambda y: y.imag, lambda y: autograd.view_as_real(y)[:, 1]):
        y = z * 1.0
        part(y).copy_(v)
        assert y.tolist() == [1 + 2j, 1 + 3j]
        assert gradient((y * y).real, v) == [-4, -6]
        assert gradient((y * y).imag, v) == [2, 2]
        assert gradient((y * y).real, z) == [2, 2]
    w, c = leaf([1.0, 2.0], [3.0, 4.0]), autograd.tensor([5 + 6j, 7 + 8j], dtype=autograd.complex128, requires_grad=True)
    y = w * 1.0
    autograd.view_as_complex(y).copy_(c)
    assert gradient(y.T * np.array([[1.0, 2.0], [3.0, 4.0]]), c) == [1 + 3j, 2 + 4j]
    y = w * 1.0
    autograd.view_as_complex(y).mul_(c)
    assert gradient(y, w) == [[5 + 6, 5 - 6], [7 + 8, 7 - 8]]
    assert gradient(y, c) == [1 + 2 + (1 - 2) * 1j, 3 + 4 + (3 - 4) * 1j]


def test_an_index_that_names_a_part_twice_sends_the_gradient_to_the_last():
    z, v = autograd.tensor([1 + 5j, 1 - 1j], dtype=autograd.complex128, requires_grad=True), leaf(2.0, 3.0, 4.0)
    y = z * 1.0
    autograd.view_as_real(y)[np.array([0, 1, 0]), 1] = v
    assert y.tolist() == [1 + 4j, 1 + 3j]
    assert gradient(y.imag, v) == [0, 1, 1]


def test_windows_that_overlap_are_not_written():
    x = leaf(1.0, 2.0, 3.0, 4.0)
    z = x * 1.0
    z.unfold(0, 2, 2).mul_(3.0)
    assert gradient(z, x) == [3, 3, 3, 3]
    with pytest.raises(GraphError, match="windows that overlap"):
        z.unfold(0, 2, 1).mul_(3.0)
    assert z.tolist() == [3, 6, 9, 12]


# ------------------------------------------------------------------------------------------------------ shapes in place


def test_a_new_shape_in_place_changes_no_number_and_keeps_the_gradient():
    x = leaf([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    y = x * 2.0
    assert y.t_() is y
    assert y.shape == (3, 2)
    assert y.unsqueeze_(0).shape == (1, 3, 2)
    assert y.squeeze_().swapaxes_(0, 1).transpose_(-1, -2).shape == (3, 2)
    weight = np.arange(6.0).reshape(3, 2)
    assert autograd.grad((y * weight).sum(), x)[0].tolist() == (2 * weight.T).tolist()


def test_views_made_before_and_after_a_new_shape_write_to_the_same_memory():
    x = leaf([1.0, 2.0], [3.0, 4.0])
    y = x * 1.0
    row = y[0]
    y.t_()
    column = y[:, 1]  # the same as x[1]
    row.mul_(10.0)
    column.mul_(100.0)
    assert y.tolist() == [[10, 300], [20, 400]]
    assert gradient(y, x) == [[10, 10], [100, 100]]
    assert gradient(row, x) == [[10, 10], [0, 0]]
    assert gradient(column, x) == [[0, 0], [100, 100]]
    y.mul_(2.0)
    assert row.tolist() == [20, 40]
    assert gradient(row, x) == [[20, 20], [0, 0]]


def test_a_leaf_of_a_new_shape_does_not_mislead_the_views_of_its_old_one():
    x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
    row = x[0]
    x.t_().requires_grad_()
    with autograd.no_grad():
        row.mul_(10.0)
    assert x.tolist() == [[10, 3], [20, 4]]
    assert not row.requires_grad  # it was made before x was a leaf
    x.sum().backward()
    assert x.grad.tolist() == [[1, 1], [1, 1]]


def test_a_new_shape_in_place_of_a_leaf():
    x = leaf(1.0, 2.0)
    with pytest.raises(GraphError, match=r"unsqueeze_: a leaf Variable that requires grad is being used in an in-place"):
        x.unsqueeze_(0)
    assert x.shape == (2,)
    with autograd.no_grad():
        x.unsqueeze_(0)
    assert x.shape == (1, 2)
    assert x.is_leaf
    (x * 3.0).sum().backward()
    assert x.grad.tolist() == [[3, 3]]


def test_a_refused_new_shape_changes_nothing():
    y = leaf(1.0, 2.0) * 1.0
    with pytest.raises(IndexError):
        y.unsqueeze_(5)
    assert y.shape == (2,)
    assert y.grad_fn.name() == "MulBackward0"


@pytest.mark.parametrize(
    "call",
    [
        lambda x: nn.BatchNorm1d(3)(x),
        lambda x: nn.InstanceNorm1d(3, affine=True)(x),
        lambda x: nn.LayerNorm(4)(x),
        lambda x: nn.GroupNorm(3, 3)(x),
        lambda x: nn.RMSNorm(4)(x),
        lambda x: x.sort()[0],
        lambda x: x.topk(2)[0],
        lambda x: x.kthvalue(2)[0],
        lambda x: x.median(-1)[0],
        lambda x: x.cummax(-1)[0],
        lambda x: x.max(-1)[0],
        lambda x: autograd.frexp(x)[0],
        lambda x: autograd.linalg.slogdet(x[:, :, :3])[1],
    ],
)
@pytest.mark.parametrize("write", [lambda y, x: y.mul_(3), lambda y, x: y.add_(x.flatten()[:1]), lambda y, x: y.relu_()])
def test_a_rule_that_does_not_need_a_result_lets_it_be_written(call, write):
    """As in PyTorch: a normalisation, or the values of a sorting, may be followed by an op in place."""
    x = autograd.tensor(np.random.default_rng(0).standard_normal((2, 3, 4)), requires_grad=True)
    weights = np.random.default_rng(1).standard_normal(call(x).shape)
    out_of_place = call(x).clone()
    (write(out_of_place, x) * weights).sum().backward()
    expected, x.grad = x.grad.array, None
    (write(call(x), x) * weights).sum().backward()
    np.testing.assert_allclose(x.grad.array, expected, rtol=1e-12)


def test_an_expanded_tensor_that_repeats_nothing_is_written_like_any_view() -> None:
    x = autograd.ones(3, 4, requires_grad=True)
    y = x * 2
    y.expand(1, 3, 4).mul_(3)
    y.t().expand(4, -1).add_(1)
    np.testing.assert_array_equal(y.detach().numpy(), np.full((3, 4), 7))
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.full((3, 4), 6))
    with pytest.raises(GraphError, match="single memory location"):
        autograd.ones(1, 4).expand(2, 4).add_(1)


@pytest.mark.parametrize(("view", "place"), [
    (lambda t: t[:, :1].expand(3, 3), (2, 2)),
    (lambda t: t.view(-1).unfold(0, 3, 2), (1, 0)),
    (lambda t: t.view(-1).as_strided((4, 3), (2, 1)), (3, 1)),
])  # fmt: skip
def test_one_element_of_a_view_that_repeats_elements_is_written(view: Callable[..., Any], place: tuple[int, int]) -> None:
    t = autograd.arange(9.0).reshape(3, 3)
    v = view(t)
    v[place] = 100.0
    assert (v == view(t)).all()
    assert v[place] == 100.0
    assert int((t == 100.0).sum()) == 1
    w, x = leaf(7.0), autograd.arange(9.0, requires_grad=True)
    y = (x * 1.0).view(3, 3)
    view(y)[place] = w[0]
    (y * autograd.arange(10.0, 19.0).view(3, 3)).sum().backward()
    written = int((t.view(-1) == 100.0).nonzero())
    assert w.grad.tolist() == [10.0 + written]
    assert x.grad.tolist() == [0.0 if i == written else 10.0 + i for i in range(9)]
    with pytest.raises(GraphError, match="single memory location"):
        v.add_(1)


def test_a_view_of_memory_that_a_user_made_read_only_stays_so() -> None:
    array = np.zeros(3)
    shown = array.view()
    shown.flags.writeable = False
    with pytest.raises(GraphError, match="read-only"):
        autograd.from_numpy(shown)[0].add_(1)
    assert not array.any()
