"""Layers that look up rows of a table by number, one by one or in bags."""

from __future__ import annotations

from typing import Any

from autograd.engine import memory
from autograd.engine.graph import make
from autograd.errors import ArgumentError, LayerError, ShapeError, describe
from autograd.types import Device, DType, Tensor

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter, empty


class _Table(Module):
    """The base of both layers: the weight (num_embeddings, embedding_dim), which starts from N(0, 1), with zeros at padding_idx."""

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None, max_norm: float | None, norm_type: float,
        scale_grad_by_freq: bool, sparse: bool, weight: Any, freeze: bool, device: Device | None, dtype: DType | None,
    ) -> None:  # fmt: skip
        super().__init__()
        if sparse:
            raise ArgumentError(f"{type(self).__name__}: there are no sparse gradients here: leave sparse=False")
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise LayerError(f"padding_idx must be within num_embeddings: {padding_idx} is not in {num_embeddings} rows")
            padding_idx %= num_embeddings
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        if weight is None:
            self.weight = empty((num_embeddings, embedding_dim), dtype, device, requires_grad=not freeze)
            self.reset_parameters()
        else:
            if tuple(weight.shape) != (num_embeddings, embedding_dim):
                raise ShapeError(
                    f"Shape of weight does not match num_embeddings and embedding_dim: {describe(weight)} for "
                    f"{num_embeddings} rows of {embedding_dim}"
                )
            shared = weight.detach() if hasattr(weight, "detach") else make(weight)
            self.weight = Parameter(shared, requires_grad=not freeze)

    def reset_parameters(self) -> None:
        """Draw the table anew, with zeros in the padding's row."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            memory.write(self.weight.array, 0, where=self.padding_idx)

    def _options(self) -> str:
        text = ""
        if self.max_norm is not None:
            text += f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq is not False:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        return text


def _matrix(embeddings: Tensor) -> tuple[int, int]:
    if embeddings.ndim != 2:
        raise ShapeError(f"Embeddings parameter is expected to be 2-dimensional, not {describe(embeddings)}")
    rows, columns = embeddings.shape
    return rows, columns


class Embedding(_Table):
    """Rows of a table, looked up by their numbers: integers (...) become (..., embedding_dim).

    Args:
        num_embeddings: number of rows of the table. embedding_dim: length of a row.
        padding_idx: the number of a row that starts as 0 and gets no gradient.
        max_norm: a row with a larger norm is scaled down to it, in place, when it is looked up. norm_type: p of that norm.
        scale_grad_by_freq: divide a row's gradient by the number of times that it was looked up.
        sparse: must be False.
        device, dtype: of the table.

    Raises:
        IndexError: a number is not that of a row.

    Example:
        >>> import autograd, nn
        >>> nn.Embedding(10, 3)(autograd.tensor([[1, 2, 4, 5], [4, 3, 2, 9]])).shape
        (2, 4, 3)
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False, _weight: Tensor | None = None,
        _freeze: bool = False, device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, _weight, _freeze, device,
            dtype,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """The rows with these numbers."""
        return F.embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq)

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
    ) -> Embedding:  # fmt: skip
        """Make a layer from an existing table. The layer shares the tensor's memory, and learns the table unless ``freeze``."""
        rows, columns = _matrix(embeddings)
        return cls(rows, columns, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, embeddings, freeze)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}{self._options()}"


class EmbeddingBag(_Table):
    """Sums, means or maxima of bags of rows of a table.

    Args:
        num_embeddings: number of rows of the table. embedding_dim: length of a row.
        max_norm, norm_type, scale_grad_by_freq: those of ``Embedding``.
        mode: how the rows of a bag are combined: "sum", "mean" or "max".
        sparse: must be False.
        include_last_offset: the last offset is the number of indices, and begins no bag.
        padding_idx: the number of a row that does not count.
        device, dtype: of the table.

    Example:
        >>> import autograd, nn
        >>> bag = nn.EmbeddingBag(10, 3, mode="sum")
        >>> bag(autograd.tensor([1, 2, 4, 5]), offsets=autograd.tensor([0, 3])).shape
        (2, 3)
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None, norm_type: float = 2.0,
        scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, _weight: Tensor | None = None,
        include_last_offset: bool = False, padding_idx: int | None = None, device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, _weight, False, device,
            dtype,
        )  # fmt: skip
        if mode not in ("sum", "mean", "max"):
            raise ArgumentError(f"EmbeddingBag: mode must be 'sum', 'mean' or 'max', not {mode!r}")
        self.mode = mode
        self.include_last_offset = include_last_offset

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        """One row per bag.

        Args:
            input: row numbers, (bags, length); or those of all bags in one row.
            offsets: where in that row each bag begins.
            per_sample_weights: numbers of the input's shape, by which the rows are multiplied; for mode "sum".
        """
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.mode, False,
            per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, max_norm: float | None = None, norm_type: float = 2.0,
        scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:  # fmt: skip
        """Make a layer from an existing table. The layer shares the tensor's memory, and learns the table unless ``freeze``."""
        rows, columns = _matrix(embeddings)
        bag = cls(
            rows, columns, max_norm, norm_type, scale_grad_by_freq, mode, sparse, embeddings, include_last_offset, padding_idx
        )
        bag.weight.requires_grad_(not freeze)
        return bag

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{self._options()}, mode={self.mode!r}{padding}"
