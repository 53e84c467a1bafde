"""The types that public signatures name. No function lives here, and no class that anybody makes an object of.

Tensor        a tensor of this engine
TensorLike    what becomes an operand: a tensor, a NumPy array, a number
ArrayLike     what NumPy makes an array of: all these, and nested sequences of numbers
Index         what selects elements, x[index]: integers, slices, None, ..., arrays of integers or booleans, a tuple of them
Dim           one dimension; Dims: one or several, or None for all
Size          a shape, as one sequence
Sizes         one number for all spatial dimensions, or one for each
DType         a dtype, by NumPy's object, type or name
AnyModule     a model: nn's, or any that can be called and lists its parameters and modules
AnyOptimizer  an optimizer: optim's, or any with its groups of parameters
AnyGenerator  a random generator, autograd's or NumPy's
MemoryFormat  channels_last and its kin
Device        "cpu", or autograd.device("cpu"), which is a string, too
PathLike      the path of a file, as a string or an object
Tree          a tensor or another item, or tuples, lists and dicts of trees
PARAMETERS    the types of ops' parameters, by the parameter's name
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

# These three classes are defined above this file, in rooms that take types from here: a circle, but only for a type checker, which
# reads all files before it looks a name up. The running program imports nothing of autograd here. Without the import a checker
# would not know the class: to it a string is a name like any other, and a Protocol would repeat every method of Tensor.
if TYPE_CHECKING:
    from .engine.values.devices import memory_format as MemoryFormat
    from .functions.random import Generator
    from .tensor.tensor import Tensor as Tensor

    AnyGenerator: TypeAlias = Generator | np.random.Generator
else:
    AnyGenerator = MemoryFormat = Any
    Tensor = Any  # while the program runs, the class is not known on this floor

Number: TypeAlias = bool | int | float | complex
if TYPE_CHECKING:
    TensorLike: TypeAlias = Tensor | np.ndarray | np.generic | Number
    ArrayLike: TypeAlias = TensorLike | Sequence[Any]
    Index: TypeAlias = ArrayLike | slice | None  # a tuple is a sequence; mypy has no name for the type of ...
else:
    TensorLike = ArrayLike = Index = Any
Dim: TypeAlias = int
Dims: TypeAlias = int | Sequence[int] | None
Size: TypeAlias = Sequence[int]
Sizes: TypeAlias = int | Sequence[int]
DType: TypeAlias = np.dtype[Any] | type | str
Device: TypeAlias = str
PathLike: TypeAlias = str | os.PathLike[str]
Tree: TypeAlias = Any  # tensors, or tuples, lists and dicts of trees


@runtime_checkable
class AnyModule(Protocol):
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

    def named_parameters(self) -> Iterable[tuple[str, Any]]: ...

    def named_modules(self) -> Iterable[tuple[str, Any]]: ...


class AnyOptimizer(Protocol):
    param_groups: list[dict[str, Any]]

    def step(self, *args: Any, **kwargs: Any) -> Any: ...

    def zero_grad(self) -> None: ...


# The functions that are made of ops have no text of their own to annotate. So here is what a parameter of a name means in all ops,
# and, under "op.parameter", in an op in which it means something else. Where the default is None, None is allowed, too.
PARAMETERS: dict[str, str] = {
    **dict.fromkeys(
        ("alpha", "atol", "beta", "eps", "input_scale", "lambd", "max_val", "min_val", "nan", "negative_slope"), "float"
    ),
    **dict.fromkeys(("neginf", "posinf", "rtol", "scale", "threshold", "threshold.value"), "float"),
    **dict.fromkeys(("ceil_mode", "count_include_pad", "equal_nan", "hermitian", "keepdim", "upper"), "bool"),
    **dict.fromkeys(("diagonal", "divisor_override", "groups", "ignore_index", "num_classes", "offset", "step"), "int"),
    "unfold.size": "int",
    **dict.fromkeys((f"{op}.n" for op in ("iv", "ive", "jv", "kv", "kve", "polygamma", "yv")), "int"),
    "kthvalue.k": "int",
    **dict.fromkeys(("dim0", "dim1", "dim2", "dimension"), "Dim"),
    **dict.fromkeys((f"{op}.dim" for op in ("argmax", "argmin", "cross", "gather", "logcumsumexp", "stack", "unsqueeze")), "Dim"),
    **dict.fromkeys(("dim", "dims"), "Dims"),
    **dict.fromkeys(("dilation", "output_padding", "shifts", "stride"), "int | Sequence[int]"),
    **dict.fromkeys(("kernel_size", "output_size"), "int | Size"),
    **dict.fromkeys(("approximate", "norm"), "str"),
    "dtype": "DType",
    "gather.index": "ArrayLike",
    "getitem.index": "Index",
    "padding": "int | Sequence[int]",
    **dict.fromkeys(("conv1d.padding", "conv2d.padding", "conv3d.padding"), "int | Sequence[int] | str"),
    **dict.fromkeys((f"{op}.s" for op in ("fftn", "ifftn", "irfftn", "rfftn")), "Sequence[int]"),
    "shape": "int | Size",
    "size": "int | Size",
    "tile.dims": "int | Sequence[int]",
    "value": "TensorLike",
}
