"""``servestatic-manifest rollback``: make a release that DIST keeps current again. It needs the extra [build]."""

from __future__ import annotations

import os
from collections.abc import Iterator

from servestatic_build.extra import extra_needed
from servestatic_runtime import Manifest
from servestatic_runtime.printable import printable


def rollback(dist: str, name: str) -> Iterator[str]:
    """Yield the line about what is current then; raise ManifestError and MissingExtraError."""
    with extra_needed(purpose="To roll back"):
        from servestatic_build.releases.history import Clock  # noqa: PLC0415 - needs the extra
        from servestatic_build.settings.source_date_epoch import source_date_epoch  # noqa: PLC0415 - only here
        from servestatic_build.store.rollback import roll_back  # noqa: PLC0415 - needs the extra
    release = roll_back(os.path.dirname(Manifest.open(dist).path), name, Clock(source_date_epoch()))
    label = f" ({printable(release.label)})" if release.label else ""
    yield f"release {release.id}{label} is current"
