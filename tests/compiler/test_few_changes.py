"""Where few files have changed, a build makes these and what refers to them: the release is the one that a whole build makes."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Asset, Source
from servestatic_build import recompilation as stages
from servestatic_build.names import FILE_LIST
from servestatic_build.references.relink import relink
from support.hashes import integrity
from support.releases import snapshot
from support.trees import FORGETTING, MODIFIED, Compiled, Tree, compile_sources, write_tree

_IMAGES: Tree = {f"img/{number}.png": b"\x89PNG %d" % number for number in range(20)}
_STYLES: Tree = {
    f"css/{number}.css": f"a {{ background: url(../img/{number}.png) }} b {{ color: red }}\n" * 9
    for number in range(20)
}
_SCRIPTS: Tree = {f"js/{number}.js": f"import './{number + 1}.js'; export const a = {number}\n" for number in range(9)}
TREE: Tree = {
    **_IMAGES,
    **_STYLES,
    **_SCRIPTS,
    "js/9.js": "export default 9",
    "js/cycle-a.js": "import './cycle-b.js'; import './9.js'",
    "js/cycle-b.js": "import './cycle-a.js'",
    "js/named.js": "import {a} from './0.js'; new URL('../img/1.png', import.meta.url)",
    "all.css": "@import 'css/1.css'; @import 'css/2.css';",
    "theme.css": ":root { --icon: url(img/3.png) }",
    "uses.css": "a { background: var(--icon); color: var(--c) }",
    "mapped.js": "import './js/9.js'; f()\n//# sourceMappingURL=mapped.js.map",
    "mapped.js.map": '{"version":3,"sources":["a.ts"],"names":[],"mappings":"AAAA,OAAO"}',
    "unmapped.js": "f()\n//# sourceMappingURL=no.js.map",
    "worker.js": "importScripts('classic.js')",
    "classic.js": "self.x = 1",
    "starts.js": "new Worker(new URL('./worker.js', import.meta.url))",
    "broken.css": "a { background: url(no.png) }",
    "latin.css": "/* \xe9 */ a { color: red }".encode("latin-1"),
    "page.html": "<link rel=manifest href=app.json><link rel=stylesheet href=all.css><script type=module src=js/0.js></script>",
    "other/index.html": "<img src=../img/5.png><a href=../page.html>{{ x }}</a>",
    "app.json": '{"icons": [{"src": "img/6.png"}]}',
    "notes.txt": "nothing refers to this",
    "secure.html": f"<script src=classic.js integrity={integrity('self.x = 1', 'sha256')}></script>",
}


def replaced(name: str, text: str | bytes) -> Callable[[Tree], Tree]:
    return lambda _: {name: text}


def appended(name: str, text: str) -> Callable[[Tree], Tree]:
    def change(tree: Tree) -> Tree:
        before = tree[name]
        return {name: (before.encode() if isinstance(before, str) else before) + text.encode()}

    return change


HASH_OF_9 = hashlib.sha256(b"export default 9").hexdigest()

# What is changed, and whether few files are made for it.
CHANGES: dict[str, tuple[Callable[[Tree], Tree], bool]] = {
    "an image": (replaced("img/1.png", b"new"), True),
    "an image that the root of a chain refers to": (replaced("img/2.png", b"new"), True),
    "what nothing refers to": (replaced("notes.txt", "new"), True),
    "a style sheet": (appended("css/1.css", "i { color: blue }"), True),
    "a style sheet with a new reference": (appended("css/4.css", "i { background: url(../img/9.png) }"), True),
    "a style sheet with no reference": (replaced("css/5.css", "i { color: blue }\n" * 9), True),
    "a style sheet that loses its coding": (replaced("css/5.css", "i { color: blue }"), False),
    "a style sheet with a reference to nothing": (appended("css/4.css", "i { background: url(nowhere.png) }"), False),
    "a style sheet that refers to itself now": (appended("css/4.css", "i { background: url(4.css) }"), True),
    "a style sheet in a new cycle": (appended("css/1.css", "@import '../all.css';"), True),
    "a style sheet that can't be read": (replaced("css/1.css", b"a { background: url("), False),
    "the end of a chain of modules": (appended("js/8.js", "\nf()"), True),
    "a module with one more import": (appended("js/0.js", "\nimport './9.js'"), False),
    "a module of a cycle": (appended("js/cycle-a.js", "\nf()"), True),
    "a cycle, no longer one": (replaced("js/cycle-b.js", "f()"), False),
    "a worker": (appended("worker.js", "\nf()"), False),
    "what a worker runs, and a page has a hash of": (appended("classic.js", "\nf()"), False),
    "a script that starts a worker": (appended("starts.js", "\nf()"), True),
    "a URL in a custom property": (replaced("theme.css", ":root { --icon: url(img/4.png) }"), False),
    "who uses a custom property": (appended("uses.css", "i { color: blue }"), True),
    "who uses one more custom property": (appended("uses.css", "i { color: var(--d) }"), False),
    "a script with a source map": (
        replaced("mapped.js", "g(); import './js/9.js'\n//# sourceMappingURL=mapped.js.map"),
        True,
    ),
    "a source map": (appended("mapped.js.map", "\n"), True),
    "a source map that is broken": (replaced("mapped.js.map", "{"), False),
    "a script without its source map": (appended("unmapped.js", "\n"), True),
    "a page": (appended("page.html", "<p>text"), True),
    "a page with another link": (appended("page.html", "<script src=classic.js></script>"), False),
    "a page with a placeholder": (appended("other/index.html", "<p>text"), True),
    "a web manifest": (replaced("app.json", '{"icons": [{"src": "img/7.png"}]}'), True),
    "an icon of a web manifest": (replaced("img/6.png", b"new"), True),
    "a file that had a problem": (replaced("broken.css", "a { color: red }"), False),
    "a file that has a problem": (appended("latin.css", "i { color: blue }"), False),
    "a file that gets a problem": (replaced("css/3.css", "/* \xe9 */".encode("latin-1")), False),
    "a text with the hash of a file": (replaced("notes.txt", f'"{HASH_OF_9}"'), False),
    "what an integrity attribute is for": (replaced("classic.js", "self.x = 2"), False),
    "many files": (lambda tree: {name: "new" for name in tree if name.endswith(".png")}, False),
    "a script that listens as service workers do": (
        appended("classic.js", "\nself.addEventListener('fetch', f)"),
        False,
    ),
    "what it was at first": (lambda _: {name: TREE[name] for name in ("img/1.png", "css/1.css", "js/8.js")}, True),
    "nothing but the date": (lambda tree: {"css/1.css": tree["css/1.css"]}, True),
    "all bytes of a module that a page imports": (replaced("js/9.js", "export default 10"), True),
}


class Pair:
    """One tree, compiled twice into DISTs with the same past: by what has changed, and as a whole."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch, tree: Tree, settings: dict[str, Any]) -> None:
        self._path = path
        self._tree = dict(tree)
        self._sources = write_tree(path / "src", tree)
        self._settings = {"keep_releases": 5, "codings": ("gzip",), **settings}
        self._step = 0
        self.calls: list[bool] = []
        recompile = stages.recompile

        def counted(*arguments: Any) -> bool:
            self.calls.append(recompile(*arguments))
            return self.calls[-1]

        monkeypatch.setattr(stages, "recompile", counted)
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(MODIFIED + 1000))
        self.compile("cache")

    def change(self, change: Callable[[Tree], Tree]) -> bool:
        """Change files and compile; check that it comes to what the whole build comes to. Returns whether few were made."""
        changed = change(self._tree)
        self._tree |= changed
        self._step += 1
        write_tree(self._sources, changed)
        for name in changed:
            os.utime(self._sources / name, (MODIFIED + self._step, MODIFIED + self._step))
        shutil.copytree(self._path / "dist", self._path / "copy", symlinks=True)
        few, files = self.compile("cache"), snapshot(self._path / "dist")
        is_few = self.calls[-1]
        (self._path / "dist").rename(self._path / "kept")
        (self._path / "copy").rename(self._path / "dist")
        whole = self.compile(False)
        assert files_of(files) == files_of(snapshot(self._path / "dist"))
        assert told(few) == told(whole)
        shutil.rmtree(self._path / "dist")
        (self._path / "kept").rename(self._path / "dist")
        again = self.compile("cache")
        assert again.result.up_to_date
        assert told(again) == told(whole)
        return is_few

    def compile(self, cache: str | bool) -> Compiled:
        cache = str(self._path / cache) if isinstance(cache, str) else cache
        return compile_sources(self._path, Source(str(self._sources)), cache=cache, **self._settings)


def files_of(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return what is in DIST, without the times of its list."""
    return files | {FILE_LIST: re.sub(rb"\0\d+\0", b"\0\0", files.get(FILE_LIST, b""))}


def outcome_of(asset: Asset) -> Asset:
    """Return an asset without what follows from how it was made; whether its date is sent is in the manifest."""
    variants = tuple(replace(each, file=replace(each.file, staged=None)) for each in asset.variants)
    return replace(asset, variants=variants, dated=True)


def told(compiled: Compiled) -> Any:
    result = compiled.result
    numbers = result.ok, result.totals, result.missing_ignored, result.placeholders, len(result.skipped)
    return compiled.messages(), numbers, [*map(outcome_of, result.assets)]


@pytest.mark.parametrize(("change", "is_few"), CHANGES.values(), ids=CHANGES)
def test_a_change_comes_to_what_the_whole_build_comes_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Tree], Tree], is_few: bool
) -> None:
    pair = Pair(tmp_path, monkeypatch, TREE, {})
    assert pair.change(change) is is_few


def test_a_release_that_another_build_has_published_meanwhile_is_succeeded_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = Pair(tmp_path, monkeypatch, TREE, {"layout": "files"})
    other = write_tree(tmp_path / "other", {"a.css": "a { color: red }"})

    def publish_and_relink(*arguments: Any) -> Any:
        compile_sources(tmp_path, Source(str(other)))
        return relink(*arguments)

    monkeypatch.setattr(stages, "relink", publish_and_relink)
    write_tree(tmp_path / "src", {"img/1.png": b"new"})
    compiled = pair.compile("cache")
    assert pair.calls == [False]
    assert compiled.result.ok
    assert compiled.read("img/1.png") == b"new"
    assert len(compiled.manifest.releases()) == 3


SETTINGS: dict[str, dict[str, Any]] = {
    "as it is by default": {},
    "urls": {"layout": "urls"},
    "prefix": {"layout": "prefix"},
    "import map": {"modules": "importmap", "imports": {"nine": "js/9.js", "all/": "js/"}},
    "no history": FORGETTING,
    "headers": {"headers": ({"for": "*.css", "set": {"X-Style": "yes"}}, {"for": "*.js", "remove": ["Last-Modified"]})},
    "one coding": {"codings": ("br", "zstd")},
    "no plain URLs": {"plain_urls": False},
    "deltas": {"deltas": 2},
    "root": {"prefix": "/"},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_many_changes_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    pair, rng = Pair(tmp_path, monkeypatch, TREE, settings), random.Random(str(settings))
    for _ in range(12):
        pair.change(rng.choice([change for change, _ in CHANGES.values()]))
