"""What an op is, and the registry of all of them.

An op is one declaration: a forward on arrays, a rule per input, words for its properties, and samples to prove it on.

    tanh = elementwise("tanh", np.tanh, x=lambda g, y: g * (1 - y * y), samples=unary(-3, 3))

A rule is plain NumPy. Its first parameter is the incoming gradient, the others say what it needs:

    an input's name     that input's array
    y                   the output (a tuple of arrays, for an op with several outputs)
    y0, y1, ...         one of several outputs: the others are not kept, and may be written in place
    <input>_shape       that input's shape; y_shape likewise
    a parameter's name  the value the op was called with (axis, ...)
    an ``extra``'s name what the forward returned beside its output: masks and indices, which have no gradient
    needs               a tuple of bools: which inputs need a gradient (for rules that serve several inputs)

and exactly what it names is kept alive until backward. A rule written once serves every order of derivative: the sweep hands
it arrays, or, under create_graph, tensors, whose NumPy protocols record the rule's own calls.

Gradients are carried in the form in which dL = Re(sum(g * dx)), so a rule for complex numbers reads as for real ones
(``g * b`` for a product); PyTorch's convention is its conjugate, and the engine conjugates where a gradient leaves it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numpy as np

Rule = Callable[..., Any]

REGISTRY: dict[str, Op] = {}


class Sample:
    """One call of an op to prove it on.

    Args:
        inputs: the arrays (or numbers) it is called with; for a variadic op one list of arrays.
        params: keyword parameters.
        raises: for a bad input, the exception's class.
        match: for a bad input, a regular expression that the message must contain.
        kink: True where the op has no derivative at this very point: its gradient must lie between the one-sided differences.
            A reason (a string) where the gradient is by convention no derivative at all: then only values are compared.
        through: a function of the outputs that depends on them only as far as they are determined (not on the phases of
            eigenvectors, say): derivatives are proved through it.
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


class Plan:
    """What one call of an op saves and runs, for one set of inputs that need a gradient. Made once per set and kept.

    save(inputs, y, params, extras) gives the tuple to keep; backward(g, saved) gives one contribution per input (None where
    none is needed); ``slots`` says what each kept value is. Both functions are one expression, written out from the names that the
    rules ask for when first called: for ``mul`` they are ``inputs`` and ``(rule_a(g, saved[1]), rule_b(g, saved[0]))``.
    """

    __slots__ = ("backward", "callers", "elementwise", "keeps_arrays", "needs", "op", "rules", "save", "slots")

    # What a custom Function's plan may have of its own: forward mode (node, tangents, saved), a way to make tensors of what it
    # saved (node, saved), and whether outputs without a gradient get zeros.
    materialize = True
    push: Callable[..., Any] | None = None
    lift: Callable[..., tuple[Any, ...]] | None = None

    def __init__(self, op: Op, needs: tuple[bool, ...]) -> None:
        self.op = op
        self.needs = needs
        self.elementwise = op.elementwise
        self.rules: tuple[Rule | None, ...]  # one per input, or a single one for all of them
        if op.variadic and "needs" not in op.rules:
            self.rules = (op.rules[op.inputs[0]],)
        elif op.joint is not None:
            self.rules = (op.joint,)
        else:
            self.rules = tuple([op.rules[name] if need else None for name, need in zip(op.inputs, needs, strict=True)])
        wanted = {name for rule in self.rules if rule is not None for name in op.names(rule)} - {"needs"}
        if not self._whole:
            # The shape of an array that is kept anyway is read off it.
            wanted = {n for n in wanted if not (n.endswith("_shape") and n[:-6] in wanted)}
        # In the order of the inputs, so that a binary op that keeps both can keep the pair as it is.
        self.slots = tuple(sorted(wanted, key=[*op.inputs, *sorted(wanted - set(op.inputs))].index))
        self.keeps_arrays = any(s in op.inputs or s == "y" or s in op.parts or s in op.extras for s in self.slots)
        self.callers: dict[int, Callable[..., Any]] = {}
        self.save: Callable[..., tuple[Any, ...]] = self._first_save
        self.backward: Callable[..., tuple[Any, ...]] = self._first_backward

    @property
    def _whole(self) -> bool:
        """Whether one rule serves all inputs."""
        return self.op.joint is not None or self.op.variadic

    def _first_save(self, inputs: Any, y: Any, params: Any, extras: Any) -> tuple[Any, ...]:
        kept = self.keeping([f"inputs[{i}]" for i in range(len(self.op.inputs))], "y", "params[{!r}]", "extras[{}]")
        self.save = _expression(self.op, "inputs, y, params, extras", kept, shape_of=shape_of, np=np)
        return self.save(inputs, y, params, extras)

    def _first_backward(self, g: Any, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        op = self.op
        if self._whole:
            found = f"counted({self._applied(self.rules[0], 'rule')}, plan)"
            self.backward = _expression(op, "g, saved", found, rule=self.rules[0], plan=self, counted=_counted, shape_of=shape_of)
        else:
            rules = {f"rule_{name}": rule for name, rule in zip(op.inputs, self.rules, strict=True)}
            found = "".join(f"{self._applied(rule, name)}, " for name, rule in rules.items())
            self.backward = _expression(op, "g, saved", f"({found})", shape_of=shape_of, **rules)
        return self.backward(g, saved)

    def keeping(self, inputs: list[str], y: str, param: str, extra: str) -> str:
        """What is kept, as an expression of a call's inputs, its result, a parameter by its name, and an extra by its number."""
        return f"({''.join(f'{self._kept(slot, inputs, y, param, extra)}, ' for slot in self.slots)})"

    def _kept(self, slot: str, inputs: list[str], y: str, param: str, extra: str) -> str:
        op = self.op
        if op.variadic and slot == op.inputs[0]:
            return "tuple(inputs)"
        if op.variadic and slot == op.inputs[0] + "_shape":
            return "tuple([np.shape(x) for x in inputs])"
        if slot in op.inputs:
            return inputs[op.inputs.index(slot)]
        if slot in ("y", "y_shape"):
            return slot.replace("y", y, 1).replace("_", ".")
        if slot in op.parts:
            return f"{y}[{op.parts.index(slot)}]"
        if slot in op.extras:
            return extra.format(op.extras.index(slot))
        if slot.endswith("_shape") and slot[:-6] in op.inputs:
            return f"shape_of({inputs[op.inputs.index(slot[:-6])]})"
        return param.format(slot)

    def _applied(self, rule: Rule | None, name: str) -> str:
        """The call of a rule that goes by this name, as an expression of g and saved."""
        if rule is None:
            return "None"
        given = ["g"]
        for wanted in self.op.names(rule):
            if wanted == "needs":
                given.append(repr(self.needs))
            elif wanted in self.slots:
                given.append(f"saved[{self.slots.index(wanted)}]")
            else:
                given.append(f"shape_of(saved[{self.slots.index(wanted[:-6])}])")
        return f"{name}({', '.join(given)})"

    def caller(self, i: int) -> Callable[..., Any] | None:
        """The rule of one input as a function (g, saved), or None: what forward mode calls with a tangent for g."""
        rule = self.rules[i]
        if rule is not None and i not in self.callers:
            self.callers[i] = _expression(self.op, "g, saved", self._applied(rule, "rule"), rule=rule, shape_of=shape_of)
        return self.callers.get(i)


def _expression(op: Op, parameters: str, body: str, **names: Any) -> Callable[..., Any]:
    """A function of one expression, in which these names mean these things."""
    # The file's name is one of ours: what looks for a line of the user's program passes it by.
    code = compile(f"lambda {parameters}: {body}", f"{__file__}: {op.name}", "eval")
    function: Callable[..., Any] = eval(code, names)
    return function


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an array, or of a number."""
    return getattr(x, "shape", ())


def _counted(found: tuple[Any, ...], plan: Plan) -> tuple[Any, ...]:
    if len(found) != len(plan.needs):
        raise TypeError(f"the rule of {plan.op.name} returned {len(found)} gradients for {len(plan.needs)} inputs: mend the rule")
    return found


class Op:
    """An op: call it with arrays to compute, with tensors to record.

    Attributes:
        name: its name, unique in the registry. forward: the function of arrays.
        inputs: names of the inputs, in order, as the rules know them. rules: a rule per input.
        argument_names: names of the inputs as callers know them, and as ``help`` shows them (``input``, ``other``).
        joint: one rule for all of them, or None.
        outputs: number of outputs (1, or more: then y and g are tuples). parts: the names of the single ones of several outputs.
        extras: names of what the forward returns beside them.
        params: the forward's keyword parameters with their defaults.
        elementwise: diagonal Jacobian. linear: linear in all its inputs together. multilinear: linear in each of them.
        view: the output may share memory with the first input. analytic: the complex step may be used.
        numpy: NumPy's function of the same meaning and signature, or None.
        formula: the op and its rules as mathematics, where the Python of both is not it already; see viz/formula.py.
    """

    __slots__ = (
"_doc", "_errors", "_samples", "analytic", "argument_names", "defaults", "elementwise", "extras", "formula", "forward",
        "inputs", "joint", "linear", "multilinear", "name", "numpy", "outputs", "parts", "plans", "required", "rules", "variadic",
        "view",
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
        self.numpy = numpy if numpy is not None or not isinstance(forward, np.ufunc) else forward
        self._samples = samples
        self._errors = errors
        self.formula = formula or {}
        self._doc = doc
        inputs_default, self.defaults = ([], {}) if isinstance(forward, np.ufunc) else _parameters(forward, len(self.inputs))
        usual = {"a": "input", "b": "other"} if self.inputs == ("a", "b") else {"x": "input"}  # PyTorch's
        taken = {*self.inputs, *self.defaults}
        shown = [usual[n] if n in usual and usual[n] not in taken else n for n in self.inputs]
        self.argument_names = tuple(argument_names) or tuple(shown)
        self.required = len(self.inputs) - sum(default is not EMPTY for default in inputs_default)
        self.plans: dict[Any, Plan] = {}
        for rule in [*rules.values(), joint]:
            if rule is not None:
                self.names(rule)
        if name in REGISTRY:
            raise ValueError(f"an op named {name!r} is declared already")
        REGISTRY[name] = self

    def __call__(self, *args: Any, **params: Any) -> Any:
        for arg in args:
            if type(arg) is np.ndarray:
                continue
            if hasattr(arg, "__record__"):
                return arg.__record__(self, args, params)
            if self.variadic and isinstance(arg, list | tuple):
                for item in arg:
                    if hasattr(item, "__record__"):
                        return item.__record__(self, args, params)
        y = self.forward(*args, **params)
        return y[0] if self.extras and self.outputs == 1 else y[: self.outputs] if self.extras else y

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    @property
    def doc(self) -> str:
        """What the op computes, how it is called, an example."""
        return inspect.cleandoc(self._doc)

    @property
    def differentiable(self) -> bool:
        """Whether any input can receive a gradient."""
        return self.joint is not None or any(rule is not None for rule in self.rules.values())

    def samples(self) -> list[Sample]:
        """Valid calls to prove the op on; made anew each time."""
        found: Any = self._samples() if self._samples else []
        return list(found() if callable(found) else found)  # `lambda: calls(...)`, where calls draws as soon as it is read

    def errors(self) -> list[Sample]:
        """Bad calls, each with the error that it must raise."""
        return list(self._errors()) if self._errors else []

    def names(self, rule: Rule) -> tuple[str, ...]:
        """What a rule asks for, after the incoming gradient; an unknown name is an error, at import."""
        code = rule.__code__
        names = code.co_varnames[1 : code.co_argcount]
        known = {
            *self.inputs,
            *(f"{i}_shape" for i in self.inputs),
            "y",
            "y_shape",
            "needs",
            *self.parts,
            *self.defaults,
            *self.extras,
        }
        for name in names:
            if name not in known:
                raise TypeError(f"op {self.name!r}: a rule asks for {name!r}; it may ask for {', '.join(sorted(known))}")
        return names

    def plan(self, needs: tuple[bool, ...]) -> Plan:
        """The plan for inputs of which these need a gradient."""
        found = self.plans.get(needs)
        if found is None:
            found = self.plans[needs] = Plan(self, needs)
        return found


def elementwise(name: str, forward: Callable[..., Any], *, samples: Callable[[], Any], **more: Any) -> Op:
    """Declare an op with a diagonal Jacobian; its inputs broadcast, and the engine sums gradients back over what broadcast."""
    return op(name, forward, samples=samples, elementwise=True, **more)


def op(name: str, forward: Callable[..., Any], *, samples: Callable[[], Any], **more: Any) -> Op:
    """Declare an op: keywords that are not words of ``Op`` are its inputs, in order, each with its rule (None: no gradient)."""
    words = {key: more.pop(key) for key in list(more) if key in _WORDS}
    return Op(name, forward, more, samples=samples, **words)


def nondifferentiable(name: str, forward: Callable[..., Any], *inputs: str, samples: Callable[[], Any], **more: Any) -> Op:
    """Declare an op whose result never needs a gradient: comparisons, rounding to integers, indices."""
    return Op(name, forward, dict.fromkeys(inputs or ("x",)), samples=samples, analytic=False, **more)


_WORDS = set(inspect.signature(Op.__init__).parameters) - {"self", "name", "forward", "rules", "samples"}


EMPTY = inspect.Parameter.empty


def _parameters(forward: Callable[..., Any], inputs: int) -> tuple[list[Any], dict[str, Any]]:
    """The defaults of the forward's inputs, and its further parameters with theirs (EMPTY where there is none)."""
    if not isinstance(forward, FunctionType):
        raise TypeError(f"{forward} has no signature to read: wrap it in a function")
    # inspect.signature says the same, in thirty times the time: there are hundreds of ops to import.
    code = forward.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    given = dict(zip(names[: code.co_argcount][::-1], (forward.__defaults__ or ())[::-1], strict=False))
    given |= forward.__kwdefaults__ or {}
    return [given.get(name, EMPTY) for name in names[:inputs]], {name: given.get(name, EMPTY) for name in names[inputs:]}
