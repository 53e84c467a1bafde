"""The ops as functions of tensors, under their public names: one line an op."""

from __future__ import annotations

from .engine import recorded
from .ops import activation, comparison, elementwise, reduction, trigonometric
from .products import (
    addbmm, addmm, addmv, addr, baddbmm, bmm, chain_matmul, cross, dot, einsum, inner, kron, matmul, mm, mv, outer, tensordot, vdot,
)  # fmt: skip
from .shaping import (
    adjoint, astype, broadcast_tensors, broadcast_to, cat, clone, concat, concatenate, conj, contiguous, diag_embed, diagonal, expand,
    flatten, flip, getitem, imag, moveaxis, movedim, padded, permute, ravel, real, reshape, roll, squeeze, stack, swapaxes, swapdims,
    t, tile, transpose, tril, triu, unflatten, unfold, unsqueeze, view,
)  # fmt: skip

# ------------------------------------------------------------------------------------------------------------ elementwise
add = recorded(elementwise.add)
sub = recorded(elementwise.sub)
mul = recorded(elementwise.mul)
div = recorded(elementwise.div)
neg = recorded(elementwise.neg)
exp = recorded(elementwise.exp)
log = recorded(elementwise.log)
tanh = recorded(trigonometric.tanh)
square = recorded(elementwise.square)

# -------------------------------------------------------------------------------------------------------------- reduction
sum = recorded(reduction.sum)

# ---------------------------------------------------------------------------------------------------------- neural networks
relu = recorded(activation.relu)
leaky_relu = recorded(activation.leaky_relu)
hardtanh = recorded(activation.hardtanh)
relu6 = recorded(activation.relu6)
hardsigmoid = recorded(activation.hardsigmoid)
hardswish = recorded(activation.hardswish)
threshold = recorded(activation.threshold)
softshrink = recorded(activation.softshrink)
hardshrink = recorded(activation.hardshrink)
elu = recorded(activation.elu)
gelu = recorded(activation.gelu)
silu = recorded(activation.silu)
mish = recorded(activation.mish)
softplus = recorded(activation.softplus)
logsigmoid = recorded(activation.logsigmoid)
softsign = recorded(activation.softsign)
tanhshrink = recorded(activation.tanhshrink)
softmax = recorded(activation.softmax)
log_softmax = recorded(activation.log_softmax)
