"""PyTorch's names for devices, so that programs that use them run. The only device is the CPU."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ..types import Device

_OTHERS = ("cuda", "mps", "xpu", "meta", "hpu", "mtia", "xla", "hip", "ipu", "vulkan")


class device(str):
    """Where a tensor lives: always ``device("cpu")``, equal to the string "cpu".

    Example:
        >>> import autograd
        >>> autograd.ones(2).device
        device(type='cpu')
        >>> autograd.ones(2).device == "cpu"
        True
    """

    __slots__ = ()

    def __new__(cls, type: Any = "cpu", index: int | None = None) -> device:
        name, _, number = str(type).partition(":")
        if name in _OTHERS:
            raise RuntimeError(
                f"device {str(type)!r} is not available: tensors live in the CPU's memory here; "
                f"write device = 'cuda' if autograd.cuda.is_available() else 'cpu'"
            )
        if name != "cpu" or (number and not number.isdigit()):
            raise RuntimeError(f"Invalid device string: {str(type)!r}: expected 'cpu'")
        return super().__new__(cls, "cpu")

    @property
    def type(self) -> str:
        """The kind of device, "cpu"."""
        return "cpu"

    @property
    def index(self) -> None:  # type: ignore[override]
        """None, because there is only one CPU."""
        return

    def __repr__(self) -> str:
        return "device(type='cpu')"


CPU = device()


def check(where: Device | None) -> None:
    """Raise unless a ``device`` argument means the CPU.

    Raises:
        RuntimeError: another device. TypeError: not the name of a device.
    """
    if where is None or where is CPU:
        return
    if not isinstance(where, str):
        raise TypeError(f"device must be 'cpu' or None, not {where!r}")
    device(where)


def _never(*args: Any, **kwargs: Any) -> None:
    """Do nothing: the device is not there."""


def _absent() -> Any:
    return SimpleNamespace(
        is_available=lambda: False, device_count=lambda: 0, manual_seed=_never, manual_seed_all=_never, empty_cache=_never,
        synchronize=_never, current_accelerator=_never, is_built=lambda: False,
    )  # fmt: skip


cuda = _absent()
mps = _absent()
accelerator = _absent()
backends = SimpleNamespace(mps=mps, cuda=_absent(), cudnn=SimpleNamespace(deterministic=True, benchmark=False, enabled=False))


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Do nothing: every op computes the same result each time.

    Example:
        >>> import autograd
        >>> autograd.use_deterministic_algorithms(True)
    """


def set_default_device(device: Device) -> None:
    """Set the device of new tensors; only the CPU is allowed.

    Raises:
        RuntimeError: another device.

    Example:
        >>> import autograd
        >>> autograd.set_default_device("cpu")
        >>> autograd.get_default_device()
        device(type='cpu')
    """
    check(device)


def get_default_device() -> device:
    """The device of new tensors: the CPU.

    Example:
        >>> import autograd
        >>> autograd.get_default_device() == autograd.ones(2).device
        True
    """
    return CPU


def is_device(value: Any) -> bool:
    """Whether an argument names a device rather than a dtype."""
    if isinstance(value, str):
        return value.partition(":")[0] in ("cpu", *_OTHERS)
    return isinstance(value, int) and not isinstance(value, bool)
