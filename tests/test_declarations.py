"""An op's declaration that cannot mean anything raises when it is imported, and names what it could have meant."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import autograd
from autograd.engine.declaration import FLAGS, KEYWORDS
from autograd.engine.op import REGISTRY, Op, elementwise, nondifferentiable, op
from autograd.engine.recording import recorded
from autograd.engine.samples import mismatched


def rule(g: Any) -> Any:
    return g


def one(x: Any) -> Any:
    return x


def two(a: Any, b: Any) -> Any:
    return a


def declare(forward: Any = np.tanh, **more: Any) -> Op:
    return op("refused", forward, samples=list, **more)


BAD = [
    ("a misspelled flag", lambda: declare(x=rule, anaytic=False), r"anaytic=False declares an input whose.*mean 'analytic'\?"),
    ("a misspelled flag of a Python function", lambda: declare(one, x=rule, liner=True), r"liner=True.*mean 'linear'\?"),
    ("a misspelled flag beside inputs", lambda: declare(one, inputs=("x",), joint=rule, veiw=True), r"mean 'view'\?"),
    ("a misspelled keyword with a function", lambda: declare(np.add, a=rule, b=rule, erors=mismatched()), r"mean 'errors'\?"),
    ("the same with a Python function", lambda: declare(one, x=rule, erors=mismatched()), r"'erors'.*mean 'errors'\?"),
    ("a misspelled keyword of elementwise",
     lambda: elementwise("refused", np.tanh, x=rule, samples=list, anallytic=False), r"mean 'analytic'\?"),
    ("a misspelled keyword of nondifferentiable",
     lambda: nondifferentiable("refused", np.sign, samples=list, argument_name=("input",)), r"mean 'argument_names'\?"),
    ("an input that the forward has not", lambda: declare(lambda left, right: left, left=rule, rigth=rule),
     r"'rigth' is no input of its forward \(left, right\); did you mean 'right'\?"),
    ("inputs in another order", lambda: declare(two, b=rule, a=rule), r"inputs are b, a.*in another order.*\(a, b\)"),
    ("an input in the middle left out", lambda: declare(lambda a, b, c: a, a=rule, c=rule), r"another order.*\(a, b, c\)"),
    ("a keyword-only input", lambda: declare(lambda a, *, b: a, a=rule, b=rule), r"'b' is no input of its forward \(a\)"),
    ("too many inputs of a universal function", lambda: declare(np.tanh, x=rule, y2=rule), r"2 inputs \(x, y2\).*takes 1"),
    ("too few inputs of a universal function", lambda: declare(np.add, a=rule), r"1 inputs \(a\).*takes 2"),
    ("a rule that is a number", lambda: declare(x=1.0), r"x=1\.0 declares an input whose rule is no function"),
    ("a rule that is a universal function", lambda: declare(x=np.negative), r"x=<ufunc 'negative'> declares"),
    ("a joint rule that is no function", lambda: declare(one, inputs=("x",), joint=True), "joint=True is no function"),
    ("a rule beside a joint rule", lambda: declare(one, x=rule, joint=rule), "a rule of its own beside the joint rule"),
    ("an input without a rule", lambda: declare(two, inputs=("a", "b"), a=rule), "input 'b' has no rule.*b=None"),
    ("a rule that asks for nothing known", lambda: declare(lambda weight: weight, weight=lambda g, wieght: g),
     r"a rule asks for 'wieght'.*did you mean 'weight'\?"),
    ("a rule that asks for no shape known", lambda: declare(one, x=lambda g, x_shpe: g), r"did you mean 'x_shape'\?"),
    ("a rule without a gradient", lambda: declare(x=lambda: 1), "a rule takes the gradient"),
    ("a rule that takes anything", lambda: declare(x=lambda g, *values: g), r"no \*args"),
    ("a flag that is a word", lambda: declare(x=rule, linear="no"), "linear='no' is neither True nor False"),
    ("two inputs of a variadic op", lambda: declare(two, a=rule, b=rule, variadic=True), "variadic op has one input"),
    ("a formula for nothing", lambda: declare(x=rule, formula={"z": "g"}), "formula for 'z', which is neither y nor an input"),
    ("too few names for callers", lambda: declare(two, a=rule, b=rule, argument_names=("input",)), "2 inputs and 1 argument_names"),
    ("one name for two arguments", lambda: declare(lambda x, dim: x, x=rule, argument_names=("dim",)), "are named 'dim'"),
    ("a forward without a signature", lambda: declare(print, x=rule), "signature cannot be read: wrap it in a function"),
]  # fmt: skip


@pytest.mark.parametrize(("declare", "match"), [pytest.param(bad, match, id=title) for title, bad, match in BAD])
def test_a_declaration_that_cannot_mean_anything_is_refused(declare: Any, match: str) -> None:
    with pytest.raises(TypeError, match=f"op 'refused': .*{match}"):
        declare()
    assert "refused" not in REGISTRY


def test_the_words_of_a_declaration_are_those_of_an_op() -> None:
    taken = set(inspect.signature(Op.__init__).parameters) - {"self", "name", "forward", "rules"}
    assert taken == KEYWORDS
    assert set(FLAGS) <= KEYWORDS


@pytest.fixture
def three() -> Any:
    """An op whose inputs the rules know as a, b and c, and its callers as input, other and scale; its parameter is dim."""
    made = op(
        "three", lambda a, b, c=None, dim=0: a + b + np.add.reduce(c, dim), a=rule, b=rule, c=None, samples=list,
        argument_names=("input", "other", "scale"),
    )  # fmt: skip
    yield recorded(made)
    del REGISTRY["three"]


X = np.ones(3)


@pytest.mark.parametrize(("call", "error", "match"), [
    (lambda f: f(X, "a", X), TypeError, r"three: argument 'other' is 'a', of type str"),
    (lambda f: f(X, X, [1.0]), TypeError, r"three: argument 'scale' is \[1\.0\]"),
    (lambda f: f(X, None, X), TypeError, r"three: argument 'other' is None"),
    (lambda f: f(X, other=None, c=X, axis=0), TypeError, r"three: argument 'other' is None"),
    (lambda f: f(X, scale=X), TypeError, r"three is missing 'other'; it takes input, other, scale, dim"),
    (lambda f: f(X, X, X, axes=0, sacle=1), TypeError, r"three got an unexpected argument 'sacle'; it takes input, other, "),
    (lambda f: f(X, X, X, 0, 1), TypeError, r"three.*argument"),
    (lambda f: f(X, X, X, dim=5), IndexError, r"three: .*\(input=float64\[3\], other=float64\[3\], scale=float64\[3\], dim=5\)"),
    (lambda f: f(X, np.ones(2), X), ValueError, r"three: .*broadcast.*\(input=float64\[3\], other=float64\[2\], scale="),
])  # fmt: skip
def test_errors_of_a_call_use_the_names_that_help_shows(three: Any, call: Any, error: Any, match: str) -> None:
    shown = {name: parameter.default for name, parameter in inspect.signature(three).parameters.items()}
    assert shown == {"input": inspect.Parameter.empty, "other": inspect.Parameter.empty, "scale": None, "dim": 0}
    with pytest.raises(error, match=match) as caught:
        call(three)
    assert not any(f"{name}=" in str(caught.value) for name in ("a", "b", "c"))


def test_errors_of_lists_and_of_several_outputs_do_so_too() -> None:
    with pytest.raises(TypeError, match=r"cat: argument 'tensors\[1\]' is 'a', of type str"):
        autograd.cat([autograd.ones(2), "a"])
    with pytest.raises(TypeError, match=r"sort: argument 'input' is 'a'"):
        recorded(REGISTRY["sort"])("a")
    with pytest.raises(TypeError, match=r"sort is missing 'input'; it takes input, dim"):
        recorded(REGISTRY["sort"])(dim=0)
    with pytest.raises(IndexError, match=r"sort: .*input=float64\[3\], dim=4"):
        recorded(REGISTRY["sort"])(X, dim=4)
    with autograd.detect_anomaly(), pytest.raises(RuntimeError, match=r"cat: argument 'tensors\[1\]' holds 1 nan"):
        autograd.cat([autograd.ones(1), autograd.tensor([np.nan])])
