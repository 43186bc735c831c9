"""How a fingerprint stands in a name."""

from __future__ import annotations

FINGERPRINT_DIGITS = 12


def with_fingerprint(path: str, digest: bytes) -> str:
    """Return a path with a hash's fingerprint before its last suffix: ``css/app.0a1b2c3d4e5f.css``."""
    fingerprint = digest.hex()[:FINGERPRINT_DIGITS]
    directory, slash, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    return directory + slash + (f"{stem}.{fingerprint}.{suffix}" if dot else f"{name}.{fingerprint}")
