"""The ops as functions of tensors, under their public names: one line an op."""

from __future__ import annotations

from .engine import recorded
from .ops import elementwise, indexing, reduction, shape

# ------------------------------------------------------------------------------------------------------------ elementwise
add = recorded(elementwise.add)
sub = recorded(elementwise.sub)
mul = recorded(elementwise.mul)
div = recorded(elementwise.div)
neg = recorded(elementwise.neg)
exp = recorded(elementwise.exp)
log = recorded(elementwise.log)
tanh = recorded(elementwise.tanh)
square = recorded(elementwise.square)

# -------------------------------------------------------------------------------------------------------------- reduction
sum = recorded(reduction.sum)

# ------------------------------------------------------------------------------------------------------------------ shape
reshape = recorded(shape.reshape)

# --------------------------------------------------------------------------------------------------------------- indexing
getitem = recorded(indexing.getitem)
