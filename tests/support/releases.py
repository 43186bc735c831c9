"""Views of what the compiler wrote and found, made to be compared."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from servestatic_build.model import Extraction
from servestatic_runtime import Manifest
from servestatic_runtime.format import etag

_FINGERPRINT = re.compile(rb"\.[0-9a-f]{12}(?![0-9a-f])")


def unfingerprinted(data: bytes) -> bytes:
    """Return the data with ``#`` for every fingerprint, so that a test can write down what it expects."""
    return _FINGERPRINT.sub(b".#", data)


def snapshot(root: Path) -> dict[str, bytes]:
    """Return every file below a directory, hidden ones too; empty directories end in a slash."""
    return {
        str(path.relative_to(root)) + "/" * path.is_dir(): b"" if path.is_dir() else path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() or not any(path.iterdir())
    }


def release(dist: Path) -> dict[str, str]:
    """Return the URL of each logical name, after a check that every listed file has the listed bytes."""
    manifest = Manifest.open(dist)
    for asset in manifest:
        for variant in asset.variants:
            data = (dist / variant.file).read_bytes()
            assert (len(data), etag(hashlib.sha256(data).digest())) == (variant.size, variant.etag), variant.file
    return {asset.name: asset.url for asset in manifest}


def assert_sound(extraction: Extraction, data: bytes) -> None:
    """Check what every extractor promises: spans ascend, lie inside the data and do not overlap."""
    assert [*extraction.references] == sorted(extraction.references, key=lambda reference: reference.start)
    hashes = (reference.integrity for reference in extraction.references if reference.integrity)
    position = 0
    for text in sorted([*extraction.references, *hashes], key=lambda text: text.start):
        assert position <= text.start <= text.end <= len(data)
        position = text.end
    for part in extraction.unreadable:
        assert 0 <= part.start <= len(data)
