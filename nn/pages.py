"""Make the C library keep freed memory, so that a training step finds the arrays of the step before.

The GNU C library returns freed arrays of more than 128 KB to the system, and the next training step asks for them again. In a
small convolutional network a quarter of the step went into the page faults (51 ms; 38 ms without them). The library has a rule
that helps: once a block of up to 32 MB has been freed, it takes blocks of that size from its heap, and keeps up to twice as much
there (mallopt(3), M_MMAP_THRESHOLD). So this module asks for one such block and frees it. Nothing is written into the block, so
it takes no physical memory. In other C libraries the call has no effect.
"""

from __future__ import annotations

import numpy as np

_LARGEST = (1 << 25) - (1 << 13)  # a little below the limit, for the block's own header


def keep() -> None:
    """Make the C library keep up to 64 MB of freed memory."""
    np.empty(_LARGEST, np.uint8)
