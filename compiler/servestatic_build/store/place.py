"""Find each file of a release its place in DIST, which may hold other files already."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError, Diagnostics
from servestatic_build.model import Asset, Signature, StagedFile, Variant
from servestatic_build.names import with_fingerprint
from servestatic_build.platform_files import NotAFileError, has_room_for_name, open_regular
from servestatic_build.releases.previous import PreviousRelease
from servestatic_build.store.layout import Layout
from servestatic_runtime.format import ETAG_BYTES, IDENTITY
from servestatic_runtime.platform_files import native_path

NO_NAMES: Mapping[str, bytes] = MappingProxyType({})


class Placement(NamedTuple):
    """A release's place in DIST: assets with their final targets, and what is there of them."""

    assets: tuple[Asset, ...]
    new: tuple[tuple[int, int], ...]  # variants that are not there yet: the number of an asset, and theirs in it
    signatures: Mapping[str, Signature]  # of files that are there, by their names in DIST


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
    placed = tuple([placing.placed(number, asset) for number, asset in enumerate(assets)])
    return Placement(placed, tuple(placing.new), placing.signatures)


class _Placing:
    def __init__(
        self, layout: Layout, previous: PreviousRelease, diagnostics: Diagnostics, *, verify_content: bool
    ) -> None:
        self._layout = layout
        self._previous = previous
        self._published_ns = previous.records.published_ns if previous.records else 0
        self._diagnostics = diagnostics
        self._verify_content = verify_content
        self._is_empty = cache(_is_empty)
        self._base = os.path.join(layout.out, "")
        self.new: list[tuple[int, int]] = []
        self.signatures: dict[str, Signature] = {}

    def placed(self, number: int, asset: Asset) -> Asset:
        """Return an asset, of this number, in its place."""
        listed = self._previous.files(asset.source.name)
        variants: list[Variant] = []
        for variant in asset.variants:
            file, is_there = self._placed(asset, variant, listed)
            if file is None:
                continue
            if not is_there:
                self.new.append((number, len(variants)))
            variants.append(variant if file is variant.file else replace(variant, file=file))
        return asset if [*asset.variants] == variants else replace(asset, variants=tuple(variants))

    def _placed(self, asset: Asset, variant: Variant, listed: Mapping[str, bytes]) -> tuple[StagedFile | None, bool]:
        """Return a file with its target, None where the file system has no room for it, and whether DIST has it there."""
        file = variant.file
        name = self._layout.name(file)
        path = self._base + native_path(name)
        is_listed = listed.get(name) == file.digest[:ETAG_BYTES]
        if is_listed and not self._verify_content and (signature := self._untouched(path, file)):
            self.signatures[name] = signature
            return file, True
        if not self._has_room(asset, variant):
            return None, False
        if self._is_empty(os.path.dirname(path)):
            return file, False
        if is_listed or file.target == with_fingerprint(asset.source.plain_path.lstrip("/"), file.digest):
            return file, digest_of(path) == file.digest  # by its name, or by the release in DIST, it has to be this one
        return find_place(file, self._layout)

    def _untouched(self, path: str, file: StagedFile) -> Signature | None:
        """Return the signature of a listed file that has its bytes, as far as can be told without reading them."""
        try:
            status = os.lstat(path)
        except OSError:
            return None
        is_old = stat.S_ISREG(status.st_mode) and status.st_mtime_ns <= self._published_ns
        return Signature.of(status) if is_old and status.st_size == file.size else None

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


def _is_empty(directory: str) -> bool:
    """Return whether there is nothing in a directory, or none: one look instead of one for each file of a first build."""
    try:
        with os.scandir(directory) as entries:
            return next(entries, None) is None
    except FileNotFoundError:
        return True
    except OSError:
        return False


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
