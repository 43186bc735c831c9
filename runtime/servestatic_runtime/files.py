"""How files are opened."""

from __future__ import annotations

import os


def without_waiting(path: str, flags: int) -> int:
    """Open a file; an ``opener`` for open(). A pipe in its place would be waited for until somebody writes to it."""
    return os.open(path, flags | os.O_NONBLOCK)
