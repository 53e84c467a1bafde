"""``torch.lstm`` and its kin: a recurrent layer as a function of its parameters, which are given as a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.errors import ArgumentError
from autograd.types import Tensor

from ..packed_sequence import PackedSequence
from ..stateless import functional_call
from .recurrent import GATES, GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell


class _WithoutNumbers:
    """A layer whose parameters are given with each call draws none."""

    def reset_parameters(self) -> None:
        """Leave the parameters as they are."""


class _LSTM(_WithoutNumbers, LSTM): ...


class _GRU(_WithoutNumbers, GRU): ...


class _RNN(_WithoutNumbers, RNN): ...


class _LSTMCell(_WithoutNumbers, LSTMCell): ...


class _GRUCell(_WithoutNumbers, GRUCell): ...


class _RNNCell(_WithoutNumbers, RNNCell): ...


def _run(kind: Any, mode: str, args: tuple[Any, ...], options: dict[str, Any]) -> tuple[Tensor, ...]:
    """Call a layer with the parameters that are given. The second argument of a packed call holds the batch sizes."""
    packed = len(args) > 3 and isinstance(args[3], list | tuple)
    names = "input batch_sizes hx params" if packed else "input hx params"
    names += " has_biases num_layers dropout train bidirectional" + ("" if packed else " batch_first")
    known = names.split()
    if len(args) > len(known):
        raise TypeError(f"{mode.lower()} takes at most {len(known)} arguments, {len(args)} given")
    given = dict(zip(known, args, strict=False)) | options
    parameters = list(given["params"])
    inputs, state = parameters[0].shape[1], parameters[1].shape[1]
    hidden = parameters[1].shape[0] // GATES[mode]
    layer = kind(
        inputs, hidden, given["num_layers"], bias=bool(given["has_biases"]), batch_first=bool(given.get("batch_first", False)),
        dropout=given["dropout"], bidirectional=bool(given["bidirectional"]), proj_size=0 if state == hidden else state,
        dtype=parameters[0].dtype, **({"nonlinearity": mode[4:].lower()} if mode.startswith("RNN") else {}),
    )  # fmt: skip
    layer.train(bool(given["train"]))
    wanted = [name for name, _ in layer.named_parameters()]
    if len(wanted) != len(parameters):
        raise ArgumentError(f"{mode.lower()}: expected {len(wanted)} parameters ({', '.join(wanted)}), not {len(parameters)}")
    hx = given["hx"]
    states = tuple(hx) if mode == "LSTM" else hx
    x = PackedSequence(given["input"], given["batch_sizes"]) if packed else given["input"]
    output, ends = functional_call(layer, dict(zip(wanted, parameters, strict=True)), (x, states))
    return (output.data if packed else output, *(ends if isinstance(ends, tuple) else (ends,)))


def lstm(*args: Any, **options: Any) -> tuple[Tensor, Tensor, Tensor]:
    """``nn.LSTM`` as a function of its parameters.

    Args:
        args: ``input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first``: the pair of initial states
            hx = (h_0, c_0), and the parameters in the order of ``nn.LSTM.parameters()``. For a packed sequence
            ``data, batch_sizes, hx, params, ...`` without batch_first.
        options: the same by name.

    Returns:
        The outputs, the last hidden and the last cell states.

    Example:
        >>> import autograd, nn
        >>> layer, x, h = nn.LSTM(2, 3), autograd.ones(4, 1, 2), autograd.zeros(1, 1, 3)
        >>> y, h_n, c_n = autograd.lstm(x, (h, h), list(layer.parameters()), True, 1, 0.0, False, False, False)
        >>> autograd.equal(y, layer(x)[0])
        True
    """
    return _run(_LSTM, "LSTM", args, options)  # type: ignore[return-value]


def gru(*args: Any, **options: Any) -> tuple[Tensor, Tensor]:
    """``nn.GRU`` as a function of its parameters.

    Args:
        args: ``input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first``, or for a packed sequence
            ``data, batch_sizes, hx, params, ...`` without batch_first.
        options: the same by name.

    Returns:
        The outputs and the last states.

    Example:
        >>> import autograd, nn
        >>> layer, x, h = nn.GRU(2, 3), autograd.ones(4, 1, 2), autograd.zeros(1, 1, 3)
        >>> autograd.gru(x, h, list(layer.parameters()), True, 1, 0.0, False, False, False)[0].shape
        (4, 1, 3)
    """
    return _run(_GRU, "GRU", args, options)  # type: ignore[return-value]


def rnn_tanh(*args: Any, **options: Any) -> tuple[Tensor, Tensor]:
    """``nn.RNN`` as a function of its parameters: the arguments are those of ``gru``.

    Example:
        >>> import autograd, nn
        >>> layer, x, h = nn.RNN(2, 3), autograd.ones(4, 1, 2), autograd.zeros(1, 1, 3)
        >>> y, h_n = autograd.rnn_tanh(x, h, list(layer.parameters()), True, 1, 0.0, False, False, False)
        >>> autograd.equal(y, layer(x)[0])
        True
    """
    return _run(_RNN, "RNN_TANH", args, options)  # type: ignore[return-value]


def rnn_relu(*args: Any, **options: Any) -> tuple[Tensor, Tensor]:
    """``nn.RNN`` with ``nonlinearity="relu"`` as a function of its parameters: the arguments are those of ``gru``.

    Example:
        >>> import autograd, nn
        >>> layer, x, h = nn.RNN(2, 3, nonlinearity="relu"), autograd.ones(4, 1, 2), autograd.zeros(1, 1, 3)
        >>> y, h_n = autograd.rnn_relu(x, h, list(layer.parameters()), True, 1, 0.0, False, False, False)
        >>> autograd.equal(y, layer(x)[0])
        True
    """
    return _run(_RNN, "RNN_RELU", args, options)  # type: ignore[return-value]


def _run_cell(kind: Any, gates: int, input: Any, hx: Any, parameters: Sequence[Any], **options: Any) -> Any:
    given = {"weight_ih": parameters[0], "weight_hh": parameters[1]}
    if parameters[2] is not None:
        given |= {"bias_ih": parameters[2], "bias_hh": parameters[3]}
    inputs, hidden = parameters[0].shape[1], parameters[1].shape[0] // gates
    cell = kind(inputs, hidden, bias=len(given) == 4, dtype=parameters[0].dtype, **options)
    return functional_call(cell, given, (input, hx))


def lstm_cell(
    input: Tensor, hx: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """``nn.LSTMCell`` as a function of its parameters.

    Args:
        input: (batch, features). hx: the hidden and the cell states, (batch, hidden_size) each.
        w_ih, w_hh, b_ih, b_hh: the cell's parameters.

    Example:
        >>> import autograd, nn
        >>> cell, x, h = nn.LSTMCell(2, 3), autograd.ones(1, 2), autograd.zeros(1, 3)
        >>> autograd.equal(autograd.lstm_cell(x, (h, h), *cell.parameters())[0], cell(x)[0])
        True
    """
    return _run_cell(_LSTMCell, 4, input, tuple(hx), (w_ih, w_hh, b_ih, b_hh))


def gru_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """``nn.GRUCell`` as a function of its parameters.

    Args:
        input: (batch, features). hx: the state, (batch, hidden_size).
        w_ih, w_hh, b_ih, b_hh: the cell's parameters.

    Example:
        >>> import autograd, nn
        >>> cell, x, h = nn.GRUCell(2, 3), autograd.ones(1, 2), autograd.zeros(1, 3)
        >>> autograd.equal(autograd.gru_cell(x, h, *cell.parameters()), cell(x))
        True
    """
    return _run_cell(_GRUCell, 3, input, hx, (w_ih, w_hh, b_ih, b_hh))


def rnn_tanh_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """``nn.RNNCell`` as a function of its parameters.

    Args:
        input: (batch, features). hx: the state, (batch, hidden_size).
        w_ih, w_hh, b_ih, b_hh: the cell's parameters.

    Example:
        >>> import autograd, nn
        >>> cell, x, h = nn.RNNCell(2, 3), autograd.ones(1, 2), autograd.zeros(1, 3)
        >>> autograd.equal(autograd.rnn_tanh_cell(x, h, *cell.parameters()), cell(x))
        True
    """
    return _run_cell(_RNNCell, 1, input, hx, (w_ih, w_hh, b_ih, b_hh))


def rnn_relu_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """``nn.RNNCell`` with ``nonlinearity="relu"`` as a function of its parameters.

    Args:
        input: (batch, features). hx: the state, (batch, hidden_size).
        w_ih, w_hh, b_ih, b_hh: the cell's parameters.

    Example:
        >>> import autograd, nn
        >>> cell, x, h = nn.RNNCell(2, 3, nonlinearity="relu"), autograd.ones(1, 2), autograd.zeros(1, 3)
        >>> autograd.equal(autograd.rnn_relu_cell(x, h, *cell.parameters()), cell(x))
        True
    """
    return _run_cell(_RNNCell, 1, input, hx, (w_ih, w_hh, b_ih, b_hh), nonlinearity="relu")
