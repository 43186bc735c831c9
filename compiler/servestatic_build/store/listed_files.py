"""Whether a file is what a manifest lists: by its size, and by the hash of its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

from servestatic_build.codes import Code
from servestatic_build.platform_files import open_regular
from servestatic_runtime.format import etag
from servestatic_runtime.records import Variant

_CHUNK_BYTES = 2**20


class Body(NamedTuple):
    """A file's bytes, None where they were only hashed, and the hashes that were asked for, in order."""

    data: bytes | None
    size: int
    hashes: tuple[bytes, ...]


class NotAsListedError(Exception):
    """A file that is missing, or has another size or other bytes than the manifest says; the text is a sentence."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def read_listed(path: str, variant: Variant, *algorithms: str, keep: bool = False) -> Body:
    """Return a file's body, its SHA-256 as the first hash; raise NotAsListedError where its size and ETag do not say so."""
    try:
        with open_regular(path) as file:
            body = _read(file, variant.size, ("sha256", *algorithms), keep=keep)
    except OSError as error:
        raise missing(error) from error
    check_size(variant, body.size)
    if etag(body.hashes[0]) != variant.etag:
        raise NotAsListedError(Code.DAMAGED_FILE, "this file has other bytes than the manifest says")
    return body


def check_size(variant: Variant, size: int) -> None:
    """Raise NotAsListedError where a file has another size than its variant."""
    if size != variant.size:
        message = f"this file has {size:,} bytes where the manifest says {variant.size:,}"
        raise NotAsListedError(Code.DAMAGED_FILE, message)


def missing(error: OSError | None = None) -> NotAsListedError:
    """Return the error that says of a listed file that it is not there, or why it can't be read."""
    if error is None or isinstance(error, FileNotFoundError | NotADirectoryError):
        return NotAsListedError(Code.MISSING_FILE, "the manifest lists this file, and it is missing")
    return NotAsListedError(Code.MISSING_FILE, f"this file can't be read: {error.strerror}")


def _read(file: BinaryIO, size: int, algorithms: Iterable[str], *, keep: bool) -> Body:
    """Read a file of so many bytes, if it is right, and keep them only if asked to: a video need not be in memory."""
    hashes, read, kept = [hashlib.new(algorithm) for algorithm in algorithms], 0, []
    wanted = min(size + 1, _CHUNK_BYTES)  # one read says that a small file ends where it should
    is_end = False
    while not is_end:
        chunk = file.read(wanted)
        is_end = len(chunk) < wanted
        read += len(chunk)
        for each in hashes:
            each.update(chunk)
        if keep:
            kept.append(chunk)
    return Body(b"".join(kept) if keep else None, read, tuple(each.digest() for each in hashes))
