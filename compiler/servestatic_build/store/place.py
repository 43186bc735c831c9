"""Find each file of a release its place in DIST, which may hold other files already."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError, Diagnostics
from servestatic_build.model import Asset, StagedFile, Variant
from servestatic_build.names import with_fingerprint
from servestatic_build.platform_files import NotAFileError, has_room_for_name, open_regular
from servestatic_build.releases.previous import PreviousRelease
from servestatic_build.store.layout import Layout
from servestatic_runtime.format import IDENTITY

NO_NAMES: Mapping[str, bytes] = MappingProxyType({})


class Placement(NamedTuple):
    """A release's place in DIST: assets with their final targets, and the variants that are not there yet.

    The latter are named by the number of their asset and their number there.
    """

    assets: tuple[Asset, ...]
    new: tuple[tuple[int, int], ...]


def place(
    assets: Sequence[Asset],
    layout: Layout,
    previous: PreviousRelease,
    diagnostics: Diagnostics,
    *,
    verify_content: bool,
) -> Placement:
    """Return where the files of a release go: never to where DIST has other bytes, unless those are damaged.

    It can have them for a variant: the same content, coded at another effort or by another version of the codec.
    What the release in DIST lists is there if its size is right and nothing has written it since; with
    ``verify_content`` it is read. Raises BuildError for a name that DIST's file system has no room for; a coding that it
    has none for is left out.
    """
    placing = _Placing(layout, previous, diagnostics, verify_content=verify_content)
    placed = tuple(placing.placed(asset) for asset in assets)
    missing = (
        (number, place)
        for number, asset in enumerate(placed)
        for place, variant in enumerate(asset.variants)
        if variant.file.target in placing.new
    )
    return Placement(placed, tuple(missing))


class _Placing:
    def __init__(
        self, layout: Layout, previous: PreviousRelease, diagnostics: Diagnostics, *, verify_content: bool
    ) -> None:
        self._layout = layout
        self._previous = previous
        self._published_ns = previous.records.published_ns if previous.records else 0
        self._diagnostics = diagnostics
        self._verify_content = verify_content
        self.new: set[str] = set()  # targets of files that are not there yet

    def placed(self, asset: Asset) -> Asset:
        variants = tuple(self.variants(asset))
        return asset if variants == asset.variants else replace(asset, variants=variants)

    def variants(self, asset: Asset) -> Iterator[Variant]:
        for variant in asset.variants:
            if not self._has_room(asset, variant):
                continue
            file = variant.file
            if self._is_there(asset, file):
                yield variant
                continue
            if self._should_hold(asset, file):
                is_there = digest_of(self._layout.path(file)) == file.digest
            else:
                file, is_there = find_place(file, self._layout)
            if not is_there:
                self.new.add(file.target)
            yield replace(variant, file=file)

    def _is_there(self, asset: Asset, file: StagedFile) -> bool:
        """Return whether DIST has a file's bytes, as far as can be told without reading them."""
        if self._verify_content or not self._lists(asset, file):
            return False
        try:
            status = os.lstat(self._layout.path(file))
        except OSError:
            return False
        is_untouched = stat.S_ISREG(status.st_mode) and status.st_mtime_ns <= self._published_ns
        return is_untouched and status.st_size == file.size

    def _has_room(self, asset: Asset, variant: Variant) -> bool:
        name = variant.file.target.rpartition("/")[2]
        if has_room_for_name(self._layout.out, name):
            return True
        path, problem = asset.source.path, f"the file name {name} is too long for the file system of {self._layout.out}"
        if variant.coding == IDENTITY:
            raise BuildError(
                Code.NAME_TOO_LONG, path, problem, "rename the file: the build adds a fingerprint to its name"
            )
        self._diagnostics.note(Code.NAME_TOO_LONG, path, f"{problem}, so the file is not served as {variant.coding}")
        return False

    def _should_hold(self, asset: Asset, file: StagedFile) -> bool:
        """Return whether a file's path is known to belong to its bytes: by its name, or by the release in DIST."""
        named = file.target == with_fingerprint(asset.source.plain_path.lstrip("/"), file.digest)
        return named or self._lists(asset, file)

    def _lists(self, asset: Asset, file: StagedFile) -> bool:
        """Return whether the release in DIST has this content there."""
        beginning = self._previous.files(asset.source.name).get(self._layout.name(file))
        return beginning is not None and file.digest.startswith(beginning)


def find_place(file: StagedFile, layout: Layout, taken: Mapping[str, bytes] = NO_NAMES) -> tuple[StagedFile, bool]:
    """Return a file whose place is not that of other bytes, and whether DIST has it there.

    ``taken`` are names that other files will have, each with its SHA-256.
    """
    there = _digest_at(file, layout, taken)
    if there not in {None, file.digest}:
        file = replace(file, target=with_fingerprint(file.target, file.digest))
        there = _digest_at(file, layout, taken)
    return file, there == file.digest


def _digest_at(file: StagedFile, layout: Layout, taken: Mapping[str, bytes]) -> bytes | None:
    digest = taken.get(layout.name(file)) if taken else None
    return digest_of(layout.path(file)) if digest is None else digest


def digest_of(path: str) -> bytes | None:
    """Return the SHA-256 of a file's bytes, nothing of what is no file, or None where there is neither."""
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").digest()
    except FileNotFoundError:
        return None
    except NotAFileError:
        return b""
