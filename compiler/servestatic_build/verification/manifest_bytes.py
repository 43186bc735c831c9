"""Whether a manifest's bytes are what the compiler wrote, all of them: what the runtime never reads as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_runtime import Manifest
from servestatic_runtime import format as schema
from servestatic_runtime.decode import decode

_ARRAY32, _BIN32, _UINT32 = 0xDD, 0xC6, 0xCE
_LENGTH_BYTES = 5  # of an array or a binary, with its tag
_DECODING_ERRORS = (LookupError, TypeError, ValueError, RecursionError)


class _DamageError(Exception):
    """What is damaged, in words."""


def check_manifest(manifest: Manifest, diagnostics: Diagnostics, hint: str) -> bool:
    """Return whether a manifest is whole; add a diagnostic where it is not."""
    with open(manifest.path, "rb") as file:
        part = damaged_part(file.read())
    if part is not None:
        diagnostics.error(Code.DAMAGED_MANIFEST, manifest.path, f"{part} is damaged", hint)
    return part is None


def damaged_part(data: bytes) -> str | None:
    """Return which part of a manifest is damaged, None where none is. Its head must have been read before."""
    layout = schema.unpack_head(data[: schema.HEAD.size])
    try:
        if layout is None:
            return "the head"
        version = data[len(schema.MAGIC)]
        keys = schema.VERSION_1_KEYS if version == 1 else schema.KEYS
        values = _Values(data).values(keys[len(_HEAD_KEYS) :], schema.head_size(version))
        for key, value in values.items():
            _CHECKS[value.tag](data, key, value, values, layout)
    except _DamageError as damage:
        return str(damage)
    return None


_HEAD_KEYS = ("format", "version", "layout", "checksum")


class _Value(NamedTuple):
    """A value of the document's map: where it is, and what its first byte says it is."""

    start: int
    end: int
    tag: int
    items: list[int]  # where the items of an array are, and where the last one ends


class _Values:
    """Reads the document from value to value, as MessagePack frames them."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def values(self, keys: tuple[str, ...], place: int) -> dict[str, _Value]:
        """Return the values of these keys, between which there may be nothing else, from a place on."""
        values = {}
        for key in keys:
            written = bytes((0xA0 | len(key),)) + key.encode()
            if not self._data.startswith(written, place):
                raise _DamageError(f"the key {key}")
            values[key] = value = self._value(key, place + len(written))
            place = value.end
        if place != len(self._data):
            raise _DamageError("the end")
        return values

    def _value(self, key: str, start: int) -> _Value:
        tag = self._data[start] if start < len(self._data) else 0
        if tag == _ARRAY32:
            items = [*self._items(key, start)]
            return _Value(start, items[-1], tag, items)
        if tag == _BIN32:
            return _Value(start, start + _LENGTH_BYTES + self._number(start), tag, [])
        return _Value(start, self._end(key, start), 0, [start])

    def _items(self, key: str, start: int) -> Iterator[int]:
        place = start + _LENGTH_BYTES
        yield place
        for _ in range(self._number(start)):
            place = self._end(key, place)
            yield place

    def _number(self, start: int) -> int:
        return int.from_bytes(self._data[start + 1 : start + _LENGTH_BYTES])

    def _end(self, key: str, start: int) -> int:
        try:
            return decode(self._data, start)[1]
        except _DECODING_ERRORS as error:
            raise _DamageError(key) from error


def _check_record(data: bytes, key: str, value: _Value, _values: dict[str, _Value], layout: schema.Layout) -> None:
    if (getattr(layout, key), getattr(layout, f"{key}_end")) != (value.start, value.end):
        raise _DamageError(f"the place of {key}")
    _check_seal(data[value.start : value.end], key, 0)


def _check_array(data: bytes, key: str, value: _Value, values: dict[str, _Value], layout: schema.Layout) -> None:
    offsets_key = f"{key.removesuffix('s')}_offsets"
    written = values[offsets_key]
    if data[written.start + _LENGTH_BYTES : written.end] != b"".join(map(schema.OFFSET.pack, value.items)):
        raise _DamageError(offsets_key)
    if (getattr(layout, key), getattr(layout, offsets_key)) != (len(value.items) - 1, written.start + _LENGTH_BYTES):
        raise _DamageError(f"the place of {key}")
    for number in range(len(value.items) - 1):
        _check_seal(data[value.items[number] : value.items[number + 1]], f"{key}, entry {number}", number)


def _check_binary(data: bytes, key: str, value: _Value, values: dict[str, _Value], layout: schema.Layout) -> None:
    if key.endswith("_offsets"):
        return  # its array has looked at it
    if getattr(layout, key) != value.start + _LENGTH_BYTES:
        raise _DamageError(f"the place of {key}")
    if key == "buckets":
        _check_index(data[layout.buckets : value.end], data[layout.slots : values["slots"].end], layout.bucket_count)


def _check_index(buckets: bytes, slots: bytes, count: int) -> None:
    rows = [*schema.BUCKET.iter_unpack(buckets)]
    if len(rows) != count + 1 or rows[-1] != (len(slots) // schema.SLOT.size, 0):
        raise _DamageError("the buckets of the index")
    for number in range(count):
        first, checksum = rows[number]
        part = slots[first * schema.SLOT.size : rows[number + 1][0] * schema.SLOT.size]
        if crc32(part, number + 1) != checksum:
            raise _DamageError(f"bucket {number} of the index")


def _check_seal(record: bytes, what: str, number: int) -> None:
    if not schema.is_sealed(record, number) or record[-schema.CHECKSUM_SIZE] != _UINT32:
        raise _DamageError(what)


_CHECKS = {0: _check_record, _ARRAY32: _check_array, _BIN32: _check_binary}
