"""The decoder against the ``msgpack`` package: what one packs the other reads, and nothing else."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from servestatic_runtime.decode import decode

VALUES: dict[str, Any] = {
    "nil": None,
    "false": False,
    "true": True,
    **{f"uint {n:#x}": n for size in (7, 8, 16, 32) for n in (2**size - 1, 2**size)},
    "uint 0": 0,
    "uint largest": 2**64 - 1,
    **{f"str of {n}": "s" * n for n in (0, 1, 31, 32, 255, 256, 65535, 65536)},
    "str of two bytes a character": "é" * 16,
    "str outside the BMP": "😀",
    **{f"bin of {n}": b"\xc1" * n for n in (0, 1, 255, 256, 65535, 65536)},
    **{f"array of {n}": [None] * n for n in (0, 1, 15, 16, 65535, 65536)},
    "array of arrays": [[], [1, ["two", b"three"], None], True],
}
values = pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())


@values
def test_a_value_reads_back_as_it_was_packed(value: Any) -> None:
    packed = msgpack.packb(value)
    assert decode(b"\xff" + packed + b"\xff", 1) == (value, 1 + len(packed))


@values
def test_a_value_cut_short_at_any_byte_is_an_error(value: Any) -> None:
    packed = msgpack.packb(value)
    for end in (*range(min(len(packed), 400)), len(packed) - 1):
        with pytest.raises((IndexError, ValueError)):
            decode(packed[:end], 0)


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(msgpack.packb(value), id=name)
        for name, value in {
            "negative fixint": -1,
            "int8": -128,
            "int16": -(2**15),
            "int32": -(2**31),
            "int64": -(2**63),
            "float64": 1.5,
            "map": {},
            "map of 16": {n: n for n in range(16)},
            "map of 65536": {n: n for n in range(65536)},
            "timestamp": msgpack.Timestamp(0),
            "ext of 3": msgpack.ExtType(1, b"abc"),
            "ext of 256": msgpack.ExtType(1, bytes(256)),
            "ext of 65536": msgpack.ExtType(1, bytes(65536)),
        }.items()
    ]
    + [
        pytest.param(msgpack.packb(1.5, use_single_float=True), id="float32"),
        pytest.param(b"\xc1", id="the tag that is never used"),
        pytest.param(b"\x91\xc1", id="inside an array"),
        pytest.param(b"\xa1\xff", id="fixstr that is not UTF-8"),
        pytest.param(b"\xd9\x01\xff", id="str that is not UTF-8"),
    ],
)
def test_what_no_record_has_is_a_value_error(packed: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the manifest gives the words
        decode(packed, 0)


@pytest.mark.parametrize("tag", [0xC6, 0xDB, 0xDD], ids=["bin32", "str32", "array32"])
def test_a_length_of_4_gib_is_an_error_at_once(tag: int) -> None:
    with pytest.raises(IndexError):
        decode(bytes((tag,)) + b"\xff" * 4, 0)


def test_arrays_without_end_do_not_crash_the_interpreter() -> None:
    with pytest.raises(RecursionError):
        decode(b"\x91" * 100_000, 0)
