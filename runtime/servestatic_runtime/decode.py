"""The part of MessagePack that a manifest's records use, read from bytes with every bound checked.

``decode(buf, i)`` returns the value that starts at byte ``i`` and the offset behind it. It raises ``IndexError``
past the end and ``ValueError`` for a type no record has; a slice is never silently short.
Source: https://github.com/msgpack/msgpack/blob/master/spec.md
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Value: TypeAlias = "bool | int | str | bytes | list[Value] | None"
Decoder: TypeAlias = Callable[[bytes, int], tuple[Value, int]]


def decode(buf: bytes, i: int) -> tuple[Value, int]:
    """Return the value at byte ``i`` and the offset behind it."""
    return _DECODERS[buf[i]](buf, i)


def _fixint(buf: bytes, i: int) -> tuple[Value, int]:
    return buf[i], i + 1


def _nil(_buf: bytes, i: int) -> tuple[Value, int]:
    return None, i + 1


def _false(_buf: bytes, i: int) -> tuple[Value, int]:
    return False, i + 1


def _true(_buf: bytes, i: int) -> tuple[Value, int]:
    return True, i + 1


def _fixstr(buf: bytes, i: int) -> tuple[Value, int]:
    start = i + 1
    end = start + (buf[i] & 0x1F)
    if end > len(buf):
        raise IndexError
    return buf[start:end].decode(), end


def _uint8(buf: bytes, i: int) -> tuple[Value, int]:
    return buf[i + 1], i + 2


def _uint16(buf: bytes, i: int) -> tuple[Value, int]:
    return buf[i + 1] << 8 | buf[i + 2], i + 3


def _uint(size: int) -> Decoder:
    def read(buf: bytes, i: int) -> tuple[Value, int]:
        start = i + 1
        end = start + size
        if end > len(buf):
            raise IndexError
        return int.from_bytes(buf[start:end]), end

    return read


def _bin8(buf: bytes, i: int) -> tuple[Value, int]:
    # Most of a record's bytes are hashes, in this form: read without the calls that a larger size needs.
    start = i + 2
    end = start + buf[i + 1]
    if end > len(buf):
        raise IndexError
    return buf[start:end], end


def _str8(buf: bytes, i: int) -> tuple[Value, int]:
    start = i + 2
    end = start + buf[i + 1]
    if end > len(buf):
        raise IndexError
    return buf[start:end].decode(), end


def _bin(size: int) -> Decoder:
    def read(buf: bytes, i: int) -> tuple[Value, int]:
        start = i + 1 + size
        end = start + int.from_bytes(buf[i + 1 : start])
        if end > len(buf) or start > len(buf):
            raise IndexError
        return buf[start:end], end

    return read


def _str(size: int) -> Decoder:
    def read(buf: bytes, i: int) -> tuple[Value, int]:
        start = i + 1 + size
        end = start + int.from_bytes(buf[i + 1 : start])
        if end > len(buf) or start > len(buf):
            raise IndexError
        return buf[start:end].decode(), end

    return read


def _fixarray(buf: bytes, i: int) -> tuple[Value, int]:
    return _items(buf, i + 1, buf[i] & 0x0F)


def _array(size: int) -> Decoder:
    read_count = _uint(size)

    def read(buf: bytes, i: int) -> tuple[Value, int]:
        count, start = read_count(buf, i)
        return _items(buf, start, count)  # type: ignore[arg-type]

    return read


def _items(buf: bytes, i: int, count: int) -> tuple[list[Value], int]:
    decoders = _DECODERS
    items: list[Value] = []
    for _ in range(count):
        value, i = decoders[buf[i]](buf, i)
        items.append(value)
    return items, i


def _unexpected(buf: bytes, i: int) -> tuple[Value, int]:
    raise ValueError(f"no record has the type 0x{buf[i]:02x}")


def _by_tag() -> tuple[Decoder, ...]:
    table: list[Decoder] = [_unexpected] * 256
    table[0x00:0x80] = [_fixint] * 0x80
    table[0x90:0xA0] = [_fixarray] * 0x10
    table[0xA0:0xC0] = [_fixstr] * 0x20
    table[0xC0] = _nil
    table[0xC2:0xC4] = _false, _true
    table[0xC4:0xC7] = _bin8, _bin(2), _bin(4)
    table[0xCC:0xD0] = _uint8, _uint16, _uint(4), _uint(8)
    table[0xD9:0xDC] = _str8, _str(2), _str(4)
    table[0xDC:0xDE] = _array(2), _array(4)
    return tuple(table)


_DECODERS = _by_tag()
