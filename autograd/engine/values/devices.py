"""PyTorch's names for devices, so that programs that use them run. The only device is the CPU."""

from __future__ import annotations

import builtins
from typing import Any

from ...errors import ArgumentError
from ...types import Device

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

    def __enter__(self) -> device:
        """``with torch.device("cpu"):`` makes new tensors there, where they are in any case."""
        return self

    def __exit__(self, *exc: object) -> None:
        return None


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


_asked: dict[str, bool] = {"deterministic": False, "warn_only": False, "warn_always": False, "fill": True}


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Note the wish: every op computes the same result each time, whatever is chosen.

    Args:
        mode: whether the same results are needed each time. warn_only: whether PyTorch would warn rather than raise.

    Raises:
        TypeError: an argument that is no boolean.

    Example:
        >>> import autograd
        >>> autograd.use_deterministic_algorithms(True)
        >>> autograd.are_deterministic_algorithms_enabled()
        True
        >>> autograd.use_deterministic_algorithms(False)
    """
    for name, value in {"mode": mode, "warn_only": warn_only}.items():
        if not isinstance(value, bool):
            raise TypeError(f"use_deterministic_algorithms(): argument {name!r} must be bool, not {type(value).__name__}")
    _asked.update(deterministic=bool(mode), warn_only=bool(warn_only))


def are_deterministic_algorithms_enabled() -> bool:
    """Whether ``use_deterministic_algorithms`` was asked for. Every op computes the same result each time in any case.

    Example:
        >>> import autograd
        >>> autograd.are_deterministic_algorithms_enabled()
        False
    """
    return _asked["deterministic"]


_DEBUG_MODES = ("default", "warn", "error")


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """``use_deterministic_algorithms`` in one word: "default" or 0 for False, "warn" or 1 to warn only, "error" or 2 for True.

    Raises:
        ValueError: another word or number.

    Example:
        >>> import autograd
        >>> autograd.set_deterministic_debug_mode("warn")
        >>> autograd.get_deterministic_debug_mode()
        1
        >>> autograd.set_deterministic_debug_mode("default")
    """
    if not isinstance(debug_mode, int | str):
        raise TypeError(f"debug_mode must be str or int, but got {builtins.type(debug_mode).__name__}")
    if debug_mode not in (0, 1, 2, *_DEBUG_MODES):
        raise ArgumentError(f"debug_mode must be `default`, `warn`, `error`, 0, 1 or 2, not {debug_mode}")
    number = _DEBUG_MODES.index(debug_mode) if isinstance(debug_mode, str) else debug_mode
    use_deterministic_algorithms(number > 0, warn_only=number == 1)


def get_deterministic_debug_mode() -> int:
    """What ``set_deterministic_debug_mode`` has set, as a number.

    Example:
        >>> import autograd
        >>> autograd.get_deterministic_debug_mode()
        0
    """
    return 0 if not _asked["deterministic"] else 1 if _asked["warn_only"] else 2


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether ``use_deterministic_algorithms(True, warn_only=True)`` was asked for.

    Example:
        >>> import autograd
        >>> autograd.is_deterministic_algorithms_warn_only_enabled()
        False
    """
    return _asked["warn_only"]


def fill_uninitialized_memory(mode: bool | None = None) -> bool:
    """Whether new memory is filled where deterministic algorithms are asked for; with an argument, set it."""
    if mode is not None:
        _asked["fill"] = mode
    return _asked["fill"]


def set_warn_always(b: bool, /) -> None:
    """Note the wish of a program of PyTorch: warnings here are Python's, whose filters say how often they are shown.

    Example:
        >>> import autograd
        >>> autograd.set_warn_always(True)
        >>> autograd.is_warn_always_enabled()
        True
        >>> autograd.set_warn_always(False)
    """
    _asked["warn_always"] = bool(b)


def is_warn_always_enabled() -> bool:
    """Whether ``set_warn_always`` was asked for.

    Example:
        >>> import autograd
        >>> autograd.is_warn_always_enabled()
        False
    """
    return _asked["warn_always"]


_threads: list[int] = []  # the number that was chosen, if one was


def _check_threads(count: int, name: str) -> None:
    if not 1 <= count < 2**31:
        raise ArgumentError(f"{name} expects a positive integer of at most 31 bits, not {count}")


def set_num_threads(int: int) -> None:
    """Choose how many threads a compiled step takes (``autograd.compile``).

    How many NumPy's own products take is decided when NumPy is loaded (``OPENBLAS_NUM_THREADS``).

    Raises:
        ArgumentError: a number below 1, or of more than 31 bits.

    Example:
        >>> import autograd
        >>> before = autograd.get_num_threads()
        >>> autograd.set_num_threads(1)
        >>> autograd.get_num_threads()
        1
        >>> autograd.set_num_threads(before)
    """
    _check_threads(int, "set_num_threads")
    _threads[:] = [int]


def get_num_interop_threads() -> int:
    """How many calls run at a time: 1, because Python makes them one after the other.

    Example:
        >>> import autograd
        >>> autograd.get_num_interop_threads()
        1
    """
    return 1


def set_num_interop_threads(int: int) -> None:
    """Take the wish of a program of PyTorch; calls run one after the other in any case.

    Raises:
        ArgumentError: a number below 1, or of more than 31 bits.

    Example:
        >>> import autograd
        >>> autograd.set_num_interop_threads(1)
    """
    _check_threads(int, "set_num_interop_threads")


def get_num_threads() -> int:
    """The number of threads of a compiled step: as many as this process has processors, unless ``set_num_threads`` has chosen.

    Example:
        >>> import autograd
        >>> autograd.get_num_threads() >= 1
        True
    """
    import os

    if _threads:
        return _threads[0]
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_float32_matmul_precision(precision: str) -> None:
    """Do nothing: products of float32 are computed in float32, as on PyTorch's CPU build.

    Raises:
        ValueError: none of "highest", "high" and "medium".

    Example:
        >>> import autograd
        >>> autograd.set_float32_matmul_precision("high")
        >>> autograd.get_float32_matmul_precision()
        'highest'
    """
    if precision not in ("highest", "high", "medium"):
        raise ValueError(f"precision must be 'highest', 'high' or 'medium', not {precision!r}")


def get_float32_matmul_precision() -> str:
    """The precision of products of float32: the highest.

    Example:
        >>> import autograd
        >>> autograd.get_float32_matmul_precision()
        'highest'
    """
    return "highest"


class memory_format:
    """The order of the elements in memory that a program asks for: taken wherever PyTorch takes it, and without effect.

    Example:
        >>> import autograd
        >>> autograd.ones(1, 2, 3, 3).contiguous(memory_format=autograd.channels_last).shape
        (1, 2, 3, 3)
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"autograd.{self.name}"


channels_last, channels_last_3d = memory_format("channels_last"), memory_format("channels_last_3d")
contiguous_format, preserve_format = memory_format("contiguous_format"), memory_format("preserve_format")


class layout:
    """How a tensor's elements are stored: always strided, in one array.

    Example:
        >>> import autograd
        >>> isinstance(autograd.ones(2).layout, autograd.layout)
        True
    """

    def __repr__(self) -> str:
        return "autograd.strided"


strided = layout()


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


def is_device(value: object) -> bool:
    """Whether an argument names a device rather than a dtype."""
    if isinstance(value, str):
        return value.partition(":")[0] in ("cpu", *_OTHERS)
    return isinstance(value, int) and not isinstance(value, bool)
