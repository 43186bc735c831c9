"""The DISTs that ``previous`` names: what each is, and what its manifest tells."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from servestatic_build.carrying.members import Member, UnreadableError, is_archive, members
from servestatic_build.carrying.stored_files import ArchiveFiles, DirectoryFiles, StoredFiles
from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.releases.history import History, history_of
from servestatic_build.releases.manifest_records import ManifestRecords
from servestatic_build.releases.previous import PreviousRelease
from servestatic_build.settings.output import begins_like_manifest
from servestatic_runtime import ManifestError
from servestatic_runtime.format import MANIFEST_NAME

_LARGEST = 2**32 - 1  # of a manifest: its format counts in 32 bits
_NO_PATH_HINT = "correct the path; where there is no earlier release yet, make an empty directory there"
_NO_DIST_HINT = "name a DIST, its manifest beside its files, or a tar or zip archive of a DIST"
_DAMAGED_HINT = "store DIST again, or compile once without --previous: the URLs of earlier releases answer 404 then"


class GivenDist(NamedTuple):
    """A DIST whose release comes before the one that is built, from the settings for ``carry``."""

    path: str  # as it was given
    release: ManifestRecords
    past: History
    files: StoredFiles


@contextmanager
def open_given(paths: Sequence[str], diagnostics: Diagnostics) -> Iterator[tuple[GivenDist, ...]]:
    """Open the DISTs that settings name, as long as the block runs. What is none is an error."""
    if not paths:
        yield ()
        return
    with tempfile.TemporaryDirectory(prefix="servestatic-") as scratch:
        opened = [
            _opened(path, os.path.join(scratch, f"{number}{MANIFEST_NAME}"), diagnostics)
            for number, path in enumerate(paths)
        ]
        given = tuple(dist for dist in opened if dist is not None)
        yield given


def latest_release(given: Sequence[GivenDist]) -> PreviousRelease:
    """Return the newest of the current releases, one without assets where there is none."""
    if not given:
        return PreviousRelease()
    return PreviousRelease(max(given, key=lambda dist: dist.past.releases[0].time).release)


def _opened(path: str, scratch: str, diagnostics: Diagnostics) -> GivenDist | None:
    """Return the DIST at a path. ``scratch`` is where an archive's manifest may go."""
    try:
        place = _place(path, scratch)
        if place is None:
            message = "this directory is empty, so no URLs of an earlier release are kept"
            diagnostics.note(Code.NO_PREVIOUS_RELEASE, path, message)
            return None
        manifest_path, files = place
        release = ManifestRecords.open(manifest_path)
        return GivenDist(path, release, history_of(release), files)
    except _NoDistError as error:
        diagnostics.error(Code.INVALID_PREVIOUS, path, *error.args)
    except UnreadableError as error:
        diagnostics.error(Code.INVALID_PREVIOUS, path, str(error), _DAMAGED_HINT)
    except ManifestError as error:
        diagnostics.error(Code.INVALID_PREVIOUS, path, f"its manifest can't be used: {error.problem}", _DAMAGED_HINT)
    return None


class _NoDistError(Exception):
    """A path that leads to no DIST: what is wrong, and what to do."""


def _place(path: str, scratch: str) -> tuple[str, StoredFiles] | None:
    """Return the manifest of the DIST at a path, and its files; None for an empty directory."""
    if os.path.isdir(path):
        manifest = os.path.join(path, MANIFEST_NAME)
        if os.path.lexists(manifest):
            return manifest, DirectoryFiles(path)
        if any(not name.startswith(".") for name in os.listdir(path)):
            raise _NoDistError(f"this directory has no {MANIFEST_NAME}, so it is no DIST", _NO_DIST_HINT)
        return None
    if not os.path.lexists(path):
        raise _NoDistError("there is no such file or directory", _NO_PATH_HINT)
    if begins_like_manifest(path):
        return path, DirectoryFiles(os.path.dirname(path))
    if not is_archive(path):
        raise _NoDistError("this file is neither a manifest nor an archive that can be read", _NO_DIST_HINT)
    return scratch, ArchiveFiles(path, _root_in_archive(path, scratch))


def _root_in_archive(path: str, scratch: str) -> str:
    """Write the manifest in an archive to a file, and return what its name begins with: "" or a directory's, with slash.

    Of several it is the one that lies highest: further down there may be files that are published under this name.
    Damage behind it is told of each file that is lost.
    """
    root: str | None = None
    try:
        for member in members(path):
            above, slash, name = member.name.rpartition("/")
            if name == MANIFEST_NAME and (root is None or member.name.count("/") <= root.count("/")):
                root = above + slash
                _write_manifest(member, scratch)
    except UnreadableError:
        if root is None:
            raise
    if root is None:
        raise _NoDistError(f"this archive has no {MANIFEST_NAME}, so it holds no DIST", _NO_DIST_HINT)
    return root


def _write_manifest(member: Member, scratch: str) -> None:
    if member.size > _LARGEST:
        raise UnreadableError("its manifest is larger than a manifest can be")
    with open(scratch, "wb") as file:
        file.writelines(member.chunks())
