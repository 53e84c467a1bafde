"""Data sets, samplers and DataLoader: PyTorch's meanings, batches in order from every way of fetching, plain errors."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
import time
from collections import Counter, namedtuple
from typing import Any

import numpy as np
import pytest

import autograd
from autograd.errors import ArgumentError, ShapeError
from autograd.utils.data import (
    BatchSampler,
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    StackDataset,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    get_worker_info,
    random_split,
)


class Squares(Dataset[Any]):
    """Item i is (i, i^2), as arrays."""

    def __init__(self, n: int = 10) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> Any:
        return np.array([index, index]), float(index) ** 2


class Stream(IterableDataset[Any]):
    """0, 1, 2, ...; each worker gives its share."""

    def __init__(self, n: int = 7) -> None:
        self.n = n

    def __iter__(self) -> Any:
        info = get_worker_info()
        return iter(range(self.n)) if info is None else iter(range(info.id, self.n, info.num_workers))


class Failing(Squares):
    def __getitem__(self, index: int) -> Any:
        if index == 5:
            raise KeyError("the fifth picture is broken")
        return super().__getitem__(index)


class Dying(Squares):
    def __getitem__(self, index: int) -> Any:
        if index == 3:
            os._exit(7)
        return super().__getitem__(index)


class Slow(Squares):
    def __getitem__(self, index: int) -> Any:
        time.sleep(0.5)
        return index


class Seeds(Squares):
    def __getitem__(self, index: int) -> Any:
        return int(autograd.randint(2**31, ()).item())


def rows(loader: DataLoader) -> list[Any]:
    return [[part.tolist() for part in batch] for batch in loader]


# -------------------------------------------------------------------------------------------------------------- data sets
def test_tensor_dataset_is_rows() -> None:
    x, y = np.arange(10.0).reshape(5, 2), autograd.arange(5)
    data = TensorDataset(autograd.tensor(x), y)
    assert len(data) == 5
    assert [part.tolist() for part in data[-1]] == [[8, 9], 4]
    with pytest.raises(ShapeError, match=r"Size mismatch between tensors: their first dimensions are 5, 4"):
        TensorDataset(autograd.tensor(x), y[:4])
    with pytest.raises(ShapeError, match="at least one dimension"):
        TensorDataset(autograd.tensor(1.0))


def test_concat_and_chain() -> None:
    both = ConcatDataset([Squares(3), Squares(2)])
    assert [both[i][1] for i in range(5)] == [0, 1, 4, 0, 1]
    assert both[-1][1] == 1
    with pytest.raises(ValueError, match="exceed dataset length"):
        both[5]
    with pytest.raises(ArgumentError, match="ChainDataset"):
        ConcatDataset([Stream()])
    assert list(ChainDataset([Stream(2), Stream(3)])) == [0, 1, 0, 1, 2]
    assert list(Stream(1) + Stream(2)) == [0, 0, 1]


def test_stack_and_subset_of_subset() -> None:
    assert StackDataset(Squares(2), [5, 6])[1][1] == 6
    inner = Subset(Squares(10), [1, 3, 5, 7])
    assert Subset(inner, [3, 0])[0][1] == 49


@pytest.mark.parametrize(
    ("lengths", "sizes"), [([7, 3], [7, 3]), ([0.5, 0.5], [5, 5]), ([0.33, 0.33, 0.34], [4, 3, 3]), ([10], [10])]
)
def test_random_split_parts_share_nothing(lengths: list[float], sizes: list[int]) -> None:
    parts = random_split(Squares(10), lengths, generator=autograd.Generator().manual_seed(0))
    assert [len(p) for p in parts] == sizes
    assert sorted(i for p in parts for i in p.indices) == list(range(10))


def test_random_split_refuses_other_sums() -> None:
    with pytest.raises(ValueError, match=r"7 \+ 2 = 9, and the data set has 10"):
        random_split(Squares(10), [7, 2])
    with pytest.warns(UserWarning, match="index 1 is 0"):
        random_split(Squares(2), [0.999, 0.001])


# --------------------------------------------------------------------------------------------------------------- samplers
def test_random_sampler_is_a_permutation_and_new_each_epoch() -> None:
    sampler = RandomSampler(range(50), generator=autograd.Generator().manual_seed(3))
    first, second = list(sampler), list(sampler)
    assert sorted(first) == list(range(50))
    assert first != second
    assert list(RandomSampler(range(50), generator=autograd.Generator().manual_seed(3))) == first
    assert len(list(RandomSampler(range(3), num_samples=7))) == 7
    counts = Counter(RandomSampler(range(3), num_samples=6))
    assert set(counts.values()) == {2}, "whole rounds before an index comes a third time"
    assert len(list(RandomSampler(range(3), replacement=True, num_samples=100))) == 100


def test_without_a_generator_an_epoch_draws_one_number_of_the_default_one() -> None:
    autograd.manual_seed(0)
    order = list(RandomSampler(range(20)))
    after = autograd.rand(1).item()
    autograd.manual_seed(0)
    assert list(RandomSampler(range(20))) == order
    assert autograd.rand(1).item() == after
    autograd.manual_seed(0)
    list(RandomSampler(range(10_000)))
    assert autograd.rand(1).item() == after, "the length of the data changes no later draw"


def test_weighted_sampler_follows_its_weights() -> None:
    counts = Counter(WeightedRandomSampler([1, 0, 3], 4000, generator=autograd.Generator().manual_seed(1)))
    assert counts[1] == 0
    assert abs(counts[2] / 4000 - 0.75) < 0.03
    assert sorted(WeightedRandomSampler([1, 2, 3], 3, replacement=False)) == [0, 1, 2]
    for bad in ([[1, 2]], [-1, 2], [0, 0], [np.nan, 1]):
        with pytest.raises(ArgumentError):
            WeightedRandomSampler(bad, 2)


def test_batch_sampler_lengths() -> None:
    for n, size, drop in [(10, 3, False), (10, 3, True), (9, 3, True), (0, 3, False), (2, 5, True)]:
        sampler = BatchSampler(SequentialSampler(range(n)), size, drop)
        assert len(list(sampler)) == len(sampler)
    for bad in (0, -1, 1.5, True):
        with pytest.raises(ArgumentError, match="batch_size"):
            BatchSampler(range(3), bad, False)  # type: ignore[arg-type]


# ----------------------------------------------------------------------------------------------------------------- collate
def test_collate_keeps_the_form() -> None:
    Point = namedtuple("Point", "x y")
    batch = default_collate([Point(1.0, {"a": np.float32(2), "b": "s"}), Point(3.0, {"a": np.float32(4), "b": "t"})])
    assert isinstance(batch, Point)
    assert batch.x.dtype == np.float64
    assert batch.y["a"].dtype == np.float32
    assert batch.y["b"] == ["s", "t"]
    assert default_collate([True, False]).dtype == bool
    assert default_collate([1, 2]).dtype == np.int64
    assert default_collate([[1, 2], [3, 4]])[1].tolist() == [2, 4]


def test_collate_refuses_what_does_not_fit() -> None:
    with pytest.raises(ShapeError, match=r"\[2\] at entry 0 and \[3\] at entry 1.*collate_fn"):
        default_collate([np.zeros(2), np.zeros(3)])
    with pytest.raises(ShapeError, match="equal size"):
        default_collate([(1, 2), (1,)])
    with pytest.raises(TypeError, match="collate_fn that knows this type"):
        default_collate([object()])
    with pytest.raises(TypeError, match="must hold numbers"):
        default_collate([np.array(["a"])])


def test_collate_of_tensors_keeps_their_graph() -> None:
    w = autograd.ones(2, requires_grad=True)
    default_collate([w * 2, w * 3]).sum().backward()
    assert w.grad.tolist() == [5, 5]


# ------------------------------------------------------------------------------------------------------------------ loader
WAYS = {
    "in memory": lambda **more: DataLoader(TensorDataset(autograd.arange(20).view(10, 2), autograd.arange(10)), **more),
    "item by item": lambda **more: DataLoader(Squares(), **more),
    "workers": lambda **more: DataLoader(Squares(), num_workers=2, **more),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("drop", [False, True])
def test_batches_come_in_order_and_once(way: str, drop: bool) -> None:
    loader = WAYS[way](batch_size=4, drop_last=drop)
    assert len(loader) == (2 if drop else 3)
    batches = list(loader)
    assert len(batches) == len(loader)
    assert [len(b[0]) for b in batches] == ([4, 4] if drop else [4, 4, 2])
    assert [v // 2 if way == "in memory" else v for b in batches for v in b[0][:, 0].tolist()] == list(range(8 if drop else 10))


@pytest.mark.parametrize("way", WAYS)
def test_shuffled_all_three_ways_give_the_same_order(way: str) -> None:
    def order(name: str) -> list[float]:
        generator = autograd.Generator().manual_seed(5)
        return [v for b in WAYS[name](batch_size=3, shuffle=True, generator=generator) for v in b[1].tolist()]

    expected = [round(v**0.5) for v in order("item by item")] if way == "in memory" else order("item by item")
    assert order(way) == expected


def test_a_batch_in_memory_is_a_copy() -> None:
    x = autograd.zeros(4, 2)
    for shuffle in (False, True):
        for (batch,) in DataLoader(TensorDataset(x), batch_size=2, shuffle=shuffle):
            batch.add_(1)
    assert not x.any()


def test_rows_that_need_a_gradient_keep_it() -> None:
    w = autograd.ones(4, 2, requires_grad=True)
    for (batch,) in DataLoader(TensorDataset(w), batch_size=2):
        batch.sum().backward()
    assert w.grad.tolist() == [[1, 1]] * 4


def test_large_batches_come_from_a_thread_that_ends() -> None:
    x = autograd.arange(4, dtype=autograd.float32).view(4, 1).repeat(1, 1 << 20)  # rows of 4 MB
    loader = DataLoader(TensorDataset(x), batch_size=1, shuffle=True)
    names = set()
    seen = []
    for (batch,) in loader:
        names |= {t.name for t in threading.enumerate()}
        seen.append(batch[0, 0].item())
    assert sorted(seen) == [0, 1, 2, 3]
    assert "DataLoader" in names
    iterator = iter(loader)
    next(iterator)
    del iterator  # left in the middle
    gc.collect()
    for _ in range(50):
        if not any(t.name == "DataLoader" for t in threading.enumerate()):
            break
        time.sleep(0.1)
    assert not any(t.name == "DataLoader" for t in threading.enumerate())


def test_an_error_in_the_thread_is_raised_where_the_batch_is_asked_for() -> None:
    x = autograd.zeros(3, 1 << 20)
    iterator = iter(DataLoader(Subset(TensorDataset(x), [0, 1, 2, 9]), batch_size=1))
    with pytest.raises(IndexError, match="9"):
        list(iterator)


class Scaled(TensorDataset):
    """What users of PyTorch write: a TensorDataset whose items are changed on their way."""

    def __getitem__(self, index: Any) -> Any:
        return tuple(t * 10 for t in super().__getitem__(index))


def test_a_subclass_that_writes_getitem_is_asked_item_by_item() -> None:
    data = Scaled(autograd.arange(4))
    assert rows(DataLoader(data, batch_size=2)) == [[[0, 10]], [[20, 30]]]
    assert rows(DataLoader(Subset(data, [3, 1]), batch_size=2)) == [[[30, 10]]]


class Halves(Dataset[Any]):
    """A data set with rows of its own, which notes how it is asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: Any) -> Any:
        raise AssertionError("item by item")

    def rows(self, indices: Any) -> Any:
        self.asked.append(indices)
        return [autograd.arange(5)[indices] * 2]


def test_a_data_set_with_rows_is_asked_for_a_batch_when_its_turn_comes() -> None:
    data = Halves()
    iterator = iter(DataLoader(data, batch_size=2))
    assert not data.asked
    assert next(iterator)[0].tolist() == [0, 2]
    assert len(data.asked) == 1
    assert rows(DataLoader(Subset(data, [4, 0, -1]), batch_size=2)) == [[[8, 0]], [[8]]]


@pytest.mark.parametrize("form", ["tensor", "array", "part of a wider array", "the other order", "subset of subset"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_rows_of_arrays_that_lie_in_memory_in_any_way(form: str, shuffle: bool) -> None:
    values = np.arange(60.0).reshape(20, 3)
    x: Any = {
        "part of a wider array": np.arange(100.0).reshape(20, 5)[:, :3], "the other order": np.asfortranarray(values),
        "tensor": autograd.tensor(values),
    }.get(form, values)  # fmt: skip
    data: Any = TensorDataset(x, np.arange(20))
    if form == "subset of subset":
        data = Subset(Subset(data, range(20)), list(range(20)))
    seen = [
        (row, i) for a, b in DataLoader(data, batch_size=3, shuffle=shuffle) for row, i in zip(a.tolist(), b.tolist(), strict=True)
    ]
    assert (seen == sorted(seen)) is not shuffle
    assert all(row == x[i].tolist() for row, i in seen)
    assert sorted(i for _, i in seen) == list(range(20))


def test_a_custom_sampler_and_a_custom_batch_sampler() -> None:
    class Backwards(Sampler[int]):
        def __iter__(self) -> Any:
            return iter([4, 3, 2, 1, 0])

        def __len__(self) -> int:
            return 5

    data = TensorDataset(autograd.arange(5))
    assert rows(DataLoader(data, batch_size=2, sampler=Backwards())) == [[[4, 3]], [[2, 1]], [[0]]]
    assert rows(DataLoader(data, batch_sampler=[[0, 4], [2]])) == [[[0, 4]], [[2]]]
    assert sorted(v for b in rows(DataLoader(data, batch_size=2, sampler=SubsetRandomSampler([1, 3]))) for v in b[0]) == [1, 3]


def test_no_batching_and_own_collate() -> None:
    assert [int(x[0]) for x, _ in DataLoader(Squares(3), batch_size=None)] == [0, 1, 2]
    assert list(DataLoader([1, 2, 3], batch_size=2, collate_fn=sum)) == [3, 3]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stream(workers: int) -> None:
    batches = [b.tolist() for b in DataLoader(Stream(7), batch_size=2, num_workers=workers)]
    assert sorted(v for b in batches for v in b) == list(range(7))
    if not workers:
        assert batches == [[0, 1], [2, 3], [4, 5], [6]]
    assert all(len(b) == 2 for b in [b.tolist() for b in DataLoader(Stream(7), batch_size=2, num_workers=workers, drop_last=True)])


def test_an_empty_data_set_has_no_batches() -> None:
    assert list(DataLoader(TensorDataset(autograd.zeros(0, 2)), batch_size=2)) == []
    assert list(DataLoader(Squares(0), batch_size=2)) == []
    assert list(DataLoader(Stream(0), batch_size=2)) == []


# ----------------------------------------------------------------------------------------------------------------- workers
def test_an_error_in_a_worker_is_raised_with_its_own_traceback() -> None:
    loader = DataLoader(Failing(), batch_size=2, num_workers=2)
    with pytest.raises(KeyError, match=r"(?s)Caught KeyError in DataLoader worker process 0.*__getitem__.*fifth picture"):
        list(loader)
    assert not multiprocessing.active_children()


def test_a_worker_that_dies_is_named() -> None:
    with pytest.raises(RuntimeError, match=r"worker \(pid \d+\) exited unexpectedly with exit code 7.*num_workers=0"):
        list(DataLoader(Dying(), batch_size=2, num_workers=2))


def test_a_worker_that_takes_too_long() -> None:
    with pytest.raises(RuntimeError, match=r"timed out after 0.05 seconds"):
        list(DataLoader(Slow(), batch_size=1, num_workers=1, timeout=0.05))


def test_workers_draw_different_numbers_that_the_generator_decides() -> None:
    def drawn(seed: int) -> list[int]:
        generator = autograd.Generator().manual_seed(seed)
        return [v for b in DataLoader(Seeds(6), batch_size=1, num_workers=2, generator=generator) for v in b.tolist()]

    assert drawn(0) == drawn(0)
    assert drawn(0) != drawn(1)
    assert len(set(drawn(0))) == 6


def _note(worker: int) -> None:
    os.environ["NOTED"] = str(worker)


class Noted(Squares):
    def __getitem__(self, index: int) -> Any:
        info = get_worker_info()
        assert info is not None
        return int(os.environ["NOTED"]), info.id, os.getpid()


def test_worker_init_and_persistent_workers() -> None:
    loader = DataLoader(Noted(4), batch_size=1, num_workers=2, worker_init_fn=_note, persistent_workers=True)
    first, second = rows(loader), rows(loader)
    assert [(a[0], b[0]) for a, b, _ in first] == [(0, 0), (1, 1), (0, 0), (1, 1)]
    assert first == second, "the same processes"
    loader.__del__()
    assert not multiprocessing.active_children()


def test_leaving_a_loop_ends_its_workers() -> None:
    for _ in DataLoader(Squares(), batch_size=1, num_workers=2):
        break
    gc.collect()
    assert not multiprocessing.active_children()


def test_spawned_workers_get_the_data_set_by_pickle() -> None:
    data = Subset(Squares(4), [3, 1])
    assert [b[1].tolist() for b in DataLoader(data, batch_size=2, num_workers=1, multiprocessing_context="spawn")] == [[9.0, 1.0]]


# ------------------------------------------------------------------------------------------------------------------ errors
@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"shuffle": True, "sampler": SequentialSampler(range(3))}, "mutually exclusive with shuffle"),
        ({"batch_sampler": [[0]], "batch_size": 2}, "mutually exclusive with batch_size"),
        ({"batch_size": None, "drop_last": True}, "disables auto-batching"),
        ({"batch_size": 0}, "positive integer"),
        ({"num_workers": -1}, "non-negative"),
        ({"timeout": -1}, "non-negative"),
        ({"prefetch_factor": 2}, "num_workers > 0"),
        ({"persistent_workers": True}, "num_workers > 0"),
        ({"num_workers": 1, "prefetch_factor": 0}, "at least 1"),
    ],
)
def test_arguments_that_contradict_each_other(arguments: dict[str, Any], match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        DataLoader(Squares(), **arguments)


def test_a_stream_takes_no_order() -> None:
    with pytest.raises(ArgumentError, match="expected unspecified shuffle option"):
        DataLoader(Stream(), shuffle=True)
    with pytest.raises(TypeError, match="__getitem__"):
        DataLoader(iter([1]))


def test_a_loop_that_does_not_shuffle_draws_no_random_number() -> None:
    """PyTorch's DataLoader 2.13.0 draws one each time, so a validation changes the training: findings/dataloader_draws.sh."""
    for loader in (DataLoader(Squares(4), batch_size=2), DataLoader(TensorDataset(autograd.arange(4)), batch_size=2)):
        autograd.manual_seed(0)
        expected = autograd.rand(1).item()
        autograd.manual_seed(0)
        list(loader)
        assert autograd.rand(1).item() == expected


def test_several_items_of_data_sets_side_by_side() -> None:
    class Asked(Dataset):
        def __init__(self, extra: int = 0) -> None:
            self.asked: list[Any] = []
            self.extra = extra

        def __len__(self) -> int:
            return 4

        def __getitem__(self, index: int) -> int:
            return 10 * index

        def __getitems__(self, indices: list[int]) -> list[int]:
            self.asked.append(list(indices))
            return [10 * i for i in indices] + [0] * self.extra

    at_once = Asked()
    both = StackDataset(range(4), at_once)
    assert both.__getitems__([3, 1]) == [(3, 30), (1, 10)]
    assert at_once.asked == [[3, 1]]
    assert StackDataset(a=range(4), b=at_once).__getitems__([2]) == [{"a": 2, "b": 20}]
    assert [b.tolist() for b in next(iter(DataLoader(both, batch_size=4)))] == [[0, 1, 2, 3], [0, 10, 20, 30]]
    with pytest.raises(ValueError, match=r"output size mismatch\. Expected 2, got 3 of Asked"):
        StackDataset(Asked(extra=1)).__getitems__([0, 1])


def test_the_next_batch_after_an_error() -> None:
    class Broken(Dataset):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> int:
            if index == 1:
                raise OSError("a file is gone")
            return index

    batches = iter(DataLoader(Broken()))
    assert next(batches).tolist() == [0]
    with pytest.raises(OSError, match="gone"):
        next(batches)
    assert next(batches).tolist() == [2]
    assert next(batches, None) is None


def test_what_a_loader_is_made_of_stays() -> None:
    loader: DataLoader = DataLoader[int](range(4), batch_size=2)
    for name in ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"):
        with pytest.raises(ValueError, match=f"{name} attribute should not be set after DataLoader is initialized"):
            setattr(loader, name, None)
    loader.note = "anything else may"
    with pytest.raises(ValueError, match="multiprocessing_context can only be used"):
        DataLoader(range(4), multiprocessing_context="fork")


def _fails(worker: int) -> None:
    raise RuntimeError(f"worker {worker} has no data")


def test_a_worker_init_fn_is_called_for_tensors_too() -> None:
    data = TensorDataset(autograd.arange(4))
    with pytest.raises(RuntimeError, match="has no data"):
        list(DataLoader(data, num_workers=1, worker_init_fn=_fails))


def test_a_random_order_is_drawn_with_the_first_index() -> None:
    orders: list[list[int]] = [[], []]
    iterators = [iter(RandomSampler(range(6))) for _ in orders]
    for order, iterator in zip(orders, iterators, strict=True):
        autograd.manual_seed(3)
        order.append(next(iterator))
    for order, iterator in zip(orders, iterators, strict=True):
        order.extend(iterator)
    assert orders[0] == orders[1]
    assert sorted(orders[0]) == list(range(6))


def test_a_stream_that_is_longer_than_it_said_warns_each_time() -> None:
    class Stream(IterableDataset):
        def __len__(self) -> int:
            return 1

        def __iter__(self) -> Any:
            return iter(range(3))

    batches = iter(DataLoader(Stream(), batch_size=None))
    next(batches)
    for number in (2, 3):
        with pytest.warns(UserWarning, match=f"1 batches, but {number} have been fetched"):
            next(batches)
