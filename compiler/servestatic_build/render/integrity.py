"""What a page says of the bytes that it refers to (Subresource Integrity)."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable

_HASH = re.compile(r"(?<!\S)(sha(?:256|384|512))-([A-Za-z0-9+/_-]+={0,2})(?=\s|\?|\Z)", re.IGNORECASE)
_URL_SAFE = str.maketrans("-_", "+/")


def renewed(metadata: str, source: Callable[[str], bytes], final: Callable[[str], bytes]) -> str | None:
    """Return the metadata of an integrity attribute for a file that was compiled.

    ``source`` and ``final`` give a hash of the file's bytes before and after, by algorithm. Every hash of the source
    becomes one of what it became; the others, maybe of other versions, and the options stay. The result is None where
    the metadata names neither, as a browser judges: it minds the strongest algorithm only (SRI, "Get the strongest
    metadata"). Metadata without a hash that it knows lets any bytes pass.
    """
    hashes = _HASH.findall(metadata)
    strongest = max((algorithm.lower() for algorithm, _ in hashes), default="")
    minded = [(algorithm, text) for algorithm, text in hashes if algorithm.lower() == strongest]
    if any(_names(*each, source) for each in minded):
        return _HASH.sub(lambda match: _replaced(match, source, final), metadata)
    return metadata if not hashes or any(_names(*each, final) for each in minded) else None


def _replaced(match: re.Match[str], source: Callable[[str], bytes], final: Callable[[str], bytes]) -> str:
    algorithm, text = match.groups()
    return f"{algorithm}-{_base64(final(algorithm.lower()))}" if _names(algorithm, text, source) else match[0]


def _names(algorithm: str, text: str, digest: Callable[[str], bytes]) -> bool:
    return text.translate(_URL_SAFE).rstrip("=") == _base64(digest(algorithm.lower())).rstrip("=")


def _base64(digest: bytes) -> str:
    return b64encode(digest).decode()
