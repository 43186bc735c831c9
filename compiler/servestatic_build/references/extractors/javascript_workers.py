"""Workers and service workers that a script starts, by a URL that stands in the call or that a variable holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from servestatic_build.model import Reference, ReferenceKind
from servestatic_build.references.extractors.javascript_forms import LITERAL, Form, form, literal, read, value_of
from servestatic_build.references.extractors.javascript_lexer import code_after
from servestatic_build.references.urls import is_bare

LAST_WORD = b"Worker"
# By the word that a call begins with: what stands behind it, and what its URL is. Other names that end in "Worker" are
# those of wrappers, mostly.
_CALLS: Mapping[bytes, tuple[Form, ReferenceKind]] = {
    b"serviceWorker": (form("DOT register ("), ReferenceKind.SERVICE_WORKER),
    LAST_WORD: (form("("), ReferenceKind.WORKER),
}
IMPORT_SCRIPTS = b"importScripts"
_OPENED = form("(")
_ARGUMENT = form("LITERAL END")
_FROM_MODULE = (
    form("new URL ( LITERAL , import . meta . url COMMA? )"),
    form("import . meta . resolve ( LITERAL COMMA? )"),
)
_FROM_PAGE = form("LITERAL")
_VARIABLE = form("VARIABLE")
_SCOPE = re.compile(rb"[\w$.()\s]{0,100},\s*\{[^{}]{0,300}?\bscope[\"']?\s*:\s*(" + LITERAL + rb")", re.DOTALL)
# What a variable is set to: a URL relative to the module, or a text.
_VALUE = (
    rb"(?<![\w$.])(%b)\s*=\s*(new\s+URL\s*\(\s*|import\s*\.\s*meta\s*\.\s*resolve\s*\(\s*)?(?=[\"'`])("
    + LITERAL
    + rb")"
)
_MOST_VARIABLES = 100

# A script that listens for these is most probably a service worker: no other has both.
_EVENT = re.compile(rb"(?:addEventListener\s*\(\s*[\"'`]|\bon)(install|activate|fetch)\b")


def is_suspect(data: bytes) -> bool:
    """Return whether a script listens for the events of a service worker."""
    events = {match[1] for match in _EVENT.finditer(data)} if b"install" in data else set()
    return b"install" in events and len(events) > 1


def imported_scripts(data: bytes, place: int) -> Iterator[Reference]:
    """Yield the scripts that importScripts() names, whose "(" is to stand at a place, as far as they are literals."""
    reading = read(data, place, _OPENED)
    while reading and (reading := read(data, reading.end, _ARGUMENT)) and reading.text:
        yield literal(data, reading.text.span(1), ReferenceKind.WORKER_SCRIPT)
        if data.endswith(b")", 0, reading.end):
            return


class _Started(NamedTuple):
    kind: ReferenceKind
    scope: str


class Workers:
    """What a script starts, call by call, in order of the text."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._literals: dict[int, _Started] = {}  # by where the text of a URL relative to the module starts
        self._variables: dict[bytes, _Started] = {}

    def call(self, end: int) -> Reference | None:
        """Read on behind the last word of what may be a call; return the URL relative to the page that stands there."""
        word = next(word for word in _CALLS if self._data.endswith(word, 0, end))
        behind, kind = _CALLS[word]
        start = read(self._data, end, behind)
        return self._argument(start.end, kind) if start else None

    def _argument(self, place: int, kind: ReferenceKind) -> Reference | None:
        data = self._data
        for steps in _FROM_MODULE:
            if (reading := read(data, place, steps)) and reading.text:
                self._literals[reading.text.start(1) + 1] = _Started(kind, self._scope(reading.end))
                return None
        if (reading := read(data, place, _FROM_PAGE)) and reading.text:
            is_all = data[code_after(data, reading.end) :][:1] in {b",", b")"}
            if kind is ReferenceKind.SERVICE_WORKER and is_all:
                scope = self._scope(reading.end)
                return literal(data, reading.text.span(1), ReferenceKind.PAGE_SERVICE_WORKER, scope)
        elif (reading := read(data, place, _VARIABLE)) and reading.text and len(self._variables) < _MOST_VARIABLES:
            self._variables[reading.text[1]] = _Started(kind, self._scope(reading.end))
        return None

    def _scope(self, place: int) -> str:
        """Return the literal scope in the options that stand behind the URL of a service worker."""
        match = _SCOPE.match(self._data, place)
        return value_of(match[1]) if match else ""

    def told(self, references: Sequence[Reference]) -> list[Reference]:
        """Return a script's references with what its calls tell of them, and those that they add by variables."""
        added = list(self._from_variables())
        return sorted((*map(self._as_told, references), *added), key=lambda reference: reference.start)

    def _from_variables(self) -> Iterator[Reference]:
        if not self._variables:
            return
        value = _VALUE % b"|".join(map(re.escape, self._variables))
        for match in re.finditer(value, self._data, re.DOTALL):
            started = self._variables[match[1]]
            if match[2]:
                self._literals[match.start(3) + 1] = started
            elif started.kind is ReferenceKind.SERVICE_WORKER:
                yield literal(self._data, match.span(3), ReferenceKind.PAGE_SERVICE_WORKER, started.scope)

    def _as_told(self, reference: Reference) -> Reference:
        started = self._literals.get(reference.start)
        if started is None or (reference.kind is ReferenceKind.DYNAMIC_IMPORT and is_bare(reference.value)):
            return reference
        return replace(reference, kind=started.kind, scope=started.scope)
