"""Source maps inside their generated file: data: URLs in the comment that names the map (ECMA-426, 11.1.2)."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from servestatic_build.references.notations import Notation
from servestatic_build.render.source_maps import SourceMapError, shifted
from servestatic_build.render.splice import Edit

# Fetch, "data: URL processor". What stands before the comma is a media type, mostly with a charset.
_DATA_URL = re.compile(rb"(data:[^,]*?(;[ ]*base64)?[ ]*,)(.*)", re.IGNORECASE | re.DOTALL)
# What may stand in a URL and can't end the comment, its URL or the map early.
_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&()+,;=:@/?"
_WRITTEN = {code: f"%{code:02X}" for code in range(0x80) if code not in _PLAIN}
_PERCENT = Notation(re.compile(rb"%[0-9a-fA-F]{2}"), unquote_to_bytes, _WRITTEN)


def shifted_url(url: bytes, generated: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the data: URL of the source map for what ``generated`` becomes by the edits.

    Raises:
        SourceMapError: no source map can be read in it.
    """
    match = _DATA_URL.fullmatch(url)
    if match is None:
        raise SourceMapError("not a data: URL that can be decoded")
    head, is_base64, body = match.groups()
    source_map = _decoded(unquote_to_bytes(body)) if is_base64 else unquote_to_bytes(body)
    moved = shifted(source_map, generated, edits)
    if moved == source_map:
        return url
    return head + (b64encode(moved) if is_base64 else _PERCENT.rewritten(body, moved))


def _decoded(text: bytes) -> bytes:
    bare = text.rstrip(b"=")
    try:
        return b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
    except Error as error:
        raise SourceMapError(f"not base64: {error}") from None
