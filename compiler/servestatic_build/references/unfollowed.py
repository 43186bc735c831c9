"""Names of files that stand in scripts and data, where only a program knows whether it will ask for them.

importScripts(), fetch(), glTF's buffers, HLS's segments, data-src: nothing says that such a text is a URL, nor what it is
relative to. It stays as it is, and where files have no plain URLs, it leads nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from servestatic_build.cache.last_build import LastBuild
from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.media_types import HTML, JAVASCRIPT
from servestatic_build.model import LinkedFile, SourceFile
from servestatic_build.references.resolver import Resolver
from servestatic_build.source_files import read_source
from servestatic_build.text import as_text

_NAMES = "names in texts"
_NAMED = 5  # in the note
_PLAYLIST = "application/vnd.apple.mpegurl"
_READ = frozenset({*HTML, JAVASCRIPT, _PLAYLIST, "application/json", "model/gltf+json", "application/dash+xml"})
_QUOTED = re.compile(rb"[\"'`]([^\"'`\\\s<>{}]{1,300}?\.[A-Za-z0-9]{1,12}(?:[?#][^\"'`\\\s<>]{0,100})?)[\"'`]")
_LINE = re.compile(rb"^([^#\s][^\r\n]*)", re.MULTILINE)


def note_unfollowed(
    files: Sequence[LinkedFile], resolver: Resolver, last_build: LastBuild, diagnostics: Diagnostics
) -> None:
    """Add one note on all files without a plain URL that a text names outside of a reference."""
    found: dict[int, str] = {}
    for file in files:
        if file.source.media_type in _READ and not file.source.name.endswith(".map"):
            for target in _targets(file, files, resolver, last_build):
                found.setdefault(target, f"{file.source.name} names {files[target].source.name}")
    if found:
        names = ", ".join([*found.values()][:_NAMED]) + (", …" if len(found) > _NAMED else "")
        count = f"{len(found):,} {'files' if len(found) > 1 else 'file'}"
        problem = f"{count} without a plain URL may be asked for by a name that is not rewritten: {names}"
        hint = (
            "where a program asks for one (fetch, importScripts, a glTF buffer, an HLS segment), name it in --plain, "
            "or write new URL(…, import.meta.url) in a module"
        )
        diagnostics.note(Code.UNFOLLOWED_NAME, "plain-urls", problem, hint)


def _targets(file: LinkedFile, files: Sequence[LinkedFile], resolver: Resolver, last_build: LastBuild) -> Iterator[int]:
    references = {link.reference.start for link in file.links}
    for start, text in _names(file, last_build):
        for base in (file.source.plain_path, "/") if start not in references else ():
            target = resolver.number(resolver.path(text, base))
            if target is not None and not files[target].source.plain:
                yield target


def _names(file: LinkedFile, last_build: LastBuild) -> Iterable[tuple[int, str]]:
    """Return the texts that look like names of files, and where they stand."""
    known = None if file.digest is None else last_build.get(_NAMES, file.digest)
    if known is None:
        known = tuple((match.start(1), as_text(match[1])) for match in _matches(file.source))
        if file.digest is not None:
            last_build.put(_NAMES, file.digest, known)
    found: Iterable[tuple[int, str]] = known
    return found


def _matches(source: SourceFile) -> Iterator[re.Match[bytes]]:
    pattern = _LINE if source.media_type == _PLAYLIST else _QUOTED
    return pattern.finditer(read_source(source))
