"""The codings the other way: what a client makes of a body, and whether every client may be sent it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

import brotli
import zstandard

_GZIP = 16 + zlib.MAX_WBITS  # a member's header and trailer around the data
_LARGEST_ZSTD_WINDOW = 2**23  # RFC 9659
# A stream that begins so has the "large window" of Brotli's authors; all that RFC 7932 (9.1) knows ends at 24 bits.
_LARGE_WINDOW, _WINDOW_BITS = 0b0010001, 0b1111111


class CodingError(Exception):
    """A body that clients can't read; the text says what is wrong with it."""


class WindowError(Exception):
    """A body that needs more memory than a client must have; the text says how much."""


def _gunzipped(body: bytes, size: int) -> bytes:
    decoder = zlib.decompressobj(_GZIP)
    try:
        data = decoder.decompress(body, size + 1)
    except zlib.error as error:
        raise CodingError(str(error)) from error
    if decoder.unused_data or not (decoder.eof or len(data) > size):
        raise CodingError("it is not one whole gzip member")
    return data


def _unbrotlied(body: bytes, _size: int) -> bytes:
    if body and body[0] & _WINDOW_BITS == _LARGE_WINDOW:
        raise WindowError("more than 24 bits")
    try:
        data: bytes = brotli.decompress(body)
    except brotli.error as error:
        raise CodingError(str(error)) from error
    return data


def _unzstandarded(body: bytes, size: int) -> bytes:
    try:
        window = zstandard.get_frame_parameters(body).window_size
        if window > _LARGEST_ZSTD_WINDOW:
            raise WindowError(f"{window:,} bytes")
        return zstandard.ZstdDecompressor().decompress(body, max_output_size=size + 1, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise CodingError(str(error)) from error


# Each takes a body and the size of what should be in it, and raises CodingError or WindowError.
DECODERS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzipped,
    "br": _unbrotlied,
    "zstd": _unzstandarded,
}
