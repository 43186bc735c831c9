"""References to files that are not there: policies, counts, places and hints."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import pytest

from servestatic_build.diagnostics import ConfigError
from servestatic_build.references import suggestions
from servestatic_build.settings.globs import Globs
from servestatic_build.settings.missing import MissingRule
from support.trees import Tree, compile_tree, write_tree

TREE: Tree = {
    "css/app.css": "a { background: url(../img/lgoo.png) }\nb { background: url(gone/bg.png) }\n/*# sourceMappingURL=x.map */",
    "img/logo.png": b"",
    "other/bg.png": b"",
}
LOGO = "css/app.css:1:21: '../img/lgoo.png' resolves to /static/img/lgoo.png, which does not exist"
BACKGROUND = "css/app.css:2:21: 'gone/bg.png' resolves to /static/css/gone/bg.png, which does not exist"


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
    release = compile_tree(tmp_path, TREE, missing=policies)
    found = [(str(d.severity), f"{d.place}: {d.message}") for d in release.result.diagnostics]
    maps = "x.map"
    assert [(severity, text) for severity, text in found if maps not in text] == expected
    assert release.result.missing_ignored == ignored


@pytest.mark.parametrize(
    ("name", "text", "severity"),
    [
        pytest.param("a.js", 'import "./none.js"', "error", id="import"),
        pytest.param("a.js", 'export * from "./none.js"', "error", id="export"),
        pytest.param("a.html", '<script type=module>import "./none.js"</script>', "error", id="in a page"),
        pytest.param("a.js", 'import("./none.js")', "warning", id="import that may never be run"),
        pytest.param("a.js", 'new URL("./none.png", import.meta.url)', "warning", id="URL"),
        pytest.param("a.css", '@import "none.css"', "warning", id="import of CSS"),
        pytest.param("a.html", "<script src=none.js></script>", "warning", id="script"),
    ],
)
def test_only_what_stops_a_module_is_an_error_unless_the_settings_say_what_is(
    tmp_path: Path, name: str, text: str, severity: str
) -> None:
    for missing, expected in (({}, [severity]), ({"missing": "warn"}, ["warning"]), ({"missing": "ignore"}, [])):
        release = compile_tree(tmp_path, {name: text}, **missing)
        assert [each.severity for each in release.result.diagnostics] == expected
    release = compile_tree(tmp_path, {name: text}, missing={"none.*": "warn"})
    assert [each.severity for each in release.result.diagnostics] == ["warning"]


def test_a_hint_names_what_was_probably_meant(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, TREE)
    assert [d.hint for d in release.result.diagnostics] == [
        "did you mean /static/img/logo.png?",
        "did you mean /static/other/bg.png?",
    ]


EXTENSION = "add the extension, as bundlers do and browsers do not: /static/"


@pytest.mark.parametrize(
    ("text", "others", "hint"),
    [
        pytest.param('import "./b"', ["b.js", "c.js"], f"{EXTENSION}b.js", id="no extension"),
        pytest.param('import "./b"', ["b.mjs"], f"{EXTENSION}b.mjs", id="no extension of a module"),
        pytest.param('import("./b")', ["b/index.js"], f"{EXTENSION}b/index.js", id="a directory"),
        pytest.param('import "./a"', ["b.js"], None, id="no extension of the file itself"),
        pytest.param('import "./b.js"', [], None, id="the file itself is most like it"),
        pytest.param('import "./A.js"', [], None, id="the file itself but for the case of letters"),
        pytest.param('import "./Main.js"', ["main.js", "Mian.js"], "did you mean /static/main.js? Letter", id="case"),
        pytest.param(
            'import "./caf\N{LATIN SMALL LETTER E WITH ACUTE}.js"',
            ["cafe\N{COMBINING ACUTE ACCENT}.js", "caf.js"],
            r"'/static/cafe\u0301.js' looks the same",
            id="Unicode normal form",
        ),
        pytest.param('import "./main.js"', ["main.css", "main.map"], None, id="no other kind of file"),
        pytest.param('import "./x/main.js"', ["main.js"], "did you mean /static/main.js?", id="moved"),
        pytest.param('import "./x/main.js"', ["1/main.js", "2/main.js"], None, id="a name that says too little"),
        pytest.param('import "./mian.js"', ["main.js", "x.js"], "did you mean /static/main.js?", id="a slip"),
        pytest.param("//# sourceMappingURL=b.map", [], None, id="a source map"),
    ],
)
def test_a_hint_is_of_another_file_of_the_same_kind(
    tmp_path: Path, text: str, others: list[str], hint: str | None
) -> None:
    release = compile_tree(tmp_path, {"a.js": text, **dict.fromkeys(others, "")}, missing={"*": "error"})
    (diagnostic,) = release.result.diagnostics
    assert (diagnostic.hint or "").startswith(hint or "nothing at all") == (hint is not None)


def test_what_hints_compare_does_not_grow_with_what_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As in @material-ui/icons: a directory of thousands of scripts, and each names one that is not there.
    compared = []

    def counted(name: str, names: Sequence[str], n: int) -> list[str]:
        compared.append(len(names))
        return get_close_matches(name, names, n)

    monkeypatch.setattr(suggestions, "get_close_matches", counted)
    count = 1000
    tree: Tree = {f"icon{number:04}.js": f'import "./icon{number:04}x.js"' for number in range(count)}
    release = compile_tree(tmp_path, tree, missing={"*": "error"})
    assert len(release.result.diagnostics) == count
    assert (len(compared), max(compared)) == (50, 50)


def test_one_missing_file_is_searched_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []

    def counted(name: str, names: Sequence[str], n: int) -> list[str]:
        searched.append(name)
        return get_close_matches(name, names, n)

    monkeypatch.setattr(suggestions, "get_close_matches", counted)
    compile_tree(tmp_path, {f"{number}.js": 'import "./gone.js"' for number in range(10)}, missing={"*": "error"})
    assert searched == ["gone.js"]


def test_strict_makes_warnings_errors_and_leaves_what_is_ignored(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, {"a.js": "//# sourceMappingURL=a.js.map"}, strict=True)
    assert release.result.ok
    assert not compile_tree(tmp_path, TREE, strict=True).result.ok


@pytest.mark.parametrize(
    ("name", "skipped", "problem", "hint"),
    [
        pytest.param(".hidden.png", {}, "a hidden file", "rename it: files", id="hidden"),
        pytest.param("a/.b/c.png", {}, "a hidden file", "rename it: files", id="in a hidden directory"),
        pytest.param(
            "x/a.png", {"ignore": ["x/"]}, "ignored by a pattern", "change the pattern in ignore", id="ignored"
        ),
        pytest.param("a.png~", {}, "left behind by an editor or the system", "rename it", id="litter"),
    ],
)
def test_a_reference_to_a_file_that_is_not_published_says_why(
    tmp_path: Path, name: str, skipped: dict[str, list[str]], problem: str, hint: str
) -> None:
    release = compile_tree(tmp_path, {"a.css": f"a {{ background: url({name}) }}", name: ""}, **skipped)
    (found,) = release.result.diagnostics
    assert f"{name}, which is not published: {tmp_path / 'src'}" in found.message
    assert found.message.endswith(f" is {problem}")
    assert (found.hint or "").startswith(hint)


@pytest.mark.parametrize("is_directory", [True, False])
def test_a_reference_through_a_link_out_of_the_source_names_the_source_to_add(
    tmp_path: Path, is_directory: bool
) -> None:
    outside = write_tree(tmp_path / "outside", {"a.png": ""})
    link = write_tree(tmp_path / "src", {"a.css": "a { background: url(x/a.png) }", "x/b": ""}) / "x"
    if is_directory:
        (link / "b").unlink()
        link.rmdir()
    (link if is_directory else link / "a.png").symlink_to(outside if is_directory else outside / "a.png")
    (found,) = compile_tree(tmp_path, {}).result.diagnostics
    assert found.message.endswith(" is a symlink out of its source")
    assert found.hint == f"name the directory that it leads to as a SOURCE of its own: /static/x/={outside}"


def test_what_is_not_in_a_directory_that_is_left_out_does_not_exist(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, {"a.css": "a { background: url(.x/b.png) }", ".x/c.png": ""})
    assert [message[-14:] for message in release.messages()] == ["does not exist"]


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        pytest.param("a.js", "new URL('./icons', import.meta.url)", 0, id="script"),
        pytest.param("a.html", "<script type=module>new URL('./icons', import.meta.url)</script>", 0, id="in a page"),
        pytest.param("a.js", "new URL('./icon', import.meta.url)", 1, id="no directory"),
        pytest.param("a.html", "<img src=icons>", 1, id="no script"),
    ],
)
def test_a_script_may_name_a_directory(tmp_path: Path, name: str, text: str, count: int) -> None:
    release = compile_tree(tmp_path, {name: text, "icons/a.png": ""})
    assert len(release.messages()) == count


def test_a_policy_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigError, match="'panic' is not one of ignore, warn, error"):
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
