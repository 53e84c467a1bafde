"""Recurrent layers and cells.

A layer multiplies the inputs of all times by its weight in one product; one op then runs through the sequence. A packed sequence is
padded first: the rows beyond a sequence's end repeat its last one, and the results of these repeated rows are not used.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

import autograd
from autograd.engine.graph import make
from autograd.engine.modes import current
from autograd.engine.recording import recorded
from autograd.errors import ArgumentError, DtypeError, ShapeError, describe, where
from autograd.functions.linear import affine
from autograd.ops import recurrent as ops
from autograd.types import Device, DType, Tensor

from .. import functional as F
from .. import init
from ..module import Module
from ..packed_sequence import PackedSequence
from ..parameter import empty

_lstm, _projected_lstm = recorded(ops.lstm), recorded(ops.projected_lstm)
_gru, _rnn = recorded(ops.gru), recorded(ops.rnn)
GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


class _Lengths:
    """Indices that turn a packed batch (rows, ...) into a padded one (time, batch, ...), and back.

    Attributes:
        batch: the number of sequences.
        spread: (time, batch) indices of packed rows; spread[1] lists each sequence from its own end backwards.
        gather: for each packed row the pair (time, sequence) where the padded batch has it; gather[1] with time counted backwards.
        last: the pair (time, sequence) of each sequence's last step.
    """

    def __init__(self, batch_sizes: np.ndarray) -> None:
        self.batch = int(batch_sizes[0])
        steps = np.arange(len(batch_sizes))
        rows = np.arange(self.batch)
        starts = np.cumsum(batch_sizes) - batch_sizes
        lengths = (batch_sizes[:, None] > rows).sum(axis=0)
        forwards = np.minimum(steps[:, None], lengths - 1)
        self.spread = (starts[forwards] + rows, starts[np.maximum(lengths - 1 - steps[:, None], 0)] + rows)
        times = np.repeat(steps, batch_sizes)
        owners = np.arange(len(times)) - starts[times]
        self.gather = ((times, owners), (lengths[owners] - 1 - times, owners))
        self.last = (lengths - 1, rows)


class RNNBase(Module):
    """The base of RNN, LSTM and GRU: it holds the parameters of each layer and direction, and runs a sequence through them.

    Args:
        mode: "LSTM", "GRU", "RNN_TANH" or "RNN_RELU".
        input_size: number of features of the input. hidden_size: number of features of the hidden state.
        num_layers: number of layers; each reads the outputs of the one before.
        bias: whether the layers have biases.
        batch_first: the input is (batch, time, features) instead of (time, batch, features). The states' shapes stay the same.
        dropout: probability with which an output is dropped between two layers, in training.
        bidirectional: each layer also reads the sequence backwards; its outputs are concatenated, forwards first.
        proj_size: number of features to which an LSTM's hidden state is projected; 0 for no projection.
        device, dtype: of the parameters.

    Shapes: weight_ih_l{k} (gates * hidden_size, inputs of layer k), weight_hh_l{k} (gates * hidden_size, hidden_size or proj_size),
    bias_ih_l{k} and bias_hh_l{k} (gates * hidden_size,), weight_hr_l{k} (proj_size, hidden_size); with ``_reverse`` for the other
    direction. All start from U(-k, k), k = 1 / sqrt(hidden_size).

    Example:
        >>> import autograd, nn
        >>> isinstance(nn.GRU(10, 20), nn.RNNBase)
        True
    """

    proj_size: int = 0  # a pickle that PyTorch 1.7 or older wrote has none

    def __init__(
        self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0, device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        _check_options(mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, proj_size)
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                f"dropout={dropout} has no effect with num_layers=1: it is applied after all layers but the last", stacklevel=3
            )
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self.generator: Any = None  # where dropout's numbers come from: None for the default generator
        self._all_weights: list[list[str]] = []
        gates, state = GATES[mode] * hidden_size, proj_size or hidden_size
        for layer in range(num_layers):
            for suffix in ("", "_reverse") if bidirectional else ("",):
                inputs = state * (1 + bidirectional) if layer else input_size
                shapes: dict[str, Any] = {"weight_ih": (gates, inputs), "weight_hh": (gates, state)}
                if bias:
                    shapes |= {"bias_ih": gates, "bias_hh": gates}
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                names = {f"{name}_l{layer}{suffix}": shape for name, shape in shapes.items()}
                for name, shape in names.items():
                    setattr(self, name, empty(shape, dtype, device))
                self._all_weights.append(list(names))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters anew."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    @property
    def all_weights(self) -> list[list[Tensor]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights(self) -> list[Tensor]:
        """All weights in a row, under PyTorch's name."""
        return [weight for weights in self.all_weights for weight in weights]

    def flatten_parameters(self) -> None:
        """Do nothing. PyTorch moves the parameters into one block of memory here, for the GPU."""

    # -------------------------------------------------------------------------------------------------------------- checking
    def _here(self) -> str:
        return f"{self._get_name()}{where(current().layer)}"

    def _states(self, hx: Any) -> tuple[Any, ...] | None:
        """The initial states as a tuple."""
        return None if hx is None else (hx,)

    def _sizes(self) -> tuple[int, ...]:
        """The features of each state."""
        return (self.hidden_size,)

    def _check_input(self, input: Tensor) -> None:
        weight, shape = self.weight_ih_l0, input.array.shape
        if shape[-1] != self.input_size:
            raise ShapeError(
                f"{self._here()}: input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.shape[-1]}: "
                f"input is {describe(input)}"
            )
        if input.dtype != weight.dtype:
            raise DtypeError(
                f"{self._here()}: input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). "
                f"Convert input: input.to({weight.dtype}), or convert model: model.to({input.dtype})"
            )
        if not shape[0 if not self.batch_first or len(shape) < 3 else 1]:
            raise ShapeError(f"{self._here()}: Expected sequence length to be larger than 0 in RNN, input is {describe(input)}")

    def _first_states(self, hx: Any, input: Tensor, batch: int, lifted: bool) -> tuple[Any, ...]:
        """The initial states as (layers * directions, batch, size), checked; zeros if none were given."""
        states = self._states(hx)
        lead = self.num_layers * (1 + self.bidirectional)
        if states is None:
            return tuple([make(np.zeros((lead, batch, size), input.dtype)) for size in self._sizes()])
        names = ("h_0", "c_0")
        if lifted:
            odd = next((s for s in states if s.ndim != 2), None)
            if odd is not None:
                raise ShapeError(f"{self._here()}: For unbatched 2-D input, hx should also be 2-D but got {describe(odd)}")
            states = tuple([autograd.unsqueeze(s, 1) for s in states])
        for name, state, size in zip(names, states, self._sizes(), strict=False):
            expected = (lead, batch, size)
            if tuple(state.shape) != expected:
                what = "cell" if name == "c_0" else "hidden"
                raise ShapeError(
                    f"{self._here()}: Expected {what} size {expected}, got {list(state.shape)}: {name} is {describe(state)}, "
                    f"and must be (layers * directions, batch, size) for input {describe(input)}"
                )
        return states

    # ------------------------------------------------------------------------------------------------------------- computing
    def _run(self, x: Any, states: list[Any], names: list[str]) -> tuple[Any, list[Any]]:
        """From the inputs' part of the gates (time, batch, ...) the outputs of all times, and each state at all times."""
        raise NotImplementedError("RNNBase has no recurrence of its own: use RNN, LSTM or GRU")

    def _outer_bias(self, names: list[str]) -> Any:
        """The bias that may be added to the inputs' part for all times at once."""
        return getattr(self, names[2]) + getattr(self, names[3]) if self.bias else None

    def _direction(
        self, x: Any, states: list[Any], names: list[str], reverse: int, packed: _Lengths | None
    ) -> tuple[Any, list[Any]]:
        """One layer in one direction: its outputs, in the order of x, and its last states."""
        gates = affine(x, getattr(self, names[0]), self._outer_bias(names))
        if packed is not None:
            gates = autograd.getitem(gates, index=packed.spread[reverse])
        elif reverse:
            gates = autograd.flip(gates, 0)
        ys, runs = self._run(gates, states, names)
        if packed is not None:
            last = [autograd.getitem(s, index=packed.last) for s in runs]
            return autograd.getitem(ys, index=packed.gather[reverse]), last
        return (autograd.flip(ys, 0) if reverse else ys), [autograd.getitem(s, index=-1) for s in runs]

    def forward(
        self, input: Tensor | PackedSequence, hx: Tensor | tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor | PackedSequence, Tensor | tuple[Tensor, ...]]:
        """The outputs of the last layer at all times, and the last states of all layers.

        Args:
            input: (time, batch, input_size); (batch, time, input_size) with ``batch_first``; (time, input_size); or packed.
            hx: initial states (layers * directions, batch, size), without batch for an input without; zeros if not given.
                For an LSTM the pair (h_0, c_0).
        """
        packed = None
        lifted = False
        x: Any = input
        if isinstance(input, PackedSequence):
            x = input.data
            if x.ndim != 2:
                raise ShapeError(f"{self._here()}: packed input must have 2 dimensions (rows, features), its data is {describe(x)}")
            self._check_input(x)
            packed = _Lengths(np.asarray(input.batch_sizes.array))
            states = self._first_states(hx, x, packed.batch, False)
            if input.sorted_indices is not None and hx is not None:
                order = input.sorted_indices.array
                states = tuple([autograd.getitem(s, index=(slice(None), order)) for s in states])
        else:
            if input.ndim not in (2, 3):
                raise ShapeError(f"{self._here()}: Expected input to be 2D or 3D, got {input.ndim}D instead: {describe(input)}")
            self._check_input(input)
            lifted = input.ndim == 2
            if lifted:
                x = autograd.unsqueeze(input, 1)
            elif self.batch_first:
                x = autograd.swapaxes(input, 0, 1)
            states = self._first_states(hx, input, x.shape[1], lifted)
        final: list[list[Any]] = [[] for _ in states]
        directions = 1 + self.bidirectional
        for layer in range(self.num_layers):
            outputs = []
            for reverse in range(directions):
                k = layer * directions + reverse
                own = [autograd.getitem(s, index=k) for s in states]
                ys, last = self._direction(x, own, self._all_weights[k], reverse, packed)
                outputs.append(ys)
                for states_of_layers, state in zip(final, last, strict=True):
                    states_of_layers.append(state)
            x = outputs[0] if directions == 1 else autograd.cat(outputs, -1)
            if self.dropout and layer < self.num_layers - 1:
                x = F.dropout(x, self.dropout, self.training, generator=self.generator)
        ends = [autograd.stack(states_of_layers) for states_of_layers in final]
        if isinstance(input, PackedSequence):
            x = PackedSequence(x, input.batch_sizes, input.sorted_indices, input.unsorted_indices)
            if input.unsorted_indices is not None:
                order = input.unsorted_indices.array
                ends = [autograd.getitem(e, index=(slice(None), order)) for e in ends]
        elif lifted:
            x, ends = autograd.squeeze(x, 1), [autograd.squeeze(e, 1) for e in ends]
        elif self.batch_first:
            x = autograd.swapaxes(x, 0, 1)
        return x, (tuple(ends) if len(ends) > 1 else ends[0])

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        usual = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0, "bidirectional": False}
        for name, default in usual.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        return text


def _check_options(
    mode: str, input_size: Any, hidden_size: Any, num_layers: int, bias: Any, batch_first: Any, dropout: Any, proj_size: int
) -> None:
    if mode not in GATES:
        raise ArgumentError(f"Unrecognized RNN mode: {mode}; there are {', '.join(GATES)}")
    for name, flag in (("bias", bias), ("batch_first", batch_first)):
        if not isinstance(flag, bool):
            raise TypeError(f"{name} should be of type bool, got: {type(flag).__name__}")
    for name, size in (("input_size", input_size), ("hidden_size", hidden_size)):
        if not isinstance(size, int):
            raise TypeError(f"{name} should be of type int, got: {type(size).__name__}")
    for name, size in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
        if size <= 0:
            raise ArgumentError(f"{name} must be greater than zero, got {size}")
    if isinstance(dropout, bool) or not isinstance(dropout, int | float) or not 0 <= dropout <= 1:
        raise ArgumentError(f"dropout should be a number in range [0, 1], a probability, got {dropout!r}")
    if proj_size < 0:
        raise ArgumentError(f"proj_size should be a positive integer or zero to disable projections, got {proj_size}")
    if proj_size >= hidden_size:
        raise ArgumentError(f"proj_size has to be smaller than hidden_size, got {proj_size} and {hidden_size}")
    if proj_size and mode != "LSTM":
        raise ArgumentError("proj_size argument is only supported for LSTM, not RNN or GRU")


class RNN(RNNBase):
    """Simple recurrence: h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), or relu instead of tanh.

    Args:
        nonlinearity: "tanh" or "relu". The others are those of ``RNNBase``.

    Source: Elman, Finding Structure in Time, 1990.

    Example:
        >>> import autograd, nn
        >>> y, h = nn.RNN(10, 20, 2)(autograd.ones(5, 3, 10))
        >>> y.shape, h.shape
        ((5, 3, 20), (2, 3, 20))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0,
        device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        if nonlinearity not in ("tanh", "relu"):
            raise ArgumentError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        mode = f"RNN_{nonlinearity.upper()}"
        super().__init__(
            mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype
        )
        self.nonlinearity = nonlinearity

    def _run(self, x: Any, states: list[Any], names: list[str]) -> tuple[Any, list[Any]]:
        ys = _rnn(x, states[0], getattr(self, names[1]), nonlinearity=self.nonlinearity)
        return ys, [ys]


class LSTM(RNNBase):
    """Long short-term memory.

    Formula, with sigma the logistic function:
        i_t = sigma(W_ii x_t + b_ii + W_hi h_(t-1) + b_hi)
        f_t = sigma(W_if x_t + b_if + W_hf h_(t-1) + b_hf)
        g_t = tanh(W_ig x_t + b_ig + W_hg h_(t-1) + b_hg)
        o_t = sigma(W_io x_t + b_io + W_ho h_(t-1) + b_ho)
        c_t = f_t c_(t-1) + i_t g_t
        h_t = o_t tanh(c_t), with proj_size W_hr (o_t tanh(c_t))

    One parameter holds the four matrices of each kind, in the order i, f, g, o. Args: those of ``RNNBase``.

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; the forget gate: Gers, Schmidhuber and Cummins, Learning to
    Forget, 2000; the projection: Sak, Senior and Beaufays, 2014.

    Example:
        >>> import autograd, nn
        >>> y, (h, c) = nn.LSTM(10, 20, 2)(autograd.ones(5, 3, 10))
        >>> y.shape, h.shape, c.shape
        ((5, 3, 20), (2, 3, 20), (2, 3, 20))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0, device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            "LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype
        )

    def _states(self, hx: Any) -> tuple[Any, ...] | None:
        if hx is not None and (not isinstance(hx, tuple | list) or len(hx) != 2):
            raise ArgumentError(f"{self._here()}: hx must be the pair (h_0, c_0), got {describe(hx)}")
        return None if hx is None else tuple(hx)

    def _sizes(self) -> tuple[int, ...]:
        return (self.proj_size or self.hidden_size, self.hidden_size)

    def _run(self, x: Any, states: list[Any], names: list[str]) -> tuple[Any, list[Any]]:
        w = getattr(self, names[1])
        ys, cs = _projected_lstm(x, *states, w, getattr(self, names[-1])) if self.proj_size else _lstm(x, *states, w)
        return ys, [ys, cs]


class GRU(RNNBase):
    """Gated recurrent units.

    Formula, with sigma the logistic function:
        r_t = sigma(W_ir x_t + b_ir + W_hr h_(t-1) + b_hr)
        z_t = sigma(W_iz x_t + b_iz + W_hz h_(t-1) + b_hz)
        n_t = tanh(W_in x_t + b_in + r_t (W_hn h_(t-1) + b_hn))
        h_t = (1 - z_t) n_t + z_t h_(t-1)

    One parameter holds the three matrices of each kind, in the order r, z, n. Args: those of ``RNNBase``.

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014; the reset gate stands, as in PyTorch,
    behind the product.

    Example:
        >>> import autograd, nn
        >>> y, h = nn.GRU(10, 20, bidirectional=True)(autograd.ones(5, 3, 10))
        >>> y.shape, h.shape
        ((5, 3, 40), (2, 3, 20))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0, device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype
        )

    def _outer_bias(self, names: list[str]) -> Any:
        return getattr(self, names[2]) if self.bias else None

    def _run(self, x: Any, states: list[Any], names: list[str]) -> tuple[Any, list[Any]]:
        ys = _gru(x, states[0], getattr(self, names[1]), getattr(self, names[3]) if self.bias else np.zeros(x.shape[-1], x.dtype))
        return ys, [ys]


# ---------------------------------------------------------------------------------------------------------------------- cells


class RNNCellBase(Module):
    """The base class of cells, each one step of a layer: it holds weight_ih, weight_hh, bias_ih and bias_hh.

    Args:
        input_size: features of the input. hidden_size: features of the hidden state.
        bias: whether there are biases. num_chunks: the number of gates, whose matrices are stacked in one parameter.

    Example:
        >>> import autograd, nn
        >>> nn.LSTMCell(10, 20).weight_ih.shape
        (80, 10)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        self.weight_ih = empty((num_chunks * hidden_size, input_size), dtype, device)
        self.weight_hh = empty((num_chunks * hidden_size, hidden_size), dtype, device)
        if bias:
            self.bias_ih = empty(num_chunks * hidden_size, dtype, device)
            self.bias_hh = empty(num_chunks * hidden_size, dtype, device)
        else:
            self.register_parameter("bias_ih", None)
            self.register_parameter("bias_hh", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters anew from U(-k, k), k = 1 / sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _prepared(self, input: Tensor, states: tuple[Any, ...] | None, count: int) -> tuple[Any, tuple[Any, ...]]:
        """Input and states with a batch dimension, checked."""
        here = f"{self._get_name()}{where(current().layer)}"
        if input.ndim not in (1, 2):
            raise ShapeError(f"{here}: Expected input to be 1D or 2D, got {input.ndim}D instead: {describe(input)}")
        if input.shape[-1] != self.input_size:
            raise ShapeError(
                f"{here}: input has inconsistent input_size: got {input.shape[-1]}, expected {self.input_size}: {describe(input)}"
            )
        expected = (*input.shape[:-1], self.hidden_size)
        if states is None:
            states = tuple([make(np.zeros(expected, input.dtype)) for _ in range(count)])
        for state in states:
            if tuple(state.shape) != expected:
                raise ShapeError(
                    f"{here}: the hidden state {describe(state)} does not fit input {describe(input)}: it must be {expected}"
                )
        if input.ndim == 2:
            return input, states
        return autograd.unsqueeze(input, 0), tuple([autograd.unsqueeze(s, 0) for s in states])

    def _outer(self, x: Any, bias: Any) -> Any:
        """The input's part of the gates as a sequence of one step."""
        return autograd.unsqueeze(affine(x, self.weight_ih, bias), 0)

    def _biases(self) -> Any:
        return self.bias_ih + self.bias_hh if self.bias_ih is not None else None

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text


def _out(values: Any, batched: bool) -> Any:
    """The only step of a sequence of one, as (batch, hidden) or (hidden,)."""
    return autograd.getitem(values, index=0 if batched else (0, 0))


class RNNCell(RNNCellBase):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu instead of tanh.

    Args:
        nonlinearity: "tanh" or "relu". The others are those of ``RNNCellBase``.

    Example:
        >>> import autograd, nn
        >>> nn.RNNCell(10, 20)(autograd.ones(3, 10)).shape
        (3, 20)
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next hidden state. input: (batch, input_size) or (input_size,). hx: (batch, hidden_size) or (hidden_size,)."""
        if self.nonlinearity not in ("tanh", "relu"):
            raise ArgumentError(f"Unknown nonlinearity: {self.nonlinearity}; there are tanh and relu")
        x, (h,) = self._prepared(input, None if hx is None else (hx,), 1)
        return _out(_rnn(self._outer(x, self._biases()), h, self.weight_hh, nonlinearity=self.nonlinearity), input.ndim == 2)


class LSTMCell(RNNCellBase):
    """One step of ``LSTM``: from (h, c) to (h', c').

    Example:
        >>> import autograd, nn
        >>> h, c = nn.LSTMCell(10, 20)(autograd.ones(3, 10))
        >>> h.shape, c.shape
        ((3, 20), (3, 20))
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Device | None = None, dtype: DType | None = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """The next hidden and cell state. input: (batch, input_size) or (input_size,). hx: the pair (h, c), each as the result."""
        if hx is not None and (not isinstance(hx, tuple | list) or len(hx) != 2):
            raise ArgumentError(f"{self._get_name()}{where(current().layer)}: hx must be the pair (h, c), got {describe(hx)}")
        x, (h, c) = self._prepared(input, None if hx is None else tuple(hx), 2)
        hs, cs = _lstm(self._outer(x, self._biases()), h, c, self.weight_hh)
        return _out(hs, input.ndim == 2), _out(cs, input.ndim == 2)


class GRUCell(RNNCellBase):
    """One step of ``GRU``: from h to h'.

    Example:
        >>> import autograd, nn
        >>> nn.GRUCell(10, 20)(autograd.ones(3, 10)).shape
        (3, 20)
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Device | None = None, dtype: DType | None = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next hidden state. input: (batch, input_size) or (input_size,). hx: (batch, hidden_size) or (hidden_size,)."""
        x, (h,) = self._prepared(input, None if hx is None else (hx,), 1)
        inner = self.bias_hh if self.bias_hh is not None else np.zeros(3 * self.hidden_size, input.dtype)
        return _out(_gru(self._outer(x, self.bias_ih), h, self.weight_hh, inner), input.ndim == 2)
