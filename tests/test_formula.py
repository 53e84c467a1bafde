"""Every op's formula says what the op does: a reader of its own (formula_language.py) evaluates it, to compare."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.special

import autograd
import autograd.func
import autograd.functions.inplace
import autograd.ops
import autograd.viz
from autograd.engine.op import REGISTRY, Op
from autograd.errors import ShapeError
from autograd.viz import formula as formulas
from autograd.viz.explain import notes
from autograd.viz.explain.calls import Call as OneCall
from autograd.viz.explain.calls import lettered
from autograd.viz.explain.styles import markup
from tests.formula_language import Call, NotSaidError, read, run

for _module in pkgutil.walk_packages(autograd.ops.__path__, "autograd.ops."):
    importlib.import_module(_module.name)
OPS = list(REGISTRY)

# Formulas that say a thing in words or name another op, and what proves them instead. Everything else is evaluated.
ADJOINT = "a linear op and its adjoint, which name each other: proved by <g, f(x)> = <rule(g), x>"
IN_WORDS = {
    "getitem": ADJOINT, "unindex": ADJOINT, "pad": ADJOINT, "unpad": ADJOINT, "unfold": ADJOINT, "refold": ADJOINT,
    "diagonal": ADJOINT,
    "undiagonal": ADJOINT, "diag_embed": ADJOINT, "shift": ADJOINT, "tile": ADJOINT, "cat": ADJOINT, "stack": ADJOINT,
    "unfold_image": ADJOINT,
    "fold": ADJOINT, "along": ADJOINT, "plane_scatter": ADJOINT, "plane_gather": ADJOINT, "segment_sum": ADJOINT,
    "segment_pick": ADJOINT,
    "segment_unpick": ADJOINT, "write": ADJOINT, "expand": ADJOINT, "fftn": ADJOINT, "ifftn": ADJOINT, "rfftn": ADJOINT,
    "irfftn": ADJOINT,
    "spread": ADJOINT, "masked_scatter": ADJOINT, "scatter": ADJOINT, "view_as_complex": ADJOINT, "permute": ADJOINT,
    "max_pool1d_pick": ADJOINT, "max_pool2d_pick": ADJOINT, "max_pool3d_pick": ADJOINT, "embedding_scatter": ADJOINT,
    "as_strided": ADJOINT, "unstrided": ADJOINT,
    "max_pool1d_unpick": ADJOINT, "max_pool2d_unpick": ADJOINT, "max_pool3d_unpick": ADJOINT, "ungather": ADJOINT,
}  # fmt: skip


def outputs(op: Op) -> list[str]:
    """The values that have formulas: all outputs, but for factors that one equation defines together."""
    together = op.name == "boundary" or ("==" in op.formula.get("y", "") and not re.match(r"y(\[|$)", op.formula["y"]))
    return ["y"] if together else ["y", *[f"y[{k}]" for k in range(1, op.outputs)]]


def wanted(op: Op) -> list[str]:
    """The inputs that have a gradient."""
    return [name for name in op.inputs if op.joint is not None or op.rules.get(name) is not None]


@pytest.mark.parametrize("name", OPS)
def test_every_op_says_its_value_and_every_gradient(name: str) -> None:
    rules = formulas.rules(REGISTRY[name])
    assert list(rules) == [*outputs(REGISTRY[name]), *wanted(REGISTRY[name])]
    for which, rule in rules.items():
        assert rule["text"]
        assert rule["latex"]
        assert rule["math"][0] == "math"
        assert "lambda" not in rule["text"]
        assert "uses" in rule
        assert not which.startswith("y") or "g" not in rule["uses"]
        ET.fromstring(markup(rule["math"]))
        assert balanced(rule["latex"]), rule["latex"]
    assert formulas.text(name).count("\n") >= len(rules) - 1


def balanced(latex: str) -> bool:
    bare = latex.replace("\\{", "").replace("\\}", "")
    return bare.count("{") == bare.count("}") and bare.count(r"\left") == bare.count(r"\right") + bare.count(r"\leftarrow")


def close(a: Any, b: Any) -> None:
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape and a.size == b.size:
        a = a.reshape(b.shape)
    np.testing.assert_allclose(*np.broadcast_arrays(a, b), rtol=2e-8, atol=1e-9)


def proves(op: Op, which: str, formula: Any, call: Call, gradients: dict[str, Any]) -> bool:
    """Compare one formula with one call; False where it does not speak about it."""
    try:
        left, right = run(call, formula, gradients)
    except NotSaidError:
        return False
    if left is not None:
        close(left, right)
    elif which.startswith("y"):
        close(right, call.y if op.outputs == 1 else call.y[0])
    elif op.variadic:
        for value, rule in zip(right, gradients[which], strict=True):
            close(value, rule)
    else:
        value, rule = np.asarray(right), np.asarray(gradients[which])
        if value.size != rule.size and op.elementwise is False and value.ndim >= rule.ndim:  # summed over what was broadcast
            while value.ndim > rule.ndim:
                value = value.sum(axis=0)
            value = value.sum(axis=tuple(i for i, n in enumerate(rule.shape) if n == 1), keepdims=True)
        close(value, rule)
    return True


# Where a formula speaks about some calls only: op, formula, and which calls.
def plain_matrix(call: Call) -> bool:
    return all(v is None or np.ndim(v) == 2 for v in call.inputs) and all(
        np.asarray(v).dtype.kind != "c" for v in call.inputs if v is not None
    )


SPEAKS: dict[str, Any] = {
    "segment_max": ("bags of something", lambda c: c.inputs[0].size),
    "matmul": ("products of matrices; vectors are matrices of one row or column", plain_matrix),
    "cdist": ("two matrices", plain_matrix),
    "linear": ("matrices; more dimensions are more rows", lambda c: c.inputs[0].ndim == 2),
    "solve": ("one system", plain_matrix), "solve_triangular": ("one system", plain_matrix), "inv": ("any", lambda c: c.y.size > 0),
    "cholesky": ("the lower triangle of a real matrix", lambda c: plain_matrix(c) and not c.params["upper"]),
    "lu": ("square matrices", lambda c: plain_matrix(c) and c.inputs[0].shape[0] == c.inputs[0].shape[1]),
    "qr": ("tall real matrices", lambda c: plain_matrix(c) and c.inputs[0].shape[0] >= c.inputs[0].shape[1]),
    "eigh": ("real matrices", plain_matrix), "eig": ("matrices", lambda c: c.inputs[0].ndim == 2),
    "svd": ("full rank and a reduced decomposition of a real matrix",
            lambda c: plain_matrix(c) and c.y[0].shape[1] == c.y[1].shape[0] == c.y[2].shape[0]),
    "pinv": ("one real matrix", lambda c: plain_matrix(c) and c.inputs[0].size), "matrix_exp": ("one matrix",
    lambda c: c.inputs[0].ndim == 2),
    "det": ("one matrix", lambda c: c.inputs[0].ndim == 2), "logdet": ("one matrix",
    lambda c: c.inputs[0].ndim == 2 and np.isfinite(c.y).all()),
    "slogdet": ("one matrix", lambda c: c.inputs[0].ndim == 2), "cofactor": ("matrices with an inverse",
    lambda c: c.inputs[0].size and abs(np.linalg.det(c.inputs[0])).min() > 1e-6),
    "norm": ("a norm with a finite p, which is not 0", lambda c: np.isfinite(c.params["ord"]) and c.params["ord"] != 0),
    "cumprod": ("numbers that are not 0", lambda c: np.all(c.inputs[0] != 0)), "prod": ("numbers that are not 0",
    lambda c: np.all(c.inputs[0] != 0)),
    "recurrence": ("the first dimension, forward", lambda c: c.params["dim"] == 0 and c.y.ndim == 1), "clamp": ("bounds in order",
    lambda c: True),
    "nll_loss": ("a reduced loss", lambda c: c.params["reduction"] != "none"), "cross_entropy": ("a reduced loss",
    lambda c: c.params["reduction"] != "none"),
    "cross_entropy_slope": ("a reduced loss", lambda c: c.params["reduction"] != "none"),
    "scatter_reduce": ("an index of the shape of src", lambda c: np.shape(c.params["index"]) == c.inputs[1].shape),
    "one_hot": ("one row of numbers", lambda c: c.inputs[0].ndim == 1), "median": ("numbers",
    lambda c: not np.isnan(c.inputs[0]).any()),
    "logcumsumexp": ("moderate numbers", lambda c: np.max(np.abs(c.inputs[0]), initial=0) < 700 and c.inputs[0].ndim),
    "logsumexp": ("moderate numbers", lambda c: np.max(np.abs(c.inputs[0]), initial=0) < 700),
    **dict.fromkeys(("flip", "transpose"), ("arrays with dimensions", lambda c: c.inputs[0].ndim)),
    "gather": ("an index with as many dimensions", lambda c: c.inputs[0].ndim == np.ndim(c.params["index"])),
    "logsigmoid": ("moderate numbers", lambda c: True), "scatter_add": ("an index of the shape of src",
    lambda c: np.shape(c.params["index"]) == c.inputs[1].shape),
}  # fmt: skip


@pytest.mark.parametrize("name", [n for n in OPS if n not in IN_WORDS])
@pytest.mark.filterwarnings("ignore")
def test_a_formula_computes_what_the_op_computes(name: str) -> None:
    op = REGISTRY[name]
    found = formulas.formulas(op)
    proved: dict[str, int] = dict.fromkeys(found, 0)
    speaks = SPEAKS.get(name, ("", lambda call: True))[1]
    with np.errstate(all="ignore"):
        for sample in op.samples():
            if sample.raises is not None or sample.kink:
                continue
            try:
                call = Call(op, sample)
            except ShapeError:  # a view that NumPy cannot make of this array
                continue
            if not speaks(call):
                continue
            try:
                gradients = call.rules() if op.differentiable else {}
            except NotImplementedError:
                gradients = {}
            for which, formula in found.items():
                if (which[0] != "y" and which not in gradients) or formula.source != "formula" or unsaid(formula):
                    continue  # what is read from the rule is the rule
                proved[which] += proves(op, which, formula, call, gradients)
    for which, formula in found.items():
        assert proved[which] or formula.source != "formula" or unsaid(formula) or (name, which) in UNPROVED, (
            f"{name}.{which} was never compared"
        )


def unsaid(formula: Any) -> bool:
    """Whether a formula is in words, in a part of it, or says that the gradient is not known."""
    return (
        any(isinstance(v, ast.Constant) and isinstance(v.value, str) for _, v in formula.where)
        or ast.unparse(formula.tree) == "unknown"
    )


UNPROVED: dict[tuple[str, str], str] = {}


@pytest.mark.parametrize("name", sorted(IN_WORDS))
def test_a_linear_op_and_its_rule_are_adjoint(name: str) -> None:
    op = REGISTRY[name]
    assert op.linear or name == "pad"  # which may fill with a number
    compared = 0
    for sample in op.samples():
        if sample.raises is not None:
            continue
        call = Call(op, sample)
        gradients = call.rules()
        parts = list(zip(call.g, call.y, strict=True)) if op.outputs > 1 else [(call.g, call.y)]
        forward = sum(np.sum(g * y).real for g, y in parts)
        backward = 0.0
        for slot, value in zip(op.inputs, call.inputs, strict=True):
            if slot not in gradients:
                continue
            pairs = zip(gradients[slot], value, strict=True) if op.variadic else [(gradients[slot], value)]
            backward += sum(np.sum(np.asarray(g) * np.asarray(v)).real for g, v in pairs)
        if sample.params.get("value"):
            continue
        np.testing.assert_allclose(backward, forward, rtol=1e-9, atol=1e-9)
        compared += 1
    assert compared


READABLE = [n for n in OPS if REGISTRY[n].elementwise and REGISTRY[n].differentiable]


@pytest.mark.parametrize("name", READABLE)
@pytest.mark.filterwarnings("ignore")
def test_the_printed_text_itself_computes_the_rule(name: str) -> None:
    """Plain text, as it is printed, read back as one would type it."""
    op = REGISTRY[name]
    compared, known = 0, set()
    found = formulas.rules(op)
    for sample in op.samples():
        if sample.raises is not None or sample.kink:
            continue
        call = Call(op, sample)
        try:
            gradients = call.rules()
        except NotImplementedError:
            continue
        for which, entry in found.items():
            if (which[0] != "y" and which not in gradients) or "unknown" in entry["text"]:
                continue
            main, *rest = entry["text"].split(", where ")
            right = main.split(" = ", 1)[1]
            names = call.words(call.names(gradients))
            names.update(indicator=lambda c: c, np=np)
            for name_, y, g in zip(formulas.outputs_of(op), call.y, call.g, strict=True) if op.outputs > 1 else ():
                names.update({name_: np.asarray(y, float), f"d_{name_}": g})
            for module in (np, __import__("scipy.special").special):
                for word in re.findall(r"[a-z_0-9]+(?=\()", entry["text"]):
                    if word not in names and hasattr(module, word):
                        names[word] = getattr(module, word)
            special = {"J": "jv", "Y": "yv", "I": "iv", "K": "kv", "T": "eval_chebyt", "U": "eval_chebyu", "P": "eval_legendre",
                       "H": "eval_hermite", "He": "eval_hermitenorm", "C": "eval_gegenbauer", "L": "eval_genlaguerre"}  # fmt: skip
            names.update({f"{letter}_of": names.get(word, getattr(scipy.special, word)) for letter, word in special.items()})
            names.update({"Q": scipy.special.gammaincc, "ζ": scipy.special.zeta, "Ai": names["Ai"], "slope_Ai": names["dAi"]})
            if name.startswith("gammainc"):
                names["P"] = scipy.special.gammainc
            names.update({"max": np.maximum, "min": np.minimum, "psi_n": names["polygamma"],
                          "psi": names["digamma"], "Re": np.real, "Im": np.imag, "i": 1j,
                          "logGamma": __import__("scipy.special").special.gammaln})  # fmt: skip
            if name == "clamp":
                names.update(max=Both(np.maximum, sample, 2), min=Both(np.minimum, sample, 1))
            with np.errstate(all="ignore"):
                for definition in re.split(r", (?=\w+ = )", rest[0]) if rest else []:
                    left, _, value = definition.partition(" = ")
                    if " or " in value:
                        raise_to = value.split(" or ")
                        value = raise_to[1] if call.names(gradients).get(raise_to[0]) is None else raise_to[0]
                        names[read(left)] = -np.inf if value == "−∞" else np.inf if value == "∞" else call.names(gradients)[value]
                        continue
                    names[read(left)] = evaluated(value, names)
                value = evaluated(right, names)
            shown = dict(
                zip(("y", *[f"y[{k}]" for k in range(1, op.outputs)]), call.y if op.outputs > 1 else [call.y], strict=True)
            )
            close(value, shown.get(which, gradients.get(which)))
            known.add(which)
            compared += 1
    assert compared


class Both:
    """A word that is a parameter's name and a function's: ``min``."""

    def __init__(self, function: Any, sample: Any, place: int) -> None:
        self.function = function
        given = [*sample.inputs, None, None]
        self.value = given[place]

    __array_ufunc__ = None

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)

    def __gt__(self, other: Any) -> Any:
        return np.asarray(other) < self.value

    def __lt__(self, other: Any) -> Any:
        return np.asarray(other) > self.value

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self.value, dtype)


def evaluated(text: str, names: dict[str, Any]) -> Any:
    source = read(text)
    tree = ast.parse(source, mode="eval")

    class Choice(ast.NodeTransformer):
        def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
            self.generic_visit(node)
            if "'" in ast.unparse(node.test) or "is_real" in ast.unparse(node.test):
                return node
            return ast.Call(ast.Name("where", ast.Load()), [node.test, node.body, node.orelse], [])

    code = compile(ast.fix_missing_locations(Choice().visit(tree)), f"<{source}>", "eval")
    return eval(code, {"__builtins__": {}}, names)


def test_a_planted_wrong_formula_is_found() -> None:
    op = REGISTRY["mish"]
    call = Call(op, op.samples()[0])
    wrong = formulas.Formula.parse("g * (t + x * s * (1 + t ** 2)); t = tanh(softplus(x)); s = sigmoid(x)")
    with pytest.raises(AssertionError):
        proves(op, "x", wrong, call, call.rules())
    right = formulas.formulas(op)["x"]
    assert proves(op, "x", right, call, call.rules())


def test_an_op_is_found_by_object_name_and_function() -> None:
    assert formulas.text(autograd.tanh) == formulas.text("tanh") == formulas.text(REGISTRY["tanh"])
    assert formulas.text(autograd.tanh).splitlines()[:2] == ["y = tanh(x)", "∂L/∂x = g ⊙ (1 − y²)"]
    with pytest.raises(KeyError, match="no op is called 'tangent'"):
        formulas.text("tangent")
    with pytest.raises(TypeError, match="made of several"):
        formulas.text(len)


def test_a_rule_is_read_from_the_code_that_runs() -> None:
    from autograd.viz.explain.source import expression

    twice = [lambda g, a: g * a, lambda g, b: -g / b]  # two on one line are told apart
    assert [ast.unparse(expression(f)) for f in twice] == ["g * a", "-g / b"]  # type: ignore[arg-type]
    assert expression(eval("lambda g: g * 2")) is None  # no source: nothing is made up


def test_latex_and_mathml() -> None:
    assert formulas.latex("div").splitlines()[2].startswith(r"\frac{\partial L}{\partial a} &= \frac{g}{b}")
    root = ET.fromstring(formulas.mathml("div")[1])
    assert root.tag == "math"
    assert root.find(".//mfrac") is not None


def test_markup_escapes_names() -> None:
    tree = ["math", {"title": '"><script>'}, ["mi", "<script>alert(1)</script>"]]
    made = markup(tree)
    assert "<script>" not in made
    ET.fromstring(made)


# Functions of Python, and its choice, which a formula of mathematics writes otherwise.
PYTHON = re.compile(
    r"\b(?:part|before|after|back|concat|swapaxes|transpose|slice|spread|ungather|gather|unindex|position|sum_to|expand_dims|squeeze|cumprod|"
    r"cumsum|cummax|jv|yv|kve?|ive?|eval_\w+|digamma|expm1?|log1p|erfcx|clip|sum_over)\(| if [^;]* else |==|\*\*|\bnp\.|lambda|None"
)
ENGLISH = re.compile(r"\s*(?:if|else|otherwise|at|elsewhere|last|dims?\b.*|new|or|time|rows|classes|place|broadcast)\s*")


def shown(language: str) -> Iterator[tuple[str, str, str]]:
    """Every equation of every sample's call, as the page shows it: the op, and its text and words."""
    for name in OPS:
        op = REGISTRY[name]
        for sample in op.samples():
            if sample.raises is not None:
                continue
            try:
                judged = Call(op, sample)
            except ShapeError:
                continue
            shapes = (
                [np.shape(v) for v in judged.inputs[0]]
                if op.variadic
                else [None if v is None else np.shape(v) for v in judged.inputs]
            )
            call = OneCall(op, sample.params, shapes, np.shape(judged.y if op.outputs == 1 else judged.y[0]))
            try:
                made = lettered(call, language)
            except (LookupError, TypeError, ValueError):
                continue  # the page shows none
            for which, entry in made.items():
                for text, math in zip(entry["text"], entry["math"], strict=True):
                    yield f"{name}.{which}", text, " | ".join(words_in(math))


def words_in(tree: Any) -> list[str]:
    if isinstance(tree, str):
        return []
    if tree[0] == "mtext":
        return [str(tree[1])]
    return [word for part in tree[1:] if isinstance(part, list) for word in words_in(part)]


@pytest.mark.filterwarnings("ignore")
def test_no_python_stands_in_a_formula_of_the_page() -> None:
    seen = set()
    for name, text, _ in shown("en"):
        assert not PYTHON.search(text), (name, text)
        seen.add(name.split(".")[0])
    assert len(seen) > 200
    assert {"lstm", "gru", "rnn", "transpose", "permute", "cat", "where", "getitem"} <= seen


# What mathematics calls by its name, or writes with a sign.
MATHEMATICS = set(
    """
    Gamma Phi abs absolute add all angle any arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin
    bitwise_and bitwise_or bitwise_xor cbrt ceil clip conj conjugate copysign cos cosh d det divide divided_or_zero
    equal erf erfc erfcx erfinv exp exp2 expand_dims expm expm1 fabs fftn floor floor_divide fmax fmin fmod gcd getitem
    given greater greater_equal heaviside ifftn imag inv inverse invert irfftn is_real isclose isfinite isinf isnan
    isneginf isposinf isreal largest lcm ldexp left_shift less less_equal log log10 log1p log2 logical_and logical_or
    logical_xor logistic matmul max maximum mean median min minimum multiply nan_to_num ndtri negative nextafter not
    not_equal overwritten phi pinv positive prod rank read_back real reciprocal remainder reshape rfftn right_shift rint
    round sigma sigmoid sign signbit sin sinh softmax softplus spacing sqrt square squeeze subtract sum sum_over tan
    tanh trunc where zeros_like
    """.split()  # noqa: SIM905
)


def test_every_other_word_is_explained_in_both_languages() -> None:
    assert notes.NOTES["en"].keys() == notes.NOTES["zh"].keys()
    for op in [op for name, op in REGISTRY.items() if name != "boundary"]:  # a module's hooks are Python of the user's
        for which, found in formulas.formulas(op).items():
            words = {word for tree in (found.tree, *[value for _, value in found.where]) for word in notes.words_in(tree)}
            if found.source == "name":
                continue
            assert words - MATHEMATICS <= notes.NOTES["en"].keys(), (op.name, which)
    text = formulas.text("max_dim")
    assert "place: the number of an element along the dimension" in text
    zh = lettered(OneCall(REGISTRY["sum"], {"dim": 1}, [(2, 3)], (2,)), "zh")["x"]
    assert zh["notes"] == [["𝟏", "沿被归约的维度全为 1：与它相乘的量沿这些维度复制"]]


@pytest.mark.filterwarnings("ignore")
def test_the_words_of_a_formula_are_those_of_the_page() -> None:
    spoken = set()
    for name, text, words in shown("zh"):
        assert not any(map(ENGLISH.fullmatch, words.split(" | "))), (name, words)
        spoken |= {word for word in ("若", "否则", "末维", "维 0") if word in words and word in text}
    assert spoken == {"若", "否则", "末维", "维 0"}


@pytest.mark.parametrize(("op", "which", "said"), [
    ("gru", "y", "y = (1 − z) ⊙ n + z ⊙ y_{t−1}, where a = y_{t−1} wᵀ + b, r = σ(x_r + a_r), z = σ(x_z + a_z), "),
    ("lstm", "c0", "dc = dh ⊙ o ⊙ (1 − s²) + ∂L/∂c + (f ⊙ dc)_{t+1}"),
    ("lstm", "y", "h = o ⊙ tanh(c), where a = x + h_{t−1} wᵀ"), ("lstm", "y[1]", "c = f ⊙ c_{t−1} + i ⊙ u"),
    ("transpose", "y", "y = x^T(dim0, dim1)"),
    ("rnn", "x", "∂L/∂x = (g + (∂L/∂x w)_{t+1}) ⊙ slope"),
])  # fmt: skip
def test_time_and_gates_are_indices(op: str, which: str, said: str) -> None:
    assert said in formulas.rules(op)[which]["text"]
