"""Names in DIST: how a fingerprint stands in one, and which are our own."""

from __future__ import annotations

import re

from servestatic_runtime import paths

FINGERPRINT_DIGITS = 12

# What builds put into DIST beside the release begins so. It is hidden: never published, listed or served.
OURS = ".servestatic-build"
# What stays there behind a build: the list of its files, and the manifests of kept releases. The next one removes all else.
FILE_LIST, KEPT_RELEASES = LASTING = (f"{OURS}.files", f"{OURS}.releases")

_FINGERPRINTED = re.compile(rf"(.+)\.[0-9a-f]{{{FINGERPRINT_DIGITS}}}(\.[^.]*)?", re.DOTALL)


def with_fingerprint(path: str, digest: bytes) -> str:
    """Return a path with a hash's fingerprint before its last suffix: ``css/app.0a1b2c3d4e5f.css``."""
    return paths.with_fingerprint(path, digest.hex()[:FINGERPRINT_DIGITS])


def without_fingerprint(path: str) -> str | None:
    """Return the path that ``with_fingerprint`` would make this one of; None where its name has no fingerprint."""
    directory, slash, name = path.rpartition("/")
    match = _FINGERPRINTED.fullmatch(name)
    return match and directory + slash + match[1] + (match[2] or "")
