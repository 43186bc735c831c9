"""The comment that names a source map, which CSS and JavaScript share (ECMA-426, 11.1.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from servestatic_build.model import Reference, ReferenceKind
from servestatic_build.text import as_text

SOURCE_MAP_COMMENT = rb"/[/*][@#][ \t]*sourceMappingURL="  # how it begins
_COMMENT = re.compile(SOURCE_MAP_COMMENT + rb"([^\s'\"*]+)\s*(?:\*/\s*)?")


def source_map_reference(comment: bytes, start: int) -> Reference | None:
    """Return the reference in a comment (with its delimiters) that starts at byte ``start`` of its file."""
    match = _COMMENT.fullmatch(comment)
    if match is None:
        return None
    value = as_text(match[1])
    return Reference(start + match.start(1), start + match.end(1), value, kind=ReferenceKind.SOURCE_MAP)


def last_source_map(references: Iterable[Reference]) -> tuple[Reference, ...]:
    """Return the references without the source maps that a later one overrides."""
    references = tuple(references)
    starts = [reference.start for reference in references if reference.kind is ReferenceKind.SOURCE_MAP]
    if len(starts) > 1:
        references = tuple(r for r in references if r.kind is not ReferenceKind.SOURCE_MAP or r.start == max(starts))
    return references
