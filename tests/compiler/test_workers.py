"""What runs in a worker has no import map: it is rewritten in every mode, as far as URLs say what it loads."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.releases import unfingerprinted
from support.trees import Compiled, Tree, compile_tree

PAGE = "import {s} from './shared.js'; new Worker(new URL('./w.js', import.meta.url), {type: 'module'})"
TREE: Tree = {
    "app.js": PAGE,
    "w.js": "import {s} from './shared.js'; import('./late.js'); new URL('./i.png', import.meta.url)",
    "shared.js": "export * from './deep.js'",
    "late.js": "import './deep.js'",
    "deep.js": "export const s = 1",
    "other.js": "import './shared.js'",
    "i.png": "",
}


def text(release: Compiled, name: str) -> str:
    return unfingerprinted(release.read(name)).decode()


def test_in_import_map_mode_workers_and_all_they_import_are_rewritten_and_other_modules_are_not(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, TREE, modules="importmap", plain_urls=False)
    assert release.messages() == []
    assert {name: text(release, name) for name in TREE if name.endswith(".js")} == {
        "app.js": PAGE.replace("w.js", "w.#.js"),
        "w.js": "import {s} from './shared.#.js'; import('./late.#.js'); new URL('./i.#.png', import.meta.url)",
        "shared.js": "export * from './deep.#.js'",
        "late.js": "import './deep.#.js'",
        "deep.js": "export const s = 1",
        "other.js": "import './shared.js'",
    }


STARTED = [
    pytest.param("new Worker(new URL('./w.js', import.meta.url))", id="Worker"),
    pytest.param("new SharedWorker(new URL('w.js', import.meta.url), 'name')", id="SharedWorker"),
    pytest.param("new window . Worker ( /*c*/ new URL ( `./w.js` , import . meta . url , ) )", id="spaces"),
    pytest.param("const u = new URL('./w.js', import.meta.url); new Worker(u.href)", id="variable"),
    pytest.param("new Worker(import.meta.resolve('./w.js'))", id="import.meta.resolve"),
    pytest.param("comlink.wrap(new ComlinkWorker(new URL('./w.js', import.meta.url)))", id="wrapper"),
]


@pytest.mark.parametrize("script", STARTED)
def test_a_worker_is_known_by_the_call_that_starts_it(tmp_path: Path, script: str) -> None:
    release = compile_tree(tmp_path, {**TREE, "app.js": script}, modules="importmap", plain_urls=False)
    assert (text(release, "w.js").count(".#."), release.messages()) == (3, [])
    assert text(release, "app.js") == script.replace("w.js", "w.#.js")


def test_an_inline_script_starts_a_worker_too(tmp_path: Path) -> None:
    page = "<script type=module>new Worker(new URL('w.js', import.meta.url))</script>"
    release = compile_tree(tmp_path, {**TREE, "app.js": "", "x.html": page}, modules="importmap", plain_urls=False)
    assert (text(release, "w.js").count(".#."), text(release, "x.html")) == (3, page.replace("w.js", "w.#.js"))


@pytest.mark.parametrize("modules", ["rewrite", "importmap"])
def test_a_bare_specifier_in_a_worker_is_warned_of(tmp_path: Path, modules: str) -> None:
    tree = {**TREE, "shared.js": "import 'lit';\nexport * from 'none'", "lit.js": "", "other.js": "import 'lit'"}
    release = compile_tree(tmp_path, tree, modules=modules, imports={"lit": "lit.js"})
    assert release.messages() == [
        "warning shared.js:1:9: 'lit' is imported in a worker, and workers have no import map to resolve it",
        "warning shared.js:2:16: 'none' is imported in a worker, and workers have no import map to resolve it",
    ]
    assert [d.hint for d in release.result.diagnostics] == [
        "write /static/lit.js",
        "write the URL of a file, or bundle what the worker imports",
    ]


CLASSIC: Tree = {
    "app.js": "new Worker(new URL('./js/w.js', import.meta.url))",
    "js/w.js": "importScripts('lib/a.js', \"b.js\" , c, 'lib/a.js')",
    "js/lib/a.js": "self.importScripts(`b.js`)",
    "js/b.js": "1",
    "js/lib/b.js": "2",
}


@pytest.mark.parametrize("modules", ["rewrite", "importmap"])
def test_import_scripts_goes_by_the_worker_that_runs_it(tmp_path: Path, modules: str) -> None:
    release = compile_tree(tmp_path, CLASSIC, modules=modules, plain_urls=False)
    # What stands behind a variable is not followed, and said to be.
    (note,) = release.messages()
    assert note.endswith("js/w.js names js/lib/a.js")
    assert text(release, "js/w.js") == "importScripts('lib/a.#.js', \"b.#.js\" , c, 'lib/a.js')"
    assert text(release, "js/lib/a.js") == "self.importScripts(`b.#.js`)"
    assert release.url("js/b.js").encode().rpartition(b"/")[2] in release.read("js/lib/a.js")


def test_a_script_that_two_workers_run_from_different_directories_stays(tmp_path: Path) -> None:
    tree = {**CLASSIC, "other.js": "new Worker(new URL('./js/lib/x.js', import.meta.url))"}
    release = compile_tree(tmp_path, {**tree, "js/lib/x.js": "importScripts('a.js')"})
    assert text(release, "js/lib/a.js") == "self.importScripts(`b.js`)"


@pytest.mark.parametrize(
    ("tree", "messages"),
    [
        pytest.param({"x.js": "importScripts('no.js')"}, [], id="who runs it is not known"),
        pytest.param(
            {"x.js": "importScripts('/static/no.js')"},
            ["warning x.js:1:16: '/static/no.js' resolves to /static/no.js, which does not exist"],
            id="absolute",
        ),
        pytest.param(
            {"x.js": "importScripts('no.js')", "y.js": "new Worker(new URL('./x.js', import.meta.url))"},
            ["warning x.js:1:16: 'no.js' resolves to /static/no.js, which does not exist"],
            id="a worker",
        ),
    ],
)
def test_a_script_that_is_not_there_is_a_broken_reference_where_its_path_is_known(
    tmp_path: Path, tree: Tree, messages: list[str]
) -> None:
    assert compile_tree(tmp_path, tree).messages() == messages


def test_workers_may_start_each_other(tmp_path: Path) -> None:
    tree = {
        "a.js": "new Worker(new URL('./b.js', import.meta.url)); importScripts('c.js')",
        "b.js": "new Worker(new URL('./a.js', import.meta.url))",
        "c.js": "importScripts('a.js')",
    }
    release = compile_tree(tmp_path, tree, modules="importmap", plain_urls=False)
    assert [text(release, name).count(".#.") for name in tree] == [2, 1, 1]
