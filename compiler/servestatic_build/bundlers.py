"""Output of a bundler in a source tree: the files that it named by their content, and the names it knows them by.

A file that a bundler hashed must keep its bytes and its name. Its neighbours name it in text that no reader sees through
(Vite's lists of what to preload, webpack's table of chunks), and named anew it would be loaded under two URLs, as two
modules. It may be cached for ever already: its name changes with its content.

That holds for hashed files only, and each bundler can be told not to hash. A manifest doesn't say so; it says what a
file was made from, and what the names differ by is the hash: ``src/main.ts`` → ``assets/main-BX3kq2Zc.js``. To take
``main.bundle.js`` for hashed would be the worst mistake to make here, an old script for a year. So a token must have at
least six characters and not read as words or a version. One that does read so by chance counts if the manifest has
certain ones of its length. Where nothing can be compared, the bundler's own default form decides.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from servestatic_build.config import Config
from servestatic_build.errors import BuildError
from servestatic_build.model import Diagnostic, Severity, Skipped, SourceFile

# Where Vite 5 and later, and Vite 4 and earlier, put the manifest below their output.
_VITE = os.path.join(".vite", "manifest.json")
_VITE_4 = "manifest.json"


class Output(NamedTuple):
    """A file that a manifest speaks of, as it writes its path; what it was made from; its logical name."""

    file: str
    origins: tuple[str, ...] = ()
    alias: str | None = None


class _Shape(NamedTuple):
    """How one bundler writes its manifest, and a hash in a name if nobody tells it otherwise."""

    recognises: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Mapping[str, Any]], Iterator[Output]]
    own_hash: re.Pattern[str]


class BundlerManifest(NamedTuple):
    """A bundler's manifest: where it lies, and what it says."""

    path: str
    shape: _Shape
    outputs: tuple[Output, ...]


def with_bundler_names(
    files: Sequence[SourceFile], skipped: Sequence[Skipped], config: Config, diagnostics: list[Diagnostic]
) -> tuple[SourceFile, ...]:
    """Return the files with what the manifests of bundlers say of them: hashed or not, and their aliases.

    A manifest is found in a source or named by the settings. Raises BuildError for one that can't be read.
    """
    manifests = tuple(_manifests(config))
    if not manifests:
        return tuple(files)
    hashed: set[str] = set()
    paths: dict[str, str] = {}  # of the files, by alias
    places = _Places(files, skipped, config, diagnostics)
    for manifest in manifests:
        found = places.found(manifest)
        hashed |= {found[file] for file in hashed_files(manifest) if file in found}
        for output in manifest.outputs:
            if output.alias and output.file in found:
                _name(output.alias, found[output.file], paths, manifest, diagnostics)
    aliases = _aliases(files, paths, diagnostics)
    return tuple(_told(file, tuple(aliases.get(file.path, ())), config, hashed=file.path in hashed) for file in files)


def _told(file: SourceFile, aliases: tuple[str, ...], config: Config, *, hashed: bool) -> SourceFile:
    if not hashed or config.fingerprint.match(file.name):  # who asks for a fingerprint gets it
        return replace(file, aliases=aliases)
    return replace(file, aliases=aliases, hashed=True, fingerprinted=False, plain=True)


def _name(
    alias: str, path: str, paths: dict[str, str], manifest: BundlerManifest, diagnostics: list[Diagnostic]
) -> None:
    """Let an alias lead to a file; what an earlier manifest says of it no longer counts."""
    replaced = paths.get(alias, path)
    if replaced != path:
        message = f"{alias!r} leads to {path}, no longer to {replaced}"
        diagnostics.append(Diagnostic(Severity.NOTE, manifest.path, message))
    paths[alias] = path


def _aliases(
    files: Iterable[SourceFile], paths: Mapping[str, str], diagnostics: list[Diagnostic]
) -> dict[str, list[str]]:
    """Return the aliases of each path, in order. The name of a file leads to that file and no other."""
    owners = {file.name: file.path for file in files}
    aliases: dict[str, list[str]] = defaultdict(list)
    for alias, path in sorted(paths.items()):
        if alias not in owners:
            aliases[path].append(alias)
        elif owners[alias] != path:
            message = f"has the name that a bundler gives {path}, and keeps it"
            diagnostics.append(Diagnostic(Severity.NOTE, owners[alias], message))
    return aliases


class _Places:
    """Finds the files that manifests name, whatever their paths are relative to.

    Vite's are relative to its output, esbuild's to the directory that it ran in, webpack's have the URL of its output
    in front, and no manifest says which. So a path is tried below the manifest's directory, those above it, the
    working directory and the sources; then without its first segment, and so on.
    """

    def __init__(
        self, files: Iterable[SourceFile], skipped: Iterable[Skipped], config: Config, diagnostics: list[Diagnostic]
    ) -> None:
        self._published = frozenset(file.path for file in files)
        self._skipped = frozenset(each.path for each in skipped)
        self._roots = tuple(os.path.abspath(source.directory) for source in config.sources)
        self._diagnostics = diagnostics

    def found(self, manifest: BundlerManifest) -> dict[str, str]:
        """Return the path of each file of a manifest that is published; warn of those that are not there.

        Not of maps: many delete them before they deploy.
        """
        directory = os.path.dirname(os.path.abspath(manifest.path))
        bases = tuple(dict.fromkeys((*_and_above(directory), os.getcwd(), *self._roots)))
        found = {}
        for file in dict.fromkeys(output.file for output in manifest.outputs):
            path = next((path for path in _candidates(file, bases) if path in self._published), None)
            if path is not None:
                found[file] = path
            elif not (file.endswith(".map") or self._is_left_out(_candidates(file, bases))):
                message = f"names {file}, which is not in a source"
                self._diagnostics.append(Diagnostic(Severity.WARNING, manifest.path, message, _OUTDATED))
        return found

    def _is_left_out(self, candidates: Iterable[str]) -> bool:
        there = filter(os.path.exists, candidates)
        return any(above in self._skipped for path in there for above in _and_above(path))


_OUTDATED = "is the manifest older than the bundle, or its directory no source?"


def _and_above(path: str) -> Iterator[str]:
    while path not in {"", "/"}:
        yield path
        path = os.path.dirname(path)


def _candidates(file: str, bases: Iterable[str]) -> Iterator[str]:
    rest = os.path.normpath(file).lstrip("/")
    while rest:
        for base in bases:
            path = f"{base}/{rest}"
            yield os.path.normpath(path) if rest.startswith("..") else path
        rest = rest.partition("/")[2]


# The manifests: which there are, and what they say.


def _manifests(config: Config) -> Iterator[BundlerManifest]:
    """Yield the manifests that sources hold, then those that the settings name."""
    named = {os.path.abspath(path): path for path in config.bundler_manifests}
    for source in config.sources:
        for name, find in ((_VITE, read_manifest), (_VITE_4, _if_vite)):
            path = os.path.join(source.directory, name)
            if os.path.abspath(path) not in named and os.path.isfile(path) and (manifest := find(path)):
                yield manifest
    yield from map(read_manifest, named.values())


def _if_vite(path: str) -> BundlerManifest | None:
    """Return the manifest of Vite 4, or None: a file of this name may be anything."""
    try:
        manifest = read_manifest(path)
    except BuildError:
        return None
    return manifest if manifest.shape is _SHAPES[0] else None


def read_manifest(path: str) -> BundlerManifest:
    """Return what a bundler's manifest says; raise BuildError for a file that is none."""
    document = _json(path)
    if isinstance(document, dict):
        for shape in _SHAPES:
            if shape.recognises(document):
                return BundlerManifest(path, shape, tuple(shape.read(document)))
    hint = "name the manifest of Vite or of a webpack plugin, or esbuild's metafile"
    raise BuildError(path, "this is not a bundler's manifest of a known form", hint)


def _json(path: str) -> Any:
    try:
        with open(path, "rb") as file:
            document = json.loads(file.read())
        json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except OSError as error:
        raise BuildError(path, f"this bundler's manifest can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BuildError(path, f"this bundler's manifest is not JSON: {error}") from error
    return document


def _is_vite(document: Mapping[str, Any]) -> bool:
    """Return whether it is Vite's (https://vite.dev/guide/backend-integration)."""
    return all(isinstance(entry, dict) and isinstance(entry.get("file"), str) for entry in document.values())


def _vite(document: Mapping[str, Any]) -> Iterator[Output]:
    """Yield the files of each entry, and the style sheets and assets that go with it. They are named after it."""
    for key, entry in document.items():
        file = entry["file"]
        is_shared = key == f"_{os.path.basename(file)}"  # the key of a chunk that was made from no one file
        names = (*(() if is_shared else (key,)), *_strings((entry.get("src"), entry.get("name"))))
        yield Output(file, names, None if is_shared else key)
        for other in (*_strings(entry.get("css")), *_strings(entry.get("assets"))):
            yield Output(other, names)


def _strings(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else ()
    return tuple(item for item in items if isinstance(item, str))


def _is_esbuild(document: Mapping[str, Any]) -> bool:
    """Return whether it is esbuild's metafile (https://esbuild.github.io/api/#metafile)."""
    outputs = document.get("outputs")
    return isinstance(outputs, dict) and all(isinstance(output, dict) for output in outputs.values())


def _esbuild(document: Mapping[str, Any]) -> Iterator[Output]:
    for file, output in document["outputs"].items():
        entry_point = output.get("entryPoint")
        yield Output(file, (entry_point,), entry_point) if isinstance(entry_point, str) else Output(file)


def _is_webpack(document: Mapping[str, Any]) -> bool:
    return bool(_webpack_values(document))


def _webpack(document: Mapping[str, Any]) -> Iterator[Output]:
    for key, value in (_webpack_values(document) or {}).items():
        file = re.split("[?#]", _ORIGIN.sub("", value, count=1))[0]
        # A plugin that knows no other name writes the file's own, and that says nothing.
        says_nothing = os.path.basename(key) == os.path.basename(file)
        yield Output(file, () if says_nothing else (key,), key)


def _webpack_values(document: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the URLs or paths by name, or None where it is not one of these.

    webpack-manifest-plugin writes strings; create-react-app has them under "files", webpack-assets-manifest may write
    ``{"src": …, "integrity": …}``. Both may add entry points, which name the same files again.
    """
    values: dict[str, str] = {}
    for key, value in document.items():
        source = value.get("src") if isinstance(value, dict) else value
        if isinstance(source, str):
            values[key] = source
        elif key in {"files", "assets"} and isinstance(value, dict) and (nested := _webpack_values(value)) is not None:
            values |= nested
        elif key != "entrypoints":
            return None
    return values


_ORIGIN = re.compile(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/]*")
_SHAPES = (
    _Shape(_is_vite, _vite, re.compile(r"(?:^|[-.])([A-Za-z0-9_-]{8})(?=\.|$)")),
    _Shape(_is_esbuild, _esbuild, re.compile(r"(?:^|[-.])([A-Z0-9]{8})(?=\.|$)")),
    _Shape(_is_webpack, _webpack, re.compile(r"(?:^|[-.])([0-9a-f]{16,})(?=\.|$)")),
)


# The hash in a name.

_INSERTED = r"[A-Za-z0-9_-]{6,}"
_SEPARATORS = (".", "-", "_", "~")
_BEHIND = re.compile(rf"[.\-_~]({_INSERTED})(?=\.|$)")
_BEFORE = re.compile(rf"({_INSERTED})[.\-_~]")
_HEX = re.compile(r"[a-f]*[0-9][0-9a-f]*")
# bundle, Settings, es2015, ES2015, v12, 20, 2x; esbuild's eight capitals are none of them.
_WORD = re.compile(r"[A-Z]?[a-z]+[0-9]{0,4}|[A-Z]{1,3}[0-9]{0,4}|[vV]?[0-9]{1,5}|[0-9]{1,3}[a-z]{1,2}")


def hashed_files(manifest: BundlerManifest) -> frozenset[str]:
    """Return those of a manifest's files (as it writes them) whose names hold a hash of their content."""
    origins: dict[str, list[str]] = defaultdict(list)
    for output in manifest.outputs:
        origins[output.file] += map(os.path.basename, output.origins)
    tokens = {file: _token(os.path.basename(file), names, manifest.shape.own_hash) for file, names in origins.items()}
    lengths = {len(token) for token in tokens.values() if _is_hash(token)}
    return frozenset(file for file, token in tokens.items() if len(token) in lengths)


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
