"""What a broken reference was probably meant to be, as a hint.

A package may have ten thousand imports that a browser can't resolve. So all but one question is answered by an index, and
that one (which names are similar?) is asked of a bounded number of names, and a bounded number of times.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from unicodedata import normalize

from servestatic_build.model import IMPORTS, ReferenceKind, SourceFile
from servestatic_runtime.media_types import media_type

_ADDED_BY_BUNDLERS = (".js", ".mjs", "/index.js")
_MOST_COMPARED = 50
_MOST_SEARCHES = 50
_FAMILIES = frozenset({"audio", "font", "image", "video"})  # a PNG may well be what a JPEG became


class Suggestions:
    """Knows the files of a release by their paths, decoded and without fingerprints."""

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self._paths = frozenset(file.plain_path for file in files)
        self._by_spelling: dict[str, list[str]] = defaultdict(list)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._neighbours: dict[tuple[str, str], list[str]] = defaultdict(list)  # names by directory and kind, in order
        self._similar: dict[str, Sequence[str]] = {}
        for path in sorted(self._paths):
            directory, _, name = path.rpartition("/")
            self._by_spelling[_spelling(path)].append(path)
            self._by_name[name].append(path)
            self._neighbours[directory, _kind(path)].append(name)

    def hint(self, path: str, kind: ReferenceKind, referring: str) -> str | None:
        """Return what to do about a reference to ``path``, which does not exist, in the file ``referring``."""
        if kind in IMPORTS and (whole := self._with_extension(path, referring)):
            return f"add the extension, as bundlers do and browsers do not: {whole}"
        for other in self._by_spelling.get(_spelling(path), ()):
            if other != referring:
                return _spelled_otherwise(path, other)
        likely = (other for other in self._likely(path) if other != referring)
        return next((f"did you mean {other}?" for other in likely), None)

    def _with_extension(self, path: str, referring: str) -> str | None:
        candidates = (path + extension for extension in _ADDED_BY_BUNDLERS)
        return next((whole for whole in candidates if whole in self._paths and whole != referring), None)

    def _likely(self, path: str) -> Iterator[str]:
        """Yield the file of this name, if there is only one, then those beside it of a similar one."""
        namesakes = self._by_name.get(path.rpartition("/")[2], ())
        if len(namesakes) == 1:
            yield namesakes[0]
        if path not in self._similar and len(self._similar) < _MOST_SEARCHES:
            self._similar[path] = self._search(path)
        yield from self._similar.get(path, ())

    def _search(self, path: str) -> Sequence[str]:
        """Return the files beside a path, and of its kind, whose names are most like its own: two, best first.

        Of many, only the nearest in order are compared: a slip is rarely in the first letters.
        """
        directory, _, name = path.rpartition("/")
        names = self._neighbours.get((directory, _kind(path)), [])
        start = max(0, bisect_left(names, name) - _MOST_COMPARED // 2)
        similar = get_close_matches(name, names[start : start + _MOST_COMPARED], n=2)
        return [f"{directory}/{each}" for each in similar]


def _spelling(path: str) -> str:
    return normalize("NFC", path).casefold()


def _spelled_otherwise(path: str, other: str) -> str:
    if normalize("NFC", path) == normalize("NFC", other):
        return f"{other!a} looks the same and is another name in Unicode: write both in the normal form NFC"
    return f"did you mean {other}? Letter case counts in a URL"


def _kind(path: str) -> str:
    """Return what a file is good for, by its name."""
    kind = media_type(path, {})
    family = kind.partition("/")[0]
    return family if family in _FAMILIES else kind
