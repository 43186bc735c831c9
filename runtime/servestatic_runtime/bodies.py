"""Bodies: a bounded cache of small ones, and files opened only when they are what the manifest says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from threading import Lock
from typing import BinaryIO

from servestatic_runtime.errors import BodyError
from servestatic_runtime.format import etag
from servestatic_runtime.platform_files import Opener, open_nonblocking, read_at
from servestatic_runtime.response import BodyPart, FileBody, Span

DEFAULT_CACHE_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
LARGEST_CACHED = 512 * 1024  # a larger file gains more from sendfile than from memory


class BodyCache:
    """Whole files in memory, by path, never more than ``limit`` bytes: the oldest is evicted first. Thread-safe."""

    def __init__(self, limit: int, opener: Opener = open_nonblocking) -> None:
        self.limit = limit
        self._opener = opener
        self.used = 0
        self.entries: dict[str, bytes] = {}
        self._lock = Lock()

    def admits(self, file_body: FileBody) -> bool:
        """Return whether a file of this size is kept here."""
        return file_body.size <= LARGEST_CACHED and file_body.size <= self.limit

    def get(self, file_body: FileBody) -> bytes | None:
        """Return the bytes asked for if their file is in memory."""
        body = self.entries.get(file_body.path)
        return body if body is None or file_body.parts is None else _cut(body, file_body.parts)

    def load(self, file_body: FileBody) -> bytes:
        """Read the file into memory and return the bytes asked for; raise BodyError if it has others."""
        with closing(open_body(file_body, self._opener)) as opened:
            body = opened.file.read(file_body.size + 1)
        if len(body) != file_body.size:
            raise BodyError(_wrong_size(file_body, len(body)))
        if file_body.etag not in {None, _etag_of(body)}:
            message = f"{file_body.path}: has other bytes than the manifest says"
            raise BodyError(message)
        self._keep(file_body.path, body)
        return body if file_body.parts is None else _cut(body, file_body.parts)

    def _keep(self, path: str, body: bytes) -> None:
        with self._lock:
            self.used += len(body) - len(self.entries.pop(path, b""))
            self.entries[path] = body
            while self.used > self.limit:
                self.used -= len(self.entries.pop(next(iter(self.entries))))


class OpenBody:
    """An open file and what to send of it, in chunks or by its descriptor.

    It has one sender, since the file may have but one position. Whoever sends it closes it.
    """

    def __init__(self, file: BinaryIO, file_body: FileBody) -> None:
        self.file = file
        self.file_body = file_body
        self.parts: tuple[BodyPart, ...] = file_body.parts or (Span(0, file_body.size),)

    def __iter__(self) -> Iterator[bytes]:
        """Yield what is to be sent, at most CHUNK_BYTES at a time; raise BodyError where the file ends before that."""
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
            else:
                yield from self._chunks(*part)

    def _chunks(self, start: int, end: int) -> Iterator[bytes]:
        while start < end:
            chunk = read_at(self.file, min(CHUNK_BYTES, end - start), start)
            if not chunk:
                raise BodyError(_too_short(self.file.name))
            start += len(chunk)
            yield chunk

    def check(self) -> None:
        """Raise BodyError if the file has become shorter, so that a server which sent it itself has sent too little."""
        if os.fstat(self.file.fileno()).st_size < self.file_body.size:
            raise BodyError(_too_short(self.file.name))

    def is_in_its_place(self) -> bool:
        """Return whether its path still leads to this file, which it does not once DIST was moved."""
        try:
            return os.path.samestat(os.stat(self.file_body.path), os.fstat(self.file.fileno()))
        except OSError:
            return False

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    # A task that is cancelled never gets the file that its thread has opened, and nobody else can close it.
    __del__ = close


def open_body(file_body: FileBody, opener: Opener) -> OpenBody:
    """Open the file; raise BodyError unless it has the size it should have."""
    try:
        file = open(file_body.path, "rb", opener=opener)  # noqa: SIM115 - the caller closes it
        size = os.fstat(file.fileno()).st_size
    except OSError as error:
        message = f"{file_body.path}: {error.strerror}"
        raise BodyError(message) from error
    if size != file_body.size:
        file.close()
        raise BodyError(_wrong_size(file_body, size))
    return OpenBody(file, file_body)


def _etag_of(body: bytes) -> str:
    from hashlib import sha256  # noqa: PLC0415 - takes longer than the rest of a start, and is needed only here

    return etag(sha256(body).digest())


def _cut(body: bytes, parts: tuple[BodyPart, ...]) -> bytes:
    return b"".join(part if isinstance(part, bytes) else body[part.start : part.end] for part in parts)


def _too_short(path: str) -> str:
    return f"{path}: became shorter while it was sent"


def _wrong_size(file_body: FileBody, size: int) -> str:
    return f"{file_body.path}: has {size} bytes where the manifest says {file_body.size}"
