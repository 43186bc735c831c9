"""The manifests of earlier releases, which DIST keeps so that these can be compared, and made current again.

They lie in a hidden directory, each under the id of its release, as they were when the release was replaced.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress

from servestatic_build.names import KEPT_RELEASES
from servestatic_build.platform_files import delete_file, replace_file, sync_directory, sync_file
from servestatic_runtime import Manifest, ManifestError
from servestatic_runtime.errors import Hint
from servestatic_runtime.format import ReleaseRecord

_SUFFIX = ".msgpack"


def keep_manifest(out: str, release: str, staged_copy: str) -> None:
    """Put a copy of the manifest where that of an earlier release is; raise OSError. DIST's lock is held."""
    path = _path(out, release)
    with suppress(FileExistsError):
        os.mkdir(os.path.dirname(path))
    sync_file(staged_copy)
    replace_file(staged_copy, path)
    sync_directory(os.path.dirname(path))
    sync_directory(out)


def drop_manifests(out: str, kept: Collection[str]) -> None:
    """Delete the manifests of other releases than these; raise OSError. DIST's lock is held."""
    directory = os.path.join(out, KEPT_RELEASES)
    with suppress(FileNotFoundError):
        for name in os.listdir(directory):
            if name.removesuffix(_SUFFIX) not in kept:
                delete_file(os.path.join(directory, name))
        if not kept:
            os.rmdir(directory)


def find_release(manifest: Manifest, name: str) -> ReleaseRecord:
    """Return the release that has this id, label or beginning of an id; raise ManifestError unless it is one."""
    releases = manifest.releases()
    found = [each for each in releases if name in {each.id, each.label}]
    found = found or [each for each in releases if name and each.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    problem = f"more than one release is called {name}" if found else f"no release {name} is kept"
    raise ManifestError(manifest.path, problem, Hint(f"these are: {_listed(found or releases)}"))


def open_release(dist: str, name: str | None) -> Manifest:
    """Open the manifest of a kept release by its id or label, the current one without; raise ManifestError.

    Its files are those of DIST.
    """
    manifest = Manifest.open(dist)
    if name is None:
        return manifest
    release = find_release(manifest, name)
    return manifest if release.replaced is None else open_kept(manifest, release)


def open_previous(dist: str) -> Manifest:
    """Open the manifest of the release that the current one has replaced; raise ManifestError."""
    manifest = Manifest.open(dist)
    earlier = manifest.releases()[1:]
    if not earlier:
        raise ManifestError(manifest.path, "no earlier release is kept", Hint("compare it with another DIST"))
    return open_kept(manifest, earlier[0])


def open_kept(manifest: Manifest, release: ReleaseRecord) -> Manifest:
    """Open the manifest of an earlier release; raise ManifestError where DIST has it no more."""
    path = _path(manifest.root, release.id)
    try:
        kept = Manifest.open(path)
    except ManifestError as error:
        if not error.is_absence:
            raise
        hint = Hint("compile the sources of that release again, into the same DIST")
        raise ManifestError(path, f"DIST keeps only the URLs of release {release.id}", hint) from error
    kept.root = manifest.root
    return kept


def is_kept(out: str, release: ReleaseRecord) -> bool:
    """Return whether DIST has the manifest of an earlier release."""
    return os.path.isfile(_path(out, release.id))


def _path(out: str, release: str) -> str:
    return os.path.join(out, KEPT_RELEASES, release + _SUFFIX)


def _listed(releases: Collection[ReleaseRecord]) -> str:
    return ", ".join(each.id + f" ({each.label})" * bool(each.label) for each in releases) or "none"
