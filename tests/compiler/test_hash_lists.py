"""Lists of hashes in other texts: a warning where one is of a source whose bytes change."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from pathlib import Path

import pytest

from servestatic_build.render.hash_lists import HashFinder
from support.hashes import integrity
from support.trees import Tree, compile_tree

STYLE = "a{b:url(a.png)}"
TREE: Tree = {"a.css": STYLE, "a.png": "image"}


def hexadecimal(algorithm: str, data: str = STYLE) -> str:
    return hashlib.new(algorithm, data.encode()).hexdigest()


def base64(algorithm: str) -> str:
    return b64encode(hashlib.new(algorithm, STYLE.encode()).digest()).decode()


@pytest.mark.parametrize(
    ("name", "text", "hashed"),
    [
        pytest.param("ngsw.json", '{"hashTable": {"/a.css": "HASH"}}', hexadecimal("sha1"), id="Angular"),
        pytest.param("blazor.boot.json", '{"resources": {"a.css": "HASH"}}', integrity(STYLE, "sha256"), id="Blazor"),
        pytest.param("sw.js", "precache([{url:'a.css',revision:'HASH'}])", hexadecimal("md5"), id="Workbox"),
        pytest.param("runtime.js", 'sri={1:"sha512-x HASH"}', integrity(STYLE, "sha384"), id="webpack"),
        pytest.param("eval.js", 'eval("sri={1:\\"HASH\\"}")', integrity(STYLE, "sha384"), id="in a string"),
        pytest.param("p.html", "<script>x = 'HASH'</script>", hexadecimal("sha512"), id="in a page"),
        pytest.param("list.json", '["HASH"]', base64("sha256"), id="SHA-256, base64"),
        pytest.param("list.json", '["HASH"]', base64("sha512"), id="SHA-512, base64"),
        pytest.param("list.json", '["HASH"]', hexadecimal("sha256").upper(), id="upper case"),
    ],
)
def test_the_hash_of_a_source_whose_bytes_change_is_a_warning(
    tmp_path: Path, name: str, text: str, hashed: str
) -> None:
    text = text.replace("HASH", hashed)
    for _ in ("read", "known by the last build"):
        release = compile_tree(tmp_path, {**TREE, name: text}, cache=str(tmp_path / "cache"))
        (diagnostic,) = release.result.diagnostics
        bare = hashed.partition("-")[2] or hashed
        assert (diagnostic.code, diagnostic.place) == ("stale-hash", f"{name}:1:{text.index(bare) + 1}")
        assert " of a.css, whose bytes change" in diagnostic.message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("list.json", json.dumps([hexadecimal("sha1", "image")]), id="bytes that stay"),
        pytest.param("list.json", json.dumps([hexadecimal("sha1", "other")]), id="no file"),
        pytest.param("a.js.map", json.dumps([hexadecimal("sha256")]), id="in a source map"),
        pytest.param("list.json", json.dumps([hexadecimal("sha256") + "0"]), id="longer"),
        pytest.param("list.json", hexadecimal("sha256"), id="no quotes"),
        pytest.param("p.html", f"<link rel=stylesheet href=a.css integrity='{integrity(STYLE)}'>", id="renewed"),
    ],
)
def test_other_hashes_are_none(tmp_path: Path, name: str, text: str) -> None:
    assert compile_tree(tmp_path, {**TREE, name: text}).messages() == []


def test_a_copy_that_keeps_its_bytes_may_be_meant(tmp_path: Path) -> None:
    tree = {**TREE, "x.css": STYLE, "list.json": json.dumps([hexadecimal("sha256")])}
    assert len(compile_tree(tmp_path, tree).messages()) == 2
    plain = {"x/a.css": STYLE, **tree, "x/none": ""}
    del plain["x.css"]
    release = compile_tree(tmp_path / "other", plain, missing="ignore")
    assert release.messages() == []


@pytest.mark.parametrize("cut", [1, 20, 40, 66])
def test_a_hash_may_be_in_two_chunks(cut: int) -> None:
    finder, text = HashFinder(), f'"{hexadecimal("sha256")}"'.encode()
    finder.look_at(text[:cut])
    finder.look_at(text[cut:])
    assert list(finder.found) == [hexadecimal("sha256")]
