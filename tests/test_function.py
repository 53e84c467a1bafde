"""Custom Functions: PyTorch's contract."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import Function, forward_ad, func
from autograd.errors import GraphError, ShapeError
from autograd.function import once_differentiable


def leaf(*values):
    return autograd.tensor(np.array(values, dtype=np.float64), requires_grad=True)


class Mul(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        return g * b, g * a


class Exp(Function):
    """Saves its own output."""

    @staticmethod
    def forward(x):
        return x.exp()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y


class SinCos(Function):
    @staticmethod
    def forward(ctx, x):
        s, c = np.sin(x), np.cos(x)
        ctx.save_for_backward(s, c)
        return s, c

    @staticmethod
    def backward(ctx, gs, gc):
        s, c = ctx.saved_tensors
        return gs * c - gc * s


def test_gradients_of_the_first_and_of_higher_order():
    x = leaf(0.5, 1.0)
    y = Mul.apply(Exp.apply(x), x)
    assert y.grad_fn.name() == "MulBackward"
    (g,) = autograd.grad(y.sum(), x, create_graph=True)
    (h,) = autograd.grad(g.sum(), x, create_graph=True)
    (k,) = autograd.grad(h.sum(), x)
    e = np.exp(x.array)
    for found, wanted in [(g, e * (1 + x.array)), (h, e * (2 + x.array)), (k, e * (3 + x.array))]:
        assert np.allclose(found.array, wanted)


def test_several_outputs():
    x = leaf(0.5, 1.0)
    s, c = SinCos.apply(x)
    (g,) = autograd.grad((s * c).sum(), x, create_graph=True)
    assert np.allclose(g.array, np.cos(2 * x.array))
    (h,) = autograd.grad(g.sum(), x)
    assert np.allclose(h.array, -2 * np.sin(2 * x.array))
    assert np.allclose(func.jvp(lambda x: SinCos.apply(x)[0], (x.detach(),), (x.detach(),))[1].array, np.cos(x.array) * x.array)
    assert np.allclose(func.hessian(lambda x: SinCos.apply(x)[1].sum())(x.detach()).array, np.diag(-np.cos(x.array)))


def test_gradients_are_zeros_or_none_where_none_arrived():
    seen = []

    def make(materialize):
        class Two(Function):
            @staticmethod
            def forward(ctx, x):
                ctx.set_materialize_grads(materialize)
                return x * 1.0, x * 2.0

            @staticmethod
            def backward(ctx, a, b):
                seen.append((a, b))
                return b * 2.0

        return Two

    for materialize in (True, False):
        x = leaf(1.0)
        make(materialize).apply(x)[1].sum().backward()
        assert x.grad.item() == 2
    assert seen[0][0].tolist() == [0]
    assert seen[1][0] is None


def test_needs_input_grad_and_arguments_that_are_no_tensors():
    seen = []

    class Scale(Function):
        @staticmethod
        def forward(ctx, x, factor, w):
            ctx.factor = factor
            return x * factor

        @staticmethod
        def backward(ctx, g):
            seen.append(ctx.needs_input_grad)
            return g * ctx.factor, None, None

    x = leaf(1.0)
    y = Scale.apply(x, 3.0, autograd.tensor([1.0]))
    y.sum().backward()
    assert x.grad.item() == 3
    assert seen == [(True, False, False)]
    assert not Scale.apply(x.detach(), 3.0, None).requires_grad
    with autograd.no_grad():
        assert not Scale.apply(x, 3.0, None).requires_grad


def test_its_own_forward_mode_is_used():
    class Own(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2.0

        @staticmethod
        def backward(ctx, g):
            return g * 2.0

        @staticmethod
        def jvp(ctx, t):
            return t * 7.0

    assert func.jvp(Own.apply, (autograd.tensor(1.0),), (autograd.tensor(1.0),))[1].item() == 7


def test_mark_non_differentiable():
    class Sorted(Function):
        @staticmethod
        def forward(ctx, x):
            order = autograd.tensor(np.argsort(x.array).astype(float))
            ctx.mark_non_differentiable(order)
            return x * 1.0, order

        @staticmethod
        def backward(ctx, g, _=None):
            return g

    x = leaf(2.0, 1.0)
    y, order = Sorted.apply(x)
    assert not order.requires_grad
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_mark_dirty():
    class Double(Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2.0)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2.0

    x = leaf(1.0, 2.0)
    y = x * 3.0
    part = y[0]
    z = Double.apply(y)
    assert z is y
    assert part.item() == 6
    (y * y).sum().backward()
    assert x.grad.tolist() == [72, 144]
    x.grad = None
    y = x * 3.0
    Double.apply(y[1:])
    y.sum().backward()
    assert x.grad.tolist() == [3, 6]


def test_once_differentiable():
    class Once(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return autograd.tensor(g.detach().numpy() * 2 * x.detach().numpy())

    x = leaf(3.0)
    Once.apply(x).sum().backward()
    assert x.grad.item() == 6
    (g,) = autograd.grad(Once.apply(x).sum(), x, create_graph=True)
    assert g.item() == 6
    with pytest.raises(GraphError, match="differentiate twice"):
        (g * x).sum().backward()


def test_saved_tensors_changed_in_place_are_noticed():
    x = leaf(1.0, 2.0)
    a, b = x * 1.0, x * 2.0
    y = Mul.apply(a, b)
    b.add_(1.0)
    with pytest.raises(GraphError, match=r"Mul saved 'saved_tensors\[1\]' \(float64\[2\]\) at version 0, and it is at version 1"):
        y.sum().backward()


def test_a_second_backward_raises():
    y = Mul.apply(leaf(1.0), leaf(2.0)).sum()
    y.backward()
    with pytest.raises(GraphError, match="second time"):
        y.backward()


@pytest.mark.parametrize("view", [lambda x: x, lambda x: x[:1], lambda x: x.view_as(x), lambda x: x.clone()[:1]])
def test_an_output_that_is_a_view_is_not_written_in_place_by_an_op_that_is_recorded(view):
    class Looks(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.shape = x.shape
            return view(x)

        @staticmethod
        def backward(ctx, g):
            out = g.new_zeros(ctx.shape)
            out[: len(g)] = g
            return out

    x = leaf(1.0, 2.0)
    base = x * 1
    y = Looks.apply(base)
    assert y is not base
    y.sum().backward(retain_graph=True)
    assert x.grad.tolist()[0] == 1
    with pytest.raises(GraphError, match="created inside a custom Function"):
        y.mul_(2.0)
    with pytest.raises(GraphError, match="created inside a custom Function"):
        y[0] = 3.0
    assert y.tolist()[0] == 1
    plain = Looks.apply(base.detach())
    with pytest.raises(GraphError, match="created inside a custom Function"):
        plain.mul_(leaf(2.0))
    with autograd.no_grad():
        silent = Looks.apply(x)
    if np.shares_memory(silent.array, x.array):
        assert np.shares_memory(y.array, base.array)
        base.mul_(2.0)
        with pytest.raises(GraphError, match="another view of its base has been modified"):
            y.sum()
        with pytest.raises(GraphError, match="no_grad mode"):
            silent.zero_()


def test_an_output_that_is_there_twice_is_one_tensor():
    class Twice(Function):
        @staticmethod
        def forward(ctx, x):
            y = x * 2
            return y, y

        @staticmethod
        def backward(ctx, first, second):
            return 2 * first + 2 * second

    x = leaf(1.0, 2.0)
    a, b = Twice.apply(x)
    assert a is b
    (a + b).sum().backward()
    assert x.grad.tolist() == [4, 4]


def test_inputs_that_forward_writes():
    class Add(Function):
        @staticmethod
        def forward(ctx, a, b, more, what):
            a.add_(b)
            ctx.mark_dirty(what(a))
            return (a, a + b) if more else a

        @staticmethod
        def backward(ctx, g, *others):
            return g, g, None, None

    b = leaf(3.0, 4.0)
    with pytest.warns(UserWarning, match="not an input but was given to mark_dirty"):
        Add.apply(autograd.ones(2, dtype=autograd.float64), b, False, lambda a: a + 1)
    view = leaf(1.0, 2.0).clone().view(2)
    with pytest.raises(GraphError, match="an input that is a view of another Tensor"):
        Add.apply(view, b, True, lambda a: a)
    assert type(Add.apply(leaf(1.0, 2.0).clone(), b, True, lambda a: a)[0].grad_fn) is Add._backward_cls


def test_an_input_that_is_returned_as_it_is_and_saved_by_setup_context_is_refused():
    class Same(Function):
        @staticmethod
        def forward(x):
            return x

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(output)

        @staticmethod
        def backward(ctx, g):
            return g

    with pytest.raises(GraphError, match="returned as-is as output is being saved"):
        Same.apply(leaf(1.0))


def test_what_jvp_must_do_with_the_tangents():
    class Scale(Function):
        @staticmethod
        def forward(ctx, x, jvp):
            ctx.mark_dirty(x)
            ctx.tangent = jvp
            return x.mul_(2)

        @staticmethod
        def jvp(ctx, t, _):
            return ctx.tangent(t)

        @staticmethod
        def backward(ctx, g):
            return 2 * g, None

    class Part(Function):
        @staticmethod
        def forward(ctx, x, jvp):
            ctx.tangent = jvp
            return x[:1]

        jvp = Scale.jvp

    class Kept(Function):
        @staticmethod
        def forward(ctx, x, jvp):
            ctx.save_for_backward(x)
            ctx.tangent = jvp
            constant = x + 1
            ctx.mark_non_differentiable(constant)
            return x * 1, constant

        @staticmethod
        def jvp(ctx, t, _):
            assert ctx.saved_tensors == ()  # only what save_for_forward has saved
            return ctx.tangent(t)

    def dual(function, jvp):
        x, t = autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 1.0])
        with forward_ad.dual_level():
            out = function.apply(forward_ad.make_dual(x, t), jvp)
            out = out[0] if isinstance(out, tuple) else out
            return forward_ad.unpack_dual(out).tangent.tolist(), t.tolist()

    assert dual(Scale, lambda t: t.mul_(2)) == ([2, 2], [2, 2])
    assert dual(Part, lambda t: t[:1]) == ([1], [1, 1])
    assert dual(Kept, lambda t: (t, None)) == ([1, 1], [1, 1])
    for function, jvp, match in [
        (Scale, lambda t: 2 * t, "must modify the corresponding gradient inplace"),
        (Scale, lambda t: t, "must modify the corresponding gradient inplace"),
        (Part, lambda t: t[:1].clone(), "not returning a view"),
        (Kept, lambda t: (t, t), "should return None at that position"),
    ]:
        with pytest.raises(GraphError, match=match):
            dual(function, jvp)


def returning(value):
    class Returns(Function):
        @staticmethod
        def forward(ctx, x, w):
            return x + w

        @staticmethod
        def backward(ctx, g):
            return value(g)

    return Returns


@pytest.mark.parametrize(
    ("value", "error", "match"),
    [
        (lambda g: g, GraphError, r"Returns.backward returned an incorrect number of gradients \(expected 2, got 1\)"),
        (lambda g: (g, g, g), GraphError, r"expected 2, got 3"),
        (lambda g: (g, 1.0), TypeError, "gradient of input 1: expected a Tensor or None"),
        (lambda g: (autograd.tensor(np.ones(3)), g), ShapeError, r"invalid gradient at index 0: got float64\[3\].*\[2\]"),
    ],
)
def test_wrong_gradients_are_clear_errors(value, error, match):
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    with pytest.raises(error, match=match):
        returning(value).apply(x, w).sum().backward()
    assert x.grad is None
    assert w.grad is None


def test_gradients_are_summed_over_broadcast_dimensions_and_cast():
    x, w = leaf(1.0), autograd.tensor(np.ones(3, np.float32), requires_grad=True)
    returning(lambda g: (g, g, None, None)).apply(x, w).sum().backward()
    assert x.grad.tolist() == [3]
    assert w.grad.dtype == np.float32


def test_misuse():

    class NoForward(Function):
        pass

    with pytest.raises(NotImplementedError, match="forward"):
        NoForward.apply(leaf(1.0))

    class NoBackward(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1.0

    with pytest.raises(NotImplementedError, match="backward"):
        NoBackward.apply(leaf(1.0)).sum().backward()

    class Early(Function):
        @staticmethod
        def forward(ctx, x):
            return ctx.saved_tensors

    with pytest.raises(GraphError, match="in backward"):
        Early.apply(leaf(1.0))

    class Number(Function):
        @staticmethod
        def forward(ctx, x):
            return 3.0

    with pytest.raises(TypeError, match="expected a Tensor"):
        Number.apply(leaf(1.0))


def test_complex_gradients_are_in_pytorchs_convention():
    class Square(Function):
        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return z * z

        @staticmethod
        def backward(ctx, g):
            (z,) = ctx.saved_tensors
            return g * 2.0 * autograd.conj(z)

    z = autograd.tensor(np.array([1 + 2j, -1j]), requires_grad=True)
    w = z.detach().requires_grad_()
    autograd.real(Square.apply(z)).sum().backward()
    autograd.real(w * w).sum().backward()
    assert np.allclose(z.grad.array, w.grad.array)


def test_backward_gets_a_gradient_for_every_output():
    """As in PyTorch: zeros for an output that is marked as not differentiable, None for one that is no tensor."""
    seen = []

    class Largest(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            value, index = x.max(0)
            ctx.mark_non_differentiable(index)
            ctx.save_for_backward(index)
            ctx.length = len(x)
            return value, index, "text"

        @staticmethod
        def backward(ctx, g, g_index, g_text):
            seen.append((g_index, g_text))
            (index,) = ctx.saved_tensors
            full = autograd.zeros(ctx.length)
            full[index] = g
            return full

    x = autograd.tensor([1.0, 3.0, 2.0], requires_grad=True)
    Largest.apply(x)[0].backward()
    assert x.grad.tolist() == [0, 1, 0]
    assert (seen[0][0].tolist(), seen[0][0].dtype, seen[0][1]) == (0, autograd.int64, None)


def test_setup_context_gets_the_defaults_of_forward():
    class Scaled(autograd.Function):
        @staticmethod
        def forward(x, k=3.0):
            return x * k

        @staticmethod
        def setup_context(ctx, inputs, output):
            _, ctx.k = inputs

        @staticmethod
        def backward(ctx, g):
            return g * ctx.k, None

    x = autograd.tensor(2.0, requires_grad=True)
    Scaled.apply(x).backward()
    assert x.grad.item() == 3


def test_vjp_is_another_name_of_backward():
    class Double(autograd.Function):
        @staticmethod
        def forward(ctx, x, flag, y):
            ctx.save_for_backward(x, None)
            ctx.note = "kept"
            return 2 * x + y

        @staticmethod
        def vjp(ctx, g):
            with pytest.warns(DeprecationWarning, match="saved_variables"):
                assert len(ctx.saved_variables) == 2
            return 2 * g, None, g

        @staticmethod
        def jvp(ctx, t, flag, u):
            assert flag is None
            return 2 * t + u  # a tensor without a tangent has zeros

    x = autograd.tensor(3.0, requires_grad=True)
    y = Double.apply(x, True, autograd.tensor(1.0))
    assert y.grad_fn.note == "kept"
    assert y.grad_fn.saved_tensors == (x, None)
    assert type(y.grad_fn).__name__ == "DoubleBackward"
    y.backward()
    assert x.grad.item() == 2.0
    with pytest.raises(GraphError, match="freed"):
        y.grad_fn.saved_tensors  # noqa: B018
    with autograd.forward_ad.dual_level():
        dual = autograd.forward_ad.make_dual(autograd.tensor(3.0), autograd.tensor(1.0))
        out = Double.apply(dual, True, autograd.tensor(1.0))
        assert autograd.forward_ad.unpack_dual(out).tangent.item() == 2.0

    class Both(Double):
        @staticmethod
        def backward(ctx, g):
            return g

    with pytest.raises(GraphError, match="both"):
        Both.apply(x, True, x).backward()


def test_an_instance_is_hardly_meant():
    class Same(Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

    with pytest.warns(DeprecationWarning, match="apply"):
        made = Same()
    with pytest.raises(GraphError, match="apply"):
        made(autograd.ones(1))


def test_callbacks_are_called_once_at_the_end_of_their_backward():
    order = []
    queue = autograd.Variable._execution_engine.queue_callback
    w = autograd.ones(1, requires_grad=True)

    class Queues(Function):
        @staticmethod
        def forward(ctx, x, inner):
            ctx.inner = inner
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            if ctx.inner:
                with autograd.enable_grad():
                    Queues.apply(autograd.ones(1, requires_grad=True), False).sum().backward()
            queue(lambda: (order.append((ctx.inner, w.grad is not None)), ctx.inner and queue(lambda: order.append("last"))))
            return g, None

    Queues.apply(w, True).sum().backward()
    assert order == [(False, False), (True, True), "last"]
    with pytest.raises(GraphError, match="during backward"):
        queue(lambda: None)
    assert autograd._assert(True, "never") is None
    with pytest.raises(AssertionError, match="always"):
        autograd._assert(False, "always")
