"""The cache as the stages use it: a directory, maybe a remote behind it, and counts for the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from servestatic_build.cache.directory import CacheDirectory
from servestatic_build.cache.items import Key, Problem, Store, sealed, unsealed

if TYPE_CHECKING:
    from servestatic_build.cache.remote import RemoteCache


@dataclass(slots=True)
class Uses:
    """How often items of one kind were asked for, from the cache for the report."""

    hits: int = 0
    misses: int = 0


class Cache:
    """Items by key. Nothing here raises: what does not work is a miss, and ``close`` says why. Thread-safe."""

    def __init__(self, directory: CacheDirectory | None = None, remote: RemoteCache | None = None) -> None:
        self._directory = directory
        self._remote = remote
        self._uses: dict[str, Uses] = {}
        self._lock = Lock()

    @property
    def uses(self) -> Mapping[str, Uses]:
        """How the cache was used, by kind of item; nothing where there is none."""
        return self._uses

    def expect(self, keys: Iterable[Key]) -> None:
        """Have those of the keys that are far away set out; they will be asked for."""
        if self._directory and self._remote:
            self._remote.expect(key for key in keys if key.shared and not self._directory.has(key))

    def get(self, key: Key, *others: Key) -> bytes | None:
        """Return what was put under a key, else under one of the others of its kind, None for nothing."""
        if self._directory is None:
            return None
        read = partial(self._found, self._directory)
        data = next((data for data in map(read, (key, *others)) if data is not None), None)
        self._count(key.kind, hit=data is not None)
        return data

    def put(self, key: Key, data: bytes) -> None:
        """Have later builds find the data under a key."""
        item = sealed(key, data)
        if self._directory:
            self._directory.write(key, item)
        if self._remote and key.shared:
            self._remote.write(key, item)

    def close(self) -> tuple[Problem, ...]:
        """End what is under way, and return what was wrong."""
        stores = [store for store in (self._directory, self._remote) if store]
        for store in stores:
            store.close()
        return tuple(store.problem for store in stores if store.problem)

    def _found(self, directory: CacheDirectory, key: Key) -> bytes | None:
        data = self._read(directory, key)
        if data is None and self._remote and key.shared:
            data = self._read(self._remote, key)
            if data is not None:
                directory.write(key, sealed(key, data))
        return data

    def _read(self, store: Store, key: Key) -> bytes | None:
        item = store.read(key)
        return None if item is None else unsealed(key, item)

    def _count(self, kind: str, *, hit: bool) -> None:
        with self._lock:
            uses = self._uses.setdefault(kind, Uses())
            uses.hits += hit
            uses.misses += not hit
