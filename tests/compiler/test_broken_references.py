"""References to files that are not there: policies, counts, places and hints."""

from __future__ import annotations

from pathlib import Path

import pytest

from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings.config import MissingRule
from servestatic_build.settings.globs import Globs
from support.trees import Tree, compile_tree

TREE: Tree = {
    "css/app.css": "a { background: url(../img/lgoo.png) }\nb { background: url(gone/bg.png) }\n/*# sourceMappingURL=x.map */",
    "img/logo.png": b"",
    "other/bg.png": b"",
}
LOGO = "css/app.css:1:21: '../img/lgoo.png' leads to /static/img/lgoo.png, which is not there"
BACKGROUND = "css/app.css:2:21: 'gone/bg.png' leads to /static/css/gone/bg.png, which is not there"


@pytest.mark.parametrize(
    ("policies", "expected", "ignored"),
    [
        pytest.param({}, [("warning", LOGO), ("warning", BACKGROUND)], 1, id="default"),
        pytest.param({"*": "error"}, [("error", LOGO), ("error", BACKGROUND)], 0, id="error for all, maps too"),
        pytest.param({"*.png": "ignore"}, [], 3, id="ignored by suffix"),
        pytest.param({"css/gone/": "ignore"}, [("warning", LOGO)], 2, id="ignored by directory"),
        pytest.param({"*.png": "ignore", "img/": "error"}, [("error", LOGO)], 2, id="the later rule wins"),
    ],
)
def test_a_policy_by_glob(
    tmp_path: Path, policies: dict[str, str], expected: list[tuple[str, str]], ignored: int
) -> None:
    rules = tuple(MissingRule(Globs.of((glob,)), policy) for glob, policy in policies.items())
    release = compile_tree(tmp_path, TREE, missing_rules=rules)
    found = [(str(d.severity), f"{d.place}: {d.message}") for d in release.result.diagnostics]
    maps = "x.map"
    assert [(severity, text) for severity, text in found if maps not in text] == expected
    assert release.result.missing_ignored == ignored


def test_a_hint_names_what_was_probably_meant(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, TREE)
    assert [d.hint for d in release.result.diagnostics] == [
        "did you mean /static/img/logo.png?",
        "did you mean /static/other/bg.png?",
    ]


def test_strict_makes_warnings_errors_and_leaves_what_is_ignored(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, {"a.js": "//# sourceMappingURL=a.js.map"}, strict=True)
    assert release.result.ok
    assert not compile_tree(tmp_path, TREE, strict=True).result.ok


def test_a_policy_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigError, match="missing must be one of"):
        MissingRule(Globs.of(("*",)), "panic")


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://www.example.com/static/img/logo.png", True),
        ("//www.example.com/static/img/logo.png?v=1#x", True),
        ("http://www.example.com/static/img/logo.png", False),
        ("https://www.example.com:8443/static/img/logo.png", False),
        ("https://other.example/static/img/logo.png", False),
    ],
)
def test_a_full_url_of_our_origin_keeps_its_host(tmp_path: Path, url: str, is_ours: bool) -> None:
    text = f"a {{ background: url({url}) }}"
    release = compile_tree(tmp_path, {"a.css": text, "img/logo.png": ""}, origins=("https://www.example.com",))
    old, new = "/static/img/logo.png", release.url("img/logo.png")
    assert release.read("a.css").decode() == text.replace(old, new if is_ours else old)
