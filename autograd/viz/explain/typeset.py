"""From an expression to a formula: what is a product of numbers, what one of arrays, what needs brackets, what is a fraction.

The language is Python's: names, numbers, ``+ - * / ** @``, comparisons, ``a if c else b``, indices, ``.T``, and functions, among
them

    sum(x, dim), mean(x, dim)   over a dimension, which stays with length 1
    sigma((i, k), term)         a sum over indices; a comparison among its factors is written under the sign
    d(x)                        the gradient dL/dx
    where(c, a, b)              cases
    y[n, i] == term             an equation for every index
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from .places import Places, copies, uncopied
from .source import names_in
from .special import NAMED, WRITTEN_OUT

ADD, MUL, SIGN, POW, ATOM = 1, 2, 3, 4, 5  # how tightly a thing holds together

_CONSTANTS = {"pi": "π", "inf": "∞", "nan": "nan"}
_COMPARE = {
    ast.Eq: "=", ast.NotEq: "≠", ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥", ast.Is: "=", ast.IsNot: "≠", ast.In: "in",
}  # fmt: skip
_COMPARISONS = {
    "equal": ast.Eq, "not_equal": ast.NotEq, "less": ast.Lt, "less_equal": ast.LtE, "greater": ast.Gt, "greater_equal": ast.GtE,
}  # fmt: skip
_BOOLEAN = {"isnan", "isfinite", "isinf", "signbit", *_COMPARISONS}
_BINARY = {
    "add": ast.Add, "subtract": ast.Sub, "multiply": ast.Mult, "true_divide": ast.Div, "divide": ast.Div, "matmul": ast.MatMult,
    "divided_or_zero": ast.Div,
    "power": ast.Pow, "float_power": ast.Pow, "floor_divide": ast.FloorDiv, "remainder": ast.Mod, "logical_and": ast.BitAnd,
    "logical_or": ast.BitOr, "bitwise_and": ast.BitAnd, "bitwise_or": ast.BitOr,
}  # fmt: skip
# What a function of NumPy, or of a module with ops, is called in a formula.
_RENAMED = {
    "logistic": "sigma", "sigmoid": "sigma", "maximum": "max", "minimum": "min", "amax": "max", "amin": "min", "conjugate": "conj",
    "lgamma": "logGamma",
    "polygamma": "psi_n", "concatenate": "concat", "real": "Re", "imag": "Im", "swapaxes": "swapaxes", "ndtr": "Phi",
}  # fmt: skip
_NUMBERS = {"count", "det", "tr"}  # functions of arrays that give a number
_QUIET = {"keepdim", "keepdims", "shape", "dtype"}  # parameters that only say in which shape a result comes


class Typesetter(Places):
    """Writes expressions in one style.

    Args:
        style: of formula_styles. scalars: names that are numbers and not arrays. shown: names to write otherwise, each as the
        arguments of ``style.symbol``. numbers: all names are numbers, so that no product needs a sign. gates: the letters of the
        equal parts of a last dimension, in order. outputs: what y[0], y[1], ... are called.
    """

    def __init__(self, style: Any, scalars: set[str] | frozenset[str] = frozenset(), shown: dict[str, tuple[str,
    ...]] | None = None,
                 numbers: bool = False, gates: Sequence[str] = (), outputs: Sequence[str] = ()) -> None:  # fmt: skip
        self.style = style
        self.scalars = scalars
        self.shown = shown or {}
        self.numbers = numbers
        self.gates = gates
        self.outputs = outputs

    # ------------------------------------------------------------------------------------------------------------- entry
    def write(self, tree: ast.expr) -> Any:
        """An expression."""
        return self.at(tree, 0)

    def equation(self, left: Any, right: ast.expr) -> Any:
        """``left = right``; left is written already."""
        if isinstance(right, ast.Call) and _function(right) == "back":  # a recurrence from the last time to the first
            later = self.style.infix("⊙", [self.at(right.args[0], POW), left])
            terms = [(False, self.at(right.args[1], ADD)), (False, self.style.timed(self.style.bracket(later), "t+1"))]
            return self.style.infix("=", [left, self.style.signed(terms)])
        return self.style.infix("=", [left, self.style.indicator(self.write(right)) if _is_boolean(right) else self.write(right)])

    def at(self, tree: ast.expr, level: int) -> Any:
        """An expression where something of at least this level is needed: in brackets, if it holds together less."""
        made, own = self.expr(tree)
        return made if own >= level else self.style.bracket(made)

    def expr(self, tree: ast.expr) -> tuple[Any, int]:
        found = getattr(self, "on_" + type(tree).__name__.lower(), None)
        if found is None:
            return self.style.literal(ast.unparse(tree)), ATOM
        made: tuple[Any, int] = found(tree)
        return made

    # ------------------------------------------------------------------------------------------------------------- atoms
    def on_name(self, tree: ast.Name) -> tuple[Any, int]:
        return self.name(tree.id), ATOM

    def name(self, name: str) -> Any:
        if name in _CONSTANTS and name not in self.shown:
            return self.style.number(_CONSTANTS[name])
        if name in self.shown:
            kind, *given = self.shown[name]
            if kind.startswith("∂"):
                return self.style.gradient(self.style.symbol(*given), kind[1:])
            if kind == "'":  # the derivative of an activation at a place
                return self.style.call(given[0] + "'", [self.style.symbol(*given[1:])])
            return self.style.symbol(kind, *given)
        if name.endswith("_shape"):
            return self.style.call("shape", [self.name(name[:-6])])
        return self.style.symbol(name.lstrip("_"))

    def on_constant(self, tree: ast.Constant) -> tuple[Any, int]:
        value = tree.value
        if value is Ellipsis:
            return self.style.literal("…"), ATOM
        if isinstance(value, bool) or value is None or isinstance(value, str):
            return self.style.literal(str(value)), ATOM
        if isinstance(value, complex):
            return (
                self.style.number("i")
                if value == 1j
                else self.style.row(self.style.number(f"{value.imag:g}"), self.style.number("i"))
            ), ATOM
        text = _CONSTANTS.get(repr(value), repr(value))
        if "e" in text:
            mantissa, exponent = text.split("e")
            ten = self.style.power(self.style.number("10"), self.style.number(str(int(exponent))), str(int(exponent)))
            return (ten, POW) if mantissa == "1" else (self.style.infix("·", [self.style.number(mantissa), ten]), MUL)
        return self.style.number(text), ATOM

    def on_tuple(self, tree: ast.Tuple) -> tuple[Any, int]:
        return self.style.listed([self.write(e) for e in tree.elts]), 0

    def on_list(self, tree: ast.List) -> tuple[Any, int]:
        return self.style.indicator(self.style.listed([self.write(e) for e in tree.elts])), ATOM

    def on_starred(self, tree: ast.Starred) -> tuple[Any, int]:
        return self.style.row(self.write(tree.value), self.style.literal("…")), ATOM

    def on_attribute(self, tree: ast.Attribute) -> tuple[Any, int]:
        mark = {"T": "T", "mT": "T", "H": "H", "mH": "H"}.get(tree.attr)
        if mark:
            if isinstance(tree.value, ast.Call) and _function(tree.value) == "inv":
                return self.style.transposed(self.at(tree.value.args[0], ATOM), "-T"), ATOM
            return self.style.transposed(self.at(tree.value, ATOM), mark), ATOM
        if isinstance(tree.value, ast.Name) and tree.value.id in ("np", "math"):
            return self.on_name(ast.Name(tree.attr))
        return self.call(tree.attr, [self.write(tree.value)]), ATOM

    def output(self, tree: ast.expr) -> tuple[str, str] | None:
        """("y" or "g", name of the output) for ``y[k]`` and ``g[k]`` of an op whose outputs have names."""
        if isinstance(tree, ast.Subscript) and isinstance(tree.value, ast.Name) and tree.value.id in ("y", "g"):
            k = tree.slice.value if isinstance(tree.slice, ast.Constant) else None
            if isinstance(k, int) and k < len(self.outputs):
                return tree.value.id, self.outputs[k]
        return None

    def on_subscript(self, tree: ast.Subscript) -> tuple[Any, int]:
        found = self.output(tree)
        if found is not None:
            which, name = found
            return (self.name(name) if which == "y" else self.style.gradient(self.name(name))), ATOM
        items = tree.slice.elts if isinstance(tree.slice, ast.Tuple) else [tree.slice]
        if any(_constant(i, None) for i in items) and all(_constant(i, None) or _constant(i, ...) or _whole(i) for i in items):
            return self.expr(tree.value)  # only broadcast
        time = _time(items)
        if time:
            return self.timed(tree.value, time), ATOM
        indices, value = [self.place(i) for i in items], tree.value
        if isinstance(value, ast.Call) and _function(value) == "d":
            return self.style.gradient(self.style.indexed(self.write(value.args[0]), indices)), ATOM
        if isinstance(value, ast.Name) and self.shown.get(value.id, " ")[0].startswith("∂"):
            kind, *given = self.shown[value.id]
            return self.style.gradient(self.style.indexed(self.style.symbol(*given), indices), kind[1:]), ATOM
        return self.style.indexed(self.at(value, ATOM), indices), ATOM

    def timed(self, tree: ast.expr, time: str) -> Any:
        """A value at a time: h_t, and ∂L/∂h_t for its gradient."""
        if isinstance(tree, ast.Name) and self.shown.get(tree.id, " ")[0].startswith("∂"):
            kind, *given = self.shown[tree.id]
            return self.style.gradient(self.style.timed(self.style.symbol(*given), time), kind[1:])
        return self.style.timed(self.at(tree, ATOM), time)

    def on_slice(self, tree: ast.Slice) -> tuple[Any, int]:
        parts = [self.write(p) if p is not None else self.style.row() for p in (tree.lower, tree.upper)]
        return self.style.row(parts[0], self.style.literal(":"), parts[1]), ATOM

    # --------------------------------------------------------------------------------------------------------- arithmetic
    def on_unaryop(self, tree: ast.UnaryOp) -> tuple[Any, int]:
        if isinstance(tree.op, ast.Not | ast.Invert):
            return self.style.negated(self.at(tree.operand, ATOM)), SIGN
        if isinstance(tree.op, ast.UAdd):
            return self.expr(tree.operand)
        return self.sum(tree)

    def on_binop(self, tree: ast.BinOp) -> tuple[Any, int]:
        op = type(tree.op)
        if op in (ast.Add, ast.Sub):
            return self.sum(tree)
        if op in (ast.Mult, ast.Div):
            minus, made, level = self.product(tree)
            return (self.style.signed([(True, made)]), ADD) if minus else (made, level)
        if op is ast.MatMult:
            chain = _chain(tree, ast.MatMult)
            if isinstance(chain[0], ast.UnaryOp) and isinstance(chain[0].op, ast.USub):
                rest = chain[0].operand
                for factor in chain[1:]:
                    rest = ast.BinOp(rest, ast.MatMult(), factor)
                return self.sum(ast.UnaryOp(ast.USub(), rest))
            if len(chain) == 2 and not self.style.flat and isinstance(chain[0], ast.BinOp) and isinstance(chain[0].op, ast.MatMult):
                chain = [*_chain(chain[0], ast.MatMult), chain[1]]
            return self.style.infix(" ", [self.at(c, POW) for c in chain]), MUL
        if op is ast.Pow:
            return self.power(tree.left, tree.right)
        if op in (ast.BitAnd, ast.BitOr):
            sign = "∧" if op is ast.BitAnd else "∨"
            return self.style.infix(sign, [self.at(c, MUL) for c in _chain(tree, op)]), ADD
        sign = {ast.FloorDiv: "//", ast.Mod: "%", ast.LShift: "≪", ast.RShift: "≫", ast.BitXor: "⊕"}[op]
        return self.style.infix(sign, [self.at(tree.left, POW), self.at(tree.right, POW)]), MUL

    def sum(self, tree: ast.expr) -> tuple[Any, int]:
        """Terms with their signs."""
        terms: list[tuple[bool, Any]] = []

        def collect(t: ast.expr, minus: bool) -> None:
            if isinstance(t, ast.Call) and _function(t) in ("add", "subtract", "negative"):
                t = _as_operator(t)
            if isinstance(t, ast.BinOp) and isinstance(t.op, ast.Add | ast.Sub):
                collect(t.left, minus)
                collect(t.right, minus != isinstance(t.op, ast.Sub))
            elif isinstance(t, ast.UnaryOp) and isinstance(t.op, ast.USub) and not _is_boolean(t.operand):
                collect(t.operand, not minus)
            elif _is_product(t):
                flipped, made, level = self.product(t)
                terms.append((minus != flipped, made if level >= MUL else self.style.bracket(made)))
            else:
                terms.append((minus, self.style.indicator(self.write(t)) if _is_boolean(t) else self.at(t, MUL)))

        collect(tree, False)
        first_positive = sorted(terms, key=lambda term: term[0]) if len(terms) == 2 and terms[0][0] and not terms[1][0] else terms
        made = self.style.signed(first_positive)
        return made, ADD

    def product(self, tree: ast.expr) -> tuple[bool, Any, int]:
        """Whether it is negative; its factors, numbers first, equal ones as powers, as a fraction; how tight it holds."""
        minus = False
        sides: tuple[list[ast.expr], list[ast.expr]] = ([], [])

        def collect(t: ast.expr, below: bool) -> None:
            nonlocal minus
            name = _function(t) if isinstance(t, ast.Call) else None
            if isinstance(t, ast.Call) and name == "spread":
                t = copies(t.args, {k.arg: k.value for k in t.keywords if k.arg})
            if isinstance(t, ast.Call) and (name == "negative" or _BINARY.get(name or "") in (ast.Mult, ast.Div)):
                t = _as_operator(t)
            if isinstance(t, ast.BinOp) and isinstance(t.op, ast.Mult | ast.Div):
                collect(t.left, below)
                collect(t.right, below != isinstance(t.op, ast.Div))
            elif isinstance(t, ast.UnaryOp) and isinstance(t.op, ast.USub):
                minus = not minus
                collect(t.operand, below)
            elif isinstance(t, ast.Constant) and isinstance(t.value, int | float) and t.value < 0:
                minus = not minus
                sides[below].append(ast.Constant(-t.value))
            elif isinstance(t, ast.Constant) and t.value == 1 and type(t.value) is int:
                pass
            elif isinstance(t, ast.Call) and name == "reciprocal":
                collect(t.args[0], not below)
            elif isinstance(t, ast.Call) and name == "square":
                sides[below].extend([t.args[0], t.args[0]])
            else:
                sides[below].append(t)

        collect(tree, False)
        above, above_level = self.factors(sides[0])
        if not sides[1]:
            return minus, above, above_level
        divisor, divisor_level = self.factors(sides[1])
        if self.style.flat:
            if above_level < MUL:
                above = self.style.bracket(above)
            if divisor_level < POW:
                divisor = self.style.bracket(divisor)
        return minus, self.style.fraction(above, divisor), MUL

    def factors(self, factors: list[ast.expr]) -> tuple[Any, int]:
        if not factors:
            return self.style.number("1"), ATOM
        rank = {True: lambda f: 0 if isinstance(f, ast.Constant) else 1, False: lambda f: 2}
        ordered = sorted(factors, key=lambda f: rank[self.is_scalar(f)](f))
        counted: dict[str, list[Any]] = {}
        for f in ordered:
            counted.setdefault(ast.dump(f), [f, 0])[1] += 1
        if len(counted) == 1:
            ((f, times),) = counted.values()
            if times == 1:
                return (self.style.indicator(self.write(f)), ATOM) if _is_boolean(f) else self.expr(f)
        parts: list[Any] = []
        signs: list[str] = []
        scalar = False
        for f, times in counted.values():
            if _is_boolean(f):
                part = self.style.indicator(self.write(f))
            elif times > 1:
                part = self.style.power(self.base(f), self.style.number(str(times)), str(times))
            else:
                # A sum over something would swallow what follows it.
                part = self.at(f, POW if not _is_total(f) else 99)
            if parts:
                signs.append("·" if scalar or self.numbers else "⊙")
            scalar = self.is_scalar(f)
            parts.append(part)
        if len(parts) == 1:
            return parts[0], POW
        made = parts[0]
        groups: list[Any] = [parts[0]]
        for sign, part in zip(signs, parts[1:], strict=True):
            if sign == "·":
                groups[-1] = self.style.infix("·", [groups[-1], part])
            else:
                groups.append(part)
        made = self.style.infix("⊙", groups) if len(groups) > 1 else groups[0]
        return made, MUL

    def base(self, tree: ast.expr) -> Any:
        """What is raised to a power: in brackets, if it has something raised already."""
        made = self.at(tree, ATOM)
        return self.style.bracket(made) if isinstance(tree, ast.Name) and any(self.shown.get(tree.id, ())[1:2]) else made

    def power(self, base: ast.expr, exponent: ast.expr) -> tuple[Any, int]:
        if isinstance(exponent, ast.Constant) and exponent.value == 0.5:
            return self.style.root(self.write(base)), ATOM
        plain = None
        if isinstance(exponent, ast.Constant) and isinstance(exponent.value, int):
            plain = str(exponent.value)
        elif (
            isinstance(exponent, ast.UnaryOp)
            and isinstance(exponent.operand, ast.Constant)
            and isinstance(exponent.operand.value, int)
        ):
            plain = f"-{exponent.operand.value}"
        raised = self.at(exponent, ATOM) if self.style.flat else self.write(exponent)
        return self.style.power(self.base(base), raised, plain), POW

    def is_scalar(self, tree: ast.expr) -> bool:
        if isinstance(tree, ast.Call) and _function(tree) in _NUMBERS:
            return True
        if isinstance(tree, ast.Call) and _function(tree) == "ones_along":
            return False
        if self.numbers:
            return isinstance(tree, ast.Constant)
        return not _is_boolean(tree) and all(n in self.scalars or n in _CONSTANTS or n in ("np", "math") for n in names_in(tree))

    # -------------------------------------------------------------------------------------------------- truth and choice
    def on_compare(self, tree: ast.Compare) -> tuple[Any, int]:
        made = self.at(uncopied(tree.left), ADD)
        for op, right in zip(tree.ops, map(uncopied, tree.comparators), strict=True):
            quoted = repr(right.value) if isinstance(right, ast.Constant) and isinstance(right.value, str) else ""
            made = self.style.infix(_COMPARE[type(op)], [made, self.style.literal(quoted) if quoted else self.at(right, ADD)])
        return made, 0.5  # type: ignore[return-value]

    def on_boolop(self, tree: ast.BoolOp) -> tuple[Any, int]:
        return self.style.infix("∧" if isinstance(tree.op, ast.And) else "∨", [self.at(v, MUL) for v in tree.values]), ADD

    def on_ifexp(self, tree: ast.IfExp) -> tuple[Any, int]:
        cases, rest = [], tree
        while isinstance(rest, ast.IfExp):
            cases.append((self.at(rest.body, ADD), self.write(rest.test)))
            rest = _as_choice(rest.orelse)  # type: ignore[assignment]
        return self.style.cases(cases, self.at(rest, ADD)), ATOM

    # ------------------------------------------------------------------------------------------------------------ functions
    def call(self, name: str, arguments: list[Any], lower: Any = None) -> Any:
        name = _RENAMED.get(name, name).strip("_")
        return self.style.call(name, arguments, lower)

    def on_call(self, tree: ast.Call) -> tuple[Any, int]:
        name = _function(tree)
        args, keywords = list(tree.args), {k.arg: k.value for k in tree.keywords if k.arg is not None}
        if isinstance(tree.func, ast.Attribute) and not (
            isinstance(tree.func.value, ast.Name) and tree.func.value.id in ("np", "math")
        ):
            value = tree.func.value
            if not (isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and value.value.id == "np"):
                args.insert(0, value)  # x.sum() is sum(x)
        if name in _BINARY or name in _COMPARISONS or name in ("where", "negative"):
            return self.expr(_as_operator(tree))
        if name in NAMED:
            return self.named(NAMED[name][0], args, NAMED[name][1])
        if name in WRITTEN_OUT:
            return self.expr(WRITTEN_OUT[name](*args))
        special = getattr(self, "call_" + name, None)
        if special is not None:
            made: tuple[Any, int] = special(args, keywords)
            return made
        return self.call(name, self.arguments(args, keywords)), ATOM

    def arguments(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> list[Any]:
        shown = [self.at(a, 0.1) if not isinstance(a, ast.Tuple) else self.style.bracket(self.write(a)) for a in args]  # type: ignore[arg-type]
        for key, value in keywords.items():
            if key in _QUIET:
                continue
            if key in ("dim", "dims") and not isinstance(value, ast.Name):
                shown.append(self.dimensions(value))
                continue
            made = self.style.bracket(self.write(value)) if isinstance(value, ast.Tuple) else self.write(value)
            shown.append(made if isinstance(value, ast.Name) and value.id == key else self.style.keyword(key, made))
        return shown

    def call_mean(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.reduced("mean", args, keywords)

    def reduced(self, sign: str, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        dim = args[1] if len(args) > 1 else keywords.get("axis", keywords.get("dim"))
        below = None if dim is None or _constant(dim, None) else self.dimensions(dim)
        return self.over(sign, args[0], below)

    def dimensions(self, dim: ast.expr) -> Any:
        """Dimensions under a sign: ``last``, ``dim 0``, ``dims 0, 1``, or the parameter's name."""
        numbers = ast.unparse(dim).strip("()").rstrip(",")
        if numbers == "-1":
            return self.style.literal("last")
        if numbers in ("rows", "time", "classes"):
            return self.style.literal(numbers)
        if not numbers.replace(",", "").replace(" ", "").replace("-", "").isdigit():
            return self.write(dim)
        return self.style.literal(f"dim{'s' * (',' in numbers)} {numbers.replace('-', '−')}")

    def place(self, tree: ast.expr) -> Any:
        """One part of an index: -1 is the last place, None a new dimension."""
        if _constant(tree, None):
            return self.style.literal("new")
        if ast.unparse(tree) == "-1":
            return self.style.literal("last")
        return Typesetter(self.style, self.scalars, self.shown, numbers=True).write(tree)

    def over(self, sign: str, tree: ast.expr, below: Any) -> tuple[Any, int]:
        large = sign in ("Σ", "Π")
        body = self.at(tree, MUL if large and not self.style.flat else 0)
        return self.style.total(sign, body, below), ATOM if self.style.flat or not large else MUL

    def call_prod(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.reduced("Π", args, keywords)

    call_sum_over = call_sum = lambda self, args, keywords: self.reduced("Σ", args, keywords)

    def call_expand_dims(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.call("reshape", [self.at(args[0], 0.1)]), ATOM  # type: ignore[arg-type]

    call_squeeze = call_expand_dims

    def named(self, name: str, args: list[ast.expr], orders: int) -> tuple[Any, int]:
        """A special function under its mathematical name, the first arguments as its order below it."""
        lower = self.style.listed([self.write(a) for a in args[:orders]]) if orders else None
        return self.style.call(name, [self.at(a, 0.1) for a in args[orders:]], lower), ATOM  # type: ignore[arg-type]

    def call_reshape(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        if len(args) == 2 and isinstance(args[1], ast.Tuple):
            shape = self.style.literal(" × ".join(ast.unparse(e).replace("-", "−") for e in args[1].elts) or "scalar")
            return self.call("reshape", [self.at(args[0], 0.1), shape]), ATOM  # type: ignore[arg-type]
        return self.call("reshape", self.arguments(args, keywords)), ATOM

    def call_sigma(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        if len(args) == 1:
            return self.style.call("sigma", [self.write(args[0])]), ATOM
        inner = Typesetter(self.style, self.scalars, self.shown, numbers=True)
        indices = args[0].elts if isinstance(args[0], ast.Tuple) else [args[0]]
        factors = _chain(args[1], ast.Mult)
        conditions = [inner.write(f) for f in factors if _is_boolean(f)]
        rest = [f for f in factors if not _is_boolean(f)]
        below = self.style.listed([inner.write(i) for i in indices])
        body, level = inner.factors(rest)
        if level < MUL and not self.style.flat:
            body = self.style.bracket(body)
        return self.style.total(
            "Σ", body, below, self.style.listed(conditions) if conditions else None
        ), ATOM if self.style.flat else MUL

    def call_sum_t(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        body = self.at(args[0], MUL if not self.style.flat else 0)
        return self.style.total("Σ", body, self.style.symbol("t")), ATOM if self.style.flat else MUL

    def call_part(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        if len(args) == 2 and isinstance(args[1], ast.Constant) and isinstance(args[1].value, str):
            return self.style.call("part", [self.write(args[0])], self.style.symbol(args[1].value)), ATOM
        number = int(ast.unparse(args[1]))
        gate = self.gates[number] if number < len(self.gates) else str(number + 1)
        if isinstance(args[0], ast.Call) and _function(args[0]) == "d":
            return self.style.gradient(self.style.timed(self.at(args[0].args[0], ATOM), gate)), ATOM
        return self.style.timed(self.at(args[0], ATOM), gate), ATOM

    def call_before(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.timed(args[1], "t−1"), ATOM

    def call_after(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.timed(args[0], "t+1"), ATOM

    def call_swapaxes(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.rearranged(args[0], self.style.listed([self.place(d) for d in args[1:]]))

    def call_transpose(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        order = args[1:] if len(args) > 2 else args[1].elts if isinstance(args[1], ast.Tuple) else [args[1]]
        return self.rearranged(args[0], self.style.listed([self.place(d) for d in order]))

    def rearranged(self, tree: ast.expr, order: Any) -> tuple[Any, int]:
        """A transposition: the array with T and, in brackets, the dimensions that change places, or their new order."""
        return self.style.power(self.at(tree, ATOM), self.style.call("T", [order]), None), POW

    def call_concat(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        if len(args) > 1 and not any(isinstance(a, ast.Tuple | ast.Constant | ast.UnaryOp) for a in args):
            return self.call("concat", [self.write(a) for a in args]), ATOM
        if isinstance(args[0], ast.Tuple):  # side by side
            return self.on_list(ast.List(args[0].elts))
        return self.style.total("concat", self.write(args[0]), self.dimensions(args[1])), ATOM

    def call_largest(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        inner = Typesetter(self.style, self.scalars, self.shown, numbers=True)
        return self.style.total("max", inner.write(args[1]), inner.write(args[0])), ATOM

    def call_max(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.reduced("max", args, keywords)

    def call_min(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.reduced("min", args, keywords)

    def call_given(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.style.row(self.write(args[0]), self.style.literal(" or "), self.write(args[1])), 0

    def call_zeros_like(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.style.number("0"), ATOM

    def call_ones_like(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.style.number("1"), ATOM

    def call_d(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.style.gradient(self.write(args[0])), ATOM

    def call_sqrt(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.style.root(self.write(args[0])), ATOM

    def call_square(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.power(args[0], ast.Constant(2))

    def call_reciprocal(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.expr(ast.BinOp(ast.Constant(1), ast.Div(), args[0]))

    def call_abs(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.style.absolute(self.write(args[0])), ATOM

    call_absolute = call_fabs = call_abs

    def call_exp(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        if self.style.flat:
            return self.style.call("exp", [self.write(args[0])]), ATOM
        return self.style.power(self.style.symbol("e"), self.write(args[0]), None), POW

    def call_exp2(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.power(ast.Constant(2), args[0])

    def call_positive(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.expr(args[0])

    def call_inv(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        if isinstance(args[0], ast.Attribute) and args[0].attr in ("T", "mT"):
            return self.style.transposed(self.at(args[0].value, ATOM), "-T"), ATOM
        return self.style.transposed(self.at(args[0], ATOM), "-1"), ATOM

    def call_conj(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        if self.style.flat:
            return self.style.call("conj", [self.write(args[0])]), ATOM
        return self.style.transposed(self.at(args[0], ATOM), "*"), ATOM

    call_conjugate = call_conj


# ---------------------------------------------------------------------------------------------------------------- small parts


def _function(tree: ast.Call) -> str:
    return tree.func.attr if isinstance(tree.func, ast.Attribute) else tree.func.id if isinstance(tree.func, ast.Name) else ""


def _as_operator(tree: ast.Call) -> ast.expr:
    """np.add(a, b) as a + b, np.equal(a, b) as a == b, np.where(c, a, b) as a if c else b."""
    name = _function(tree)
    if name in _BINARY:
        return ast.BinOp(tree.args[0], _BINARY[name](), tree.args[1])
    if name in _COMPARISONS:
        return ast.Compare(tree.args[0], [_COMPARISONS[name]()], [tree.args[1]])
    if name == "negative":
        return ast.UnaryOp(ast.USub(), tree.args[0])
    return ast.IfExp(tree.args[0], tree.args[1], tree.args[2])


def _as_choice(tree: ast.expr) -> ast.expr:
    return _as_operator(tree) if isinstance(tree, ast.Call) and _function(tree) == "where" else tree


def _chain(tree: ast.expr, op: type[ast.operator]) -> list[ast.expr]:
    """The operands of a chain of one operator that groups to the left."""
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, op):
        return [*_chain(tree.left, op), *([tree.right] if op is ast.MatMult else _chain(tree.right, op))]
    return [tree]


def _time(items: list[ast.expr]) -> str:
    """``t``, ``t−1``, ``t+1``, and ``1`` for the first step, where an index is a time; else ""."""
    text = ast.unparse(items[0]).replace(" ", "").replace("-", "−") if len(items) == 1 else ""
    return {"first": "1"}.get(text, text if text in ("t", "t−1", "t+1") else "")


def _constant(tree: ast.expr, value: Any) -> bool:
    return isinstance(tree, ast.Constant) and tree.value is value


def _whole(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Slice) and tree.lower is tree.upper is tree.step is None


def _is_boolean(tree: ast.expr) -> bool:
    if isinstance(tree, ast.Call):
        return _function(tree) in _BOOLEAN
    if isinstance(tree, ast.BinOp):
        return isinstance(tree.op, ast.BitAnd | ast.BitOr)
    return isinstance(tree, ast.Compare | ast.BoolOp) or (
        isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not | ast.Invert)
    )


def _is_product(tree: ast.expr) -> bool:
    if isinstance(tree, ast.Call):
        return _BINARY.get(_function(tree)) in (ast.Mult, ast.Div) or _function(tree) in ("reciprocal", "spread")
    return isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult | ast.Div)


def _is_total(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Call) and _function(tree) in ("sum", "sigma") and len(tree.args) + len(tree.keywords) > 1
