"""Text inside a file that is written with escapes (an attribute, a string of JSON), and the way back to its bytes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace

from servestatic_build.model import Extraction, ImportMapPrefix, Reference, ReferenceKind, Unreadable, WrittenText
from servestatic_build.references.notations import NOTATIONS, Notation
from servestatic_build.text import as_text

_SPACES = bytes(range(0x21))  # the URL standard strips these around a URL


@dataclass(frozen=True, slots=True)
class Segment:
    """A range of a file's bytes in one notation, by its name; None for text that stands as it is."""

    start: int
    end: int
    notation: str | None = None


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    raw_start: int
    raw_end: int
    segment: Segment


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

    def url(self, kind: ReferenceKind = ReferenceKind.URL, integrity: EscapedText | None = None) -> Extraction:
        """Return the one reference that the text is, if there is anything in it, and what says its file's hash."""
        bare = self.text.strip(_SPACES)
        start = self.text.find(bare)
        found = self._reference(Reference(start, start + len(bare), as_text(bare), kind=kind))
        hashes = integrity.whole() if integrity else None
        return Extraction((replace(found, integrity=hashes),)) if found else Extraction()

    def whole(self) -> WrittenText | None:
        """Return all of the text as it is written in the file, if there is anything in it."""
        return self._written(WrittenText(0, len(self.text), as_text(self.text)))

    def references(self, starts: Iterable[int], urls: Iterable[bytes]) -> Extraction:
        """Return the references to ``urls``, which stand in the text at ``starts``."""
        found = (Reference(start, start + len(url), as_text(url)) for start, url in zip(starts, urls, strict=True))
        return self.outer(Extraction(tuple(found)))

    def outer(self, inner: Extraction) -> Extraction:
        """Return what an extractor found in the text with the offsets of the file."""
        references = (self._reference(reference) for reference in inner.references)
        return Extraction(
            tuple(reference for reference in references if reference),
            tuple(Unreadable(self._start(part.start), part.message) for part in inner.unreadable),
            inner.base,
            tuple(ImportMapPrefix(p.specifier, p.address, self._end(p.end)) for p in inner.import_map_prefixes),
        )

    def _reference(self, inner: Reference) -> Reference | None:
        text = self._written(inner)
        if text is None:
            return None
        hashes = self._written(inner.integrity) if inner.integrity else None
        return Reference(text.start, text.end, text.value, text.notations, inner.kind, hashes)

    def _written(self, inner: WrittenText) -> WrittenText | None:
        if inner.start == inner.end:
            return None
        first = self._pieces[bisect_right(self._starts, inner.start) - 1]
        last = self._pieces[bisect_left(self._starts, inner.end) - 1]
        if first.segment is not last.segment:
            return None
        outer = first.segment.notation
        notations = (*inner.notations, outer) if outer else inner.notations
        return WrittenText(self._start(inner.start), self._end(inner.end), inner.value, notations)

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
    found = tuple(extractions)
    references = (reference for one in found for reference in one.references)
    return Extraction(
        tuple(sorted(references, key=lambda reference: reference.start)),
        tuple(sorted((part for one in found for part in one.unreadable), key=lambda part: part.start)),
        next((one.base for one in found if one.base is not None), None),
        tuple(sorted((prefix for one in found for prefix in one.import_map_prefixes), key=lambda prefix: prefix.end)),
    )
