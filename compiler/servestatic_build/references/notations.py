"""How each kind of text in a file writes what it can't hold as it is: by name, so that a reader's result is plain data."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html.entities import html5

from servestatic_build.model import WrittenText
from servestatic_build.text import as_bytes, as_text

_CHARACTER = re.compile(rb"[\x80-\xff]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Notation:
    """How a kind of text writes what it can't hold as it is.

    What matches ``escape`` stands for what ``undo`` makes of it; ``written`` is for ``str.translate``. Where there is
    no ``escape``, the text's reader undoes the escapes itself, and a new value is written whole.
    """

    escape: re.Pattern[bytes] | None = None
    undo: Callable[[bytes], bytes] = bytes
    written: Mapping[int, str] = field(default_factory=dict)

    def pieces(self, data: bytes, start: int, end: int) -> Iterator[tuple[int, int, bytes]]:
        """Yield where each escape, and each text between two, stands and what it stands for."""
        position = start
        for match in self.escape.finditer(data, start, end) if self.escape else ():
            if position < match.start():
                yield position, match.start(), data[position : match.start()]
            yield *match.span(), self.undo(match[0])
            position = match.end()
        if position < end:
            yield position, end, data[position:end]

    def undone(self, raw: bytes) -> bytes:
        """Return what ``raw`` stands for."""
        return b"".join(meaning for _, _, meaning in self.pieces(raw, 0, len(raw)))

    def rewritten(self, raw: bytes, value: bytes) -> bytes:
        """Return ``value`` in this notation; what it shares with ``raw`` at both ends stays as it is written there."""
        if self.escape is None:
            return self._write(value)
        tokens = list(self._tokens(raw))
        first, head = _shared(tokens, value.startswith)
        rest = tokens[first:][::-1]
        last, tail = _shared(rest, lambda meaning, at: value.endswith(meaning, head, len(value) - at))
        middle = self._write(value[head : len(value) - tail])
        kept = [text for text, _ in tokens]
        result = b"".join([*kept[:first], middle, *kept[len(kept) - last :]])
        # An escape without its semicolon may mean something else before other text.
        return result if self.undone(result) == value else self._write(value)

    def _tokens(self, raw: bytes) -> Iterator[tuple[bytes, bytes]]:
        for start, end, meaning in self.pieces(raw, 0, len(raw)):
            if raw[start:end] == meaning:
                yield from ((character, character) for character in _CHARACTER.findall(meaning))
            else:
                yield raw[start:end], meaning

    def _write(self, value: bytes) -> bytes:
        return as_bytes(as_text(value).translate(self.written))


def _shared(tokens: Iterable[tuple[bytes, bytes]], stands: Callable[[bytes, int], bool]) -> tuple[int, int]:
    """Return how many tokens stand in a value one behind the other, and their meanings' length."""
    count = length = 0
    for _, meaning in tokens:
        if not stands(meaning, length):
            break
        count, length = count + 1, length + len(meaning)
    return count, length


# HTML and XML: character references.
_NUMBER = rb"#[0-9]+;?|#[xX][0-9a-fA-F]+;?"
# In an attribute a name without its semicolon counts only where no "=", letter or digit follows (HTML 13.2.5.73).
_ATTRIBUTE_REFERENCE = re.compile(rb"&(?:" + _NUMBER + rb"|[a-zA-Z][a-zA-Z0-9]*(?:;|(?![=a-zA-Z0-9])))")
_TEXT_REFERENCE = re.compile(rb"&(?:" + _NUMBER + rb"|[a-zA-Z][a-zA-Z0-9]*;?)")
_XML_REFERENCE = re.compile(rb"&(?:#[0-9]+|#x[0-9a-fA-F]+|[^\s;&<>#]+);")
_XML_ENTITIES = {b"&amp;": b"&", b"&lt;": b"<", b"&gt;": b">", b"&quot;": b'"', b"&apos;": b"'"}


def _character(escape: bytes) -> bytes:
    """Return what a numeric character reference stands for (HTML 13.2.5.80)."""
    base = 16 if escape[2:3] in b"xX" else 10
    digits = escape[3 if base == 16 else 2 :].rstrip(b";").lstrip(b"0") or b"0"
    code = min(int(digits[:8], base), 0x110000)  # no longer number is a character, and int() refuses very long ones
    # html.unescape() knows the exceptions, but makes nothing of characters that the standard only frowns on.
    return (html.unescape(f"&#{code};") or chr(code)).encode()


def _in_attribute(escape: bytes) -> bytes:
    if escape[1:2] == b"#":
        return _character(escape)
    return html5.get(escape[1:].decode("ascii"), escape.decode("ascii")).encode()


def _in_text(escape: bytes) -> bytes:
    return _character(escape) if escape[1:2] == b"#" else html.unescape(escape.decode("ascii")).encode()


def _in_xml(escape: bytes) -> bytes:
    """Return what a reference stands for; an entity that the file declares itself stays."""
    return _character(escape) if escape[1:2] == b"#" else _XML_ENTITIES.get(escape, escape)


def _references(characters: str) -> dict[int, str]:
    names = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
    return {ord(character): names.get(character, f"&#{ord(character)};") for character in characters}


def _html_value(delimiters: str) -> Notation:
    return Notation(_ATTRIBUTE_REFERENCE, _in_attribute, _references("&" + delimiters))


def _xml_value(delimiters: str) -> Notation:
    return Notation(_XML_REFERENCE, _in_xml, _references("&<\t\n\r" + delimiters))


_UNQUOTED = "\t\n\f\r \"'=<>`"

# JSON (RFC 8259).
_JSON_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL
)
_JSON_SINGLE = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f"}
_JSON_WRITTEN = {code: f"\\u{code:04x}" for code in range(0x20)} | {ord('"'): '\\"', ord("\\"): "\\\\"}


def _in_json(escape: bytes) -> bytes:
    if escape[1:2] != b"u" or len(escape) < 6:
        return _JSON_SINGLE.get(escape[1:], escape[1:])
    units = bytes.fromhex(escape.replace(b"\\u", b"").decode("ascii"))
    return units.decode("utf-16-be", "replace").encode()


def _javascript(quote: str, more: Mapping[str, str] | None = None) -> Notation:
    """Return the notation of a string or a template (ECMA-262, 12.9.4)."""
    written = {quote: "\\" + quote, "\\": r"\\", "\n": r"\n", "\r": r"\r"} | dict(more or {})
    return Notation(written=str.maketrans(written))


_CONTROLS = "".join(map(chr, (*range(0x20), 0x7F)))


def _css(special: str) -> Notation:
    """Return a notation that writes each of these as a hexadecimal escape (CSS Syntax 4.3.7)."""
    return Notation(written={ord(character): f"\\{ord(character):x} " for character in special + _CONTROLS})


# By name; a delimiter is a part of it. A text that is written as it is has none.
NOTATIONS: Mapping[str, Notation] = {
    'css string "': _css('"\\'),
    "css string '": _css("'\\"),
    "css url": _css("\"'()\\ "),
    'html value "': _html_value('"'),
    "html value '": _html_value("'"),
    "html value": _html_value(_UNQUOTED),
    "html text": Notation(_TEXT_REFERENCE, _in_text, _references("&<")),
    'javascript string "': _javascript('"'),
    "javascript string '": _javascript("'"),
    "javascript string `": _javascript("`", {"$": r"\$"}),
    "json string": Notation(_JSON_ESCAPE, _in_json, _JSON_WRITTEN),
    'xml value "': _xml_value('"'),
    "xml value '": _xml_value("'"),
    "xml value": _xml_value(_UNQUOTED),
    "xml text": Notation(_XML_REFERENCE, _in_xml, _references("&<>")),
}


def undone(text: WrittenText, raw: bytes) -> bytes:
    """Return what ``raw``, written as ``text`` is, stands for."""
    for name in reversed(text.notations):
        raw = NOTATIONS[name].undone(raw)
    return raw


def rewritten(text: WrittenText, raw: bytes, value: str) -> bytes:
    """Return the bytes that stand for ``value`` where ``raw``, the file's bytes of ``text``, stands now."""
    notations = [NOTATIONS[name] for name in text.notations]
    raws = [raw]
    for notation in notations[:0:-1]:
        raws.append(notation.undone(raws[-1]))
    new = as_bytes(value)
    for notation in notations:
        new = notation.rewritten(raws.pop(), new)
    return new
