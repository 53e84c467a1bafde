"""``grad_fn`` as PyTorch's programs use it: its names, its edges, its hooks, and gradients with respect to a node."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.errors import GraphError
from autograd.graph import GradientEdge, Node, get_gradient_edge


class Twice(autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 2


def test_names_are_pytorchs() -> None:
    x = autograd.ones(2, requires_grad=True)
    assert (x * 2).grad_fn.name() == "MulBackward0"
    assert x.log_softmax(0).grad_fn.name() == "LogSoftmaxBackward0"
    assert Twice.apply(x).grad_fn.name() == "TwiceBackward"
    assert isinstance((x * 2).grad_fn, Node)


def test_next_functions_lead_to_the_leaves() -> None:
    x, y = autograd.ones(2, requires_grad=True), autograd.ones(2)
    (first, number), (second, _) = (x.exp() * y).grad_fn.next_functions
    assert (first.name(), number, second) == ("ExpBackward0", 0, None)
    ((leaf, _),) = first.next_functions
    assert leaf.name() == "torch::autograd::AccumulateGrad"
    assert leaf.variable is x
    with pytest.raises(AttributeError, match="only the nodes of leaves"):
        _ = first.variable


def test_one_output_of_several() -> None:
    x = tensor([3.0, 1.0, 2.0], requires_grad=True)
    u, s, v = autograd.linalg.svd(autograd.diag(x), full_matrices=False)
    assert u.grad_fn is s.grad_fn is v.grad_fn
    assert [t.output_nr for t in (u, s, v, x)] == [0, 1, 2, 0]
    assert (s * 2).grad_fn.next_functions == ((s.grad_fn, 1), (None, 0))
    edge = GradientEdge(s.grad_fn, s.output_nr)
    loss = (s * s).sum()
    (g,) = autograd.grad(loss, edge, retain_graph=True)
    assert g.tolist() == [6.0, 4.0, 2.0]
    (g,) = autograd.grad(edge, x, tensor([1.0, 10.0, 100.0]))
    assert g.tolist() == pytest.approx([1.0, 100.0, 10.0])


def test_metadata_is_the_users() -> None:
    y = autograd.ones(2, requires_grad=True) * 2
    y.grad_fn.metadata["why"] = "because"
    assert y.grad_fn.metadata == {"why": "because"}


def test_hooks_before_and_after_a_rule() -> None:
    x = autograd.ones(2, requires_grad=True)
    y = x * tensor([2.0, 3.0])
    seen: list[Any] = []
    y.register_hook(lambda g: seen.append(("tensor", g.tolist())))
    before = y.grad_fn.register_prehook(lambda gs: (gs[0] * 10,))
    after = y.grad_fn.register_hook(lambda inputs, outputs: seen.append((inputs[0].tolist(), inputs[1], outputs[0].tolist())))
    y.sum().backward(retain_graph=True)
    assert seen == [("tensor", [1.0, 1.0]), ([20.0, 30.0], None, [10.0, 10.0])]
    assert x.grad.tolist() == [20.0, 30.0]
    before.remove()
    after.remove()
    y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 0, None))
    y.sum().backward()
    assert x.grad.tolist() == [20.0, 30.0]


def test_hooks_see_gradients_of_the_parents_shape() -> None:
    x = autograd.ones(3, requires_grad=True)
    y = x * autograd.ones(2, 3)
    shapes: list[Any] = []
    y.grad_fn.register_hook(lambda inputs, outputs: shapes.append((inputs[0].shape, outputs[0].shape)))
    y.sum().backward()
    assert shapes == [((3,), (2, 3))]


def test_hooks_around_the_accumulation() -> None:
    x = autograd.ones(2, requires_grad=True)
    order: list[Any] = []
    (leaf, _), *_ = (x * 2).grad_fn.next_functions
    leaf.register_prehook(lambda gs: order.append("before") or (gs[0] * 3,))
    x.register_hook(lambda g: order.append("tensor"))
    x.register_post_accumulate_grad_hook(lambda t: order.append("accumulated"))
    leaf.register_hook(lambda inputs, outputs: order.append((inputs, outputs[0].tolist(), x.grad.tolist())))
    (x * 2).sum().backward()
    assert order == ["tensor", "before", "accumulated", ((), [6.0, 6.0], [6.0, 6.0])]
    order.clear()
    (g,) = autograd.grad((x * 2).sum(), x)
    assert (order, g.tolist()) == (["tensor"], [2.0, 2.0])


def test_hooks_are_recorded_under_create_graph() -> None:
    x = tensor(2.0, requires_grad=True)
    y = x**3
    y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * x, *inputs[1:]))
    (g,) = autograd.grad(y, x, create_graph=True)
    (gg,) = autograd.grad(g, x)
    assert (g.item(), gg.item()) == (24.0, 36.0)  # 3 x^3 and 9 x^2


def test_a_hook_that_returns_another_number_of_gradients() -> None:
    y = autograd.ones(2, requires_grad=True) * 2
    y.grad_fn.register_prehook(lambda gs: (gs[0], gs[0]))
    with pytest.raises(GraphError, match="2 gradients, but 1 were expected"):
        y.sum().backward()


def test_an_edge_outlives_a_write_in_place() -> None:
    x = autograd.ones(2, requires_grad=True).clone()
    before = get_gradient_edge(x)
    x.mul_(3)
    old, new = autograd.grad(x.sum(), (before, x))
    assert (old.tolist(), new.tolist()) == ([3.0, 3.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="non-empty inputs"):
        autograd.grad(x.sum(), ())


def test_a_view_and_its_base() -> None:
    x = autograd.ones(4)
    assert x.view(2, 2)[0]._base is x
    assert x[:2]._is_view()
    assert x._base is None
    assert not x._is_view()


def test_a_hook_on_several_gradients_waits_only_for_those_that_come():
    a, b, c = [autograd.ones(1, requires_grad=True) for _ in range(3)]
    seen: list[Any] = []
    autograd.graph.register_multi_grad_hook([a, b, c], lambda gs: seen.append([None if g is None else g.item() for g in gs]))
    (2 * a + 3 * c).sum().backward()
    assert seen == [[2.0, None, 3.0]]
    (4 * b).sum().backward()
    assert seen[1] == [None, 4.0, None]
    first: list[float] = []
    autograd.graph.register_multi_grad_hook([a, b], lambda g: first.append(g.item()), mode="any")
    for _ in range(2):
        (2 * a + 3 * b).sum().backward()
    assert len(first) == 2


def test_backward_with_no_inputs_and_hooks_that_return_something():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="cannot be empty"):
        x.sum().backward(inputs=[])
    x.register_post_accumulate_grad_hook(lambda t: t.grad)
    with pytest.raises(RuntimeError, match="should return None"):
        x.sum().backward()


def test_what_a_node_has_saved():
    a, b = tensor([1.0, 2.0], requires_grad=True), tensor([3.0, 4.0], requires_grad=True)
    y: Any = a * b
    assert y.grad_fn._saved_self is a
    assert y.grad_fn._saved_other is b
    z: Any = (2 * a).exp()
    assert z.grad_fn._saved_result.tolist() == z.tolist()
    assert z.grad_fn._saved_result.grad_fn is z.grad_fn
    with pytest.raises(AttributeError, match="has not saved 'self'"):
        z.grad_fn._saved_self  # noqa: B018
    with pytest.raises(AttributeError, match="has no attribute 'saved_'"):
        z.grad_fn.saved_  # noqa: B018
    with autograd.graph.save_on_cpu():
        kept: Any = a * b
    assert kept.grad_fn._saved_self.tolist() == [1.0, 2.0]
    y.sum().backward()
    with pytest.raises(RuntimeError, match="freed"):
        y.grad_fn._saved_self  # noqa: B018


def test_the_class_of_a_node_has_pytorchs_name() -> None:
    x = autograd.ones(3, requires_grad=True)
    y = (x * 2).exp()
    assert type(y.grad_fn).__name__ == "ExpBackward0"
    assert type(y.grad_fn.next_functions[0][0]).__name__ == "MulBackward0"
    assert type(x.sum().grad_fn.next_functions[0][0]).__name__ == "AccumulateGrad"
    assert type(x.sort()[0].grad_fn).__name__ == "SortBackward0"
    assert isinstance(y.grad_fn, autograd.graph.Node)
    assert [tuple(m) for m in y.grad_fn._input_metadata] == [((3,), np.float32)]
    assert [m.dtype for m in x.sort()[0].grad_fn._input_metadata] == [np.float32, np.int64]
    y.sum().backward()
    assert x.grad is not None


def test_a_node_is_called_with_gradients_of_its_outputs() -> None:
    x, w = tensor([1.0, 2.0], requires_grad=True), tensor([3.0, 4.0], requires_grad=True)
    y: Any = x.square()
    assert y.grad_fn(autograd.ones(2)).tolist() == [2, 4]
    product: Any = x * w
    assert [g.tolist() for g in product.grad_fn(tensor([1.0, 10.0]))] == [[3, 40], [1, 20]]
    assert (x * 2).grad_fn(autograd.ones(2))[1] is None
    values: Any = x.sort(descending=True)[0]
    assert values.grad_fn(tensor([1.0, 10.0]), None).tolist() == [10, 1]
    for wrong in ((), (autograd.ones(2), autograd.ones(2))):
        with pytest.raises(TypeError, match=r"expected 1 arguments, got \d instead"):
            y.grad_fn(*wrong)
    assert x.grad is None
    y.sum().backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.grad_fn(autograd.ones(2))


def test_edges_that_get_no_gradient_or_one_of_another_dtype() -> None:
    x, unused = tensor([1.0], requires_grad=True).clone(), tensor([1.0], requires_grad=True).clone()
    out = x.clone()
    kept: Any = {"allow_unused": True, "retain_graph": True}
    assert autograd.grad(out.sum(), (get_gradient_edge(x), unused), materialize_grads=True, **kept)[1].tolist() == [0]
    assert autograd.grad(out.sum(), (x, get_gradient_edge(unused)), **kept)[1] is None
    with pytest.raises(GraphError, match="materialize_grads cannot be used when the given input is a GradientEdge"):
        autograd.grad(out.sum(), (x, get_gradient_edge(unused)), materialize_grads=True, **kept)
    with pytest.raises(TypeError, match="required to have the same dtype"):
        autograd.grad(get_gradient_edge(out), (x,), grad_outputs=autograd.ones(1, dtype=autograd.complex64))


def test_whether_backward_may_use_threads_is_remembered() -> None:
    choose, chosen = autograd.set_multithreading_enabled, autograd.is_multithreading_enabled
    with choose(False):
        assert not chosen()
        choose(True)
        assert chosen()
    assert chosen()
    choose(False)
    assert not chosen()
    choose(True)
    inside = []
    choose(False)(lambda: inside.append(chosen()))()
    assert inside == [False]
    assert chosen()


def test_a_mode_on_a_class_warns() -> None:
    with pytest.warns(FutureWarning, match="Decorating classes is deprecated"):

        @autograd.no_grad()
        class Made:
            def __init__(self) -> None:
                self.recording = autograd.is_grad_enabled()

            def method(self) -> bool:
                return autograd.is_grad_enabled()

    assert not Made().recording
    assert Made().method()
