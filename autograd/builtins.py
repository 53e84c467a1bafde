"""``autograd.builtins``: containers and questions of types under HIPS autograd's names. The work is done in hips/."""

from .hips.builtins import DictBox, SequenceBox, container_take, dict, isinstance, list, make_sequence, tuple, type
from .hips.spaces import ContainerVSpace, DictVSpace, ListVSpace, NamedTupleVSpace, SequenceVSpace, TupleVSpace
