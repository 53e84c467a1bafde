"""Where ``functional_call`` was before ``nn.functional_call``."""

from ..deprecation import deprecated
from ..stateless import functional_call as _functional_call

functional_call = deprecated(_functional_call, "nn.utils.stateless.functional_call", "nn.functional_call")

__all__ = ["functional_call"]
