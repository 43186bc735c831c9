"""Whether each delta leads from the earlier file that it names to its asset (RFC 9842)."""

from __future__ import annotations

from collections.abc import Mapping

from servestatic_build.codecs import dcz
from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.verification.bodies import REPORT, read_body
from servestatic_runtime import Manifest
from servestatic_runtime.format import etag
from servestatic_runtime.records import Asset, Delta, Variant


def dictionaries(manifest: Manifest) -> Mapping[str, Variant]:
    """Return the files of earlier releases by their ETags."""
    return {retired.variants[0].etag: retired.variants[0] for retired in manifest.retired()}


def check_deltas(
    manifest: Manifest, asset: Asset, data: bytes, earlier: Mapping[str, Variant], diagnostics: Diagnostics
) -> None:
    """Add a diagnostic for each delta that a client does not decode to the asset's bytes, ``data``."""
    for delta in asset.deltas:
        coded = read_body(manifest, delta.variant, diagnostics, keep=True)
        if coded is not None and coded.data is not None:
            _check(manifest, delta, coded.data, data, earlier.get(etag(delta.dictionary)), diagnostics)


def _check(
    manifest: Manifest, delta: Delta, coded: bytes, data: bytes, earlier: Variant | None, diagnostics: Diagnostics
) -> None:
    if earlier is None:
        message = "this delta leads from a file that no kept release has"
        diagnostics.error(Code.WRONG_CODING, delta.variant.file, message, REPORT)
        return
    dictionary = read_body(manifest, earlier, Diagnostics(), keep=True)
    if dictionary is None or dictionary.data is None:
        return  # which is said of that file
    try:
        is_right = dcz.decode(coded, dictionary.data) == data
    except ValueError as error:
        diagnostics.error(Code.WRONG_CODING, delta.variant.file, f"this delta can't be decoded: {error}", REPORT)
        return
    if not is_right:
        message = "this delta leads to other bytes than those of its asset"
        diagnostics.error(Code.WRONG_CODING, delta.variant.file, message, REPORT)
