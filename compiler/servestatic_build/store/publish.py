"""Bring a release into DIST: its files first, by rename; its manifest last, which is the deploy."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from servestatic_build.model import StagedFile
from servestatic_build.platform_files import (
    NotAFileError,
    delete_file,
    make_read_only,
    open_regular,
    replace_file,
    sync_directory,
    sync_file,
)
from servestatic_build.store.layout import Layout
from servestatic_build.store.staging import Staging, make_directories, remove_empty
from servestatic_build.workers import Workers
from servestatic_runtime.format import MANIFEST_NAME

_SYNC_THREADS = 16  # waiting for a disk takes no core


def is_published(manifest: bytes, out: str) -> bool:
    """Return whether DIST has this very manifest."""
    try:
        with open_regular(os.path.join(out, MANIFEST_NAME)) as file:
            return file.read() == manifest
    except (FileNotFoundError, NotAFileError):
        return False


def publish(new: Sequence[StagedFile], manifest: bytes, layout: Layout, staging: Staging) -> None:
    """Move the new files in, all of them staged, then replace the manifest. After a failure DIST is as it was."""
    staged_manifest = staging.write([manifest]).path
    sources = [file.staged for file in new if file.staged is not None]
    with Workers(_SYNC_THREADS) as workers, _Moves(staged_manifest, staging.modes.directory) as moves:
        workers.each(sync_file, (staged_manifest, *sources))
        for source, file in zip(sources, new, strict=True):
            moves.move(source, layout.path(file))
        workers.each(sync_directory, moves.directories)
        make_read_only(staged_manifest)  # or a copy onto it would write into what servers have mapped
        replace_file(staged_manifest, os.path.join(layout.out, MANIFEST_NAME))
    with suppress(OSError):  # the release is live; a disk that fails now does not undo it
        sync_directory(layout.out)


class _Moves:
    """Files and directories brought into DIST, taken back if the block fails before it has moved ``last``, too."""

    def __init__(self, last: str, directory_mode: int | None) -> None:
        self._last = last
        self._directory_mode = directory_mode
        self._files: list[str] = []
        self._created: list[str] = []
        self._empty: set[str] = set()  # before the first move
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
        remove_empty(self._created)

    def move(self, source: str, target: str) -> None:
        directory = os.path.dirname(target)
        if directory not in self.directories:
            created = make_directories(directory, self._directory_mode)
            self._created += created
            self._empty.update(created)
            self.directories |= {directory, *map(os.path.dirname, created)}
        if directory in self._empty or not os.path.lexists(target):
            self._files.append(target)
        replace_file(source, target)
