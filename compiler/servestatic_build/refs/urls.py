"""What a reference's text means as a URL, and the same text with another file's name in it (RFC 3986)."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urljoin, urlsplit

# The URL standard strips these around a URL and drops line ends and tabs inside it.
_STRIPPED = "".join(map(chr, range(0x21)))
_SAFE = "-._~!$&'()*+,;=:@"
_ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)
_PATH = re.compile(r"[^?#]*")


def target_path(value: str, base: str) -> str | None:
    """Return the decoded URL path that a reference in the file at ``base`` (a decoded path) leads to.

    None where that can be no file of ours: another origin, a scheme of its own (``data:``), a bare fragment or
    query, nothing at all, a directory, or a name with an encoded slash in it.
    """
    try:
        parts = urlsplit(value.strip(_STRIPPED))
    except ValueError:  # brackets that hold no address
        return None
    if parts.scheme or parts.netloc or not parts.path or value.strip(_STRIPPED).startswith("//"):
        return None
    if _ENCODED_SLASH.search(parts.path):
        return None
    # Some versions of urljoin lose the first slash where ".." leads above the root.
    path = "/" + unquote(urljoin(quote(base), parts.path)).removeprefix("/")
    return None if path.endswith("/") else path


def renamed(value: str, old: str, new: str) -> str:
    """Return a reference to the path ``old`` made one to ``new``: both decoded, both in the same directory."""
    match = _PATH.match(value)
    assert match is not None, "the pattern matches the empty string"
    directory, slash, segment = match[0].rpartition("/")
    old_name, new_name = (path.rpartition("/")[2] for path in (old, new))
    # A fingerprint adds nothing that needs encoding: a name that stands there as it is may stay so.
    name = new_name if segment == old_name else quote(new_name, safe=_SAFE)
    return directory + slash + name + value[match.end() :]
