"""NumPy, differentiated. The public names, and nothing else."""

# First, so that the name `tensor` is the function and not the module.
from .tensor import Tensor  # isort: skip
from .creation import tensor
from .gradcheck import gradcheck, gradgradcheck
from .gradients import backward, grad
from .modes import enable_grad, no_grad
from . import func

__all__ = ["Tensor", "backward", "enable_grad", "func", "grad", "gradcheck", "gradgradcheck", "no_grad", "tensor"]
