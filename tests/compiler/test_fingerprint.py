"""Names: each says what is in its file, and changes with that alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Source
from servestatic_build.model import Graph
from servestatic_build.names import with_fingerprint
from servestatic_build.references.link import link
from support.releases import release, unfingerprinted
from support.trees import Tree, compile_sources, compile_tree, write_tree

SITE: Tree = {
    "app.css": "@import 'base.css';a{b:url(a.png)}",
    "base.css": "a{b:url(b.png)}",
    "print.css": "a{b:url(b.png)}",
    "a.png": "a",
    "b.png": "b",
    "main.js": "import './x.js'",
    "x.js": "import './y.js'",
    "y.js": "import './x.js';import './z.js'",
    "z.js": "z()",
    "other.js": "import './z.js'",
    "page.html": "<script src=sw.js></script>",
    "sw.js": "new URL('page.html', import.meta.url)",
}


def urls(tmp_path: Path, tree: Tree, **settings: object) -> dict[str, str]:
    return release(compile_tree(tmp_path, tree, **settings).dist)


def renamed_by(tmp_path: Path, tree: Tree, change: Tree) -> set[str]:
    """Return the logical names whose URL a change of the tree changes."""
    before = urls(tmp_path / "before", tree)
    after = urls(tmp_path / "after", {**tree, **change})
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/static/css/app.css", "/static/css/app.000102030405.css"),
        ("/app.min.js", "/app.min.000102030405.js"),
        ("/app.js.map", "/app.js.000102030405.map"),
        ("/LICENSE", "/LICENSE.000102030405"),
        ("/v1.2/LICENSE", "/v1.2/LICENSE.000102030405"),
        ("/a.", "/a.000102030405."),
        ("/.well-known/x", "/.well-known/x.000102030405"),
    ],
)
def test_a_fingerprint_goes_before_the_last_suffix(path: str, expected: str) -> None:
    assert with_fingerprint(path, bytes(range(32))) == expected


@pytest.mark.parametrize("name", [name for name in SITE if name not in {"x.js", "y.js", "page.html"}])
def test_a_file_in_no_cycle_is_named_by_the_hash_of_its_final_bytes(tmp_path: Path, name: str) -> None:
    compiled = compile_tree(tmp_path, SITE)
    digest = hashlib.sha256(compiled.read(name)).hexdigest()
    stem, _, suffix = name.rpartition(".")
    assert compiled.url(name) == f"/static/{stem}.{digest[:12]}.{suffix}"


@pytest.mark.parametrize(
    ("change", "renamed"),
    [
        pytest.param({"a.png": "A"}, {"a.png", "app.css"}, id="image"),
        pytest.param({"b.png": "B"}, {"b.png", "base.css", "print.css", "app.css"}, id="image behind an import"),
        pytest.param({"app.css": "a{}"}, {"app.css"}, id="file that nothing names"),
        pytest.param({"x.js": "x();import './y.js'"}, {"x.js", "y.js", "main.js"}, id="member of a cycle"),
        pytest.param({"z.js": "Z()"}, {"z.js", "x.js", "y.js", "main.js", "other.js"}, id="what a cycle names"),
        pytest.param({"main.js": "m();import './x.js'"}, {"main.js"}, id="what names a cycle"),
        pytest.param({"new.js": "import './x.js'", "c.png": "c"}, set(), id="new files"),
        pytest.param({"page.html": "<script src=sw.js></script>new"}, set(), id="page, whose URL stays, in a cycle"),
    ],
)
def test_a_change_renames_the_file_and_what_leads_to_it_and_no_other(
    tmp_path: Path, change: Tree, renamed: set[str]
) -> None:
    assert renamed_by(tmp_path, SITE, change) == renamed


@pytest.mark.parametrize("jobs", [1, 8])
def test_names_do_not_depend_on_the_number_of_jobs(tmp_path: Path, jobs: int) -> None:
    assert urls(tmp_path / "a", SITE, jobs=jobs) == urls(tmp_path / "b", SITE)


def test_names_do_not_depend_on_the_order_of_sources(tmp_path: Path) -> None:
    one = Source(str(write_tree(tmp_path / "1", {"a.js": "import './b.js'", "c.js": ""})))
    two = Source(str(write_tree(tmp_path / "2", {"b.js": "import './a.js'"})))
    forth, back = compile_sources(tmp_path / "f", one, two), compile_sources(tmp_path / "b", two, one)
    assert release(forth.dist) == release(back.dist)


def test_a_file_that_imports_itself_is_rewritten_to_its_own_name(tmp_path: Path) -> None:
    compiled = compile_tree(tmp_path, {"a.js": "import * as self from './a.js'"})
    assert compiled.read("a.js").decode() == f"import * as self from '.{compiled.url('a.js').removeprefix('/static')}'"


def test_members_of_a_cycle_with_the_same_bytes_have_their_own_names(tmp_path: Path) -> None:
    loop = "import '../a/x.js';import '../b/x.js'"
    compiled = compile_tree(tmp_path, {"a/x.js": loop, "b/x.js": loop})
    names = {Path(compiled.url(name)).name for name in ("a/x.js", "b/x.js")}
    assert len(names) == 2


@pytest.mark.parametrize(
    ("target", "settings", "expected"),
    [
        pytest.param("page.html", {}, b"import '/static/page.html'", id="HTML"),
        pytest.param("a.js", {"plain_urls": False}, b"import '/static/a.#.js'", id="without plain URLs"),
    ],
)
def test_a_reference_leads_to_the_url_to_link_to(
    tmp_path: Path, target: str, settings: Mapping[str, bool], expected: bytes
) -> None:
    compiled = compile_tree(tmp_path, {"m.js": f"import '/static/{target}'", target: ""}, **settings)
    assert unfingerprinted(compiled.read("m.js")) == expected


@pytest.mark.parametrize(
    ("name", "settings", "answering"),
    [
        pytest.param("a.css", {}, ["/static/a.#.css", "/static/a.css"], id="fingerprinted"),
        pytest.param("a.css", {"plain_urls": False}, ["/static/a.#.css"], id="without plain URLs"),
        pytest.param("a.html", {}, ["/static/a.html"], id="HTML"),
    ],
)
def test_these_urls_answer(tmp_path: Path, name: str, settings: Mapping[str, bool], answering: list[str]) -> None:
    manifest = compile_tree(tmp_path, {name: ""}, **settings).manifest
    file = "/" + manifest.asset(name).variants[0].file.removeprefix("files/")
    assert [unfingerprinted(u.encode()).decode() for u in (file, f"/static/{name}") if manifest.find(u)] == answering


@pytest.mark.parametrize("name", ["page.html", "a.css"])
def test_the_file_of_a_plain_url_is_named_by_its_content_too(tmp_path: Path, name: str) -> None:
    source = Source(str(write_tree(tmp_path / "src", {name: "x"})), "/")
    identity = compile_sources(tmp_path, source).manifest.asset(f"/{name}").variants[0]
    assert unfingerprinted(identity.file.encode()).decode() == "files/" + name.replace(".", ".#.")


def test_a_plain_style_sheet_leads_to_fingerprinted_files(tmp_path: Path) -> None:
    source = Source(str(write_tree(tmp_path / "public", {"a.css": "a{b:url(/static/a.png)}"})), "/")
    static = Source(str(write_tree(tmp_path / "static", {"a.png": "a"})))
    compiled = compile_sources(tmp_path, source, static)
    assert unfingerprinted(compiled.read("/a.css")) == b"a{b:url(/static/a.#.png)}"


@pytest.mark.parametrize("text", ["import './z.js'", "f()"], ids=["with references", "without"])
def test_a_file_that_changes_while_it_is_compiled_fails_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    def link_then_edit(*args: Any) -> Graph:
        graph = link(*args)
        (tmp_path / "src/a.js").write_text("changed()")
        return graph

    monkeypatch.setattr(import_module("servestatic_build.compilation"), "link", link_then_edit)
    compiled = compile_tree(tmp_path, {"a.js": text, "z.js": ""})
    assert compiled.messages() == [f"error {tmp_path}/src/a.js: this file changed during the build"]
