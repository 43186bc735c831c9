"""Whether the files of an asset are what the manifest says, and each coding of it decodes to the same bytes."""

from __future__ import annotations

import hashlib
import os

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.store.listed_files import Body, NotAsListedError, check_size, missing, read_listed
from servestatic_build.verification.decoders import DECODERS, CodingError, WindowError
from servestatic_runtime import Manifest
from servestatic_runtime.format import etag
from servestatic_runtime.records import Asset, RetiredUrl, Variant

AGAIN = "copy DIST again, or compile again with --verify-content"
REPORT = "compile again with --no-cache; if that does not help, report it as a bug of servestatic-build"


def check_sizes(manifest: Manifest, entry: Asset | RetiredUrl, diagnostics: Diagnostics) -> None:
    """Add a diagnostic for each file of an entry that is missing or has another size, without reading any."""
    for variant in entry.bodies:
        check_file_size(manifest, variant, diagnostics)


def check_file_size(manifest: Manifest, variant: Variant, diagnostics: Diagnostics) -> None:
    """Add a diagnostic for a file that is missing or has another size."""
    try:
        check_size(variant, _size_of(manifest.body_path(variant)))
    except NotAsListedError as error:
        diagnostics.error(error.code, variant.file, error.message, AGAIN)


def check_bodies(
    manifest: Manifest, entry: Asset | RetiredUrl, diagnostics: Diagnostics, *, keep: bool = False
) -> bytes | None:
    """Add a diagnostic for each file of an entry that is not as the manifest says.

    Returns the bytes without a coding where they are right and were asked to be kept.
    """
    identity, codings = entry.variants[0], entry.variants[1:]
    data = None
    body = read_body(manifest, identity, diagnostics, "sha384", keep=keep or bool(codings))
    if body is not None:
        data = body.data
        if isinstance(entry, Asset) and body.hashes != (entry.digest, entry.integrity):
            message = "the manifest has another digest or integrity value than this file"
            diagnostics.error(Code.DAMAGED_MANIFEST, identity.file, message, REPORT)
    for variant in codings:
        coded = read_body(manifest, variant, diagnostics, keep=True)
        if coded is not None and coded.data is not None:
            _check_coding(identity, variant, coded.data, data, diagnostics)
    return data if keep else None


def read_body(
    manifest: Manifest, variant: Variant, diagnostics: Diagnostics, *algorithms: str, keep: bool
) -> Body | None:
    """Return a file's body; None, with a diagnostic, where it is not what its size and ETag say."""
    try:
        return read_listed(manifest.body_path(variant), variant, *algorithms, keep=keep)
    except NotAsListedError as error:
        diagnostics.error(error.code, variant.file, error.message, AGAIN)
        return None


def _size_of(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError as error:
        raise missing(error) from error


def _check_coding(
    identity: Variant, variant: Variant, body: bytes, data: bytes | None, diagnostics: Diagnostics
) -> None:
    """Add a diagnostic for a coding that a client does not decode to the bytes without one, ``data`` if they are right."""
    decode = DECODERS.get(variant.coding)
    if decode is None:
        message = f"no coding is known by the name {variant.coding}"
        diagnostics.error(Code.WRONG_CODING, variant.file, message, "upgrade servestatic-build")
        return
    try:
        decoded = decode(body, identity.size)
    except CodingError as error:
        diagnostics.error(Code.WRONG_CODING, variant.file, f"this file can't be decoded: {error}", REPORT)
    except WindowError as error:
        message = f"to decode this file a client needs a window of {error}"
        diagnostics.error(Code.LARGE_WINDOW, variant.file, message, REPORT)
    else:
        if decoded != data and etag(hashlib.sha256(decoded).digest()) != identity.etag:
            message = f"this file decodes to other bytes than those of {identity.file}"
            diagnostics.error(Code.WRONG_CODING, variant.file, message, REPORT)
