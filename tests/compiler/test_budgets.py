"""Budgets: what files may weigh, each, together, or as what a page or a script downloads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from servestatic_build import BuildResult, ConfigError
from servestatic_build.cli import main
from servestatic_build.settings.budgets import Budget
from support.releases import snapshot
from support.trees import Tree, compile_tree, write_tree

TREE: Tree = {
    "a.js": "import './b.js'; import('./later.js'); navigator.serviceWorker.register('sw.js')",
    "b.js": "import './c.js'; new Worker(new URL('work.js', import.meta.url))",
    "c.js": "import './b.js'",
    "later.js": "//" * 500,
    "sw.js": "//" * 500,
    "work.js": "//" * 50,
    "page.html": "<link rel=stylesheet href=a.css><script type=module src=a.js></script><a href=other.html></a>",
    "other.html": "<p>" * 500,
    "a.css": "a{b:url(a.png)}",
    "a.png": "PNG" * 100,
}


def over(tmp_path: Path, *budgets: dict[str, Any], tree: Tree = TREE, **settings: Any) -> BuildResult:
    return compile_tree(tmp_path, tree, budgets=budgets, **settings).result


def sizes(tmp_path: Path, *names: str) -> dict[str, int]:
    manifest = compile_tree(tmp_path, TREE).manifest
    return {name: manifest.asset(name).variants[0].size for name in names}


def counted(tmp_path: Path, budget: dict[str, Any]) -> set[str]:
    (exceeded,) = over(tmp_path / "counted", {**budget, "max": 0}).over_budget
    return {file.name for file in exceeded.files}


@pytest.mark.parametrize(
    ("budget", "names"),
    [
        pytest.param({"for": "*.css"}, {"a.css"}, id="pattern"),
        pytest.param({"for": ["*.css", "!a.css", "*.png"]}, {"a.png"}, id="patterns"),
        pytest.param({"entry": "a.js"}, {"a.js", "b.js", "c.js"}, id="entry, without what it may load later"),
        pytest.param({"entry": "c.js"}, {"b.js", "c.js"}, id="entry in a cycle"),
        pytest.param(
            {"page": "page.html"},
            {"page.html", "a.css", "a.png", "a.js", "b.js", "c.js", "work.js"},
            id="page, without what it links to",
        ),
    ],
)
def test_a_budget_counts_these_files(tmp_path: Path, budget: dict[str, Any], names: set[str]) -> None:
    assert counted(tmp_path, budget) == names


def test_each_file_may_be_as_large_as_the_budget(tmp_path: Path) -> None:
    limit = sizes(tmp_path / "sizes", "later.js")["later.js"]
    assert over(tmp_path, {"for": "*.js", "max": limit}).ok
    (exceeded,) = over(tmp_path, {"for": "*.js", "max": limit - 1}).over_budget
    assert ({file.name for file in exceeded.files}, exceeded.size) == ({"later.js", "sw.js"}, limit)


@pytest.mark.parametrize("budget", [{"for": "*.css", "scope": "total"}, {"page": "a.css"}])
def test_files_together_may_be_as_large_as_the_budget(tmp_path: Path, budget: dict[str, Any]) -> None:
    names = ("a.css", "a.png") if "page" in budget else ("a.css",)
    limit = sum(sizes(tmp_path / "sizes", *names).values())
    assert over(tmp_path, {**budget, "max": limit}).ok
    (exceeded,) = over(tmp_path, {**budget, "max": limit - 1}).over_budget
    assert exceeded.size == limit
    assert {file.name for file in exceeded.files} == set(names)


def test_the_largest_file_comes_first_with_its_growth_since_the_last_release(tmp_path: Path) -> None:
    compile_tree(tmp_path, {"a.txt": "12345", "b.txt": "123"})
    tree = {"a.txt": "123", "b.txt": "12345", "c.txt": "1"}
    (exceeded,) = over(tmp_path, {"for": "*", "scope": "total", "max": "1 B"}, tree=tree).over_budget
    assert [tuple(file) for file in exceeded.files] == [("b.txt", 5, 2), ("a.txt", 3, -2), ("c.txt", 1, None)]


TEXT = "a{color:red}" * 99


@pytest.mark.parametrize("coding", ["identity", "gzip", "br", "zstd", ""])
def test_files_are_counted_as_a_client_downloads_them(tmp_path: Path, coding: str) -> None:
    tree: Tree = {"a.css": TEXT, "b.png": "PNG"}
    manifest = compile_tree(tmp_path / "known", tree, codings=("gzip", "br", "zstd")).manifest
    variants = {variant.coding: variant.size for variant in manifest.asset("a.css").variants}
    budget = {"for": "*", "scope": "total", "max": 0, **({"coding": coding} if coding else {})}
    (exceeded,) = over(tmp_path, budget, tree=tree, codings=("gzip", "br", "zstd")).over_budget
    assert exceeded.size == 3 + (variants[coding] if coding else min(variants.values()))


def test_a_coding_that_is_not_made_counts_as_the_file(tmp_path: Path) -> None:
    (exceeded,) = over(tmp_path, {"for": "*", "coding": "br", "max": 0}, tree={"a.css": TEXT}).over_budget
    assert exceeded.size == len(TEXT)


@pytest.mark.parametrize("check", [False, True])
def test_over_budget_is_an_error_and_dist_is_as_it_was(tmp_path: Path, check: bool) -> None:
    dist = compile_tree(tmp_path, {"a.css": "a"}).dist
    before = snapshot(dist)
    result = over(tmp_path, {"for": "*.css", "max": 1}, tree={"a.css": "aa", "b.css": "aaa"}, check=check)
    assert [(each.severity, each.code, each.place, each.message) for each in result.diagnostics] == [
        (
            "error",
            "over-budget",
            "*.css",
            "2 files have too many bytes, up to 3, and the budget is 1; the largest is b.css",
        )
    ]
    assert snapshot(dist) == before


def test_no_release_is_published_over_its_first_budget(tmp_path: Path) -> None:
    compiled = compile_tree(tmp_path, {"a.css": "aa"}, budgets=[Budget(1, entry="a.css")])
    assert not compiled.dist.exists()
    assert compiled.messages() == [
        "error a.css: 1 file has 2 bytes in total, and the budget is 1; the largest is a.css"
    ]


@pytest.mark.parametrize("budget", [{"for": "*.none"}, {"page": "none.html"}, {"entry": "none.js"}])
def test_a_budget_for_nothing_is_a_warning(tmp_path: Path, budget: dict[str, Any]) -> None:
    (warning,) = over(tmp_path, {**budget, "max": 1}, tree={"a.css": "aa"}).diagnostics
    assert (warning.severity, warning.code) == ("warning", "unused-budget")


SETTINGS = """
[[budgets]]
for = "*.css"
scope = "total"
coding = "identity"
max = "1 kB"

[[budgets]]
page = "index.html"
max = 1
"""


def test_the_command_prints_the_largest_files_and_fails(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "src", {f"{number}.css": "a" * (100 + number) for number in range(12)})
    write_tree(source, {"index.html": ""})
    write_tree(tmp_path, {"settings.toml": SETTINGS})
    options = ["--config", str(tmp_path / "settings.toml"), "--no-cache", "--out", str(tmp_path / "dist"), "--quiet"]
    done = CliRunner().invoke(main, [str(source), *options, "--json"])
    assert done.exit_code == 1
    lines = done.stderr.splitlines()
    assert lines[0].startswith(
        "*.css: error: 12 files have 1,266 bytes as identity in total, and the budget is 1,000; "
    )
    assert [line.split() for line in lines[2:]] == [
        ["*.css", "bytes", "growth"],
        *([f"{number}.css", str(100 + number), "new"] for number in range(11, 1, -1)),
        ["and", "2", "smaller", "files"],
    ]
    (told,) = json.loads(done.stdout)["over_budget"]
    assert (told["for"], told["max"], told["bytes"], len(told["files"])) == ("*.css", 1000, 1266, 12)


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ({}, "a budget has the keys none"),
        ({"for": "*"}, "a budget has the keys for"),
        ({"max": 1}, "a budget has the keys max"),
        ({"for": "*", "page": "a", "max": 1}, "a budget has the keys for, max, page"),
        ({"for": "*", "max": 1, "most": 1}, "a budget has the keys for, max, most"),
        ({"page": "a", "scope": "each", "max": 1}, "scope is for the files of a pattern"),
        ({"for": "*", "max": "much"}, "max: 'much' is not a size, such as \"150 kB\""),
        ({"for": "*", "max": -1}, 'max: -1 is not a size, such as "150 kB"'),
        ({"for": "*", "max": 1, "scope": "all"}, "scope: 'all' is not one of each, total"),
        ({"for": "*", "max": 1, "coding": "lzma"}, "coding: 'lzma' is not one of identity, gzip, br, zstd"),
        ({"page": 1, "max": 1}, "page: 1 is not a string"),
        ("*", "'*' is not a table"),
    ],
)
def test_what_is_no_budget_is_refused(tmp_path: Path, budget: Any, message: str) -> None:
    with pytest.raises(ConfigError, match="budgets: ") as error:
        over(tmp_path, budget, tree={"a.css": ""})
    assert error.value.message.removeprefix("budgets: ").startswith(message)


def test_one_table_is_no_list_of_budgets(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a list of budgets") as error:
        compile_tree(tmp_path, {"a.css": ""}, budgets={"for": "*", "max": 1})
    assert "[[…budgets]]" in str(error.value.hint)
