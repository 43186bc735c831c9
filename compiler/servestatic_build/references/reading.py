"""Read each file once: what it refers to, checked, whatever its extractor does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from servestatic_build.diagnostics import BuildError, Code, Diagnostics
from servestatic_build.media_types import MAPPED
from servestatic_build.model import Extraction, Reference, ReferenceKind, SourceFile, Unreadable
from servestatic_build.references.extractors import EXTRACTORS, Extractor
from servestatic_build.source_files import read_source


class ReadFile(NamedTuple):
    """A file and what was found in it, for link; ``digest`` is None for one that was not read."""

    source: SourceFile
    extraction: Extraction = Extraction()
    digest: bytes | None = None
    inline_map: tuple[int, int] | None = None


def read(file: SourceFile, diagnostics: Diagnostics) -> ReadFile:
    """Return what a file refers to, and add to ``diagnostics`` what could not be read."""
    extract = EXTRACTORS.get(file.media_type)
    if extract is None:
        return ReadFile(file)
    try:
        data = read_source(file)
    except BuildError as error:
        diagnostics.error(error.code, error.place, error.message, error.hint)
        return ReadFile(file)
    extraction = _without_overlaps(_extraction(extract, data))
    for part in extraction.unreadable if not file.hashed else ():
        note = "references in it are not rewritten"
        diagnostics.warning(Code.UNREADABLE, file.at(part.start), part.message, note=note)
    inline = [reference for reference in extraction.references if _is_inline(reference)]
    if inline:  # they lead nowhere, and are long
        others = tuple(reference for reference in extraction.references if not _is_inline(reference))
        extraction = replace(extraction, references=others)
    return ReadFile(file, extraction, hashlib.sha256(data).digest(), _inline_map(file, inline))


def _extraction(extract: Extractor, data: bytes) -> Extraction:
    try:
        return extract(data)
    except Exception as error:  # noqa: BLE001 - no file may end a build by what is in it
        return Extraction(unreadable=(Unreadable(0, f"an internal error stopped the reading of this file: {error!r}"),))


def _without_overlaps(extraction: Extraction) -> Extraction:
    """Return an extraction without the references that stand where one before them does: no two can be rewritten."""
    references = extraction.references
    owned = [(text, number) for number, r in enumerate(references) for text in (r, r.integrity) if text is not None]
    dropped, end = set(), 0
    for text, number in sorted(owned, key=lambda each: each[0].start):
        if text.start < end:
            dropped.add(number)
        else:
            end = text.end
    if not dropped:
        return extraction
    kept = tuple(reference for number, reference in enumerate(references) if number not in dropped)
    message = "two references overlap here, and the second is not read"
    problems = (Unreadable(references[number].start, message) for number in sorted(dropped))
    return replace(extraction, references=kept, unreadable=(*extraction.unreadable, *problems))


def _is_inline(reference: Reference) -> bool:
    return reference.value[:5].lower() == "data:"


def _inline_map(file: SourceFile, inline: Iterable[Reference]) -> tuple[int, int] | None:
    """Return where a script's or style sheet's own source map stands; a part of a page has none."""
    if file.media_type not in MAPPED:
        return None
    maps = (reference for reference in inline if reference.kind is ReferenceKind.SOURCE_MAP)
    return next(((reference.start, reference.end) for reference in maps), None)
