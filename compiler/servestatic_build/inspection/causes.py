"""Why a file changed: by its own content, or by the new names of files that it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from servestatic_build.inspection.json_view import served_type
from servestatic_build.platform_files import open_regular
from servestatic_build.references.extractors import EXTRACTORS
from servestatic_build.references.found import found_in
from servestatic_build.references.urls import base_path, target_path
from servestatic_runtime import Manifest
from servestatic_runtime.records import Asset


class Causes:
    """Tells of each changed asset what changed it. Files are read, which an archived manifest may be without."""

    def __init__(self, old: Manifest, new: Manifest, changed: Mapping[str, tuple[Asset, Asset]]) -> None:
        self._old = old
        self._new = new
        self._changed = changed
        self.is_own = cache(self._is_own)

    def of(self, name: str) -> tuple[str, ...]:
        """Return the names of the files, of those that an asset refers to in one step or more, that changed by themselves.

        What only passes a change on is not named, unless nothing behind it is known to have changed.
        """
        if self._bytes_are_equal(name):
            return ()
        waiting, seen, found = [*self._changed_targets(name)], {name}, list[str]()
        direct = tuple(waiting)
        while waiting:
            target = waiting.pop()
            if target not in seen:
                seen.add(target)
                if self.is_own(target):
                    found.append(target)
                else:
                    waiting += self._changed_targets(target)
        return tuple(sorted(found)) or (() if self.is_own(name) else direct)

    def _is_own(self, name: str) -> bool | None:
        """Return whether the content of an asset changed, the names of other files in it aside; None where nobody knows."""
        before, after = self._changed[name]
        if self._bytes_are_equal(name):
            return False
        if not any(self._changed_targets(name)) or _kind(self._new, after) not in EXTRACTORS:
            return True
        try:
            return _unnamed(self._old, before) != _unnamed(self._new, after)
        except OSError:
            return None

    def _bytes_are_equal(self, name: str) -> bool:
        before, after = self._changed[name]
        return before.digest == after.digest

    def _changed_targets(self, name: str) -> Iterator[str]:
        """Yield the names of the changed files that an asset refers to."""
        _, after = self._changed[name]
        return (target for target in self._new.references(after) if target in self._changed and target != name)


def _kind(manifest: Manifest, asset: Asset) -> str:
    return served_type(manifest, asset).partition(";")[0]


def _unnamed(manifest: Manifest, asset: Asset) -> bytes:
    """Return an asset's bytes with the logical name in place of each URL of the release, and without hashes."""
    with open_regular(manifest.body_path(asset.variants[0])) as file:
        data = file.read()
    extraction = found_in(data, _kind(manifest, asset)).extraction
    base = base_path(extraction.base, asset.url)
    spans = [(text.start, text.end, b"") for text in extraction.policy.hashes]
    for reference in extraction.references:
        path = target_path(reference.value, base)
        match = manifest.find(path) if path else None
        if match and isinstance(match.asset, Asset):
            spans.append((reference.start, reference.end, match.asset.name.encode()))
        if reference.integrity is not None:
            spans.append((reference.integrity.start, reference.integrity.end, b""))
    return b"".join(_pieces(data, sorted(spans)))


def _pieces(data: bytes, spans: list[tuple[int, int, bytes]]) -> Iterator[bytes]:
    place = 0
    for start, end, text in spans:
        yield data[place:start]
        yield b"\0" + text + b"\0"
        place = max(place, end)
    yield data[place:]
