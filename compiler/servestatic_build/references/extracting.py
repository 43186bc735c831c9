"""Read a file and find what it refers to; also in a process that does nothing else (``main``).

That process is told on stdin what it need not look into, then which files to read; it answers on stdout.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Container
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

import msgpack

from servestatic_build.cache.plain import from_plain, to_plain
from servestatic_build.codecs.decoding import decoded
from servestatic_build.platform_files import read_regular
from servestatic_build.references.found import NOTHING, FoundReferences, found_in

_LENGTH_BYTES = 8
_ODD_TEXT = "surrogatepass"  # what is no UTF-8 in a source


class Wanted(NamedTuple):
    """A file to read."""

    real_path: str
    media_type: str
    coding: str | None = None  # that its bytes are in


class Extracted(NamedTuple):
    """A file that was read: the SHA-256 of its bytes, and what was found in it; None for what is known already.

    ``fact`` is the latter as plain values.
    """

    digest: bytes
    found: FoundReferences | None = None
    fact: Any = None


_NOTHING = ()  # as a fact: what most files hold


def to_fact(found: FoundReferences) -> Any:
    """Return what was found in a file as plain values."""
    return _NOTHING if found is NOTHING else to_plain(found)


def from_fact(fact: Any) -> FoundReferences:
    """Return what was found in a file; raise TypeError or ValueError for what is no such fact."""
    return NOTHING if fact == _NOTHING else from_plain(FoundReferences, fact)


def fact_key(digest: bytes, media_type: str) -> bytes:
    """Return the key of what is found in a file with this SHA-256."""
    return digest + media_type.encode()


def extracted(data: bytes, media_type: str, known: Container[bytes]) -> Extracted:
    """Return what is in a file, unless its key is known."""
    digest = hashlib.sha256(data).digest()
    if fact_key(digest, media_type) in known:
        return Extracted(digest)
    found = found_in(data, media_type)
    return Extracted(digest, found, to_fact(found))


def read_and_extracted(wanted: Wanted, known: Container[bytes]) -> Extracted | None:
    """Read a file and return what is in it; None where that fails, for whoever asked to try himself."""
    try:
        chunks = read_regular(wanted.real_path, follow=False)
        data = b"".join(decoded(wanted.coding, chunks) if wanted.coding else chunks)
        return extracted(data, wanted.media_type, known)
    except (OSError, ValueError):
        return None


def send(stream: BinaryIO, value: Any) -> None:
    """Write a plain value behind its length."""
    packed = msgpack.packb(value, unicode_errors=_ODD_TEXT)
    stream.write(len(packed).to_bytes(_LENGTH_BYTES) + packed)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Return the next value; raise EOFError where there is none."""
    length = int.from_bytes(stream.read(_LENGTH_BYTES))
    packed = stream.read(length)
    if not length or len(packed) < length:
        raise EOFError
    return msgpack.unpackb(packed, use_list=False, unicode_errors=_ODD_TEXT)


def from_answer(answer: Any) -> Extracted | None:
    """Return what another process has sent of a file; raise TypeError or ValueError."""
    if answer is None:
        return None
    digest, fact = answer
    return Extracted(digest, None if fact is None else from_fact(fact), fact)


def main() -> None:
    """Answer requests until there are no more."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    with suppress(EOFError):
        known = frozenset(receive(requests))
        while True:
            send(answers, [_answer(Wanted(*wanted), known) for wanted in receive(requests)])


def _answer(wanted: Wanted, known: Container[bytes]) -> Any:
    read = read_and_extracted(wanted, known)
    return read and (read.digest, read.fact)
