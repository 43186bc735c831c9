"""Whether the files of an asset are what the manifest says, and each coding of it decodes to the same bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

from servestatic_build.diagnostics import Code, Diagnostics
from servestatic_build.platform_files import open_regular
from servestatic_build.verification.decoders import DECODERS, CodingError, WindowError
from servestatic_runtime import Manifest
from servestatic_runtime.format import etag
from servestatic_runtime.records import Asset, RetiredUrl, Variant

_CHUNK_BYTES = 2**20
AGAIN = "copy DIST again, or compile again with --verify-content"
REPORT = "compile again with --no-cache; if that does not help, report it as a bug of servestatic-build"


class Body(NamedTuple):
    """A file's bytes, None where they were only hashed, and the hashes that were asked for, in order."""

    data: bytes | None
    size: int
    hashes: tuple[bytes, ...]


def check_sizes(manifest: Manifest, entry: Asset | RetiredUrl, diagnostics: Diagnostics) -> None:
    """Add a diagnostic for each file of an entry that is missing or has another size, without reading any."""
    for variant in entry.bodies:
        try:
            size = os.stat(manifest.body_path(variant)).st_size
        except OSError as error:
            _missing(variant, error, diagnostics)
        else:
            _check_size(variant, size, diagnostics)


def check_bodies(
    manifest: Manifest, entry: Asset | RetiredUrl, diagnostics: Diagnostics, *, keep: bool = False
) -> bytes | None:
    """Add a diagnostic for each file of an entry that is not as the manifest says.

    Returns the bytes without a coding where they are right and were asked to be kept.
    """
    identity, codings = entry.variants[0], entry.variants[1:]
    data = None
    body = read_body(manifest, identity, diagnostics, "sha256", "sha384", keep=keep or bool(codings))
    if body is not None:
        data = body.data
        if isinstance(entry, Asset) and body.hashes != (entry.digest, entry.integrity):
            message = "the manifest has another digest or integrity value than this file"
            diagnostics.error(Code.DAMAGED_MANIFEST, identity.file, message, REPORT)
    for variant in codings:
        coded = read_body(manifest, variant, diagnostics, "sha256", keep=True)
        if coded is not None and coded.data is not None:
            _check_coding(identity, variant, coded.data, data, diagnostics)
    return data if keep else None


def read_body(
    manifest: Manifest, variant: Variant, diagnostics: Diagnostics, *algorithms: str, keep: bool
) -> Body | None:
    """Return a file's body; None, with a diagnostic, where it is not what its size and ETag say."""
    try:
        with open_regular(manifest.body_path(variant)) as file:
            body = _read(file, variant.size, algorithms, keep=keep)
    except OSError as error:
        _missing(variant, error, diagnostics)
        return None
    if not _check_size(variant, body.size, diagnostics):
        return None
    if etag(body.hashes[0]) != variant.etag:
        message = "this file has other bytes than the manifest says"
        diagnostics.error(Code.DAMAGED_FILE, variant.file, message, AGAIN)
        return None
    return body


def _read(file: BinaryIO, size: int, algorithms: Iterable[str], *, keep: bool) -> Body:
    """Read a file of so many bytes, if it is right, and keep them only if asked to: a video need not be in memory."""
    hashes, read, kept = [hashlib.new(algorithm) for algorithm in algorithms], 0, []
    wanted = min(size + 1, _CHUNK_BYTES)  # one read says that a small file ends where it should
    is_end = False
    while not is_end:
        chunk = file.read(wanted)
        is_end = len(chunk) < wanted
        read += len(chunk)
        for each in hashes:
            each.update(chunk)
        if keep:
            kept.append(chunk)
    return Body(b"".join(kept) if keep else None, read, tuple(each.digest() for each in hashes))


def _missing(variant: Variant, error: OSError, diagnostics: Diagnostics) -> None:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        diagnostics.error(Code.MISSING_FILE, variant.file, "the manifest lists this file, and it is missing", AGAIN)
    else:
        diagnostics.error(Code.MISSING_FILE, variant.file, f"this file can't be read: {error.strerror}", AGAIN)


def _check_size(variant: Variant, size: int, diagnostics: Diagnostics) -> bool:
    if size != variant.size:
        message = f"this file has {size:,} bytes where the manifest says {variant.size:,}"
        diagnostics.error(Code.DAMAGED_FILE, variant.file, message, AGAIN)
    return size == variant.size


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
