"""The index of a manifest: from the hash of each URL path and logical name to the number of what it is for."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from zlib import crc32

from servestatic_runtime import format as schema

_NUMBER_BITS = 32
_LARGEST_NUMBER: int = 2**_NUMBER_BITS - 1


def slot(key: str, number: int) -> int:
    """Return a slot as one number, the hash above the asset's: of millions, tuples would take twice the time."""
    hashed: int = schema.key_hash(key.encode())
    return (hashed << _NUMBER_BITS) | number


def hash_in(packed: int) -> int:
    """Return the hash of a slot's key."""
    return packed >> _NUMBER_BITS


def number_in(packed: int) -> int:
    """Return the number of what a slot is for."""
    return packed & _LARGEST_NUMBER


def packed_index(slots: Sequence[int]) -> tuple[bytes, bytes]:
    """Return the buckets (one more than there are, to end the last) and the slots of a manifest."""
    count = max(1, len(slots) // schema.SLOTS_PER_BUCKET)
    filled: list[list[int]] = [[] for _ in range(count)]
    for each in slots:
        filled[(each >> _NUMBER_BITS) % count].append(each)
    packed = struct.pack(f">{len(slots)}Q", *(each for bucket in filled for each in sorted(bucket)))
    starts = accumulate(map(len, filled), initial=0)
    buckets = [
        schema.BUCKET.pack(start, crc32(packed[start * schema.SLOT.size : end * schema.SLOT.size], number))
        for number, (start, end) in enumerate(pairwise(starts), start=1)
    ]
    return b"".join([*buckets, schema.BUCKET.pack(len(slots), 0)]), packed


def slots_of(data: bytes, layout: schema.Layout) -> Sequence[int]:
    """Return the slots of a manifest, unchecked."""
    count, _ = schema.BUCKET.unpack_from(data, layout.buckets + layout.bucket_count * schema.BUCKET.size)
    return struct.unpack_from(f">{count}Q", data, layout.slots)


def first_segments(paths: Iterable[str]) -> frozenset[str]:
    """Return the first segments of URL paths among these keys."""
    return frozenset(key.split("/", 2)[1] for key in paths if key.startswith("/"))
