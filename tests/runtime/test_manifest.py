"""The manifest: what it answers, and what opening it costs."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256, sha384
from itertools import islice
from pathlib import Path
from typing import Any, SupportsIndex

import msgpack
import pytest

from servestatic_build import Source
from servestatic_runtime import Manifest, ManifestError, UnknownAssetError
from servestatic_runtime import format as schema
from servestatic_runtime import manifest as manifest_module
from servestatic_runtime.document import Document
from servestatic_runtime.manifest import AssetMatch
from servestatic_runtime.records import Asset
from support.manifests import synthetic_manifest
from support.small_release import FILES, MISSING, OPENERS, Opener, compile_small
from support.trees import Compiled, compile_sources, write_tree


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compile_small(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def document(release: Compiled) -> bytes:
    return (release.dist / schema.MANIFEST_NAME).read_bytes()


@pytest.fixture(params=OPENERS)
def open_manifest(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def manifest(open_manifest: Opener, release: Compiled) -> Manifest:
    return open_manifest(release.dist / schema.MANIFEST_NAME)


# What it answers.


def test_it_lists_every_asset_in_order_of_name(manifest: Manifest) -> None:
    names = ["/robots.txt", *sorted(FILES)]
    assert [asset.name for asset in manifest] == names
    assert len(manifest) == len(names)


def test_an_asset_says_what_its_file_is(manifest: Manifest, release: Compiled) -> None:
    for asset in manifest:
        body = (release.dist / asset.variants[0].file).read_bytes()
        assert asset.digest == sha256(body).digest()
        assert asset.variants[0][:3] == ("identity", len(body), f'"{asset.digest.hex()[:24]}"')
        assert manifest.integrity(asset.name) == "sha384-" + b64encode(sha384(body).digest()).decode()


def test_every_variant_is_at_its_file(manifest: Manifest) -> None:
    for variant in (variant for asset in manifest for variant in asset.variants):
        body = Path(manifest.body_path(variant)).read_bytes()
        assert (variant.size, variant.etag) == (len(body), f'"{sha256(body).hexdigest()[:24]}"')


@pytest.mark.parametrize(
    ("name", "url", "plain_url", "directory"),
    [
        pytest.param("css/base.css", r"/static/css/base.[0-9a-f]{12}.css", "/static/css/base.css", None, id="asset"),
        pytest.param("docs/index.html", r"/static/docs/index.html", "/static/docs/index.html", "/static/docs/", id="index"),
        pytest.param("/robots.txt", r"/robots.txt", "/robots.txt", None, id="URL=DIR"),
        pytest.param("é 😀.txt", r"/static/%C3%A9%20%F0%9F%98%80.[0-9a-f]{12}.txt", "/static/é 😀.txt", None, id="odd"),
    ],
)  # fmt: skip
def test_a_name_leads_to_its_urls(
    manifest: Manifest, name: str, url: str, plain_url: str, directory: str | None
) -> None:
    asset = manifest.asset(name)
    assert re.fullmatch(url, manifest.url(name))
    assert (asset.plain_url, asset.directory) == (plain_url, directory)


@pytest.mark.parametrize(("most", "lookups"), [(len(FILES), len(FILES)), (2, 2 * len(FILES))])
def test_the_url_of_a_name_is_looked_up_once_while_there_is_room_to_remember_it(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch, most: int, lookups: int
) -> None:
    asked: list[str] = []
    real = Manifest.asset

    def counted(manifest: Manifest, name: str) -> Asset:
        asked.append(name)
        return real(manifest, name)

    monkeypatch.setattr(Manifest, "asset", counted)
    monkeypatch.setattr(manifest_module, "_MOST_URLS", most)
    assert [manifest.url(name) for name in FILES] == [manifest.url(name) for name in FILES]
    assert len(asked) == lookups


def test_every_url_leads_to_its_asset(manifest: Manifest) -> None:
    for asset in manifest:
        for path in {asset.url, asset.plain_url, asset.directory} - {None}:
            match = manifest.find(path or "")
            assert match
            assert (match.asset, match.location) == (asset, None)


def test_a_directory_without_its_slash_leads_to_the_one_with_it(manifest: Manifest) -> None:
    match = manifest.find("/static/docs")
    assert match
    assert isinstance(match.asset, Asset)
    assert (match.asset.name, match.location) == ("docs/index.html", "/static/docs/")


def test_references_are_logical_names(manifest: Manifest) -> None:
    assert manifest.references(manifest.asset("css/app.css")) == ("css/base.css",)
    assert manifest.references(manifest.asset("css/base.css")) == ()


@pytest.mark.parametrize("key", MISSING, ids=ascii)
def test_what_it_does_not_list_is_not_there(manifest: Manifest, key: str) -> None:
    assert manifest.find(key) is None
    for ask in (manifest.url, manifest.integrity, manifest.asset):
        with pytest.raises(UnknownAssetError):
            ask(key)


def test_an_unknown_name_is_named_with_the_place_to_look(manifest: Manifest) -> None:
    with pytest.raises(KeyError) as caught:
        manifest.url("css/ap.css")
    assert str(caught.value) == (
        f"no asset named 'css/ap.css' in {manifest.path} (servestatic-manifest show lists the names)"
    )


def test_a_logical_name_is_no_path_and_a_path_no_name(manifest: Manifest) -> None:
    assert manifest.find("css/app.css") is None
    with pytest.raises(UnknownAssetError):
        manifest.asset("/static/css/app.css")


@pytest.mark.parametrize("given", ["directory", "file", "text", "relative"])
def test_it_opens_by_directory_or_by_file(release: Compiled, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.chdir(release.dist.parent)
    paths: dict[str, str | os.PathLike[str]] = {
        "directory": release.dist,
        "file": release.dist / schema.MANIFEST_NAME,
        "text": str(release.dist),
        "relative": "dist",
    }
    manifest = Manifest.open(paths[given])
    monkeypatch.chdir("/")
    assert Path(manifest.body_path(manifest.asset("css/app.css").variants[0])).is_file()


def test_what_was_read_outlives_the_mapping(release: Compiled) -> None:
    manifest = Manifest.open(release.dist)
    asset = manifest.asset("css/base.css")
    manifest.close()
    assert asset == release.manifest.asset("css/base.css")


@pytest.mark.parametrize("files", [3, 40], ids=["few first segments", "too many to keep"])
def test_a_path_is_found_or_not_whatever_its_first_segment(tmp_path: Path, files: int) -> None:
    static = write_tree(tmp_path / "static", {"a.css": ""})
    names = [f"{number}.txt" for number in range(files)]
    public = write_tree(tmp_path / "public", {"index.html": "", "docs/index.html": "", **dict.fromkeys(names, "")})
    manifest = compile_sources(tmp_path, Source(str(static)), Source(str(public), "/")).manifest
    listed = ["/", "/index.html", "/docs", "/docs/", "/docs/index.html", "/static/a.css", *(f"/{n}" for n in names)]
    unlisted = [
        "",
        "*",
        "//",
        "/x",
        "/x/static/a.css",
        "/static",
        "/static/",
        "/statics/a.css",
        "/doc",
        "/docs/x",
        "static/a.css",
        "/0.txt/",
    ]
    assert [path for path in (*listed, *unlisted) if manifest.find(path) is not None] == listed


# The same document, read by the msgpack package.


def test_the_document_is_one_messagepack_map(document: bytes, manifest: Manifest) -> None:
    whole = msgpack.unpackb(document)
    assert tuple(whole) == schema.KEYS
    assert (whole["format"], whole["version"]) == (schema.FORMAT, schema.VERSION)
    assert whole["site"][:2] == [manifest.prefix, manifest.index]
    assert len(whole["assets"]) == len(manifest)


def test_the_document_says_of_each_asset_what_the_runtime_says(document: bytes, manifest: Manifest) -> None:
    whole = msgpack.unpackb(document)
    for asset, record in zip(manifest, whole["assets"], strict=True):
        fields = dict(zip(schema.AssetRecord._fields, record, strict=False))
        file = schema.FILES_DIR + (fields["file"] or fields["url"])
        variants = [("identity", fields["size"], fields["digest"], file)]
        for coding, size, tag, stored_file in fields["variants"]:
            variants.append((coding, size, tag, stored_file or file + schema.FILE_SUFFIXES[coding]))
        for name in ("name", "url", "directory", "immutable", "headers", "modified", "digest", "integrity"):
            assert getattr(asset, name) == fields[name]
        assert list(asset.variants) == [(coding, size, schema.etag(tag), path) for coding, size, tag, path in variants]
        assert list(manifest.references(asset)) == [whole["assets"][number][0] for number in fields["references"]]


def test_the_document_says_of_each_header_set_what_the_runtime_says(document: bytes, manifest: Manifest) -> None:
    sets = msgpack.unpackb(document)["header_sets"]
    for asset in manifest:
        ok, not_modified = sets[asset.headers][:2]
        match, (identity, *_) = AssetMatch(manifest, asset, asset.headers), asset.variants
        for stored, filled in (
            (ok, match.ok_headers(identity)),
            (not_modified, match.not_modified_headers(identity)),
        ):
            assert [(name, value) for name, value in stored if value is not None] == [
                pair for pair in filled if pair[0] not in schema.VARIANT_HEADERS
            ]
            assert {name for name, value in stored if value is None} - {"Content-Encoding"} == {
                name for name, _ in filled if name in schema.VARIANT_HEADERS
            }


# What opening costs.


class Counted(bytes):
    """A document that counts the bytes read from it."""

    read = 0

    def __getitem__(self, key: SupportsIndex | slice) -> Any:
        value = super().__getitem__(key)
        self.read += len(value) if isinstance(value, bytes) else 1
        return value


@pytest.fixture(scope="module")
def cost() -> Callable[[int, Callable[[Manifest], object]], int]:
    documents = {count: synthetic_manifest(count) for count in (10, 10_000)}

    def bytes_read(count: int, use: Callable[[Manifest], object]) -> int:
        document = Counted(documents[count])
        use(Manifest(Document(document, "manifest.msgpack")))
        return document.read

    return bytes_read


def test_opening_reads_as_much_of_ten_thousand_assets_as_of_ten(cost: Callable[[int, Any], int]) -> None:
    assert cost(10_000, id) == cost(10, id) <= 1024


def test_opening_reads_the_head_and_the_site_record_alone(document: bytes) -> None:
    layout = schema.unpack_head(document[: schema.HEAD.size])
    assert layout
    assert (
        Manifest(Document(document[: layout.site_end].ljust(len(document), b"\xff"), "manifest.msgpack")).prefix
        == "/static/"
    )


@pytest.mark.parametrize("path", ["/static/js/0000003.js", "/static/nothing"], ids=["a hit", "a miss"])
def test_a_lookup_reads_a_bucket_and_a_record(cost: Callable[[int, Any], int], path: str) -> None:
    assert cost(10_000, lambda manifest: manifest.find(path)) - cost(10_000, id) < 500


def test_a_release_of_ten_thousand_assets_is_found_whole() -> None:
    manifest = Manifest(Document(synthetic_manifest(10_000), "manifest.msgpack"))
    for asset in islice(manifest, 0, None, 10):
        assert manifest.asset(asset.name) == asset
        for path in (asset.url, asset.plain_url):
            match = manifest.find(path or "")
            assert match
            assert match.asset == asset
        assert manifest.find(asset.url + "x") is None


def test_a_release_without_a_file_opens_and_lists_nothing() -> None:
    manifest = Manifest(Document(synthetic_manifest(0), "manifest.msgpack"))
    assert (list(manifest), manifest.find("/"), manifest.find("")) == ([], None, None)


def test_a_path_with_a_foreign_first_segment_costs_no_look_into_the_index(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "static", {"a.css": ""})
    release = compile_sources(tmp_path, Source(str(source)))
    data = bytearray((release.dist / "manifest.msgpack").read_bytes())
    layout = schema.unpack_head(bytes(data[: schema.HEAD.size]))
    assert layout
    data[layout.buckets :] = bytes(len(data) - layout.buckets)
    manifest = Manifest(Document(bytes(data), "manifest.msgpack"))
    assert manifest.find("/api/a.css") is None
    with pytest.raises(ManifestError):
        manifest.find("/static/no.css")
