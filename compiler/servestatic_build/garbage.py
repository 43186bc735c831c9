"""How often Python looks for garbage that refers to itself."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 1_000_000


@contextmanager
def collected_rarely() -> Iterator[None]:
    """Have Python look for garbage after each million new objects, not 700: a build needs most of them to its end.

    To look through them again and again took a quarter of the time of a build of many small files.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(max(_OBJECTS, thresholds[0]) if thresholds[0] else 0, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
