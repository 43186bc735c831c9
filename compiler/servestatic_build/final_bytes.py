"""The bytes of each file as they will be published: references rewritten, source maps moved along."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from servestatic_build.errors import BuildError
from servestatic_build.model import Diagnostic, Link, LinkedFile, ReferenceKind, Severity
from servestatic_build.names import with_fingerprint
from servestatic_build.refs.urls import renamed
from servestatic_build.rewrite import Edit, splice
from servestatic_build.source_maps import SourceMapError, shifted

_CHUNK_BYTES = 1024 * 1024
_ANY_DIGEST = bytes(32)
_MAPPED = frozenset({"text/css", "text/javascript"})


class FinalBytes:
    """Makes files' bytes from their sources and from the ``paths`` (fingerprinted, by number) known by then."""

    def __init__(self, files: Sequence[LinkedFile], paths: Mapping[int, str], diagnostics: list[Diagnostic]) -> None:
        self._files = files
        self._paths = paths
        self._diagnostics = diagnostics
        self._owners = _owners(files)

    def of(self, number: int) -> Iterable[bytes]:
        """Return a file's bytes in chunks. The paths of all it refers to must be known."""
        file = self._files[number]
        if links := shaping(file):
            return [self.rewritten(file, links)]
        if number in self._owners:
            return [self._shifted_map(file, self._files[self._owners[number]])]
        return _chunks(file)

    def rewritten(self, file: LinkedFile, links: Collection[Link]) -> bytes:
        """Return a file's bytes with these of its references rewritten."""
        return splice(_read(file), self._edits(links, self._paths.__getitem__))

    def _edits(self, links: Iterable[Link], path_of: Callable[[int], str]) -> Iterator[Edit]:
        for link in links:
            plain_path, reference = self._files[link.target].source.plain_path, link.reference
            value = renamed(reference.value, plain_path, path_of(link.target))
            replacement = reference.escape(value).encode("utf-8", "surrogateescape")
            yield Edit(reference.start, reference.end, replacement)

    def _shifted_map(self, file: LinkedFile, owner: LinkedFile) -> bytes:
        """Return a source map moved along with what its owner's references become.

        All fingerprints have one length, so any will do: the map's name need not wait for those that its owner names.
        """
        data = _read(file)
        edits = self._edits(shaping(owner), self._path_of_right_length)
        try:
            return shifted(data, _read(owner), edits)
        except SourceMapError as error:
            hint = f"it is published as it is, and may be some columns off for {owner.source.name}"
            self._diagnostics.append(Diagnostic(Severity.WARNING, file.source.name, str(error), hint))
            return data

    def _path_of_right_length(self, number: int) -> str:
        return with_fingerprint(self._files[number].source.plain_path, _ANY_DIGEST)


def shaping(file: LinkedFile) -> list[Link]:
    """Return the links that a file's final bytes depend on."""
    return [link for link in file.links if link.rewritten]


def _owners(files: Sequence[LinkedFile]) -> dict[int, int]:
    """Return, for each source map that exactly one script or style sheet names, that file.

    It can't follow two of them, nor one that is a part of a page.
    """
    owners: dict[int, list[int]] = {}
    for number, file in enumerate(files):
        for link in file.links if file.source.media_type in _MAPPED and shaping(file) else ():
            if link.reference.kind is ReferenceKind.SOURCE_MAP:
                owners.setdefault(link.target, []).append(number)
    return {source_map: found[0] for source_map, found in owners.items() if len(found) == 1}


def _read(file: LinkedFile) -> bytes:
    return b"".join(_chunks(file))


def _chunks(file: LinkedFile) -> Iterator[bytes]:
    """Yield a file's source; raise BuildError where it can't be read, or is not what the spans were found in."""
    digest = hashlib.sha256()
    try:
        with open(file.source.path, "rb") as source:
            while chunk := source.read(_CHUNK_BYTES):
                digest.update(chunk)
                yield chunk
    except OSError as error:
        raise BuildError(file.source.path, f"this file can't be read: {error.strerror}") from error
    if file.digest not in {None, digest.digest()}:
        raise BuildError(file.source.path, "this file changed while it was compiled", "compile again")
