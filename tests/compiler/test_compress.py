"""Variants: each decodes to its file, and is there only where it pays."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import zstandard

from servestatic_build.codecs import CODECS, EFFORTS
from servestatic_build.codecs import zstd as zstd_codec
from support.codings import StubCodec, decoded
from support.releases import snapshot, unfingerprinted
from support.trees import compile_tree

TEXT = "".join(f".rule-{number} {{ color: #{number:06x}; margin: {number % 7}px }}\n" for number in range(300))

CONTENT = {
    "text": TEXT.encode(),
    "one byte over and over": b"a" * 5_000,
    "every byte": bytes(range(256)) * 20,
    "empty": b"",
    "one byte": b"a",
}


@pytest.mark.parametrize("data", CONTENT.values(), ids=CONTENT)
@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("coding", CODECS)
def test_a_coding_decodes_to_the_same_bytes(coding: str, effort: str, data: bytes) -> None:
    assert decoded(CODECS[coding].encode(data, effort), coding) == data


def test_more_effort_makes_fewer_bytes_of_gzip() -> None:
    fast, default, best = (len(CODECS["gzip"].encode(TEXT.encode(), effort)) for effort in EFFORTS)
    assert fast > default >= best


@pytest.mark.parametrize("effort", EFFORTS)
def test_the_effort_reaches_the_codec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, effort: str) -> None:
    monkeypatch.setitem(CODECS, "br", StubCodec(lambda _data, effort: effort.encode()))
    compiled = compile_tree(tmp_path, {"a.css": TEXT}, codings=("br",), effort=effort)
    assert compiled.read("a.css", "br").decode() == effort


@pytest.mark.parametrize("effort", EFFORTS)
def test_gzip_carries_no_time_and_no_name_and_one_system(effort: str) -> None:
    head = CODECS["gzip"].encode(b"a" * 100, effort)[:10]
    # RFC 1952 2.3: magic, FLG, MTIME, OS
    assert (head[:3], head[3], head[4:8], head[9]) == (b"\x1f\x8b\x08", 0, bytes(4), 3)


@pytest.mark.parametrize("effort", EFFORTS)
def test_a_zstd_window_is_at_most_8_mib(effort: str) -> None:
    data = bytes(9 * 2**20)
    frame = zstandard.get_frame_parameters(zstd_codec.encode(data, effort))
    assert frame.window_size <= 8 * 2**20
    assert frame.content_size == len(data)


@pytest.mark.parametrize(
    ("coding", "size", "effort", "recipe"),
    [
        ("gzip", 1_000, "fast", "gzip 1: deflate {deflate}, level 10"),
        ("gzip", 1_000, "default", "gzip 1: zopfli {zopfli}, 15 iterations, one block"),
        ("gzip", 2**21, "default", "gzip 1: zopfli {zopfli}, 5 iterations, blocks"),
        ("gzip", 2**21 + 1, "default", "gzip 1: deflate {deflate}, level 12"),
        ("gzip", 2**30, "best", "gzip 1: zopfli {zopfli}, 15 iterations, blocks"),
        ("br", 1_000, "fast", "br 1: brotli {brotli}, quality 9, window 16"),
        ("br", 2**20, "fast", "br 1: brotli {brotli}, quality 9, window 21"),
        ("br", 2**30, "fast", "br 1: brotli {brotli}, quality 9, window 24"),
        ("br", 1_000, "default", "br 1: brotli {brotli}, quality 11, window 24"),
        ("zstd", 1_000, "fast", "zstd 1: zstd {zstd}, level 12"),
        ("zstd", 1_000, "best", "zstd 1: zstd {zstd}, level 19"),
    ],
)
def test_a_recipe_names_the_library_and_what_it_is_told(coding: str, size: int, effort: str, recipe: str) -> None:
    versions = {"zstd": ".".join(map(str, zstandard.ZSTD_VERSION))}
    versions |= {name: version(name) for name in ("brotli", "deflate", "zopfli")}
    assert CODECS[coding].recipe(size, effort) == recipe.format(**versions)


def codings_made(
    tmp_path: Path, name: str, data: bytes, codings: tuple[str, ...] = tuple(CODECS), **settings: Any
) -> list[str]:
    compiled = compile_tree(tmp_path, {name: data}, codings=codings, **settings)
    return [variant.coding for variant in compiled.manifest.asset(name).variants[1:]]


@pytest.mark.parametrize(
    ("size", "coded", "kept"),
    [
        pytest.param(100, 80, True, id="20 bytes less"),
        pytest.param(100, 81, False, id="19 bytes less"),
        pytest.param(2_000, 1_980, True, id="1 % and 20 bytes less"),
        pytest.param(2_001, 1_981, False, id="20 bytes and less than 1 % less"),
        pytest.param(10_000, 9_900, True, id="1 % less"),
        pytest.param(10_000, 9_901, False, id="less than 1 % less"),
        pytest.param(100, 100, False, id="the same"),
        pytest.param(100, 120, False, id="more"),
        pytest.param(21, 1, True, id="smallest file that can gain"),
        pytest.param(20, 0, False, id="file that has not 20 bytes to save"),
    ],
)
def test_a_variant_is_kept_where_it_saves_1_percent_and_20_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, coded: int, *, kept: bool
) -> None:
    monkeypatch.setitem(CODECS, "br", StubCodec(lambda _data, _effort: bytes(coded)))
    assert codings_made(tmp_path, "a.css", bytes(size), ("br",)) == ["br"] * kept


@pytest.mark.parametrize(
    "name", ["a.css", "a.js", "a.html", "a.svg", "a.json", "a.map", "a.wasm", "a.ttf", "a.ico", "a.hdr", "a.ps", "a"]
)
def test_these_types_compress(tmp_path: Path, name: str) -> None:
    assert codings_made(tmp_path, name, CONTENT["text"]) == ["gzip", "br", "zstd"]


@pytest.mark.parametrize(
    "suffix",
    [
        "png",
        "jpg",
        "jpeg",
        "gif",
        "webp",
        "avif",
        "jxl",
        "woff",
        "woff2",
        "mp4",
        "webm",
        "mp3",
        "ogg",
        "m4a",
        "zip",
        "gz",
        "tgz",
        "bz2",
        "xz",
        "7z",
        "rar",
        "zst",
        "br",
        "jar",
        "xpi",
        "docx",
        "odt",
        "epub",
        "kmz",
        "usdz",
        "avi",
    ],
)
def test_these_types_are_compressed_already(tmp_path: Path, suffix: str) -> None:
    assert codings_made(tmp_path, f"a.{suffix}", CONTENT["text"]) == []


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        (("zstd", "br", "gzip"), ["gzip", "br", "zstd"]),
        (("zstd", "gzip"), ["gzip", "zstd"]),
        (("br",), ["br"]),
        (("br", "br"), ["br"]),
        ((), []),
    ],
)
def test_variants_come_in_one_order_whatever_was_asked(tmp_path: Path, asked: tuple[str, ...], made: list[str]) -> None:
    assert codings_made(tmp_path, "a.css", CONTENT["text"], asked) == made


def test_a_variant_lies_beside_its_file(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, {"css/a.css": TEXT}, codings=tuple(CODECS)).dist
    names = [unfingerprinted(os.fsencode(name)).decode() for name in snapshot(dist / "files/static")]
    assert names == ["css/a.#.css", "css/a.#.css.br", "css/a.#.css.gz", "css/a.#.css.zst"]


@pytest.mark.parametrize("coding", CODECS)
def test_a_variant_on_disk_decodes_to_its_rewritten_file(tmp_path: Path, coding: str) -> None:
    compiled = compile_tree(tmp_path, {"a.css": TEXT + "a{b:url(a.png)}", "a.png": ""}, codings=(coding,))
    assert decoded(compiled.read("a.css", coding), coding) == compiled.read("a.css")


def test_a_codec_that_fails_fails_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(_data: bytes, _effort: str) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(CODECS, "br", StubCodec(no_space))
    compiled = compile_tree(tmp_path, {f"{number}.css": TEXT for number in range(9)}, codings=("br",))
    assert compiled.messages() == [
        f"error {compiled.dist}: this path can't be read or written: No space left on device"
    ]
    assert not compiled.dist.exists()


# Which files get which codings


@pytest.mark.parametrize(
    "name",
    [
        "a.parquet",
        "a.pmtiles",
        "a.mbtiles",
        "a.sqlite",
        "a.sqlite3",
        "a.db",
        "a.gpkg",
        "a.tif",
        "A.TIFF",
        "a.h5",
        "a.nc",
        "a.arrow",
        "a.zarr/b/0.0",
    ],
)
def test_what_is_read_in_parts_is_not_compressed(tmp_path: Path, name: str) -> None:
    assert codings_made(tmp_path, name, CONTENT["text"], publish="*") == []


@pytest.mark.parametrize(
    ("rules", "made"),
    [
        pytest.param({}, ["gzip", "br", "zstd"], id="no rule"),
        pytest.param({"*.css": False}, [], id="none"),
        pytest.param({"*.css": "br"}, ["br"], id="one"),
        pytest.param({"*.css": ["zstd", "gzip"]}, ["gzip", "zstd"], id="two"),
        pytest.param({"*.js": False}, ["gzip", "br", "zstd"], id="a rule for others"),
        pytest.param({"*.css": False, "a.*": "br"}, ["br"], id="the last that matches"),
        pytest.param({"a.*": "br", "*.css": False}, [], id="the last that matches, the other way round"),
    ],
)
def test_a_rule_says_which_codings_a_file_gets(tmp_path: Path, rules: dict[str, Any], made: list[str]) -> None:
    assert codings_made(tmp_path, "a.css", CONTENT["text"], compress=rules) == made


@pytest.mark.parametrize("name", ["a.parquet", "a.png"])
def test_a_rule_can_ask_for_codings_that_are_not_tried_otherwise(tmp_path: Path, name: str) -> None:
    assert codings_made(tmp_path, name, CONTENT["text"], ("br",), compress={"*": True}) == ["br"]


def test_no_rule_brings_back_a_coding_that_is_not_made(tmp_path: Path) -> None:
    assert codings_made(tmp_path, "a.css", CONTENT["text"], ("br",), compress={"*": ["br", "zstd"]}) == ["br"]


def test_no_compress_goes_before_every_rule(tmp_path: Path) -> None:
    assert codings_made(tmp_path, "a.css", CONTENT["text"], compress={"*": True}, no_compress="a.*") == []


@pytest.mark.parametrize(("limit", "made"), [(len(TEXT), ["br"]), (len(TEXT) - 1, [])])
def test_files_above_the_limit_are_not_compressed_and_named(tmp_path: Path, limit: int, made: list[str]) -> None:
    compiled = compile_tree(tmp_path, {"a.css": TEXT, "a.png": TEXT}, codings=("br",), compress_limit=limit)
    assert [variant.coding for variant in compiled.manifest.asset("a.css").variants[1:]] == made
    notes = [f"note a.css: this file has {len(TEXT):,} bytes and is not compressed: compress-limit is {limit:,}"]
    assert compiled.messages() == ([] if made else notes)
