"""Find what refers to what: read each file once, keep spans and targets, forget the bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

from servestatic_build.config import Config
from servestatic_build.graph import components
from servestatic_build.model import Diagnostic, Graph, Link, LinkedFile, Reference, Severity, SourceFile
from servestatic_build.refs import EXTRACTORS
from servestatic_build.refs.urls import target_path

_SEVERITIES = {"ignore": None, "warn": Severity.WARNING, "error": Severity.ERROR}


def link(
    files: Sequence[SourceFile], config: Config, diagnostics: list[Diagnostic], advance: Callable[[], None]
) -> Graph:
    """Return the reference graph of the files, and add to ``diagnostics`` what was wrong with them."""
    linker = _Linker(files, config, diagnostics)
    linked = []
    for file in files:
        linked.append(linker.link(file))
        advance()
    edges = [sorted({link.target for link in file.links}) for file in linked]
    return Graph(tuple(linked), components(edges))


class _Linker:
    def __init__(self, files: Sequence[SourceFile], config: Config, diagnostics: list[Diagnostic]) -> None:
        self._numbers = {file.plain_path: number for number, file in enumerate(files)}
        self._config = config
        self._roots = _served_roots(config)
        self._diagnostics = diagnostics

    def link(self, file: SourceFile) -> LinkedFile:
        extract = EXTRACTORS.get(file.media_type)
        if extract is None:
            return LinkedFile(file)
        try:
            with open(file.path, "rb") as source:
                data = source.read()
        except OSError as error:
            self._report(Severity.ERROR, file.path, f"this file can't be read: {error.strerror}")
            return LinkedFile(file)
        extraction = extract(data)
        for part in extraction.unreadable:
            place = _place(file, data, part.start)
            self._report(Severity.WARNING, place, part.message, "references in it are left as they are")
        links = tuple(self._links(file, data, extraction.references))
        return LinkedFile(file, links, hashlib.sha256(data).digest())

    def _links(self, file: SourceFile, data: bytes, references: Sequence[Reference]) -> Iterator[Link]:
        for reference in references:
            path = target_path(reference.value, file.plain_path)
            number = self._numbers.get(path) if path else None
            if number is not None:
                yield Link(reference, number)
            elif path is not None and (path.startswith(self._roots) or not reference.value.startswith("/")):
                self._missing(file, data, reference, path)

    def _missing(self, file: SourceFile, data: bytes, reference: Reference, path: str) -> None:
        severity = _SEVERITIES[self._config.missing]
        if severity and not reference.is_source_map:
            place = _place(file, data, reference.start)
            self._report(severity, place, f"{reference.value!r} leads to {path}, which is not there")

    def _report(self, severity: Severity, place: str, message: str, hint: str | None = None) -> None:
        self._diagnostics.append(Diagnostic(severity, place, message, hint))


def _served_roots(config: Config) -> tuple[str, ...]:
    """Return the URLs below which every file is ours, so that one that is not there is missing.

    A source at "/" shares its URLs with the application, whose own are not known here.
    """
    roots = {config.prefix if source.url is None else source.url for source in config.sources}
    return tuple(sorted(roots - {"/"}))


def _place(file: SourceFile, data: bytes, start: int) -> str:
    """Return ``name:line:column`` of a byte, both counted from 1, the column in characters."""
    before = data[:start]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
    return f"{file.name}:{line}:{column}"
