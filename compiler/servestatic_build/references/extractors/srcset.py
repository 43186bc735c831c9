"""The image candidate strings of srcset and imagesrcset (HTML 4.8.4.2.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BEFORE = re.compile(rb"[\t\n\f\r ,]*")
_URL = re.compile(rb"[^\t\n\f\r ]+")
# Descriptors end at a comma that stands in no parentheses; these do not nest, and open ones end with the text.
_DESCRIPTORS = re.compile(rb"(?:\([^)]*(?:\)|\Z)|[^,(])*")


def urls(text: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the URL of each image candidate and where it stands."""
    position = 0
    while match := _URL.match(text, _end(_BEFORE, text, position)):
        url = match[0].rstrip(b",")
        yield match.start(), url
        # A comma behind the URL ends the candidate: it has no descriptors.
        position = match.end() if len(url) < len(match[0]) else _end(_DESCRIPTORS, text, match.end())


def _end(pattern: re.Pattern[bytes], text: bytes, position: int) -> int:
    match = pattern.match(text, position)
    assert match is not None, "the pattern matches the empty string"
    return match.end()
