"""``servestatic-manifest prune``: delete from DIST what no kept release needs. It needs the extra [build]."""

from __future__ import annotations

import os
from collections.abc import Iterator

from servestatic_build.extra import extra_needed
from servestatic_runtime import Manifest
from servestatic_runtime.printable import printable


def prune(dist: str, grace_minutes: int | None, *, dry_run: bool, verbose: bool) -> Iterator[str]:
    """Yield the lines about what is deleted, or would be; raise ManifestError and MissingExtraError."""
    with extra_needed(purpose="To delete files"):
        from servestatic_build.store import prune as store  # noqa: PLC0415 - needs the extra
        from servestatic_build.store.own_files import OwnFiles  # noqa: PLC0415 - needs the extra
    out = os.path.dirname(Manifest.open(dist).path)
    grace = store.GRACE_MINUTES if grace_minutes is None else grace_minutes
    names = store.prune(out, grace_minutes=grace, dry_run=dry_run)
    for name in names if dry_run or verbose else ():
        yield printable(name)
    for name in OwnFiles.of_dist(out).foreign() if verbose else ():
        yield f"{printable(name)}: left alone, no release has listed it"
    count = f"{len(names):,} {'file' if len(names) == 1 else 'files'}"
    yield f"{count} {'to delete' if dry_run else 'deleted'}, which no kept release needs"
