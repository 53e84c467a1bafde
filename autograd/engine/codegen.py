"""The Python code that is written for an op: its functions of tensors and of arrays, and those with which a plan saves and runs
backwards.

Recording a call must cost little more than NumPy's own call. So the code holds only what this very op needs, and it is written for
each op when it is first called. ``source(op)`` returns the text of the function of tensors; tracebacks show it, too. Its parts are
operands (an array and a node of each), compute, node, and for some ops view. For ``mul`` it is

    def mul(input, other, out):
        # operands
        if type(input) is Tensor or isinstance(input, AnyTensor):
            array_0 = input.array
            node_0 = input.node if input._view is None else node_of_view(input)
        else:
            array_0, node_0 = operand(input, "mul: argument 'input'")
            if (type(array_0) is float or type(array_0) is int) and not -65504.0 <= array_0 <= 65504.0 and is_half(other, array_0):
                return in_two_steps(op, input, other, out)
        if type(other) is Tensor or isinstance(other, AnyTensor):
            array_1 = other.array
            node_1 = other.node if other._view is None else node_of_view(other)
        else:
            array_1, node_1 = operand(other, "mul: argument 'other'")
            if (type(array_1) is float or type(array_1) is int) and not -65504.0 <= array_1 <= 65504.0 and is_half(input, array_1):
                return in_two_steps(op, input, other, out)
        # compute
        try:
            result = forward(array_0, array_1)
        except Exception as error:
            result = refused(op, (array_0, array_1), {}, error)
        if type(result) is not ndarray:
            result = asarray(result)
        output = Tensor()
        output.array = result
        output._grad = output._view = None
        # node
        state = current()
        if not state.grad or (node_0 is None and node_1 is None):
            output.node = None
        else:
            output.node = node = Node()
            node.parents = (node_0, node_1)
            node.params = None
            if node_0 is not None and node_1 is not None:
                node.plan = plan_3
                node.saved = (array_0, array_1)
                node.shape = node_0.shape if node_0.shape is node_1.shape else result.shape
            elif node_0 is not None:
                node.plan = plan_1
                node.saved = (array_1,)
                node.shape = result.shape
            else:
                node.plan = plan_2
                node.saved = (array_0,)
                node.shape = result.shape
            node.meta = None
            node.dtype = result.dtype
            node.sequence = next(clock)
            node.layer = state.layer
        if state.watch is not None:
            state.watch.forward(op, output.node, (input, other), output)
        if out is not None:
            return write_out(out, output, "mul", (input, other))
        return output

where plan_3 is the plan of a call whose inputs both need a gradient (binary 11). That plan's own two functions are

    def save(inputs, y, params, extras):
        return (inputs[0], inputs[1])

    def backward(g, saved):
        return (rule_a(g, saved[1]), rule_b(g, saved[0]))
"""

from __future__ import annotations

import builtins
import linecache
from collections.abc import Callable, Iterable
from inspect import Parameter, Signature
from itertools import product
from keyword import iskeyword
from os.path import dirname, join
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..types import PARAMETERS
from .output import check_dtype, write_out
from .standin import standing_in
from .values.integers import integer_parameters, integers

if TYPE_CHECKING:
    from .op import Op
    from .plan import Plan, Rule

EMPTY = Parameter.empty  # the default of an argument that must be given
_FEW_INPUTS = 3  # up to so many, the code distinguishes by itself which of them need a gradient; for more it looks the plan up
_FOLDER = dirname(__file__)  # tracebacks name a file in this folder, so that the text is not taken for the user's program


# ------------------------------------------------------------------------------------------------ the function of tensors


class _Call:
    """The names in the function of tensors of one op: its arguments, and its local variables."""

    def __init__(self, op: Op, operator: bool = False) -> None:
        self.op = op
        self.operator = operator
        self.inputs = list(op.argument_names)
        self.params = list(op.defaults)
        # The arrays of a list of inputs are in one tuple, and so are their nodes.
        self.arrays = ["arrays"] if op.variadic else [f"array_{i}" for i in range(len(self.inputs))]
        self.nodes = ["nodes"] if op.variadic else [f"node_{i}" for i in range(len(self.inputs))]
        # The nodes of inputs that have a rule: the others are constants to the graph.
        self.differentiated = [
            node for node, name in zip(self.nodes, op.inputs, strict=True) if op.joint is not None or op.rules[name] is not None
        ]
        # Where the op has parameters, ``out`` is among the unusual arguments, which cost a call without them nothing more.
        self.takes_out = not operator and not self.params
        self.params_by_name = _dict_of(self.params)
        self.given = self.inputs[0] if op.variadic else tuple_of(self.inputs)  # what a watch is shown of the inputs
        self.node = "node" if op.outputs > 1 else "output.node"
        # Calls in an unusual form (NumPy's names of arguments, inputs by keyword after parameters) go to the general function.
        self.call_general = f"return call_general({_dict_of([*self.inputs, *self.params], '**more')})"


def source(op: Op, operator: bool = False) -> str:
    """The text of an op's function of tensors.

    Args:
        op: the op.
        operator: whether Python calls it for an operator. It then returns NotImplemented for an operand of a foreign class.

    Example:
        >>> from autograd.ops.elementwise.arithmetic import neg
        >>> from autograd.engine.codegen import source
        >>> print(source(neg).splitlines()[0])
        def neg(input, out):
    """
    call = _Call(op, operator)
    arguments = [*call.inputs, *call.params, *(["**more"] if call.params else []), *(["out"] if call.takes_out else [])]
    body = [*(_list_of_operands(call) if op.variadic else _operands(call)), *_params(call), *_compute(call), *_node(call)]
    if op.outputs > 1:
        body += ["# outputs", "output = outputs_of(result, node)"]
    elif op.view:
        body += ["# view", f"note_view(output, {call.inputs[0]}, op, params, state.grad)"]
    body += ["if state.watch is not None:", f"    state.watch.forward(op, {call.node}, {call.given}, output)"]
    if call.takes_out:
        body += ["if out is not None:", f'    return write_out(out, output, "{op.name}", {tuple_of(call.inputs)})']
    return function_text(_name_in_text(op), arguments, [*body, "return output"])


def _name_in_text(op: Op) -> str:
    return op.name if op.name.isidentifier() and not iskeyword(op.name) else "call"


def _list_of_operands(call: _Call) -> list[str]:
    """The arrays and the nodes of a list of inputs."""
    name = call.inputs[0]
    return [
        "# operands",
        *(["if more:", f"    {call.call_general}"] if call.params else []),
        f"if not isinstance({name}, (list, tuple)):",
        *([f"    if {name} is EMPTY:", f"        {call.call_general}"] if call.params else []),
        f"    {name} = tuple({name})",
        f"arrays, nodes = operands_of({name}, op)",
    ]


def _operands(call: _Call) -> list[str]:
    """The array and the node of each input."""
    op = call.op
    lines = ["# operands"]
    if call.params:
        lines += ["if more:", f"    {call.call_general}"]
    for i, name in enumerate(call.inputs):
        # Python compares the exact class fastest; but a layer's weights are of another one, Parameter.
        exact = f"type({name}) is Tensor or " if len(call.inputs) <= _FEW_INPUTS else ""
        lines += [f"if {exact}isinstance({name}, AnyTensor):", f"    {call.arrays[i]} = {name}.array"]
        if call.nodes[i] in call.differentiated:
            lines.append(f"    {call.nodes[i]} = {name}.node if {name}._view is None else node_of_view({name})")
        if i >= op.required:
            lines += [f"elif {name} is None:", f"    {call.arrays[i]} = {call.nodes[i]} = None"]
        elif call.params:
            lines += [f"elif {name} is EMPTY:", f"    {call.call_general}"]
        read = f'{call.arrays[i]}, {call.nodes[i]} = operand({name}, "{argument_title(op, i)}")'
        if call.operator and i:
            lines += ["else:", "    try:", f"        {read}", "    except ForeignOperandError:", "        return NotImplemented"]
        else:
            lines += ["else:", f"    {read}"]
        if op.name in ("mul", "div"):
            a, other, out = call.arrays[i], call.inputs[1 - i], "out" if call.takes_out else "None"
            too_large = f"not -65504.0 <= {a} <= 65504.0 and is_half({other}, {a})"
            lines.append(f"    if (type({a}) is float or type({a}) is int) and {too_large}:")
            lines.append(f"        return in_two_steps(op, {', '.join(call.inputs)}, {out})")
    return lines


def _params(call: _Call) -> list[str]:
    """The arrays of parameters that are tensors, and whole numbers."""
    op, lines = call.op, []
    whole = integer_parameters(op.name, call.params)
    for name in call.params:
        default = op.defaults[name]
        # What is no tensor in most calls is seen without a call of Python's.
        usual = [f"{name} is not {default}"] if default is None or type(default) is bool else []
        asked = " and ".join([*usual, f"isinstance({name}, AnyTensor)"])
        convert = [f"if {asked}:", f'    {name} = constant({name}, "{op.name}", "{name}")']
        if default is EMPTY:
            convert += [f"elif {name} is EMPTY:", f"    {call.call_general}"]
        if name in whole:
            title = f"{op.name}: argument '{name}'"
            convert += [f'{name} = integers({name}, "{title}")']
            lines += [f"if type({name}) is not int and {name} is not None:", *indented(convert)]
        else:
            lines += convert
    return lines


def _compute(call: _Call) -> list[str]:
    """The forward, and the tensor of its result; of several, the tuple of their arrays."""
    lines = ["# compute", "try:", f"    result = forward({_forward_arguments(call.op, call.arrays)})"]
    lines += ["except Exception as error:"]
    arrays = "(list(arrays),)" if call.op.variadic else tuple_of(call.arrays)
    lines += [f"    result = refused(op, {arrays}, {call.params_by_name}, error)"]
    if call.op.outputs > 1:
        if call.op.extras:
            lines += [f"extras = result[{call.op.outputs}:]", f"result = result[:{call.op.outputs}]"]
        return [*lines, "result = alike(result)"]
    if call.op.extras:
        lines += ["extras = result[1:]", "result = result[0]"]
    lines += ["if type(result) is not ndarray:", "    result = asarray(result)"]
    return [*lines, "output = Tensor()", "output.array = result", "output._grad = output._view = None"]


def _forward_arguments(op: Op, arrays: list[str]) -> str:
    """The arguments of the forward: by position as far as it takes them so."""
    if isinstance(op.forward, np.ufunc):
        return ", ".join(arrays)
    positional = op.forward.__code__.co_argcount - len(arrays)
    return ", ".join([*arrays, *(name if i < positional else f"{name}={name}" for i, name in enumerate(op.defaults))])


def _node(call: _Call) -> list[str]:
    """The node of the result, where a gradient is needed: its parents, its plan, and what that saves."""
    op = call.op
    lines = ["# node", "state = current()"]
    if op.view:
        lines.append(f"params = {call.params_by_name}")
    if not call.differentiated:
        return [*lines, f"{call.node} = None"]
    no_gradient = " and ".join(f"{node} is None" for node in call.differentiated)
    parents = tuple_of([node if node in call.differentiated else "None" for node in call.nodes])
    if op.variadic:
        no_gradient, parents = "nodes.count(None) == len(nodes)", "nodes"
    # Parameters may choose the dtype of the result, and integers have no gradient.
    no_gradient_by_dtype = ' or result.dtype.kind not in "fc"' if call.params and op.outputs == 1 else ""
    params = "params" if op.view else call.params_by_name if call.params else "None"
    return [
        *lines,
        f"if not state.grad or ({no_gradient}){no_gradient_by_dtype}:",
        f"    {call.node} = None",
        "else:",
        "    output.node = node = Node()" if op.outputs == 1 else "    node = Node()",
        f"    node.parents = {parents}",
        f"    node.params = {params}",
        *indented(_plan_of_node(call)),
        "    node.meta = None",
        f"    node.dtype = {'result.dtype' if op.outputs == 1 else 'None'}",
        "    node.sequence = next(clock)",
        "    node.layer = state.layer",
    ]


def _plan_of_node(call: _Call) -> list[str]:
    """Code for the node's plan for the inputs that need a gradient, the values that it saves, and the shape of the result."""
    op, nodes = call.op, call.nodes
    shape = "result.shape" if op.outputs == 1 else "None"
    if op.variadic or len(nodes) > _FEW_INPUTS:
        bits = [f"{1 << nodes.index(node)} * ({node} is not None)" for node in call.differentiated]
        plan = ["needs = " + " + ".join(bits), "node.plan = plan = plans.get(needs) or plan_for(needs)"]
        if op.variadic:
            plan = ["node.plan = plan = op.plan(tuple([each is not None for each in nodes]))"]
        arrays, extras = "arrays" if op.variadic else tuple_of(call.arrays), "extras" if op.extras else "None"
        return [*plan, f"node.saved = plan.save({arrays}, result, node.params, {extras})", f"node.shape = {shape}"]
    possible = [(True, False) if node in call.differentiated else (False,) for node in nodes]
    cases = [needs for needs in product(*possible) if any(needs)]
    lines: list[str] = []
    for i, needs in enumerate(cases):
        common = shape
        if op.outputs == 1 and op.elementwise and not op.extras and all(needs):
            # The shape of operands that have the same is the result's; parents with one shape object cost the sweep no comparison.
            equal = " is ".join([f"{node}.shape" for node in nodes])
            common = equal if len(nodes) == 1 else f"node_0.shape if {equal} else result.shape"
        saved = saved_values(op.plan(needs), call.arrays, "result", "{}", "extras[{}]")
        case = [
            f"node.plan = plan_{sum(need << k for k, need in enumerate(needs))}",
            f"node.saved = {tuple_of(saved)}",
            f"node.shape = {common}",
        ]
        if len(cases) == 1:
            return case
        needed = " and ".join(f"{node} is not None" for node, need in zip(nodes, needs, strict=True) if need)
        lines += [f"if {needed}:" if i == 0 else f"elif {needed}:" if i < len(cases) - 1 else "else:", *indented(case)]
    return lines


def argument_title(op: Op, i: int) -> str:
    """The words for an input at the beginning of an error: "mul: argument 'other'"."""
    return f"{op.name}: argument '{op.argument_name(i)}'"


def defaults(op: Op) -> dict[str, Any]:
    """The default of each argument of an op's function of tensors; EMPTY for one that must be given."""
    inputs = {name: EMPTY if i < op.required else None for i, name in enumerate(op.argument_names)}
    return {**inputs, **op.defaults}


def signature(op: Op) -> Signature:
    """The signature of an op's function of tensors, for ``help`` and editors, before the function is written."""
    types = dict.fromkeys(op.argument_names, "Sequence[TensorLike]" if op.variadic else "TensorLike")
    parameters = []
    for name, default in defaults(op).items():
        annotation = types.get(name) or PARAMETERS.get(f"{op.name}.{name}") or PARAMETERS.get(name)
        if annotation is not None and default is None and annotation != "Dims":
            annotation = f"{annotation} | None"
        parameters.append(_parameter(name, annotation or EMPTY, default))
    result = "Tensor" if op.outputs == 1 else f"tuple[{', '.join(['Tensor'] * op.outputs)}]"
    return Signature(parameters, return_annotation=result, __validate_parameters__=False)


def _parameter(name: str, annotation: Any, default: Any) -> Parameter:
    """A parameter of a signature. Hundreds of ops have the same few, so those without a default of their own are made once."""
    if default is not EMPTY and default is not None:
        return Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=annotation)
    key = name, annotation, default
    if key not in _parameters:
        _parameters[key] = Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=annotation)
    return _parameters[key]


_parameters: dict[tuple[str, Any, Any], Parameter] = {}


def write(op: Op, function: FunctionType, ordered: Callable[..., Any], operator: bool = False, **names: Any) -> None:
    """Write the code of an op's function of tensors into a function.

    Args:
        op: the op.
        function: gets the code, its names and its defaults; its globals must be its own.
        ordered: a function of the op and of a call's arguments by name, with the rules' names for inputs, for calls in an unusual
            form: it returns the inputs and the parameters as they are declared.
        operator: whether Python calls the function for an operator.
        names: the objects that the text names.
    """
    arguments, declared = defaults(op), dict(zip(op.argument_names, op.inputs, strict=True))

    def call_general(given: dict[str, Any]) -> Any:
        if "out" in given and "out" not in arguments:  # a few ops have an input of that name
            out = given.pop("out")
            check_dtype(out, given.get("dtype"), op.name)
            inputs = [given.pop(name) for name in arguments]
            result = function(*inputs, **given)
            return result if out is None else write_out(out, result, op.name, inputs)
        named = {declared.get(k, k): v for k, v in given.items() if k not in arguments or v is not arguments[k]}
        inputs, params = ordered(op, named)
        return function(*inputs, **params)

    def plan_for(needs: int) -> Plan:
        plans[needs] = plan = op.plan(tuple([bool(needs >> i & 1) for i in range(len(op.inputs))]))
        return plan

    plans: dict[int, Plan] = {}
    names |= {"op": op, "forward": op.forward, "call_general": call_general, "plans": plans, "plan_for": plan_for}
    if len(op.inputs) <= _FEW_INPUTS and op.differentiable:
        names |= {f"plan_{needs}": plan_for(needs) for needs in range(1, 1 << len(op.inputs))}
    code = compiled(source(op, operator), f"{op.name}, operator" if operator else op.name)
    function.__globals__.update(names, EMPTY=EMPTY, shape_of=shape_of, write_out=write_out, integers=integers)
    # The defaults first, because another thread may be calling the function. Where the op has no parameters, the inputs that must
    # be given have no default, so that Python itself says which one is missing.
    required = [] if op.defaults else list(arguments.values())[op.required :]
    function.__defaults__ = tuple(arguments.values()) if op.defaults else (*required, *(() if operator else (None,)))
    function.__code__ = code


# ------------------------------------------------------------------------------------------------ the function of arrays


def function_of_arrays(op: Op) -> FunctionType:
    """What runs when an op itself is called, as rules do: its forward on arrays; a tensor among the inputs records it."""

    def write_it(function: FunctionType) -> None:
        function.__globals__.update(op=op, forward=op.forward, ndarray=np.ndarray, opaque=_opaque)
        if not isinstance(op.forward, np.ufunc):
            function.__defaults__, function.__kwdefaults__ = op.forward.__defaults__, op.forward.__kwdefaults__
        function.__code__ = compiled(source_of_arrays(op), f"{op.name}, arrays")

    return written_at_first_call(op.name, write_it)


def source_of_arrays(op: Op) -> str:
    """The text of an op's function of arrays."""
    params, lines = _dict_of(list(op.defaults)), []
    for name in op.inputs:
        asked = f'if type({name}) is not ndarray and hasattr({name}, "__record__"):'
        recorded = f"    return {name}.__record__(op, {tuple_of(list(op.inputs))}, {params})"
        if op.variadic:
            asked, recorded = asked.replace(name, "each"), recorded.replace(f"{name}._", "each._")
            lines += [f"for each in {name}:", *indented([asked, recorded])]
        else:
            lines += [asked, recorded]
    forward = f"forward({_forward_arguments(op, list(op.inputs))})"
    lines += ["try:", f"    result = {forward}", "except Exception as error:"]
    lines += [f"    result = opaque(op, {tuple_of(list(op.inputs))}, {params}, error)"]
    result = "result" if not op.extras else "result[0]" if op.outputs == 1 else f"result[:{op.outputs}]"
    arguments = [*op.inputs, *op.defaults]
    positional = len(arguments) if isinstance(op.forward, np.ufunc) else op.forward.__code__.co_argcount
    named = ["*", *arguments[positional:]] if positional < len(arguments) else []
    return function_text(_name_in_text(op), [*arguments[:positional], *named], [*lines, f"return {result}"])


def _opaque(op: Op, inputs: tuple[Any, ...], params: dict[str, Any], error: Exception) -> Any:
    """The result of a forward that stand-ins could not follow call by call; for arrays its error is raised."""
    stand_in = standing_in((inputs, params))
    if stand_in is None:
        raise error
    return stand_in.opaque(op.name, op.forward, inputs, params)


# ----------------------------------------------------------------------------------------------------- a plan's functions


def save_function(plan: Plan) -> Callable[..., tuple[Any, ...]]:
    """A function (inputs, y, params, extras) that returns the values that a plan saves of a call, one for each of its slots."""
    inputs = [f"inputs[{i}]" for i in range(len(plan.op.inputs))]
    values = saved_values(plan, inputs, "y", "params[{!r}]", "extras[{}]")
    return _plan_function(plan, "save", ["inputs", "y", "params", "extras"], tuple_of(values))


def backward_function(plan: Plan) -> Callable[..., tuple[Any, ...]]:
    """A function (g, saved) that returns a gradient per input, None where the input needs none."""
    if plan.one_rule_for_all:
        gradients = f"checked({_rule_call(plan, plan.rules[0], 'rule')})"
        return _plan_function(plan, "backward", ["g", "saved"], gradients, rule=plan.rules[0], checked=_count_checked(plan))
    rules = {f"rule_{name}": rule for name, rule in zip(plan.op.inputs, plan.rules, strict=True)}
    gradients = tuple_of([_rule_call(plan, rule, name) for name, rule in rules.items()])
    return _plan_function(plan, "backward", ["g", "saved"], gradients, **rules)


def rule_function(plan: Plan, rule: Rule) -> Callable[..., Any]:
    """The rule of one input as a function (g, saved)."""
    return _plan_function(plan, "rule_of_one_input", ["g", "saved"], _rule_call(plan, rule, "rule"), rule=rule)


def saved_values(plan: Plan, inputs: list[str], y: str, param: str, extra: str) -> list[str]:
    """An expression for each slot of a plan.

    Args:
        plan: whose slots. inputs: an expression for each input's array. y: an expression for the output.
        param: an expression for a parameter, with ``{}`` for its name. extra: one for an extra output, with ``{}`` for its number.
    """
    op, values = plan.op, []
    for slot in plan.slots:
        if op.variadic and slot == op.inputs[0]:
            values.append("tuple(inputs)")
        elif op.variadic and slot == op.inputs[0] + "_shape":
            values.append("tuple([shape_of(x) for x in inputs])")
        elif slot in op.inputs:
            values.append(inputs[op.inputs.index(slot)])
        elif slot in ("y", "y_shape"):
            values.append(y if slot == "y" else f"{y}.shape")
        elif slot in op.parts:
            values.append(f"{y}[{op.parts.index(slot)}]")
        elif slot in op.extras:
            values.append(extra.format(op.extras.index(slot)))
        elif slot.endswith("_shape") and slot[:-6] in op.inputs:
            values.append(f"shape_of({inputs[op.inputs.index(slot[:-6])]})")
        else:
            values.append(param.format(slot))
    return values


def _rule_call(plan: Plan, rule: Rule | None, name: str) -> str:
    """The call of a rule, under this name, as an expression of g and saved."""
    if rule is None:
        return "None"
    arguments = ["g"]
    for asked in plan.op.names(rule):
        if asked == "needs":
            arguments.append(repr(plan.needs))
        elif asked in plan.slots:
            arguments.append(f"saved[{plan.slots.index(asked)}]")
        else:
            arguments.append(f"shape_of(saved[{plan.slots.index(asked[:-6])}])")
    return f"{name}({', '.join(arguments)})"


def _plan_function(plan: Plan, name: str, arguments: list[str], value: str, **names: Any) -> Callable[..., Any]:
    needs = "".join(str(int(need)) for need in plan.needs)
    code = compiled(function_text(name, arguments, [f"return {value}"]), f"{plan.op.name} {needs} {name}")
    return FunctionType(code, {**names, "shape_of": shape_of}, name)


def _count_checked(plan: Plan) -> Callable[..., tuple[Any, ...]]:
    def checked(gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(gradients) != inputs:
            raise TypeError(
                f"the rule of {plan.op.name} returned {len(gradients)} gradients for {inputs} inputs: it must return one for each "
                f"input, None for an input that needs none"
            )
        return gradients

    inputs = len(plan.needs)
    return checked


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an array, or of a number."""
    return getattr(x, "shape", ())


# ------------------------------------------------------------------------------------------------------------------- text


def written_at_first_call(name: str, write: Callable[[FunctionType], None]) -> FunctionType:
    """A function whose code is written when it is first called: of hundreds of ops a program calls a few.

    Args:
        name: the function's name. write: writes the code, the names and the defaults into the function that it gets.
    """

    def first(*args: Any, **kwargs: Any) -> Any:
        write(call)
        return call(*args, **kwargs)

    # NumPy looks for __builtins__ in the globals of its caller when it raises some errors.
    call = FunctionType(_first.__code__, {"first": first, "__builtins__": builtins, "__name__": __name__}, name)
    call.__module__ = None  # type: ignore[assignment]  # pickle then looks for the module that has it
    return call


def _first(*args: Any, **kwargs: Any) -> Any:
    return first(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821  (a global of the function that has this code)


def compiled(text: str, title: str) -> CodeType:
    """The code of the one function in a text. Tracebacks show the text as that of the file ``<title>``."""
    file = join(_FOLDER, f"<{title}>")
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    return next(constant for constant in compile(text, file, "exec").co_consts if isinstance(constant, CodeType))


def function_text(name: str, arguments: Iterable[str], body: Iterable[str]) -> str:
    return "\n".join([f"def {name}({', '.join(arguments)}):", *indented(body)]) + "\n"


def indented(lines: Iterable[str]) -> list[str]:
    return ["    " + line for line in lines]


def tuple_of(items: list[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def _dict_of(names: list[str], *others: str) -> str:
    return f"{{{', '.join([*(f'{name!r}: {name}' for name in names), *others])}}}"


__all__ = [
    "EMPTY", "argument_title", "backward_function", "compiled", "defaults", "function_of_arrays", "function_text", "indented",
    "rule_function", "save_function", "saved_values", "shape_of", "signature", "source", "source_of_arrays", "tuple_of", "write",
    "written_at_first_call",
]  # fmt: skip
