"""Manifests written by earlier versions, kept as they are: every later runtime reads them. Never make them anew."""

from __future__ import annotations

from pathlib import Path

from servestatic_runtime import Manifest
from servestatic_runtime.manifest import AssetMatch

GOLDEN = Path(__file__).parent / "golden"


def headers(match: AssetMatch | None, coding: str) -> list[str]:
    assert match is not None
    (variant,) = (variant for variant in match.variants if variant.coding == coding)
    return [f"{name}: {value}" for name, value in match.ok_headers(variant)]


def test_version_1_is_read() -> None:
    manifest = Manifest.open(GOLDEN / "manifest-1.msgpack")
    style_sheet = manifest.asset("css/app.css")

    assert (manifest.prefix, manifest.index, len(manifest)) == ("/static/", "index.html", 8)
    assert [asset.name for asset in manifest] == [
        "/robots.txt",
        "café #1.txt",
        "css/app.css",
        "docs/index.html",
        "img/a.png",
        "js/app.js",
        "js/dep.js",
        "js/lit.js",
    ]
    assert manifest.url("café #1.txt") == "/static/caf%C3%A9%20%231.2d711642b726.txt"
    assert manifest.integrity("img/a.png").startswith("sha384-")
    assert manifest.references(style_sheet) == ("img/a.png",)
    assert [variant.coding for variant in style_sheet.variants] == ["identity", "gzip", "br", "zstd"]
    assert headers(manifest.find(style_sheet.url), "br") == [
        "Content-Type: text/css; charset=utf-8",
        f"Content-Length: {style_sheet.variants[2].size}",
        "Content-Encoding: br",
        f"ETag: {style_sheet.variants[2].etag}",
        "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT",
        "Cache-Control: public, max-age=31536000, immutable",
        "Vary: Accept-Encoding",
        "Accept-Ranges: bytes",
        "Access-Control-Allow-Origin: *",
        "X-Content-Type-Options: nosniff",
    ]
    assert "Cache-Control: no-cache" in headers(manifest.find("/static/docs/"), "identity")


def test_version_1_knows_its_modules() -> None:
    manifest = Manifest.open(GOLDEN / "manifest-1.msgpack")
    assert manifest.module_preload("js/app.js") == [
        (manifest.url(name), manifest.integrity(name)) for name in ("js/app.js", "js/dep.js")
    ]
    assert f'"lit":"{manifest.url("js/lit.js")}"' in manifest.import_map().text
    assert manifest.import_map().csp_hash.startswith("'sha256-")


def test_version_1_redirects_to_a_directory() -> None:
    match = Manifest.open(GOLDEN / "manifest-1.msgpack").find("/static/docs")
    assert match is not None
    assert match.location == "/static/docs/"


def test_version_1_knows_no_earlier_release() -> None:
    manifest = Manifest.open(GOLDEN / "manifest-1.msgpack")
    assert (manifest.releases(), [*manifest.retired()]) == ((), [])


def test_version_2_is_read() -> None:
    manifest = Manifest.open(GOLDEN / "manifest-2.msgpack")
    script = manifest.asset("js/app.js")

    assert (manifest.prefix, manifest.index, len(manifest)) == ("/static/", "index.html", 8)
    assert manifest.url("café #1.txt") == "/static/caf%C3%A9%20%231.4b5c2fdf195a.txt"
    assert manifest.references(script) == ("js/dep.js", "js/lit.js")
    assert manifest.import_map().csp_hash.startswith("'sha256-")
    assert "Cache-Control: no-cache" in headers(manifest.find("/static/docs/"), "identity")


def test_version_2_knows_earlier_releases_and_their_urls() -> None:
    manifest = Manifest.open(GOLDEN / "manifest-2.msgpack")
    time = 1_800_000_000
    assert manifest.releases() == (("6b0520b4cf2f", time, "v2", None), ("fc6f453d6fa3", time, "v1", time))
    style_sheet, script = manifest.retired()
    assert (style_sheet.url, script.url) == ("/static/css/app.666b7d0d6291.css", "/static/js/old.f0db4ef9b3b2.js")
    assert [variant.coding for variant in style_sheet.variants] == ["identity", "gzip", "br", "zstd"]
    assert headers(manifest.find(style_sheet.url), "br") == [
        "Content-Type: text/css; charset=utf-8",
        "Content-Length: 34",
        "Content-Encoding: br",
        'ETag: "28f5a93a94076b3bdd89e008"',
        "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT",
        "Cache-Control: public, max-age=31536000, immutable",
        "Vary: Accept-Encoding",
        "Accept-Ranges: bytes",
        "Access-Control-Allow-Origin: *",
        "Access-Control-Expose-Headers: *",
        "X-Content-Type-Options: nosniff",
    ]
