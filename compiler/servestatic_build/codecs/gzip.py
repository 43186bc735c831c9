"""gzip (RFC 1952): zopfli's deflate, which every client reads and zlib can't match; libdeflate's where time matters more."""

from __future__ import annotations

from typing import NamedTuple

import zopfli
from deflate import __version__ as deflate_version
from deflate import gzip_compress
from zopfli.gzip import compress

_VERSION = 1  # of this module: another for a change that makes other bytes


class _Zopfli(NamedTuple):
    """What zopfli is told."""

    iterations: int
    splits: bool = True  # whether it looks for places to begin a new block

    def __str__(self) -> str:
        return f"{self.iterations} iterations, {'blocks' if self.splits else 'one block'}"


# By the largest size in bytes, for data larger than all of them libdeflate is used. docs/reference/codecs.md has the measurements.
_ZOPFLI: dict[str, tuple[tuple[int, _Zopfli], ...]] = {
    "fast": (),
    "default": ((2**14, _Zopfli(15, splits=False)), (2**21, _Zopfli(5))),
    "best": ((2**21, _Zopfli(50)), (2**63, _Zopfli(15))),
}
_LIBDEFLATE_LEVEL = {"fast": 10, "default": 12, "best": 12}
# Where a member says on which system it was made, libdeflate says "unknown" and zopfli "Unix".
_OS, _UNIX = 9, b"\x03"


def encode(data: bytes, effort: str) -> bytes:
    """Return the data as one gzip member without a name or a time."""
    told = _told(len(data), effort)
    if told is None:
        member = bytes(gzip_compress(data, _LIBDEFLATE_LEVEL[effort]))
        return member[:_OS] + _UNIX + member[_OS + 1 :]
    coded: bytes = compress(data, numiterations=told.iterations, blocksplitting=int(told.splits))
    return coded


def recipe(size: int, effort: str) -> str:
    """Return all that the member depends on beside the data."""
    told = _told(size, effort)
    if told is None:
        return f"gzip {_VERSION}: deflate {deflate_version}, level {_LIBDEFLATE_LEVEL[effort]}"
    return f"gzip {_VERSION}: zopfli {zopfli.__version__}, {told}"


def _told(size: int, effort: str) -> _Zopfli | None:
    """Return what zopfli is told, None where libdeflate compresses."""
    return next((told for limit, told in _ZOPFLI[effort] if size <= limit), None)
