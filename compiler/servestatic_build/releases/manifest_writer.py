"""Write a release as a manifest: records, their offsets, the index, and the head that finds them all."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

import msgpack

from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError
from servestatic_build.names import FINGERPRINT_DIGITS
from servestatic_build.releases.content import ReleaseContent, sealed
from servestatic_build.releases.history import History, Retired
from servestatic_build.releases.index import first_segments, packed_index, slot
from servestatic_runtime import format as schema
from servestatic_runtime.format import HeaderSetRecord, ReleasesRecord, RetiredRecord
from servestatic_runtime.paths import with_fingerprint
from servestatic_runtime.records import plain_path

_LARGEST = 2**32 - 1  # an offset has 32 bits
_FINGERPRINT = re.compile(rf"\.([0-9a-f]{{{FINGERPRINT_DIGITS}}})(?=\.[^./]*$|$)")


def manifest_bytes(content: ReleaseContent, history: History) -> bytes:
    """Return the manifest of a release and of the URLs of earlier ones; raise BuildError where it would pass 4 GiB."""
    header_sets = {header_set: number for number, header_set in enumerate(content.header_sets)}
    retired = [*_retired_records(content, history, header_sets)]
    urls = [url.url for url in history.retired]
    segments = content.first_segments | first_segments(urls)
    slots = [*content.slots, *(slot(url, number) for number, url in enumerate(urls, start=len(content.sealed_assets)))]
    return _document(
        sealed(content.site_record(sorted(segments) if len(segments) <= schema.MOST_FIRST_SEGMENTS else None), 0),
        [sealed(header_set, number) for number, header_set in enumerate(header_sets)],
        content.sealed_assets,
        *packed_index(slots),
        content.sealed_import_map,
        sealed(ReleasesRecord(history.releases), 0),
        retired,
    )


def _retired_records(
    content: ReleaseContent, history: History, header_sets: dict[HeaderSetRecord, int]
) -> Iterator[bytes]:
    """Yield the records of retired URLs. The header sets that the release itself has not are numbered behind its own."""
    places = {release.id: place for place, release in enumerate(history.releases)}
    numbers = {plain_path(name, content.prefix): number for number, name in enumerate(content.names)}
    for number, retired in enumerate(history.retired):
        text, asset = _shortened(retired.url, numbers)
        headers = header_sets.setdefault(retired.headers, len(header_sets))
        sizes = {variant.coding: variant.size for variant in retired.variants}
        record = RetiredRecord(
            url=text,
            asset=asset,
            release=places[retired.release],
            headers=headers,
            modified=retired.modified,
            sizes=[sizes.get(coding, 0) for coding in schema.CODINGS],
            etags=b"".join(bytes.fromhex(variant.etag.strip('"')) for variant in retired.variants),
            files=_files(retired, content.root_url),
            pattern=retired.pattern,
        )
        yield sealed(record, number)


def _shortened(url: str, numbers: Mapping[str, int]) -> tuple[str, int | None]:
    """Return the fingerprint of a URL and the asset whose plain path has it there, else the URL alone."""
    match = _FINGERPRINT.search(url)
    plain = url[: match.start()] + url[match.end() :] if match else url
    if match and plain in numbers and with_fingerprint(plain, match[1]) == url:
        return match[1], numbers[plain]
    return url, None


def _files(retired: Retired, root_url: str | None) -> list[str] | None:
    """Return where the variants lie, None where a reader knows that anyway."""
    files = [variant.file for variant in retired.variants]
    identity = schema.file_name(retired.url, root_url)
    usual = [identity + schema.FILE_SUFFIXES[variant.coding] for variant in retired.variants]
    return None if files == usual else files


class _Writer:
    """The document as it grows, and where things lie in it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = [bytes(schema.HEAD.size)]
        self.length = schema.HEAD.size

    def add(self, piece: bytes) -> int:
        """Append a piece and return where it starts."""
        start = self.length
        self._pieces.append(piece)
        self.length += len(piece)
        if self.length > _LARGEST:
            message = "the manifest would be larger than 4 GiB"
            hint = "publish fewer files in one release"
            raise BuildError(Code.MANIFEST_TOO_LARGE, schema.MANIFEST_NAME, message, hint)
        return start

    def add_key(self, key: str) -> None:
        """Append a key of the document's map."""
        self.add(msgpack.packb(key))

    def add_record(self, key: str, record: bytes) -> tuple[int, int]:
        """Append a key and its record; return where the record starts and ends."""
        self.add_key(key)
        return self.add(record), self.length

    def add_binary(self, key: str, data: bytes) -> int:
        """Append a key and its binary value; return where the data starts."""
        self.add_key(key)
        return self.add(_bin32(data)) + _BIN32_HEADER

    def add_records(self, key: str, records: Sequence[bytes]) -> int:
        """Append a key with the array of its records, then their offsets; return where the offsets start."""
        self.add_key(key)
        self.add(b"\xdd" + schema.OFFSET.pack(len(records)))
        offsets = [*accumulate(map(len, records), initial=self.length)]
        self.add(b"".join(records))
        return self.add_binary(f"{key.removesuffix('s')}_offsets", struct.pack(f">{len(offsets)}I", *offsets))

    def document(self, layout: schema.Layout) -> bytes:
        """Return the whole document, its head filled in."""
        return schema.pack_head(layout) + b"".join(self._pieces[1:])


_BIN32_HEADER = 5


def _bin32(data: bytes) -> bytes:
    return b"\xc6" + schema.OFFSET.pack(len(data)) + data


def _document(
    site: bytes,
    header_sets: Sequence[bytes],
    assets: Sequence[bytes],
    buckets: bytes,
    slots: bytes,
    import_map: bytes,
    releases: bytes,
    retired: Sequence[bytes],
) -> bytes:
    writer = _Writer()
    site_start, site_end = writer.add_record("site", site)
    header_set_offsets = writer.add_records("header_sets", header_sets)
    asset_offsets = writer.add_records("assets", assets)
    bucket_start = writer.add_binary("buckets", buckets)
    slot_start = writer.add_binary("slots", slots)
    import_map_start, import_map_end = writer.add_record("import_map", import_map)
    releases_start, releases_end = writer.add_record("releases", releases)
    retired_offsets = writer.add_records("retired", retired)
    layout = schema.Layout(
        length=writer.length,
        site=site_start,
        site_end=site_end,
        header_sets=len(header_sets),
        header_set_offsets=header_set_offsets,
        assets=len(assets),
        asset_offsets=asset_offsets,
        bucket_count=len(buckets) // schema.BUCKET.size - 1,
        buckets=bucket_start,
        slots=slot_start,
        import_map=import_map_start,
        import_map_end=import_map_end,
        releases=releases_start,
        releases_end=releases_end,
        retired=len(retired),
        retired_offsets=retired_offsets,
    )
    return writer.document(layout)
