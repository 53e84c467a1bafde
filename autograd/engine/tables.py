"""Tables: arrays made of sizes alone, such as a causal mask, which are computed once and kept for later calls."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import Any

building: ContextVar[bool] = ContextVar("building", default=False)  # whether a table is being computed


def table(entries: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Keep the last results of a function of sizes. Whoever follows an op's calls sees a result as a constant, and not its making.

    Args:
        entries: how many results are kept.
    """

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def made(*args: Any, **kwargs: Any) -> Any:
            before = building.set(True)
            try:
                return function(*args, **kwargs)
            finally:
                building.reset(before)

        return lru_cache(entries, typed=True)(made)  # 3.0 is another argument than 3, which may be refused

    return decorated
