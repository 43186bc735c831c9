"""An extractor on its own: a text in, the same text with its references renamed out."""

from __future__ import annotations

import re
from collections.abc import Callable

from servestatic_build.model import Extraction
from servestatic_build.render.splice import Edit, splice

_SUFFIX = re.compile(r"(\.\w+)(?=[?#]|\s*$)")


def renamed(extract: Callable[[bytes], Extraction], text: str | bytes) -> str:
    """Return the text with ``.#`` before the suffix of every file that it refers to."""
    data = text.encode() if isinstance(text, str) else text
    edits = [
        Edit(r.start, r.end, r.escape(_SUFFIX.sub(r".#\1", r.value, count=1)).encode("utf-8", "surrogateescape"))
        for r in extract(data).references
    ]
    return splice(data, edits).decode("utf-8", "surrogateescape")


def values(extract: Callable[[bytes], Extraction], text: str | bytes) -> list[str]:
    """Return what the references of a text say."""
    data = text.encode() if isinstance(text, str) else text
    return [reference.value for reference in extract(data).references]
