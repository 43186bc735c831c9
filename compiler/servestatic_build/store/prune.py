"""Delete from DIST the files that no kept release needs. Files that no manifest of this DIST has listed are not ours."""

from __future__ import annotations

import os
import time
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property

from servestatic_build.platform_files import delete_file
from servestatic_build.releases.history import history_of
from servestatic_build.releases.manifest_records import ManifestRecords
from servestatic_build.store.file_list import PLAIN_NAME, UNDER_WAY, FileList, Unlisted
from servestatic_build.store.kept_releases import drop_manifests
from servestatic_build.store.locks import locked_output
from servestatic_build.store.own_files import OwnFiles
from servestatic_build.store.staging import sweep
from servestatic_runtime import Manifest

# How long a process may go on reading the release that was replaced. With reload it looks for a new one at every request,
# so what is left are answers under way, and it does not matter how busy it is.
GRACE_MINUTES = 10
# For who deletes nothing but plain names that the release has no more.
NO_END_OF_GRACE = 10**9


def prune(out: str, *, grace_minutes: int = GRACE_MINUTES, dry_run: bool = False) -> tuple[str, ...]:
    """Delete what a build would delete now, and what killed builds have staged; return the names of files.

    A dry run deletes nothing. Builds can't publish meanwhile. Raises ManifestError where there is no release that can be
    read, OSError for a file that can't be deleted.
    """
    Manifest.open(out)  # before a lock is put where there is no release
    with locked_output(out):
        release = ManifestRecords.open(out)
        history_of(release)  # raises where something is damaged: what nobody knows to be listed might be deleted
        pruning = Pruning(out, OwnFiles(out, release), grace_minutes)
        if not dry_run:
            sweep(out)
            pruning.delete()
        return pruning.due


def next_due(own: OwnFiles, grace_minutes: int) -> int | None:
    """Return when a build will have a file to delete, in seconds since 1970; None where nothing is left to delete."""
    entries = (entry for entry in own.recorded.values() if entry and entry.release not in own.releases)
    since = min((entry.since for entry in entries), default=None)
    return None if since is None else since + grace_minutes * 60


class Pruning:
    """What of DIST, whose lock is held, no kept release needs."""

    def __init__(self, out: str, own: OwnFiles, grace_minutes: int, *, publication_ended: bool = False) -> None:
        """Take the release that is live; ``publication_ended`` says that its plain names are right."""
        self._out = out
        self._own = own
        self._until = int(time.time()) - grace_minutes * 60
        self._publication_ended = publication_ended
        self._unlisted = dict(self._still_unlisted()) if self._has_work else {}
        due = (name for name, entry in self._unlisted.items() if name != UNDER_WAY and self._is_due(entry))
        self._due = sorted(due, key=lambda name: (not self._is_plain(name), name))  # which are links to the others
        self.due = tuple(sorted(name for name in self._due if self._may_delete(name)))

    def delete(self) -> None:
        """Delete what is due. Raises OSError for a file that can't be deleted, when all others are."""
        if self._own.release is None:  # it can't be read, for want of descriptors maybe: all may be needed
            return
        FileList(self._out).sweep()
        drop_manifests(self._out, self._own.releases[1:])
        if not self._has_work:
            return
        failures = dict(self._failures(self.due))
        _remove_empty(self._out, self._due)
        gone = {*self._due} - failures.keys()
        left = {name: entry for name, entry in self._unlisted.items() if name not in gone}
        FileList(self._out).write({**self._own.to_record, **left})
        for error in failures.values():
            raise error

    @cached_property
    def _has_work(self) -> bool:
        """Whether to ask the manifest for all its files: not where nothing can be due, as after most builds."""
        if self._own.release is None:
            return False
        ended = self._publication_ended and UNDER_WAY in self._own.recorded
        return ended or any(map(self._is_due, self._own.recorded.values()))

    def _still_unlisted(self) -> Iterator[tuple[str, Unlisted | None]]:
        recorded = self._own.recorded
        for name, entry in recorded.items():
            has_ended = name == UNDER_WAY and self._publication_ended
            if not (has_ended or name in self._own.listed or name in self._own.plain_names):
                yield name, entry

    def _is_due(self, entry: Unlisted | None) -> bool:
        """Return whether a file may go. A plain name is nothing that the runtime reads."""
        if entry is None:
            return False
        return entry.release == PLAIN_NAME or (entry.release not in self._own.releases and entry.since <= self._until)

    def _is_plain(self, name: str) -> bool:
        entry = self._unlisted[name]
        return entry is not None and entry.release == PLAIN_NAME

    def _may_delete(self, name: str) -> bool:
        """Return whether there is a file by this name that is still ours, and needed under no other name."""
        path = self._own.path(name)
        if not os.path.lexists(path):
            return False
        if self._is_plain(name):
            return self._own.has_bytes_of_ours(name)
        alike = self._by_fold.get(_fold(name))
        return alike is None or not _is_same(path, self._own.path(alike))

    @cached_property
    def _by_fold(self) -> dict[str, str]:
        """The names that stay: where a file system takes another spelling for one of them, that is the same file."""
        staying = (*self._own.listed, *self._own.plain_names, *(self._unlisted.keys() - {*self._due}))
        return {_fold(name): name for name in staying}

    def _failures(self, names: Iterable[str]) -> Iterator[tuple[str, OSError]]:
        for name in names:
            try:
                delete_file(self._own.path(name))
            except FileNotFoundError:
                continue
            except OSError as error:
                yield name, error


def _remove_empty(out: str, names: Iterable[str]) -> None:
    """Remove the directories above these names that are empty."""
    directories = {above for name in names for above in _directories_of(name)}
    for directory in sorted(directories, key=len, reverse=True):
        with suppress(OSError):  # it is not empty, or not there
            os.rmdir(os.path.join(out, *directory.split("/")))


def _directories_of(name: str) -> Iterator[str]:
    directory = name.rpartition("/")[0]
    while directory:
        yield directory
        directory = directory.rpartition("/")[0]


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _is_same(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except OSError:
        return False
