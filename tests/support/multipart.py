"""The parts of a multipart/byteranges body, read by the standard library's mail parser."""

from __future__ import annotations

import re
from email.message import Message
from email.parser import BytesParser
from typing import NamedTuple


class Part(NamedTuple):
    """A part: its type (None where it says none), which bytes it says it has, and its bytes."""

    content_type: str | None
    start: int
    end: int
    body: bytes


def parts_of(content_type: str, body: bytes) -> list[Part]:
    """Return the parts of a body with this Content-Type."""
    message = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    assert (message.get_content_type(), message.defects) == ("multipart/byteranges", [])
    return [_part(part) for part in message.walk() if part is not message]


def _part(part: Message) -> Part:
    place = re.fullmatch(r"bytes (\d+)-(\d+)/\d+", part["Content-Range"])
    content = part.get_payload(decode=True)
    assert place is not None
    assert isinstance(content, bytes)
    return Part(part["Content-Type"], int(place[1]), int(place[2]) + 1, content)
