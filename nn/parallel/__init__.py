"""Modules that train on several batches at once, under the names of ``torch.nn.parallel``. What is sent is not decided here."""

from .data_parallel import DataParallel, data_parallel
from .distributed import DistributedDataParallel

__all__ = ["DataParallel", "DistributedDataParallel", "data_parallel"]
