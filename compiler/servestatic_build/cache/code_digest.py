"""Which code made what the cache holds: facts that other code found count for nothing."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from itertools import chain

import servestatic_runtime

_PACKAGES = tuple(
    os.path.dirname(os.path.abspath(path)) for path in (os.path.dirname(__file__), servestatic_runtime.__file__)
)


@cache
def code_digest() -> bytes:
    """Return a hash of the modules of both packages; of their version where they are not there as files."""
    digest, modules = hashlib.sha256(), 0
    for directory, names, files in chain.from_iterable(map(os.walk, _PACKAGES)):
        names.sort()
        for name in sorted(name for name in files if name.endswith(".py")):
            with open(os.path.join(directory, name), "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
            modules += 1
    if not modules:
        from importlib.metadata import version  # noqa: PLC0415 - to import it takes longer than to read all modules

        digest.update(version("servestatic-build").encode())
    return digest.digest()
