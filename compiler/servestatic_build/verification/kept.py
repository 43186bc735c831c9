"""Whether what only a rollback needs is whole: manifests of earlier releases in DIST, and files that no other one lists."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.store.kept_releases import is_kept, open_kept
from servestatic_build.verification.bodies import check_file_size, read_body
from servestatic_build.verification.manifest_bytes import check_manifest
from servestatic_runtime import Manifest, ManifestError

_HINT = "copy DIST again; until then this release can't be made current again, and all others can"


def check_kept(manifest: Manifest, listed: Collection[str], diagnostics: Diagnostics, *, reads: bool) -> None:
    """Add a diagnostic for each file of an earlier release that is not as its manifest says, but for those ``listed``.

    Only their sizes are looked at unless they are to be read.
    """
    seen = set(listed)
    for kept in _kept(manifest, diagnostics):
        for variant in (body for asset in kept for body in asset.bodies):
            if variant.file not in seen:
                seen.add(variant.file)
                if reads:
                    read_body(kept, variant, diagnostics, keep=False)
                else:
                    check_file_size(kept, variant, diagnostics)


def _kept(manifest: Manifest, diagnostics: Diagnostics) -> Iterator[Manifest]:
    """Yield the manifests that DIST has of earlier releases, and that are whole."""
    for release in manifest.releases()[1:]:
        if is_kept(manifest.root, release):
            try:
                kept = open_kept(manifest, release)
            except ManifestError as error:
                diagnostics.error(Code.DAMAGED_MANIFEST, error.path, error.problem, _HINT)
                continue
            if check_manifest(kept, diagnostics, _HINT):
                yield kept
