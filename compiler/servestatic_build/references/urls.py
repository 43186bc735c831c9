"""What a reference's text means as a URL, and the same text with another file's name in it (RFC 3986)."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import SplitResult, unquote, urlsplit

# The URL standard strips these around a URL and drops line ends and tabs inside it.
_STRIPPED = "".join(map(chr, range(0x21)))
# What a module specifier that is a URL begins with: a path, or a scheme (HTML, 8.1.6.2).
_URL_LIKE = re.compile(r"\.{0,2}/|[a-zA-Z][a-zA-Z0-9+.-]*:")
_ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)
_DOT = re.compile(r"\.|%2e", re.IGNORECASE)
# To browsers a backslash before the query is a slash (URL standard, 4.4).
_PATH = re.compile(r"((?:[^?#]*[/\\])?)([^?#]*)")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
# A <base> with one of these counts for nothing (HTML 4.2.3).
_NO_BASE = frozenset({"data", "javascript"})


def is_bare(specifier: str) -> bool:
    """Return whether a module specifier is no URL, so that only an import map can say what it means."""
    return not _URL_LIKE.match(specifier)


def target_path(value: str, base: str | None, origins: Collection[str] = ()) -> str | None:
    """Return the decoded URL path that a reference leads to, relative to ``base``, a decoded path.

    ``origins`` are those that serve this release (``https://www.example.com``); ``base`` is None where the document
    says that its base is elsewhere. The result is None where it can be no file of ours: another origin, a scheme of
    its own (``data:``), a bare fragment or query, nothing at all, a directory, a name with an encoded slash in it.
    """
    value = _with_slashes(value.strip(_STRIPPED))
    try:
        parts = urlsplit(value)
    except ValueError:  # brackets that hold no address
        return None
    path = parts.path
    if parts.scheme or parts.netloc or value.startswith("//"):
        base = "/" if _is_ours(parts, origins) else None
    if base is None or not path or _ENCODED_SLASH.search(path):
        return None
    path = _resolved(base, path)
    return None if path.endswith("/") else path


def base_path(href: str | None, path: str, origins: Collection[str] = ()) -> str | None:
    """Return the decoded path that a document at ``path`` has as its base by ``<base href>``; None for elsewhere."""
    if href is None:
        return path
    try:
        parts = urlsplit(_with_slashes(href.strip(_STRIPPED)))
    except ValueError:
        return path
    if parts.scheme in _NO_BASE:
        return path
    if (parts.scheme or parts.netloc) and not _is_ours(parts, origins):
        return None
    return _resolved(path, parts.path) if parts.path else path


def _resolved(base: str, path: str) -> str:
    """Return the decoded path that ``path`` leads to from ``base``, a decoded one (URL standard, "path state").

    (urljoin drops a ";" at the end, and an empty segment.)
    """
    resolved = [] if path.startswith("/") else base.split("/")[1:-1]
    segments = [unquote(segment) for segment in path.removeprefix("/").split("/")]
    for segment in segments:
        if segment == "..":
            del resolved[-1:]
        elif segment != ".":
            resolved.append(segment)
    ends_in_dots = segments[-1] in {".", ".."} and resolved
    return "/" + "/".join(resolved) + ("/" if ends_in_dots else "")


def _with_slashes(url: str) -> str:
    if "\\" not in url:
        return url
    path = _path(url)
    return path[0].replace("\\", "/") + url[path.end() :]


def _path(url: str) -> re.Match[str]:
    match = _PATH.match(url)
    assert match is not None, "the pattern matches the empty string"
    return match


def _is_ours(parts: SplitResult, origins: Collection[str]) -> bool:
    ours = (urlsplit(origin) for origin in origins)
    return any(_origin(parts, origin.scheme) == _origin(origin, origin.scheme) for origin in ours)


def _origin(parts: SplitResult, scheme: str) -> tuple[str, str]:
    """Return the scheme (``scheme`` if there is none) and the host with its port, unless that goes without saying."""
    scheme = parts.scheme or scheme
    host = parts.netloc.lower()
    return scheme, host.removesuffix(_DEFAULT_PORTS[scheme]) if scheme in _DEFAULT_PORTS else host


def renamed(value: str, old: str, new: str) -> str:
    """Return a reference to the path ``old`` made one to ``new``, which has something more before its last dot.

    All that is written stays as it is: written another way it may mean something else in its place (``%3A`` in a first
    segment, ``%2C`` at the end of an image candidate).
    """
    old_name, new_name = (path.rpartition("/")[2] for path in (old, new))
    stem, dot, _ = old_name.rpartition(".")
    before = len(stem) if dot else len(old_name)
    path = _path(value)
    dots = [match.start() for match in _DOT.finditer(value, path.start(2), path.end())]
    place = dots[-1] if dots else min(path.end(), len(value.rstrip(_STRIPPED)))
    return value[:place] + new_name[before : before + len(new_name) - len(old_name)] + value[place:]
