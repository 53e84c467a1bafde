"""The functions that are written out for ops: their text, the forms of call that they take, and their first call."""

from __future__ import annotations

import builtins
import contextlib
import dis
import inspect
import itertools
import linecache
import pickle
import textwrap
import threading
import traceback
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd.engine import codegen
from autograd.engine.anomaly import users_line
from autograd.engine.codegen import source
from autograd.engine.op import REGISTRY, op
from autograd.engine.recording import recorded
from autograd.ops.elementwise.arithmetic import mul
from autograd.proof.certificate import load

load()
WRITTEN = sorted(REGISTRY)


@pytest.mark.parametrize("name", WRITTEN)
def test_no_argument_hides_a_name_of_the_text_and_all_are_known(name):
    o = REGISTRY[name]
    code = compile(source(o), name, "exec").co_consts[0]
    arguments = code.co_varnames[: code.co_argcount]
    assert list(arguments) == [*o.argument_names, *(o.defaults or ["out"])]  # with parameters, ``out`` is one of **more
    assert len(set(code.co_varnames)) == len(code.co_varnames)
    named = {i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}
    assert not named & set(arguments)
    on_arrays = compile(codegen.source_of_arrays(o), name, "exec").co_consts[0]
    assert on_arrays.co_varnames[: on_arrays.co_argcount + on_arrays.co_kwonlyargcount] == (*o.inputs, *o.defaults)
    assert {"op", "forward", "ndarray", "opaque", "error", "result", "each"}.isdisjoint({*o.inputs, *o.defaults})
    function = recorded(o)
    with contextlib.suppress(Exception):
        function()  # it is written out, whatever is missing
    assert named <= {*function.__globals__, *dir(builtins)}


def test_the_text_is_what_runs_and_what_a_traceback_shows():
    assert "node.saved = (array_0, array_1)" in source(mul)
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    x * x
    try:
        x * autograd.ones(3)
    except ValueError as error:
        shown = "".join(traceback.format_tb(error.__traceback__))
    assert "result = refused(op, (array_0, array_1), {}, error)" in shown


def test_the_docstring_shows_the_text_for_mul_and_what_its_plan_runs():
    assert textwrap.indent(source(mul), "    ") in codegen.__doc__
    plan, x, y = mul.plan((True, True)), np.array([1.0, 2.0]), np.array([3.0, 4.0])
    saved = plan.save((x, y), None, None, None)
    assert saved[0] is x
    assert saved[1] is y
    assert [g.tolist() for g in plan.backward(np.ones(2), saved)] == [[3, 4], [1, 2]]
    for function in (plan.save, plan.backward):
        text = "".join(linecache.getlines(function.__code__.co_filename))
        assert textwrap.indent(text, "    ") in codegen.__doc__


def test_no_text_is_taken_for_the_users_program():
    def rule(g):
        lines.append(users_line())
        return g

    lines = []
    try:
        o = op("where_am_i", lambda x: x + 0, x=rule, samples=list)
        x = autograd.ones(2).requires_grad_()
        recorded(o)(x).sum().backward()
        autograd.func.jvp(recorded(o), (x,), (autograd.ones(2),))
    finally:
        REGISTRY.pop("where_am_i", None)
    assert [(file, function) for file, _, function in lines] == [(__file__, "rule")] * len(lines)
    files = [str(Path(codegen.__file__).parent / name) for name in ("<where_am_i>", "<where_am_i 1 backward>")]
    assert all(file in linecache.cache for file in files)


def test_inputs_may_be_given_by_name_torchs_or_the_declarations():
    x, y = autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0])
    assert autograd.mul(input=x, other=y).tolist() == [3, 8]
    assert autograd.exp(input=x).tolist() == autograd.exp(x).tolist()
    assert autograd.pow(x, exponent=2).tolist() == [1, 4]
    assert autograd.where(condition=x > 1, input=x, other=y).tolist() == [3, 2]
    assert autograd.addcmul(x, tensor1=x, tensor2=y, value=2).tolist() == [7, 18]
    assert autograd.complex(real=x, imag=y).tolist() == [1 + 3j, 2 + 4j]
    assert autograd.sum(input=x, axis=0).item() == 3
    assert autograd.sum(x=x, dim=0).item() == 3
    assert autograd.sum(x, 0, True).shape == (1,)
    weight = autograd.ones(1, 2)
    assert nn.functional.linear(input=x, weight=weight, bias=None).tolist() == [3]


@pytest.mark.parametrize(("arguments", "named", "said"), [
    ((), {}, "missing"),
    ((), {"dim": 0}, "missing"),
    (([1.0],), {"axes": 0, "axis": 1}, "twice|unexpected|got"),
    (([1.0],), {"dims": 0}, "unexpected argument 'dims'"),
    (([1.0], 0, False, None, 7), {}, "arguments"),
])  # fmt: skip
def test_wrong_calls_are_type_errors(arguments, named, said):
    given = [autograd.tensor(a) if isinstance(a, list) else a for a in arguments]
    with pytest.raises(TypeError, match=said):
        recorded(REGISTRY["sum"])(*given, **named)


def test_threads_may_make_the_first_call_together():
    for attempt in range(20):
        name = f"first_call_{attempt}"
        try:
            o = op(name, lambda x, n=2, m=3: x * n + m, x=lambda g, n: g * n, samples=list)
            function = recorded(o)
            x = autograd.tensor(np.arange(3.0), requires_grad=True)
            barrier, found = threading.Barrier(4), []

            def call(function=function, x=x, barrier=barrier, found=found):
                barrier.wait()
                for _ in range(5):
                    found.append((function(x).tolist(), function(x, m=1).tolist()))

            threads = [threading.Thread(target=call) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert found == [([3, 5, 7], [1, 3, 5])] * 20
        finally:
            REGISTRY.pop(name, None)


def test_a_signature_is_there_before_the_first_call_and_stays():
    for name in ("asinh", "prod", "where", "kthvalue"):
        function = recorded(REGISTRY[name])
        shown = str(inspect.signature(function))
        with contextlib.suppress(Exception):
            function()
        assert str(inspect.signature(function)) == shown
    where, asinh = recorded(REGISTRY["where"]), recorded(REGISTRY["asinh"])
    assert list(inspect.signature(asinh).parameters) == ["input"]
    assert list(inspect.signature(where).parameters) == ["condition", "input", "other"]
    assert list(inspect.signature(autograd.pow).parameters) == ["input", "exponent"]


def test_functions_are_pickled_by_name():
    for function in (autograd.exp, autograd.sum, nn.functional.gelu, nn.functional.linear):
        assert pickle.loads(pickle.dumps(function)) is function


@pytest.mark.parametrize("needs", [n for n in itertools.product((False, True), repeat=3) if any(n)])
def test_each_set_of_three_inputs_that_need_a_gradient_has_its_plan(needs):
    x, y, weight = (autograd.ones(*shape).requires_grad_(n) for shape, n in zip([(3,), (3,), (2, 3)], needs, strict=True))
    z = autograd.lerp(x, y * 2, weight)  # the first two inputs have one shape, which is not that of the result
    assert z.node.shape == (2, 3)
    assert z.node.plan.needs == needs
    z.sum().backward()
    found = [t.grad if t.grad is None else t.grad.tolist() for t in (x, y, weight)]
    assert found == [value if n else None for n, value in zip(needs, ([0.0] * 3, [4.0] * 3, [[1.0] * 3] * 2), strict=True)]
