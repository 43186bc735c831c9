"""What a reference's text means as a URL, and the same text with another file's name in it (RFC 3986)."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

# The URL standard strips these around a URL and drops line ends and tabs inside it.
_STRIPPED = "".join(map(chr, range(0x21)))
_SAFE = "-._~!$&'()*+,;=:@"
# What a module specifier that is a URL begins with: a path, or a scheme (HTML, 8.1.6.2).
_URL_LIKE = re.compile(r"\.{0,2}/|[a-zA-Z][a-zA-Z0-9+.-]*:")
_ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)
_PATH = re.compile(r"[^?#]*")


def is_bare(specifier: str) -> bool:
    """Return whether a module specifier is no URL, so that only an import map can say what it means."""
    return not _URL_LIKE.match(specifier)


def target_path(value: str, base: str | None, origins: Collection[str] = ()) -> str | None:
    """Return the decoded URL path that a reference leads to, relative to ``base``, a decoded path.

    ``origins`` are those that serve this release (``https://www.example.com``); ``base`` is None where the document
    says that its base is elsewhere. The result is None where it can be no file of ours: another origin, a scheme of
    its own (``data:``), a bare fragment or query, nothing at all, a directory, a name with an encoded slash in it.
    """
    try:
        parts = urlsplit(value.strip(_STRIPPED))
    except ValueError:  # brackets that hold no address
        return None
    path = parts.path
    if parts.scheme or parts.netloc or value.strip(_STRIPPED).startswith("//"):
        base = "/" if _is_ours(parts, origins) else None
    if base is None or not path or _ENCODED_SLASH.search(path):
        return None
    # Some versions of urljoin lose the first slash where ".." leads above the root.
    path = "/" + unquote(urljoin(quote(base), path)).removeprefix("/")
    return None if path.endswith("/") else path


def base_path(href: str | None, path: str, origins: Collection[str] = ()) -> str | None:
    """Return the decoded path that a document at ``path`` has as its base by ``<base href>``; None for elsewhere."""
    if href is None:
        return path
    try:
        parts = urlsplit(href.strip(_STRIPPED))
    except ValueError:
        return path
    if (parts.scheme or parts.netloc) and not _is_ours(parts, origins):
        return None
    return unquote(urljoin(quote(path), parts.path))


def _is_ours(parts: SplitResult, origins: Collection[str]) -> bool:
    return any(origin == f"{parts.scheme or urlsplit(origin).scheme}://{parts.netloc}" for origin in origins)


def renamed(value: str, old: str, new: str) -> str:
    """Return a reference to the path ``old`` made one to ``new``: both decoded, both in the same directory."""
    match = _PATH.match(value)
    assert match is not None, "the pattern matches the empty string"
    directory, slash, segment = match[0].rpartition("/")
    old_name, new_name = (path.rpartition("/")[2] for path in (old, new))
    # A fingerprint adds nothing that needs encoding: a name that stands there as it is may stay so.
    name = new_name if segment == old_name else quote(new_name, safe=_SAFE)
    return directory + slash + name + value[match.end() :]
