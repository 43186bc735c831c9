"""The hash in a name that a bundler gave.

A manifest says what a file was made from, and what the names differ by is the hash: ``src/main.ts`` →
``assets/main-BX3kq2Zc.js``. To take ``main.bundle.js`` for hashed would be the worst mistake to make here, an old
script for a year. So a token must have at least six characters and not read as words or a version. One that does read
so by chance counts if the manifest has certain ones of its length. Where nothing can be compared, the bundler's own
default form decides.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from servestatic_build.sources.bundlers.manifests import BundlerManifest

_INSERTED = r"[A-Za-z0-9_-]{6,}"
_SEPARATORS = (".", "-", "_", "~")
_BEHIND = re.compile(rf"[.\-_~]({_INSERTED})(?=\.|$)")
_BEFORE = re.compile(rf"({_INSERTED})[.\-_~]")
_USUAL_LENGTHS = (8, 16, 20, 32, 40, 64)  # of hashes that bundlers write
_HEX = re.compile(r"[a-f]*[0-9][0-9a-f]*")
# bundle, Settings, es2015, ES2015, v12, 20, 2x; esbuild's eight capitals are none of them.
_WORD = re.compile(r"[A-Z]?[a-z]+[0-9]{0,4}|[A-Z]{1,3}[0-9]{0,4}|[vV]?[0-9]{1,5}|[0-9]{1,3}[a-z]{1,2}")


def hashed_files(manifest: BundlerManifest) -> frozenset[str]:
    """Return those of a manifest's files (as it writes them) whose names hold a hash of their content."""
    origins: dict[str, list[str]] = defaultdict(list)
    for output in manifest.outputs:
        origins[output.file] += map(posixpath.basename, output.origins)
    tokens = {file: _token(posixpath.basename(file), names, manifest.shape.own_hash) for file, names in origins.items()}
    lengths = {len(token) for token in tokens.values() if _is_hash(token)}
    told = {output.file for output in manifest.outputs if output.is_hashed}
    return frozenset(file for file, token in tokens.items() if len(token) in lengths or file in told)


def hash_in(name: str) -> str:
    """Return the part of a name that reads most like a hash, the last one that does; empty where none does."""
    tokens = [name[start + 1 : end] for start, end in _ends(name)]
    hashes = [token for token in tokens if _is_hash(token)]
    return next((token for token in hashes if len(token) in _USUAL_LENGTHS), hashes[0] if hashes else "")


def _ends(name: str) -> Iterator[tuple[int, int]]:
    """Yield where each token begins, at a separator, and where it ends, at a dot or the end; the last and shortest first."""
    for start in range(len(name) - 1, -1, -1):
        if name[start] in _SEPARATORS:
            end = name.find(".", start + 1)
            yield start, len(name) if end < 0 else end


def _token(name: str, origins: Iterable[str], own_hash: re.Pattern[str]) -> str:
    """Return what a name has and none of its origins: a hash, if it has one; empty where there is nothing."""
    inserted = [token for origin in origins for token in _inserted(name, origin)]
    if inserted:
        return max(inserted, key=lambda token: (_is_hash(token), len(token)))
    return next((match[1] for match in own_hash.finditer(name) if _is_hash(match[1])), "")


def _inserted(name: str, origin: str) -> Iterator[str]:
    """Yield the tokens that make the name of its origin; an empty one where it has another suffix and no more."""
    for stem in _stems(origin):
        if name.startswith(stem):
            rest = name[len(stem) :]
            if rest.startswith(".") or not rest:
                yield ""
            if rest.startswith(_SEPARATORS):
                yield from (token for token in _BEHIND.findall(rest) if token not in origin)
        before, _, rest = name.rpartition(stem)
        if (match := _BEFORE.fullmatch(before)) and rest[:1] in {"", "."} and match[1] not in origin:
            yield match[1]


def _stems(name: str) -> Iterator[str]:
    """Yield a name, then without its last suffix, and so on."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _is_hash(token: str) -> bool:
    if not re.fullmatch(_INSERTED, token):
        return False
    pieces = [piece for piece in re.split("[-_]", token) if piece]
    return bool(_HEX.fullmatch(token)) or not all(map(_WORD.fullmatch, pieces))
