"""Garbage: how often Python looks for objects that only hold each other.

Each look walks over all that was made lately, and often over much more. A server that holds a thousand
requests makes tens of thousands of objects at a time, which end by themselves when the requests do; at
Python's own pace the looks were a third of what it did.
"""

import gc
from typing import Final

NEW_MAX: Final = 50_000
"""So many new objects call for a look. Some megabytes of garbage may wait for it."""


def collect_seldom() -> None:
    """Look seldom from now on, and never again at what is there: a program's code, tables and caches.

    For a process of our own, once it serves.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_MAX, *gc.get_threshold()[1:])
