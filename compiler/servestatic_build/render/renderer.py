"""Each file's final bytes, staged; or no more than their size and hashes, where the last build knew what they are."""

from __future__ import annotations

import hashlib
from threading import Lock
from typing import Any, NamedTuple

import msgpack

from servestatic_build.cache.last_build import LastBuild
from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError, Diagnostics
from servestatic_build.model import Graph, Link, SourceFile
from servestatic_build.render.charsets import CharsetFinder
from servestatic_build.render.final_bytes import FinalBytes, rewritten_links
from servestatic_build.render.hash_lists import HashFinder, may_list_hashes
from servestatic_build.render.named_files import NamedFiles
from servestatic_build.store.staging import Reader, Staging
from servestatic_runtime.media_types import UTF_8, needs_charset

_RENDERED = "rendered"


class Rendered(NamedTuple):
    """A file's final bytes, from render for fingerprint; ``path`` is None where the last build knew all the rest."""

    path: str | None
    size: int
    sha256: bytes
    sha384: bytes
    charset: str  # of a text, "" where nobody knows
    hashes: tuple[str, ...]  # that may be of other files


class Renderer:
    """Renders the files of a graph, which ``named`` knows more of with each. What it refers to must come first.

    A fact is kept of a rendering under what its bytes follow from: the source and what its references become. One that
    had a problem is done again each time, for each build must tell of that.
    """

    def __init__(self, graph: Graph, staging: Staging, last_build: LastBuild, diagnostics: Diagnostics) -> None:
        self.named = NamedFiles(graph)
        self.hashes: dict[int, tuple[str, ...]] = {}  # in each file's text
        self._files = graph.files
        self._bytes = FinalBytes(graph.files, self.named, last_build, diagnostics)
        self._staging = staging
        self._last_build = last_build
        self._diagnostics = diagnostics
        self._staged: dict[int, str] = {}  # by ``stage``
        self._lock = Lock()
        self._packer = msgpack.Packer(unicode_errors="surrogatepass")

    def render(self, number: int) -> Rendered:
        """Return a file's final bytes; raise BuildError."""
        key = self._key(number)
        fact = None if key is None else self._last_build.get(_RENDERED, key)
        if fact is None:
            problems = self._diagnostics.count
            rendered = self._rendered(number)
            key = key or self._key(number)
            if key is not None and self._diagnostics.count == problems:
                self._last_build.put(_RENDERED, key, rendered[1:])
        else:
            rendered = Rendered(None, *fact)
        if rendered.hashes:
            self.hashes[number] = rendered.hashes
        self._tell_charset(self._files[number].source, rendered.charset)
        return rendered

    def _rendered(self, number: int) -> Rendered:
        source = self._files[number].source
        sha384, charset, hashes = hashlib.sha384(), CharsetFinder(source.media_type), HashFinder()
        readers: list[Reader] = [sha384.update]
        if needs_charset(source.media_type):
            readers.append(charset.look_at)
        if may_list_hashes(source):
            readers.append(hashes.look_at)
        written = self._staging.write(self._bytes.of(number), readers)
        return Rendered(*written, sha384.digest(), charset.charset(), tuple(hashes.found))

    def _tell_charset(self, source: SourceFile, charset: str) -> None:
        if charset == UTF_8:
            return
        problem = f"this file is not UTF-8{f' but {charset}' if charset else ', and does not say what it is'}"
        note = f"it is served as {charset}" if charset else "it is served without a charset, so that browsers guess"
        self._diagnostics.warning(Code.CHARSET, source.name, problem, "save it as UTF-8", note)

    def stage(self, number: int) -> str:
        """Return where the bytes of a file lie that the last build knew by their hash; raise BuildError. Thread-safe."""
        asset = self.named.asset(number)
        assert asset is not None, "it has been rendered"
        with self._lock:
            if number not in self._staged:
                written = self._staging.write(self._bytes.of(number))
                if written.sha256 != asset.identity.digest:
                    problem = "this file changed during the build"
                    raise BuildError(Code.FILE_CHANGED, asset.source.path, problem, "compile again")
                self._staged[number] = written.path
            return self._staged[number]

    def described(self, link: Link) -> bytes:
        """Return what the text of a reference becomes, as far as it does not follow from the file it is in."""
        target, asset = self._files[link.target], self.named.asset(link.target)
        path = self.named.path(link.target) if target.source.fingerprinted else None
        hashes = (target.digest, asset and asset.identity.digest) if link.reference.integrity else None
        return self._packed(*_span(link), target.source.plain_path, path, link.new_specifier, hashes)

    def _key(self, number: int) -> bytes | None:
        """Return what a file's bytes follow from, None as long as nobody has read it."""
        file, owner = self._files[number], self._bytes.owner(number)
        digest = file.digest or self._last_build.digest(file.source)
        if digest is None:
            return None
        if owner is None or file.links:
            follows_from = self._packed(digest, file.source.media_type, *map(self.described, rewritten_links(file)))
        else:
            moved = [(*_span(link), self._files[link.target].source.plain_path) for link in rewritten_links(owner)]
            follows_from = self._packed(digest, owner.digest, *moved)
        return hashlib.sha256(follows_from).digest()

    def _packed(self, *values: Any) -> bytes:
        packed: bytes = self._packer.pack(values)
        return packed


def _span(link: Link) -> tuple[int, int]:
    return link.reference.start, link.reference.end
