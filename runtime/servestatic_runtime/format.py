"""The manifest's schema: names, field order, version, key hash.

Both packages take it from here, the compiler to write and the runtime to read, so they can't disagree.
docs/manifest-format.md describes the same layout in words.
"""

# Annotations are not put off here (``from __future__``): the reader takes from them which types a field may have.
import struct
from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

MANIFEST_NAME = "manifest.msgpack"
FILES_DIR = "files"
FORMAT = "servestatic-build manifest"
VERSION = 2

# The document is one MessagePack map with these keys, in this order. The first four have a fixed length (the
# head), so a reader finds everything else by reading as many bytes. Version 1 ends with the import map.
KEYS = (
    "format",
    "version",
    "layout",
    "checksum",
    "site",
    "header_sets",
    "header_set_offsets",
    "assets",
    "asset_offsets",
    "buckets",
    "slots",
    "import_map",
    "releases",
    "retired",
    "retired_offsets",
)

VERSION_1_KEYS = KEYS[: KEYS.index("releases")]


class Layout(NamedTuple):
    """Where things are: byte offsets from the start of the document, and counts. Each is a uint32.

    Those with a default are not in version 1.
    """

    length: int
    site: int
    site_end: int
    header_sets: int
    header_set_offsets: int
    assets: int
    asset_offsets: int
    bucket_count: int
    buckets: int
    slots: int
    import_map: int
    import_map_end: int
    releases: int = 0
    releases_end: int = 0
    retired: int = 0
    retired_offsets: int = 0


# Records are arrays of these fields, in this order. Each ends in its checksum. A reader takes the fields it knows and
# ignores any that follow, so a field may be appended without a new version: with a default, which it has in a manifest
# of before.


class FallbackRecord(NamedTuple):
    """A page for paths that neither the manifest nor the application knows."""

    url: str  # the URL path that the paths begin with
    path: str  # the page's own plain URL
    status: int


class SiteRecord(NamedTuple):
    """What holds for the release as a whole."""

    prefix: str
    index_name: str
    redirect_headers: int
    first_segments: Sequence[str] | None = None
    root_url: str | None = None  # the URL path that DIST stands for: see file_name
    fallbacks: Sequence[FallbackRecord] = ()  # of several the first counts


# With more of them the record would not be read with the head, and there would be less to gain.
MOST_FIRST_SEGMENTS = 32


class ImportMapRecord(NamedTuple):
    """The import map of the release, and the SHA-256 of its text."""

    text: str
    digest: bytes


class HeaderSetRecord(NamedTuple):
    """The headers of a 200 and of a 304, each a name and a value, which is None where it is a variant's own."""

    ok: Sequence[tuple[str, str | None]]
    not_modified: Sequence[tuple[str, str | None]]


class VariantRecord(NamedTuple):
    """A coding but identity, whose size is the asset's and whose ETag begins its digest."""

    coding: str
    size: int
    etag: bytes
    file: str | None


class DeltaRecord(NamedTuple):
    """What leads from an earlier file to an asset's (RFC 9842): ``dictionary`` is the SHA-256 of that file's bytes."""

    dictionary: bytes
    size: int
    etag: bytes
    file: str | None


class AssetRecord(NamedTuple):
    """A file of the release."""

    name: str
    url: str
    file: str | None
    immutable: bool
    headers: int
    plain_headers: int | None
    directory: str | None
    modified: int
    size: int
    digest: bytes
    integrity: bytes
    variants: Sequence[VariantRecord]
    references: Sequence[int]
    imports: Sequence[int]
    aliases: Sequence[str] = ()
    reason: int = 0  # UrlReason: why the URL is fingerprinted or not
    pattern: str | None = None  # for which URLs in its directory the asset is a dictionary, "app.*.js"
    delta_headers: int | None = None
    deltas: Sequence[DeltaRecord] = ()


class ReleaseRecord(NamedTuple):
    """A release of which the manifest still lists URLs. ``replaced`` is None for the current one; times since 1970."""

    id: str
    time: int
    label: str | None
    replaced: int | None


class ReleasesRecord(NamedTuple):
    """The current release, then those before it, the one that was replaced last first."""

    releases: Sequence[ReleaseRecord]


class RetiredRecord(NamedTuple):
    """A fingerprinted URL of an earlier release, which is served as it was.

    Where it is an asset's plain path with another fingerprint in it, ``asset`` has its number and ``url`` that fingerprint
    alone. ``sizes`` are of the identity bytes and of each coding in the order of CODINGS, 0 for one that there is not;
    ``etags`` those of all that there are, on end, and ``files`` their files below DIST, None for the usual ones.
    """

    url: str
    asset: int | None
    release: int  # the last one that linked to it, by its place among the releases
    headers: int
    modified: int
    sizes: Sequence[int]
    etags: bytes
    files: Sequence[str] | None
    pattern: str | None = None  # as an asset's


# The header values that differ between the files and the variants of one header set. The set stores nil for them.
VARIANT_HEADERS = ("Content-Encoding", "Content-Length", "ETag", "Last-Modified", "Use-As-Dictionary")

IDENTITY = "identity"
DELTA = "dcz"
DICTIONARY_DIGITS = 12  # of the dictionary's SHA-256, in the usual name of a delta's file: app.<new>.js.<old>.dcz
FILE_SUFFIXES = {IDENTITY: "", "gzip": ".gz", "br": ".br", "zstd": ".zst"}
CODINGS = tuple(FILE_SUFFIXES)  # in the order of a retired URL's sizes; new ones come behind

MAGIC = bytes((0x80 | len(KEYS),)) + b"\xa6format" + bytes((0xA0 | len(FORMAT),)) + FORMAT.encode() + b"\xa7version"
_CHECKSUM_KEY = b"\xa8checksum\xce"
_UINT32 = 0xCE


class _HeadForm:
    """How the head is packed when the layout has so many numbers."""

    def __init__(self, numbers: int) -> None:
        array = bytes((0x90 | numbers,)) if numbers < 16 else b"\xdc" + numbers.to_bytes(2)
        self.layout_key = b"\xa6layout" + array
        self.before_checksum = struct.Struct(f">{len(MAGIC)}sB{len(self.layout_key)}s" + "BI" * numbers)
        self.whole = struct.Struct(self.before_checksum.format + f"{len(_CHECKSUM_KEY)}sI")


_HEAD_FORMS = {1: _HeadForm(len(Layout._fields) - len(Layout._field_defaults)), 2: _HeadForm(len(Layout._fields))}
HEAD = _HEAD_FORMS[VERSION].whole

OFFSET = struct.Struct(">I")
SPAN = struct.Struct(">II")  # two neighbours in a table of offsets: where a record starts and ends
BUCKET = struct.Struct(">II")  # number of the first slot, CRC-32 of the bucket's slots begun with its number plus one
BUCKET_SPAN = struct.Struct(">III")  # a bucket and the first slot of the next one
SLOT = struct.Struct(">II")  # key hash, asset number; those of retired URLs go on behind the assets'
_CHECKSUM = struct.Struct(">BI")  # a uint32's tag, and the number
CHECKSUM_SIZE = _CHECKSUM.size

# Hashed by slot: a bucket is read and checked whole, so it should be small; a small one costs more offsets.
SLOTS_PER_BUCKET = 4

# The hash by which the index finds a key (a URL path or a logical name, as UTF-8): 32 bits. A checksum is enough,
# since every hit is compared with its record, and what is in a bucket was decided when it was built.
key_hash = crc32


ETAG_BYTES = 12  # of the SHA-256 of the variant's bytes


def pack_head(layout: Layout) -> bytes:
    """Return the document's first ``HEAD.size`` bytes for this layout."""
    form, words = _HEAD_FORMS[VERSION], [word for number in layout for word in (_UINT32, number)]
    head = form.before_checksum.pack(MAGIC, VERSION, form.layout_key, *words)
    return head + _CHECKSUM_KEY + OFFSET.pack(crc32(head))


def head_size(version: int) -> int:
    """Return the size of the head in a document of this version."""
    return _HEAD_FORMS[version].whole.size if version in _HEAD_FORMS else HEAD.size


def unpack_head(head: bytes) -> Layout | None:
    """Return the layout that ``pack_head``, of any version, wrote, or None when the head does not say what it should.

    ``head`` has as many bytes as its version's, or more.
    """
    form = _HEAD_FORMS.get(head[len(MAGIC)])
    if form is None:
        return None
    _, _, key, *words, checksum_key, checksum = form.whole.unpack_from(head)
    if (key, checksum_key) != (form.layout_key, _CHECKSUM_KEY):
        return None
    return Layout(*words[1::2]) if checksum == crc32(head[: form.before_checksum.size]) else None


def fits(layout: Layout) -> bool:
    """Return whether the tables lie inside the document, so that any entry of theirs can be read."""
    tables = (
        (layout.header_set_offsets, (layout.header_sets + 1) * OFFSET.size),
        (layout.asset_offsets, (layout.assets + 1) * OFFSET.size),
        (layout.buckets, (layout.bucket_count + 1) * BUCKET.size),
        (layout.retired_offsets, (layout.retired + 1) * OFFSET.size if layout.retired else 0),
    )
    return layout.bucket_count > 0 and all(start + size <= layout.length for start, size in tables)


def etag(digest: bytes) -> str:
    """Return the strong ETag, as in its header, of bytes with this SHA-256 (whole, or its stored beginning)."""
    return f'"{digest[:ETAG_BYTES].hex()}"'


def file_name(path: str, root_url: str | None) -> str:
    """Return where in DIST a file lies, by its own path, which is its URL's with a fingerprint.

    DIST may stand for a URL path: then what is below that lies in DIST itself, and the rest below files/.
    """
    if root_url is not None and path.startswith(root_url):
        return path[len(root_url) :]
    return FILES_DIR + path


def seal(record: bytes, number: int) -> bytes:
    """Return a packed array record with its checksum appended as its last element.

    ``record`` must be packed as an array one element longer than its fields. The number (its place in its
    table) is part of the checksum, so a record found at the wrong place does not pass for the right one.
    """
    return record + _CHECKSUM.pack(_UINT32, crc32(record, number))


def is_sealed(record: bytes, number: int) -> bool:
    """Return whether the record is the one that ``seal`` made for this number."""
    body = len(record) - CHECKSUM_SIZE
    return body > 0 and record[body + 1 :] == OFFSET.pack(crc32(record[:body], number))
