"""Modules in which PyTorch's programs ask for devices and set switches: ``cuda``, ``mps``, ``accelerator``, ``backends``, ``jit``.

There is one device, the CPU, so what they answer and do is what they answer and do on PyTorch's CPU build. Each is a module made
here, from one table, so that ``import torch.backends.cudnn as cudnn`` finds it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from . import amp


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Do nothing: there is no such device."""


@contextmanager
def _block(*args: Any, **kwargs: Any) -> Iterator[None]:
    """A block, or a decorator, within which switches are set that change nothing."""
    yield


def _zero(*args: Any, **kwargs: Any) -> int:
    return 0


def _false(*args: Any, **kwargs: Any) -> bool:
    return False


def _true(*args: Any, **kwargs: Any) -> bool:
    return True


def _absent(device: str, what: str) -> Callable[..., Any]:
    def raises(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"{what}: {device} is not available: tensors live in the CPU's memory here; ask is_available() first")

    return raises


def _module(path: str, doc: str, **names: Any) -> ModuleType:
    made = ModuleType(f"autograd.{path}", doc)
    made.__path__ = []
    vars(made).update(names)
    sys.modules[made.__name__] = made
    return made


_COUNTS = "device_count memory_allocated max_memory_allocated memory_reserved max_memory_reserved"
_DONE = "empty_cache manual_seed manual_seed_all synchronize reset_peak_memory_stats seed_all"
_REFUSED = "current_device get_device_name get_device_properties get_device_capability set_device Stream Event"


def _device(name: str, **names: Any) -> ModuleType:
    """A device that is not there: questions about it have an answer, and work on it raises."""
    asked = dict.fromkeys(_COUNTS.split(), _zero) | dict.fromkeys(("is_available", "is_initialized", "is_bf16_supported"), _false)
    done = dict.fromkeys(_DONE.split(), _nothing)
    refused = {what: _absent(name, f"{name}.{what}") for what in _REFUSED.split()}
    return _module(name, f"{name} as on a machine without it.", **asked, **done, **refused, **names)


def _identity(function: Any = None, *args: Any, **kwargs: Any) -> Any:
    """The function itself: there is no second language for it to be translated into."""
    return (lambda decorated: decorated) if function is None or isinstance(function, bool) else function


def _amp(device: str) -> ModuleType:
    autocast, scaler = amp.for_device(device)
    return _module(f"{device}.amp", f"torch.{device}.amp's names.", autocast=autocast, GradScaler=scaler)


cuda = _device(
    "cuda",
    amp=_amp("cuda"),
    OutOfMemoryError=MemoryError,
)
mps, xpu = _device("mps", is_built=_false), _device("xpu")
accelerator = _device("accelerator", current_accelerator=_nothing, set_device_index=_nothing)
cpu = _module(
    "cpu",
    "The one device.",
    is_available=_true,
    device_count=lambda: 1,
    current_device=lambda: "cpu",
    synchronize=_nothing,
    amp=_amp("cpu"),
)

_matmul = _module(
    "backends.cuda.matmul", "Switches.", allow_tf32=False, allow_fp16_reduced_precision_reduction=True, fp32_precision="none"
)
backends = _module(
    "backends",
    "Switches of PyTorch's libraries. They may be set, and change nothing.",
    cudnn=_module(
        "backends.cudnn", "Switches.", enabled=True, benchmark=False, deterministic=False, allow_tf32=True,
        is_available=_false, version=_nothing, flags=_block,
    ),
    cpu=_module("backends.cpu", "The one device.", get_cpu_capability=lambda: "DEFAULT"),
    cuda=_module(
        "backends.cuda", "Switches.", matmul=_matmul, is_built=_false, enable_flash_sdp=_nothing, enable_math_sdp=_nothing,
        enable_mem_efficient_sdp=_nothing, flash_sdp_enabled=_false, math_sdp_enabled=_true, mem_efficient_sdp_enabled=_false,
        enable_cudnn_sdp=_nothing, cudnn_sdp_enabled=_false, sdp_kernel=_block,
        preferred_linalg_library=_nothing, preferred_blas_library=_nothing,
    ),
    mps=_module("backends.mps", "No Apple GPU.", is_available=_false, is_built=_false),
    mkl=_module("backends.mkl", "MKL.", is_available=_false, verbose=_block),
    mkldnn=_module(
        "backends.mkldnn", "oneDNN.", enabled=False, deterministic=False, is_available=_false, flags=_block, verbose=_block
    ),
    opt_einsum=_module("backends.opt_einsum", "The order of einsum's products.", enabled=False, strategy=None, is_available=_false),
    openmp=_module("backends.openmp", "OpenMP.", is_available=_false),
)  # fmt: skip
jit = _module(
    "jit",
    "``torch.jit`` would translate a function: here it is returned as it is, and runs as Python code.",
    script=_identity, ignore=_identity, unused=_identity, export=_identity, interface=_identity,
    trace=_identity, freeze=_identity, optimize_for_inference=_identity, is_scripting=_false, is_tracing=_false, Final=Any,
)  # fmt: skip

_conversions = {"overwrite_module_params_on_conversion": False, "swap_module_params_on_conversion": False}


def _getter(name: str) -> Callable[[], bool]:
    return lambda: _conversions[name]


def _setter(name: str) -> Callable[[bool], None]:
    return lambda value: _conversions.update({name: bool(value)})


future = _module(
    "__future__",
    "How ``module.to()`` replaces parameters in PyTorch. They may be set: here a parameter stays the same object in any case.",
    **{f"get_{name}": _getter(name) for name in _conversions},
    **{f"set_{name}": _setter(name) for name in _conversions},
)

config = _module(
    "__config__",
    "How this engine was built: what PyTorch says of its C++ build is said of NumPy here.",
    show=lambda: f"glassgrad on NumPy {np.__version__}",
    parallel_info=lambda: f"the threads of NumPy's BLAS, and {os.cpu_count()} processors",
)

__all__ = ["accelerator", "backends", "config", "cpu", "cuda", "future", "jit", "mps", "xpu"]
