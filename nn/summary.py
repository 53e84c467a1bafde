"""``summary(model, input_shape)``: a table of a model's layers with their outputs' shapes, parameters, arithmetic and memory."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np

from autograd.engine import memory
from autograd.engine.graph import make
from autograd.engine.modes import Watch, current, enter, leave
from autograd.engine.recording import AnyTensor
from autograd.engine.values.dtypes import get_default_dtype, to_dtype
from autograd.errors import printable
from autograd.functions.random import fork_rng
from autograd.types import DType, Size, Tensor, Tree

from .flops import flops
from .module import Module
from .names import path_of_call
from .parameter import is_lazy


class _Meter(Watch):
    """Adds up each layer's arithmetic and the bytes that its ops save for backward. Shared memory counts once, parameters never."""

    def __init__(self, model: Module) -> None:
        self.flops: dict[str, int] = {}
        self.saved_bytes: dict[str, int] = {}
        tensors: list[Tensor] = [*model.parameters(), *model.buffers()]
        self.seen = {id(memory.owner(t.array)) for t in tensors if not is_lazy(t)}
        self.alive: list[Any] = []

    def forward(self, op: Any, node: Any, operands: Any, result: Any) -> None:
        layer = str(current().layer or "")
        self.flops[layer] = self.flops.get(layer, 0) + flops(op, node, operands, result)
        for value in (node.saved or ()) if node is not None else ():
            for array in value if isinstance(value, tuple) else (value,):
                if isinstance(array, np.ndarray):
                    owner = memory.owner(array)
                    if id(owner) not in self.seen:
                        self.seen.add(id(owner))
                        self.alive.append(owner)
                        self.saved_bytes[layer] = self.saved_bytes.get(layer, 0) + owner.nbytes
        super().forward(op, node, operands, result)


class Row(NamedTuple):
    """One module in a summary. The numbers are its own, without those of the modules below it, added up over all its calls.

    Attributes:
        path: the module's path. kind: the name of its class.
        output: the shape of the last call's output; a list of shapes for several outputs; None if the module was not called.
        parameters: the number of elements of its parameters. flops: floating point operations.
        kept: bytes saved for backward. calls: how often it was called.
    """

    path: str
    kind: str
    output: Any
    parameters: int
    flops: int
    kept: int
    calls: int


class Summary:
    """What ``summary`` found out about a model. Its text is a table.

    Attributes:
        rows: a ``Row`` for each module, in the order of ``named_modules``.
        total_parameters, trainable_parameters: numbers of elements; a shared parameter counts once.
        total_flops: floating point operations of one forward. total_kept: bytes saved for backward.
    """

    def __init__(self, model: Module, rows: list[Row], total_flops: int, total_kept: int) -> None:
        self.name = type(model).__name__
        self.rows = rows
        parameters = list(model.parameters())
        self.total_parameters = sum(p.array.size for p in parameters)
        self.trainable_parameters = sum(p.array.size for p in parameters if p.requires_grad)
        self.parameter_bytes = sum(p.array.nbytes for p in parameters)
        self.total_flops = total_flops
        self.total_kept = total_kept

    def __repr__(self) -> str:
        head = ("Layer (type)", "Output shape", "Parameters", "FLOPs", "Kept for backward")
        lines = []
        for row in self.rows:
            depth = row.path.count(".") + 1 if row.path else 0
            name = row.path.rpartition(".")[2]
            label = "  " * depth + printable(f"{name} ({row.kind})" if name else row.kind)
            if row.calls > 1:
                label += f", {row.calls} calls"
            numbers = [f"{n:,}" if n else "-" for n in (row.parameters, row.flops)]
            lines.append((label, _shape(row.output), *numbers, _bytes(row.kept) if row.kept else "-"))
        widths = [max(len(line[i]) for line in [head, *lines]) for i in range(5)]

        def written(cells: tuple[str, ...]) -> str:
            left = [cells[i].ljust(widths[i]) for i in (0, 1)]
            return "  ".join([*left, *[cells[i].rjust(widths[i]) for i in (2, 3, 4)]]).rstrip()

        rule = "-" * (sum(widths) + 8)
        frozen = self.total_parameters - self.trainable_parameters
        return "\n".join(
            [
                written(head), rule, *[written(line) for line in lines], rule,
                f"Parameters: {self.total_parameters:,} ({self.trainable_parameters:,} trainable, {frozen:,} frozen), "
                f"{_bytes(self.parameter_bytes)}",
                f"FLOPs of a forward: {self.total_flops:,}",
                f"Kept for backward: {_bytes(self.total_kept)}",
            ]
        )  # fmt: skip

    __str__ = __repr__


def _shape(output: Any) -> str:
    if output is None:
        return "-"
    if isinstance(output, list):
        return ", ".join(_shape(o) for o in output)
    return "(" + ", ".join(map(str, output)) + ("," if len(output) == 1 else "") + ")"


def _bytes(n: int) -> str:
    size = float(n)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{n} B" if unit == "B" else f"{size:.1f} {unit}"


def _shapes_of(output: Any) -> Any:
    if isinstance(output, AnyTensor):
        return tuple(output.shape)
    if isinstance(output, tuple | list):
        shapes = [_shapes_of(o) for o in output]
        return [shape for shape in shapes if shape is not None] or None
    return None


def summary(
    model: Module, input_shape: Size | list[Size] | None = None, dtype: DType | None = None, *, input_data: Tree | None = None
) -> Summary:
    """Call a model once and list its layers. The model and its buffers are unchanged afterwards.

    Args:
        model: the model to call.
        input_shape: shape of the input, batch included; a list of shapes for several inputs. The inputs are zeros.
        dtype: of the inputs; by default the default dtype.
        input_data: a tensor, or a tuple of arguments, instead of a shape.

    Returns:
        A Summary. Print it for the table; the numbers are its attributes.

    Raises:
        TypeError: neither a shape nor data is given.

    Example:
        >>> import nn
        >>> nn.summary(nn.Sequential(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10)), (64, 784))
        Layer (type)  Output shape  Parameters      FLOPs  Kept for backward
        --------------------------------------------------------------------
        Sequential    (64, 10)               -          -                  -
          0 (Linear)  (64, 32)          25,120  3,213,312          196.0 KiB
          1 (ReLU)    (64, 32)               -      2,048            8.0 KiB
          2 (Linear)  (64, 10)             330     41,600                  -
        --------------------------------------------------------------------
        Parameters: 25,450 (25,450 trainable, 0 frozen), 99.4 KiB
        FLOPs of a forward: 3,256,960
        Kept for backward: 204.0 KiB
    """
    if input_data is not None:
        args = input_data if isinstance(input_data, tuple) else (input_data,)
    elif input_shape is not None:
        kind = get_default_dtype() if dtype is None else to_dtype(dtype)
        shapes: Any = input_shape if input_shape and isinstance(input_shape[0], list | tuple) else [input_shape]
        args = tuple(make(np.zeros(tuple(shape), kind)) for shape in shapes)
    else:
        raise TypeError("summary needs the input's shape, batch included: summary(model, (32, 784)), or input_data=a tensor")
    outputs: dict[str, list[Any]] = {}
    paths = list(model.named_modules())
    buffers = [(m, name, b, b.array.copy()) for _, m in paths for name, b in m._buffers.items() if b is not None and not is_lazy(b)]
    meter = _Meter(model)
    with ExitStack() as stack, fork_rng():
        for path, module in paths:
            stack.callback(_output_hook(module, path, outputs).remove)
        token = enter(current().but(watch=meter, grad=True, inference=False, layer=None))
        try:
            model(*args)
        finally:
            leave(token)
            for module, name, buffer, values in buffers:
                module._buffers[name] = buffer
                if not np.array_equal(buffer.array, values, equal_nan=buffer.array.dtype.kind in "fc"):
                    memory.write(buffer.array, values)
    prefix = path_of_call(model, None, None)  # not empty if the model is a part of another
    own = {path: f"{prefix}.{path}".strip(".") if path else prefix for path, _ in paths}
    rows = [
        Row(
            path, type(module).__name__, outputs[path][-1] if path in outputs else None,
            sum(p.array.size for p in module._parameters.values() if p is not None),
            meter.flops.get(own[path], 0), meter.saved_bytes.get(own[path], 0), len(outputs.get(path, ())),
        )
        for path, module in paths
    ]  # fmt: skip
    return Summary(model, rows, sum(meter.flops.values()), sum(meter.saved_bytes.values()))


def _output_hook(module: Module, path: str, outputs: dict[str, list[Any]]) -> Any:
    def note(_: Module, args: Any, output: Any) -> None:
        outputs.setdefault(path, []).append(_shapes_of(output))

    return module.register_forward_hook(note)
