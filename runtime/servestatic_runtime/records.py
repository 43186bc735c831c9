"""What a manifest says, as types, each made of the fields of its record. Pure.

A checksum tells damage, not who computed it: a field that is missing or of another type than the format has is an error here.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import product
from types import NoneType
from typing import Any, NamedTuple, TypeAlias

from servestatic_runtime import format as schema
from servestatic_runtime.dates import LATEST, format_date

Headers: TypeAlias = "list[tuple[str, str]]"

_TEXT_OR_NIL, _NUMBER_OR_NIL = (str, NoneType), (int, NoneType)
# In the order of the format's ASSET_FIELDS, up to those that were appended later: every combination there can be.
_ASSET_KINDS: tuple[tuple[type, ...], ...] = (
    *((str,), (str,), _TEXT_OR_NIL, (bool,), (int,), _NUMBER_OR_NIL, _TEXT_OR_NIL),
    *((int,), (int,), (bytes,), (bytes,), (list,), (list,), (list,)),
)
_ASSET = frozenset(product(*_ASSET_KINDS))
_ASSET_FIELDS = len(_ASSET_KINDS)


class Site(NamedTuple):
    """What holds for the release as a whole."""

    prefix: str
    index_name: str
    redirect_headers: int
    beginnings: tuple[str, ...] | None  # of all URL paths but "/"; None where they are too many to keep


class Variant(NamedTuple):
    """One coding of one file. ``file`` is relative to DIST, ``size`` in bytes, ``etag`` quoted as in its header."""

    coding: str
    size: int
    etag: str
    file: str


class Asset(NamedTuple):
    """One entry of the manifest. Paths are decoded; ``url`` is the one to link to."""

    name: str
    url: str
    plain_url: str | None  # where the same bytes answer with a short cache life; equal to url when there is no other
    directory: str | None  # the URL, ending in a slash, that this index file answers too
    immutable: bool
    headers: int  # the header sets of url and of plain_url and directory, by number
    plain_headers: int | None
    modified: int  # seconds since 1970
    digest: bytes  # SHA-256 of the identity bytes
    integrity: bytes  # SHA-384 of them
    variants: tuple[Variant, ...]  # identity first
    references: list[int]  # numbers of assets, in the order of their names
    imports: list[int]  # those of them that this module imports statically, in the order of its text
    aliases: list[str]  # more logical names


class HeaderSet(NamedTuple):
    """The headers of a 200 and of a 304, None for the values that are a variant's own."""

    ok: list[tuple[str, str | None]]
    not_modified: list[tuple[str, str | None]]


class ImportMap(NamedTuple):
    """An import map as the text of its script element, and the source that a Content-Security-Policy needs for it."""

    text: str
    csp_hash: str


def to_site(fields: list[Any]) -> Site:
    """Return what the site record says."""
    prefix, index, redirect_headers, *later = fields
    _check((prefix, index, redirect_headers), {(str, str, int)})
    first_segments = later[0] if later else None  # appended to the record later
    if first_segments is None:
        return Site(prefix, index, redirect_headers, None)
    _check_each(first_segments, str)
    return Site(prefix, index, redirect_headers, tuple(f"/{segment}" for segment in first_segments if segment))


def to_asset(fields: list[Any], prefix: str) -> Asset:
    """Return what an asset's record says. ``prefix`` is the site's."""
    _check(fields[:_ASSET_FIELDS], _ASSET)
    (name, url, file, immutable, headers, plain_headers, directory), rest = fields[:7], fields[7:]
    modified, size, digest, integrity, variants, references, imports, *later = rest
    aliases = later[0] if later else []  # appended to the record later
    _check_each(references, int)
    _check_each(imports, int)
    _check_each(aliases, str)
    if modified > LATEST:
        raise ValueError("a date that HTTP can't write")
    path = schema.FILES_DIR + (url if file is None else file)
    identity = Variant(schema.IDENTITY, size, schema.etag(digest), path)
    plain_url = None if plain_headers is None else name if name.startswith("/") else prefix + name
    return Asset(
        name,
        url,
        plain_url,
        directory,
        immutable,
        headers,
        plain_headers,
        modified,
        digest,
        integrity,
        (identity, *[_to_variant(path, fields) for fields in variants]),
        references,
        imports,
        aliases,
    )


def to_header_set(fields: list[Any]) -> HeaderSet:
    """Return what a header set's record says."""
    ok, not_modified = fields[:2]
    for name, value in (*ok, *not_modified):
        _check((name, value), {(str, str), (str, NoneType)})
        if value is None and name not in schema.VARIANT_HEADERS:
            raise ValueError("a header without a value")
    return HeaderSet(ok, not_modified)


def to_import_map(fields: list[Any]) -> tuple[str, bytes]:
    """Return the text of the import map, and its SHA-256."""
    text, digest = fields[:2]
    _check((text, digest), {(str, bytes)})
    return text, digest


def fill_variant_headers(pairs: list[tuple[str, str | None]], asset: Asset, variant: Variant) -> Headers:
    """Return a header set's headers with the values that are the variant's own in their places."""
    variant_headers = {
        "Content-Encoding": None if variant.coding == schema.IDENTITY else variant.coding,
        "Content-Length": str(variant.size),
        "ETag": variant.etag,
        "Last-Modified": format_date(asset.modified),
    }
    whole = [(name, variant_headers[name] if value is None else value) for name, value in pairs]
    return [(name, value) for name, value in whole if value is not None]


def integrity_value(asset: Asset) -> str:
    """Return an asset's Subresource Integrity value."""
    return "sha384-" + _base64(asset.integrity)


def csp_source(digest: bytes) -> str:
    """Return the source by which a Content-Security-Policy allows what has this SHA-256."""
    return f"'sha256-{_base64(digest)}'"


def _base64(digest: bytes) -> str:
    return b2a_base64(digest, newline=False).decode()


def _to_variant(path: str, fields: list[Any]) -> Variant:
    coding, size, etag, file = fields[:4]
    if not (isinstance(size, int) and isinstance(etag, bytes)):
        raise TypeError("a variant's size or ETag")  # whatever else is of another type is noticed in what follows
    file_path = path + schema.FILE_SUFFIXES[coding] if file is None else schema.FILES_DIR + file
    return Variant(coding, size, schema.etag(etag), file_path)


def _check(fields: Sequence[Any], kinds: AbstractSet[tuple[type, ...]]) -> None:
    if tuple(map(type, fields)) not in kinds:
        raise TypeError("a field is missing or of another type")


def _check_each(items: Any, kind: type) -> None:
    if not isinstance(items, list) or (items and {*map(type, items)} != {kind}):
        raise TypeError("an item is of another type")
