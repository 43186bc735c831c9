"""What is known of the files while they get their names, component by component."""

from __future__ import annotations

from servestatic_build.model import Asset, Graph
from servestatic_build.names import with_fingerprint


class NamedFiles:
    """The fingerprinted paths of the files named so far and, once their bytes are final, their assets; by number."""

    def __init__(self, graph: Graph) -> None:
        self._files = graph.files
        self._size = len(graph.files) - len(graph.settled)
        self._assets = dict(enumerate(graph.settled, start=self._size))
        self._paths = {number: asset.path for number, asset in self._assets.items()}

    def name(self, number: int, digest: bytes) -> str:
        """Name a file by a hash, unless it has a name, and return its fingerprinted path."""
        source = self._files[number].source
        return self._paths.setdefault(number, with_fingerprint(source.plain_path, digest))

    def is_named(self, number: int) -> bool:
        """Return whether a file has its name: one in a cycle has it before its bytes are final."""
        return number in self._paths

    def path(self, number: int) -> str:
        """Return the fingerprinted path of a file that has its name."""
        return self._paths[number]

    def add(self, number: int, asset: Asset) -> None:
        """Keep a file's asset."""
        self._assets[number] = asset

    def asset(self, number: int) -> Asset | None:
        """Return a file's asset, None before its bytes are final."""
        return self._assets.get(number)

    def assets(self) -> tuple[Asset, ...]:
        """Return the assets of all files but the settled ones, in order of number."""
        return tuple(self._assets[number] for number in range(self._size))
