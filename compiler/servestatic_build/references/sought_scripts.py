"""Scripts that look for a script element by a file's name, which a fingerprint changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.media_types import JAVASCRIPT
from servestatic_build.model import SourceFile, WrittenText
from servestatic_build.names import with_fingerprint
from servestatic_build.references.reading import ReadFile

_HEAD = re.compile(r"[A-Za-z_][\w-]*")
_DIGEST = bytes(32)


def warn_of_sought_scripts(files: Sequence[ReadFile], diagnostics: Diagnostics) -> None:
    """Warn of each fingerprinted script that one beside or below it looks for by name: once, whoever looks."""
    seekers = [file for file in files if file.found.extraction.sought_scripts and not file.source.hashed]
    scripts = _by_head(file.source for file in files) if seekers else {}
    told: set[str] = set()
    for file in seekers:
        for text in file.found.extraction.sought_scripts:
            for sought in _sought(file.source, text, scripts):
                if sought.name not in told:
                    told.add(sought.name)
                    _warn(file.source, text, sought, diagnostics)


def _warn(source: SourceFile, text: WrittenText, sought: SourceFile, diagnostics: Diagnostics) -> None:
    which = "its own script element" if source is sought else f"the script element of {sought.name}"
    problem = f"this script looks for {which} by a name that the fingerprint changes"
    hint = f"name {sought.name} in --plain, or set a preset, unless you tell the script its URL"
    diagnostics.warning(Code.SOUGHT_SCRIPT, source.at(text.start), problem, hint)


def _by_head(sources: Iterable[SourceFile]) -> dict[str, list[SourceFile]]:
    """Return the fingerprinted scripts by the word that their names begin with."""
    scripts: dict[str, list[SourceFile]] = {}
    for source in sources:
        head = _HEAD.match(_file_name(source)) if source.media_type == JAVASCRIPT and source.fingerprinted else None
        if head:
            scripts.setdefault(head[0], []).append(source)
    return scripts


def _sought(source: SourceFile, text: WrittenText, scripts: Mapping[str, Sequence[SourceFile]]) -> Iterator[SourceFile]:
    """Yield the script itself where a text stands for it by its plain name only, or else such scripts in or above its directory."""
    head = _HEAD.match(text.value)
    candidates = scripts.get(head[0], ()) if head else ()
    pattern = _pattern(text.value) if candidates else None
    if pattern is not None:
        above = [
            script for script in candidates if source.name.startswith(script.name.removesuffix(_file_name(script)))
        ]
        lost = [script for script in above if _is_lost(pattern, _file_name(script))]
        yield from [source] if source in lost else lost


def _is_lost(pattern: re.Pattern[str], name: str) -> bool:
    """Return whether a pattern is one for a file name that does not match it with a fingerprint."""
    return pattern.fullmatch(name) is not None and pattern.search(with_fingerprint(name, _DIGEST)) is None


def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text if "\\" in text else re.escape(text))
    except re.error:  # of JavaScript alone
        return None


def _file_name(source: SourceFile) -> str:
    return source.name.rpartition("/")[2]
