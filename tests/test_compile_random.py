"""Random programs, compiled and eager, give equal results, parameters, buffers and arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from random_programs import compare

import autograd

pytestmark = pytest.mark.usefixtures("quick_c")


@pytest.mark.parametrize("seed", [29, 1036, 1138, *range(8), *range(100_000, 100_006)])
@pytest.mark.filterwarnings("ignore")
def test_random_programs_compiled_and_eager_are_equal(seed: int) -> None:
    compare(seed)


WRITES: dict[str, Callable[[Any], Any]] = {
    "mul_": lambda c: c[-1].mul_(3),
    "fill_": lambda c: c[0].fill_(3),
    "select": lambda c: c.select(0, 1).add_(2),
    "two indices": lambda c: c.reshape(2, 2)[1, 0].sub_(5),
}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("recorded", [False, True])
def test_a_write_into_one_element_reaches_its_base(name: str, recorded: bool) -> None:
    def run(x: Any) -> Any:
        c = x * 1
        WRITES[name](c)
        return [c.detach(), *(autograd.grad((c * c).sum(), [x]) if recorded else [])]

    compiled = autograd.compile(run)
    for i in range(4):
        x = autograd.tensor([1.0, 2.0, 3.0, 4.0 + i], requires_grad=recorded)
        found = compiled(x)
        assert [v.tolist() for v in found] == [v.tolist() for v in run(x)]
    assert found[0].tolist() != x.tolist()
    assert compiled.variants
