"""An extractor on its own: a text in, what it found or the same text with its references renamed out."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict

import msgpack

from servestatic_build.model import Extraction, Reference, ReferenceKind
from servestatic_build.references.extractors import css, javascript
from servestatic_build.references.extractors.candidates import CANDIDATES, UndecidedError
from servestatic_build.references.notations import rewritten
from servestatic_build.references.specifiers import is_bare_import
from servestatic_build.render.splice import Edit, splice

MEDIA_TYPES: Mapping[Callable[[bytes], Extraction], str] = {
    css.extract: "text/css",
    javascript.extract: "text/javascript",
}
_SUFFIX = re.compile(r"(\.\w+)(?=[?#]|\s*$)")


def renamed(extract: Callable[[bytes], Extraction], text: str | bytes) -> str:
    """Return the text with ``.#`` before the suffix of every file that it refers to."""
    data = text.encode() if isinstance(text, str) else text
    changed = with_values(data, extracted(extract, text).references, lambda value: _SUFFIX.sub(r".#\1", value, count=1))
    return changed.decode("utf-8", "surrogateescape")


def values(extract: Callable[[bytes], Extraction], text: str | bytes) -> list[str]:
    """Return what the references of a text say."""
    return [reference.value for reference in extracted(extract, text).references]


def with_values(data: bytes, references: Iterable[Reference], new: Callable[[str], str]) -> bytes:
    """Return a file's bytes with a new value for each of these references."""
    return splice(data, (Edit(r.start, r.end, rewritten(r, data[r.start : r.end], new(r.value))) for r in references))


def extracted(extract: Callable[[bytes], Extraction], text: str | bytes) -> Extraction:
    """Return what an extractor finds, after a check that it can be kept, compared and sent elsewhere.

    And that ``verify`` passes over no file in which something of it leads to nothing.
    """
    data = text.encode() if isinstance(text, str) else text
    extraction = extract(data)
    assert_among_candidates(extraction, CANDIDATES.get(MEDIA_TYPES.get(extract, "")), data)
    plain = asdict(extraction)
    packed = msgpack.packb(plain, unicode_errors="surrogateescape")
    assert pickle.loads(pickle.dumps(extraction)) == extraction
    assert msgpack.unpackb(packed, use_list=False, unicode_errors="surrogateescape") == plain
    return extraction


def assert_among_candidates(
    extraction: Extraction, candidates: Callable[[bytes], Iterable[str]] | None, data: bytes
) -> None:
    """Check that all that may be broken is found without a lexer, too, unless that leaves it to the lexer."""
    try:
        found = set() if candidates is None else {*candidates(data)}
    except UndecidedError:
        return
    judged = {reference.value for reference in extraction.references if candidates and is_judged(reference)}
    assert judged <= found


def is_judged(reference: Reference) -> bool:
    """Return whether a reference of a script or style sheet can be broken, for all that the release knows."""
    if reference.kind in {ReferenceKind.SOURCE_MAP, ReferenceKind.PAGE_SERVICE_WORKER} or is_bare_import(reference):
        return False
    return not reference.value.startswith("#") and reference.value[:5].lower() != "data:"
