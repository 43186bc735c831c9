"""Read the sources for link: their hashes, and what extractors find in them, unless the last build knows both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from servestatic_build.cache.last_build import LastBuild
from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError, Diagnostics
from servestatic_build.model import SourceFile
from servestatic_build.references.extracting import Extracted, Wanted, extracted, fact_key, from_fact, to_fact
from servestatic_build.references.extractors import EXTRACTORS
from servestatic_build.references.found import NOTHING, FoundReferences, found_in
from servestatic_build.references.placeholders import has_placeholder
from servestatic_build.references.processes import extracted_by_many
from servestatic_build.source_files import read_source

_EXTRACTIONS = "extractions"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A source and what was found in it; ``digest`` is the SHA-256 of its bytes, None where nobody had to know it."""

    source: SourceFile
    found: FoundReferences
    digest: bytes | None


class Reader:
    """Reads sources, and has the next build know what was found in them."""

    def __init__(self, last_build: LastBuild, diagnostics: Diagnostics) -> None:
        """What can't be read goes to ``diagnostics``."""
        self._last_build = last_build
        self._diagnostics = diagnostics

    def read_all(self, files: Sequence[SourceFile], jobs: int, advance: Callable[[], None]) -> list[ReadFile]:
        """Return the sources with their references.

        Many bytes are read by so many processes; what is returned does not depend on that.
        """
        known = [self._known(file) for file in files]
        unread = {_wanted(file): file.signature.size for file, found in zip(files, known, strict=True) if found is None}
        ahead = extracted_by_many(unread, self._last_build.keys(_EXTRACTIONS), jobs, advance)
        read_files = []
        for file, found in zip(files, known, strict=True):
            read_files.append(found or self._read(file, ahead.get(_wanted(file)) if ahead else None))
            self._tell(read_files[-1])
            if not ahead or found:
                advance()
        return read_files

    def read(self, file: SourceFile) -> ReadFile:
        """Return a source with its references."""
        found = self._known(file) or self._read(file, None)
        self._tell(found)
        return found

    def _known(self, file: SourceFile) -> ReadFile | None:
        """Return a source that need not be read, None for one that has to be."""
        digest = self._last_build.digest(file)
        if file.media_type not in EXTRACTORS:
            return ReadFile(file, NOTHING, digest)
        found = None if digest is None else self._fact(digest, file.media_type)
        return None if found is None else ReadFile(file, found, digest)

    def _read(self, file: SourceFile, ahead: Extracted | None) -> ReadFile:
        """Return a source that has to be read, unless that was done ``ahead``."""
        try:
            digest, found, fact = ahead or self._extracted(file)
            if found is None and (found := self._fact(digest, file.media_type)) is None:  # the fact is damaged
                found = found_in(read_source(file), file.media_type)
                fact = to_fact(found)
        except BuildError as error:
            self._diagnostics.error(error.code, error.place, error.message, error.hint)
            return ReadFile(file, NOTHING, None)
        self._last_build.note_digest(file, digest)
        if fact is not None:
            self._last_build.put(_EXTRACTIONS, fact_key(digest, file.media_type), fact)
        return ReadFile(file, found, digest)

    def _tell(self, file: ReadFile) -> None:
        """Tell of the parts of a source that could not be read, and of a page whose base is not known yet."""
        for part in file.found.extraction.unreadable if not file.source.hashed else ():
            note = "references in it are not rewritten"
            hint = "correct the syntax there"
            self._diagnostics.warning(Code.UNREADABLE, file.source.at(part.start), part.message, hint, note)
        base = file.found.extraction.base or ""
        if has_placeholder(base):
            message = f"the base of this page is a template expression, {base!r}, so no reference in it is rewritten"
            hint = (
                "let the framework's template tags write the URLs of this page, or compile the page as it is rendered"
            )
            self._diagnostics.note(Code.TEMPLATE_BASE, file.source.name, message, hint)

    def _extracted(self, file: SourceFile) -> Extracted:
        return extracted(read_source(file), file.media_type, self._last_build.keys(_EXTRACTIONS))

    def _fact(self, digest: bytes, media_type: str) -> FoundReferences | None:
        fact = self._last_build.get(_EXTRACTIONS, fact_key(digest, media_type))
        try:
            return None if fact is None else from_fact(fact)
        except (TypeError, ValueError):  # damaged in a way that its hash does not tell
            return None


def _wanted(file: SourceFile) -> Wanted:
    return Wanted(file.real_path, file.media_type, file.coding)
