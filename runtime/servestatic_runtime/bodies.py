"""Bodies: a bounded cache of small ones, and files opened only when they are what the manifest says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from threading import Lock
from typing import BinaryIO

from servestatic_runtime.errors import BodyError
from servestatic_runtime.files import Opener, without_waiting
from servestatic_runtime.response import Content, Piece, Span

DEFAULT_CACHE_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
LARGEST_CACHED = 512 * 1024  # a larger file gains more from sendfile than from memory


class BodyCache:
    """Whole files in memory, by path, never more than ``limit`` bytes: the one read first leaves first. Thread-safe."""

    def __init__(self, limit: int, opener: Opener = without_waiting) -> None:
        self.limit = limit
        self._opener = opener
        self.used = 0
        self.kept: dict[str, bytes] = {}
        self._lock = Lock()

    def admits(self, content: Content) -> bool:
        """Return whether a file of this size is kept here."""
        return content.size <= LARGEST_CACHED and content.size <= self.limit

    def get(self, content: Content) -> bytes | None:
        """Return the bytes asked for if their file is in memory."""
        body = self.kept.get(content.path)
        return body if body is None or content.pieces is None else _cut(body, content.pieces)

    def load(self, content: Content) -> bytes:
        """Read the file into memory and return the bytes asked for; raise BodyError."""
        with closing(open_body(content, self._opener)) as opened:
            body = opened.file.read(content.size + 1)
        if len(body) != content.size:
            raise BodyError(_wrong_size(content, len(body)))
        self._keep(content.path, body)
        return body if content.pieces is None else _cut(body, content.pieces)

    def _keep(self, path: str, body: bytes) -> None:
        with self._lock:
            self.used += len(body) - len(self.kept.pop(path, b""))
            self.kept[path] = body
            while self.used > self.limit:
                self.used -= len(self.kept.pop(next(iter(self.kept))))


class OpenBody:
    """An open file and what to send of it, in chunks or by its descriptor. Whoever sends it closes it."""

    def __init__(self, file: BinaryIO, content: Content) -> None:
        self.file = file
        self.content = content
        self.pieces: tuple[Piece, ...] = content.pieces or (Span(0, content.size),)

    def __iter__(self) -> Iterator[bytes]:
        """Yield what is to be sent, at most CHUNK_BYTES at a time; raise BodyError where the file ends before that."""
        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
            else:
                yield from self._chunks(*piece)

    def _chunks(self, start: int, end: int) -> Iterator[bytes]:
        while start < end:
            chunk = os.pread(self.file.fileno(), min(CHUNK_BYTES, end - start), start)
            if not chunk:
                raise BodyError(_too_short(self.file.name))
            start += len(chunk)
            yield chunk

    def check(self) -> None:
        """Raise BodyError if the file has become shorter, so that a server that sent it itself sent too little."""
        if os.fstat(self.file.fileno()).st_size < self.content.size:
            raise BodyError(_too_short(self.file.name))

    def is_in_its_place(self) -> bool:
        """Return whether the path that it was opened by leads to this file still: not where DIST has been moved."""
        try:
            return os.path.samestat(os.stat(self.content.path), os.fstat(self.file.fileno()))
        except OSError:
            return False

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    # A task that is cancelled meanwhile never gets what its thread has opened, and nobody else can close it.
    __del__ = close


def open_body(content: Content, opener: Opener) -> OpenBody:
    """Open the file; raise BodyError unless it has the size it should have."""
    try:
        file = open(content.path, "rb", opener=opener)  # noqa: SIM115 - the caller closes it
        size = os.fstat(file.fileno()).st_size
    except OSError as error:
        message = f"{content.path}: {error.strerror}"
        raise BodyError(message) from error
    if size != content.size:
        file.close()
        raise BodyError(_wrong_size(content, size))
    return OpenBody(file, content)


def _cut(body: bytes, pieces: tuple[Piece, ...]) -> bytes:
    return b"".join(piece if isinstance(piece, bytes) else body[piece.start : piece.end] for piece in pieces)


def _too_short(path: str) -> str:
    return f"{path}: became shorter while it was sent"


def _wrong_size(content: Content, size: int) -> str:
    return f"{content.path}: has {size} bytes where the manifest says {content.size}"
