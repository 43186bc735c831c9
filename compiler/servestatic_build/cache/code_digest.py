"""Which code made what the cache holds: facts that other code found count for nothing."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib.metadata import version

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@cache
def code_digest() -> bytes:
    """Return a hash of the compiler's modules; of its version where they are not there as files."""
    digest = hashlib.sha256(version("servestatic-build").encode())
    for directory, names, files in os.walk(_PACKAGE):
        names.sort()
        for name in sorted(name for name in files if name.endswith(".py")):
            with open(os.path.join(directory, name), "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.digest()
