"""A source map moves along with the file that names it."""

from __future__ import annotations

import json
from pathlib import Path

from servestatic_build.globs import Globs
from support.trees import Tree, compile_tree

# One mapping behind the import, at column 16 of the generated line.
MAP = json.dumps({"version": 3, "sources": ["a.ts"], "names": [], "mappings": "AAAA,gBAAgB"})
TREE: Tree = {"app.js": 'import "./b.js";x();\n//# sourceMappingURL=app.js.map', "b.js": "", "app.js.map": MAP}


def test_a_map_s_columns_follow_the_code_behind_a_reference(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, TREE)
    # 16 and the thirteen characters of ".0123456789ab" are 29, which is 6B in base64 VLQ.
    assert json.loads(release.read("app.js.map"))["mappings"] == "AAAA,6BAAgB"
    assert release.read("app.js").decode().splitlines()[0].index("x()") == 29


def test_a_map_under_its_plain_url_follows_too(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, TREE, plain=Globs.of(("*.map",)))
    assert release.read("app.js").endswith(b"sourceMappingURL=app.js.map")
    assert json.loads(release.read("app.js.map"))["mappings"] == "AAAA,6BAAgB"


def test_a_map_keeps_its_name_when_a_reference_of_its_owner_is_renamed(tmp_path: Path) -> None:
    before = compile_tree(tmp_path / "before", TREE)
    after = compile_tree(tmp_path / "after", {**TREE, "b.js": "changed()"})
    renamed = {name for name in TREE if before.url(name) != after.url(name)}
    assert renamed == {"app.js", "b.js"}


def test_a_map_that_can_not_be_read_is_published_as_it_is_with_a_warning(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, {**TREE, "app.js.map": "{"})
    assert release.read("app.js.map") == b"{"
    (diagnostic,) = release.result.diagnostics
    assert (diagnostic.severity, diagnostic.place) == ("warning", "app.js.map")


def test_a_map_that_two_files_name_stays_as_it_is(tmp_path: Path) -> None:
    other = 'import "./b.js";import "./b.js";\n//# sourceMappingURL=app.js.map'
    release = compile_tree(tmp_path, {**TREE, "other.js": other})
    assert release.read("app.js.map").decode() == MAP


def test_a_map_of_a_file_in_a_cycle_does_not_join_the_cycle(tmp_path: Path) -> None:
    tree = {**TREE, "b.js": 'import "./app.js";'}
    before = compile_tree(tmp_path / "before", tree)
    after = compile_tree(tmp_path / "after", {**tree, "b.js": 'import "./app.js"; changed()'})
    assert before.url("app.js") != after.url("app.js")
    assert before.url("app.js.map") == after.url("app.js.map")
