"""The function that ``autograd.compile`` returns: it runs eagerly first, and then as a C program."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from pathlib import Path
from typing import Any

from ..engine.graph import array_of
from ..engine.modes import current
from ..engine.recording import AnyTensor
from ..errors import CompileError
from .assumptions import difference
from .capture import Capture, capture
from .check import called, checked
from .export import export
from .program import EAGER, MISS, OTHER, Variant
from .step_list import mapped
from .text.equations import under
from .text.sizes import Template, batches, template

_PATIENCE = 5  # captures in a row that differ, before it is an error
_VARIANTS = 32


class Compiled:
    """A function that runs as one C program once two successive calls have written down the same list: see ``autograd.compile``."""

    def __init__(self, function: Callable[..., Any], *, check: bool = False) -> None:
        update_wrapper(self, function)
        self.function = function
        self.check = check
        self.variants: list[Variant] = []
        self._graphs: set[Any] = set()  # signatures whose results need a gradient: such calls run eagerly
        self._others = 0  # calls in succession in which Python decided by a number otherwise than each program
        self._changed = ""  # what the last run that was written down has changed among the values taken for constant
        self._templates: list[Template] = []  # programs for any size of the batch
        self._last: dict[Any, tuple[Capture, int]] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        other = False
        for i, variant in enumerate(self.variants):
            result = (checked if self.check else called)(variant, args, kwargs)
            if result is EAGER:
                return self.function(*args, **kwargs)
            if result is OTHER:
                other = True
            elif result is not MISS:
                if i:
                    self.variants.insert(0, self.variants.pop(i))
                self._others = 0
                return result
        if other:
            # Adam decides otherwise at each 64th step: that step runs eagerly. What stays otherwise is compiled.
            self._others += 1
            if self._others == 1:
                return self.function(*args, **kwargs)
        return self._learn(args, kwargs)

    def _learn(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run eagerly and write down the calls. Compile them if the last run wrote down the same list."""
        key = _signature((args, kwargs))
        if key in self._graphs:
            return self.function(*args, **kwargs)
        found = capture(self.function, args, kwargs, lenient=not self._changed)
        self._changed = found.changed
        if not found.spent:
            # The caller may call backward on the result. That needs the graph, and a program leaves none.
            self._graphs.add(key)
            return found.result
        before, times = self._last.pop(key, (None, 0))
        differs = None if before is None else difference(before, found)
        if before is None or differs is not None:
            if times >= _PATIENCE:
                raise CompileError(f"{_name(self.function)} runs differently at each call: {differs}")
            self._last[key] = found, times + 1
            return found.result
        title = f"{_name(self.function)}, written by autograd.compile"
        variant = Variant(found, args, kwargs, title, self.check)
        self._find_template(variant)
        variant.bind(args, kwargs)
        self.variants.insert(0, variant)
        del self.variants[_VARIANTS:]
        return found.result

    def _find_template(self, variant: Variant) -> None:
        """Make a program a case of a template: a known one, or the one that it has in common with a program for another batch."""
        if any(variant.case_of(known) for known in self._templates):
            return
        for other in self.variants:
            sizes = batches(other.signature, variant.signature)
            if sizes is None or other.template is not None:
                continue
            found = template(other.text, variant.text, sizes, len(variant.emitter.leaves))
            if found is not None and variant.case_of(found):
                self._templates.append(found)
                return

    # --------------------------------------------------------------------------------------------------------------- to look at
    def _latest(self) -> Variant:
        if not self.variants and self._graphs:
            raise CompileError(
                f"{_name(self.function)} returns a result that needs a gradient, and runs eagerly: compile the whole step, with "
                f"backward(), or return loss.detach(), or call it within no_grad()"
            )
        if not self.variants:
            raise CompileError(
                f"{_name(self.function)} has not been compiled yet: call it until two calls in succession have run the same way "
                f"(usually three times)"
            )
        return self.variants[0]

    def source(self, helpers: bool = False) -> str:
        """The C text of the step, as it stands in the file that is compiled.

        Args:
            helpers: whether to show the whole file, with the functions that the step calls: products, exp, threads.
        """
        latest = self._latest()
        return latest.text if helpers else latest.emitter.step

    def source_of(self, op: str, module: str = "") -> dict[str, str]:
        """The loops of the C text that compute an op, and its gradient: "forward" and "gradient".

        Args:
            op: the op's name. module: the path of the module that calls it; nothing for an op outside of modules.
        """
        text, title = self.source(), f"{module} {op}".strip()
        return {"forward": under(text, title), "gradient": under(text, f"{title} gradient")}

    def graph(self) -> str:
        """The list of NumPy calls that the C was made from."""
        return str(self._latest().captured.program)

    def report(self) -> str:
        """An account of the program: the calls in C, the calls that NumPy computes with the reasons, and the memory."""
        return self._latest().report()

    def export(self, folder: str | Path, *args: Any, calls: int = 10) -> list[Path]:
        """Write the program as C that needs nothing but a C compiler: step.h, step.c, and a main.c that calls it.

        Args:
            folder: where to; made if need be. args: the arguments that main.c calls it with. calls: how often it does.

        Raises:
            CompileError: not compiled yet, or NumPy computes a part of it.
        """
        arrays: list[Any] = []
        mapped(args, lambda v: arrays.append(array_of(v)) if hasattr(v, "shape") else None)
        return export(self._latest(), folder, arrays, calls)


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", type(function).__name__)


def _signature(value: Any) -> Any:
    """A key for calls of the same kinds, shapes, dtypes and values, before anything else is known of the function."""
    if isinstance(value, AnyTensor):
        return (type(value), value.array.shape, value.array.dtype.str, value.array.strides, value.node is None, current().grad)
    if isinstance(value, tuple | list):
        return (type(value), *[_signature(v) for v in value])
    if isinstance(value, dict):
        return tuple([(k, _signature(v)) for k, v in value.items()])
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return (type(value), value.shape, str(value.dtype))
    try:
        hash(value)
    except TypeError:
        return id(value)
    return (type(value), value)
