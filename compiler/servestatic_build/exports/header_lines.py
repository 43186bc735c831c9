"""A release as a ``_headers`` file, which Netlify and Cloudflare Pages read."""

from __future__ import annotations

from collections.abc import Iterator

from servestatic_build.exports.served import one_line, served
from servestatic_runtime import Manifest
from servestatic_runtime.paths import quote_path

_HEAD = """\
# Headers of a release of servestatic-build, for Netlify and Cloudflare Pages. Compile with --layout urls, publish DIST,
# and put this file into it as _headers: servestatic-manifest export {dist} --to headers > {dist}/_headers
#
# The host chooses the codings, and makes ETag, Content-Type, redirects and 404 itself.
# Cloudflare Pages reads the first 100 rules only. There are {rules} here.
"""
_REDIRECTS = """\
# Pages for unknown paths (spa, not-found) are sent only as lines of _redirects say, whatever the request accepts:
"""

# What describes the body that the host sends.
_HOST_S_OWN = frozenset(
    {"accept-ranges", "content-encoding", "content-length", "content-type", "etag", "last-modified", "vary"}
)


def header_lines(manifest: Manifest) -> Iterator[str]:
    """Yield the lines of the file."""
    paths = [each for each in served(manifest) if each.location is None]
    yield _HEAD.format(dist=one_line(manifest.root), rules=len(paths)) + "".join(_redirects(manifest))
    for each in paths:
        yield quote_path(each.path).replace("*", "%2A").replace(":", "%3A")
        for name, value in manifest.header_set(each.header_set).ok:
            if value is not None and name.lower() not in _HOST_S_OWN:
                yield f"  {name}: {value}"


def _redirects(manifest: Manifest) -> Iterator[str]:
    if manifest.fallbacks:
        yield _REDIRECTS
    for each in manifest.fallbacks:
        yield f"#   {quote_path(each.url)}* {quote_path(each.path)} {each.status}\n"
