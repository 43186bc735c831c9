"""A release takes the place of another one in DIST: what has to be noted before, so that nothing gets lost."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from servestatic_build.releases.listed_release import ListedRelease
from servestatic_build.store.file_list import PLAIN_NAME, UNDER_WAY, UNKNOWN_RELEASE, FileEntries, FileList, Unlisted
from servestatic_build.store.kept_releases import drop_manifests, keep_manifest
from servestatic_build.store.own_files import OwnFiles
from servestatic_build.store.staging import Staging
from servestatic_runtime.format import MANIFEST_NAME
from servestatic_runtime.platform_files import file_signature


@contextmanager
def succession(
    out: str, live: OwnFiles, release: ListedRelease, new: Iterable[str], staging: Staging
) -> Iterator[OwnFiles]:
    """Note what leads from the live release to the one that the block publishes; raise OSError.

    Yields what the latter tells of DIST's files.

    ``new`` are the names in DIST of the files that the block brings in. DIST's lock is held. If the block fails before the
    manifest is there, DIST is as it was.
    """
    path = os.path.join(out, MANIFEST_NAME)
    following = OwnFiles(out, release)
    files, entries = FileList(out), _entries(live, following, new, int(time.time()))
    before = file_signature(path)
    try:
        files.write(entries, staging.modes.file)
        following.recorded = entries
        _keep(out, live, following, staging)
        yield following
    except BaseException:
        if file_signature(path) == before:
            with suppress(OSError):
                drop_manifests(out, live.releases[1:])
            with suppress(OSError):  # on a full disk it stays: it says more than it has to
                files.write(_undone(live, entries), staging.modes.file)
        raise


def _entries(live: OwnFiles, following: OwnFiles, new: Iterable[str], now: int) -> FileEntries:
    """Return the list for the time from the first new file to the manifest, and for ever if that does not come."""
    release = following.releases[0]
    recorded = {name: entry or Unlisted(now, UNKNOWN_RELEASE) for name, entry in live.recorded.items()}
    incoming = {name: Unlisted(now, release) for name in new}
    leaving = {name: Unlisted(now, last) for name, last in live.listed.items() if name not in following.listed}
    plain = {name: Unlisted(now, PLAIN_NAME) for name in live.plain_names if name not in following.plain_names}
    entries: dict[str, Unlisted | None] = {**incoming, **recorded}
    for name in live.listed:
        entries.pop(name, None)
    return {**following.to_record, **entries, **leaving, **plain, UNDER_WAY: Unlisted(now, release)}


def _undone(live: OwnFiles, entries: FileEntries) -> FileEntries:
    """Return the list after a failure: as it was before, but for new files that could not be taken back."""
    known = live.recorded.keys() | live.listed.keys() | live.plain_names.keys() | {UNDER_WAY}
    left = {name: entry for name, entry in entries.items() if name not in known and os.path.lexists(live.path(name))}
    return {**live.recorded, **left}


def _keep(out: str, live: OwnFiles, following: OwnFiles, staging: Staging) -> None:
    """Keep the manifest that is replaced, if the following one keeps its release."""
    release = live.releases[0]
    if release in following.releases[1:]:
        with open(os.path.join(out, MANIFEST_NAME), "rb") as file:
            copy = staging.write([file.read()]).path
        keep_manifest(out, release, copy)
