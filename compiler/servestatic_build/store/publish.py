"""Bring a release into DIST: its files first, by rename; its manifest last, which is the deploy."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import NamedTuple, Self

from servestatic_build.model import Asset, StagedFile, Variant
from servestatic_build.names import with_fingerprint
from servestatic_build.platform_files import delete_file, make_read_only, replace_file, sync_directory, sync_file
from servestatic_build.releases.previous import PreviousRelease
from servestatic_build.store.staging import Staging, make_directories, remove_empty
from servestatic_runtime.format import FILES_DIR, MANIFEST_NAME

_SYNC_THREADS = 16  # waiting for a disk takes no core


class Placement(NamedTuple):
    """A release's place in DIST: assets with their final targets, and the files that are not there yet."""

    assets: tuple[Asset, ...]
    new: tuple[StagedFile, ...]


def place(assets: Sequence[Asset], out: str, previous: PreviousRelease) -> Placement:
    """Return where the files of a release go: never to where DIST has other bytes, unless those are damaged.

    It can have them for a variant: the same content, coded at another effort or by another version of the codec.
    """
    new: list[StagedFile] = []
    placed = tuple(replace(asset, variants=tuple(_placed(asset, out, previous, new))) for asset in assets)
    return Placement(placed, tuple(new))


def _placed(asset: Asset, out: str, previous: PreviousRelease, new: list[StagedFile]) -> Iterator[Variant]:
    for variant in asset.variants:
        file = variant.file
        there = _digest(_path(out, file))
        if there not in {None, file.digest} and not _should_hold(asset, file, previous):
            file = replace(file, target=with_fingerprint(file.target, file.digest))
            there = _digest(_path(out, file))
        if there != file.digest:
            new.append(file)
        yield replace(variant, file=file)


def _should_hold(asset: Asset, file: StagedFile, previous: PreviousRelease) -> bool:
    """Return whether a file's path is known to belong to its bytes: by its name, or by the release in DIST."""
    named = file.target == with_fingerprint(asset.source.plain_path.lstrip("/"), file.digest)
    return named or previous.lists(asset.source.name, file.target, file.digest)


def is_published(placement: Placement, manifest: bytes, out: str) -> bool:
    """Return whether DIST holds this very release."""
    try:
        with open(os.path.join(out, MANIFEST_NAME), "rb") as file:
            return not placement.new and file.read() == manifest
    except FileNotFoundError:
        return False


def publish(new: Sequence[StagedFile], manifest: bytes, out: str, staging: Staging) -> None:
    """Move the new files in, then replace the manifest. After a failure DIST is as it was."""
    staged_manifest = staging.write([manifest]).path
    with ThreadPoolExecutor(_SYNC_THREADS) as workers, _Moves(out, staged_manifest) as moves:
        list(workers.map(sync_file, (staged_manifest, *(file.staged for file in new))))
        for file in new:
            moves.move(file)
        list(workers.map(sync_directory, moves.directories))
        make_read_only(
            staged_manifest
        )  # a copy over it is to replace it, and not to write into what servers have mapped
        replace_file(staged_manifest, os.path.join(out, MANIFEST_NAME))
    with suppress(OSError):  # the release is live; a disk that fails now does not undo it
        sync_directory(out)


class _Moves:
    """Files and directories brought into DIST, taken back if the block fails before it has moved ``last``, too."""

    def __init__(self, out: str, last: str) -> None:
        self._out = out
        self._last = last
        self._files: list[str] = []
        self._made: list[str] = []
        self.directories: set[str] = set()  # whose entries changed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None or not os.path.exists(self._last):  # an interrupt may come right behind that move
            return
        for path in reversed(self._files):
            with suppress(OSError):
                delete_file(path)
        remove_empty(self._made)

    def move(self, file: StagedFile) -> None:
        target = _path(self._out, file)
        directory = os.path.dirname(target)
        if directory not in self.directories:
            made = make_directories(directory)
            self._made += made
            self.directories |= {directory, *map(os.path.dirname, made)}
        if not os.path.lexists(target):
            self._files.append(target)
        replace_file(file.staged, target)


def _path(out: str, file: StagedFile) -> str:
    return os.path.join(out, FILES_DIR, *file.target.split("/"))


def _digest(path: str) -> bytes | None:
    """Return the SHA-256 of a file's bytes, or None where there is no file."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except FileNotFoundError:
        return None
