"""Find what refers to what: read each file once, keep spans and targets, forget the bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from servestatic_build.cache.last_build import LastBuild
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.media_types import JAVASCRIPT
from servestatic_build.model import (
    Graph,
    ImportMapPrefix,
    Link,
    LinkedFile,
    Reference,
    ReferenceKind,
    SourceFile,
)
from servestatic_build.references.broken import BrokenReferences
from servestatic_build.references.custom_properties import CustomProperties
from servestatic_build.references.graph import components
from servestatic_build.references.reading import ReadFile, read_all
from servestatic_build.references.specifiers import Specifiers, is_bare_import
from servestatic_build.references.urls import base_path, target_path
from servestatic_build.settings.config import Config


def link(
    files: Sequence[SourceFile],
    config: Config,
    last_build: LastBuild,
    diagnostics: Diagnostics,
    advance: Callable[[], None],
) -> Graph:
    """Return the reference graph of the files, and add to ``diagnostics`` what was wrong with them."""
    read_files = read_all(files, last_build, config.jobs, diagnostics, advance)
    missing = BrokenReferences(files, config.missing, config.prefix, diagnostics)
    linker = _Linker(read_files, config, missing)
    linked = tuple(linker.link(file) for file in read_files)
    edges = [sorted({link.target for link in file.links if link.rewritten}) for file in linked]
    placeholders = sum(file.found.extraction.placeholders for file in read_files)
    return Graph(linked, components(edges), missing.ignored, placeholders)


def _bare_specifiers(files: Iterable[ReadFile]) -> tuple[str, ...]:
    references = (reference for file in files for reference in file.found.extraction.references)
    return tuple(sorted({reference.value for reference in references if is_bare_import(reference)}))


class _Linker:
    """Turns what was found in each file into links."""

    def __init__(self, files: Sequence[ReadFile], config: Config, missing: BrokenReferences) -> None:
        self._files = [file.source for file in files]
        self._numbers = {file.plain_path: number for number, file in enumerate(self._files)}
        self._origins = config.origins
        self._keeps_javascript = config.modules == "importmap"
        self._roots = _served_roots(config)
        self._missing = missing
        self._specifiers = Specifiers(config.imports, config.prefix)
        self._bare_specifiers = _bare_specifiers(files)
        self._custom_properties = CustomProperties(files, self._base)

    def link(self, file: ReadFile) -> LinkedFile:
        source, extraction = file.source, file.found.extraction
        base = self._base(file)
        links = [*self._links(source, extraction.references, base)]
        for prefix in extraction.import_map_prefixes:
            links += self._exact_entries(prefix, base)
        return LinkedFile(source, tuple(links), file.digest, file.found.inline_map)

    def _base(self, file: ReadFile) -> str | None:
        return base_path(file.found.extraction.base, file.source.plain_path, self._origins)

    def _links(self, source: SourceFile, references: Iterable[Reference], base: str | None) -> Iterator[Link]:
        for reference in references:
            paths = self._paths(reference, base)
            if len(paths) > 1:
                yield from self._unclear(source, reference, paths)
            else:
                yield from self._clear(source, reference, *paths)

    def _paths(self, reference: Reference, base: str | None) -> set[str | None]:
        """Return the decoded URL paths that a reference leads to, None for what is no file of ours."""
        if is_bare_import(reference):
            return {self._specifiers.path(reference.value)}
        bases = self._custom_properties.bases(reference.custom_property) if reference.custom_property else ()
        return {target_path(reference.value, each, self._origins) for each in bases or (base,)}

    def _clear(self, source: SourceFile, reference: Reference, path: str | None) -> Iterator[Link]:
        number = self._numbers.get(path) if path else None
        if reference.kind is ReferenceKind.LINK and (number is None or self._files[number].plain):
            return  # the application's own pages are not known here, and a plain URL may be shared
        if number is not None:
            yield self._link(source, reference, number)
        elif (
            path is not None
            and not source.hashed
            and (path.startswith(self._roots) or not reference.value.startswith("/"))
        ):
            self._missing.report(source, reference, path)

    def _unclear(self, source: SourceFile, reference: Reference, paths: set[str | None]) -> Iterator[Link]:
        """Yield the links of a reference that leads to different files where it is used; none is rewritten."""
        targets = sorted(self._numbers[path] for path in paths if path in self._numbers)
        if targets and not source.hashed:
            self._missing.report_unclear(source, reference, sorted(filter(None, paths)))
        for target in targets:
            yield Link(reference, target, rewritten=False)

    def _link(self, source: SourceFile, reference: Reference, number: int) -> Link:
        target, keeps_text = self._files[number], self._keeps_text(source, reference)
        self._missing.check_reachable(source, reference, target, rewritten=not keeps_text)
        changes = target.fingerprinted or reference.integrity is not None
        return Link(reference, number, changes and not keeps_text)

    def _keeps_text(self, source: SourceFile, reference: Reference) -> bool:
        # What was hashed before keeps its bytes, and what they lead to is for the bundler to judge.
        if source.hashed or is_bare_import(reference) or reference.kind is ReferenceKind.FETCH:
            return True
        return self._keeps_javascript and (source.media_type == JAVASCRIPT or reference.kind is ReferenceKind.SPECIFIER)

    def _exact_entries(self, prefix: ImportMapPrefix, base: str | None) -> Iterator[Link]:
        """Yield a link for each specifier that some module uses through an entry that ends in a slash.

        The entry leads to plain URLs. An exact entry goes before it, and leads to the fingerprinted one.
        """
        for specifier in self._bare_specifiers:
            if specifier.startswith(prefix.specifier) and specifier != prefix.specifier:
                value = prefix.address + specifier.removeprefix(prefix.specifier)
                path = target_path(value, base, self._origins)
                number = self._numbers.get(path) if path else None
                if number is not None and self._files[number].fingerprinted:
                    yield Link(Reference(prefix.end, prefix.end, value), number, new_specifier=specifier)


def _served_roots(config: Config) -> tuple[str, ...]:
    """Return the URLs below which every file is ours, so that one that is not there is missing.

    A source at "/" shares its URLs with the application, whose own are not known here.
    """
    roots = {config.prefix if source.url is None else source.url for source in config.sources}
    return tuple(sorted(roots - {"/"}))
