"""``servestatic-manifest releases``: the releases whose URLs DIST serves."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Container, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from servestatic_build.inspection.json_view import as_json_text
from servestatic_build.store.file_list import FileList
from servestatic_build.store.kept_releases import is_kept
from servestatic_runtime import Manifest
from servestatic_runtime.format import ReleaseRecord
from servestatic_runtime.platform_files import native_path
from servestatic_runtime.printable import printable


def releases(dist: str, *, as_json: bool) -> Iterator[str]:
    """Yield the lines about the current release, then the earlier ones, the newest first; raise ManifestError."""
    data = _data(Manifest.open(dist))
    if as_json:
        yield as_json_text({"releases": data})
        return
    for release in data:
        state = f"replaced {_shown(release['replaced'])}" if release["replaced"] is not None else "current"
        state += "" if release["rollback"] else ", its URLs only"
        label = f"  {printable(release['label'])}" if release["label"] else ""
        yield f"{release['id']}  {_shown(release['time'])}  {release['urls']:,} URLs, {release['bytes']:,} bytes  {state}{label}"


def _data(manifest: Manifest) -> list[dict[str, Any]]:
    """Return the releases; of an earlier one the URLs and bytes that are kept for it and those before it alone.

    ``rollback`` says whether it can be made current again.
    """
    urls: dict[int, int] = defaultdict(int)
    files: dict[int, dict[str, int]] = defaultdict(dict)
    for asset in manifest:
        urls[0] += 1
        files[0] |= {variant.file: variant.size for variant in asset.variants}
    for retired in manifest.retired():
        urls[retired.release] += 1
        files[retired.release] |= {
            variant.file: variant.size for variant in retired.variants if variant.file not in files[0]
        }
    releases = manifest.releases()
    for place, release in enumerate(releases):
        files[place] |= _sizes(manifest, release, {*files[0], *files[place]})
    return [
        {
            **release._asdict(),
            "urls": urls[place],
            "bytes": sum(files[place].values()),
            "rollback": release.replaced is None or is_kept(manifest.root, release),
        }
        for place, release in enumerate(releases)
    ]


def _sizes(manifest: Manifest, release: ReleaseRecord, known: Container[str]) -> dict[str, int]:
    """Return the sizes of the files that stay for a release to be rolled back to, though it has no URL of theirs now."""
    sizes = {}
    for name, entry in FileList(manifest.root).read().items():
        if entry and entry.release == release.id and name not in known:
            with suppress(OSError):
                sizes[name] = os.stat(native_path(f"{manifest.root}/{name}")).st_size
    return sizes


def _shown(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
