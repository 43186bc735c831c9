"""The manifest as any reader of MessagePack sees it. (The runtime's own reader has its own tests.)"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgpack
import pytest

from servestatic_build import Source
from servestatic_build.model import Asset, Signature, SourceFile, StagedFile, Variant
from servestatic_build.releases.content import Site, content_of_build
from servestatic_build.releases.headers import HeaderPolicy
from servestatic_build.releases.history import without_past
from servestatic_build.releases.manifest_writer import manifest_bytes
from servestatic_runtime import Manifest
from servestatic_runtime.document import Document
from servestatic_runtime.format import ETAG_BYTES, FILE_SUFFIXES, FORMAT, KEYS, VERSION, AssetRecord, Layout
from servestatic_runtime.url_reason import UrlReason
from support.trees import MODIFIED, Compiled, compile_sources, compile_tree, write_tree

TREE = {"a.css": "a{b:url(a.png)}" * 50, "a.png": "a", "docs/index.html": "<p>"}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compile_tree(tmp_path_factory.mktemp("tree"), TREE, codings=("br",))


@pytest.fixture(scope="module")
def document(compiled: Compiled) -> dict[str, Any]:
    unpacked: dict[str, Any] = msgpack.unpackb((compiled.dist / "manifest.msgpack").read_bytes())
    return unpacked


def test_it_is_one_map_with_the_documented_keys_in_order(document: dict[str, Any]) -> None:
    assert tuple(document) == KEYS


def test_it_says_what_it_is_and_where_things_lie(compiled: Compiled, document: dict[str, Any]) -> None:
    layout = Layout(*document["layout"])
    assert (document["format"], document["version"]) == (FORMAT, VERSION)
    assert layout.length == (compiled.dist / "manifest.msgpack").stat().st_size
    assert (layout.assets, layout.header_sets) == (len(document["assets"]), len(document["header_sets"]))


def test_the_site_is_its_prefix_its_index_and_its_redirects_headers(document: dict[str, Any]) -> None:
    prefix, index, redirect, first_segments, root_url, fallbacks, _checksum = document["site"]
    assert (prefix, index, first_segments, root_url, fallbacks) == ("/static/", "index.html", ["static"], None, [])
    assert document["header_sets"][redirect][:2] == [
        [
            ["Cache-Control", "public, max-age=60"],
            ["Access-Control-Allow-Origin", "*"],
            ["Access-Control-Expose-Headers", "*"],
            ["X-Content-Type-Options", "nosniff"],
        ],
        [],
    ]


def test_an_asset_has_every_documented_field(compiled: Compiled, document: dict[str, Any]) -> None:
    css, png, html = (dict(zip(AssetRecord._fields, record[:-1], strict=True)) for record in document["assets"])
    content, coded = compiled.read("a.css"), compiled.read("a.css", "br")
    assert css == {
        "name": "a.css",
        "url": compiled.url("a.css"),
        "file": None,
        "immutable": True,
        "headers": css["headers"],
        "plain_headers": css["plain_headers"],
        "directory": None,
        "modified": MODIFIED,
        "size": len(content),
        "digest": hashlib.sha256(content).digest(),
        "integrity": hashlib.sha384(content).digest(),
        "variants": [["br", len(coded), hashlib.sha256(coded).digest()[:ETAG_BYTES], None]],
        "references": [1],
        "imports": [],
        "aliases": [],
        "reason": UrlReason.CONTENT,
        "pattern": None,
        "delta_headers": None,
        "deltas": [],
    }
    assert (png["name"], png["variants"], png["references"]) == ("a.png", [], [])
    assert (html["immutable"], html["directory"], html["headers"]) == (False, "/static/docs/", html["plain_headers"])


def test_a_header_set_is_stored_once(compiled: Compiled, document: dict[str, Any]) -> None:
    sets = [repr(header_set[:2]) for header_set in document["header_sets"]]
    assert len(sets) == len(set(sets))
    assert compiled.manifest.asset("a.css").headers != compiled.manifest.asset("a.css").plain_headers


def test_a_header_set_leaves_the_variants_own_values_open(document: dict[str, Any]) -> None:
    ok, _not_modified, _checksum = document["header_sets"][document["assets"][0][4]]
    assert [name for name, value in ok if value is None] == [
        "Content-Length",
        "Content-Encoding",
        "ETag",
        "Last-Modified",
    ]


def test_assets_come_in_order_of_name(tmp_path: Path) -> None:
    trees = ({"é.txt": "", "b.txt": "", "B.txt": ""}, {"z.txt": ""})
    sources = [Source(str(write_tree(tmp_path / str(n), tree)), "/" * n or None) for n, tree in enumerate(trees)]
    names = [asset.name for asset in compile_sources(tmp_path, *sources).manifest]
    assert names == ["/z.txt", "B.txt", "b.txt", "é.txt"]


def test_two_assets_with_one_url_are_an_error(tmp_path: Path) -> None:
    (taken,) = compile_tree(tmp_path / "first", {"a.css": "a{}"}).result.assets
    clashing = taken.path.removeprefix("/static/")
    compiled = compile_tree(tmp_path, {"a.css": "a{}", clashing: "b{}"})
    src = tmp_path / "src"
    message = f"this file has the same URL as {src}/{clashing}: {taken.path}"
    assert compiled.messages() == [f"error {src}/a.css: {message}"]
    assert not compiled.dist.exists()


def test_a_release_without_files_is_a_manifest(tmp_path: Path) -> None:
    manifest = compile_tree(tmp_path, {}).manifest
    assert (len(manifest), manifest.find("/static/a.css")) == (0, None)


def synthetic_asset(number: int) -> Asset:
    """Return an asset with an ordinary name and three codings besides identity."""
    suffix = ("css", "js", "svg")[number % 3]
    name = f"admin/{suffix}/vendor/component-{number}.{suffix}"
    digest = hashlib.sha512(name.encode()).digest()
    path = f"/static/{name.removesuffix(suffix)}{digest.hex()[:12]}.{suffix}"
    files = (
        (coding, StagedFile("", path[1:] + end, 9_999, hashlib.sha256(f"{name}{end}".encode()).digest()))
        for coding, end in FILE_SUFFIXES.items()
    )
    source = SourceFile(
        name,
        name,
        f"/static/{name}",
        Signature(9_999, 0, 0),
        MODIFIED,
        "text/css",
        UrlReason.CONTENT,
        plain=True,
        real_path=name,
    )
    return Asset(source, path, MODIFIED, digest[:48], (), tuple(Variant(*file) for file in files))


def test_a_url_takes_at_most_200_bytes() -> None:
    assets = sorted(map(synthetic_asset, range(2_000)), key=lambda asset: asset.source.name)
    policy = HeaderPolicy(max_age=60, cross_origin=True, rules=(), hook=None)
    site = Site("/static/", "index.html", policy.redirect())
    content = content_of_build(site, assets, map(policy.headers_of, assets))
    document = manifest_bytes(content, without_past(content))
    manifest = Manifest(Document(document, "manifest.msgpack"))
    urls = {url for asset in assets for url in (asset.path, asset.source.plain_path) if manifest.find(url)}
    assert len(urls) == 2 * len(assets)
    assert len(document) / len(urls) <= 200
