"""Dictionary-Compressed Zstandard (RFC 9842 5): a file's difference from an earlier one, which its reader still has."""

from __future__ import annotations

from hashlib import sha256

import zstandard

_VERSION = 1  # of this module: another for a change that makes other bytes

# A skippable frame (RFC 8878 3.1.2) of 32 bytes, which are the dictionary's SHA-256.
_MAGIC = b"\x5e\x2a\x4d\x18\x20\x00\x00\x00"
_HEAD_BYTES = len(_MAGIC) + sha256().digest_size

_LEVEL = {"fast": 12, "default": 19, "best": 19}
# Chromium takes a window as large as the dictionary if that is larger than 8 MiB, Firefox does not.
_SMALLEST_WINDOW_BITS, _LARGEST_WINDOW_BITS = 10, 23
_LIBRARY = ".".join(map(str, zstandard.ZSTD_VERSION))


def encode(data: bytes, dictionary: bytes, effort: str) -> bytes:
    """Return the data as one frame that can be read with the dictionary alone.

    The frame has a checksum: with other bytes than these for a dictionary a browser would make other data without a word.
    """
    level = _LEVEL[effort]
    window = min(max((len(data) - 1).bit_length(), _SMALLEST_WINDOW_BITS), _LARGEST_WINDOW_BITS)
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level,
        source_size=len(data),
        dict_size=len(dictionary),
        window_log=window,
        write_content_size=1,
        write_checksum=1,
    )
    compressor = zstandard.ZstdCompressor(dict_data=_raw(dictionary), compression_params=parameters)
    return _MAGIC + sha256(dictionary).digest() + compressor.compress(data)


def decode(coded: bytes, dictionary: bytes) -> bytes:
    """Return the data; raise ValueError where the bytes are damaged or were made with another dictionary."""
    if coded[:_HEAD_BYTES] != _MAGIC + sha256(dictionary).digest():
        raise ValueError("these bytes are not for this dictionary")
    try:
        return zstandard.ZstdDecompressor(dict_data=_raw(dictionary)).decompress(coded[_HEAD_BYTES:])
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


def recipe(effort: str) -> str:
    """Return all that the bytes depend on beside the data and the dictionary."""
    return f"dcz {_VERSION}: zstd {_LIBRARY}, level {_LEVEL[effort]}"


def _raw(dictionary: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
