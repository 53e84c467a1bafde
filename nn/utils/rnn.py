"""Sequences of unequal length, under the names of ``torch.nn.utils.rnn``. The work is done in nn/packed_sequence.py."""

from ..packed_sequence import *
from ..packed_sequence import __all__ as __all__
