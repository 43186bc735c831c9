"""Documents whose checksums are right and whose contents are not: what another program wrote, or nobody meant well."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from itertools import product
from typing import Any, NamedTuple

import msgpack
import pytest

from servestatic_runtime import Manifest, ManifestError, UnknownAssetError
from servestatic_runtime import format as schema
from servestatic_runtime.document import Document
from servestatic_runtime.manifest import AssetMatch
from support.trees import Compiled, compile_tree

# Of every type that a MessagePack document can have, and what is out of bounds.
HOSTILE: list[Any] = [
    *(None, True, 0, -1, 2**31, 2**64 - 1, 1.5),
    *("", "/static/app.css", b"", bytes(12), {}),
    *(
        [],
        [[]],
        [None],
        [0],
        [2**32],
        ["a"],
        [[None, None]],
        [["a", None]],
        [["br", 1, b"", 5]],
        [["zip", 1, b"", None]],
    ),
]
RECORDS: dict[str, type[NamedTuple]] = {
    "site": schema.SiteRecord,
    "import_map": schema.ImportMapRecord,
    "assets": schema.AssetRecord,
    "header_sets": schema.HeaderSetRecord,
    "releases": schema.ReleasesRecord,
    "retired": schema.RetiredRecord,
}
OFFSETS = {"assets": "asset_offsets", "header_sets": "header_set_offsets", "retired": "retired_offsets"}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    tree = {"app.css": "a{}" * 99, "docs/index.html": "<h1>Docs</h1>" * 99, "app.js": 'import "./one.js"', "one.js": ""}
    root = tmp_path_factory.mktemp("release")
    compile_tree(root, {**tree, "app.css": "b{}" * 99, "gone.js": "gone"}, codings=("gzip", "br"))
    (root / "src/gone.js").unlink()
    return compile_tree(root, tree, codings=("gzip", "br"))


@pytest.fixture(scope="module")
def document(release: Compiled) -> bytes:
    return (release.dist / schema.MANIFEST_NAME).read_bytes()


def head_of(document: bytes) -> schema.Layout:
    layout = schema.unpack_head(document[: schema.HEAD.size])
    assert layout
    return layout


def sealed(fields: list[Any], number: int) -> bytes:
    return schema.seal(msgpack.packb([*fields, 0])[:-1], number)


def forged(document: bytes, table: str, change: Callable[[list[Any]], list[Any]]) -> bytes:
    """Return the document with every record of a table changed and sealed again, behind all that was there."""
    layout, records = head_of(document), msgpack.unpackb(document)[table]
    if table not in OFFSETS:
        whole = document + sealed(change(records[:-1]), 0)
        places = {table: len(document), f"{table}_end": len(whole)}
    else:
        ends = [len(document)]
        whole = document
        for number, record in enumerate(records):
            whole += sealed(change(record[:-1]), number)
            ends.append(len(whole))
        places = {OFFSETS[table]: len(whole)}
        whole += struct.pack(f">{len(ends)}I", *ends)
    return schema.pack_head(layout._replace(length=len(whole), **places)) + whole[schema.HEAD.size :]


def ask_everything(document: bytes) -> None:
    """Ask a manifest all there is to ask, and go on after an error."""
    manifest = Manifest(Document(document, "manifest.msgpack"))
    for path in ("/static/app.css", "/static/docs", "/static/docs/", "/static/nothing", "/api"):
        with suppress(ManifestError):
            if match := manifest.find(path):
                for variant, headers in product(match.variants, (match.ok_headers, match.not_modified_headers)):
                    headers(variant)
    for name in ("app.css", "app.js"):
        for ask in (manifest.url, manifest.integrity, manifest.module_preload, references_by_name(manifest)):
            with suppress(ManifestError, UnknownAssetError):
                ask(name)
    with suppress(ManifestError):
        manifest.import_map()
    for retired in retired_urls(manifest):
        with suppress(ManifestError):
            if match := manifest.find(retired):
                match.ok_headers(match.variants[-1])
    with suppress(ManifestError):
        manifest.releases()
    list(manifest)


def retired_urls(manifest: Manifest) -> list[str]:
    """Return the retired URLs, as far as they can be read."""
    urls = []
    with suppress(ManifestError):
        urls += [retired.url for retired in manifest.retired()]
    return urls


def references_by_name(manifest: Manifest) -> Callable[[str], tuple[str, ...]]:
    return lambda name: manifest.references(manifest.asset(name))


def test_a_forgery_that_changes_nothing_is_read(document: bytes) -> None:
    assert len(msgpack.unpackb(document)["retired"]) == 2
    for table in RECORDS:
        read_all(forged(document, table, lambda fields: fields))
        ask_everything(forged(document, table, lambda fields: fields))


@pytest.mark.parametrize(
    ("table", "field"), [(table, field) for table, record in RECORDS.items() for field in range(len(record._fields))]
)
def test_a_sealed_field_of_any_type_and_size_is_an_answer_or_an_error(document: bytes, table: str, field: int) -> None:
    for value in HOSTILE:

        def change(fields: list[Any], value: Any = value) -> list[Any]:
            return [*fields[:field], value, *fields[field + 1 :]]

        with suppress(ManifestError):
            ask_everything(forged(document, table, change))


@pytest.mark.parametrize(("table", "record"), RECORDS.items())
def test_a_sealed_record_with_too_few_fields_is_an_error(document: bytes, table: str, record: type[NamedTuple]) -> None:
    for count in range(len(record._fields) - len(record._field_defaults)):  # those are later fields
        manifest = forged(document, table, lambda fields, count=count: fields[:count])  # type: ignore[misc]
        with pytest.raises(ManifestError, match="damaged"):
            read_all(manifest)


def read_all(document: bytes) -> None:
    """Read every record once."""
    manifest = Manifest(Document(document, "manifest.msgpack"))
    for asset in manifest:
        AssetMatch(manifest, asset, asset.headers).ok_headers(asset.variants[0])
    for retired in manifest.retired():
        AssetMatch(manifest, retired, retired.headers).ok_headers(retired.variants[0])
    manifest.releases()
    manifest.import_map()


@pytest.mark.parametrize("field", schema.Layout._fields[1:])
def test_a_layout_that_points_anywhere_is_an_answer_or_an_error(document: bytes, field: str) -> None:
    layout = head_of(document)
    right = getattr(layout, field)
    for value in (0, 1, max(right - 1, 0), right + 1, len(document) - 1, len(document), 2**31, 2**32 - 1):
        head = schema.pack_head(layout._replace(**{field: value}))
        with suppress(ManifestError):
            ask_everything(head + document[schema.HEAD.size :])
