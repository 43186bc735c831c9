"""Make an earlier release of DIST current again. Its files are there: one rename of the manifest is all."""

from __future__ import annotations

import errno
import os
import stat

from servestatic_build.platform_files import Modes
from servestatic_build.releases.content import content_of_manifest
from servestatic_build.releases.history import Clock, Keep, history_of, next_history
from servestatic_build.releases.listed_release import NextRelease
from servestatic_build.releases.manifest_records import ManifestRecords
from servestatic_build.releases.manifest_writer import manifest_bytes
from servestatic_build.store.kept_releases import find_release, open_kept
from servestatic_build.store.layout import Layout
from servestatic_build.store.locks import locked_output
from servestatic_build.store.own_files import OwnFiles
from servestatic_build.store.plain_names import PlainNames, names_of_release
from servestatic_build.store.prune import NO_END_OF_GRACE, Pruning
from servestatic_build.store.publish import publish
from servestatic_build.store.staging import Staging, staging_in
from servestatic_build.store.succession import succession
from servestatic_runtime import Manifest
from servestatic_runtime.format import MANIFEST_NAME, ReleaseRecord


def roll_back(out: str, name: str, clock: Clock) -> ReleaseRecord:
    """Make the release with this id or label current, and return it. The URLs of the one before stay served as retired.

    Nothing expires by it. Raises ManifestError where there is no such release, OSError where one of its files is missing;
    then nothing has changed.
    """
    find_release(Manifest.open(out), name)  # before anything is written where there is no release
    with staging_in(out, _modes(out)) as staging, locked_output(out):
        live = ManifestRecords.open(out)
        release = find_release(live.manifest, name)
        is_live = release.replaced is None
        kept = live.manifest if is_live else open_kept(live.manifest, release)
        following = _following(live, kept, clock)
        own = OwnFiles(out, live)
        plain_names = PlainNames(names_of_release(following), Layout(out, kept.root_url), own)
        for path, _ in plain_names.foreign():
            raise FileExistsError(errno.EEXIST, "this file, which no build wrote, has the plain name of another", path)
        if not is_live:
            _publish(own, kept, following, staging)
        plain_names.publish(staging)
        Pruning(out, OwnFiles.of_dist(out), NO_END_OF_GRACE, publication_ended=True).delete()
    return release


def _publish(own: OwnFiles, kept: Manifest, following: NextRelease, staging: Staging) -> None:
    _require_files(kept)
    document = manifest_bytes(following.content, following.history)
    with succession(kept.root, own, following, (), staging):
        publish((), document, Layout(kept.root, kept.root_url), staging)


def _following(live: ManifestRecords, kept: Manifest, clock: Clock) -> NextRelease:
    """Return the release: all that the kept manifest says of its own, and the past that the live one knows."""
    content = content_of_manifest(kept)
    past = history_of(live, content)
    history = next_history(content, [past], Keep(len(past.releases), 0), clock)
    retired = {url.variants[0].etag for url in history.retired}
    return NextRelease(content.with_deltas_of(kept, retired), history)


def _require_files(kept: Manifest) -> None:
    """Raise OSError for a file of a release that is missing, or has another size."""
    for asset in kept:
        for variant in asset.variants:
            path = kept.body_path(variant)
            if os.stat(path).st_size != variant.size:
                raise OSError(errno.EIO, "this file has another size than the manifest says", path)


def _modes(out: str) -> Modes:
    """Return the permissions that the release in DIST has."""
    manifest = stat.S_IMODE(os.stat(os.path.join(out, MANIFEST_NAME)).st_mode)
    return Modes(manifest | stat.S_IWUSR, stat.S_IMODE(os.stat(out).st_mode))
