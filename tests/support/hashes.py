"""Hashes as pages write them (Subresource Integrity)."""

from __future__ import annotations

import hashlib
from base64 import b64encode


def integrity(data: str | bytes, algorithm: str = "sha384") -> str:
    """Return what an integrity attribute says of the data."""
    data = data.encode() if isinstance(data, str) else data
    return f"{algorithm}-{b64encode(hashlib.new(algorithm, data).digest()).decode()}"
