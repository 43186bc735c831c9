"""servestatic-manifest diff: what is different between two releases, and why."""

from __future__ import annotations

import json
import shutil
from base64 import b64encode
from hashlib import sha384
from pathlib import Path
from typing import Any

import pytest

from servestatic_build.inspection.cli import main
from support.commands import Done, run_command
from support.releases import unfingerprinted
from support.trees import Compiled, Tree, compile_tree

LONG = "x{}" * 99
OLD: Tree = {
    "app.css": f"@import 'base.css';{LONG}",
    "base.css": "a{b:url(a.png)}",
    "a.png": "PNG",
    "gone.txt": "gone",
    "index.html": "<link rel=stylesheet href=app.css>",
    "moved.txt": "moved",
    "same.css": "s{}",
}
NEW: Tree = {
    **{name: text for name, text in OLD.items() if name not in {"gone.txt", "moved.txt"}},
    "a.png": "PNG 2",
    "new.txt": "new",
    "moved/here.txt": "moved",
}


def compiled(root: Path, tree: Tree, **settings: Any) -> Compiled:
    return compile_tree(root, tree, **{"codings": ("br",), **settings})


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compiled(tmp_path_factory.mktemp("old"), OLD)


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compiled(tmp_path_factory.mktemp("new"), NEW, max_age=300)


def diff(old: Path, new: Path, *options: str) -> Done:
    return run_command(main, "diff", str(old), str(new), *options)


def difference(old: Path, new: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(diff(old, new, "--json").stdout)
    return data


def reasons(old: Path, new: Path) -> dict[str, tuple[bool | None, list[str]]]:
    """Return, by name, whether its own content changed, and because of which files it did."""
    changed = difference(old, new)["changed"]
    return {each["name"]: (each["own_content"], each["because_of"]) for each in changed}


def test_what_is_new_gone_and_changed_is_told_by_url(old: Compiled, new: Compiled) -> None:
    data = difference(old.dist, new.dist)
    assert data["new"] == [
        {"name": "moved/here.txt", "url": new.url("moved/here.txt"), "size": 5, "was": "moved.txt"},
        {"name": "new.txt", "url": new.url("new.txt"), "size": 3, "was": None},
    ]
    assert data["gone"] == [
        {"name": "gone.txt", "url": old.url("gone.txt"), "size": 4},
        {"name": "moved.txt", "url": old.url("moved.txt"), "size": 5},
    ]
    assert data["changed"][0] == {
        "name": "a.png",
        "old_url": old.url("a.png"),
        "url": new.url("a.png"),
        "old_size": 3,
        "size": 5,
        "renamed": True,
        "same_bytes": False,
        "own_content": True,
        "because_of": [],
    }


def test_a_renamed_file_is_told_which_file_renamed_it_by_however_many_steps(old: Compiled, new: Compiled) -> None:
    assert reasons(old.dist, new.dist) == {
        "a.png": (True, []),
        "app.css": (False, ["a.png"]),
        "base.css": (False, ["a.png"]),
        "index.html": (False, ["a.png"]),
    }


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            {"a.css": "a{b:url(b.png)}", "b.png": "1"},
            {"a.css": "a{b:url(b.png)} ", "b.png": "2"},
            {"a.css": (True, ["b.png"]), "b.png": (True, [])},
            id="both",
        ),
        pytest.param(
            {"a.js": "import './b.js'", "b.js": "import './a.js'"},
            {"a.js": "import './b.js'", "b.js": "import './a.js';1"},
            {"a.js": (False, ["b.js"]), "b.js": (True, [])},
            id="cycle",
        ),
        pytest.param(
            {"a.html": "<script src=b.js integrity=sha384-{}></script>", "b.js": "1"},
            {"a.html": "<script src=b.js integrity=sha384-{}></script>", "b.js": "2"},
            {"a.html": (False, ["b.js"]), "b.js": (True, [])},
            id="integrity",
        ),
        pytest.param(
            {"a.css": "a{b:url(b.png)}", "b.png": "", "c.png": ""},
            {"a.css": "a{b:url(c.png)}", "b.png": "", "c.png": ""},
            {"a.css": (True, [])},
            id="another file of the same bytes",
        ),
    ],
)
def test_a_change_has_its_reason(tmp_path: Path, before: Tree, after: Tree, expected: dict[str, Any]) -> None:
    one, two = (compiled(tmp_path / part, with_hashes(tree)) for part, tree in (("one", before), ("two", after)))
    assert reasons(one.dist, two.dist) == expected


def with_hashes(tree: Tree) -> Tree:
    script = str(tree.get("b.js", ""))
    return {
        name: str(text).replace("{}", b64encode(sha384(script.encode()).digest()).decode())
        if name.endswith(".html")
        else text
        for name, text in tree.items()
    }


def test_the_same_bytes_at_another_url_are_said_to_be_so(tmp_path: Path) -> None:
    one, two = compiled(tmp_path / "one", {"a.css": ""}), compiled(tmp_path / "two", {"a.css": ""}, plain="a.css")
    (change,) = difference(one.dist, two.dist)["changed"]
    assert (change["renamed"], change["same_bytes"], change["own_content"]) == (True, True, False)
    assert "the same bytes at another URL" in diff(one.dist, two.dist).stdout


def test_a_manifest_without_its_files_tells_all_but_what_takes_them(
    old: Compiled, new: Compiled, tmp_path: Path
) -> None:
    archived = shutil.copy(old.dist / "manifest.msgpack", tmp_path / "last.msgpack")
    assert reasons(Path(archived), new.dist) == {
        "a.png": (True, []),
        "app.css": (None, ["a.png"]),
        "base.css": (None, ["a.png"]),
        "index.html": (None, ["a.png"]),
    }
    assert "its own content, or because of a.png" in diff(Path(archived), new.dist).stdout


def test_what_visitors_download_is_counted_by_coding(old: Compiled, new: Compiled) -> None:
    def total(release: Compiled, coding: str, names: set[str]) -> int:
        sizes = {asset.name: {variant.coding: variant.size for variant in asset.variants} for asset in release.manifest}
        return sum(sizes[name].get(coding, sizes[name]["identity"]) for name in names)

    expected = {
        coding: {
            "old": total(old, coding, set(OLD)),
            "new": total(new, coding, set(NEW)),
            "returning": total(new, coding, set(NEW) - {"same.css"}),
        }
        for coding in ("identity", "br")
    }
    assert difference(old.dist, new.dist)["bytes"] == expected


def test_changes_to_headers_are_told_once_with_their_urls(old: Compiled, new: Compiled) -> None:
    assert difference(old.dist, new.dist)["headers"] == [
        {
            "urls": ["/static/a.png", "/static/app.css", "/static/base.css", "/static/same.css"],
            "removed": [["Cache-Control", "public, max-age=60"]],
            "added": [["Cache-Control", "public, max-age=300"]],
        }
    ]


def test_text_has_a_line_for_each_difference(old: Compiled, new: Compiled) -> None:
    lines = unfingerprinted(diff(old.dist, new.dist).stdout.encode()).decode().splitlines()
    size = len(LONG) + len("@import 'base.0123456789ab.css';")
    assert lines[:13] == [
        "new      /static/moved/here.#.txt, 5 bytes, moved.txt before",
        "new      /static/new.#.txt, 3 bytes",
        "gone     /static/gone.#.txt, 4 bytes",
        "gone     /static/moved.#.txt, 5 bytes",
        "changed  /static/a.#.png -> /static/a.#.png, 5 bytes (+2): its own content",
        f"changed  /static/app.#.css -> /static/app.#.css, {size} bytes: because of a.png",
        "changed  /static/base.#.css -> /static/base.#.css, 28 bytes: because of a.png",
        "changed  /static/index.html, 47 bytes: because of a.png",
        "headers  /static/a.png, /static/app.css, /static/base.css and 1 more",
        "         - Cache-Control: public, max-age=60",
        "         + Cache-Control: public, max-age=300",
        "2 new, 2 gone, 4 changed; 4 URLs with other headers",
        "",
    ]
    assert lines[13].split() == ["coding", "new", "visitor", "growth", "returning", "visitor"]
    assert [line.split()[0] for line in lines[14:]] == ["identity", "br"]


def test_markdown_has_the_sum_first_and_the_rest_folded(old: Compiled, new: Compiled) -> None:
    lines = diff(old.dist, new.dist, "--markdown").stdout.splitlines()
    assert lines[0] == "**Static files:** 2 new, 2 gone, 4 changed; 4 URLs with other headers"
    assert lines[2:4] == ["| coding | new visitor | growth | returning visitor |", "| --- | --- | --- | --- |"]
    assert [line for line in lines if line.startswith("<details>")] == [
        f"<details><summary>{what}</summary>" for what in ("2 new", "2 gone", "4 changed", "1 with other headers")
    ]


def test_a_name_is_no_markup(tmp_path: Path) -> None:
    one, two = (
        compiled(tmp_path / part, {"a.txt": "", name: ""}) for part, name in (("one", "b"), ("two", "a|<i>@me`"))
    )
    text = diff(one.dist, two.dist, "--markdown").stdout
    assert "<summary>1 new</summary>" in text
    assert not any(markup in text for markup in ("<i>", "@me", "`", "a|"))


def test_markdown_fits_a_comment_however_much_changed(tmp_path: Path) -> None:
    names = [f"{'long' * 40}{number}.txt" for number in range(600)]
    one = compiled(tmp_path / "one", dict.fromkeys(names, "1"))
    two = compiled(tmp_path / "two", dict.fromkeys(names, "2"))
    text = diff(one.dist, two.dist, "--markdown").stdout
    assert len(text) < 65_536
    assert "and 550 more" in text


@pytest.mark.parametrize("options", [[], ["--json"], ["--markdown"]])
def test_the_exit_code_tells_of_differences_when_it_is_asked_to(
    old: Compiled, new: Compiled, options: list[str]
) -> None:
    assert diff(old.dist, new.dist, *options).exit_code == 0
    assert diff(old.dist, new.dist, "--exit-code", *options).exit_code == 1
    assert diff(old.dist, old.dist, "--exit-code", *options).exit_code == 0


def test_a_release_has_no_difference_from_itself(old: Compiled) -> None:
    assert diff(old.dist, old.dist).stdout.startswith("no difference\n")


def test_what_is_no_release_is_one_line(old: Compiled, tmp_path: Path) -> None:
    done = diff(old.dist, tmp_path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{tmp_path}/manifest.msgpack: error: ")
