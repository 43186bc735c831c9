"""Link few files anew: those that have changed and those that refer to them, where the last build knows all others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from servestatic_build.cache.known_assets import linked_facts
from servestatic_build.cache.last_build import LastBuild
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.media_types import MAPPED
from servestatic_build.model import Graph, KnownLinks, LinkedFile, ReferenceKind, SourceFile
from servestatic_build.references.broken import BrokenReferences
from servestatic_build.references.contexts import context_of, follows_from_others
from servestatic_build.references.found import NOTHING
from servestatic_build.references.graph import components
from servestatic_build.references.link import Linker
from servestatic_build.references.reading import Reader, ReadFile
from servestatic_build.references.resolver import Resolver
from servestatic_build.references.specifiers import Specifiers
from servestatic_build.settings.config import Config

_MOST_IN_HUNDRED = 25  # of the files: with more, to link all takes no longer


class PartialGraph(NamedTuple):
    """A graph of few files, and the number that each has among all. Those from ``size`` on are only referred to."""

    graph: Graph
    numbers: Sequence[int]
    size: int

    @property
    def sources(self) -> Sequence[SourceFile]:
        """The files that are linked anew."""
        return [file.source for file in self.graph.files[: self.size]]


def known_links(graph: Graph, files: Iterable[SourceFile]) -> KnownLinks:
    """Return what is to be known of a graph of all files; ``files`` are as the scan has found them."""
    pairs = zip(graph.files, files, strict=True)
    sources = {n: linked_facts(linked.source) for n, (linked, file) in enumerate(pairs) if linked.source is not file}
    maps = {number: found for number, file in enumerate(graph.files) if (found := _maps(file))}
    return KnownLinks(sources, [*map(_targets, graph.files)], maps, graph.contexts, sorted(graph.apart), graph.ignored)


def with_part(known: KnownLinks, part: PartialGraph) -> KnownLinks:
    """Return what is to be known when the files of a part have changed."""
    targets, maps, ignored = [*known.targets], {**known.maps}, {**known.ignored}
    for number, file in zip(part.numbers, part.graph.files[: part.size], strict=False):
        targets[number] = [part.numbers[target] for target in _targets(file)]
        maps.pop(number, None)
        ignored.pop(file.source.name, None)
        if found := _maps(file):
            maps[number] = [part.numbers[target] for target in found]
    return known._replace(targets=targets, maps=maps, ignored={**ignored, **part.graph.ignored})


def relink(
    sources: Sequence[SourceFile],
    changed: Iterable[int],
    known: KnownLinks,
    config: Config,
    last_build: LastBuild,
    diagnostics: Diagnostics,
    advance: Callable[[], None],
) -> PartialGraph | None:
    """Return the graph of the files that have changed and of those that this concerns.

    None where there are many, or where it may concern others, too: what a worker imports, who uses a custom property.
    """
    numbers = _concerned(changed, known)
    if len(numbers) * 100 > len(sources) * _MOST_IN_HUNDRED or not numbers.isdisjoint(known.apart):
        return None
    reader, ordered = Reader(last_build, diagnostics), sorted(numbers)
    read = dict(zip(ordered, reader.read_all([sources[n] for n in ordered], config.jobs, advance), strict=True))
    if any(follows_from_others(file) or context_of(file) != known.contexts[number] for number, file in read.items()):
        return None
    files = [read.get(number) or ReadFile(source, NOTHING, None) for number, source in enumerate(sources)]
    resolver = Resolver(files, Specifiers(config.imports, config.prefix), config.origins)
    missing = BrokenReferences(sources, (), config.missing, config.prefix, diagnostics)
    linker = Linker(files, resolver, config, missing)
    linked = {number: linker.link(number, file) for number, file in read.items()}
    if not numbers.issuperset(number for file in linked.values() for number in _maps(file)):
        return None
    hashed = {link.target for file in linked.values() for link in file.links if link.reference.integrity}
    settled = {link.target for file in linked.values() for link in file.links} - numbers
    for number in sorted(settled):
        digest = reader.read(sources[number]).digest if number in hashed else None
        linked[number] = LinkedFile(sources[number], digest=digest)
    return _numbered_anew(linked, len(numbers), missing.ignored)


def _concerned(changed: Iterable[int], known: KnownLinks) -> set[int]:
    """Return the files whose bytes may follow from those that have changed, these among them."""
    concerned: dict[int, list[int]] = defaultdict(list)
    for number, targets in enumerate(known.targets):
        for target in targets:
            concerned[target].append(number)
    for number, maps in known.maps.items():
        concerned[number] += maps
        for source_map in maps:
            concerned[source_map].append(number)
    found: set[int] = set()
    waiting = [*changed]
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += concerned.get(number, ())
    return found


def _numbered_anew(linked: Mapping[int, LinkedFile], size: int, ignored: Mapping[str, int]) -> PartialGraph:
    """Return files with their numbers among all as a graph of their own, in the same order."""
    places = {number: place for place, number in enumerate(linked)}
    files = tuple(
        replace(file, links=tuple(replace(link, target=places[link.target]) for link in file.links))
        for file in linked.values()
    )
    parts = components([_targets(file) for file in files[:size]] + [[]] * (len(files) - size))
    graph = Graph(files, tuple(part for part in parts if part[0] < size), ignored)
    return PartialGraph(graph, [*linked], size)


def _targets(file: LinkedFile) -> list[int]:
    return sorted({link.target for link in file.links if link.rewritten})


def _maps(file: LinkedFile) -> list[int]:
    """Return the source maps whose bytes follow from a file's."""
    if file.source.media_type not in MAPPED or not any(link.rewritten for link in file.links):
        return []
    return [link.target for link in file.links if link.reference.kind is ReferenceKind.SOURCE_MAP]
