"""Products with rows that an embedding picks: computed once for each row of the table, and equal to eager ones all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim

pytestmark = pytest.mark.usefixtures("quick_c")
WORDS, WIDTH, OUT, PICKS = 20, 64, 96, (12, 16)


def picked(values: Any, rng: np.random.Generator) -> Any:
    return autograd.tensor(rng.choice(values, PICKS))


def both(run: Callable[..., Any], *make: Callable[[np.random.Generator], Any]) -> Any:
    """Results of a function, compiled, of five calls; each equals the eager one."""
    compiled = autograd.compile(run)
    for call in range(5):
        found = compiled(*[m(np.random.default_rng(call)) for m in make])
        wanted = run(*[m(np.random.default_rng(call)) for m in make])
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-10, atol=1e-10)
    return compiled


def weights(rows: int = WORDS) -> tuple[Any, Any]:
    rng = np.random.default_rng(9)
    shapes = (rows, WIDTH), (WIDTH, OUT)
    table, weight = (autograd.tensor(rng.standard_normal(s), requires_grad=True) for s in shapes)
    return table, weight


def loss_and_gradients(table: Any, weight: Any, x: Any) -> list[Any]:
    y = (nn.functional.embedding(x, table).reshape(-1, WIDTH) @ weight).tanh()
    return [y.detach(), *autograd.grad((y * y).sum(), [table, weight])]


def test_each_row_of_the_table_is_multiplied_once() -> None:
    table, weight = weights()
    compiled = both(lambda x: loss_and_gradients(table, weight, x), lambda rng: picked(np.arange(16), rng))
    products = [line for line in compiled.source().splitlines() if "product_d(" in line]
    assert len(products) == 3
    assert all(str(np.prod(PICKS)) not in line for line in products), products
    with pytest.raises(IndexError):
        compiled(picked([3, 1 << 40], np.random.default_rng(0)))


def test_an_embedding_before_a_recurrent_layer() -> None:
    autograd.manual_seed(0)
    words, layer = nn.Embedding(WORDS, WIDTH, padding_idx=0).double(), nn.LSTM(WIDTH, WIDTH).double()
    parameters = [*words.parameters(), *layer.parameters()]

    def run(x: Any) -> Any:
        y = layer(words(x))[0]
        return [y.detach(), *autograd.grad((y * y).sum(), parameters)]

    compiled = both(run, lambda rng: picked(np.arange(WORDS), rng))
    assert "linear_of_all" in compiled.source()


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_rows_that_nobody_picks_count_for_nothing(odd: float) -> None:
    table, weight = weights()
    with autograd.no_grad():
        table[5:8] = odd
    compiled = both(lambda x: loss_and_gradients(table, weight, x), lambda rng: picked([0, 1, 2, 3, 12], rng))
    assert "_of_all" in compiled.source()
    assert np.isfinite(compiled(picked([0, 1], np.random.default_rng(0)))[2].numpy()).all()


def test_a_table_that_changes_in_between_is_read_as_it_was() -> None:
    table, weight = weights()
    plain, start = table.detach().clone(), table.detach().clone()

    def run(x: Any) -> Any:
        with autograd.no_grad():
            plain.copy_(start)
            rows = plain[x].reshape(-1, WIDTH)
            plain.mul_(2)
            return [rows @ weight.detach(), plain * 1]

    assert "_of_all" not in both(run, lambda rng: picked(np.arange(WORDS), rng)).source()


def test_indices_that_change_in_between_are_read_as_they_were() -> None:
    table, weight = weights()

    def run(x: Any) -> Any:
        with autograd.no_grad():
            rows = table[x].reshape(-1, WIDTH)
            x.add_(1)
            return [rows @ weight.detach(), table[x].sum(0)]

    assert "_of_all" not in both(run, lambda rng: picked(np.arange(WORDS - 1), rng)).source()


def test_a_table_as_long_as_the_picks_is_not_multiplied_as_a_whole() -> None:
    table, weight = weights(150)
    compiled = both(lambda x: loss_and_gradients(table, weight, x), lambda rng: picked(np.arange(150), rng))
    assert "_of_all" not in compiled.source()


def test_a_language_model_trains_as_an_eager_one() -> None:
    losses = []
    for compiled in (False, True):
        autograd.manual_seed(0)
        words, layer, last = nn.Embedding(WORDS, WIDTH), nn.GRU(WIDTH, WIDTH), nn.Linear(WIDTH, WORDS)
        optimizer = optim.SGD([*words.parameters(), *layer.parameters(), *last.parameters()], lr=0.3, momentum=0.9)

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()  # noqa: B023
            loss = nn.functional.cross_entropy(last(layer(words(x))[0]).reshape(-1, WORDS), y.reshape(-1))  # noqa: B023
            loss.backward()
            optimizer.step()  # noqa: B023
            return loss

        run = autograd.compile(step, check=True) if compiled else step
        rng = np.random.default_rng(0)
        losses.append([run(x, (x * 7 + 3) % WORDS).item() for x in (picked(np.arange(WORDS), rng) for _ in range(30))])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
    assert losses[0][-1] < 0.5 * losses[0][0]
