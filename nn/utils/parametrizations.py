"""Ready-made parametrizations of weights: normalized by length, by spectral norm, and orthogonal."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd.engine.graph import make
from autograd.errors import ArgumentError, ShapeError, describe
from autograd.functions.linalg import matrix as linalg
from autograd.functions.random import normal_array
from autograd.types import Tensor

from ..functional import normalize
from ..module import Module
from .parametrize import register_parametrization


def norm_except_dim(v: Tensor, dim: int | None) -> Tensor:
    """The length of each slice of a tensor along a dimension; of all of it for -1 or None."""
    others = tuple(d for d in range(v.ndim) if dim in (-1, None) or d != dim % v.ndim)
    return autograd.norm(v, 2, others, True) if dim not in (-1, None) else autograd.norm(v, 2)


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        return weight_v * (weight_g / norm_except_dim(weight_v, self.dim))

    def right_inverse(self, weight: Any) -> Any:
        return norm_except_dim(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """w = g v / |v|: the length and the direction of each output's weight are learned apart.

    Args:
        name: of the parameter. dim: the dimension of the outputs; None for one length of the whole weight.

    Source: Salimans and Kingma, Weight normalization, 2016.
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(module: Module, state_dict: Any, prefix: str, *_: Any) -> None:
        """The keys of ``nn.utils.weight_norm``, under which older checkpoints have the length and the direction."""
        for i, old in enumerate(("g", "v")):
            if f"{prefix}{name}_{old}" in state_dict and len(module.parametrizations[name]) == 1:
                state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(f"{prefix}{name}_{old}")

    module.register_load_state_dict_pre_hook(rename)
    return module


class _SpectralNorm(Module):
    _u: Any
    _v: Any

    def __init__(self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.ndim
        if dim >= ndim or dim < -ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ArgumentError(f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}")
        self.dim = dim if dim >= 0 else dim + ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._matrix(weight)
            u, v = (normal_array((n,), weight.dtype, None) for n in matrix.shape)
            self.register_buffer("_u", make(u / max(np.linalg.norm(u), eps)))
            self.register_buffer("_v", make(v / max(np.linalg.norm(v), eps)))
            self._iterate(matrix.array, 15)

    def _matrix(self, weight: Any) -> Any:
        if self.dim != 0:
            weight = autograd.movedim(weight, self.dim, 0)
        return weight.reshape(weight.shape[0], -1)

    def _iterate(self, matrix: np.ndarray, times: int) -> None:
        """Power iteration: u and v approach the singular vectors of the largest singular value."""
        u, v = self._u.array, self._v.array
        for _ in range(times):
            u = matrix @ v
            u = u / max(np.linalg.norm(u), self.eps)
            v = matrix.conj().T @ u
            v = v / max(np.linalg.norm(v), self.eps)
        # New arrays: a graph may hold the old ones.
        self._u, self._v = make(u.astype(matrix.dtype, copy=False)), make(v.astype(matrix.dtype, copy=False))

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix.array, self.n_power_iterations)
        sigma = autograd.sum(self._u.array.conj() * autograd.matmul(matrix, self._v))  # u^H W v
        return weight / sigma

    def right_inverse(self, value: Any) -> Any:
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """w / sigma(w), with sigma the largest singular value, estimated by power iteration in each training forward.

    Args:
        n_power_iterations: steps per forward. dim: the dimension of the outputs (1 for transposed convolutions, otherwise 0).

    Source: Miyato et al., Spectral normalization for generative adversarial networks, 2018.
    """
    weight = _parameter(module, name)
    if dim is None:
        dim = 1 if type(module).__name__.startswith("ConvTranspose") else 0
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))


def _parameter(module: Module, name: str) -> Any:
    weight = getattr(module, name, None)
    if not hasattr(weight, "array"):
        raise ValueError(f"Module '{type(module).__name__}' has no parameter or buffer with name '{name}'")
    return weight


class _Orthogonal(Module):
    base: Any

    def __init__(self, weight: Any, kind: str, use_trivialization: bool) -> None:
        super().__init__()
        self.kind = kind
        self.shape = tuple(weight.shape)
        if use_trivialization:
            self.register_buffer("base", make(np.zeros(self.shape, weight.dtype)))
        else:
            self.register_buffer("base", None)

    def forward(self, x: Any) -> Any:
        n, k = x.shape[-2:]
        wide = n < k
        if wide:
            x, n, k = x.mT, k, n
        if self.kind == "householder":
            q = _householder(x)
        else:
            a = autograd.tril(x)
            if n != k:
                a = autograd.cat([a, np.zeros((*x.shape[:-1], n - k), x.dtype)], dim=-1)
            a = a - autograd.conj(a.mT)
            if self.kind == "matrix_exp":
                q = linalg.matrix_exp(a)
            else:
                eye = np.eye(n, dtype=x.dtype)
                q = linalg.solve(eye - a * 0.5, eye + a * 0.5)
            if n != k:
                q = q[..., :k]
        if self.base is not None:
            q = autograd.matmul(self.base, q)
        return q.mT if wide else q

    def right_inverse(self, value: Any) -> Any:
        if tuple(value.shape) != self.shape:
            raise ShapeError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {tuple(value.shape)}."
            )
        q = value.array
        wide = q.shape[-2] < q.shape[-1]
        if wide:
            q = np.swapaxes(q, -2, -1)
        k = q.shape[-1]
        if self.base is None:
            if self.kind != "householder":
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                    "use_trivialization=False."
                )
            return make(np.ascontiguousarray(_reflectors(q, wide)))
        # The orthogonal factor of the matrix becomes the base. The parameter starts at -I, which every map takes to the identity.
        full, r = np.linalg.qr(q, mode="complete")
        d = np.diagonal(r, axis1=-2, axis2=-1)
        full[..., :, :k] *= np.where(d == 0, 1, d / np.where(d == 0, 1, np.abs(d)))[..., None, :]
        self.base = make(full.astype(value.dtype, copy=False))
        return make(np.array(np.broadcast_to(-np.eye(*self.shape[-2:], dtype=value.dtype), self.shape)))


def _householder(x: Any) -> Any:
    """The first k columns of H_1 H_2 ... H_k, with reflectors below the diagonal of x (n, k), and its diagonal as signs.

    H_i = I - tau_i v_i v_i^T with v_i = (0, ..., 0, 1, x_i) and tau_i = 2 / |v_i|^2.
    """
    n, k = x.shape[-2:]
    low = autograd.tril(x, -1) + np.eye(n, k, dtype=x.dtype)
    tau = 2.0 / autograd.sum(low * autograd.conj(low), dim=-2)
    q = np.broadcast_to(np.eye(n, k, dtype=x.dtype), x.shape)
    for i in reversed(range(k)):
        v = low[..., :, i : i + 1]
        q = q - (tau[..., i : i + 1, None] * v) * autograd.matmul(autograd.conj(v.mT), q)
    diagonal = autograd.diagonal(x, dim1=-2, dim2=-1)
    return q * diagonal.detach().unsqueeze(-2)


def _reflectors(q: np.ndarray, wide: bool) -> np.ndarray:
    """The inverse of ``_householder``: LAPACK's reflectors of q below the diagonal, and the signs of R on the diagonal."""
    from scipy.linalg import qr

    out = np.empty_like(q)
    for batch in np.ndindex(q.shape[:-2]):
        (packed, tau), r = qr(q[batch], mode="raw")
        out[batch] = np.tril(packed, -1)
        k = q.shape[-1]
        # For a column that needs no reflection LAPACK returns tau = 0; _householder expects -1 on the diagonal there.
        out[batch][range(k), range(k)] = np.where(tau == 0, -1, 1) * np.sign(np.diagonal(r)[:k])
    return np.swapaxes(out, -2, -1) if wide else out


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """A weight whose columns are orthonormal (its rows, if there are fewer).

    Args:
        name: of the parameter, a matrix or a batch of them.
        orthogonal_map: "matrix_exp": Q = exp(A), A skew-symmetric; "cayley": Q = (I + A/2)(I - A/2)^-1; "householder": a product
            of reflections. Default: "matrix_exp" for square and complex matrices, otherwise "householder".
        use_trivialization: learn the change from a fixed orthogonal matrix (Lezcano-Casado, 2019).
    """
    weight = _parameter(module, name)
    if weight.ndim < 2:
        raise ValueError(
            f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions: {describe(weight.array)}"
        )
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square or weight.dtype.kind == "c" else "householder"
    if orthogonal_map not in ("matrix_exp", "cayley", "householder"):
        raise ValueError(f"orthogonal_map has to be one of matrix_exp, cayley, householder. Got: {orthogonal_map}")
    if orthogonal_map == "householder" and weight.dtype.kind == "c":
        raise ValueError("The householder parametrization does not support complex tensors.")
    return register_parametrization(module, name, _Orthogonal(weight, orthogonal_map, use_trivialization), unsafe=True)


__all__ = ["orthogonal", "spectral_norm", "weight_norm"]
