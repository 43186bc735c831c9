"""Where the cache is: what the settings say, else the environment, else the user's directory for caches."""

from __future__ import annotations

import os

from platformdirs import user_cache_dir

from servestatic_build.cache.directory import CacheDirectory
from servestatic_build.cache.layered import Cache

ENVIRONMENT = "SERVESTATIC_CACHE"


def open_cache(setting: str | None, limit: int) -> Cache:
    """Return the cache at a directory, or the one behind the user's at a URL. ``limit`` is the directory's, in bytes.

    Nothing is made there, or asked of the remote, before it is used.
    """
    wanted = setting or os.environ.get(ENVIRONMENT) or _users()
    if not _is_url(wanted):
        return Cache(CacheDirectory(wanted, limit))
    from servestatic_build.cache.remote import RemoteCache  # noqa: PLC0415 - few have one

    return Cache(CacheDirectory(_nearby(), limit), RemoteCache(wanted))


def _nearby() -> str:
    """Return the directory before a remote cache."""
    wanted = os.environ.get(ENVIRONMENT)
    return wanted if wanted and not _is_url(wanted) else _users()


def _users() -> str:
    return user_cache_dir("servestatic-build", appauthor=False)


def _is_url(text: str) -> bool:
    return "://" in text
