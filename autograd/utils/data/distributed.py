"""The sampler of data that several processes train on: each takes its share of the items. No process is started here."""

from __future__ import annotations

from collections.abc import Iterator, Sized

from ...distributed import get_rank, get_world_size
from ...errors import ArgumentError
from ...functions.random import Generator, numpy_generator
from .sampler import Sampler


class DistributedSampler(Sampler[int]):
    """This process's share of the indices: every k-th of them, of k processes, in an order that all processes agree on.

    With batches of n/k samples on each of k processes, the processes' batches together are those of one process with batches of n.

    Args:
        dataset: what is sampled; of the same length on each process. num_replicas: k; by default the number of processes.
        rank: this process's number; by default ``autograd.distributed.get_rank()``.
        shuffle: whether the order is random, a new one in each epoch: call ``set_epoch(epoch)`` before each, as ``nn.fit`` does.
        seed: of the order; the same on each process.
        drop_last: whether the last items are left out where k does not divide their number; by default the first ones come twice.

    Raises:
        ArgumentError: a rank that is not below num_replicas, or no process group and one of the two is not given.

    Example:
        >>> from autograd.utils.data import DistributedSampler
        >>> [list(DistributedSampler(range(5), 2, rank, shuffle=False)) for rank in (0, 1)]
        [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self, dataset: Sized, num_replicas: int | None = None, rank: int | None = None, shuffle: bool = True, seed: int = 0,
        drop_last: bool = False,
    ) -> None:  # fmt: skip
        self.dataset = dataset
        self.num_replicas = get_world_size() if num_replicas is None else num_replicas
        self.rank = get_rank() if rank is None else rank
        if not 0 <= self.rank < self.num_replicas:
            raise ArgumentError(f"Invalid rank {self.rank}, rank should be in the interval [0, {self.num_replicas - 1}]")
        self.shuffle = shuffle
        self.seed = seed
        self.drop_last = drop_last
        self.epoch = 0

    @property
    def num_samples(self) -> int:
        """How many indices this process gets in an epoch: as many as each other one."""
        n, k = len(self.dataset), self.num_replicas
        return n // k if self.drop_last and n % k else -(-n // k)

    @property
    def total_size(self) -> int:
        """How many indices all processes get together."""
        return self.num_samples * self.num_replicas

    def __iter__(self) -> Iterator[int]:
        n = len(self.dataset)
        if not n:
            return iter(())
        if self.shuffle:
            order = numpy_generator(Generator().manual_seed(self.seed + self.epoch)).permutation(n).tolist()
        else:
            order = [*range(n)]
        rounds = -(-self.total_size // n)
        return iter((order * rounds)[: self.total_size][self.rank :: self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of an epoch, by its number."""
        self.epoch = epoch


__all__ = ["DistributedSampler"]
