"""What coded bytes stand for, piece by piece."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_GZIP = 16 + zlib.MAX_WBITS  # with the head of gzip, and no other


def decoded(coding: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what chunks in a coding decode to; raise ValueError where they are no such thing, or not the whole."""
    return _DECODERS[coding](chunks)


def _gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decode one member after another (RFC 1952 2.2)."""
    member, begun, ended = zlib.decompressobj(_GZIP), False, False
    for chunk in chunks:
        rest = chunk
        while rest:
            if ended:
                member, ended = zlib.decompressobj(_GZIP), False
            begun = True
            yield _tried(member.decompress, rest)
            ended, rest = member.eof, member.unused_data
    if not (begun and ended):
        raise ValueError("it ends too early")


def _br(chunks: Iterable[bytes]) -> Iterator[bytes]:
    import brotli  # noqa: PLC0415 - as codecs are, when one is needed

    stream = brotli.Decompressor()
    for chunk in chunks:
        yield _tried(stream.process, chunk)
    if not stream.is_finished():
        raise ValueError("it ends too early")


def _zstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    import zstandard  # noqa: PLC0415

    frame, begun, ended = zstandard.ZstdDecompressor().decompressobj(), False, False
    for chunk in chunks:
        rest = chunk
        while rest:
            if ended:
                frame, ended = zstandard.ZstdDecompressor().decompressobj(), False
            begun = True
            yield _tried(frame.decompress, rest)
            ended, rest = frame.eof, frame.unused_data
    if not (begun and ended):
        raise ValueError("it ends too early")


def _tried(decode: Callable[[bytes], Any], chunk: bytes) -> bytes:
    """Return what a library makes of a chunk. Each has an exception of its own for what it can't read."""
    try:
        return bytes(decode(chunk))
    except Exception as error:
        raise ValueError(str(error)) from error


_DECODERS: dict[str, Callable[[Iterable[bytes]], Iterator[bytes]]] = {"gzip": _gzip, "br": _br, "zstd": _zstd}
