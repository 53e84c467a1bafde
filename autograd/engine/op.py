"""Op: the declaration of an op, and the registry of all ops.

An op is one declaration: a forward on arrays, a rule per input, words for its properties, and samples to prove it on.

    tanh = elementwise("tanh", np.tanh, x=lambda g, y: g * (1 - y * y), samples=unary(-3, 3))

A rule is plain NumPy. Its first parameter is the incoming gradient; the names of the others say what it needs:

    an input's name     that input's array
    y                   the output (a tuple of arrays, for an op with several outputs)
    y0, y1, ...         one of several outputs; those that no rule names are not kept, and may be written in place
    <input>_shape       that input's shape; y_shape likewise
    a parameter's name  the value of that parameter in the call (axis, ...)
    an extra's name     one of the extra outputs: arrays that the forward returns after its result, and that have no gradient
                        (masks, indices)
    needs               a tuple of bools: which inputs need a gradient (for rules that serve several inputs)

The engine keeps exactly these values until backward. A rule is written once and serves every order of derivative: the sweep calls
it with arrays, or, under create_graph, with tensors, whose NumPy protocols record what the rule computes.

A gradient g of a loss L with respect to x is carried such that dL = Re(sum(g * dx)). So a rule for complex numbers looks like the
one for real numbers (``g * b`` for a product). PyTorch's gradient is the conjugate of that; the engine conjugates when it takes a
gradient from the user and when it returns one.

An op's declaration is checked when it is imported; see declaration.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .codegen import EMPTY, function_of_arrays
from .declaration import KEYWORDS, check_argument_names, check_keywords, check_op, check_rule, parameters_of
from .plan import Plan, Rule

REGISTRY: dict[str, Op] = {}


class Sample:
    """One call of an op to prove it on.

    Args:
        inputs: the arrays (or numbers) of the call; for a variadic op one list of arrays.
        params: keyword parameters.
        raises: for a bad call, the exception's class.
        match: for a bad call, a regular expression that the message must contain.
        kink: True where the op has no derivative at this very point: then its gradient must lie between the one-sided differences.
            A string, the reason, where the gradient is by convention not a derivative at all: then only values are compared.
        through: a function of the outputs. Where outputs are determined only in part (eigenvectors up to their phases), it
            computes from them what is determined, and the derivatives of that are proved.
    """

    __slots__ = ("inputs", "kink", "match", "params", "raises", "through")

    def __init__(
        self,
        *inputs: Any,
        raises: type | None = None,
        match: str = "",
        kink: bool | str = False,
        through: Callable[..., Any] | None = None,
        **params: Any,
    ) -> None:
        self.inputs = inputs
        self.params = params
        self.raises = raises
        self.match = match
        self.kink = kink
        self.through = through

    def __repr__(self) -> str:
        from ..errors import describe

        parts = [describe(v) for v in self.inputs] + [f"{k}={v!r}" for k, v in self.params.items()]
        return f"({', '.join(parts)})"


class Op:
    """An op: call it with arrays to compute, with tensors to record.

    Attributes:
        name: its name, unique in the registry. forward: the function of arrays.
        inputs: names of the inputs, in order, as the rules know them. rules: a rule per input.
        argument_names: names of the inputs as callers know them, and as ``help`` shows them (``input``, ``other``).
        joint: one rule for all inputs, or None. required: the number of inputs that must be given.
        outputs: the number of outputs; if there are several, y and g are tuples.
        parts: the names by which rules ask for one of several outputs (y0, y1, ...).
        extras: names of the extra outputs: arrays that the forward returns after its result and that have no gradient.
        defaults: the forward's other parameters with their defaults (EMPTY for those that have none).
        elementwise: diagonal Jacobian. linear: linear in all its inputs together. multilinear: linear in each of them.
        variadic: its one input is a list of arrays.
        view: the output may share memory with the first input. analytic: the complex step may be used.
        sections: the inputs for which rows a:b of the gradient depend on g[..., a:b] alone, so that they can be computed section by
            section.
        numpy: NumPy's function of the same meaning and signature, or None.
        formula: formulas of the op ("y"; "y[1]" of the second of several outputs) and of its rules (by input), where their Python
            cannot be read as one; see viz.
        docstring: what the op computes, how it is called, an example; as it is written in the declaration.
    """

    # Python looks for ``__call__`` in the class, and finds the slot there: so each op runs a function of its own when it is called.
    __call__: Callable[..., Any]

    __slots__ = (
        "__call__", "_errors", "_samples", "analytic", "argument_names", "defaults", "docstring", "elementwise", "extras",
        "formula", "forward", "inputs", "joint", "linear", "multilinear", "name", "numpy", "outputs", "parts", "plans",
        "required", "rules", "sections", "variadic", "view",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        rules: dict[str, Rule | None],
        *,
        inputs: Sequence[str] | None = None,
        joint: Rule | None = None,
        outputs: int = 1,
        extras: Sequence[str] = (),
        elementwise: bool = False,
        linear: bool = False,
        multilinear: bool = False,
        variadic: bool = False,
        view: bool = False,
        analytic: bool = True,
        sections: Sequence[str] = (),
        numpy: Callable[..., Any] | None = None,
        samples: Callable[[], Any] | None = None,
        errors: Callable[[], Any] | None = None,
        formula: dict[str, str] | None = None,
        argument_names: Sequence[str] = (),
        doc: str = "",
    ) -> None:
        self.name = name
        self.forward = forward
        self.inputs = tuple(inputs if inputs is not None else rules)
        self.rules = rules
        self.joint = joint
        self.outputs = outputs
        self.parts = tuple([f"y{i}" for i in range(outputs)]) if outputs > 1 else ()
        self.extras = tuple(extras)
        self.elementwise = elementwise
        self.linear = linear
        self.multilinear = multilinear
        self.variadic = variadic
        self.view = view
        self.analytic = analytic
        self.sections = frozenset(sections)
        self.numpy = numpy if numpy is not None or not isinstance(forward, np.ufunc) else forward
        self._samples = samples
        self._errors = errors
        self.formula = formula or {}
        self.docstring = doc
        self.plans: dict[Any, Plan] = {}
        self.__call__ = function_of_arrays(self)
        check_op(self)
        input_defaults, self.defaults = parameters_of(forward, len(self.inputs))
        usual = {"a": "input", "b": "other"} if self.inputs == ("a", "b") else {"x": "input"}  # PyTorch's names
        taken = {*self.inputs, *self.defaults}
        names = [usual[n] if n in usual and usual[n] not in taken else n for n in self.inputs]
        self.argument_names = tuple(argument_names) or tuple(names)
        check_argument_names(self)
        self.required = len(self.inputs) - sum(default is not EMPTY for default in input_defaults)
        for rule in [*rules.values(), joint]:
            if rule is not None:
                check_rule(self, rule)
        if name in REGISTRY:
            raise ValueError(f"an op named {name!r} is declared already")
        REGISTRY[name] = self

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    @property
    def doc(self) -> str:
        """The docstring without its indentation."""
        return inspect.cleandoc(self.docstring)

    @property
    def differentiable(self) -> bool:
        """Whether any input can receive a gradient."""
        return self.joint is not None or any(rule is not None for rule in self.rules.values())

    def samples(self) -> list[Sample]:
        """Valid calls to prove the op on; made anew each time."""
        samples: Any = self._samples() if self._samples else []
        # ``samples=lambda: calls(...)`` puts off the call of ``calls``, which itself returns a function.
        return list(samples() if callable(samples) else samples)

    def errors(self) -> list[Sample]:
        """Bad calls, each with the error that it must raise."""
        return list(self._errors()) if self._errors else []

    def argument_name(self, i: int) -> str:
        """The name of an input as callers know it: ``other``; ``tensors[2]`` in a list of inputs."""
        return f"{self.argument_names[0]}[{i}]" if self.variadic else self.argument_names[i]

    def names(self, rule: Rule) -> tuple[str, ...]:
        """The names of the values that a rule asks for: its parameters after the incoming gradient."""
        code = rule.__code__
        return code.co_varnames[1 : code.co_argcount]

    def plan(self, needs: tuple[bool, ...]) -> Plan:
        """The plan for the calls in which exactly these inputs need a gradient."""
        plan = self.plans.get(needs)
        if plan is None:
            plan = self.plans[needs] = Plan(self, needs)
        return plan


def elementwise(name: str, forward: Callable[..., Any], *, samples: Callable[[], Any], **more: Any) -> Op:
    """Declare an op with a diagonal Jacobian. Its inputs broadcast, and the engine sums gradients over broadcast dimensions."""
    return op(name, forward, samples=samples, elementwise=True, **more)


def op(name: str, forward: Callable[..., Any], *, samples: Callable[[], Any], **more: Any) -> Op:
    """Declare an op.

    Args:
        name: its name, unique in the registry.
        forward: a function of arrays: a universal function of NumPy, or a Python function, whose parameters are the inputs first,
            then the parameters.
        samples: returns valid calls to prove the op on.
        more: for each input, in order, its rule (None: no gradient); and any of the keywords of ``Op``.

    Raises:
        TypeError: the declaration contradicts itself or its forward; a misspelled keyword is met with the right one.
    """
    words = {key: more.pop(key) for key in list(more) if key in KEYWORDS}
    return Op(name, forward, more, samples=samples, **words)


def nondifferentiable(name: str, forward: Callable[..., Any], *inputs: str, samples: Callable[[], Any], **more: Any) -> Op:
    """Declare an op whose result never needs a gradient: comparisons, rounding to integers, indices.

    Args:
        name, forward, samples: as for ``op``.
        inputs: the names of the inputs; by default one, ``x``.
        more: any of the keywords of ``Op``.
    """
    check_keywords(name, more)
    return Op(name, forward, dict.fromkeys(inputs or ("x",)), samples=samples, analytic=False, **more)
