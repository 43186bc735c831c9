"""Wait until something changes in what a build is made from."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from typing import Any, TypeAlias

from servestatic_build.diagnostics import ConfigError

# Programs write the files of one burst without a pause of this length, and a person waits for it twice at most.
_PAUSE_MS = 20
# A burst that does not end is compiled all the same.
_LONGEST_BURST_MS = 1600
# How often to look whether a place is still the one that is watched: the system tells of what is in a directory, and
# nothing of another that takes its place.
_LOOK_MS = 100

_Identity: TypeAlias = tuple[int, ...]


def bursts(places: Callable[[], Iterable[str]]) -> Iterator[Collection[str] | None]:
    """Yield at once, and then behind each burst the real paths that changed, until KeyboardInterrupt; raise ConfigError.

    Yields None where nobody knows what changed.

    A place is a directory, with all that is in it, or a file; it need not be there yet. They are asked for again after
    each burst. What changes while the caller is busy is part of the next burst.
    """
    while True:
        watched = _identities(places())
        with suppress(FileNotFoundError), closing(_changes(watched)) as changes:  # one may go just before it is watched
            next(changes)  # from now on none is missed
            yield None
            while _identities(places()) == watched:
                if burst := next(changes):
                    yield {path for _, path in burst}


def _changes(places: Iterable[str]) -> Generator[set[Any], None, None]:
    """Yield the changes of each burst, or none where there were none for a while."""
    try:
        from watchfiles import watch  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        hint = 'pip install "servestatic-build[build,watch]"'
        raise ConfigError("--watch needs the package watchfiles", hint) from error
    directories = [os.path.realpath(place) for place in places if os.path.isdir(place)]
    try:
        yield from watch(
            *directories,
            watch_filter=None,
            debounce=_LONGEST_BURST_MS,
            step=_PAUSE_MS,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
            ignore_permission_denied=True,  # the build tells of that
        )
    except FileNotFoundError:
        raise
    except OSError as error:
        hint = "raise the system's limit (on Linux fs.inotify.max_user_watches), or set WATCHFILES_FORCE_POLLING=1"
        raise ConfigError(f"the sources can't be watched: {error}", hint) from error


def _identities(places: Iterable[str]) -> Mapping[str, _Identity | None]:
    return {place: _identity(place) for place in places}


def _identity(place: str) -> _Identity | None:
    """Return what tells a place from another under its name, and a file from what was written into it since."""
    try:
        status = os.stat(place)
    except OSError:
        return None
    which = (status.st_dev, status.st_ino)
    return which if os.path.isdir(place) else (*which, status.st_size, status.st_mtime_ns)
