"""``torch.utils.model_zoo``, for programs that import it and load no weights with it."""

from __future__ import annotations

from typing import Any, NoReturn


def load_url(url: str, *args: Any, **kwargs: Any) -> NoReturn:
    """Not here: raises, because this library downloads nothing.

    Args:
        url: where PyTorch would find the weights. args, kwargs: PyTorch's further arguments.

    Example:
        >>> from autograd.utils.model_zoo import load_url
        >>> load_url("weights.pth")
        Traceback (most recent call last):
        ...
        RuntimeError: load_url: no models are downloaded here: download weights.pth, and load the file with torch.load
    """
    raise RuntimeError(f"load_url: no models are downloaded here: download {url}, and load the file with torch.load")
