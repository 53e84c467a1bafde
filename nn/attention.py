"""``sdpa_kernel``, with which a program chooses among PyTorch's implementations of attention. Here there is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum


class SDPBackend(IntEnum):
    """The names of PyTorch's implementations of ``scaled_dot_product_attention``."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


@contextmanager
def sdpa_kernel(backends: SDPBackend | Iterable[SDPBackend], set_priority: bool = False) -> Iterator[None]:
    """Accept a choice of implementations, which changes nothing: all of PyTorch's compute the same, and here there is one.

    Args:
        backends: one ``SDPBackend``, or several. set_priority: whether their order counts.

    Raises:
        TypeError: something else than ``SDPBackend``.

    Example:
        >>> from nn.attention import SDPBackend, sdpa_kernel
        >>> with sdpa_kernel(SDPBackend.MATH):
        ...     pass
    """
    listed = [backends] if isinstance(backends, SDPBackend) else list(backends)
    odd = next((b for b in listed if not isinstance(b, SDPBackend)), None)
    if odd is not None or not listed:
        raise TypeError(f"sdpa_kernel: expected one SDPBackend or several, not {backends!r}")
    yield
