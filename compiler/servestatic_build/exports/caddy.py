"""A release as a Caddyfile: a table that leads from a URL path to a file and the number of its headers, and a site of it."""

from __future__ import annotations

from collections.abc import Iterator

from servestatic_build.exports.pages import Page, has_not_found_page, pages
from servestatic_build.exports.served import Served, one_line, served
from servestatic_runtime import Manifest
from servestatic_runtime.format import HeaderSetRecord
from servestatic_runtime.paths import quote_path

_HEAD = """\
# Serves a release of servestatic-build without an application. Make it anew with every release:
# servestatic-manifest export {dist} --to caddy
#
# What Caddy can't do as the manifest says:
# - ETag and Last-Modified are Caddy's own, of the file's date and size, so copy DIST with its dates. A 304 follows them.
# - Of the codings that a client takes with the same weight it gets the first of br, zstd and gzip, not the smallest body.
# - Who refuses every coding gets the file as it is.
# - OPTIONS gets the answer 405, and HEAD for a coding no Content-Length.
# - Paths with braces are not found.
"""
_NO_NOT_FOUND_PAGE = """\
# - Who asks for an unknown path gets a few words with status 404, and not the page of not-found.
"""
_BEFORE_APPLICATION = """\
#
# The page of spa is sent for each path that the release does not list. An application behind Caddy, which knows paths
# itself, has to send it: then export a release that was compiled without spa.
"""

_SITE = """\
:80 {{
    root * {root}
    route {{
        map {{path}} {{servestatic_file}} {{servestatic_headers}} {{servestatic_location}} {{
{rows}
            default "" "" ""
        }}
{pages}
        # What the release does not list. With an application behind Caddy, write a reverse_proxy in place of these lines.
        @not_listed vars {{servestatic_headers}} ""
        handle @not_listed {{
            header Cache-Control no-store
            respond "404 Not Found" 404
        }}
        @not_allowed not method GET HEAD
        handle @not_allowed {{
            header Allow "GET, HEAD"
            header Cache-Control no-store
            respond "405 Method Not Allowed" 405
        }}
{headers}
        @redirect not vars {{servestatic_location}} ""
        redir @redirect {{servestatic_location}} 301
        rewrite * {{servestatic_file}}
        file_server {{
            index off
            precompressed br zstd gzip
        }}
    }}
}}
"""

# Caddy sends these itself.
_CADDY_S_OWN = frozenset({"accept-ranges", "content-encoding", "content-length", "etag", "last-modified"})


_PAGE = """\
        @page_{number} {{
            vars {{servestatic_headers}} ""
            method GET HEAD
            header_regexp Accept (?i)text/html
            path {url}
{not_below_prefix}
        }}
        handle @page_{number} {{
            header {{
{headers}
            }}
            rewrite * {file}
            file_server {{
                index off
                precompressed br zstd gzip
            }}
        }}"""


def caddy(manifest: Manifest) -> Iterator[str]:
    """Yield the lines of the Caddyfile."""
    paths, spa = [*served(manifest)], [*pages(manifest)]
    numbers = sorted({each.header_set for each in paths})
    not_found = _NO_NOT_FOUND_PAGE if has_not_found_page(manifest) else ""
    yield _HEAD.format(dist=one_line(manifest.root)) + not_found + (_BEFORE_APPLICATION if spa else "")
    yield _SITE.format(
        root=_text(manifest.root),
        rows="\n".join(f"            {_row(each)}" for each in paths),
        pages="\n".join(_page(number, page, manifest.prefix) for number, page in enumerate(spa)),
        headers="\n".join(line for number in numbers for line in _headers(manifest, number)),
    )


def _row(each: Served) -> str:
    file = quote_path(f"/{each.asset.variants[0].file}")
    location = quote_path(each.location) if each.location else ""
    values = (file, f"headers_{each.header_set}", location)
    return " ".join((_quoted(each.path), *map(_text, values)))


def _page(number: int, page: Page, prefix: str) -> str:
    return _PAGE.format(
        number=number,
        url=_text(f"{page.url}*"),
        not_below_prefix="" if prefix == "/" else f"            not path {_text(f'{prefix}*')}",
        headers="\n".join(f"                {line}" for line in _lines(page.headers)),
        file=_text(quote_path(f"/{page.asset.variants[0].file}")),
    )


def _headers(manifest: Manifest, number: int) -> Iterator[str]:
    yield f"        @headers_{number} vars {{servestatic_headers}} headers_{number}"
    yield f"        header @headers_{number} {{"
    yield from (f"            {line}" for line in _lines(manifest.header_set(number)))
    yield "        }"


def _lines(headers: HeaderSetRecord) -> Iterator[str]:
    for name, value in headers.ok:
        if value is not None and name.lower() not in _CADDY_S_OWN:
            yield f"{name} {_text(value)}"


def _text(text: str) -> str:
    """Return a text as Caddy reads it where braces are placeholders, unless a backslash stands before them."""
    return _quoted(text.replace("{", "\\{").replace("}", "\\}"))


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace('"', '\\"'))
