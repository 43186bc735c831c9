"""What the cache holds: bytes under a key that says all they were made from, each item able to tell that it is whole."""

from __future__ import annotations

import hashlib
from typing import NamedTuple, Protocol

# A directory of this name below the cache holds all of it. A change to what an item is, or where it lies, is a new one,
# so that every version finds its own items and leaves those of others alone.
LAYOUT = "1"

_DIGEST_BYTES = 32


class Key(NamedTuple):
    """The name of an item: of what kind it is, and the SHA-256 of all that its bytes depend on.

    ``shared`` says whether other machines may want it, and are not quicker to make it than to fetch it.
    """

    kind: str
    digest: bytes
    shared: bool = True

    @property
    def path(self) -> str:
        """Where the item lies below a cache."""
        digits = self.digest.hex()
        return f"{LAYOUT}/{self.kind}/{digits[:2]}/{digits[2:]}"


def key_of(kind: str, *parts: bytes, shared: bool = True) -> Key:
    """Return the key of what is made from these parts, each framed by its length."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return Key(kind, digest.digest(), shared)


def sealed(key: Key, data: bytes) -> bytes:
    """Return an item: the data behind a hash of its key and itself."""
    return _digest(key, data) + data


def unsealed(key: Key, item: bytes) -> bytes | None:
    """Return the data of an item, None for one that is damaged or belongs to another key."""
    data = item[_DIGEST_BYTES:]
    return data if item[:_DIGEST_BYTES] == _digest(key, data) else None


def _digest(key: Key, data: bytes) -> bytes:
    digest = hashlib.sha256(key.kind.encode() + key.digest)
    digest.update(data)
    return digest.digest()


class Problem(NamedTuple):
    """Why a part of the cache is of no use to this build, for one warning."""

    place: str
    message: str
    hint: str


class Store(Protocol):
    """Where items lie. No method raises: what does not work is a miss, and ``problem`` says why."""

    problem: Problem | None

    def read(self, key: Key) -> bytes | None:
        """Return an item as it lies there."""

    def write(self, key: Key, item: bytes) -> None:
        """Put an item there, in place of one that is there already."""

    def close(self) -> None:
        """End what is under way."""
