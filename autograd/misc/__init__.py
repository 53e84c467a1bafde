"""``autograd.misc``: flattening, optimizers, fixed points and graphs under HIPS autograd's names. The work is not done here."""

from .flatten import flatten
from .tracers import const_graph, full_graph
