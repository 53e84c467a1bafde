"""Wrong rules, made of right ones: signs flipped, scaled by 1.001, terms dropped from sums. Used to test the certificate.

A sum is found in the rule's source, so a term is dropped where a careless author would have forgotten it.
"""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from autograd.engine.codegen import function_of_arrays
from autograd.engine.op import Op

Rule = Callable[..., Any]


@cache
def _tree(file: str) -> ast.Module:
    with open(file, encoding="utf-8") as f:
        return ast.parse(f.read())


def _node(rule: Any) -> ast.AST | None:
    """The rule's own node in the tree of its file; several lambdas on a line are told apart by their columns."""
    code = rule.__code__
    spots = [(a, c) for a, _, c, _ in code.co_positions() if a is not None and c is not None and (a, c) != (code.co_firstlineno, 0)]
    best = None
    for node in ast.walk(_tree(inspect.getsourcefile(rule) or code.co_filename)):
        if (
            isinstance(node, ast.FunctionDef)
            and node.name == code.co_name
            and node.lineno <= code.co_firstlineno <= (node.end_lineno or 0)
        ):
            return node
        if isinstance(node, ast.Lambda) and node.lineno == code.co_firstlineno:
            names = tuple(a.arg for a in node.args.args)
            start, end = (node.body.lineno, node.body.col_offset), (node.body.end_lineno or 0, node.body.end_col_offset or 0)
            if names == code.co_varnames[: code.co_argcount] and all(start <= s <= end for s in spots):
                best = node
    return best


def _compiled(rule: Any, node: ast.AST) -> Rule:
    """A function of the changed node, in the module and the closure of the rule."""
    free = rule.__code__.co_freevars
    made: ast.stmt
    if isinstance(node, ast.FunctionDef):
        node.decorator_list = []
        made, result = node, node.name
    else:
        assert isinstance(node, ast.Lambda)
        made, result = ast.Assign([ast.Name("_mutant", ast.Store())], node), "_mutant"
    arguments = ast.arguments(posonlyargs=[], args=[ast.arg(n) for n in free], kwonlyargs=[], kw_defaults=[], defaults=[])
    outer = ast.FunctionDef("_outer", arguments, [made, ast.Return(ast.Name(result, ast.Load()))], [], None, type_params=[])
    module = ast.fix_missing_locations(ast.Module([outer], []))
    space: dict[str, Any] = {}
    exec(compile(module, "<mutant>", "exec"), rule.__globals__, space)
    values = [cell.cell_contents for cell in rule.__closure__ or ()]
    return space["_outer"](*values)  # type: ignore[no-any-return]


class _Drop(ast.NodeTransformer):
    """Drops one side of one sum."""

    def __init__(self, target: ast.BinOp, left: bool) -> None:
        self.target = target
        self.left = left

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if node is not self.target:
            return self.generic_visit(node)
        if self.left:
            return node.left
        return node.right if isinstance(node.op, ast.Add) else ast.UnaryOp(ast.USub(), node.right)


def dropped(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """The rule without one term of each of its sums."""
    node = _node(rule)
    if node is None:
        return
    count = len(_sums(node))
    for i in range(count):
        for left in (True, False):
            changed = copy.deepcopy(node)
            target = _sums(changed)[i]
            words = ast.unparse(target)
            changed = _Drop(target, left).visit(changed)
            yield f"only the {'left' if left else 'right'} of `{words}`", _compiled(rule, changed)


def _sums(node: ast.AST) -> list[ast.BinOp]:
    return [n for n in ast.walk(node) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add | ast.Sub)]


def scaled(rule: Rule, factor: float) -> Rule:
    """The rule, its result multiplied; with the same parameter names, which say what is saved."""
    names = ", ".join(rule.__code__.co_varnames[: rule.__code__.co_argcount])
    space: dict[str, Any] = {"rule": rule, "times": lambda result: _times(result, factor)}
    exec(f"def mutant({names}): return times(rule({names}))", space)
    return space["mutant"]  # type: ignore[no-any-return]


def _times(result: Any, factor: float) -> Any:
    if result is None:
        return None
    if isinstance(result, tuple | list):
        return type(result)([_times(r, factor) for r in result])
    return result * factor


def with_rule(op: Op, name: str | None, rule: Rule) -> Op:
    """A copy of the op with another rule for an input (None: the rule for all of them); the registry does not see it."""
    other = copy.copy(op)
    other.rules = dict(op.rules)
    other.plans = {}
    other.__call__ = function_of_arrays(other)
    if name is None:
        other.joint = rule
    else:
        other.rules[name] = rule
    return other


def rules(op: Op) -> Iterator[tuple[str | None, Rule]]:
    """The rules that an op runs."""
    if op.joint is not None:
        yield None, op.joint
    else:
        yield from ((name, rule) for name, rule in op.rules.items() if rule is not None)


def mutants(op: Op) -> Iterator[tuple[str, Op]]:
    """The op with each of its rules made wrong in each way."""
    for name, rule in rules(op):
        of = f"{op.name}, rule for {name or 'all inputs'}"
        yield f"{of}: sign flipped", with_rule(op, name, scaled(rule, -1.0))
        yield f"{of}: times 1.001", with_rule(op, name, scaled(rule, 1.001))
        for words, wrong in dropped(rule):
            yield f"{of}: {words}", with_rule(op, name, wrong)
