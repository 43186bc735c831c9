"""Give every file its name, by the hash of its final bytes; what it refers to comes first.

A file that is in no cycle is named by the SHA-256 of its bytes with all references rewritten. Files in a cycle
can't be: the bytes of each would hold the hash of the other. They are named by what their bytes follow from: the
component's material is the hashes of its members' sources, what every reference becomes but those between them, and
where those are. Each piece is framed by its length, so that no two components share their material.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from servestatic_build.media_types import JAVASCRIPT
from servestatic_build.model import Asset, Graph, Link, ReferenceKind, StagedFile, Variant
from servestatic_build.references.graph import components
from servestatic_build.releases.previous import PreviousRelease
from servestatic_build.render.final_bytes import rewritten_links
from servestatic_build.render.renderer import Renderer
from servestatic_runtime.dates import EARLIEST_TELLING
from servestatic_runtime.format import IDENTITY


def fingerprint(
    graph: Graph,
    renderer: Renderer,
    previous: PreviousRelease,
    epoch: int | None,
    advance: Callable[[], None],
) -> tuple[Asset, ...]:
    """Return every file of the graph as an asset; raise BuildError.

    ``epoch`` is SOURCE_DATE_EPOCH, the latest date that a file may have.
    """
    namer = _Namer(graph, renderer, previous, epoch)
    for component in graph.components:
        namer.name(component)
        for _ in component:
            advance()
    return renderer.named.assets()


class _Namer:
    def __init__(self, graph: Graph, renderer: Renderer, previous: PreviousRelease, epoch: int | None) -> None:
        self._files = graph.files
        self._renderer = renderer
        self._named = renderer.named
        self._previous = previous
        self._epoch = epoch

    def name(self, component: tuple[int, ...]) -> None:
        """Make the assets of a component. Those that it refers to must have been made."""
        links = [link for number in component for link in rewritten_links(self._files[number])]
        if len(component) > 1 or any(link.target == component[0] for link in links):  # it is a cycle
            material = self._material(component)
            for number in component:
                self._named.name(number, _hash(material, self._files[number].source.name.encode()))
        modified = self._modified(component, links)
        for number in self._in_order_of_hashes(component):
            self._named.add(number, self._asset(number, modified))

    def _in_order_of_hashes(self, component: tuple[int, ...]) -> Iterable[int]:
        """Return the members, each behind those whose hash stands in it, unless it stands in theirs."""
        if len(component) == 1:
            return component
        members = {number: place for place, number in enumerate(component)}
        hashed = [
            [
                members[link.target]
                for link in rewritten_links(self._files[number])
                if link.reference.integrity is not None and link.target in members
            ]
            for number in component
        ]
        return (component[place] for places in components(hashed) for place in places)

    def _material(self, component: tuple[int, ...]) -> bytes:
        members = frozenset(component)
        material = hashlib.sha256()
        for number in component:
            file = self._files[number]
            assert file.digest is not None, "a file with references was read"
            links = (self._described(link, inward=link.target in members) for link in rewritten_links(file))
            for piece in (file.source.name.encode(), file.digest, *links):
                material.update(_framed(piece))
        return material.digest()

    def _described(self, link: Link, *, inward: bool) -> bytes:
        if inward:
            return f"{link.reference.start} {link.reference.end} {self._files[link.target].source.name}".encode()
        return self._renderer.described(link)

    def _modified(self, component: tuple[int, ...], links: Iterable[Link]) -> int:
        """Return the latest date of the members and all they refer to: a new image makes a new style sheet."""
        referred = [asset.modified for link in links if (asset := self._named.asset(link.target))]
        return max([self._files[number].source.modified for number in component] + referred)

    def _asset(self, number: int, modified: int) -> Asset:
        file = self._files[number]
        source = file.source
        in_cycle = self._named.is_named(number)
        rendered = self._renderer.render(number)
        hashed = self._named.name(number, rendered.sha256)
        modified, dated = self._date(source.name, rendered.sha256, modified)
        identity = StagedFile(rendered.path, hashed.lstrip("/"), rendered.size, rendered.sha256)
        return Asset(
            source=source,
            path=hashed if source.fingerprinted else source.plain_path,
            modified=modified,
            integrity=rendered.sha384,
            references=tuple(sorted({link.target for link in file.links})),
            imports=tuple(dict.fromkeys(link.target for link in file.links if self._is_module(link))),
            variants=(Variant(IDENTITY, identity),),
            in_cycle=in_cycle,
            charset=rendered.charset,
            dated=dated,
        )

    def _date(self, name: str, digest: bytes, modified: int) -> tuple[int, bool]:
        """Return the date of a file's bytes, and whether no other bytes can have had it under the same name.

        Bytes that the release in DIST has keep their date. Others get one that is not before it: should these be of the
        same date, or of an earlier one that an earlier release may have used, it tells nothing.
        """
        before, dated = self._previous.date(name), modified >= EARLIEST_TELLING
        if before is not None:
            changed = before.digest != digest
            dated = dated and modified > before.seconds if changed else before.dated
            modified = max(modified, before.seconds) if changed else before.seconds
        if self._epoch is not None and modified > self._epoch:  # as all that is newer
            return self._epoch, False
        return modified, dated

    def _is_module(self, link: Link) -> bool:
        """Return whether a link is a static import of a script: what a page may preload as a module."""
        target = self._files[link.target].source
        return link.reference.kind is ReferenceKind.IMPORT and target.media_type == JAVASCRIPT


def _hash(*pieces: bytes) -> bytes:
    return hashlib.sha256(b"".join(map(_framed, pieces))).digest()


def _framed(piece: bytes) -> bytes:
    return len(piece).to_bytes(8) + piece
