"""Source maps that follow their generated file when its references are rewritten (ECMA-426)."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from json import JSONDecoder
from typing import TypeVar

from servestatic_build.render.splice import Edit, splice
from servestatic_build.text import as_text


class SourceMapError(ValueError):
    """A source map that can't be read; it has to stay as it is."""


def shifted(source_map: bytes, generated: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the source map for what ``generated`` becomes by the edits.

    Each mapping points at the same code as before, and one inside an edit stays inside. Only the columns that moved
    change: the first fields in the ``mappings``, and an index map's ``offset.column``; every other byte survives. The
    ``scopes`` and ranges of the next edition of ECMA-426, still a draft, are not shifted.

    Raises:
        SourceMapError: the map is malformed where it had to be read.
    """
    lines = _moved_lines(generated, edits)
    changes = [*_changes(source_map, lines)] if lines else []
    return splice(source_map, changes) if changes else source_map


@dataclass(frozen=True, slots=True)
class _Line:
    """How the columns of a generated line move: up to ``ends[i]`` by ``shifts[i]``, and not behind ``limits[i]``."""

    ends: list[int]
    limits: list[int]
    shifts: list[int]

    def moved(self, column: int) -> int:
        i = bisect_right(self.ends, column)
        return min(column, self.limits[i]) + self.shifts[i]

    def steady(self, column: int) -> tuple[int, int]:
        """Return the start and end of columns around this one that move just as it does."""
        i = bisect_right(self.ends, column)
        start, end = (self.ends[i - 1] if i else 0), min(self.ends[i], self.limits[i])
        return (start, end) if column < end else (0, 0)


_BOM = b"\xef\xbb\xbf"
# Where ECMA-426 splits a script into lines (JavaScriptExtractSourceMapURL), it does at ECMA-262's
# LineTerminatorSequence. V8 counts the lines of its stack traces so, and esbuild and oxc those of their mappings;
# esbuild those of CSS too, although U+2028 is no newline there.
_NEWLINE = re.compile(rb"\r\n|[\n\r]|\xe2\x80[\xa8\xa9]")


def _moved_lines(generated: bytes, edits: Iterable[Edit]) -> dict[int, _Line]:
    """Return the generated lines on which columns move, by number from 0."""
    # Browsers count columns in text without its BOM (Encoding standard, "UTF-8 decode").
    first = len(_BOM) if generated.startswith(_BOM) else 0
    starts = [first, *(match.end() for match in _NEWLINE.finditer(generated))]
    by_line: dict[int, list[Edit]] = {}
    for edit in sorted(edits, key=lambda edit: edit.start):
        assert not _NEWLINE.search(edit.replacement)
        assert not _NEWLINE.search(generated, edit.start, edit.end)
        by_line.setdefault(bisect_right(starts, edit.start) - 1, []).append(edit)
    lines = {number: _line(generated, starts[number], edits) for number, edits in by_line.items()}
    return {number: line for number, line in lines.items() if any(line.shifts)}


def _line(generated: bytes, position: int, edits: Iterable[Edit]) -> _Line:
    line = _Line([], [], [])
    column = shift = 0
    for edit in edits:
        start = column + _units(generated[position : edit.start])
        column = start + _units(generated[edit.start : edit.end])
        position = edit.end
        length = _units(edit.replacement)
        if length != column - start:
            line.ends.append(column)
            line.limits.append(start + length)
            line.shifts.append(shift)
            shift += length - (column - start)
    line.ends.append(sys.maxsize)
    line.limits.append(sys.maxsize)
    line.shifts.append(shift)
    return line


def _units(data: bytes) -> int:
    """Return how many columns a text takes: UTF-16 code units (ECMA-426, "column"), one for a byte that is no UTF-8."""
    if data.isascii():
        return len(data)
    return len(as_text(data).encode("utf-16-le", "surrogatepass")) // 2


_Span = tuple[int, int]  # where a JSON value starts and ends
_T = TypeVar("_T", int, str)

# The standard library's decoder says where each value ends, and in Latin-1 a character is a byte.
_DECODER = JSONDecoder()
# A server may put a line before the map, so that no script can run it (ECMA-426, FetchSourceMap).
_BEFORE = re.compile(r"(?:\)\]\}'[^\n\r]*|\xef\xbb\xbf)?[ \t\n\r]*")
_BETWEEN = re.compile(r"[ \t\n\r,:]*")


def _changes(source_map: bytes, lines: Mapping[int, _Line]) -> Iterator[Edit]:
    text = source_map.decode("latin-1")
    root = _root(text)
    if "sections" in _members(text, root):
        yield from _section_changes(text, _member(text, root, "sections"), lines)
    else:
        yield from _mapping_changes(text, root, lines, 0, (0, 0))


def _root(text: str) -> _Span:
    start = _end(_BEFORE, text, 0)
    try:
        end = _DECODER.raw_decode(text, start)[1]
    except (ValueError, RecursionError) as error:
        raise SourceMapError(f"not JSON: {error}") from None
    if text[end:].strip(" \t\n\r"):
        raise SourceMapError("not JSON: something follows the object")
    return start, end


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    assert match is not None
    return match.end()


def _inside(text: str, outer: _Span) -> Iterator[_Span]:
    """Yield the elements of an array, or each key and value of an object: decoding the whole has shown it sound."""
    position = _end(_BETWEEN, text, outer[0] + 1)
    while position < outer[1] - 1:
        end = _DECODER.raw_decode(text, position)[1]
        yield position, end
        position = _end(_BETWEEN, text, end)


def _members(text: str, outer: _Span) -> dict[str, _Span]:
    if text[outer[0]] != "{":
        raise SourceMapError("an object is expected where something else stands")
    inside = _inside(text, outer)
    # Of members of one name the last counts, as with JSON.parse.
    return {_value(text, key, str): value for key, value in zip(inside, inside, strict=True)}


def _member(text: str, outer: _Span, name: str) -> _Span:
    member = _members(text, outer).get(name)
    if member is None:
        raise SourceMapError(f"{name!r} is missing")
    return member


def _value(text: str, span: _Span, kind: type[_T]) -> _T:
    value = _DECODER.raw_decode(text, span[0])[0]
    if type(value) is not kind:
        raise SourceMapError("a value has the wrong type")
    return value


def _section_changes(text: str, sections: _Span, lines: Mapping[int, _Line]) -> Iterator[Edit]:
    if text[sections[0]] != "[":
        raise SourceMapError("'sections' is not an array")
    for section in _inside(text, sections):
        offset = _member(text, section, "offset")
        place = _member(text, offset, "column")
        line, column = _value(text, _member(text, offset, "line"), int), _value(text, place, int)
        moved = lines[line].moved(column) if line in lines else column
        if moved != column:
            yield Edit(*place, b"%d" % moved)
        yield from _mapping_changes(text, _member(text, section, "map"), lines, line, (column, moved))


def _mapping_changes(
    text: str, owner: _Span, lines: Mapping[int, _Line], line: int, columns: tuple[int, int]
) -> Iterator[Edit]:
    """Yield the changes of a map whose mappings start on a line, at a column before and after the edits."""
    span = _member(text, owner, "mappings")
    mappings = _value(text, span, str)
    if not mappings.isascii():
        raise SourceMapError("'mappings' is malformed")
    places = _places(text, span, mappings)
    start = 0
    for number in count(line):
        end = mappings.find(";", start)
        end = len(mappings) if end < 0 else end
        if number in lines:
            origin = columns if number == line else (0, 0)
            for segment, distance in _segments_moved(mappings, start, end, lines[number], origin):
                yield Edit(places[segment.start(1)], places[segment.end(1)], _encoded(distance))
        start = end + 1
        if start > len(mappings):
            break


_CHARACTER = re.compile(r"\\u....|\\.|.")


def _places(text: str, span: _Span, value: str) -> Sequence[int]:
    """Return where in the text each character of a string starts, and where the last ends."""
    start, end = span[0] + 1, span[1] - 1
    if len(value) == end - start:
        return range(start, end + 1)
    return [*(match.start() for match in _CHARACTER.finditer(text, start, end)), end]


# ECMA-426, "base64 VLQ". Its numbers have 32 bits, which are seven digits of five; a hostile map can't have longer ones
# to keep us busy. A few lines are enough for them: PyPI's ecma426 decodes and encodes whole maps only.
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_VLQ = "[g-z0-9+/]{0,6}[A-Za-f]"
_SEGMENT = re.compile(rf"({_VLQ})(?:(?:{_VLQ}){{3,4}})?(?:,|\Z)")


def _segments_moved(
    mappings: str, start: int, end: int, line: _Line, origin: tuple[int, int]
) -> Iterator[tuple[re.Match[str], int]]:
    """Yield the segments of a line whose distance from the one before them changes, and that distance."""
    old, new = origin
    low = high = 0
    for segment in _SEGMENT.finditer(mappings, start, end):
        if segment.start() != start:
            break
        start = segment.end()
        distance = _decoded(segment[1])
        old += distance
        if low <= old < high:  # as the segment before was
            new += distance
            continue
        before, new = new, line.moved(old)
        low, high = line.steady(old)
        if new - before != distance:
            yield segment, new - before
    if start < end:
        raise SourceMapError("'mappings' is malformed")


@lru_cache(4096)
def _decoded(vlq: str) -> int:
    number = 0
    for digit in reversed(vlq.encode()):
        number = number << 5 | _ALPHABET.index(digit) & 31
    return -(number >> 1) if number & 1 else number >> 1


def _encoded(value: int) -> bytes:
    number = -value << 1 | 1 if value < 0 else value << 1
    digits = []
    while number > 31:
        digits.append(_ALPHABET[number & 31 | 32])
        number >>= 5
    return bytes([*digits, _ALPHABET[number]])
