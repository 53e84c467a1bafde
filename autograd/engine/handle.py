"""RemovableHandle: what registering a hook returns."""

from __future__ import annotations

from collections.abc import MutableMapping
from itertools import count
from typing import Any

_ids = count()


class RemovableHandle:
    """Removes a hook: by ``remove()``, or at the end of a ``with`` block.

    Args:
        hooks: the dictionary into which the hook goes, under the handle's ``id``; hooks are called in its order.
        hook: the function, or whatever else the dictionary holds for it.
        prepend: put it before the hooks that are there already.
    """

    def __init__(self, hooks: MutableMapping[int, Any], hook: Any, prepend: bool = False) -> None:
        earlier = list(hooks) if prepend else []
        self._hooks = hooks
        self.id = next(_ids)
        hooks[self.id] = hook
        for key in earlier:
            hooks[key] = hooks.pop(key)

    def remove(self) -> None:
        """Remove the hook; a second call does nothing."""
        self._hooks.pop(self.id, None)

    def hooks_dict_ref(self) -> MutableMapping[int, Any]:
        """The dictionary that holds the hook, under the name that PyTorch has for a reference to it."""
        return self._hooks

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()
