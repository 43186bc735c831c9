"""Names that look hashed are counted in one note, with the patterns that would say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Source
from servestatic_build.diagnostics import Diagnostic
from support.trees import Compiled, compile_sources, compile_tree, write_tree

VITE = [f"assets/{name}.js" for name in ("index-BX3kq2Zc", "vendor-C6Jh0Sam", "about-w_9mI-kc", "user-DkQwErTy")]
WEBPACK = [
    f"js/{name}.js" for name in ("main.91b3c62ee9dab88f9b41", "973.946ba4139e6e91fa23b7", "a.b-c.72ece9daf63d6133a38e")
]
ESBUILD = ["app-T4W2JEPT.css", "app-OTOVCQJ5.css", "chunk-V2OZC7ZR.css"]
BARE = [
    "img/1f0e3dad99908345f7439f8ffabdffc4.png",
    "img/72ece9daf63d6133a38e9d1f0e3dad99.png",
    "img/9d1f0e3dad99908345f7439f8ffabdff.png",
]


def notes(compiled: Compiled) -> list[Diagnostic]:
    return [diagnostic for diagnostic in compiled.result.diagnostics if diagnostic.code == "hashed-names"]


def compiled_names(tmp_path: Path, names: list[str], **settings: Any) -> Compiled:
    return compile_tree(tmp_path, dict.fromkeys(names, ""), **settings)


@pytest.mark.parametrize(
    ("names", "first", "count", "pattern"),
    [
        pytest.param(VITE, "assets/about-w_9mI-kc.js", 3, "/assets/*-????????.js", id="Vite"),
        pytest.param(WEBPACK, "js/973.946ba4139e6e91fa23b7.js", 3, "/js/*.????????????????????.js", id="webpack"),
        pytest.param(ESBUILD, "app-OTOVCQJ5.css", 3, "/*-????????.css", id="esbuild, in the root"),
        pytest.param(BARE, BARE[0], 3, f"/img/{'?' * 32}.png", id="a hash alone"),
        pytest.param(
            [f"js/{number}.8f3a2b1{number}.chunk.js" for number in range(3)],
            "js/0.8f3a2b10.chunk.js",
            3,
            "/js/*.????????.chunk.js",
            id="two suffixes",
        ),
    ],
)
def test_one_note_counts_them_and_gives_the_pattern(
    tmp_path: Path, names: list[str], first: str, count: int, pattern: str
) -> None:
    (note,) = notes(compiled_names(tmp_path, [*names, "plain.js"]))
    message = f"{count} names such as this look as if they held a hash of the content, and no rule says so"
    assert (note.severity, note.name, note.message) == ("note", first, message)
    assert note.hint == (
        f"if they do, say so with --hashed '{pattern}', or name the bundler's manifest with --bundler-manifest: "
        "they are cached for ever then"
    )
    compiled = compiled_names(tmp_path, [*names, "plain.js"], hashed=pattern)
    assert notes(compiled) == []
    assert {asset.name for asset in compiled.manifest if asset.url == asset.plain_url} == set(names)


def test_a_source_at_a_url_of_its_own_is_told_of_too(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "src", dict.fromkeys(VITE, ""))
    (note,) = notes(compile_sources(tmp_path, Source(str(source), "/")))
    assert note.name == "/assets/about-w_9mI-kc.js"
    assert "--hashed '/assets/*-????????.js'" in (note.hint or "")


@pytest.mark.parametrize(
    "settings",
    [{"hashed": "*.js"}, {"fingerprint": "*.js"}, {"plain": "*.js"}, {"hashed_hook": lambda _path, _url: True}],
    ids=lambda settings: next(iter(settings)),
)
def test_nothing_is_said_of_what_a_rule_decides(tmp_path: Path, settings: dict[str, Any]) -> None:
    assert notes(compiled_names(tmp_path, VITE, **settings)) == []


def test_no_pattern_is_given_that_would_take_a_word_for_a_hash(tmp_path: Path) -> None:
    (note,) = notes(compiled_names(tmp_path, [*VITE, "assets/user-settings.js"]))
    assert note.hint is not None
    assert "????" not in note.hint


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(VITE[:2], id="two of them"),
        pytest.param(["jquery.min.js", "app.bundle.js", "vendor.production.js", "user-settings.js"], id="words"),
        pytest.param([f"report-2024010{day}.pdf" for day in range(1, 6)], id="dates"),
        pytest.param([f"img/photo-{number:08}.jpg" for number in range(5)], id="numbers"),
        pytest.param(["Roboto-Regular.ttf", "Roboto-BoldItalic.ttf", "MaterialIcons-Outlined.ttf"], id="fonts"),
        pytest.param(
            ["roboto-v20-latin-regular.woff2", "roboto-v20-latin-700.woff2", "lato-v24-latin-900.woff2"],
            id="fonts, again",
        ),
        pytest.param(["bootstrap-5.3.0.css", "bootstrap-5.3.1.css", "bootstrap-5.3.2.css"], id="versions"),
        pytest.param(["a-deadbeef.css", "b-facade.css", "c-defaced.css"], id="words of hexadecimal digits"),
        pytest.param(["x.js", "x-BX3kq2Zc.js", "y.8f3a2b1c.css", "z/T4W2JEPT.png"], id="nothing in common"),
    ],
)
def test_other_names_are_none(tmp_path: Path, names: list[str]) -> None:
    assert notes(compiled_names(tmp_path, names)) == []
