"""The bytes of each file as they will be published: references and hashes rewritten, source maps moved along."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial

from servestatic_build.cache.last_build import LastBuild
from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError, Diagnostics
from servestatic_build.media_types import MAPPED
from servestatic_build.model import Asset, Link, LinkedFile, ReferenceKind, SourceFile, WrittenText
from servestatic_build.names import with_fingerprint
from servestatic_build.references.extractors.import_map import added_entry
from servestatic_build.references.notations import rewritten
from servestatic_build.references.urls import renamed
from servestatic_build.render.inline_maps import shifted_url
from servestatic_build.render.integrity import renewed
from servestatic_build.render.named_files import NamedFiles
from servestatic_build.render.page_policies import renewed_hashes
from servestatic_build.render.source_maps import SourceMapError, shifted
from servestatic_build.render.splice import Edit, splice
from servestatic_build.source_files import source_chunks

_MAP_HINT = "generate the source map again"

_ANY_DIGEST = bytes(32)


class FinalBytes:
    """Makes files' bytes from their sources and from what is known by then of those that they refer to."""

    def __init__(
        self, files: Sequence[LinkedFile], named: NamedFiles, last_build: LastBuild, diagnostics: Diagnostics
    ) -> None:
        self._files = files
        self._named = named
        self._last_build = last_build
        self._diagnostics = diagnostics
        self._owners = _owners(files)

    def of(self, number: int) -> Iterable[bytes]:
        """Return a file's bytes in chunks. The paths of all it refers to must be known."""
        file = self._files[number]
        if links := rewritten_links(file):
            return [self._final(file, links)]
        if owner := self.owner(number):
            return [self._shifted_map(file, owner)]
        return self._chunks(file)

    def owner(self, number: int) -> LinkedFile | None:
        """Return the script or style sheet whose source map a file is, if that moves along with it."""
        return self._files[self._owners[number]] if number in self._owners else None

    def _final(self, file: LinkedFile, links: Collection[Link]) -> bytes:
        data = self._read(file)
        edits = self._edits(file, data, links)
        return splice(data, [*edits, *self._inline_map(file, data, edits)])

    def _edits(self, file: LinkedFile, data: bytes, links: Collection[Link]) -> list[Edit]:
        hashes = [*self._hashes(file, links)]
        edits = [*self._renames(data, links, self._named.path), *(_edit(data, *each) for each in hashes)]
        return [*edits, *(_edit(data, *each) for each in renewed_hashes(data, file.policy, edits, hashes))]

    def _renames(self, data: bytes, links: Iterable[Link], path_of: Callable[[int], str]) -> Iterator[Edit]:
        for link in links:
            target, reference = self._files[link.target].source, link.reference
            if target.fingerprinted:
                url = renamed(reference.value, target.plain_path, path_of(link.target))
                if link.new_specifier is None:
                    yield _edit(data, reference, url)
                else:
                    yield Edit(reference.start, reference.end, added_entry(link.new_specifier, url).encode())

    def _hashes(self, file: LinkedFile, links: Iterable[Link]) -> Iterator[tuple[WrittenText, str]]:
        """Yield what the hashes beside references become, now that the bytes of their targets are final."""
        for link in links:
            written = link.reference.integrity
            if written is not None and (value := self._renewed(file, link.target, written)) is not None:
                yield written, value

    def _renewed(self, file: LinkedFile, target: int, written: WrittenText) -> str | None:
        source, asset = self._files[target].source, self._named.asset(target)
        if asset is None:
            problem = f"the integrity hash of {source.name} cannot be computed: it holds a hash of this file"
            place = file.source.at(written.start)
            self._diagnostics.warning(Code.INTEGRITY_CYCLE, place, problem, "remove one of the two hashes")
            return None
        value = renewed(written.value, partial(_source_digest, source), partial(self._final_digest, target, asset))
        if value is None:
            problem = f"the integrity hash is not that of {source.name}"
            hint = "write the hash of the source file: the build keeps it right from then on"
            note = "it is left as it is, and browsers refuse to load the file"
            self._diagnostics.warning(Code.WRONG_INTEGRITY, file.source.at(written.start), problem, hint, note)
        return value

    def _inline_map(self, file: LinkedFile, data: bytes, edits: Iterable[Edit]) -> Iterator[Edit]:
        if file.inline_map is None:
            return
        start, end = file.inline_map
        try:
            yield Edit(start, end, shifted_url(data[start:end], data, edits))
        except SourceMapError as error:
            note = "it is left as it is: debuggers may show places some columns off"
            problem = f"the source map is invalid: {error}"
            self._diagnostics.warning(Code.INVALID_SOURCE_MAP, file.source.at(start), problem, _MAP_HINT, note)

    def _shifted_map(self, file: LinkedFile, owner: LinkedFile) -> bytes:
        """Return a source map moved along with what its owner's references become.

        All fingerprints have one length, so any will do: the map's name need not wait for those that its owner names.
        """
        data = self._read(file)
        generated = self._read(owner)
        edits = self._renames(generated, rewritten_links(owner), self._path_of_right_length)
        try:
            return shifted(data, generated, edits)
        except SourceMapError as error:
            note = f"it is left as it is: debuggers may show places in {owner.source.name} some columns off"
            problem = f"the source map is invalid: {error}"
            self._diagnostics.warning(Code.INVALID_SOURCE_MAP, file.source.name, problem, _MAP_HINT, note)
            return data

    def _final_digest(self, number: int, asset: Asset, algorithm: str) -> bytes:
        known = {"sha256": asset.identity.digest, "sha384": asset.integrity}
        return known.get(algorithm) or _hash(self.of(number), algorithm)

    def _read(self, file: LinkedFile) -> bytes:
        return b"".join(self._chunks(file))

    def _chunks(self, file: LinkedFile) -> Iterator[bytes]:
        """Yield a file's source; raise BuildError where it can't be read, or is not what the spans were found in."""
        digest = hashlib.sha256()
        for chunk in source_chunks(file.source):
            digest.update(chunk)
            yield chunk
        if file.digest is None:
            self._last_build.note_digest(file.source, digest.digest())
        elif file.digest != digest.digest():
            problem = "this file changed during the build"
            raise BuildError(Code.FILE_CHANGED, file.source.path, problem, "compile again")

    def _path_of_right_length(self, number: int) -> str:
        return with_fingerprint(self._files[number].source.plain_path, _ANY_DIGEST)


def rewritten_links(file: LinkedFile) -> list[Link]:
    """Return the links that a file's final bytes depend on."""
    return [link for link in file.links if link.rewritten] if file.links else []


def _owners(files: Sequence[LinkedFile]) -> dict[int, int]:
    """Return, for each source map that exactly one script or style sheet names, that file.

    It can't follow two of them, nor one that is a part of a page.
    """
    owners: dict[int, list[int]] = {}
    for number, file in enumerate(files):
        for link in file.links if file.source.media_type in MAPPED and rewritten_links(file) else ():
            if link.reference.kind is ReferenceKind.SOURCE_MAP:
                owners.setdefault(link.target, []).append(number)
    return {source_map: found[0] for source_map, found in owners.items() if len(found) == 1}


def _edit(data: bytes, text: WrittenText, value: str) -> Edit:
    return Edit(text.start, text.end, rewritten(text, data[text.start : text.end], value))


def _source_digest(file: SourceFile, algorithm: str) -> bytes:
    return _hash(source_chunks(file), algorithm)


def _hash(chunks: Iterable[bytes], algorithm: str) -> bytes:
    digest = hashlib.new(algorithm)
    for chunk in chunks:
        digest.update(chunk)
    return digest.digest()
