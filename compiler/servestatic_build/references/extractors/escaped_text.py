"""Text inside a file that is written with escapes (an attribute, a string of JSON), and the way back to its bytes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from servestatic_build.model import (
    Extraction,
    ImportMapPrefix,
    PagePolicy,
    PropertyUse,
    Reference,
    ReferenceKind,
    Unreadable,
    WrittenText,
)
from servestatic_build.references.notations import NOTATIONS, Notation
from servestatic_build.text import as_text

_SPACES = bytes(range(0x21))  # the URL standard strips these around a URL


class Segment(NamedTuple):
    """A range of a file's bytes in one notation, by its name; None for text that stands as it is."""

    start: int
    end: int
    notation: str | None = None


class _Piece(NamedTuple):
    start: int
    end: int
    raw_start: int
    raw_end: int
    segment: Segment


class _Span(NamedTuple):
    start: int
    end: int
    notations: tuple[str, ...]


NOTHING = Extraction()
_NOTATIONS: Mapping[str | None, tuple[str, ...]] = {None: (), **{name: (name,) for name in NOTATIONS}}
_AS_IS = Notation()


class EscapedText:
    """What segments of a file stand for, as one ``text``. Its offsets lead back to the file's."""

    def __init__(self, data: bytes, segments: Iterable[Segment], place: int = 0) -> None:
        """Undo the escapes of the segments. ``place`` is where the text would stand if it is empty."""
        self._place = place
        self._pieces: list[_Piece] = []
        texts = []
        position = 0
        for segment in segments:
            notation = NOTATIONS[segment.notation] if segment.notation else _AS_IS
            for start, end, meaning in notation.pieces(data, segment.start, segment.end):
                self._pieces.append(_Piece(position, position + len(meaning), start, end, segment))
                position += len(meaning)
                texts.append(meaning)
        self.text = b"".join(texts)
        self._starts = [piece.start for piece in self._pieces]

    def word(self) -> str:
        """Return the text as a keyword: without white space around it, in lower case."""
        return as_text(self.text.strip(b"\t\n\f\r ")).lower()

    def url(
        self,
        kind: ReferenceKind = ReferenceKind.URL,
        integrity: EscapedText | None = None,
        scope: EscapedText | None = None,
    ) -> Extraction:
        """Return the one reference that the text is, if there is anything in it, and what says its file's hash or scope."""
        bare = self.text.strip(_SPACES)
        start = self.text.find(bare)
        span = self._span(start, start + len(bare))
        if span is None:
            return NOTHING
        hashes = integrity.whole() if integrity else None
        scope_text = as_text(scope.text.strip(_SPACES)) if scope else ""
        reference = Reference(span.start, span.end, as_text(bare), span.notations, kind, hashes, scope=scope_text)
        return Extraction((reference,))

    def whole(self) -> WrittenText | None:
        """Return all of the text as it is written in the file, if there is anything in it."""
        return self._written(WrittenText(0, len(self.text), as_text(self.text)))

    def references(
        self, starts: Iterable[int], urls: Iterable[bytes], kind: ReferenceKind = ReferenceKind.URL
    ) -> Extraction:
        """Return the references to ``urls``, which stand in the text at ``starts``."""
        places = zip(starts, urls, strict=True)
        references = (Reference(start, start + len(url), as_text(url), kind=kind) for start, url in places)
        return self.outer(Extraction(tuple(references)))

    def outer(self, inner: Extraction) -> Extraction:
        """Return what an extractor found in the text with the offsets of the file."""
        references = (self._reference(reference) for reference in inner.references)
        return Extraction(
            tuple(reference for reference in references if reference),
            tuple(Unreadable(self._start(part.start), part.message) for part in inner.unreadable),
            inner.base,
            tuple(ImportMapPrefix(p.specifier, p.address, self._end(p.end)) for p in inner.import_map_prefixes),
            inner.property_uses,
            policy=PagePolicy(self._all_written(inner.policy.hashes), self._all_written(inner.policy.texts)),
        )

    def _reference(self, inner: Reference) -> Reference | None:
        text = self._written(inner)
        if text is None:
            return None
        hashes = self._written(inner.integrity) if inner.integrity else None
        more = inner.custom_property, inner.scope
        return Reference(text.start, text.end, text.value, text.notations, inner.kind, hashes, *more)

    def _all_written(self, inner: Iterable[WrittenText]) -> tuple[WrittenText, ...]:
        return tuple(text for text in map(self._written, inner) if text)

    def _written(self, inner: WrittenText) -> WrittenText | None:
        span = self._span(inner.start, inner.end)
        if span is None:
            return None
        return WrittenText(span.start, span.end, inner.value, inner.notations + span.notations)

    def _span(self, start: int, end: int) -> _Span | None:
        """Return where a range of the text stands in the file, None where it is empty or in several segments."""
        if start == end:
            return None
        first = self._pieces[bisect_right(self._starts, start) - 1]
        last = self._pieces[bisect_left(self._starts, end) - 1]
        if first.segment is not last.segment:
            return None
        return _Span(self._start(start), self._end(end), _NOTATIONS[first.segment.notation])

    def _start(self, index: int) -> int:
        """Return where what stands behind an offset of the text starts in the file."""
        if not self._pieces:
            return self._place
        piece = self._pieces[bisect_right(self._starts, index) - 1]
        return min(piece.raw_start + index - piece.start, piece.raw_end)

    def _end(self, index: int) -> int:
        """Return where what stands before an offset of the text ends in the file."""
        piece = self._pieces[bisect_left(self._starts, index) - 1]
        return piece.raw_end if index == piece.end else piece.raw_start + index - piece.start


def joined(extractions: Iterable[Extraction]) -> Extraction:
    """Return as one what was found in the parts of a file: in order, and the first base."""
    references: list[Reference] = []
    unreadable: list[Unreadable] = []
    prefixes: list[ImportMapPrefix] = []
    uses: set[PropertyUse] = set()
    hashes: list[WrittenText] = []
    texts: list[WrittenText] = []
    base = None
    for one in extractions:
        references += one.references
        unreadable += one.unreadable
        prefixes += one.import_map_prefixes
        uses.update(one.property_uses)
        hashes += one.policy.hashes
        texts += one.policy.texts
        base = one.base if base is None else base
    references.sort(key=lambda reference: reference.start)
    unreadable.sort(key=lambda part: part.start)
    prefixes.sort(key=lambda prefix: prefix.end)
    policy = PagePolicy(tuple(hashes), tuple(texts))
    return Extraction(tuple(references), tuple(unreadable), base, tuple(prefixes), tuple(sorted(uses)), policy=policy)
