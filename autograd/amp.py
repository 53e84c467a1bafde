"""Mixed precision under the names of ``torch.amp``: the same calls as in PyTorch's CPU build, where most programs leave it off."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import numpy as np

from .engine import memory
from .engine.values.dtypes import AbsentDType, to_dtype
from .errors import ArgumentError, DtypeError
from .tensor.tensor import Tensor
from .types import AnyOptimizer, DType, Tree


class autocast:
    """Within the block ops compute in a smaller dtype, where that is on. Here it is a block like any other, or an error.

    ``device_type="cuda"`` warns that there is no CUDA and does nothing, as on PyTorch's CPU build; so does float32. In bfloat16 and
    float16, which PyTorch computes in on the CPU, nothing here computes: that raises.

    Args:
        device_type: "cpu", or the device of a program that can run on it.
        dtype: of the ops; bfloat16 on the CPU unless given.
        enabled: False makes it a block like any other.
        cache_enabled: read by PyTorch only.

    Raises:
        DtypeError: bfloat16 or float16 on the CPU.

    Example:
        >>> import autograd
        >>> with autograd.amp.autocast("cpu", enabled=False):
        ...     autograd.ones(2).dtype
        dtype('float32')
    """

    def __init__(
        self, device_type: str = "cpu", dtype: DType | None = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        self.device = device_type
        if not enabled:
            return
        if device_type != "cpu":
            problem = f"User provided device_type of {device_type!r}, but it is not available. Disabling"
        elif dtype is not None and not isinstance(dtype, AbsentDType) and to_dtype(dtype) == np.float32:
            problem = "In CPU autocast, but the target dtype is not supported. Disabling autocast."
        else:
            raise DtypeError(
                f"autocast to {'bfloat16' if dtype is None else dtype}: this engine computes in the tensors' own dtypes: "
                f"pass enabled=False"
            )
        warnings.warn(problem, UserWarning, stacklevel=2)

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return inner


class GradScaler:
    """Scales a loss, so that small gradients do not vanish in float16, and leaves out the steps that overflow.

    As on PyTorch's CPU build, a scaler for "cuda" warns and is off; a scaler for "cpu" scales.

    Args:
        device: "cuda" or "cpu".
        init_scale: the first factor.
        growth_factor, backoff_factor: by which the factor changes, after growth_interval steps without an overflow, or after one.
        growth_interval: how many steps.
        enabled: False makes every method do nothing but ``step``, which steps.

    Example:
        >>> import autograd, optim
        >>> w = autograd.ones(1, requires_grad=True)
        >>> sgd, scaler = optim.SGD([w], lr=0.5), autograd.amp.GradScaler("cpu", init_scale=4.0)
        >>> scaler.scale(w.sum()).backward()
        >>> w.grad
        tensor([4.], dtype=float32)
        >>> scaler.step(sgd)
        >>> scaler.update()
        >>> w
        tensor([0.5000], dtype=float32, requires_grad=True)
    """

    def __init__(
        self, device: str = "cuda", init_scale: float = 2.0**16, growth_factor: float = 2.0, backoff_factor: float = 0.5,
        growth_interval: int = 2000, enabled: bool = True,
    ) -> None:  # fmt: skip
        if enabled and str(device) != "cpu":
            warnings.warn(
                f"torch.{device}.amp.GradScaler is enabled, but {device} is not available.  Disabling.", UserWarning, stacklevel=2
            )
            enabled = False
        if enabled and not (growth_factor > 1.0 and 0.0 < backoff_factor < 1.0):
            raise ArgumentError("GradScaler: growth_factor must be > 1 and backoff_factor between 0 and 1")
        self._enabled = enabled
        self._scale = float(init_scale)
        self._growth, self._backoff, self._interval = growth_factor, backoff_factor, growth_interval
        self._good_steps = 0
        self._unscaled: dict[int, bool] = {}  # by an optimizer's id: whether its gradients were all finite

    def scale(self, outputs: Tree) -> Tree:
        """A loss, or a tree of losses, times the factor."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            return outputs * self._scale
        if isinstance(outputs, Iterable):
            return type(outputs)(self.scale(item) for item in outputs)  # type: ignore[call-arg]
        raise ValueError("outputs must be a Tensor or an iterable of Tensors")

    def unscale_(self, optimizer: AnyOptimizer) -> None:
        """Divide the gradients of an optimizer's parameters by the factor, before they are clipped, for example.

        Raises:
            RuntimeError: a second time since the last update.
        """
        if not self._enabled:
            return
        if id(optimizer) in self._unscaled:
            raise RuntimeError("unscale_() has already been called on this optimizer since the last update().")
        grads = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        for g in grads:
            memory.write(g.array, g.array * g.array.dtype.type(1 / self._scale))
        self._unscaled[id(optimizer)] = all(bool(np.isfinite(g.array).all()) for g in grads)

    def step(self, optimizer: AnyOptimizer, *args: Any, **kwargs: Any) -> Tensor | float | None:
        """Step, unless a gradient overflowed; returns what ``optimizer.step`` returns."""
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        if id(optimizer) not in self._unscaled:
            self.unscale_(optimizer)
        return optimizer.step(*args, **kwargs) if self._unscaled[id(optimizer)] else None

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """Change the factor: less after an overflow, more after many steps without one; or to a new one."""
        if not self._enabled:
            return
        if new_scale is not None:
            self._scale = float(new_scale)
        elif not self._unscaled:
            raise RuntimeError("No inf checks were recorded prior to update.")
        elif all(self._unscaled.values()):
            self._good_steps += 1
            if self._good_steps == self._interval:
                self._scale, self._good_steps = self._scale * self._growth, 0
        else:
            self._scale, self._good_steps = self._scale * self._backoff, 0
        self._unscaled.clear()

    def get_scale(self) -> float:
        """The factor; 1 where the scaler is off."""
        return self._scale if self._enabled else 1.0

    def get_growth_factor(self) -> float:
        """By which the factor grows."""
        return self._growth

    def set_growth_factor(self, new_factor: float) -> None:
        """Let the factor grow by another one."""
        self._growth = new_factor

    def get_backoff_factor(self) -> float:
        """By which the factor changes after an overflow."""
        return self._backoff

    def set_backoff_factor(self, new_factor: float) -> None:
        """Let the factor change by another one after an overflow."""
        self._backoff = new_factor

    def get_growth_interval(self) -> int:
        """After how many steps without an overflow the factor grows."""
        return self._interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Let the factor grow after another number of steps."""
        self._interval = new_interval

    def is_enabled(self) -> bool:
        """Whether it scales."""
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """The factor and how it changes; empty where the scaler is off."""
        if not self._enabled:
            return {}
        return {
            "scale": self._scale, "growth_factor": self._growth, "backoff_factor": self._backoff,
            "growth_interval": self._interval, "_growth_tracker": self._good_steps,
        }  # fmt: skip

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned.

        Raises:
            RuntimeError: an empty one, of a scaler that was off.
        """
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError("The source state dict is empty, possibly because it was saved from a disabled GradScaler instance.")
        names = ("scale", "growth_factor", "backoff_factor", "growth_interval", "_growth_tracker")
        scale, growth, backoff, interval, good = [state_dict[name] for name in names]
        self._scale, self._growth, self._backoff, self._interval, self._good_steps = scale, growth, backoff, interval, good


def is_autocast_available(device_type: str) -> bool:
    """Whether ops can compute in a smaller dtype there: nowhere.

    Example:
        >>> import autograd
        >>> autograd.amp.is_autocast_available("cpu")
        False
    """
    return False


def _warn_of(device: str, name: str) -> None:
    warnings.warn(
        f"`torch.{device}.amp.{name}(args...)` is deprecated. Please use `torch.amp.{name}('{device}', args...)` instead.",
        FutureWarning,
        stacklevel=3,
    )


def for_device(device: str) -> tuple[type[autocast], type[GradScaler]]:
    """The classes of ``torch.cuda.amp`` or ``torch.cpu.amp``, which are deprecated there, and warn."""

    class _Autocast(autocast):
        def __init__(self, enabled: bool = True, dtype: DType | None = None, cache_enabled: bool = True) -> None:
            _warn_of(device, "autocast")
            super().__init__(device, dtype, enabled, cache_enabled)

    class _GradScaler(GradScaler):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            _warn_of(device, "GradScaler")
            super().__init__(device, *args, **kwargs)

    return _Autocast, _GradScaler


__all__ = ["GradScaler", "autocast", "for_device", "is_autocast_available"]
