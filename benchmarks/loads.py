"""The loads that servers are compared under, of the two files."""

from __future__ import annotations

from servers import Load
from two_files import large, small

_ACCEPT_BROTLI = {"Accept-Encoding": "br"}
# Four downloads at a time: with more the client, on one core, is what is measured.
_DOWNLOADS = 4


def small_file(server: str) -> Load:
    """Return the load of those who get the brotli variant of the small file."""
    size = small().size
    return Load(f"{server}: {size:,} bytes of brotli, 64 connections kept alive", _ACCEPT_BROTLI, 200, size)


def not_modified(server: str) -> Load:
    """Return the load of those who have the small file."""
    fields = {**_ACCEPT_BROTLI, "If-None-Match": dict(small().headers)["ETag"]}
    return Load(f"{server}: 304, 64 connections kept alive", fields, 304, 0)


def large_file(server: str) -> Load:
    """Return the load of those who get the large file."""
    size = large().size
    return Load(f"{server}: {size / 1e6:g} MB, {_DOWNLOADS} connections kept alive", {}, 200, size, _DOWNLOADS, 3)
