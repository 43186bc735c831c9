"""Which files in DIST the record of an asset lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from servestatic_runtime.format import (
    DELTA,
    DICTIONARY_DIGITS,
    ETAG_BYTES,
    FILE_SUFFIXES,
    IDENTITY,
    AssetRecord,
    file_name,
)


class VariantFile(NamedTuple):
    """A coding of an asset, where it lies in DIST, and how the SHA-256 of its bytes begins."""

    coding: str
    name: str
    digest: bytes


def variant_files(record: AssetRecord, root_url: str | None) -> list[VariantFile]:
    """Return the variants of an asset, identity first. DIST stands for ``root_url``."""
    identity = _identity(record, root_url)
    variants = [VariantFile(IDENTITY, identity, record.digest[:ETAG_BYTES])]
    for coding, _size, etag, file, *_ in record.variants:
        usual = identity + FILE_SUFFIXES.get(coding, "")
        variants.append(VariantFile(coding, usual if file is None else file_name(file, root_url), etag))
    return variants


def all_files(records: Iterable[AssetRecord], root_url: str | None) -> Iterator[str]:
    """Yield the names in DIST of all that assets are sent as, deltas too."""
    for record in records:
        yield (identity := _identity(record, root_url))
        for coding, _size, _etag, file, *_ in record.variants:
            yield identity + FILE_SUFFIXES.get(coding, "") if file is None else file_name(file, root_url)
        for dictionary, _size, _etag, file, *_ in record.deltas:
            usual = f"{identity}.{dictionary.hex()[:DICTIONARY_DIGITS]}.{DELTA}"
            yield usual if file is None else file_name(file, root_url)


def _identity(record: AssetRecord, root_url: str | None) -> str:
    return file_name(record.url if record.file is None else record.file, root_url)
