"""``servestatic-manifest prune``: delete from DIST what its release does not list. It needs the extra [build]."""

from __future__ import annotations

import os
from collections.abc import Iterator

from servestatic_build.extra import extra_needed
from servestatic_runtime import Manifest
from servestatic_runtime.printable import printable


def prune(dist: str, *, dry_run: bool) -> Iterator[str]:
    """Yield the lines about what is deleted, or would be; raise ManifestError and MissingExtraError."""
    with extra_needed(purpose="To delete files"):
        from servestatic_build.store.prune import prune as pruned  # noqa: PLC0415 - needs the extra
    manifest = Manifest.open(dist)
    names = pruned(os.path.dirname(manifest.path), dry_run=dry_run)
    for name in names if dry_run else ():
        yield printable(name)
    count = f"{len(names):,} {'file' if len(names) == 1 else 'files'}"
    yield f"{count} {'to delete' if dry_run else 'deleted'}, which no kept release lists"
