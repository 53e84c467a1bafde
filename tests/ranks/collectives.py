"""Collectives and messages, against what NumPy says of all processes' arrays."""

from __future__ import annotations

import numpy as np

import autograd
import autograd.distributed as dist
from autograd.distributed import ReduceOp
from autograd.distributed.nn import ops
from autograd.distributed.proof import certify, worst_difference
from autograd.errors import ArgumentError, DtypeError, GraphError, ShapeError
from ranks import raises, run_checks


def rank() -> int:
    return dist.get_rank()


def size() -> int:
    return dist.get_world_size()


def of(place: int, dtype: type = np.float64, shape: tuple[int, ...] = (3, 4)) -> np.ndarray:
    """The array of a process: each can compute all."""
    return np.random.default_rng(place).integers(1, 5, shape).astype(dtype)


def everyone(*args: object) -> np.ndarray:
    return np.stack([of(place, *args) for place in range(size())])  # type: ignore[arg-type]


DTYPES = [
    np.float16,
    np.float32,
    np.float64,
    np.int8,
    np.uint8,
    np.int16,
    np.uint32,
    np.int64,
    np.uint64,
    np.complex64,
    np.complex128,
]
EXPECTED = {
    "SUM": lambda a: a.sum(0, dtype=a.dtype), "PRODUCT": lambda a: a.prod(0, dtype=a.dtype), "MIN": lambda a: a.min(0),
    "MAX": lambda a: a.max(0), "BAND": np.bitwise_and.reduce, "BOR": np.bitwise_or.reduce, "BXOR": np.bitwise_xor.reduce,
    "AVG": lambda a: a.mean(0, dtype=a.dtype),
}  # fmt: skip


def refused(dtype: np.dtype, name: str) -> bool:
    return (name[0] == "B" and dtype.kind in "fc") or (name in ("MIN", "MAX") and dtype.kind == "c") or (
        name == "AVG" and dtype.kind not in "fc"
    )  # fmt: skip


def check_all_reduce_of_every_dtype_and_op() -> None:
    for dtype in DTYPES:
        for name, expected in EXPECTED.items():
            t = autograd.tensor(of(rank(), dtype))
            if refused(t.dtype, name):
                raises(DtypeError, f"ReduceOp.{name}", lambda t=t, name=name: dist.all_reduce(t, ReduceOp[name]))
                continue
            dist.all_reduce(t, ReduceOp[name])
            np.testing.assert_allclose(t.numpy(), expected(everyone(dtype)), rtol=1e-3 if dtype is np.float16 else 1e-6)
            assert t.dtype == dtype


def check_bools() -> None:
    own = np.array([rank() == 0, True, False])
    for name, expected in {"SUM": [True, True, False], "PRODUCT": [False, True, False], "MAX": [True, True, False]}.items():
        t = autograd.tensor(own)
        dist.all_reduce(t, ReduceOp[name])
        assert t.tolist() == expected, (name, t.tolist())


def check_float16_is_summed_in_float32() -> None:
    # In float16 the sum of 2048 and 1 is 2048: added one by one, the ones of several ranks would be lost.
    t = autograd.tensor(np.array([2048.0 if rank() == 0 else 1.0], np.float16))
    dist.all_reduce(t)
    assert t.dtype == np.float16
    assert t.item() == float(np.float16(2048 + size() - 1))


def check_a_nan_stays_in_the_maximum() -> None:
    for place in range(size()):
        t = autograd.tensor([np.nan if rank() == place else 1.0, 2.0])
        dist.all_reduce(t, ReduceOp.MAX)
        assert np.isnan(t.numpy()[0])
        assert t.numpy()[1] == 2


def check_fortran_order_strides_and_scalars() -> None:
    """mpi4py 4.1.2 takes a Fortran-ordered array and scrambles it against a C-ordered one; it refuses a strided one."""
    whole = np.arange(48.0).reshape(6, 8)
    for cut in (whole, np.asfortranarray(whole), whole.T, whole[::2, 1::3], whole[:, ::-1], whole[2, 3:4], np.array(5.0)):
        own = cut if rank() == 0 else np.array(cut, order="F" if rank() == 1 else "C")  # each rank has another order
        t = autograd.from_numpy(np.asarray(own))
        total = autograd.from_numpy(np.array(t.array, order="K"))
        dist.all_reduce(total)
        np.testing.assert_array_equal(total.numpy(), cut * size())
        places = [autograd.from_numpy(np.empty_like(t.array)) for _ in range(size())]
        dist.all_gather(places, t)
        for place in places:
            np.testing.assert_array_equal(place.numpy(), cut)
        copy = autograd.from_numpy(np.asarray(np.array(t.array, order="K") * (rank() + 1)))
        dist.broadcast(copy, src=size() - 1)
        np.testing.assert_array_equal(copy.numpy(), cut * size())


def check_gather_scatter_reduce_and_all_to_all() -> None:
    k, last = size(), size() - 1
    for dtype in (np.float32, np.float16, np.bool_, np.complex128, np.int8):
        own = autograd.tensor(of(rank(), dtype))
        places = [autograd.zeros(3, 4, dtype=dtype) for _ in range(k)]
        dist.gather(own, places if rank() == last else None, dst=last)
        if rank() == last:
            np.testing.assert_array_equal(np.stack([p.numpy() for p in places]), everyone(dtype))
        got = autograd.zeros(3, 4, dtype=dtype)
        dist.scatter(got, [autograd.tensor(of(i, dtype)) for i in range(k)] if rank() == last else None, src=last)
        np.testing.assert_array_equal(got.numpy(), of(rank(), dtype))
        dist.all_to_all(places, [own] * k)
        np.testing.assert_array_equal(np.stack([p.numpy() for p in places]), everyone(dtype))
        out = autograd.zeros(k, 3, 4, dtype=dtype)
        dist.all_gather_into_tensor(out, own)
        np.testing.assert_array_equal(out.numpy(), everyone(dtype))
    t = autograd.tensor(of(rank()))
    dist.reduce(t, dst=last)
    np.testing.assert_array_equal(t.numpy(), everyone().sum(0) if rank() == last else of(rank()))
    part = autograd.zeros(4, dtype=np.float64)
    dist.reduce_scatter(part, [autograd.tensor(of(rank(), np.float64, (k, 4))[i]) for i in range(k)])
    np.testing.assert_array_equal(part.numpy(), everyone(np.float64, (k, 4)).sum(0)[rank()])
    mean = autograd.zeros(1, 4, dtype=np.float64)
    dist.reduce_scatter_tensor(mean, autograd.tensor(of(rank(), np.float64, (k, 4))), ReduceOp.AVG)
    np.testing.assert_allclose(mean.numpy()[0], everyone(np.float64, (k, 4)).mean(0)[rank()], rtol=1e-15)


def check_works_that_are_under_way() -> None:
    tensors = [autograd.tensor(of(rank(), np.float32, (50 + i,))) for i in range(5)]
    works = [dist.all_reduce(t, async_op=True) for t in tensors]
    for i, work in reversed([*enumerate(works)]):
        assert work is not None
        assert work.wait()
        assert work.is_completed()
        np.testing.assert_array_equal(tensors[i].numpy(), everyone(np.float32, (50 + i,)).sum(0))


def check_messages() -> None:
    if rank() > 1:
        return
    other = 1 - rank()
    if rank() == 0:
        assert dist.send(autograd.tensor(of(0)).T, 1) is None  # the transpose is Fortran-ordered
        works = [dist.isend(autograd.tensor([float(i)]), 1, tag=3) for i in range(4)]
        assert all(work.wait() for work in works)
    else:
        t = autograd.zeros(4, 3, dtype=np.float64)
        assert dist.recv(t) == 0
        np.testing.assert_array_equal(t.numpy(), of(0).T)
        places = [autograd.zeros(1) for _ in range(4)]
        works = [dist.irecv(place, 0, tag=3) for place in places]
        assert all(work.wait() for work in reversed(works))  # whichever is waited for first, each gets its own
        assert [place.item() for place in places] == [0, 1, 2, 3]
    raises(ArgumentError, "this process itself", lambda: dist.send(autograd.ones(1), rank()))
    raises(ArgumentError, "tag", lambda: dist.send(autograd.ones(1), other, tag=-1))


def check_groups() -> None:
    pair = dist.new_group([0, 1])
    assert pair.size() == 2
    t = autograd.tensor([float(rank() + 1)])
    if rank() < 2:
        assert dist.get_rank(pair) == rank()
        dist.all_reduce(t, group=pair)
        assert t.item() == 3
    else:
        assert dist.get_rank(pair) == -1
    assert dist.get_process_group_ranks(pair) == [0, 1]
    backwards = dist.new_group([size() - 1])
    if rank() == size() - 1:
        dist.broadcast(t, src=size() - 1, group=backwards)


def check_bad_arguments_raise_before_anything_is_sent() -> None:
    graph = autograd.ones(2, requires_grad=True) * 2
    for call, error, text in [
        (lambda: dist.all_reduce(graph), GraphError, "distributed.nn.all_reduce"),
        (lambda: dist.all_reduce([1.0]), TypeError, "takes tensors"),
        (lambda: dist.all_reduce(autograd.ones(2), "most"), ArgumentError, "ReduceOp.SUM"),
        (lambda: dist.all_gather([autograd.ones(2)] * (size() + 1), autograd.ones(2)), ArgumentError, "one for each"),
        (lambda: dist.all_gather([autograd.ones(3)] * size(), autograd.ones(2)), ShapeError, "number 0 of the list"),
        (lambda: dist.broadcast(autograd.ones(2), src=size()), ArgumentError, "does not belong"),
        (lambda: dist.init_process_group("mpi"), ArgumentError, "twice"),
        (lambda: dist.new_group([0, 0]), ArgumentError, "different ranks"),
    ]:
        raises(error, text, call)


def check_gradients_of_collectives_are_proved() -> None:
    assert len(certify()) == 8


def check_gradients_of_the_public_functions() -> None:
    x = np.random.default_rng(rank()).uniform(0.5, 2, (2,))
    k = size()
    functions = {
        "all_gather": lambda t: autograd.stack(dist.nn.all_gather(t.exp())),
        "gather": lambda t: autograd.stack(dist.nn.gather(t.exp(), k - 1)),
        "scatter": lambda t: dist.nn.scatter([t.exp() * (i + 1) for i in range(k)], k - 1),
        "broadcast": lambda t: dist.nn.broadcast(t.exp(), k - 1),
        "all_to_all": lambda t: autograd.stack(dist.nn.all_to_all([], [t.sin() * (i + 1) for i in range(k)])),
    }
    for op in (ReduceOp.SUM, ReduceOp.AVG, ReduceOp.PRODUCT, ReduceOp.MIN, ReduceOp.MAX):
        functions[f"all_reduce {op}"] = lambda t, op=op: dist.nn.all_reduce(t.sin(), op)
        functions[f"reduce {op}"] = lambda t, op=op: dist.nn.reduce(t.sin(), k - 1, op)
        functions[f"reduce_scatter {op}"] = lambda t, op=op: dist.nn.reduce_scatter(t, [t.sin() * (i + 1) for i in range(k)], op)
    for name, function in functions.items():
        worst = worst_difference(function, x)
        assert worst < 1e-8, (name, worst)


def check_a_wrong_rule_is_found() -> None:
    """A rule without the sum over the ranks, of a sum; one that sends to another rank than the one it came from, of copies."""
    for op, rule in [
        (ops.all_reduce, lambda g, group: g),
        (ops.broadcast, lambda g, place, group: ops.reduce(g, place=0, group=group)),
        (ops.all_gather, lambda g, group: g[0]),
        (ops.gather, lambda g, place, group: 1.001 * ops.scatter(g, place=place, group=group)),
    ]:
        right = op.rules["x"]
        op.rules["x"] = rule
        try:
            raises(AssertionError, f"{op.name}: its rule is not its transpose", certify)
        finally:
            op.rules["x"] = right
    certify()


def check_a_planted_error_is_found() -> None:
    class Wrong(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            total = x.clone()
            dist.all_reduce(total)
            return total

        @staticmethod
        def backward(ctx, g):
            return g  # without the sum over the ranks

    assert worst_difference(Wrong.apply, np.ones(2)) > 0.1


if __name__ == "__main__":
    run_checks(dict(globals()))
