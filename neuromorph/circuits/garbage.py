"""A pause of Python's cyclic garbage collector.

Reading and reducing a circuit makes many small objects that all stay. The collector goes through
them again and again as they grow: a third of the time of a thousand junctions.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept() -> Iterator[None]:
    """Collect no garbage inside; the state before is back afterwards, also after an error."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
