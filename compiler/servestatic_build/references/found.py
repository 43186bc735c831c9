"""What extractors find in a file, as link needs it and as the last build keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from servestatic_build.media_types import MAPPED
from servestatic_build.model import Extraction, PagePolicy, Reference, ReferenceKind, Unreadable
from servestatic_build.references.extractors import EXTRACTORS, Extractor


@dataclass(frozen=True, slots=True)
class FoundReferences:
    """What an extractor found, without the ``data:`` URLs, which lead nowhere and are long.

    ``inline_map`` is the span of the one that is the file's source map.
    """

    extraction: Extraction
    inline_map: tuple[int, int] | None = None


NOTHING = FoundReferences(Extraction())


def found_in(data: bytes, media_type: str) -> FoundReferences:
    """Return what the extractor of a media type finds."""
    extraction = _without_overlaps(_extraction(EXTRACTORS[media_type], data))
    if extraction.policy.texts and not extraction.policy.hashes:
        extraction = replace(extraction, policy=PagePolicy())
    inline = [reference for reference in extraction.references if _is_inline(reference)]
    if inline:
        others = tuple(reference for reference in extraction.references if not _is_inline(reference))
        return FoundReferences(replace(extraction, references=others), _inline_map(media_type, inline))
    return NOTHING if extraction == NOTHING.extraction else FoundReferences(extraction)


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
