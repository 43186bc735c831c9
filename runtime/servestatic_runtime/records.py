"""What a manifest says, as types, each made of the fields of its record. Pure.

A checksum tells damage, not who computed it: a field that is missing or of another type than the format has is an error here.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Sequence
from operator import itemgetter
from time import time
from types import NoneType
from typing import Any, NamedTuple, TypeAlias

from servestatic_runtime import format as schema
from servestatic_runtime.dates import LATEST, format_date
from servestatic_runtime.fields import reader
from servestatic_runtime.format import FallbackRecord, HeaderSetRecord, ReleaseRecord
from servestatic_runtime.paths import with_fingerprint

Headers: TypeAlias = "list[tuple[str, str]]"


class Site(NamedTuple):
    """What holds for the release as a whole."""

    prefix: str
    index_name: str
    redirect_headers: int
    beginnings: tuple[str, ...] | None  # of all URL paths but "/"; None where they are too many to keep
    root_url: str | None  # the URL path that DIST stands for; None where all files lie below files/
    fallbacks: tuple[FallbackRecord, ...]


class Variant(NamedTuple):
    """One coding of one file. ``file`` is relative to DIST, ``size`` in bytes, ``etag`` quoted as in its header."""

    coding: str
    size: int
    etag: str
    file: str


class Delta(NamedTuple):
    """What leads from an earlier file, whose SHA-256 is ``dictionary``, to an asset's (RFC 9842)."""

    dictionary: bytes
    variant: Variant


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
    references: Sequence[int]  # numbers of assets, in the order of their names
    imports: Sequence[int]  # those of them that this module imports statically, in the order of its text
    aliases: Sequence[str]  # more logical names
    reason: int  # a UrlReason, or a later one that this version does not know
    pattern: str | None  # for which URLs in its directory a client may use it as a dictionary
    delta_headers: int | None  # the header set of its deltas
    deltas: tuple[Delta, ...]

    @property
    def bodies(self) -> tuple[Variant, ...]:
        """All that it is sent as: its variants, then its deltas."""
        return (*self.variants, *(delta.variant for delta in self.deltas))


class RetiredUrl(NamedTuple):
    """A fingerprinted URL of an earlier release, served as it was. No name leads to it."""

    url: str
    release: int  # the last one that linked to it, by its place among the manifest's releases
    headers: int
    modified: int
    variants: tuple[Variant, ...]  # identity first
    pattern: str | None

    @property
    def bodies(self) -> tuple[Variant, ...]:
        """All that it is sent as."""
        return self.variants

    @property
    def immutable(self) -> bool:
        """Whether the URL is named by its content: it always is."""
        return True


class ImportMap(NamedTuple):
    """An import map as the text of its script element, and the source that a Content-Security-Policy needs for it."""

    text: str
    csp_hash: str


_read_site = reader(schema.SiteRecord)
_read_fallback = reader(FallbackRecord)
_read_asset = reader(schema.AssetRecord)
_read_header_set = reader(schema.HeaderSetRecord)
to_import_map = reader(schema.ImportMapRecord)
_read_retired = reader(schema.RetiredRecord)
_read_releases = reader(schema.ReleasesRecord)
_read_release = reader(schema.ReleaseRecord)
_HEADER_TYPES = {(str, str), (str, NoneType)}
# An asset has several: read by name, too, but without a record of their own.
_in_order_of_variant = itemgetter(*map(schema.VariantRecord._fields.index, Variant._fields))


def to_site(fields: list[Any]) -> Site:
    """Return what the site record says."""
    record = _read_site(fields)
    segments = record.first_segments
    beginnings = None if segments is None else tuple(f"/{segment}" for segment in segments if segment)
    fallbacks = tuple(map(_read_fallback, record.fallbacks))
    return Site(record.prefix, record.index_name, record.redirect_headers, beginnings, record.root_url, fallbacks)


def to_asset(fields: list[Any], site: Site) -> Asset:
    """Return what an asset's record says."""
    record = _read_asset(fields)
    if record.modified > LATEST:
        raise ValueError("a date that HTTP can't write")
    name, file = record.name, record.file
    path = schema.file_name(record.url if file is None else file, site.root_url)
    identity = Variant(schema.IDENTITY, record.size, schema.etag(record.digest), path)
    plain_url = None if record.plain_headers is None else plain_path(name, site.prefix)
    return Asset(
        name,
        record.url,
        plain_url,
        record.directory,
        record.immutable,
        record.headers,
        record.plain_headers,
        record.modified,
        record.digest,
        record.integrity,
        (identity, *[_to_variant(path, variant, site.root_url) for variant in record.variants]),
        record.references,
        record.imports,
        record.aliases,
        record.reason,
        record.pattern,
        record.delta_headers,
        tuple([_to_delta(path, delta, site.root_url) for delta in record.deltas]),
    )


def plain_path(name: str, prefix: str) -> str:
    """Return the URL path of a logical name without a fingerprint."""
    return name if name.startswith("/") else prefix + name


def to_retired(fields: list[Any], site: Site, name_of: Callable[[int], str]) -> RetiredUrl:
    """Return what a retired URL's record says. ``name_of`` returns an asset's logical name."""
    record = _read_retired(fields)
    if record.modified > LATEST:
        raise ValueError("a date that HTTP can't write")
    url = record.url
    if record.asset is not None:
        url = with_fingerprint(plain_path(name_of(record.asset), site.prefix), record.url)
    codings = [
        pair for place, pair in enumerate(zip(schema.CODINGS, record.sizes, strict=False)) if pair[1] or not place
    ]
    files = record.files or [
        schema.file_name(url, site.root_url) + schema.FILE_SUFFIXES[coding] for coding, _ in codings
    ]
    if not codings or len(record.etags) != len(codings) * schema.ETAG_BYTES:
        raise ValueError("as many sizes and ETags as there are variants")
    variants = [
        Variant(coding, size, schema.etag(record.etags[number * schema.ETAG_BYTES :]), file)
        for number, ((coding, size), file) in enumerate(zip(codings, files, strict=True))
    ]
    return RetiredUrl(url, record.release, record.headers, record.modified, tuple(variants), record.pattern)


def to_releases(fields: list[Any]) -> tuple[ReleaseRecord, ...]:
    """Return the releases of their record."""
    return tuple(map(_read_release, _read_releases(fields).releases))


def to_header_set(fields: list[Any]) -> HeaderSetRecord:
    """Return a header set's record."""
    record = _read_header_set(fields)
    for name, value in (*record.ok, *record.not_modified):
        if (type(name), type(value)) not in _HEADER_TYPES:
            raise TypeError("a header that is no text")
        if value is None and name not in schema.VARIANT_HEADERS:
            raise ValueError("a header without a value")
    return record


def fill_variant_headers(
    pairs: Sequence[tuple[str, str | None]], modified: int, variant: Variant, pattern: str | None
) -> Headers:
    """Return a header set's headers with the values that are the file's or the variant's own in their places.

    A date in the future is left out (RFC 9110 8.8.2.1): no build knows when it is read.
    """
    variant_headers = {
        "Content-Encoding": None if variant.coding == schema.IDENTITY else variant.coding,
        "Content-Length": str(variant.size),
        "ETag": variant.etag,
        "Last-Modified": format_date(modified) if modified <= time() else None,
        "Use-As-Dictionary": None if pattern is None else f'match="{pattern}"',
    }
    whole = [(name, variant_headers[name] if value is None else value) for name, value in pairs]
    return [(name, value) for name, value in whole if value is not None]


def integrity_value(asset: Asset) -> str:
    """Return an asset's Subresource Integrity value."""
    return "sha384-" + _base64(asset.integrity)


def csp_source(digest: bytes) -> str:
    """Return the source by which a Content-Security-Policy allows what has this SHA-256."""
    return f"'sha256-{_base64(digest)}'"


def available_dictionary(digest: bytes) -> str:
    """Return the value of Available-Dictionary for a file with this SHA-256 (RFC 9842 2.2)."""
    return f":{_base64(digest)}:"


def _base64(digest: bytes) -> str:
    return b2a_base64(digest, newline=False).decode()


def _to_variant(path: str, fields: Sequence[Any], root_url: str | None) -> Variant:
    coding, size, etag, file = _in_order_of_variant(fields)
    if not (isinstance(size, int) and isinstance(etag, bytes)):
        raise TypeError("a variant's size or ETag")  # whatever else is of another type is noticed in what follows
    file_path = path + schema.FILE_SUFFIXES[coding] if file is None else schema.file_name(file, root_url)
    return Variant(coding, size, schema.etag(etag), file_path)


def _to_delta(path: str, fields: Sequence[Any], root_url: str | None) -> Delta:
    dictionary, size, etag, file, *_ = fields
    if [*map(type, (dictionary, size, etag))] != [bytes, int, bytes]:
        raise TypeError("a delta's dictionary, size or ETag")
    usual = f"{path}.{dictionary.hex()[: schema.DICTIONARY_DIGITS]}.{schema.DELTA}"
    file_path = usual if file is None else schema.file_name(file, root_url)
    return Delta(dictionary, Variant(schema.DELTA, size, schema.etag(etag), file_path))
