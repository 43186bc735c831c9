"""Files that something has coded before the build: served as they are, and decoded to who does not take that coding."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard

from servestatic_build.codecs.decoding import decoded
from support.codings import decoded as client_decoded
from support.trees import Compiled, Tree, compile_tree, write_tree

TEXT = b"".join(b"export const a%d = %d;\n" % (number, number) for number in range(200))
CODED = {
    "gzip": gzip.compress(TEXT, 1, mtime=0),
    "br": brotli.compress(TEXT, quality=1),
    "zstd": zstandard.ZstdCompressor(level=1).compress(TEXT),
}
ENCODINGS = {"*.gz": "gzip", "*.unityweb": "br", "*.svgz": "gzip", "*.pbf": "gzip"}


def codings(compiled: Compiled, name: str) -> list[str]:
    return [variant.coding for variant in compiled.manifest.asset(name).variants]


@pytest.mark.parametrize(("coding", "times"), [("gzip", 1), ("gzip", 2), ("br", 1), ("zstd", 1), ("zstd", 2)])
@pytest.mark.parametrize("size", [1, 7, 10**6], ids=["byte by byte", "in pieces", "at once"])
def test_coded_bytes_decode_in_any_pieces(coding: str, size: int, times: int) -> None:
    data = CODED[coding] * times
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    assert b"".join(decoded(coding, chunks)) == TEXT * times


@pytest.mark.parametrize("coding", CODED)
@pytest.mark.parametrize(
    "damage", [b"", b"plain text, and no coding of anything", None], ids=["empty", "plain", "cut short"]
)
def test_what_is_damaged_is_an_error(coding: str, damage: bytes | None) -> None:
    data = CODED[coding][:-5] if damage is None else damage
    with pytest.raises(ValueError, match=r"."):
        b"".join(decoded(coding, [data] if data else []))


@pytest.mark.parametrize(
    ("name", "coding", "kind"),
    [
        ("app.wasm.gz", "gzip", "application/wasm"),
        ("build.wasm.unityweb", "br", "application/wasm"),
        ("build.js.unityweb", "br", "text/javascript; charset=utf-8"),
        ("build.data.unityweb", "br", "application/octet-stream"),
        ("tiles/1.pbf", "gzip", "application/x-protobuf"),
        ("drawing.svgz", "gzip", "image/svg+xml"),
    ],
)
def test_a_coded_file_is_served_in_its_coding_and_decoded(tmp_path: Path, name: str, coding: str, kind: str) -> None:
    text = b"<svg>" + b"<g/>" * 200 + b"</svg>" if name.endswith("svgz") else TEXT
    data = gzip.compress(text, 1, mtime=0) if coding == "gzip" else brotli.compress(text, quality=1)
    compiled = compile_tree(tmp_path, {name: data}, content_encoding=ENCODINGS)
    assert compiled.messages() == []
    assert codings(compiled, name) == ["identity", coding]
    assert compiled.read(name) == text
    assert compiled.read(name, coding) == data
    asset = compiled.manifest.asset(name)
    match = compiled.manifest.find(asset.url)
    assert match is not None
    assert dict(match.ok_headers(asset.variants[1]))["Content-Encoding"] == coding
    assert dict(match.ok_headers(asset.variants[0]))["Content-Type"] == kind


def test_the_other_codings_are_made_of_what_it_decodes_to(tmp_path: Path) -> None:
    compiled = compile_tree(tmp_path, {"a.js.gz": CODED["gzip"]}, codings=("gzip", "br"), content_encoding=ENCODINGS)
    assert codings(compiled, "a.js.gz") == ["identity", "gzip", "br"]
    assert compiled.read("a.js.gz", "gzip") == CODED["gzip"]
    assert client_decoded(compiled.read("a.js.gz", "br"), "br") == TEXT


def test_references_in_it_are_rewritten_and_it_is_coded_anew(tmp_path: Path) -> None:
    css = b"a{background:url(a.png)}" + b"b{color:red}" * 100
    tree: Tree = {"a.css.gz": gzip.compress(css, mtime=0), "a.png": "x"}
    compiled = compile_tree(tmp_path, tree, content_encoding=ENCODINGS)
    rewritten = css.replace(b"a.png", os.path.basename(compiled.url("a.png")).encode())
    assert compiled.read("a.css.gz") == rewritten
    assert client_decoded(compiled.read("a.css.gz", "gzip"), "gzip") == rewritten


def test_a_file_that_is_not_in_its_coding_is_an_error(tmp_path: Path) -> None:
    compiled = compile_tree(tmp_path, {"a.js.gz": "plain"}, content_encoding=ENCODINGS)
    (problem,) = compiled.result.diagnostics
    assert (problem.severity, problem.code, problem.hint) == (
        "error",
        "invalid-coding",
        "make it again, or correct content-encoding",
    )
    assert problem.message.startswith("this file is not gzip: ")


def test_without_a_rule_a_coded_file_is_what_its_suffix_says(tmp_path: Path) -> None:
    compiled = compile_tree(tmp_path, {"a.js.gz": CODED["gzip"]})
    assert compiled.read("a.js.gz") == CODED["gzip"]
    assert codings(compiled, "a.js.gz") == ["identity"]


@pytest.mark.parametrize("settings", [{}, {"cache": True}], ids=["no cache", "a warm cache"])
def test_a_rule_that_comes_later_counts(tmp_path: Path, settings: dict[str, Any]) -> None:
    if settings:
        settings = {"cache": str(tmp_path / "cache")}
    compile_tree(tmp_path, {"a.js.gz": CODED["gzip"]}, **settings)
    for _ in range(2):
        compiled = compile_tree(tmp_path, {"a.js.gz": CODED["gzip"]}, content_encoding=ENCODINGS, **settings)
        assert (compiled.read("a.js.gz"), compiled.read("a.js.gz", "gzip")) == (TEXT, CODED["gzip"])


# --take-variants

BESIDE: Tree = {"a.js": TEXT, "a.js.gz": CODED["gzip"], "a.js.br": CODED["br"], "a.js.zst": CODED["zstd"]}


def test_a_coding_beside_its_file_is_taken(tmp_path: Path) -> None:
    compiled = compile_tree(tmp_path, BESIDE, take_variants=True)
    assert compiled.messages() == []
    assert [asset.name for asset in compiled.manifest] == ["a.js"]
    assert {coding: compiled.read("a.js", coding) for coding in CODED} == CODED


def test_without_the_setting_it_is_a_file_of_its_own(tmp_path: Path) -> None:
    compiled = compile_tree(tmp_path, BESIDE)
    assert [asset.name for asset in compiled.manifest] == sorted(BESIDE)
    assert codings(compiled, "a.js") == ["identity"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (
            gzip.compress(TEXT + b"\n", mtime=0),
            "this file does not decode to the bytes of {}, so it is no variant of that",
        ),
        (b"plain", "this file is not gzip: "),
    ],
    ids=["stale", "damaged"],
)
def test_what_does_not_decode_to_it_stays_a_file_with_a_warning(tmp_path: Path, data: bytes, problem: str) -> None:
    compiled = compile_tree(tmp_path, {"a.js": TEXT, "a.js.gz": data}, take_variants=True)
    (message,) = compiled.messages()
    assert message.startswith(f"warning {tmp_path}/src/a.js.gz: " + problem.format(tmp_path / "src/a.js"))
    assert [asset.name for asset in compiled.manifest] == ["a.js", "a.js.gz"]
    assert codings(compiled, "a.js") == ["identity"]


def test_where_the_file_is_rewritten_its_coding_is_made_anew(tmp_path: Path) -> None:
    script = b"import './b.js';\n" + TEXT
    tree: Tree = {"a.js": script, "a.js.gz": gzip.compress(script, mtime=0), "b.js": ""}
    compiled = compile_tree(tmp_path, tree, take_variants=True)
    assert [asset.name for asset in compiled.manifest] == ["a.js", "b.js"]
    assert b"./b.js" not in compiled.read("a.js")
    assert client_decoded(compiled.read("a.js", "gzip"), "gzip") == compiled.read("a.js")


def test_a_coding_that_changes_is_taken_by_a_warm_build(tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    for level in (1, 9):
        data = gzip.compress(TEXT, level, mtime=0)
        write_tree(tmp_path / "src", {"a.js.gz": data})
        compiled = compile_tree(tmp_path, {"a.js": TEXT, "a.js.gz": data}, take_variants=True, cache=cache)
        assert compiled.read("a.js", "gzip") == data
