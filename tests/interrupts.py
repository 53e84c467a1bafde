"""An interrupt at every line: what Ctrl-C may do to a write, once for each place in which it may come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from linecache import getline
from types import FrameType
from typing import Any


class Interrupted(KeyboardInterrupt):
    """What is raised in the place of a Ctrl-C."""


def interrupted(action: Callable[[], Any], *files: str, safe: str = "\0") -> Iterator[int]:
    """Run an action again and again, each time interrupted one line later, until it runs to its end.

    Args:
        action: is called anew each time, so it starts from the state that the caller prepares between two steps.
        files: endings of the names of the files in whose lines the interrupt comes.
        safe: part of the text of lines in which none comes. Python looks for a Ctrl-C only after a call: a single call that puts
            everything right cannot be kept from it.

    Yields:
        The number of the line, after each run that was interrupted.
    """
    number = 0
    while True:
        number += 1
        left = number

        def trace(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal left
            if not frame.f_code.co_filename.endswith(files):
                return None
            if event == "line" and safe not in getline(frame.f_code.co_filename, frame.f_lineno):
                left -= 1
                if left == 0:
                    raise Interrupted
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            action()
        except Interrupted:
            pass
        else:
            return
        finally:
            sys.settrace(before)
        yield number
