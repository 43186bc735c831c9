"""Media types by name: all that users of WhiteNoise and ServeStatic relied on, and what the web has now."""

from __future__ import annotations

from types import ModuleType

import pytest
import servestatic.media_types
import whitenoise.media_types

from servestatic_runtime.media_types import DEFAULT, media_type

# Where theirs is not what is registered today (https://www.iana.org/assignments/media-types), or never was.
OTHERWISE = {
    ".bmp": "image/bmp",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".rar": "application/vnd.rar",
    ".woff": "font/woff",
    ".xml": "application/xml",
    "apple-app-site-association": "application/json",
}


@pytest.mark.parametrize(
    "module", [whitenoise.media_types, servestatic.media_types], ids=lambda module: module.__name__
)
def test_every_name_that_has_a_type_there_has_that_or_a_newer_one_here(module: ModuleType) -> None:
    theirs = {**module.default_types(), **OTHERWISE}
    names = {key: f"a{key}" if key.startswith(".") else key for key in theirs}
    assert {key: media_type(name, {}) for key, name in names.items()} == theirs


TYPES = [
    ("a.cbor", "application/cbor"),
    ("a.epub", "application/epub+zip"),
    ("a.exr", "image/x-exr"),
    ("a.hdr", "image/vnd.radiance"),
    ("a.jsonl", "application/jsonl"),
    ("a.ktx2", "image/ktx2"),
    ("a.m3u", "application/vnd.apple.mpegurl"),
    ("a.parquet", "application/vnd.apache.parquet"),
    ("a.pmtiles", "application/vnd.pmtiles"),
    ("a.srt", "application/x-subrip"),
    ("a.toml", "application/toml"),
    ("a.tsv", "text/tab-separated-values"),
    ("a.usdz", "model/vnd.usdz+zip"),
    ("a.wgsl", "text/wgsl"),
    ("a.yaml", "application/yaml"),
    ("a.yml", "application/yaml"),
    # Formats without a registered type.
    ("a.basis", DEFAULT),
    ("a.onnx", DEFAULT),
    ("a.safetensors", DEFAULT),
    # Whole names, below any directory and in any letter case; a suffix makes another name of it.
    (".well-known/apple-app-site-association", "application/json"),
    ("x/Apple-App-Site-Association", "application/json"),
    ("apple-app-site-association.txt", "text/plain"),
    ("my-crossdomain.xml", "application/xml"),
    # The last suffix of the last segment counts.
    ("A.CSS", "text/css"),
    ("a.css.png", "image/png"),
    ("a.css/b", DEFAULT),
    ("a.", DEFAULT),
    ("css", DEFAULT),
]


@pytest.mark.parametrize(("name", "expected"), TYPES, ids=[name for name, _ in TYPES])
def test_the_type_of_a_name(name: str, expected: str) -> None:
    assert media_type(name, {}) == expected


def test_what_the_settings_say_of_a_suffix_goes_before_what_is_known_of_a_name() -> None:
    assert media_type("crossdomain.xml", {"xml": "text/xml"}) == "text/xml"
