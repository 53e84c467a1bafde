"""What cannot become a tensor is refused wherever it could get in; names cannot steer a terminal."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor
from autograd.errors import printable

STRANGERS = {
    "objects": np.array([1.5, 2.5], object),
    "strings": np.array(["1", "2"]),
    "bytes": np.array([b"1", b"2"]),
    "dates": np.array(["2020-01-01", "2020-01-02"], "M8[D]"),
    "fields": np.zeros(2, [("x", "f4")]),
    "masked": np.ma.array([1.0, 2.0], mask=[True, False]),
}


def written(x: Any, index: Any, value: Any) -> Any:
    x[index] = value
    return x


DOORS = {
    "tensor": lambda v: tensor(v), "as_tensor": lambda v: autograd.as_tensor(v), "asarray": lambda v: autograd.asarray(v),
    "from_numpy": lambda v: autograd.from_numpy(v), "Tensor": lambda v: autograd.Tensor(v),
    "to float": lambda v: tensor(v, dtype="float32"), "FloatTensor": lambda v: autograd.FloatTensor(v),
    "new_tensor": lambda v: autograd.ones(2).new_tensor(v), "list": lambda v: tensor([v, v]),
    "plus": lambda v: autograd.ones(2) + v, "reflected": lambda v: v + autograd.ones(2),
    "function": lambda v: autograd.mul(autograd.ones(2), v), "alone": lambda v: autograd.exp(v),
    "numpy": lambda v: np.add(autograd.ones(2), v), "numpy first": lambda v: np.multiply(v, autograd.ones(2)),
    "comparison": lambda v: autograd.ones(2) < v, "item": lambda v: written(autograd.zeros(2), slice(None), v),
    "places": lambda v: written(autograd.zeros(2), [0, 1], v), "copy_": lambda v: autograd.zeros(2).copy_(v),
    "add_": lambda v: autograd.zeros(2).add_(v), "where": lambda v: autograd.where(tensor([True, False]), v, 0.0),
    "cat": lambda v: autograd.cat([autograd.ones(2), v]), "stack": lambda v: autograd.stack([autograd.ones(2), v]),
    "matmul": lambda v: autograd.ones(2) @ v, "dot": lambda v: np.dot(v, autograd.ones(2)),
    "concatenate": lambda v: np.concatenate([v, autograd.ones(2)]), "sum": lambda v: autograd.sum(v),
    "reshape": lambda v: autograd.reshape(v, (2, 1)), "parameter": lambda v: nn.Parameter(v),
    "masked_fill": lambda v: autograd.ones(2).masked_fill(tensor([True, False]), v),
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("stranger", STRANGERS)
def test_strangers_do_not_get_in(door: str, stranger: str) -> None:
    if (door, stranger) == ("reflected", "masked"):
        # NumPy's masked arrays add whatever NumPy can read, and the sum is one of them.
        assert isinstance(DOORS[door](STRANGERS[stranger]), np.ma.MaskedArray)
        return
    with pytest.raises((TypeError, ValueError)):
        DOORS[door](STRANGERS[stranger])


@pytest.mark.parametrize("value", [np.str_("1"), np.datetime64("2020-01-01"), np.void(b"1"), "1", None, object(), {1: 2}])
def test_scalars_that_are_no_numbers(value: Any) -> None:
    for call in (lambda: autograd.ones(2) * value, lambda: tensor(value), lambda: autograd.mul(autograd.ones(2), value)):
        with pytest.raises(TypeError):
            call()


def test_the_refusal_says_what_to_do() -> None:
    with pytest.raises(TypeError, match=r"masked array.*\.filled\(value\)"):
        tensor(STRANGERS["masked"])
    with pytest.raises(TypeError, match=r"add: argument 'other': .*<U1.*booleans and numbers only"):
        autograd.ones(2) + STRANGERS["strings"]


# -------------------------------------------------------------------------------------------------------- names on a terminal

HOSTILE = "w\x1b[2J\r\n\x07‮"
SAFE = r"w\x1b[2J\r\n\x07\u202e"


def test_control_characters_become_escapes() -> None:
    assert printable(HOSTILE) == SAFE
    assert printable("gewöhnlich, 普通 ∂y/∂x") == "gewöhnlich, 普通 ∂y/∂x"
    assert printable("a\nb\x1b", keep="\n") == "a\nb\\x1b"


def is_safe(text: str) -> bool:
    return all(c.isprintable() or c == "\n" for c in text)


def test_names_of_tensors_and_layers_are_shown_escaped() -> None:
    w = autograd.ones(2, requires_grad=True)
    w.name = HOSTILE
    assert w.name == HOSTILE
    y = w * 2
    assert repr(y.grad_fn.next_functions[0][0]) == f"<{SAFE}>"
    model = nn.Sequential(OrderedDict([(HOSTILE.replace(".", ""), nn.Linear(2, 3))]))
    loss = model(autograd.ones(1, 2)).sum()
    shown = [repr(model), repr(loss.grad_fn), repr(nn.summary(model, (1, 2))), repr(nn.ParameterDict({HOSTILE: w}))]
    shown += [repr(autograd.viz.memory(loss)), str(autograd.viz.doctor(model, loss)), str(autograd.viz.explain(loss))]
    with pytest.raises(RuntimeError) as caught:
        model(autograd.ones(1, 5))
    for text in [*shown, str(caught.value)]:
        assert is_safe(text), repr(text)


# ----------------------------------------------------------------------------------------------------- operands of other classes


class Money:
    """A class that knows how to compute beside a tensor, which does not know it."""

    def answer(self, other: Any) -> tuple[str, Any]:
        return "money", other

    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = __rmatmul__ = answer
    __rand__ = __ror__ = __rxor__ = __rlshift__ = __rrshift__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = answer
    __hash__ = object.__hash__


@pytest.mark.parametrize(
    "symbol", ["+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<", ">>", "<", "<=", ">", ">=", "==", "!="]
)
def test_an_operator_lets_the_other_class_compute(symbol: str) -> None:
    x = autograd.ones(2, dtype="int64")
    assert eval(f"x {symbol} money", {"x": x, "money": Money()}) == ("money", x)
    w = autograd.ones(2, requires_grad=True)
    if symbol in "+-*/":
        assert eval(f"w {symbol} 2.0", {"w": w}).requires_grad


def test_an_operand_that_nobody_knows() -> None:
    x = autograd.ones(2)
    with pytest.raises(TypeError, match="unsupported operand type"):
        x + object.__new__(type("Stranger", (), {}))
    with pytest.raises(TypeError, match=r"autograd\.tensor makes one of a list"):
        x + [1.0, 2.0]  # noqa: RUF005
    with pytest.raises(TypeError, match="Stranger"):
        autograd.add(x, object.__new__(type("Stranger", (), {})))
    assert (x == object.__new__(type("Stranger", (), {}))) is False
