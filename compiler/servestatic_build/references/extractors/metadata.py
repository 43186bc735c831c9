"""What a page says about itself: how its <link> and <meta> elements need what they name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from servestatic_build.model import ReferenceKind, WrittenText
from servestatic_build.text import as_text

# What a browser loads, and what other programs know as an image or a manifest; any other link is for a person or a
# program to follow, if it leads to a file at all.
_LOADED = frozenset(
    (
        *("apple-touch-icon", "apple-touch-icon-precomposed", "apple-touch-startup-image", "compression-dictionary"),
        *("fluid-icon", "icon", "image_src", "manifest", "mask-icon", "modulepreload", "prefetch", "preload"),
        *("prerender", "stylesheet", "stylesheet/less", "subresource"),
    )
)
_ORIGINS = frozenset({"dns-prefetch", "preconnect"})
# What a script asks for that is preloaded as one of these: by the URL that stands in the script.
_FETCHED = frozenset({"audioworklet", "fetch", "paintworklet", "serviceworker", "sharedworker", "worker"})

# Of Open Graph (https://ogp.me), Twitter's cards, schema.org and Windows' tiles.
_MEDIA = re.compile(
    r"og:(?:image|audio|video)(?::(?:url|secure_url))?|og:logo|twitter:(?:image(?::src)?|player:stream)"
    r"|image|thumbnail|thumbnailurl|contenturl|logo"
    r"|msapplication-(?:tileimage|config|(?:square70x70|square150x150|wide310x150|square310x310)logo)"
)
_SPACES = b"\t\n\f\r "
# HTML 4.2.5.3, "shared declarative refresh steps".
_REFRESH = re.compile(
    rb"[\t\n\f\r ]*[0-9.]+[0-9.]*(?:[\t\n\f\r ]*[;,][\t\n\f\r ]*|[\t\n\f\r ]+)(?:url[\t\n\f\r ]*=[\t\n\f\r ]*)?"
    rb"(?:\"([^\"]*)|'([^']*)|([^\"'].*))",
    re.IGNORECASE | re.DOTALL,
)
# CSP 3, 2.3.1, "hash-source".
_POLICY_HASH = re.compile(rb"(?<=')sha(?:256|384|512)-[a-zA-Z0-9+/_-]+={0,2}(?=')", re.IGNORECASE)


def link_kind(rel: str, destination: str) -> ReferenceKind | None:
    """Return how a page needs what a <link> with these ``rel`` and ``as`` values names; None for what is no file."""
    kinds = frozenset(rel.split())
    if "serviceworker" in kinds:
        return ReferenceKind.SERVICE_WORKER
    loaded = kinds & _LOADED
    if loaded == {"preload"} and destination in _FETCHED:
        return ReferenceKind.FETCH
    if loaded:
        return ReferenceKind.WEB_MANIFEST if "manifest" in loaded else ReferenceKind.URL
    return ReferenceKind.LINK if kinds - _ORIGINS else None


def names_media(kind: str) -> bool:
    """Return whether a <meta> of this name, property or itemprop holds the URL of an image or the like."""
    return _MEDIA.fullmatch(kind) is not None


def policy_hashes(content: bytes) -> Iterator[WrittenText]:
    """Yield the hashes in the ``content`` of a <meta http-equiv=Content-Security-Policy>."""
    return (WrittenText(*match.span(), as_text(match[0])) for match in _POLICY_HASH.finditer(content))


def refresh_urls(content: bytes) -> tuple[list[int], list[bytes]]:
    """Return where the URL starts in the ``content`` of a <meta http-equiv=refresh>, and that URL, if there is one."""
    match = _REFRESH.match(content)
    if match is None or match.lastindex is None:
        return [], []
    return [match.start(match.lastindex)], [match[match.lastindex].rstrip(_SPACES)]
