"""The manifest, mapped into memory: opened in constant time, one record decoded per question.

A question hashes a key, reads one bucket of the index, and decodes the records it points at (almost always none or
one). Whatever is read is checked against its checksum first, so damage is an error and never another answer.
"""

from __future__ import annotations

import os
from binascii import b2a_base64
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from typing import Any, NamedTuple, NoReturn, TypeAlias
from zlib import crc32

from servestatic_runtime import format as schema
from servestatic_runtime.base_url import base_url as checked
from servestatic_runtime.base_url import import_map_at
from servestatic_runtime.dates import format_date
from servestatic_runtime.decode import decode
from servestatic_runtime.errors import ManifestError, UnknownAssetError
from servestatic_runtime.files import without_waiting
from servestatic_runtime.paths import quote_path

Headers: TypeAlias = "list[tuple[str, str]]"


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


class ImportMap(NamedTuple):
    """An import map as the text of its script element, and the source that a Content-Security-Policy needs for it."""

    text: str
    csp_hash: str


class Preload(NamedTuple):
    """What ``<link rel="modulepreload">`` says of one module."""

    url: str  # percent-encoded
    integrity: str


class Found(NamedTuple):
    """What a URL path leads to: an asset under one of its header sets, or (``location``) a redirect to it."""

    asset: Asset
    headers: int
    location: str | None


class Manifest:
    """A release, read from DIST or from its manifest.msgpack."""

    def __init__(self, buf: bytes | mmap, path: str, start: bytes | None = None, base_url: str = "") -> None:
        """Read the head of a document; ``path`` names it in errors and says where its files are.

        ``start`` is a copy of the document's first bytes, _START_BYTES of them or all. ``base_url`` is a checked one.
        """
        self.path = path
        self.root = os.path.dirname(path)
        self.base_url = base_url
        self._buf = buf
        start = bytes(buf[:_START_BYTES]) if start is None else start
        self._layout = layout = self._read_head(start)
        self._index = (layout.bucket_count, layout.buckets, layout.slots)
        self.prefix, self.index, self._redirect_headers, *later = self._read_site(start)
        first_segments = later[0] if later else None  # appended to the record later
        self._first_segments = None if first_segments is None else frozenset(first_segments)
        self._header_sets: dict[int, list[Any]] = {}

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, base_url: str | None = None) -> Manifest:
        """Map the manifest at ``path``, a DIST directory or the file itself; raise ManifestError.

        ``base_url`` stands before every URL for templates: ``https://cdn.example.com``, or the path of a mount. None is
        SERVESTATIC_BASE_URL of the environment; raise ValueError for what is no such URL.
        """
        base = checked(base_url)
        directory, file_name = os.path.split(manifest_path(path))
        # Should the directory be a link that a deploy turns elsewhere, this release keeps to its own files.
        name = os.path.join(os.path.realpath(directory), file_name)
        try:
            with open(name, "rb", buffering=0, opener=without_waiting) as file:
                start = file.read(_START_BYTES)  # not from the map, where one byte may bring in a 2 MiB page
                buf = mmap(file.fileno(), 0, access=ACCESS_READ)
        except OSError as error:
            hint = "compile with: servestatic-build SOURCE... -o DIST"
            raise ManifestError(name, error.strerror or "can't be read", hint) from error
        except ValueError as error:  # mmap of an empty file
            raise ManifestError(name, "the file is empty", _COMPILE_AGAIN) from error
        return cls(buf, name, start, base)

    def at(self, base_url: str) -> Manifest:
        """Return the same release with another base URL, at nearly no cost; raise ValueError."""
        made = object.__new__(type(self))
        made.__dict__ |= {**self.__dict__, "base_url": checked(base_url)}
        return made

    def close(self) -> None:
        """Release the mapping. What was read from it stays valid."""
        if isinstance(self._buf, mmap):
            self._buf.close()

    def __len__(self) -> int:
        """Return the number of assets."""
        return self._layout.assets

    def __iter__(self) -> Iterator[Asset]:
        """Yield every asset in order of name."""
        return (self._asset(number) for number in range(self._layout.assets))

    def url(self, name: str) -> str:
        """Return the URL of a logical name, percent-encoded: the base URL, if any, and the path.

        Raise UnknownAssetError.
        """
        return self._url(self.asset(name))

    def integrity(self, name: str) -> str:
        """Return the ``integrity`` attribute of a logical name (SHA-384); raise UnknownAssetError."""
        return integrity_value(self.asset(name))

    def asset(self, name: str) -> Asset:
        """Return the asset of a logical name; raise UnknownAssetError."""
        for asset in self._lookup(name):
            if asset.name == name or name in asset.aliases:
                return asset
        raise UnknownAssetError(name, self.path)

    def references(self, asset: Asset) -> tuple[str, ...]:
        """Return the logical names that an asset's content refers to, in order."""
        return tuple(self._asset(number).name for number in asset.references)

    def import_map(self) -> ImportMap:
        """Return the import map of the release, for ``<script type="importmap">``."""
        record = self._buf[self._layout.import_map : self._layout.import_map_end]
        text, digest = self._unseal(record, 0, "the import map")[: len(schema.IMPORT_MAP_FIELDS)]
        if self.base_url:
            text, digest = import_map_at(self.base_url, text)
        return ImportMap(text, csp_source(digest))

    def module_preload(self, name: str) -> list[Preload]:
        """Return a module and all that it imports statically, for ``<link rel="modulepreload">``.

        Each comes once, in the order in which the modules ask for each other; raise UnknownAssetError.
        """
        module = self.asset(name)
        preloads = {module.url: self._preload(module)}
        waiting, seen = module.imports[::-1], set[int]()
        while waiting:
            number = waiting.pop()
            if number not in seen:
                seen.add(number)
                module = self._asset(number)
                preloads[module.url] = self._preload(module)
                waiting += reversed(module.imports)
        return list(preloads.values())

    def find(self, path: str) -> Found | None:
        """Return what a decoded URL path leads to, or None when it is not in this release."""
        # Most of what is not ours is told by its first segment, for a fifth of what the index takes.
        if self._first_segments is not None and path[1:].partition("/")[0] not in self._first_segments:
            return None
        for asset in self._lookup(path):
            if path == asset.url:
                return Found(asset, asset.headers, None)
            if asset.plain_headers is not None and path in {asset.plain_url, asset.directory}:
                return Found(asset, asset.plain_headers, None)
            if asset.directory and path == asset.directory[:-1]:
                return Found(asset, self._redirect_headers, asset.directory)
        return None

    def ok_headers(self, number: int, asset: Asset, variant: Variant) -> Headers:
        """Return all headers of the 200 for a variant under a header set."""
        return _filled(self._header_set(number)[0], asset, variant)

    def not_modified_headers(self, number: int, asset: Asset, variant: Variant) -> Headers:
        """Return all headers of the 304 for a variant under a header set."""
        return _filled(self._header_set(number)[1], asset, variant)

    def body_path(self, variant: Variant) -> str:
        """Return the absolute path of a variant's file."""
        return f"{self.root}/{variant.file}"

    def _url(self, asset: Asset) -> str:
        return self.base_url + quote_path(asset.url)

    def _preload(self, module: Asset) -> Preload:
        return Preload(self._url(module), integrity_value(module))

    # From here down: bytes. Nothing is read but through _slice, nothing trusted before its checksum.

    def _lookup(self, key: str) -> list[Asset]:
        """Return the assets whose keys hash as this one does: none for nearly all that are not listed.

        Every request that is not for a listed file pays for this, hence in one piece.
        """
        try:
            hashed = schema.key_hash(key.encode())
        except UnicodeEncodeError:  # a lone surrogate: no key has one
            return []
        bucket_count, buckets, slots_start = self._index
        bucket = hashed % bucket_count
        first, checksum, end = _bucket_span(self._buf, buckets + bucket * _BUCKET_SIZE)
        slots = self._buf[slots_start + first * _SLOT_SIZE : slots_start + end * _SLOT_SIZE]
        if crc32(slots, bucket + 1) != checksum:
            self._corrupt(f"bucket {bucket} of the index")
        if slots.find(hashed.to_bytes(4)) < 0:
            return []
        return [self._asset(number) for key_hash, number in schema.SLOT.iter_unpack(slots) if key_hash == hashed]

    def _asset(self, number: int) -> Asset:
        if number >= self._layout.assets:
            self._corrupt(f"the number of asset {number}")
        fields = self._record(self._layout.asset_offsets, number, f"asset {number}")
        try:
            return self._to_asset(fields)
        except (TypeError, ValueError):
            self._corrupt(f"asset {number}")

    def _to_asset(self, fields: list[Any]) -> Asset:
        (name, url, file, immutable, headers, plain_headers, directory), rest = fields[:7], fields[7:]
        modified, size, digest, integrity, variants, references, imports = rest[:7]
        *later, _checksum = rest[7:]
        aliases = later[0] if later else []  # appended to the record later
        path = schema.FILES_DIR + (url if file is None else file)
        identity = Variant(schema.IDENTITY, size, schema.etag(digest), path)
        return Asset(
            name,
            url,
            self._plain_url(name) if plain_headers is not None else None,
            directory,
            immutable,
            headers,
            plain_headers,
            modified,
            digest,
            integrity,
            (identity, *[_to_variant(path, *fields[:4]) for fields in variants]),
            references,
            imports,
            aliases,
        )

    def _plain_url(self, name: str) -> str:
        return name if name.startswith("/") else self.prefix + name

    def _header_set(self, number: int) -> list[Any]:
        found = self._header_sets.get(number)
        if found is None:
            found = self._record(self._layout.header_set_offsets, number, f"header set {number}")
            if len(self._header_sets) >= _MOST_HEADER_SETS:
                self._header_sets.clear()
            self._header_sets[number] = found
        return found

    def _record(self, offsets: int, number: int, what: str) -> list[Any]:
        start, end = schema.SPAN.unpack_from(self._buf, offsets + number * schema.OFFSET.size)
        return self._unseal(self._buf[start:end], number, what)

    def _unseal(self, record: bytes, number: int, what: str) -> list[Any]:
        if not schema.is_sealed(record, number):
            self._corrupt(what)
        try:
            value, _ = decode(record, 0)
        except (IndexError, ValueError, RecursionError):
            self._corrupt(what)
        if not isinstance(value, list):
            self._corrupt(what)
        return value

    def _read_head(self, start: bytes) -> schema.Layout:
        head = start[: schema.HEAD.size]
        if head[1 : len(schema.MAGIC)] != schema.MAGIC[1:]:  # a newer document may have more keys, hence another tag
            self._damaged("it does not begin like a manifest")
        if len(head) < schema.HEAD.size:
            self._damaged(f"it ends after {len(head)} bytes")
        if head[len(schema.MAGIC)] > schema.VERSION:
            problem = f"format version {head[len(schema.MAGIC)]} is newer than {schema.VERSION}, the newest known here"
            raise ManifestError(self.path, problem, "upgrade servestatic-build where the app runs")
        layout = schema.unpack_head(head)
        if layout is None:
            self._damaged("its head is damaged")
        if layout.length != len(self._buf):
            self._damaged(f"it has {len(self._buf)} bytes and should have {layout.length}")
        return layout

    def _read_site(self, start: bytes) -> list[Any]:
        where = slice(self._layout.site, self._layout.site_end)
        record = (start if where.stop <= len(start) else self._buf)[where]
        *fields, _checksum = self._unseal(record, 0, "the site record")
        return fields

    def _corrupt(self, what: str) -> NoReturn:
        self._damaged(f"{what} is damaged")

    def _damaged(self, problem: str) -> NoReturn:
        raise ManifestError(self.path, problem, _COMPILE_AGAIN)


# The head and, unless the prefix is very long, the site record.
_START_BYTES = 1024

_MOST_HEADER_SETS = 256  # kept decoded; a full table starts anew

_BUCKET_SIZE = schema.BUCKET.size
_SLOT_SIZE = schema.SLOT.size
_bucket_span = schema.BUCKET_SPAN.unpack_from


_COMPILE_AGAIN = "copy it again, or compile again with servestatic-build"


def manifest_path(path: str | os.PathLike[str]) -> str:
    """Return the absolute path of a manifest, given that or its DIST."""
    name = os.path.abspath(path)
    return os.path.join(name, schema.MANIFEST_NAME) if os.path.isdir(name) else name


def integrity_value(asset: Asset) -> str:
    """Return an asset's Subresource Integrity value."""
    return "sha384-" + _base64(asset.integrity)


def csp_source(digest: bytes) -> str:
    """Return the source by which a Content-Security-Policy allows what has this SHA-256."""
    return f"'sha256-{_base64(digest)}'"


def _base64(digest: bytes) -> str:
    return b2a_base64(digest, newline=False).decode()


def _to_variant(path: str, coding: str, size: int, etag: bytes, file: str | None) -> Variant:
    own = path + schema.FILE_SUFFIXES[coding] if file is None else schema.FILES_DIR + file
    return Variant(coding, size, schema.etag(etag), own)


def _filled(pairs: list[tuple[str, str | None]], asset: Asset, variant: Variant) -> Headers:
    """Return a header set with the values that are the variant's own in their places."""
    own = {
        "Content-Encoding": None if variant.coding == schema.IDENTITY else variant.coding,
        "Content-Length": str(variant.size),
        "ETag": variant.etag,
        "Last-Modified": format_date(asset.modified),
    }
    filled = [(name, own[name] if value is None else value) for name, value in pairs]
    return [(name, value) for name, value in filled if value is not None]
