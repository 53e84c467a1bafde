"""The language of formulas for tests: it evaluates what an op's formula says, with a meaning of every word that is written here
anew.

Nothing of the package's own evaluation is used, so that a formula is judged by a second reader.
"""

from __future__ import annotations

import ast
import itertools
import re
from typing import Any

import numpy as np
import scipy.special
from scipy.linalg import expm

from autograd.engine.op import REGISTRY, Op, Sample


class NotSaidError(Exception):
    """The formula does not speak about this call; the text says why."""


def arrays_of(op: Op, sample: Sample) -> tuple[Any, ...]:
    """The inputs of a sample, one per input of the op, None where left out."""
    given = [v if isinstance(v, list | tuple | float | int) or v is None else np.asarray(v) for v in sample.inputs]
    return (*given, *[None] * (len(op.inputs) - len(given)))


class Identity:
    """The unit matrix, of the size that is asked for."""

    __array_ufunc__ = None

    def __sub__(self, other: Any) -> Any:
        return np.eye(other.shape[-1]) - other

    def __rmul__(self, other: Any) -> Any:
        return Identity2(other)


class Identity2:
    """A number per matrix times the unit matrix."""

    __array_ufunc__ = None

    def __init__(self, factor: Any) -> None:
        self.factor = factor

    def __sub__(self, other: Any) -> Any:
        return self.factor * np.eye(other.shape[-1]) - other


class Call:
    """One call of an op, with its result and the rule's gradients, and the words of the language for it."""

    def __init__(self, op: Op, sample: Sample) -> None:
        self.op, self.sample = op, sample
        self.inputs = arrays_of(op, sample)
        self.params = {**op.defaults, **sample.params}
        found = op.forward(*list(sample.inputs), **sample.params)
        self.extras = {}
        if op.extras:
            whole = found if isinstance(found, tuple) else (found,)
            self.extras = dict(zip(op.extras, whole[op.outputs :], strict=True))
            found = whole[: op.outputs] if op.outputs > 1 else whole[0]
        self.y = tuple(np.asarray(v) for v in found) if op.outputs > 1 else np.asarray(found)
        rng = np.random.default_rng(1)

        def gradient(v: Any) -> Any:
            g = rng.standard_normal(np.shape(v))
            return g + 1j * rng.standard_normal(np.shape(v)) if np.asarray(v).dtype.kind == "c" else g

        self.g = tuple(gradient(v) for v in self.y) if op.outputs > 1 else gradient(self.y)
        if op.name == "eig":  # the formula is that of the eigenvalues
            self.g = tuple(g if i == 0 else np.zeros_like(g) for i, g in enumerate(self.g))

    def rules(self) -> dict[str, Any]:
        """The gradient of each input, as the op's rules compute it."""
        op, made = self.op, {}
        parts = dict(zip(op.parts, self.y, strict=False)) if op.parts else {}
        known = {**self.params, **self.extras, **parts, "y": self.y}
        if op.variadic:
            known[op.inputs[0]] = tuple(self.inputs[0])
            known[op.inputs[0] + "_shape"] = tuple(np.shape(v) for v in self.inputs[0])
        else:
            for name, value in zip(op.inputs, self.inputs, strict=True):
                known[name], known[name + "_shape"] = value, np.shape(value) if value is not None else None
        known["y_shape"] = np.shape(self.y) if op.outputs == 1 else None
        known["needs"] = tuple(v is not None for v in (self.inputs[0] if op.variadic else self.inputs))
        if op.joint is not None:
            g = self.g
            found = op.joint(g, *[known[n] for n in op.names(op.joint)])
            return {name: v for name, v in zip(op.inputs, found, strict=True) if v is not None}
        for i, name in enumerate(op.inputs):
            rule = op.rules.get(name)
            if rule is None or self.inputs[i] is None:
                continue
            try:
                made[name] = rule(self.g, *[known[n] for n in op.names(rule)])
            except NotImplementedError:  # a derivative that nobody knows
                continue
        return made

    # ------------------------------------------------------------------------------------------------------------- words
    def words(self, found: dict[str, Any]) -> dict[str, Any]:
        """Every word that a formula of this call may use."""
        op, params = self.op, self.params
        x = next((v for v in self.inputs if isinstance(v, np.ndarray)), None)
        keep, _dim = params.get("keepdim", False), params.get("dim")

        def axes(d: Any) -> Any:
            return tuple(d) if isinstance(d, list) else d

        def spread(v: Any, d: Any = None) -> Any:
            if d is None or keep or np.ndim(v) == np.ndim(x):
                return np.broadcast_to(v if d is not None else np.reshape(v, ()), np.shape(x)) if np.ndim(v) <= np.ndim(x) else v
            dims = sorted(k % max(np.ndim(x), 1) for k in (d if isinstance(d, tuple | list) else (d,)))
            for k in dims if np.ndim(x) else ():
                v = np.expand_dims(v, k)
            return np.broadcast_to(v, np.shape(x))

        def count(v: Any, d: Any = None) -> Any:
            shape = np.shape(v)
            return (
                np.size(v)
                if d is None
                else int(np.prod([shape[k] for k in (d if isinstance(d, tuple | list) else (d,))] if shape else 1))
            )

        def reduced(f: Any) -> Any:
            return lambda v, d=None: f(v, axis=axes(d), keepdims=d is not None) if d is not None else f(v)

        def cumulated(f: Any) -> Any:
            def run(v: Any, d: int, reverse: Any = False) -> Any:
                if not np.ndim(v):
                    return v
                return np.flip(f(np.flip(v, d), axis=d), d) if reverse else f(v, axis=d)

            return run

        def ungather(v: Any, d: int, index: Any) -> Any:
            made = np.zeros(
                np.shape(x) if op.name not in ("scatter_add", "ungather") else params.get("shape", np.shape(x)), np.asarray(v).dtype
            )
            if not made.ndim:
                return np.asarray(v).reshape(())
            index = np.asarray(index)
            v = np.asarray(v)[tuple(slice(n) for n in index.shape)] if np.ndim(v) == index.ndim else v
            for at in np.ndindex(index.shape):
                to = list(at)
                to[d] = index[at]
                made[tuple(to)] += v[at]
            return made

        def gather(v: Any, d: int, index: Any) -> Any:
            index, v = np.asarray(index), np.asarray(v)
            return (
                np.take_along_axis(
                    v[tuple(slice(None) if k == d % v.ndim else slice(n) for k, n in enumerate(index.shape))], index, d
                )
                if v.ndim
                else v
            )

        def sum_to(v: Any, shape: Any) -> Any:
            lead = v.ndim - len(shape)
            v = v.sum(axis=tuple(range(lead)))
            return v.sum(axis=tuple(k for k, n in enumerate(shape) if n == 1), keepdims=True)

        def gaps(w: Any) -> Any:
            difference = w[..., None, :] - w[..., :, None]
            n = w.shape[-1]
            return np.where(np.eye(n, dtype=bool), np.inf, difference)

        def diag(v: Any) -> Any:
            return (
                np.eye(v.shape[-1]) * v[..., None, :]
                if v.ndim == 1 or (op.name != "cholesky" and v.shape[-1] != v.shape[-2])
                else v * np.eye(v.shape[-1])
            )

        def softmax(v: Any, d: int | None = None) -> Any:
            d = d if d is not None else (1 if op.name.startswith("cross") and v.ndim > 1 else -1)
            e = np.exp(v - v.max(axis=d, keepdims=True))
            return e / e.sum(axis=d, keepdims=True)

        def shares(target: Any, weight: Any) -> Any:
            """How much each class counts in the loss: from the definition in PyTorch's documentation."""
            shape = np.shape(x)
            d = 0 if len(shape) == 1 else 1
            classes, target = shape[d], np.asarray(target)
            w = np.ones(classes) if weight is None else np.asarray(weight)
            counted = target != params.get("ignore_index", -100)
            safe = np.where(counted, target, 0)
            one = np.moveaxis(np.eye(classes)[safe], -1, d) * np.expand_dims(counted, d)
            shaped = w.reshape((-1,) + (1,) * (len(shape) - d - 1))
            smooth = params.get("label_smoothing", 0.0)
            q = (1 - smooth) * one * shaped + smooth / classes * shaped * np.expand_dims(counted, d)
            return q / (w[safe] * counted).sum() if params.get("reduction", "mean") == "mean" else q

        def onehot(target: Any) -> Any:
            return np.eye(len(self.inputs[1]))[target]

        def before(first: Any, ys: Any) -> Any:
            return np.concatenate([np.asarray(first)[None], ys[:-1]])

        def after(v: Any) -> Any:
            return np.concatenate([v[1:], np.zeros_like(v[:1])])

        def back(f: Any, b: Any) -> Any:
            made = np.array(b)
            for t in range(len(b) - 2, -1, -1):
                made[t] += f[t + 1] * made[t + 1]
            return made

        def part(v: Any, k: int) -> Any:
            hidden = np.shape(found.get("c0", found.get("h0", self.inputs[1])))[-1]
            return v[..., k * hidden : (k + 1) * hidden]

        def determined(gv: Any, v: Any) -> Any:
            assert not gv.any()  # the normalisation of eigenvectors is told in words: only the eigenvalues are compared
            return gv

        def by_name(*args: Any) -> Any:
            return self.y if op.outputs == 1 else self.y[0]

        def join(*parts: Any) -> Any:
            rows = [np.moveaxis(p, 1, 2) for p in parts]  # (batch, time, heads, features)
            rows = [r if params["batch_first"] else np.swapaxes(r, 0, 1) for r in rows]
            return np.concatenate([r.reshape(-1, r.shape[2] * r.shape[3]) for r in rows], axis=1)

        def sort(v: Any, d: int) -> Any:
            if not np.ndim(v):
                return v
            return np.flip(np.sort(v, d), d) if params["descending"] else np.sort(v, d)

        def topk(v: Any, k: int, d: int) -> Any:
            if not np.ndim(v):
                return v
            ordered = np.sort(v, d)
            return np.take(np.flip(ordered, d) if params["largest"] else ordered, range(k), d)

        def nth(v: Any, k: int, d: int) -> Any:
            return np.take(np.sort(v, d), k, d) if np.ndim(v) else v

        def mode(v: Any, d: int) -> Any:
            def most(row: Any) -> Any:
                values, counts = np.unique(row, return_counts=True)
                return values[np.argmax(counts)]

            return np.apply_along_axis(most, d, v) if np.ndim(v) else v

        known: dict[str, Any] = {
            "pi": np.pi, "inf": np.inf, "I": Identity(), "rows": tuple(range(np.ndim(self.g) - 1)) if op.outputs == 1 else None,
            "time": 0,
            "classes": 0 if np.ndim(x) == 1 else 1,
            "sum": reduced(np.sum), "mean": reduced(np.mean), "max": reduced(np.max), "min": reduced(np.min),
            "all": reduced(np.all),
            "any": reduced(np.any), "prod": lambda v, d=None: np.prod(v, axis=axes(d),
            keepdims=d is not None) if not np.isscalar(v) else v,
            "count": count, "spread": spread, "position": lambda v,
            d: np.arange(np.shape(v)[d]).reshape([-1 if k == d % v.ndim else 1 for k in range(v.ndim)]) if np.ndim(v) else 0,
            "argmax": lambda v, d=None: np.argmax(v, axis=d, keepdims=keep), "argmin": lambda v, d=None: np.argmin(v, axis=d,
            keepdims=keep),
            "cumsum": cumulated(np.cumsum), "cumprod": cumulated(np.cumprod), "cummax": cumulated(np.maximum.accumulate),
            "cummin": cumulated(np.minimum.accumulate), "ungather": ungather, "gather": gather, "sum_to": sum_to, "gaps": gaps,
            "diag": diag,
            "softmax": softmax, "shares": shares, "onehot": onehot, "before": before, "after": after, "back": back, "part": part,
            "determined": determined,
            "concat": lambda v, d=-1: np.concatenate(v, axis=d), "stack": lambda v, d=-1: np.stack(v, axis=d),
            "where": np.where, "abs": np.abs, "real": np.real, "imag": np.imag, "conj": np.conj, "sign": np.sign, "sqrt": np.sqrt,
            "exp": np.exp,
            "log": np.log, "tanh": np.tanh, "sin": np.sin, "cos": np.cos, "maximum": np.maximum, "minimum": np.minimum,
            "sigmoid": scipy.special.expit, "sigma": scipy.special.expit, "softplus": lambda v: np.logaddexp(0, v),
            "Phi": scipy.special.ndtr,
            "phi": lambda v: np.exp(-v * v / 2) / np.sqrt(2 * np.pi), "Gamma": scipy.special.gamma,
            "inv": np.linalg.inv, "det": np.linalg.det, "tr": lambda v: np.trace(v, axis1=-2, axis2=-1),
            "expm": expm, "tril": np.tril, "triu": np.triu,
            "cofactor": lambda v: REGISTRY["cofactor"].forward(v), "rank": np.linalg.matrix_rank, "pinv": np.linalg.pinv,
            "triangle": self._triangle, "divided_or_zero": np.divide, "is_real": lambda v: np.asarray(v).dtype.kind != "c",
            "blocks": lambda a, b, c, d: np.block([[a, b], [np.zeros_like(a), d]]), "corner": lambda m: m[: len(m) // 2,
            len(m) // 2 :],
            "given": lambda value, otherwise: otherwise if value is None else value, "clip": self._clip,
            "inverse": lambda dims: tuple(np.argsort([k % len(dims) for k in dims])), "transpose": np.transpose,
            "reshape": np.reshape,
            "broadcast": lambda v, size: np.broadcast_to(v, [n if n != -1 else m for n, m in zip(size, (1,
            ) * (len(size) - np.ndim(v)) + np.shape(v), strict=True)]),
            "swapaxes": np.swapaxes, "expand_dims": np.expand_dims,
            "flip": lambda v, d=None: np.flip(v, axes(d)), "roll": lambda v, by, d=None: np.roll(v, by, axes(d)), "cross": lambda a,
            b, d=-1: np.cross(a, b, axis=d),
            "jv": scipy.special.jv, "iv": scipy.special.iv, "ive": scipy.special.ive, "zeta": scipy.special.zeta,
            "digamma": scipy.special.digamma,
            **{name: getattr(scipy.special, name) for name in (
                "eval_chebyt", "eval_chebyu", "eval_gegenbauer", "eval_genlaguerre", "eval_hermite", "eval_hermitenorm",
                "eval_legendre", "kv", "kve", "spherical_jn", "yv")},
            "Ai": lambda v: scipy.special.airy(v)[0], "dAi": lambda v: scipy.special.airy(v)[1],
            "polygamma": scipy.special.polygamma, "sinc": lambda v: np.sinc(v), "size": None, "True": True,
        }  # fmt: skip
        known.update(
            trunc=np.trunc, cast=lambda v, dtype: np.asarray(v).astype(dtype), join=join, sort=sort, topk=topk, mode=mode,
            kthvalue=lambda v, k, d: nth(v, k - 1, d), median=lambda v, d: nth(v, (np.shape(v)[d] - 1) // 2 if np.ndim(v) else 0,
            d),
            flat=lambda place: int(
                np.ravel_multi_index(place if isinstance(place, tuple) else (place,), self.inputs[0].shape[2:])),
            nan_to_num=lambda v, n,
            p, m:
            np.nan_to_num(v, nan=n, posinf=p, neginf=m), quantile=by_name, scatter_reduce=by_name, segment_max=by_name,
            max_windows_indices=lambda v, w: REGISTRY["max_windows_indices"].forward(v, windows=w),
            plane_gather=lambda v, where: REGISTRY["plane_gather"].forward(v, where=where, n=len(params["windows"])),
            segment_unpick=lambda g, where: REGISTRY["segment_unpick"].forward(
                g, where=where, empty=found["empty"], length=self.inputs[0].shape[0]),
            plane_scatter=lambda g, where: REGISTRY["plane_scatter"].forward(
                g, where=where, size=self.inputs[0].shape[-len(params["windows"]) :]),
        )  # fmt: skip
        known.update(self.of_places())
        known.update(found)
        if op.name == "roll":
            known["shifts"] = np.asarray(params["shifts"])
            known["roll"] = lambda v, by, d=None: np.roll(v, tuple(by) if by.ndim else int(by), axes(d))
        if op.name == "self_projections":
            known["x"] = self.inputs[0].reshape(-1, self.inputs[0].shape[-1])
            known["rows"] = 0
            known["q"], known["k"], known["v"] = self.y

            def heads(m: Any) -> Any:
                lead = self.inputs[0].shape[:2]
                thirds = [np.reshape(t, (*lead, params["heads"], -1)) for t in np.split(m, 3, axis=-1)]
                return np.stack([np.moveaxis(t if params["batch_first"] else np.swapaxes(t, 0, 1), 2, 1) for t in thirds])

            known["heads"] = heads
        if op.name == "linear":
            known["rows"] = 0
        if op.name == "recurrence":
            known["shift"] = lambda v: np.concatenate([[0.0], v[:-1]])
        return known

    def of_places(self) -> dict[str, Any]:
        """The words that say where something is."""
        params, op = self.params, self.op

        def lines(f: Any) -> Any:
            return lambda v, d: np.apply_along_axis(f, d, v) if np.ndim(v) else np.zeros((), int)

        def argsort(v: Any, d: int, turned: Any = False) -> Any:
            if not np.ndim(v):
                return np.zeros((), int)
            return np.argsort(-np.asarray(v) if turned else v, axis=d, kind="stable")

        def kth(k: int, order: Any, d: int) -> Any:
            return np.take(order, [k - 1] if params["keepdim"] else k - 1, d) if np.ndim(order) else order

        def one(f: Any) -> Any:
            def found(v: Any, d: int, *_: Any) -> Any:
                made = lines(f)(v, d)
                return np.expand_dims(made, d) if params["keepdim"] and np.ndim(v) else made

            return found

        def mode_place(v: Any) -> int:
            counts = [(list(v).count(n), -n) for n in v]
            return max(i for i, c in enumerate(counts) if c == max(counts))

        def last_place(v: Any, extremes: Any, d: int) -> Any:
            def line(both: Any) -> Any:
                x, m = np.split(both, 2)
                return [max(j for j in range(i + 1) if x[j] == m[i]) for i in range(len(x))] if len(x) else x

            return np.apply_along_axis(line, d, np.concatenate([v, extremes], d)) if np.size(v) > 1 else np.zeros(np.shape(v), int)

        def gathered(v: Any, d: int, index: Any) -> Any:
            v, index = np.asarray(v), np.asarray(index)
            if not v.ndim:
                return v
            lost = index.ndim < v.ndim
            index = np.expand_dims(index, d) if lost else index
            cut = v[tuple(slice(None) if k == d % v.ndim else slice(n) for k, n in enumerate(index.shape))]
            made = np.take_along_axis(cut, index, d)
            return np.squeeze(made, d) if lost else made

        def extended(v: Any, shape: Any) -> Any:
            if not shape:
                return np.sum(v)
            made = np.zeros(shape)
            made[tuple(slice(n) for n in np.shape(v))] = v
            return made

        def stays(v: Any, d: int, index: Any) -> Any:
            last: dict[Any, Any] = {}
            for at in np.ndindex(index.shape):
                last[tuple(index[at] if k == d % v.ndim else n for k, n in enumerate(at))] = at
            return np.array([float(at in last.values()) for at in np.ndindex(index.shape)]).reshape(index.shape)

        def untouched(v: Any, d: int, index: Any) -> Any:
            return 1.0 * (scatter_ties(np.ones(np.shape(index)), d, index, np.shape(v)) == 0)

        def scatter_ties(v: Any, d: int, index: Any, shape: Any) -> Any:
            made = np.zeros(shape)
            for at in np.ndindex(np.shape(index)):
                to = list(at)
                to[d] = index[at]
                made[tuple(to)] += v[at]
            return made

        def bag_of(v: Any, offsets: Any) -> Any:
            return np.array([sum(o <= i for o in offsets) - 1 for i in range(len(v))])

        def bags(v: Any, offsets: Any) -> Any:
            return [list(range(o, n)) for o, n in zip(offsets, [*offsets[1:], len(v)], strict=True)]

        def largest_of(v: Any, offsets: Any) -> Any:
            return np.array([b[0] + np.argmax(v[b], 0) if b else np.zeros(v.shape[1], int) for b in bags(v, offsets)])

        def rank(v: Any, q: Any) -> Any:
            made = np.asarray(q) * (v.shape[-1] - 1)
            round_ = {"lower": np.floor, "higher": np.ceil, "nearest": np.round}.get(params["interpolation"])
            return round_(made) if round_ else made

        def ranked(side: Any) -> Any:
            return lambda v, q: np.argsort(v, -1)[..., side(rank(v, q)).astype(int)]

        def between(v: Any, q: Any) -> Any:
            part = rank(v, q) % 1
            return np.where(part > 0, 0.5, part) if params["interpolation"] == "midpoint" else part

        def masked(g: Any, mask: Any) -> Any:
            made = np.zeros(self.inputs[2].size)
            used = g[np.broadcast_to(mask, g.shape)]
            made[: len(used)] = used
            return made.reshape(self.inputs[2].shape)

        def transposed(f: Any, shape: Any, g: Any) -> Any:
            """The gradient of a linear function, number by number."""
            made = np.zeros(shape, np.asarray(g).dtype)
            for at in np.ndindex(*shape):
                unit = np.zeros(shape)
                unit[at] = 1
                made[at] = np.sum(np.asarray(g) * f(unit))
            return made

        def einsum(equation: Any, operands: Any) -> Any:
            if isinstance(equation, str):
                return np.einsum(equation, *operands)
            given = list(self.inputs[0])
            return tuple(
                transposed(lambda unit, k=k: np.einsum(equation[0], *given[:k], unit, *given[k + 1 :]), np.shape(v), operands[0])
                for k, v in enumerate(given)
            )

        def tensordot(a: Any, b: Any, dims: Any) -> Any:
            product = lambda u, v: np.tensordot(u, v, params["dims"] if isinstance(params["dims"], int) else tuple(params["dims"]))  # noqa: E731
            first, second = self.inputs
            if not isinstance(dims, tuple) or dims[0] not in ("free of a", "free of b"):
                return product(a, b)
            if dims[0] == "free of b":
                return transposed(lambda unit: product(unit, second), np.shape(first), a)
            return transposed(lambda unit: product(first, unit), np.shape(second), b)

        def heads_mask(q: Any, k: Any) -> Any:
            return np.where(np.arange(k.shape[-2]) > np.arange(q.shape[-2])[:, None], -np.inf, 0.0)

        found: dict[str, Any] = {
            "argsort": argsort, "first": lambda k, v, d: np.take(v, range(k), d) if np.ndim(v) else v, "kth": kth,
            "median_place": one(lambda v: np.argsort(v)[(len(v) - 1) // 2]), "mode_place": one(mode_place),
            "last_place": last_place, "extended": extended, "stays": stays, "untouched": untouched, "bag_of": bag_of,
            "largest_of": largest_of, "nothing_in": lambda v, o: np.array([not b for b in bags(v, o)]), "between": between,
            "lower": ranked(np.floor), "upper": ranked(np.ceil), "masked": masked, "causal_mask": heads_mask,
            "median": lambda v: np.sort(v, None)[(v.size - 1) // 2], "exchanged": lambda e: (e,), "others": None, "einsum": einsum,
            "free": lambda v: ("free of a" if v is self.inputs[0] else "free of b",), "tensordot": tensordot,
            "log2": np.log2, "exp2": np.exp2, "floor": np.floor,
        }  # fmt: skip
        if op.outputs > 1 or op.name in ("scatter", "segment_max", "segment_pick", "segment_unpick"):
            found["gather"] = gathered
        if op.name == "scatter_reduce":
            found["ungather"] = scatter_ties
        return found

    def _triangle(self, v: Any) -> Any:
        k = int(self.params.get("unitriangular", False))
        cut = np.triu(v, k) if self.params["upper"] else np.tril(v, -k)
        return cut + np.eye(v.shape[-1]) if k and v is self.inputs[0] else cut

    def _clip(self, v: Any, low: Any, high: Any) -> Any:
        return np.clip(v, low, high) if low is not None else v

    def names(self, gradients: dict[str, Any]) -> dict[str, Any]:
        """The values of an evaluation: inputs, parameters, extras, y and g."""
        op, found = self.op, dict(self.params)
        if "eps" in found and found["eps"] is None:
            found["eps"] = -np.inf
        found.update(self.extras)
        for name, value in zip(op.inputs, self.inputs, strict=True):
            found[name] = value
            if not op.variadic:
                found[name + "_shape"] = np.shape(value)
        if (op.name in ("linear", "self_projections") and found.get("bias") is None) or (
            op.name == "normalize" and found.get("bias") is None
        ):
            found["bias"] = 0.0
        if op.name in ("normalize", "rms_normalize") and found.get("weight") is None:
            found["weight"] = 1.0
        if op.name == "attention" and found.get("mask") is None:
            found["mask"] = 0.0
        found["y"], found["g"] = self.y, self.g
        found["d"] = {id(found[name]): gradients.get(name) for name in op.inputs}
        self.gradients = gradients
        return found


class _Prepared(ast.NodeTransformer):
    """``d(x)`` as the name of a gradient, ``a if c else b`` for arrays, and calls of words that are ops."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "d":
            return ast.Name(f"d_{ast.unparse(node.args[0])}", ast.Load())
        self.generic_visit(node)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        if ("==" in ast.unparse(node.test) and "'" in ast.unparse(node.test)) or "is_real" in ast.unparse(node.test):
            return node
        return ast.Call(ast.Name("where", ast.Load()), [node.test, node.body, node.orelse], [])


def prepared(tree: ast.expr) -> Any:
    text = ast.unparse(_Prepared().visit(ast.parse(ast.unparse(tree), mode="eval").body))
    return compile(text, f"<{text}>", "eval")


def run(call: Call, formula: Any, gradients: dict[str, Any]) -> tuple[Any, Any]:
    """(left, right) of a formula for a call: right alone if it is no equation of its own, with left None."""
    found = call.names(gradients)
    known = call.words(found)
    known.update({f"d_{name}": value for name, value in gradients.items()})
    del known["d"]
    if formula.indexed:
        return by_index(call, formula, known)
    if any(isinstance(value, ast.Constant) and isinstance(value.value, str) for _, value in formula.where):
        raise NotSaidError("a part is told in words")
    todo = list(formula.where)
    while todo:
        name, value = todo.pop(0)
        if any(other.strip() == n.id for other, _ in todo for n in ast.walk(value) if isinstance(n, ast.Name)):
            todo.append((name, value))  # it uses one that is defined after it
            continue
        made = eval(prepared(value), {"__builtins__": {}}, known)
        known.update(zip([n.strip() for n in name.split(",")], made, strict=True) if "," in name else {name: made}.items())
    left = None if formula.left is None else eval(prepared(formula.left), {"__builtins__": {}}, known)
    return left, eval(prepared(formula.tree), {"__builtins__": {}}, known)


# ------------------------------------------------------------------------------------------------------- equations by index


class Padded:
    """An array that is 0 (or -inf, in a maximum) outside its bounds."""

    def __init__(self, array: Any, outside: float = 0.0) -> None:
        self.array, self.outside = np.asarray(array), outside

    def __getitem__(self, index: Any) -> Any:
        index = index if isinstance(index, tuple) else (index,)
        flat: tuple[Any, ...] = ()
        for part in index:
            flat += part if isinstance(part, tuple) else (part,)
        if all(0 <= i < n for i, n in zip(flat, self.array.shape, strict=False)):
            return self.array[flat]
        return self.outside


def by_index(call: Call, formula: Any, known: dict[str, Any]) -> tuple[Any, Any]:
    """Both sides of an equation for every index."""
    assert isinstance(formula.left, ast.Subscript)
    params, op = call.params, call.op
    if params.get("groups", 1) != 1:
        raise NotSaidError("the formula is that of one group; the others are like it")
    if (op.name.endswith("pool1d") or "pool" in op.name) and (
        params.get("ceil_mode")
        or params.get("divisor_override")
        or not params.get("count_include_pad", True)
        or params.get("padding") == "same"
    ):
        raise NotSaidError("a rare option")
    for name in ("stride", "padding", "dilation", "kernel_size"):
        value = params.get(name)
        if value is None and name == "stride":
            value = params.get("kernel_size")
        if isinstance(value, tuple) and len(set(value)) == 1:
            value = value[0]
        if isinstance(value, str | tuple):
            raise NotSaidError("the formula writes one number for all dimensions")
        if value is not None:
            known[name] = value
    if op.name.endswith("d_weight") and np.ndim(known["x"]) == len(params["kernel"]) + 1:  # one sample, without a batch
        known.update({name: known[name][None] for name in ("x", "out", "d_x", "d_out") if name in known})
    left_name = ast.unparse(_Prepared().visit(formula.left.value))
    target = known[left_name] if left_name != "y" else call.y
    indices = [n.id for n in (formula.left.slice.elts if isinstance(formula.left.slice, ast.Tuple) else [formula.left.slice])]
    target = np.asarray(target)
    if len(indices) != target.ndim and not op.name.startswith("embedding"):
        raise NotSaidError("without a batch")
    if "winner" in ast.unparse(formula.tree):
        known["winner"] = winners(call, known)
    if op.name.startswith("embedding"):
        known["input"] = np.asarray(params["input"]).reshape(-1)
        for name in ("g", "x", "y"):
            if isinstance(known.get(name), np.ndarray) and np.shape(known[name])[: np.ndim(params["input"])] == np.shape(
                params["input"]
            ):
                known[name] = known[name].reshape(-1, known[name].shape[-1])
    if op.name == "one_hot":
        known["x"] = np.asarray(known["x"])
    if known.get("bias") is None:
        known["bias"] = np.zeros(max(target.shape))
    sizes = index_sizes(call, formula, target, indices, known)
    outside = -np.inf if "largest" in ast.unparse(formula.tree) else 0.0
    scope = {name: Padded(v, outside) if isinstance(v, np.ndarray) and v.ndim else v for name, v in known.items()}
    if "prod(kernel_size)" in str([ast.unparse(v) for _, v in formula.where]):
        scope["size"] = known["kernel_size"] ** (int(op.name[op.name.index("pool") + 4]))

    def total(variables: list[str], body: Any, join: Any) -> Any:
        return join([eval(body, {"__builtins__": {}}, scope) for _ in assign(variables)])

    def assign(variables: list[str]) -> Any:
        for values in itertools.product(*[range(sizes[v]) for v in variables]):
            scope.update(zip(variables, values, strict=True))
            yield values

    class Sums(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            if isinstance(node.func, ast.Name) and node.func.id in ("sigma", "largest") and len(node.args) == 2:
                variables = [n.id for n in (node.args[0].elts if isinstance(node.args[0], ast.Tuple) else [node.args[0]])]  # type: ignore[attr-defined]
                body = compile(ast.unparse(_Prepared().visit(node.args[1])), "<sum>", "eval")
                join = (lambda parts: sum(parts)) if node.func.id == "sigma" else max
                number = len(sums)
                sums.append(lambda: total(variables, body, join))
                return ast.Call(ast.Name(f"sum_{number}", ast.Load()), [], [])
            return self.generic_visit(node)

    sums: list[Any] = []
    right = compile(
        ast.unparse(Sums().visit(_Prepared().visit(ast.parse(ast.unparse(formula.tree), mode="eval").body))), "<right>", "eval"
    )
    scope.update({f"sum_{i}": f for i, f in enumerate(sums)})
    made = np.empty(target.shape)
    for at in np.ndindex(*target.shape[: len(indices)]):
        scope.update(zip(indices, at, strict=True))
        made[at] = eval(right, {"__builtins__": {}}, scope)
    return target, made


def index_sizes(call: Call, formula: Any, target: Any, indices: list[str], known: dict[str, Any]) -> dict[str, int]:
    """How far each index runs: as far as the arrays of which it is an index by itself."""
    sizes = dict(zip(indices, target.shape, strict=False))
    for node in ast.walk(formula.tree):
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and isinstance(known.get(node.value.id), np.ndarray)
        ):
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            if len(parts) > known[node.value.id].ndim:
                raise NotSaidError("without a batch")
            for place, part in enumerate(parts):
                if isinstance(part, ast.Name):
                    sizes.setdefault(part.id, known[node.value.id].shape[place])
    for name in "klq":
        sizes.setdefault(name, known.get("kernel_size") or 1)
    return sizes


def winners(call: Call, known: dict[str, Any]) -> Any:
    """Where the largest number of each window stands, found by looking: an array of places."""
    op, _params = call.op, call.params
    n = int(re.search(r"pool(\d)d", op.name)[1])  # type: ignore[index]
    if op.name.endswith("pick"):
        raise NotSaidError("which places are picked is given as taps")
    x = call.inputs[0]
    if x.ndim != n + 2:
        raise NotSaidError("without a batch")
    k, s, p, d = (known[name] for name in ("kernel_size", "stride", "padding", "dilation"))
    size = [(m + 2 * p - d * (k - 1) - 1) // s + 1 for m in x.shape[2:]]
    found = np.empty((*x.shape[:2], *size), dtype=object)
    for at in np.ndindex(*found.shape):
        places = [tuple(s * i + d * j - p for i, j in zip(at[2:], tap, strict=True)) for tap in np.ndindex(*(k,) * n)]
        inside = [q for q in places if all(0 <= v < m for v, m in zip(q, x.shape[2:], strict=True))]
        best = max(inside, key=lambda q: x[at[:2] + q])
        found[at] = best if n > 1 else best[0]
    return found


# --------------------------------------------------------------------------------------------------- reading plain text back


_DIGITS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "eps", "λ": "lambd", "σ": "sigma", "π": "pi",
          "ψ": "psi", "Φ": "Phi", "φ": "phi",
          "Γ": "Gamma", "η": "eta", "μ": "mu", "θ": "theta", "ρ": "rho", "τ": "tau"}  # fmt: skip
_OPERAND = r"[\w)\]'ᵀ⁻]"


def read(text: str) -> str:
    """Printed plain text as Python: what a reader would type."""
    text = re.sub(r"∂L/∂(\w+)", r"d_\1", text).replace("Ai'(", "slope_Ai(")
    text = re.sub(r"⁽([⁰¹²³⁴⁵⁶⁷⁸⁹]+)⁾", lambda m: "_" + "".join(_DIGITS[c] for c in m[1]), text)
    text = re.sub(r"(\w+)'\((\w+)\)", r"slope_\1_of_\2", text)
    for letter, name in _GREEK.items():
        text = text.replace(letter, name)
    text = re.sub(r"\b([JYIKTUPHCL]e?)_(?:\{([^{}]*)\}|(\w+))\(", lambda m: f"{m[1]}_of({m[2] or m[3]}, ", text)
    text = re.sub(r"Σ_(\w+)\(", r"sum_over('\1', ", text).replace("Σ(", "sum(").replace("√(", "sqrt(").replace("−", "-")
    text = re.sub(r"mean_(\w+)\(", r"mean_over('\1', ", text)
    text = re.sub(r"⁻ᵀ", ".INV.mT", text).replace("⁻¹", ".INV").replace("ᵀ", ".mT")
    text = re.sub(r"\b2\^", "2.0^", text)
    text = re.sub(r"([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda m: "**" + "".join(_DIGITS[c] for c in m[1]), text)
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text).replace("^", "**").replace("≤", "<=").replace("≥", ">=").replace("≠", "!=")
    text = re.sub(r"(?<![<>!=])=(?!=)", "==", text)
    text = re.sub(r"(?<!\w)\[", "indicator(", text)
    # what is left of square brackets opened an indicator or an index
    made, stack = [], []
    for c in text:
        if c == "(":
            stack.append((made and "".join(made).endswith("indicator") and "indicator") or "(")
        elif c == "[":
            stack.append("[")
        elif c == "]":
            made.append("]" if stack.pop() == "[" else ")")
            continue
        elif c == ")":
            stack.pop()
        made.append(c)
    text = "".join(made).replace("∧", "&").replace("∨", "|").replace("⊙", "*").replace("·", "*")
    text = re.sub(r"not \(", "~(", text)
    keywords = r"(?!if\b|else\b|in\b|not\b|or\b|and\b)"
    for _ in range(4):  # a space between two operands is a product of matrices
        text = re.sub(r"([\w\)\]])(?<!\bif)(?<!\belse)(?<!\bin)(?<!\bnot) (?=[\w(])" + keywords, r"\1 @ ", text)
    return text
