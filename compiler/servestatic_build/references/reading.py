"""Read a source for link: its hash, and what its extractor finds in it, unless the last build knows both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from servestatic_build.cache.last_build import LastBuild
from servestatic_build.cache.plain import from_plain, to_plain
from servestatic_build.diagnostics import BuildError, Code, Diagnostics
from servestatic_build.media_types import MAPPED
from servestatic_build.model import Extraction, Reference, ReferenceKind, SourceFile, Unreadable
from servestatic_build.references.extractors import EXTRACTORS, Extractor
from servestatic_build.references.placeholders import has_placeholder
from servestatic_build.source_files import read_source

_EXTRACTIONS = "extractions"


@dataclass(frozen=True, slots=True)
class FoundReferences:
    """What an extractor found, without the ``data:`` URLs, which lead nowhere and are long.

    ``inline_map`` is the span of the one that is the file's source map.
    """

    extraction: Extraction
    inline_map: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A source and what was found in it; ``digest`` is the SHA-256 of its bytes, None where nobody had to know it."""

    source: SourceFile
    found: FoundReferences
    digest: bytes | None


def read(file: SourceFile, last_build: LastBuild, diagnostics: Diagnostics) -> ReadFile:
    """Return a source with its references. What can't be read goes to ``diagnostics``."""
    try:
        digest, found = _read(file, last_build)
    except BuildError as error:
        diagnostics.error(error.code, error.place, error.message, error.hint)
        return ReadFile(file, _NOTHING, None)
    for part in found.extraction.unreadable if not file.hashed else ():
        note = "references in it are not rewritten"
        diagnostics.warning(Code.UNREADABLE, file.at(part.start), part.message, note=note)
    if has_placeholder(found.extraction.base or ""):
        message = f"the base of this page is a template expression, {found.extraction.base!r}"
        hint = "let the framework's template tags write the URLs of this page, or compile the page as it is rendered"
        diagnostics.note(Code.TEMPLATE_BASE, file.name, f"{message}, so no reference in it is rewritten", hint)
    return ReadFile(file, found, digest)


def _read(file: SourceFile, last_build: LastBuild) -> tuple[bytes | None, FoundReferences]:
    digest = last_build.digest(file)
    if file.media_type not in EXTRACTORS:
        return digest, _NOTHING
    if digest and (found := _known(digest, file.media_type, last_build)):
        return digest, found
    data = read_source(file)
    digest = hashlib.sha256(data).digest()
    last_build.note_digest(file, digest)
    found = _known(digest, file.media_type, last_build) or _extracted(data, file.media_type)
    last_build.put(_EXTRACTIONS, _key(digest, file.media_type), to_plain(found))
    return digest, found


def _known(digest: bytes, media_type: str, last_build: LastBuild) -> FoundReferences | None:
    fact = last_build.get(_EXTRACTIONS, _key(digest, media_type))
    try:
        return None if fact is None else from_plain(FoundReferences, fact)
    except (TypeError, ValueError):  # another version's
        return None


def _key(digest: bytes, media_type: str) -> bytes:
    return digest + media_type.encode()


def _extracted(data: bytes, media_type: str) -> FoundReferences:
    extraction = _without_overlaps(_extraction(EXTRACTORS[media_type], data))
    inline = [reference for reference in extraction.references if _is_inline(reference)]
    if not inline:
        return FoundReferences(extraction)
    others = tuple(reference for reference in extraction.references if not _is_inline(reference))
    return FoundReferences(replace(extraction, references=others), _inline_map(media_type, inline))


def _extraction(extract: Extractor, data: bytes) -> Extraction:
    try:
        return extract(data)
    except MemoryError:
        raise  # it is not in the file, and may be over soon
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


def _inline_map(media_type: str, inline: Iterable[Reference]) -> tuple[int, int] | None:
    """Return where a script's or style sheet's own source map stands; a part of a page has none."""
    if media_type not in MAPPED:
        return None
    maps = (reference for reference in inline if reference.kind is ReferenceKind.SOURCE_MAP)
    return next(((reference.start, reference.end) for reference in maps), None)


_NOTHING = FoundReferences(Extraction())
