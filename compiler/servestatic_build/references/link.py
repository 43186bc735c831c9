"""Find what refers to what: read each file once, keep spans and targets, forget the bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from servestatic_build.cache.last_build import LastBuild
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.media_types import JAVASCRIPT, MAPPED
from servestatic_build.model import (
    SERVICE_WORKERS,
    Graph,
    ImportMapPrefix,
    Link,
    LinkedFile,
    Reference,
    ReferenceKind,
    Skipped,
    SourceFile,
)
from servestatic_build.references.broken import BrokenReferences, must_be_there
from servestatic_build.references.contexts import context_of, follows_from_others
from servestatic_build.references.graph import components
from servestatic_build.references.reading import Reader, ReadFile
from servestatic_build.references.resolver import Resolver
from servestatic_build.references.sought_scripts import warn_of_sought_scripts
from servestatic_build.references.specifiers import Specifiers, is_bare_import
from servestatic_build.references.unfollowed import note_unfollowed
from servestatic_build.references.web_manifests import with_web_manifests
from servestatic_build.references.workers import with_service_workers, worker_scripts
from servestatic_build.settings.config import Config


def link(
    files: Sequence[SourceFile],
    skipped: Sequence[Skipped],
    config: Config,
    last_build: LastBuild,
    diagnostics: Diagnostics,
    advance: Callable[[], None],
) -> Graph:
    """Return the reference graph of the files, and add to ``diagnostics`` what was wrong with them.

    ``skipped`` are those that the scan has left out.
    """
    reader = Reader(last_build, diagnostics)
    read_files = reader.read_all(files, config.jobs, advance)
    resolver = Resolver(read_files, Specifiers(config.imports, config.prefix), config.origins)
    read_files = with_web_manifests(read_files, resolver, reader.read)
    read_files = with_service_workers(read_files, resolver, diagnostics)
    warn_of_sought_scripts(read_files, diagnostics)
    missing = BrokenReferences(files, skipped, config.missing, config.prefix, diagnostics)
    linker = Linker(read_files, resolver, config, missing)
    linked = tuple(linker.link(number, file) for number, file in enumerate(read_files))
    if not config.plain_urls:
        note_unfollowed(linked, resolver, last_build, diagnostics)
    edges = [sorted({link.target for link in file.links if link.rewritten}) for file in linked]
    placeholders = sum(file.found.extraction.placeholders for file in read_files)
    contexts = tuple(map(context_of, read_files))
    apart = linker.in_workers.union(number for number, file in enumerate(read_files) if follows_from_others(file))
    return Graph(linked, components(edges), missing.ignored, placeholders, contexts, apart)


def _bare_specifiers(files: Iterable[ReadFile]) -> tuple[str, ...]:
    references = (reference for file in files for reference in file.found.extraction.references)
    return tuple(sorted({reference.value for reference in references if is_bare_import(reference)}))


# In import-map mode scripts keep their text, but no map leads these on.
_NEVER_MAPPED = frozenset({ReferenceKind.WORKER, ReferenceKind.WORKER_SCRIPT})


class Linker:
    """Turns what was found in each file into links."""

    def __init__(
        self, files: Sequence[ReadFile], resolver: Resolver, config: Config, missing: BrokenReferences
    ) -> None:
        self._files = [file.source for file in files]
        self._resolver = resolver
        self._keeps_javascript = config.modules == "importmap"
        self._roots = _served_roots(config)
        self._missing = missing
        self._bare_specifiers = _bare_specifiers(files)
        self.in_workers = worker_scripts(files, resolver)

    def link(self, number: int, file: ReadFile) -> LinkedFile:
        links = [
            link for reference in file.found.extraction.references for link in self._links(number, file, reference)
        ]
        for prefix in file.found.extraction.import_map_prefixes:
            links += self._exact_entries(prefix, self._resolver.base(file))
        return LinkedFile(
            file.source,
            self._settled(file.source, links),
            file.digest,
            file.found.inline_map,
            file.found.extraction.policy,
        )

    def _settled(self, source: SourceFile, links: Sequence[Link]) -> tuple[Link, ...]:
        """Return the links. A file that only a map's new name would change keeps its bytes, and its published hash.

        The map is found at its plain URL all the same.
        """
        rewritten = [link for link in links if link.rewritten]
        is_map = (
            link.reference.kind is ReferenceKind.SOURCE_MAP and self._files[link.target].plain for link in rewritten
        )
        if rewritten and source.media_type in MAPPED and all(is_map):
            return tuple(replace(link, rewritten=False) for link in links)
        return tuple(links)

    def _links(self, number: int, file: ReadFile, reference: Reference) -> Iterator[Link]:
        paths = self._resolver.paths(file, reference)
        if number in self.in_workers:
            self._missing.check_worker_import(file.source, reference, paths)
        if len(paths) == 1:
            yield from self._clear(number, reference, *paths)
        else:
            yield from self._unclear(file.source, reference, paths)

    def _clear(self, number: int, reference: Reference, path: str | None) -> Iterator[Link]:
        source, target = self._files[number], self._resolver.number(path)
        if reference.kind is ReferenceKind.LINK and (target is None or self._files[target].plain):
            return  # the application's own pages are not known here, and a plain URL may be shared
        if target is not None:
            yield self._link(number, reference, target)
        elif path is not None and not source.hashed and self._must_be_there(number, reference, path):
            self._missing.report(source, reference, path)

    def _must_be_there(self, number: int, reference: Reference, path: str) -> bool:
        is_in_worker = number in self.in_workers
        return must_be_there(self._files[number], reference, path, self._roots, in_worker=is_in_worker)

    def _unclear(self, source: SourceFile, reference: Reference, paths: set[str | None]) -> Iterator[Link]:
        """Yield the links of a reference that leads to different files, by who uses it; none is rewritten."""
        targets = sorted(number for path in paths if (number := self._resolver.number(path)) is not None)
        if targets and reference.custom_property and not source.hashed:
            self._missing.report_unclear(source, reference, sorted(filter(None, paths)))
        for target in targets:
            yield Link(reference, target, rewritten=False)

    def _link(self, number: int, reference: Reference, target: int) -> Link:
        source, keeps_text = self._files[number], self._keeps_text(number, reference)
        self._missing.check_reachable(source, reference, self._files[target], rewritten=not keeps_text)
        changes = self._files[target].fingerprinted or reference.integrity is not None
        return Link(reference, target, changes and not keeps_text)

    def _keeps_text(self, number: int, reference: Reference) -> bool:
        source, kind = self._files[number], reference.kind
        # What was hashed before keeps its bytes, and what they lead to is for the bundler to judge.
        if source.hashed or is_bare_import(reference) or kind is ReferenceKind.FETCH or kind in SERVICE_WORKERS:
            return True
        is_mapped = source.media_type == JAVASCRIPT and number not in self.in_workers and kind not in _NEVER_MAPPED
        return self._keeps_javascript and (is_mapped or kind is ReferenceKind.SPECIFIER)

    def _exact_entries(self, prefix: ImportMapPrefix, base: str | None) -> Iterator[Link]:
        """Yield a link for each specifier that some module uses through an entry that ends in a slash.

        The entry leads to plain URLs. An exact entry goes before it, and leads to the fingerprinted one.
        """
        for specifier in self._bare_specifiers:
            if specifier.startswith(prefix.specifier) and specifier != prefix.specifier:
                value = prefix.address + specifier.removeprefix(prefix.specifier)
                number = self._resolver.number(self._resolver.path(value, base))
                if number is not None and self._files[number].fingerprinted:
                    yield Link(Reference(prefix.end, prefix.end, value), number, new_specifier=specifier)


def _served_roots(config: Config) -> tuple[str, ...]:
    """Return the URLs below which every file is ours, so that one that is not there is missing.

    A source at "/" shares its URLs with the application, whose own are not known here.
    """
    roots = {config.prefix if source.url is None else source.url for source in config.sources}
    return tuple(sorted(roots - {"/"}))
