"""A release as a configuration of nginx: tables that lead from a URL to a file and its headers, and a server of them.

nginx matches the keys of a table without regard to case, so a table says the path again, and the server compares.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import product
from typing import NamedTuple

from servestatic_build.exports.pages import Page, has_not_found_page, pages
from servestatic_build.exports.served import CODINGS, Served, codings_by_size, one_line, served
from servestatic_runtime import Manifest
from servestatic_runtime.dates import format_date
from servestatic_runtime.format import IDENTITY, HeaderSetRecord
from servestatic_runtime.paths import quote_path
from servestatic_runtime.records import Asset

_HEAD = """\
# Serves a release of servestatic-build without an application. Include it inside of "http {{}}"; make it anew with every
# release: servestatic-manifest export {dist} --to nginx
#
# What nginx can't do as the manifest says:
# - Weights in Accept-Encoding other than 0 count for nothing, and who refuses every coding gets the file as it is.
# - A 304 has "Content-Length: 0", and a 416 two Content-Types.
# - A request for several ranges gets the whole file, and OPTIONS the answer 405.
# - Slashes that follow each other count as one.
# - If-Modified-Since has to be the very date that was sent.
"""
_NO_NOT_FOUND_PAGE = """\
# - Who asks for an unknown path gets a few words with status 404, and not the page of not-found.
"""
_BEFORE_APPLICATION = """\
#
# The page of spa is sent for each path that the release does not list. An application behind nginx, which knows paths
# itself, has to send it: then export a release that was compiled without spa.
"""

_SERVER = """\
server {{
    listen 80;
    root {root};
    absolute_redirect off;
    etag off;
    if_modified_since off;
    max_ranges 1;
    types {{}}
    default_type "";
    location / {{
        error_page 404 = @servestatic_not_listed;
        error_page 405 = @servestatic_not_allowed;
        if ($servestatic_asked != $servestatic_path) {{ return 404; }}
        set $servestatic_number $servestatic_headers; # looked up now, for try_files changes $uri
        if ($request_method !~ "^(GET|HEAD)$") {{ return 405; }}
        if ($servestatic_location) {{ return 301 $servestatic_location$is_args$args; }}
        if ($servestatic_fresh) {{ return 304; }}
{headers}
        try_files $servestatic_file =500;
    }}
    # What the release does not list. With an application behind nginx, write a proxy_pass in place of these lines.
    location @servestatic_not_listed {{
        default_type "text/plain; charset=utf-8";
        add_header Cache-Control no-store always;
        return 404 "404 Not Found\\n";
    }}
    location @servestatic_not_allowed {{
        default_type "text/plain; charset=utf-8";
        add_header Allow "GET, HEAD" always;
        add_header Cache-Control no-store always;
        return 405 "405 Method Not Allowed\\n";
    }}
}}
"""

# A member of Accept-Encoding that is not refused by a weight of 0.
_ACCEPTED = r'"~*(^|,)\s*(x-)?{coding}\s*(;\s*q=(1|0\.0*[1-9])[0-9.]*\s*)?(,|$)" 1;'
# A member of If-None-Match that is the ETag, weak or not, or a star.
_SAME_ETAG = (
    r'"~^(?<servestatic_own>\S+) (.*,)?\s*(W/)?\k<servestatic_own>\s*(,|$)" 1;',
    r'"~^\S+ \s*\*\s*$" 1;',
)
_SAME_DATE = r'"~^;(?<servestatic_sent>.+);\k<servestatic_sent>$" 1;'

# nginx sends these itself. What a header set leaves to the variant is in a table of its own.
_NGINX_S_OWN = frozenset({"accept-ranges", "content-length"})
_OF_VARIANT = {
    "Content-Encoding": "$servestatic_coding",
    "ETag": "$servestatic_etag",
    "Last-Modified": "$servestatic_date",
}


class _Table(NamedTuple):
    """A table of nginx: what is looked up, the variable of the answer, and the rows."""

    source: str
    variable: str
    rows: list[str]
    default: str = '""'


class _Header(NamedTuple):
    """A header's name and its place among those of the same name, which becomes a variable of its own."""

    name: str
    place: int

    @property
    def variable(self) -> str:
        return f"servestatic_{re.sub('[^a-z0-9]', '_', self.name.lower())}_{self.place}"


def nginx(manifest: Manifest) -> Iterator[str]:
    """Yield the lines of the configuration."""
    assets, paths, spa = [*manifest], [*served(manifest)], [*pages(manifest)]
    header_sets = {str(number): manifest.header_set(number) for number in sorted({each.header_set for each in paths})}
    headers = _header_rows({**header_sets, **{_key_of(page): page.headers for page in spa}})
    tables = [*_asked_tables(paths, spa, manifest.prefix), *_path_tables(paths, spa), *_asset_tables(assets)]
    tables += [*_coding_tables(assets), *_fresh_tables()]
    tables += [_Table('"$servestatic_headers;$servestatic_fresh"', each.variable, headers[each]) for each in headers]
    not_found = _NO_NOT_FOUND_PAGE if has_not_found_page(manifest) else ""
    yield _HEAD.format(dist=one_line(manifest.root)) + not_found + (_BEFORE_APPLICATION if spa else "")
    yield from _sizes(tables)
    yield 'geo $servestatic_dollar { default "$"; }'
    for table in tables:
        yield f"map {table.source} ${table.variable} {{"
        yield f"    default {table.default};"
        yield from (f"    {row}" for row in table.rows)
        yield "}"
    added = "\n".join(f"        add_header {_text(each.name)} ${each.variable};" for each in headers)
    yield _SERVER.format(root=_text(manifest.root), headers=added)


def _asked_tables(paths: list[Served], spa: list[Page], prefix: str) -> Iterator[_Table]:
    """Yield what is asked for: a path, or the page of an application where a person navigates to an unknown path."""
    if not spa:
        yield _Table("$uri", "servestatic_asked", [], "$uri")
        return
    keys = _path_keys(paths)
    yield _Table("$uri", "servestatic_listed", [f"{keys[each.path]} {_text(each.path)};" for each in paths])
    yield _Table(
        '"$servestatic_listed;$uri"', "servestatic_is_listed", [r'"~^(?<servestatic_a>.+);\k<servestatic_a>$" 1;']
    )
    below = {} if prefix == "/" else {prefix: ""}  # assets, which are no pages
    below |= {page.url: _key_of(page) for page in spa}
    rows = [_row(f"~^(GET|HEAD);{re.escape(url)}", page) for url, page in below.items()]
    yield _Table('"$request_method;$uri"', "servestatic_page", rows)
    yield _Table("$http_accept", "servestatic_navigates", ['"~*text/html" 1;'])
    chosen = r'"~^;1;(?<servestatic_b>.+)$" $servestatic_b;'
    choice = '"$servestatic_is_listed;$servestatic_navigates;$servestatic_page"'
    yield _Table(choice, "servestatic_asked", [chosen], "$uri")


def _key_of(page: Page) -> str:
    """Return what a page is called in tables, unlike any path and any number."""
    return f"page {page.url}"


def _path_tables(paths: list[Served], spa: list[Page]) -> Iterator[_Table]:
    keys = _path_keys(paths)
    texts: dict[str, list[tuple[str, str]]] = {
        "path": [(keys[each.path], each.path) for each in paths],
        "asset": [(keys[each.path], str(each.number)) for each in paths],
        "headers": [(keys[each.path], str(each.header_set)) for each in paths],
        "location": [(keys[each.path], quote_path(each.location)) for each in paths if each.location],
    }
    own = {"path": _key_of, "asset": lambda page: str(page.number), "headers": _key_of}
    for name, value_of in own.items():
        texts[name] += [(_key(_key_of(page)), value_of(page)) for page in spa]
    for name, values in texts.items():
        yield _Table("$servestatic_asked", f"servestatic_{name}", [f"{key} {_text(value)};" for key, value in values])


def _path_keys(paths: list[Served]) -> dict[str, str]:
    """Return the keys of paths in a table: as they are, or as patterns, which regard case, where others differ by case alone."""
    counts = Counter(each.path.lower() for each in paths)
    return {
        each.path: _key(each.path) if counts[each.path.lower()] == 1 else _key(f"~^{re.escape(each.path)}$")
        for each in paths
    }


def _asset_tables(assets: list[Asset]) -> Iterator[_Table]:
    variants = [
        (f"{number} {'' if variant.coding == IDENTITY else variant.coding}", variant)
        for number, asset in enumerate(assets)
        for variant in asset.variants
        if variant.coding in {IDENTITY, *CODINGS}
    ]
    source = '"$servestatic_asset $servestatic_coding"'
    yield _Table(source, "servestatic_file", [_row(key, f"/{variant.file}") for key, variant in variants])
    yield _Table(source, "servestatic_etag", [_row(key, variant.etag) for key, variant in variants])
    dates = [_row(str(number), format_date(asset.modified)) for number, asset in enumerate(assets)]
    yield _Table("$servestatic_asset", "servestatic_date", dates)


def _coding_tables(assets: list[Asset]) -> Iterator[_Table]:
    """Yield which codings a client takes, and which of an asset's it gets: that of the smallest body."""
    preferred = [codings_by_size(asset) for asset in assets]
    known = sorted({coding for order in preferred for coding in order})
    for coding in known:
        yield _Table("$http_accept_encoding", f"servestatic_takes_{coding}", [_ACCEPTED.format(coding=coding)])
    rows = [_row(str(number), " ".join(order)) for number, order in enumerate(preferred) if order]
    yield _Table("$servestatic_asset", "servestatic_codings", rows)
    taken = "".join(f"$servestatic_takes_{coding}-" for coding in known)
    yield _Table(f'"$servestatic_codings;{taken}"', "servestatic_coding", [*_choices(preferred, known)])


def _choices(preferred: list[tuple[str, ...]], known: list[str]) -> Iterator[str]:
    for order, flags in product(sorted({*preferred} - {()}), product(("", "1"), repeat=len(known))):
        accepted = {coding for coding, flag in zip(known, flags, strict=True) if flag}
        chosen = next((coding for coding in order if coding in accepted), None)
        if chosen:
            yield _row(f"{' '.join(order)};{''.join(f'{flag}-' for flag in flags)}", chosen)


def _fresh_tables() -> Iterator[_Table]:
    """Yield whether the client has these very bytes (RFC 9110 13.2.2): the ETag decides, the date where none is sent."""
    yield _Table('"$servestatic_etag $http_if_none_match"', "servestatic_same_etag", [*_SAME_ETAG])
    conditions = '"$http_if_none_match;$servestatic_date;$http_if_modified_since"'
    yield _Table(conditions, "servestatic_same_date", [_SAME_DATE])
    yield _Table('"$servestatic_same_etag$servestatic_same_date"', "servestatic_fresh", ['"1" 1;'])


def _header_rows(header_sets: Mapping[str, HeaderSetRecord]) -> dict[_Header, list[str]]:
    """Return the rows of each header's table, by header set and by whether the answer is a 304."""
    rows: defaultdict[_Header, list[str]] = defaultdict(list)
    for name_of_set, record in header_sets.items():
        for key, headers in ((f"{name_of_set};", record.ok), (f"{name_of_set};1", record.not_modified)):
            counts: Counter[str] = Counter()
            for name, value in headers:
                if name.lower() not in _NGINX_S_OWN:
                    rows[_Header(name, counts[name.lower()])].append(f"{_key(key)} {_value(name, value)};")
                    counts[name.lower()] += 1
    return rows


def _value(name: str, value: str | None) -> str:
    return _OF_VARIANT[name] if value is None else _text(value)


def _sizes(tables: list[_Table]) -> Iterator[str]:
    """Yield how large nginx has to make its tables, of which a bucket has to hold the longest key."""
    longest = max((len(row.encode()) for table in tables for row in table.rows), default=0)
    yield f"map_hash_bucket_size {1 << max(6, (longest + 64).bit_length())};"
    yield f"map_hash_max_size {max(2048, 2 * max((len(table.rows) for table in tables), default=0))};"


def _row(key: str, value: str) -> str:
    return f"{_key(key)} {_text(value)};"


def _key(text: str) -> str:
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))


def _text(text: str) -> str:
    """Return a text as nginx reads it, which knows no other way to write a dollar."""
    return _key(text).replace("$", "${servestatic_dollar}")
