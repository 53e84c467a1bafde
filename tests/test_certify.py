"""Test the tester: the certificate passes right rules, and catches every planted error in every rule of every op."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mutants import dropped, mutants, rules, with_rule

from autograd.engine.op import REGISTRY, Op, elementwise, op
from autograd.engine.recording import FUNCTIONS
from autograd.engine.samples import calls, unary
from autograd.proof import finite_differences
from autograd.proof import report as certify
from autograd.proof.certificate import CHECKS, Case, certify_op, load, main, references

load()
RULED = sorted(name for name, o in REGISTRY.items() if o.differentiable)

# Mutants that compute the same as the rule, with the reason.
SAME = {
    "eig, rule for x: only the left of `1 - eye`": "the diagonal is 0 already: what turns and what stretches is taken out",
    "svd, rule for x: only the left of `1 - eye`": "the diagonals of both parts are 0, or for complex vectors opposite",
    "gammainc, rule for b: only the left of `a + 0 * b`": "the term gives a number a the dtype of b",
    "gammaincc, rule for b: only the left of `a + 0 * b`": "the term gives a number a the dtype of b",
    "matmul, rule for a: only the right of `b.ndim - 1`": "-1 is the same dimension",
}


def silent(right: Op, words: str) -> bool:
    """Whether a mutant scales zeros: a rule that is 0 wherever there is a derivative (rounding) has no sign and no size."""
    if not words.endswith((": sign flipped", ": times 1.001")):
        return False
    name = words.split("rule for ")[1].split(":")[0]
    for sample in right.samples():
        case = Case(right, sample)
        gradients = case.sweep(case.leaves(), case.seeds(case.compute(case.arrays)))
        if any(np.any(g.array) for g, of in zip(gradients, case.names, strict=True) if g is not None and of == name):
            return False
    return True


def caught(wrong: Op, known: Any) -> bool:
    """Whether the certificate refuses the op; first by reverse mode alone, which finds nearly all, then by all checks."""
    try:
        with np.errstate(all="ignore"):
            for checks in (("reverse",), CHECKS):
                if not certify_op(wrong, known, checks, first=True).passed:
                    return True
        return False
    finally:
        FUNCTIONS.pop(wrong, None)


@pytest.mark.parametrize("name", RULED)
def test_every_planted_error_is_caught(name: str) -> None:
    right = REGISTRY[name]
    known = references(right)
    # A right rule that failed would make every wrong one look caught.
    report = certify_op(right, known, checks=("reverse",))
    assert report.passed, report.failures
    escaped = [
        words for words, wrong in mutants(right) if words not in SAME and not caught(wrong, known) and not silent(right, words)
    ]
    assert not escaped


def test_the_mutants_drop_terms_of_sums() -> None:
    tanh = REGISTRY["tanh"]
    words = [w for w, _ in dropped(next(rules(tanh))[1])]
    assert words == ["only the left of `1 - y * y`", "only the right of `1 - y * y`"]
    g, y = np.array(2.0), np.array(0.5)
    assert [float(rule(g, y)) for _, rule in dropped(next(rules(tanh))[1])] == [2.0, -0.5]


def test_terms_are_found_in_most_rules() -> None:
    """The search by source must not silently find nothing."""
    total = sum(1 for name in RULED for _, rule in rules(REGISTRY[name]) for _ in dropped(rule))
    assert total > len(RULED) / 4


def test_excuses_are_of_mutants_that_exist() -> None:
    words = {w for name in RULED for w, _ in mutants(REGISTRY[name])} if SAME else set()
    assert set(SAME) <= words


# ------------------------------------------------------------------------------------------- each check catches by itself


def test_reverse_catches_a_wrong_rule() -> None:
    wrong = with_rule(REGISTRY["tanh"], "x", lambda g, y: g * (1 - y))
    report = certify_op(wrong, checks=("reverse",))
    assert not report.passed
    assert "reverse: the gradient of x of tanh(float64[5])" in report.failures[0]


def test_the_complex_step_catches_a_wrong_rule() -> None:
    wrong = with_rule(REGISTRY["tanh"], "x", lambda g, y: g * (1 - y * y) * (1 + 1e-9))
    assert certify_op(wrong, checks=("reverse",)).passed, "too little for differences"
    assert not certify_op(wrong, checks=("complex",)).passed


def test_second_order_catches_a_rule_that_hides_its_input(scratch: None) -> None:
    def hidden(g: Any, x: Any) -> Any:
        return g * np.exp(getattr(x, "array", x))

    wrong = elementwise("hidden_exp", np.exp, x=hidden, samples=unary())
    assert certify_op(wrong, checks=("reverse",)).passed, "right at first order"
    report = certify_op(wrong, checks=("second",))
    assert not report.passed
    assert "the second derivative by x" in report.failures[0]


def np_cumsum(x: Any) -> Any:
    return np.cumsum(x)


def test_forward_mode_catches_a_false_word(scratch: None) -> None:
    # Right in reverse; "elementwise" makes forward mode use the rule as its own transpose, which it is not.
    wrong = op("false_word", np_cumsum, x=lambda g: np.cumsum(g[::-1])[::-1], elementwise=True, samples=calls(((4,),)))
    assert certify_op(wrong, checks=("reverse",)).passed
    assert not certify_op(wrong, checks=("forward",)).passed


def test_a_missing_rule_is_caught(scratch: None) -> None:
    wrong = op("forgets_b", lambda a, b: a * b, a=lambda g, b: g * b, b=None, samples=calls(((3,), (3,))))
    report = certify_op(wrong)
    assert any("the gradient of b (which gets none)" in failure for failure in report.failures)


def test_an_op_that_claims_no_derivative_but_has_one_is_caught(scratch: None) -> None:
    wrong = op("no_derivative", lambda x: x * x, x=None, samples=calls(((3,),)))
    assert not certify_op(wrong).passed


def test_an_op_that_is_not_analytic_must_say_so(scratch: None) -> None:
    wrong = elementwise("abs_again", np.absolute, x=lambda g, x: g * np.sign(x), samples=unary(0.5, 2))
    assert any(failure.startswith("complex") for failure in certify_op(wrong, checks=("reverse", "complex")).failures)


def test_an_op_without_samples_fails(scratch: None) -> None:
    bare = op("bare", lambda x: x * 2, x=lambda g: g * 2, samples=list)
    assert certify_op(bare).failures == ["bare has no samples: nothing is proved"]


def test_a_rule_that_raises_fails_and_is_named(scratch: None) -> None:
    def broken(g: Any, x: Any) -> Any:
        raise KeyError("lost")

    report = certify_op(elementwise("broken", lambda x: x * x, x=broken, samples=unary()))
    assert "KeyError" in report.failures[0]
    assert "broken(float64[5])" in report.failures[0]


def test_kinks_are_checked(scratch: None) -> None:
    greedy = with_rule(REGISTRY["maximum"], "a", lambda g, a, b: g * (a >= b))
    assert certify_op(greedy, checks=("reverse",)).passed, "right where there is a derivative"
    assert any("at a kink" in failure for failure in certify_op(greedy).failures), "both inputs would get all of it"
    outside = with_rule(REGISTRY["abs"], "x", lambda g, x: g * (np.sign(x) + 2.0 * (x == 0)))
    assert any("at a kink" in failure for failure in certify_op(outside).failures), "a slope that no side has"


def test_nan_is_an_error(scratch: None) -> None:
    wrong = elementwise("nan_rule", np.exp, x=lambda g: g * np.nan, samples=unary())
    assert not certify_op(wrong, checks=("reverse",)).passed


def test_a_checker_that_accepts_wrong_rules_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blunt the checker in each of the ways in which it could be blunt: the planted errors must tell."""
    tanh = REGISTRY["tanh"]
    planted = [wrong for _, wrong in mutants(tanh)]
    known = references(tanh)
    assert all(caught(wrong, known) for wrong in planted)
    with monkeypatch.context() as blunt:
        blunt.setattr(certify, "LIMITS", dict.fromkeys(CHECKS, 1e-2))
        assert not all(caught(wrong, known) for wrong in planted), "a limit of 1 percent lets 1.001 through"
    with monkeypatch.context() as blunt:
        blunt.setattr(certify.Report, "note", lambda *args: None)
        assert not any(caught(wrong, known) for wrong in planted)


# ------------------------------------------------------------------------------------------------------------ the command


def test_command_prints_a_table_and_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = tmp_path / "c.json", tmp_path / "c.md"
    assert main(["tanh", "mul", "--json", str(files[0]), "--markdown", str(files[1])]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == ["op", "samples", *CHECKS, "verdict"]
    assert "2 of 2 ops proved" in out
    data = json.loads(files[0].read_text())
    assert data["passed"] is True
    assert set(data["ops"]) == {"tanh", "mul"}
    assert 0 < data["ops"]["tanh"]["errors"]["reverse"] < data["limits"]["reverse"]
    assert "| tanh |" in files[1].read_text()


def test_command_fails_for_a_wrong_op(scratch: None, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    elementwise("wrong_exp", np.exp, x=lambda g, y: g * y * 1.001, samples=unary())
    assert main(["wrong_exp", "--json", str(tmp_path / "c.json")]) == 1
    out = capsys.readouterr().out
    assert "FAILED reverse: the gradient of x of wrong_exp" in out
    assert json.loads((tmp_path / "c.json").read_text())["passed"] is False


def test_command_fails_for_an_op_without_samples(scratch: None, capsys: pytest.CaptureFixture[str]) -> None:
    op("bare", lambda x: x * 2, x=lambda g: g * 2, samples=list)
    assert main(["bare"]) == 1
    assert "bare has no samples" in capsys.readouterr().out


def test_command_knows_its_ops(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    assert "no op is named nonsense" in capsys.readouterr().err


# ---------------------------------------------------------------------------------------------------------- the differences


def test_richardson_is_exact_to_rounding() -> None:
    assert abs(finite_differences.richardson(np.sin) - 1) < 1e-12
    assert abs(finite_differences.richardson(lambda t: np.exp(200 * t)) / 200 - 1) < 1e-9, "the step shrinks for a steep function"
    assert abs(finite_differences.richardson(lambda t: np.log(1e-3 + t)) / 1e3 - 1) < 1e-7, "and beside the edge of a domain"


def test_gradient_of_a_complex_number_is_pytorchs() -> None:
    z = np.array([1.0 + 2.0j])
    (g,) = finite_differences.gradient(lambda xs: float(np.abs(xs[0][0]) ** 2), [z])
    np.testing.assert_allclose(g, 2 * z, rtol=1e-10)


def test_complex_step_subtracts_nothing() -> None:
    (g,) = finite_differences.complex_step(lambda xs: np.sum(np.exp(xs[0])), [np.array([0.3, -1.0])])
    np.testing.assert_allclose(g, np.exp([0.3, -1.0]), rtol=1e-15)


@pytest.mark.parametrize("step", [1e-6, 1e-3])
def test_kinks_are_told_from_curves(step: float) -> None:
    assert finite_differences.kinked(abs, step)
    assert finite_differences.kinked(lambda t: max(t, 0.0), step)
    assert finite_differences.kinked(lambda t: float(t > 0), step), "a jump"
    assert finite_differences.kinked(lambda t: abs(t - 0.3 * step), step), "a kink within the step"
    for smooth in (np.sin, np.exp, lambda t: t, lambda t: 0.0, lambda t: 1e3 * t * t, lambda t: t**3):
        assert not finite_differences.kinked(smooth, step)


def test_copies_do_not_change_the_registry() -> None:
    before = copy.copy(REGISTRY["tanh"].rules)
    list(mutants(REGISTRY["tanh"]))
    assert REGISTRY["tanh"].rules == before
