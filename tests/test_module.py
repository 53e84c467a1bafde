"""Module: attributes, registration, the tree, calls and their paths, hooks, state, copies."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import weakref
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd.engine import modes
from nn.parameter import is_lazy


class Where(nn.Module):
    """Notes under which path it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = []

    def forward(self, x):
        self.seen.append(str(modes.current().layer))
        return x


class Block(nn.Module):
    def __init__(self, size=3):
        super().__init__()
        self.fc = nn.Linear(size, size)
        self.layers = nn.ModuleList([nn.Linear(size, size), Where()])
        self.register_buffer("scale", autograd.tensor([2.0]))
        self.register_buffer("scratch", autograd.tensor([0.0]), persistent=False)

    def forward(self, x):
        x = self.fc(x)
        for layer in self.layers:
            x = layer(x)
        return x * self.scale


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Block()
        self.second = Block()

    def forward(self, x):
        return self.second(self.first(x))


# ------------------------------------------------------------------------------------------------------------- attributes


def test_what_is_assigned_is_registered():
    block = Block()
    assert list(block._parameters) == []
    assert list(block._modules) == ["fc", "layers"]
    assert [name for name, _ in block.named_parameters()] == ["fc.weight", "fc.bias", "layers.0.weight", "layers.0.bias"]
    assert [name for name, _ in block.named_buffers()] == ["scale", "scratch"]
    assert block.fc is block._modules["fc"]
    assert block.fc.weight is block.fc._parameters["weight"]


def test_a_name_belongs_to_one_kind_at_a_time():
    m = nn.Module()
    m.x = 3
    m.x = nn.Parameter(autograd.ones(2))
    assert [n for n, _ in m.named_parameters()] == ["x"]
    m.x = nn.Identity()
    assert not list(m.parameters())
    assert [n for n, _ in m.named_children()] == ["x"]
    m.x = nn.Buffer(autograd.ones(1))
    assert [n for n, _ in m.named_buffers()] == ["x"]
    assert not list(m.children())
    del m.x
    assert not hasattr(m, "x")
    assert not m._buffers


def test_wrong_assignments_are_refused():
    layer = nn.Linear(2, 2)
    with pytest.raises(TypeError, match=r"cannot assign .*Tensor' as parameter 'weight' \(nn.Parameter or None expected\)"):
        layer.weight = autograd.ones(2, 2)
    layer.weight = None
    assert layer.weight is None
    parent = nn.Sequential(layer)
    with pytest.raises(TypeError, match="as child module '0'"):
        setattr(parent, "0", 3)
    block = Block()
    with pytest.raises(TypeError, match="as buffer 'scale'"):
        block.scale = 3.0
    block.scale = autograd.tensor([5.0])
    assert block._buffers["scale"].item() == 5.0
    m = nn.Module()
    for name, error, text in (
        ("a.b", KeyError, "cannot contain"),
        ("", KeyError, "cannot be the empty"),
        ("forward", KeyError, "already exists"),
    ):
        with pytest.raises(error, match=text):
            m.register_parameter(name, None)
    with pytest.raises(TypeError, match="should be a string"):
        m.register_buffer(3, None)
    leaf = nn.Parameter(autograd.ones(2))
    leaf.node = (leaf * 2).node
    with pytest.raises(ValueError, match="non-leaf"):
        m.register_parameter("w", leaf)
    with pytest.raises(TypeError, match="not a Module subclass"):
        m.add_module("w", 3)


def test_super_init_forgotten():
    class Bad(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"before Module.__init__\(\) call"):
        Bad()

    class Worse(nn.Module):
        def __init__(self):
            pass

    with pytest.raises(AttributeError, match="super"):
        Worse()(1)


def test_a_typo_suggests_the_near_name():
    net = Net()
    with pytest.raises(AttributeError, match=r"'Net' object has no attribute 'frist'; did you mean 'first'?"):
        net.frist  # noqa: B018
    with pytest.raises(AttributeError, match="did you mean 'layers'"):
        net.get_submodule("first.layer")
    with pytest.raises(AttributeError, match="did you mean 'weight'"):
        net.get_parameter("first.fc.wieght")
    assert not hasattr(net, "nothing")
    assert getattr(net, "nothing", 1) == 1
    net.frist = 3  # as everywhere in Python
    assert net.frist == 3


def test_what_is_put_into_the_members_is_an_attribute():
    layer = nn.Linear(2, 2)
    fresh = nn.Parameter(autograd.zeros(2, 2))
    layer._parameters["weight"] = fresh
    assert layer.weight is fresh
    layer._parameters.pop("bias")
    assert not hasattr(layer, "bias")
    layer._parameters.update(bias=None)
    assert layer.bias is None
    layer._parameters.clear()
    assert not hasattr(layer, "weight")


# --------------------------------------------------------------------------------------------------------------- the tree


def test_walks():
    net = Net()
    shared = nn.Linear(1, 1)
    net.a = shared
    net.b = shared
    names = [name for name, _ in net.named_modules()]
    assert names[:4] == ["", "first", "first.fc", "first.layers"]
    assert "a" in names
    assert "b" not in names
    assert "b" in [name for name, _ in net.named_modules(remove_duplicate=False)]
    assert [n for n, _ in net.named_children()] == ["first", "second", "a"]
    assert sum(p is shared.weight for p in net.parameters()) == 1
    assert len([n for n, _ in net.named_parameters(remove_duplicate=False) if n[0] in "ab"]) == 4
    assert net.get_submodule("first.layers.0") is net.first.layers[0]
    assert net.get_submodule("") is net
    assert net.get_parameter("first.fc.weight") is net.first.fc.weight
    assert net.get_buffer("first.scale") is net.first.scale
    with pytest.raises(AttributeError, match=r"is not an nn.Parameter"):
        net.get_parameter("first.scale")
    net.set_submodule("first.layers.0", nn.Identity())
    assert isinstance(net.first.layers[0], nn.Identity)
    with pytest.raises(AttributeError, match="has no attribute"):
        net.set_submodule("first.third", nn.Identity(), strict=True)
    with pytest.raises(ValueError, match="target name"):
        net.set_submodule("", nn.Identity())
    assert list(net.first.parameters(recurse=False)) == []


def test_train_eval_apply_requires_grad_zero_grad():
    net = Net()
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    net.train()
    assert all(m.training for m in net.modules())
    with pytest.raises(ValueError, match="boolean"):
        net.train("yes")
    order = []
    assert net.apply(order.append) is net
    assert order[-1] is net
    names = []
    nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU(), nn.Tanh())).apply(lambda m: names.append(type(m).__name__))
    assert names == ["Linear", "ReLU", "Tanh", "Sequential", "Sequential"]
    assert set(map(id, order)) == {id(m) for m in net.modules()}
    net(autograd.ones(1, 3)).sum().backward()
    w = net.first.fc.weight
    kept = w.grad
    net.zero_grad(set_to_none=False)
    assert w.grad is not None
    assert not w.grad.array.any()
    assert kept.array is w.grad.array
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())


def test_conversions_keep_the_parameters_and_leave_integers():
    block = Block()
    block.register_buffer("count", autograd.tensor([3]))
    w = block.fc.weight
    block(autograd.ones(1, 3)).sum().backward()
    assert block.double() is block
    assert block.fc.weight is w
    assert w.dtype == np.float64
    assert w.grad.dtype == np.float64
    assert block.count.dtype == np.int64
    block.zero_grad()
    block(autograd.ones(1, 3, dtype=np.float64)).sum().backward()
    assert w.grad.dtype == np.float64
    assert block.to(np.float32).scale.dtype == np.float32
    assert block.to("cpu", np.float64).fc.bias.dtype == np.float64
    assert block.to(autograd.ones(1)).fc.bias.dtype == np.float32
    assert block.half().scale.dtype == np.float16
    assert block.float().scale.dtype == np.float32
    with pytest.raises(TypeError, match="floating point"):
        block.to(np.int64)
    with pytest.raises(RuntimeError, match="cuda"):
        block.to("cuda")


# ------------------------------------------------------------------------------------------------------------------ calls


def test_paths_of_calls():
    net = Net()
    y = net(autograd.ones(2, 3))
    assert y.grad_fn.layer == "second"
    assert net.first.layers[1].seen == ["first.layers.1"]
    assert net.second.layers[1].seen == ["second.layers.1"]
    net.first(autograd.ones(2, 3))
    assert net.first.layers[1].seen[-1] == "first.layers.1"
    assert net.first.fc.weight.name == "first.fc.weight"
    outer = nn.Sequential(net)
    outer(autograd.ones(2, 3))
    assert net.first.layers[1].seen[-1] == "0.first.layers.1"
    assert modes.current().layer is None


def test_a_shared_module_is_named_by_its_caller():
    shared = Where()
    a, b = nn.Sequential(nn.Identity(), shared), nn.Sequential(shared)
    both = nn.ModuleDict({"a": a, "b": b})
    a(1), b(1), a(1)
    assert shared.seen == ["a.1", "b.0", "a.1"]
    assert len(both) == 2


def test_renaming_is_noticed():
    where = Where()
    layers = nn.Sequential(where)
    layers(1)
    layers.insert(0, nn.Identity())
    layers(1)
    holder = nn.Sequential(layers)
    holder(1)
    del holder[0]
    layers(1)
    assert where.seen == ["0", "1", "0.1", "1"]


def test_a_module_that_nobody_holds_is_named_by_its_class():
    class Holder(nn.Module):
        def forward(self, x):
            self.made = Made()
            found = vars(self).pop("_modules")
            vars(self)["_modules"] = found
            return Where()(x)

    class Made(nn.Module):
        pass

    note = []

    class Plain(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = [Where()]

        def forward(self, x):
            y = self.hidden[0](x)
            note.append(self.hidden[0].seen[-1])
            return y

    nn.Sequential(Plain())(1)
    assert note == ["0.Where"]
    assert Holder()(1) == 1


def test_calls_of_one_module_are_told_apart():
    layer = nn.Linear(2, 2)
    net = nn.Sequential(layer, layer)
    y = net(autograd.ones(1, 2))
    later, earlier = y.grad_fn.layer, y.grad_fn.parents[0].layer
    assert later == earlier == "0"
    assert later is not earlier
    assert later.kind == "Linear"
    assert later.caller is earlier.caller
    assert later.caller.kind == "Sequential"


def test_an_error_names_the_layer():
    net = nn.Sequential(OrderedDict(encoder=nn.Sequential(nn.Linear(3, 4), nn.ReLU()), head=nn.Linear(5, 1)))
    with pytest.raises(RuntimeError, match=r"in layer 'head'.*float32\[2, 4\]"):
        net(autograd.ones(2, 3))
    with pytest.raises(RuntimeError, match=r"in layer 'encoder.0'"):
        net(autograd.ones(2, 9))
    assert modes.current().layer is None


def test_paths_are_each_threads_own():
    net = Net()
    failures = []

    def run():
        paths = [str(net(autograd.ones(1, 3)).grad_fn.layer) for _ in range(20)]
        failures.extend(path for path in paths if path != "second")

    threads = [threading.Thread(target=run) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures
    assert set(net.first.layers[1].seen) == {"first.layers.1"}


def test_forward_is_missing():
    with pytest.raises(NotImplementedError, match='missing the required "forward"'):
        nn.Module()(1)


def test_modules_are_freed_without_the_collector():
    gc.disable()
    try:
        net = Net()
        net(autograd.ones(1, 3)).sum().backward()
        gone = [weakref.ref(net), weakref.ref(net.first.fc), weakref.ref(net.first.fc.weight)]
        del net
        assert [r() for r in gone] == [None] * 3
    finally:
        gc.enable()


# ------------------------------------------------------------------------------------------------------------------ hooks


def test_forward_hooks():
    layer = nn.Identity()
    order = []
    layer.register_forward_pre_hook(lambda m, args: order.append("pre") or (args[0] + 1,))
    layer.register_forward_pre_hook(lambda m, args: order.append("first"), prepend=True)
    handle = layer.register_forward_hook(lambda m, args, y: order.append("post") or y * 2)
    assert layer(autograd.tensor(1.0)).item() == 4.0
    assert order == ["first", "pre", "post"]
    handle.remove()
    handle.remove()
    assert layer(autograd.tensor(1.0)).item() == 2.0

    class Keyword(nn.Module):
        def forward(self, x, *, by):
            return x * by

    m = Keyword()
    m.register_forward_pre_hook(lambda m, args, kwargs: (args, {"by": kwargs["by"] + 1}), with_kwargs=True)
    with m.register_forward_hook(lambda m, args, kwargs, y: y + kwargs["by"], with_kwargs=True):
        assert m(2, by=2) == 9
    assert m(2, by=2) == 6
    m.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match="None or a tuple"):
        m(2, by=2)


def test_a_hook_that_is_always_called():
    class Raises(nn.Module):
        def forward(self, x):
            raise ZeroDivisionError

    m = Raises()
    seen = []
    m.register_forward_hook(lambda m, args, y: seen.append(y), always_call=True)
    m.register_forward_hook(lambda m, args, y: seen.append("never"))
    with pytest.raises(ZeroDivisionError):
        m(1)
    assert seen == [None]


def test_backward_hooks():
    net = nn.Sequential(nn.Linear(3, 2, bias=False), nn.Linear(2, 1, bias=False))
    w0, w1 = (layer.weight.array for layer in net)
    seen = []
    net[1].register_full_backward_pre_hook(lambda m, g: (g[0] * 3,))
    net[1].register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)) or (gi[0] * 2,))
    net[0].register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], np.float32)
    net(autograd.tensor(x)).sum().backward()
    (inner, outer), (none, last) = seen
    assert np.allclose(outer[0].array, 3)
    assert np.allclose(inner[0].array, 3 * np.ones((2, 1)) @ w1)
    assert none == (None,)
    assert np.allclose(last[0].array, 6 * np.ones((2, 1)) @ w1)
    assert np.allclose(net[0].weight.grad.array, (6 * np.ones((2, 1)) @ w1).T @ x)
    seen.clear()
    leaf = autograd.tensor(x, requires_grad=True)
    net(leaf).sum().backward()
    assert np.allclose(leaf.grad.array, 6 * np.ones((2, 1)) @ w1 @ w0)
    net[0].register_full_backward_hook(lambda m, gi, go: (gi[0], gi[0]))
    with pytest.raises(RuntimeError, match="incorrect number of gradients"):
        net(leaf).sum().backward()


def test_backward_hooks_at_second_order():
    class Cube(nn.Module):
        def forward(self, x):
            return x * x * x

    cube = Cube()
    seen = []
    cube.register_full_backward_hook(lambda m, gi, go: seen.append(gi[0].item()))
    x = autograd.tensor(2.0, requires_grad=True)
    (g,) = autograd.grad(cube(x), x, create_graph=True)
    (h,) = autograd.grad(g, x)
    assert (g.item(), h.item()) == (12.0, 12.0)
    assert seen[0] == 12.0


# ------------------------------------------------------------------------------------------------------------------ state


def test_state_dict_and_back():
    a, b = Net(), Net()
    state = a.state_dict()
    assert list(state)[:4] == ["first.scale", "first.fc.weight", "first.fc.bias", "first.layers.0.weight"]
    assert "first.scratch" not in state
    assert state["first.fc.weight"].array is a.first.fc.weight.array
    assert not state["first.fc.weight"].requires_grad
    assert a.state_dict(keep_vars=True)["first.fc.weight"] is a.first.fc.weight
    assert next(iter(a.first.state_dict(prefix="x."))) == "x.scale"
    assert str(b.load_state_dict(state)) == "<All keys matched successfully>"
    for p, q in zip(a.parameters(), b.parameters(), strict=True):
        assert np.array_equal(p.array, q.array)
        assert p.array is not q.array
    plain = {name: value.array.astype(np.float64) for name, value in state.items()}
    b.load_state_dict(plain)
    assert b.first.fc.weight.dtype == np.float32
    copied = pickle.loads(pickle.dumps(state))
    b.load_state_dict(copied)


def test_all_mismatches_at_once_and_nothing_loaded():
    net = Net()
    before = copy.deepcopy({k: v.array for k, v in net.state_dict().items()})
    state = {k: v.array + 1 for k, v in net.state_dict().items()}
    del state["second.fc.bias"]
    state["first.fc.weight"] = np.ones((4, 3), np.float32)
    state["first.fc.bias"] = np.ones(3, np.complex64)
    state["second.layers.0.weight"] = "text"
    state["third"] = np.ones(1)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    text = str(caught.value)
    for part in (
        'Missing key(s) in state_dict: "second.fc.bias"', 'Unexpected key(s) in state_dict: "third"',
        "size mismatch for first.fc.weight", "[4, 3]", "dtype mismatch for first.fc.bias",
        "second.layers.0.weight: expected a Tensor", "Nothing was loaded",
    ):  # fmt: skip
        assert part in text
    for key, value in net.state_dict().items():
        assert np.array_equal(value.array, before[key])
    with pytest.raises(RuntimeError, match="size mismatch"):
        net.load_state_dict(state, strict=False)
    keys = net.load_state_dict({"first.scale": np.array([9.0]), "third": np.ones(1)}, strict=False)
    assert keys.unexpected_keys == ["third"]
    assert "first.fc.weight" in keys.missing_keys
    assert net.first.scale.item() == 9.0
    with pytest.raises(TypeError, match="dict-like"):
        net.load_state_dict([1])


def test_assign_makes_the_loaded_tensors_the_parameters():
    layer = nn.Linear(2, 2)
    layer.weight.requires_grad_(False)
    w = autograd.ones(2, 2, dtype=np.float64)
    layer.load_state_dict({"weight": w, "bias": np.zeros(2)}, assign=True)
    assert layer.weight.array is w.array
    assert layer.weight.dtype == np.float64
    assert not layer.weight.requires_grad
    assert layer.bias.requires_grad


def test_loading_spoils_a_graph_that_kept_the_old_values():
    layer = nn.Linear(2, 2)
    y = layer(layer(autograd.ones(1, 2))).sum()
    layer.load_state_dict(layer.state_dict())
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_state_hooks_and_extra_state():
    class Counting(nn.Linear):
        count = 0

        def get_extra_state(self):
            return self.count

        def set_extra_state(self, state):
            self.count = state

    a, b = Counting(1, 1), Counting(1, 1)
    a.count = 5
    state = a.state_dict()
    assert state["_extra_state"] == 5
    b.load_state_dict(state)
    assert b.count == 5
    with pytest.raises(RuntimeError, match="_extra_state"):
        b.load_state_dict({k: v for k, v in state.items() if k != "_extra_state"})

    layer = nn.Linear(1, 1)
    layer.register_state_dict_post_hook(lambda m, state, prefix, local: state.update({prefix + "w": state.pop(prefix + "weight")}))
    layer.register_load_state_dict_pre_hook(
        lambda m, state, prefix, *rest: state.update({prefix + "weight": state.pop(prefix + "w")})
    )
    state = nn.Sequential(layer).state_dict()
    assert set(state) == {"0.w", "0.bias"}
    nn.Sequential(layer).load_state_dict(state)
    forgiving = nn.Linear(1, 1)
    seen = []
    forgiving.register_load_state_dict_post_hook(lambda m, keys: seen.append(m.weight.item()) or keys.missing_keys.clear())
    forgiving.load_state_dict({"weight": np.array([[7.0]])})
    assert seen == [7.0]
    strict = nn.Linear(1, 1)
    strict.register_load_state_dict_post_hook(lambda m, keys: None)
    old = strict.weight.item()
    with pytest.raises(RuntimeError, match="bias"):
        strict.load_state_dict({"weight": np.array([[7.0]])})
    assert strict.weight.item() == old


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies(duplicate):
    net = Net()
    net.tied = net.first.fc
    net.first.fc.weight.note = "kept"
    net.eval()
    net(autograd.ones(1, 3))
    twin = duplicate(net)
    assert repr(twin) == repr(net)
    assert twin.tied is twin.first.fc
    assert twin.first.fc.weight.note == "kept"
    assert not twin.training
    assert twin.first._non_persistent_buffers_set == {"scratch"}
    x = autograd.ones(2, 3)
    assert np.array_equal(twin(x).array, net(x).array)
    assert twin.first.fc.weight.array is not net.first.fc.weight.array
    assert twin.first.fc.weight.name == "first.fc.weight"
    twin.first.fc.weight.array[...] = 0
    assert net.first.fc.weight.array.any()
    twin(x).sum().backward()
    assert net.first.fc.weight.grad is None


# ------------------------------------------------------------------------------------------------- parameters, containers


def test_parameters():
    t = autograd.tensor([1.0, 2.0])
    p = nn.Parameter(t)
    assert p.array is t.array
    assert p.requires_grad
    assert p.is_leaf
    assert isinstance(p, autograd.Tensor)
    assert repr(p) == "Parameter containing:\n" + repr(autograd.tensor([1.0, 2.0], requires_grad=True))
    assert not isinstance(p * 2, nn.Parameter)
    assert not nn.Parameter(t, requires_grad=False).requires_grad
    with pytest.raises(RuntimeError, match="floating point and complex"):
        nn.Parameter(autograd.tensor([1]))
    assert nn.Parameter(autograd.tensor([1]), requires_grad=False).dtype == np.int64
    twin = copy.deepcopy([p, p])
    assert twin[0] is twin[1]
    assert type(twin[0]) is nn.Parameter


def test_sequential():
    a, b, c = nn.Identity(), nn.ReLU(), nn.Tanh()
    s = nn.Sequential(a, b, c)
    assert s[1] is b
    assert s[-1] is c
    assert list(s[:2]) == [a, b]
    assert len(s + s) == 6
    assert len(2 * s) == 6
    del s[0]
    assert list(s._modules) == ["0", "1"]
    s[0] = a
    assert s[0] is a
    assert s.pop(0) is a
    assert list(s.append(b).extend([a])) == [c, b, a]
    named = nn.Sequential(OrderedDict(x=a, y=b))
    assert named.x is a
    assert list(named[1:]._modules) == ["y"]
    with pytest.raises(IndexError):
        s[7]
    with pytest.raises(TypeError, match="not a Module"):
        nn.Sequential(3)
    with pytest.raises(ValueError, match="Non-positive"):
        s * 0


def test_lists_and_dicts():
    layers = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1), nn.ReLU()])
    assert repr(layers) == ("ModuleList(\n  (0-1): 2 x Linear(in_features=1, out_features=1, bias=True)\n  (2): ReLU()\n)")
    layers.insert(1, nn.Tanh())
    del layers[0]
    layers += [nn.Identity()]
    assert [type(m).__name__ for m in layers] == ["Tanh", "Linear", "ReLU", "Identity"]
    assert [n for n, _ in layers.named_parameters()] == ["1.weight", "1.bias"]
    assert layers[0] in layers
    with pytest.raises(TypeError, match="iterable"):
        layers.extend(3)
    table = nn.ModuleDict({"a": nn.ReLU()})
    table["b"] = nn.Tanh()
    table.update([["c", nn.Identity()]])
    assert list(table) == list(table.keys()) == ["a", "b", "c"]
    assert isinstance(table.pop("a"), nn.ReLU)
    del table["b"]
    assert "c" in table
    table.clear()
    assert len(table) == 0

    parameters = nn.ParameterList([autograd.ones(2), nn.Parameter(autograd.zeros(1))])
    parameters.append(autograd.ones(3))
    assert [n for n, _ in parameters.named_parameters()] == ["0", "1", "2"]
    assert parameters[-1].shape == (3,)
    assert len(parameters[:2]) == 2
    assert "(0): Parameter containing: [float32 of size 2]" in repr(parameters)
    named = nn.ParameterDict({"w": autograd.ones(2)})
    named["v"] = autograd.zeros(1)
    assert isinstance(named["w"], nn.Parameter)
    assert set(dict(named.named_parameters())) == {"w", "v"}
    assert named.get("x") is None
    assert named.setdefault("u", autograd.ones(1)).shape == (1,)
    assert named.popitem()[0] == "u"
    assert len(named | nn.ParameterDict({"z": autograd.ones(1)})) == 3
    with pytest.raises(KeyError):
        named["x"]
    with pytest.raises(KeyError, match="already exists"):
        named["keys"] = autograd.ones(1)
    with pytest.raises(TypeError, match="not a string"):
        named[3] = autograd.ones(1)


def test_repr():
    class Extra(nn.Module):
        def extra_repr(self):
            return "a=1\nb=2"

    assert repr(Extra()) == "Extra(\n  a=1\n  b=2\n)"
    assert repr(nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU()))) == (
        "Sequential(\n  (0): Linear(in_features=2, out_features=3, bias=True)\n  (1): Sequential(\n    (0): ReLU()\n  )\n)"
    )


# ------------------------------------------------------------------------------------------------------------------- lazy


def test_lazy_linear():
    lazy = nn.LazyLinear(3)
    assert is_lazy(lazy.weight)
    with pytest.raises(ValueError, match="call the module once"):
        lazy.weight + 1
    twin = pickle.loads(pickle.dumps(copy.deepcopy(lazy)))
    assert twin(autograd.ones(2, 5)).shape == (2, 3)
    assert type(twin) is nn.Linear
    assert repr(twin) == "Linear(in_features=5, out_features=3, bias=True)"
    assert twin.weight.requires_grad
    loaded = nn.LazyLinear(3)
    loaded.load_state_dict(twin.state_dict())
    assert np.array_equal(loaded(autograd.ones(1, 5)).array, twin(autograd.ones(1, 5)).array)
    assert loaded.in_features == 5
    with pytest.raises(RuntimeError, match="uninitialized"):
        twin.load_state_dict(nn.LazyLinear(3).state_dict())


def test_lazy_layers_are_converted_before_they_have_a_shape():
    model = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d()).double()
    assert model(autograd.ones(2, 5, dtype=np.float64)).dtype == np.float64
    assert {name: t.dtype.name for name, t in model.state_dict().items()} == {
        "0.weight": "float64", "0.bias": "float64", "1.weight": "float64", "1.bias": "float64", "1.running_mean": "float64",
        "1.running_var": "float64", "1.num_batches_tracked": "int64",
    }  # fmt: skip
    assert nn.LazyLinear(3).to(np.float16).weight.dtype == np.float16


def test_another_autograd_is_named(tmp_path):
    import subprocess
    import sys
    from pathlib import Path

    other = tmp_path / "autograd"
    other.mkdir()
    (other / "__init__.py").write_text("def grad(f): pass\n")
    root = str(Path(nn.__file__).parents[1])
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {root!r}]; import nn"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode
    assert "ImportError: nn belongs to Glassgrad" in run.stderr
    assert "pip uninstall autograd" in run.stderr


def test_a_shared_module_is_walked_once_or_as_often_as_it_is_held():
    shared = nn.Linear(2, 2)
    model = nn.Sequential(shared, nn.ReLU(), shared)
    assert [type(m).__name__ for m in model.modules()] == ["Sequential", "Linear", "ReLU"]
    assert [type(m).__name__ for m in model.modules(remove_duplicate=False)] == ["Sequential", "Linear", "ReLU", "Linear"]


class _Holds(nn.Module):
    """A module that holds a tensor which is neither parameter nor buffer, and converts it with the rest."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.table = nn.Linear(2, 2), autograd.ones(2)

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        super()._apply(fn, recurse)
        self.table = fn(self.table)
        return self


def test_apply_hands_tensors_to_the_function_and_asks_the_modules_below() -> None:
    model = nn.Sequential(_Holds(), nn.Linear(2, 2))
    model.double()
    assert {t.dtype for t in (model[0].table, model[0].layer.weight, model[1].weight)} == {np.dtype("float64")}
    seen: list[Any] = []
    model._apply(lambda t: seen.append(type(t)) or t.mul_(0) if t.is_floating_point() else t)
    assert len(seen) == 5
    assert all(issubclass(kind, autograd.Tensor) for kind in seen)
    assert not model[1].weight.any()
    tied = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    tied[1].weight = tied[0].weight
    before = tied[0].weight.detach().clone()
    tied._apply(lambda t: t * 2)
    assert (tied[1].weight == 2 * before).all()
    assert tied[1].weight is tied[0].weight
