"""Locks that builds hold against each other: files that are there only as long as somebody holds them.

They lie in DIST and not beside it, for another container that has DIST as its volume must see them, too. What a killed
process leaves of one is an empty file, which the system has unlocked and the next build removes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from filelock import lock_descriptor

from servestatic_build.names import OURS
from servestatic_build.platform_files import open_lock, remove_lock

LOCK_SUFFIX = ".lock"


@contextmanager
def locked_output(out: str) -> Iterator[None]:
    """Hold the lock of DIST, which must be there: nobody else brings files in or takes any out."""
    with locked(os.path.join(out, OURS)):
        yield


@contextmanager
def locked(path: str, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock that ``path`` and a suffix stand for; raise BlockingIOError where it is held and not to wait for."""
    path += LOCK_SUFFIX
    descriptor = _acquired(path, wait=wait)
    try:
        yield
    finally:
        remove_lock(path, descriptor)


def _acquired(path: str, *, wait: bool) -> int:
    while True:
        with ExitStack() as stack:
            descriptor = open_lock(path)
            stack.callback(os.close, descriptor)
            is_held = lock_descriptor(descriptor, blocking=wait)
            if is_held and _is_at(path, descriptor):
                stack.pop_all()
                return descriptor
        if not is_held:
            raise BlockingIOError(f"{path} is held")
        # Who held it before has removed its file meanwhile: others lock a new one.


def _is_at(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
