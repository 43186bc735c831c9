"""Scripts that look for a script element by a file's name: who is warned, and who is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.trees import Tree, compile_tree

LOOK = "[...document.getElementsByTagName('script')].find((script) => {}.test(script.src))"
SCRIPTS = [
    pytest.param(LOOK.replace("{}", r"/(^|.*[\\\/])a\.js(?:\?.*)?$/i"), True, id="pattern, as CKEditor has it"),
    pytest.param(LOOK.replace("{}", r"/((?:.*\/)|^)a\.js(?:\?|#|$)/"), True, id="pattern, as Cesium has it"),
    pytest.param(LOOK.replace("{}", r"/a(\.full|)(\.min|\.dev|)\.js/"), True, id="pattern with alternatives"),
    pytest.param(LOOK.replace("{}", r"/a(\.min)?\.js($|\?)/"), True, id="pattern, as Shoelace has it"),
    pytest.param("base = document.currentScript.src.replace('a.js', '')", True, id="string"),
    pytest.param("document.querySelector(`script[src$='a.js']`).src", True, id="selector"),
    pytest.param("for (s of document.scripts) if (s.src.endsWith('/a.js')) s.id = 1", True, id="all scripts"),
    pytest.param(
        LOOK.replace("{}", r"/^(.*)\/a([\-.]\w+)?\.js(\?|$)/"), False, id="with a fingerprint too, as Ace has it"
    ),
    pytest.param(
        LOOK.replace("{}", r"/a(\.min|)\.js/") + "|| document.currentScript.src", False, id="the script that runs, too"
    ),
    pytest.param("document.querySelector('script[src*=a]').src", False, id="part of the name"),
    pytest.param(
        "document.currentScript.src; load('b.js', 'aa.js', 'a.json', 'a.js.map', 'x-a.js')", False, id="others"
    ),
    pytest.param("document.currentScript.src; /* a.js */ // a.js", False, id="comment"),
    pytest.param("document.currentScript.src; a.js(); a.js = 1", False, id="code"),
    pytest.param("document.currentScript.src; import('./a.js')", False, id="import"),
    pytest.param("load('a.js')", False, id="no look at script elements"),
    pytest.param(f"document.currentScript;{' ' * 700}load('a.js')", False, id="far away"),
    pytest.param("document.currentScript; ` a.js", False, id="invalid"),
    pytest.param(r"document.currentScript; /a(\c|)\.js/", False, id="pattern that is JavaScript's alone"),
]


@pytest.mark.parametrize(("script", "is_warned"), SCRIPTS)
def test_a_script_that_looks_for_itself_by_its_name_is_a_warning(tmp_path: Path, script: str, is_warned: bool) -> None:
    release = compile_tree(tmp_path, {"lib/a.js": script})
    warned = [each for each in release.result.diagnostics if each.code == "sought-script"]
    assert len(warned) == is_warned
    assert all(each.hint and "--plain" in each.hint for each in warned)


TREE: Tree = {
    "lib/a.min.js": "1",
    "lib/chunks/b.js": "document.currentScript; /a(\\.min)?\\.js/",
    "lib/chunks/c.js": "document.currentScript; /a(\\.min)?\\.js/",
    "other/d.js": "document.currentScript; /a(\\.min)?\\.js/",
}


def test_one_script_may_look_for_another_above_it_and_that_is_told_once(tmp_path: Path) -> None:
    problem = "this script looks for the script element of lib/a.min.js by a name that the fingerprint changes"
    assert compile_tree(tmp_path, TREE).messages() == [f"warning lib/chunks/b.js:1:26: {problem}"]


def test_a_script_that_looks_for_itself_looks_for_no_other(tmp_path: Path) -> None:
    tree: Tree = {"lib/a.js": "1", "lib/b/a.js": "document.currentScript; /a\\.js/"}
    problem = "this script looks for its own script element by a name that the fingerprint changes"
    assert compile_tree(tmp_path, tree).messages() == [f"warning lib/b/a.js:1:26: {problem}"]


def test_a_script_that_keeps_its_name_is_no_warning(tmp_path: Path) -> None:
    assert compile_tree(tmp_path, TREE, plain=["**/a.min.js"]).messages() == []


def test_it_is_told_again_by_a_build_that_reads_nothing(tmp_path: Path) -> None:
    compile_tree(tmp_path, TREE)
    assert len(compile_tree(tmp_path, TREE).messages()) == 1
