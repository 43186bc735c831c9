"""Without plain URLs, a note names the files that a text names where no build can follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.trees import Tree, compile_tree

FILES: Tree = {"lib/a.js": "", "data.json": "{}", "m/a.bin": "", "v/1.ts": "", "img/a.png": ""}


@pytest.mark.parametrize(
    ("name", "text", "target"),
    [
        pytest.param("js/w.js", "load('../lib/a.js')", "lib/a.js", id="relative to the script"),
        pytest.param("js/a.js", "fetch('/static/data.json?v=1')", "data.json", id="fetch"),
        pytest.param("js/a.js", "fetch(`static/data.json`)", "data.json", id="relative to a page at the root"),
        pytest.param("p.html", "<script>fetch('data.json')</script>", "data.json", id="in a page"),
        pytest.param("p.html", '<img data-src="img/a.png">', "img/a.png", id="lazy image"),
        pytest.param("m/a.gltf", '{"buffers": [{"uri": "a.bin"}]}', "m/a.bin", id="glTF"),
        pytest.param("v/a.m3u8", "#EXTM3U\n#EXTINF:1,\n1.ts\n", "v/1.ts", id="HLS"),
    ],
)
def test_a_name_of_a_file_that_has_no_plain_url_is_noted(tmp_path: Path, name: str, text: str, target: str) -> None:
    for _ in ("read", "known by the last build"):
        release = compile_tree(tmp_path, {**FILES, name: text}, plain_urls=False, cache=str(tmp_path / "cache"))
        problem = "1 file without a plain URL may be asked for by a name that is not rewritten"
        assert release.messages() == [f"note plain-urls: {problem}: {name} names {target}"]


@pytest.mark.parametrize(
    ("name", "text", "settings"),
    [
        pytest.param("js/a.js", "fetch('/static/data.json')", {"plain_urls": True}, id="plain URLs"),
        pytest.param("js/a.js", "fetch('/static/data.json')", {"plain": ["data.json"]}, id="the file's plain URL"),
        pytest.param("js/a.js", "import '../lib/a.js'", {}, id="a reference"),
        pytest.param("p.html", "<img src='img/a.png'><a href='data.json'>", {}, id="references of a page"),
        pytest.param("js/a.js", "f('none.json', 'a.b')", {}, id="no file"),
    ],
)
def test_what_is_followed_is_not(tmp_path: Path, name: str, text: str, settings: dict[str, object]) -> None:
    release = compile_tree(tmp_path, {**FILES, name: text}, **{"plain_urls": False, **settings})
    assert release.messages() == []


def test_many_are_one_note_that_names_a_few(tmp_path: Path) -> None:
    tree = {"a.js": "".join(f"f('{n}.png');" for n in range(9)), **{f"{n}.png": "" for n in range(9)}}
    (message,) = compile_tree(tmp_path, tree, plain_urls=False).messages()
    assert message.startswith("note plain-urls: 9 files without a plain URL")
    assert message.count("a.js names") == 5
