"""Which charset a text is in: UTF-8, or what the text says itself."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, utf_8_decode
from collections.abc import Callable, Mapping

from servestatic_build.references.extractors.escaped_text import EscapedText
from servestatic_build.references.extractors.markup import HTML_VALUE, attributes
from servestatic_build.text import as_text
from servestatic_runtime.media_types import UTF_8

_HEAD_BYTES = 1024  # in which a text has to say it (HTML 13.2.3.2, CSS Syntax 3.2)
_ESCAPE = b"\x1b"
# Of the labels of the Encoding standard those that texts on the web have. UTF-16 is none: what can say it in ASCII isn't it.
_KNOWN = re.compile(
    r"windows-(?:874|125[0-8])|iso-8859-(?:1[0134-6]?|[2-9]|8-i)|latin1|us-ascii|koi8-[ru]|ibm866|macintosh"
    r"|x-mac-cyrillic|gbk|gb2312|gb18030|big5|big5-hkscs|euc-jp|euc-kr|shift[_-]jis|iso-2022-jp"
)
_STATEFUL = "iso-2022-jp"  # which is ASCII to the eye of who does not know the escapes
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_META = re.compile(rb"<meta(?=[\t\n\f\r /])([^>]*)>", re.IGNORECASE)
_IN_CONTENT = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)
_AT_CHARSET = re.compile(rb'@charset "([^"]*)";')


class CharsetFinder:
    """Finds out which charset a text is in while its bytes pass."""

    def __init__(self, media_type: str) -> None:
        self._declared = _DECLARED.get(media_type, _undeclared)
        self._head = b""
        self._rest = b""  # of UTF-8 so far: a character that has not ended
        self._is_utf8 = True
        self._has_escapes = False

    def look_at(self, chunk: bytes) -> None:
        """Take in the next bytes of the text."""
        self._head += chunk[: _HEAD_BYTES - len(self._head)]
        self._has_escapes = self._has_escapes or _ESCAPE in chunk
        text = self._rest + chunk
        try:
            self._rest = text[utf_8_decode(text, "strict", False)[1] :]
        except UnicodeDecodeError:
            self._is_utf8 = False

    def charset(self) -> str:
        """Return the label of the charset, "" where the text is not UTF-8 and says nothing that is known."""
        is_utf8 = self._is_utf8 and not self._rest
        if is_utf8 and not self._has_escapes:
            return UTF_8
        if self._head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            return "utf-16le" if self._head.startswith(BOM_UTF16_LE) else "utf-16be"
        label = self._declared(self._head).strip().lower()
        if is_utf8:
            return label if label == _STATEFUL else UTF_8
        return label if _KNOWN.fullmatch(label) else ""


def _undeclared(_: bytes) -> str:
    return ""


def _at_charset(head: bytes) -> str:
    match = _AT_CHARSET.match(head)
    return as_text(match[1]) if match else ""


def _meta(head: bytes) -> str:
    """Return what the first <meta> that names a charset says (HTML 13.2.3.2)."""
    for tag in _META.finditer(_COMMENT.sub(b"", head)):
        found = attributes(tag.string, *tag.span(1), HTML_VALUE)
        values = {as_text(name).lower(): as_text(EscapedText(tag.string, [value]).text) for name, value in found}
        in_content = _IN_CONTENT.search(values.get("content", ""))
        if "charset" in values:
            return values["charset"]
        if in_content and values.get("http-equiv", "").lower() == "content-type":
            return in_content[1]
    return ""


_DECLARED: Mapping[str, Callable[[bytes], str]] = {"text/css": _at_charset, "text/html": _meta}
