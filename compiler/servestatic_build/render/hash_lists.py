"""Hashes of files in other texts: lists that a script checks, which are of the sources and not of what those become.

webpack's runtime holds integrity values, Angular's ngsw.json, Blazor's and Workbox's lists a hash for each file. What they
mean only their program knows, so nothing is rewritten: a warning says which are wrong now.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64decode
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from servestatic_build.cache.last_build import LastBuild
from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.media_types import HTML, JAVASCRIPT
from servestatic_build.model import Asset, LinkedFile, SourceFile
from servestatic_build.source_files import read_source, source_chunks

Hashes: TypeAlias = Mapping[int, Sequence[str]]  # as they are written, by the number of the file that they stand in

_SOURCE_HASHES = "source hashes"
_LISTING = frozenset({*HTML, JAVASCRIPT, "application/json", "application/manifest+json", "text/plain"})
_ALGORITHMS = {16: "md5", 20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}  # by the bytes of a digest
# In quotes, or behind the name of the algorithm. Base64 in quotes alone needs its padding, or it may be any long word.
_HASH = re.compile(
    rb"sha(?:1|256|384|512)-([A-Za-z0-9+/_-]{27,86}={0,2})(?![A-Za-z0-9+/=_-])"
    rb"|[\"'](?:((?:[0-9a-fA-F]{32}){1,4}|[0-9a-fA-F]{40})|([A-Za-z0-9+/_-]{27}=|[A-Za-z0-9+/_-]{43}=|[A-Za-z0-9+/]{64}"
    rb"|[A-Za-z0-9+/_-]{86}==))\\?[\"']"
)
_LONGEST = 200  # bytes, of a hash with all around it


def may_list_hashes(source: SourceFile) -> bool:
    """Return whether a text may hold a list of hashes that a program goes by. A source map holds what nothing runs."""
    return source.media_type in _LISTING and not source.name.endswith(".map")


class HashFinder:
    """Finds the hashes in a text while its bytes pass."""

    def __init__(self) -> None:
        self.found: dict[str, None] = {}
        self._tail = b""

    def look_at(self, chunk: bytes) -> None:
        """Take in the next bytes of the text."""
        text = self._tail + chunk
        for match in _HASH.finditer(text):
            self.found[match[match.lastindex or 0].decode("ascii")] = None
        self._tail = text[-_LONGEST:]


def warn_of_stale_hashes(
    files: Sequence[LinkedFile],
    assets: Sequence[Asset],
    hashes: Hashes,
    last_build: LastBuild,
    diagnostics: Diagnostics,
) -> None:
    """Add a warning for each hash in a text that is of a source whose bytes are others now."""
    written: dict[bytes, list[tuple[int, str]]] = defaultdict(list)
    for number, texts in hashes.items():
        for text in texts:
            written[_digest(text)].append((number, text))
    algorithms = sorted({_ALGORITHMS[len(digest)] for digest in written if len(digest) in _ALGORITHMS})
    for algorithm in algorithms:
        kept = {_kept_digest(asset, algorithm) for asset in assets}
        for file, asset in zip(files, assets, strict=True):
            before = file.digest or last_build.digest(file.source)
            if before is None or before == asset.identity.digest:
                continue
            digest = _source_digest(file.source, before, algorithm, last_build)
            for number, text in written.get(digest, ()) if digest not in kept else ():
                _warn(files[number].source, text, algorithm, file.source, diagnostics)


def listed_digests(hashes: Hashes) -> list[bytes]:
    """Return what the hashes in texts say, in order."""
    return sorted({_digest(text) for texts in hashes.values() for text in texts})


def may_be_listed(asset: Asset, listed: Collection[bytes]) -> bool:
    """Return whether one of the hashes in texts is of an asset, or of its source."""
    algorithms = {_ALGORITHMS[len(digest)] for digest in listed if len(digest) in _ALGORITHMS}
    return any(
        _kept_digest(asset, algorithm) in listed or _read_digest(asset.source, algorithm) in listed
        for algorithm in sorted(algorithms)
    )


def _kept_digest(asset: Asset, algorithm: str) -> bytes | None:
    return {"sha256": asset.identity.digest, "sha384": asset.integrity}.get(algorithm)


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        plain = text.rstrip("=").replace("+", "-").replace("/", "_")
        return urlsafe_b64decode(plain + "=" * (-len(plain) % 4)) if len(plain) % 4 != 1 else b""


def _source_digest(source: SourceFile, sha256: bytes, algorithm: str, last_build: LastBuild) -> bytes:
    """Return a hash of a source; to find one the source is read, but only once for as long as it stays as it is."""
    if algorithm == "sha256":
        return sha256
    key = sha256 + algorithm.encode()
    known = last_build.get(_SOURCE_HASHES, key)
    if known is None:
        known = _read_digest(source, algorithm)
        last_build.put(_SOURCE_HASHES, key, known)
    result: bytes = known
    return result


def _read_digest(source: SourceFile, algorithm: str) -> bytes:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    for chunk in source_chunks(source):
        digest.update(chunk)
    return digest.digest()


def _warn(holder: SourceFile, text: str, algorithm: str, target: SourceFile, diagnostics: Diagnostics) -> None:
    offset = read_source(holder).find(text.encode())
    problem = f"this is the SHA-{algorithm[3:]} of {target.name}, whose bytes change: references in it are rewritten"
    note = "a program that checks it will find other bytes"
    hint = f"make the list from the compiled files, or keep the bytes: name what {target.name} refers to in --plain"
    place = holder.at(offset) if offset >= 0 else holder.name
    diagnostics.warning(Code.STALE_HASH, place, problem, hint, note)
