"""References in scripts and modules: which text is one, and what becomes of it. ``#`` stands for a fingerprint."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servestatic_build.refs.javascript import extract
from support.releases import assert_sound, unfingerprinted
from support.trees import Compiled, compile_tree

BESIDE = {name: name for name in ("a.js", "b.mjs", "d.json", "lib/it's.js", "lib/é.js", "x.map", "y.map")}


def compiled(tmp_path: Path, script: str | bytes, **settings: object) -> Compiled:
    return compile_tree(tmp_path, {**BESIDE, "app.js": script}, **settings)


def rewritten(tmp_path: Path, script: str | bytes) -> bytes:
    return unfingerprinted(compiled(tmp_path, script).read("app.js"))


REFERENCES = [
    pytest.param('import a from "./a.js";', 'import a from "./a.#.js";', id="default"),
    pytest.param('import {a, b as c} from "./a.js";', 'import {a, b as c} from "./a.#.js";', id="named"),
    pytest.param('import * as a from "./a.js";', 'import * as a from "./a.#.js";', id="namespace"),
    pytest.param('import a, {b} from "./a.js";', 'import a, {b} from "./a.#.js";', id="default and named"),
    pytest.param('import {"a b" as c} from "./a.js";', 'import {"a b" as c} from "./a.#.js";', id="name in a string"),
    pytest.param('import "./a.js";', 'import "./a.#.js";', id="side effect"),
    pytest.param("import{}from'./a.js'", "import{}from'./a.#.js'", id="minified, single quotes"),
    pytest.param('import/**/a/**/from/**/"./a.js"', 'import/**/a/**/from/**/"./a.#.js"', id="comments between"),
    pytest.param('import\na\nfrom\n"./a.js"', 'import\na\nfrom\n"./a.#.js"', id="lines between"),
    pytest.param('export {a} from "./a.js";', 'export {a} from "./a.#.js";', id="export from"),
    pytest.param('export {default} from "./a.js";', 'export {default} from "./a.#.js";', id="export default from"),
    pytest.param('export * from "./a.js";', 'export * from "./a.#.js";', id="export all"),
    pytest.param('export * as a from "./a.js";', 'export * as a from "./a.#.js";', id="export all as"),
    pytest.param('import("./a.js");', 'import("./a.#.js");', id="dynamic"),
    pytest.param("f(() => import( './a.js' ));", "f(() => import( './a.#.js' ));", id="dynamic in a function"),
    pytest.param(
        'async () => (await import("./a.js")).b;', 'async () => (await import("./a.#.js")).b;', id="dynamic, awaited"
    ),
    pytest.param(
        'import(/* webpackChunkName: "a" */ "./a.js");',
        'import(/* webpackChunkName: "a" */ "./a.#.js");',
        id="dynamic with a bundler's comment",
    ),
    pytest.param("`${import('./a.js')}`;", "`${import('./a.#.js')}`;", id="dynamic in a template"),
    pytest.param(
        'import a from "./d.json" with {type: "json"};',
        'import a from "./d.#.json" with {type: "json"};',
        id="import attributes",
    ),
    pytest.param(
        'import("./d.json", {with: {type: "json"}});',
        'import("./d.#.json", {with: {type: "json"}});',
        id="dynamic import attributes",
    ),
    pytest.param("import(`./a.js`);", "import(`./a.#.js`);", id="dynamic, template without substitutions"),
    pytest.param("import.meta.resolve('./a.js');", "import.meta.resolve('./a.#.js');", id="import.meta.resolve"),
    pytest.param(
        "new URL('a.js', import.meta.url);", "new URL('a.#.js', import.meta.url);", id="URL relative to the module"
    ),
    pytest.param('import defer * as a from "./a.js";', 'import defer * as a from "./a.#.js";', id="deferred"),
    pytest.param('import source a from "./a.js";', 'import source a from "./a.#.js";', id="source phase"),
    pytest.param('import.defer("./a.js");', 'import.defer("./a.#.js");', id="dynamic, deferred"),
    pytest.param(r'import "./\x61.js";', r'import "./a.#.js";', id="escape of two digits"),
    pytest.param(r'import "./\u0061.js";', r'import "./a.#.js";', id="escape of four digits"),
    pytest.param(r'import "./\u{61}.js";', r'import "./a.#.js";', id="escape in braces"),
    pytest.param(r'import "\.\/a.js";', r'import "./a.#.js";', id="escapes that mean themselves"),
    pytest.param('import "./\\\na.js";', 'import "./a.#.js";', id="line continued"),
    pytest.param(r"import './lib/it\'s.js';", r"import './lib/it\'s.#.js';", id="escaped quote"),
    pytest.param('import "./lib/it\'s.js";', 'import "./lib/it\'s.#.js";', id="other quote"),
    pytest.param('import "./lib/é.js";', 'import "./lib/é.#.js";', id="non-ASCII"),
    pytest.param('import "./lib/%C3%A9.js";', 'import "./lib/%C3%A9.#.js";', id="percent-encoded"),
    pytest.param('import "./a.js?v=1#x";', 'import "./a.#.js?v=1#x";', id="query and fragment"),
    pytest.param(r'import "./a.js?\ud83d\ude00";', 'import "./a.#.js?😀";', id="escaped surrogate pair"),
    pytest.param('import "/static/a.js";', 'import "/static/a.#.js";', id="absolute path"),
    pytest.param('import "../static/a.js";', 'import "../static/a.#.js";', id="parent directory"),
    pytest.param('import "./a.js"; import "./b.mjs";', 'import "./a.#.js"; import "./b.#.mjs";', id="two in a line"),
    pytest.param("f();\n//# sourceMappingURL=x.map\n", "f();\n//# sourceMappingURL=x.#.map\n", id="source map"),
    pytest.param("f();\n//@ sourceMappingURL=x.map", "f();\n//@ sourceMappingURL=x.#.map", id="source map, old sign"),
    pytest.param("f();/*# sourceMappingURL=x.map */", "f();/*# sourceMappingURL=x.#.map */", id="source map, block"),
    pytest.param(
        "//# sourceMappingURL=x.map\nf();\n//# sourceMappingURL=y.map",
        "//# sourceMappingURL=x.map\nf();\n//# sourceMappingURL=y.#.map",
        id="last source map counts",
    ),
    pytest.param('f();\r\nimport "./a.js";\r\n', 'f();\r\nimport "./a.#.js";\r\n', id="CRLF"),
    pytest.param("//# sourceMappingURL=x.map\r\n", "//# sourceMappingURL=x.#.map\r\n", id="source map before CRLF"),
    pytest.param('\ufeffimport "./a.js";', '\ufeffimport "./a.#.js";', id="BOM"),
    pytest.param('#!/usr/bin/env node\nimport "./a.js";', '#!/usr/bin/env node\nimport "./a.#.js";', id="hashbang"),
    pytest.param('"é😀"; import "./a.js";', '"é😀"; import "./a.#.js";', id="non-ASCII before"),
    pytest.param('"\0"; import "./a.js";', '"\0"; import "./a.#.js";', id="NUL before"),
    pytest.param('import "./a.js"', 'import "./a.#.js"', id="no end of line"),
]


@pytest.mark.parametrize(("script", "expected"), REFERENCES)
def test_a_reference_is_rewritten_and_no_byte_beside_it(tmp_path: Path, script: str, expected: str) -> None:
    assert rewritten(tmp_path, script).decode() == expected


NO_REFERENCES = [
    pytest.param('// import "./a.js";\n/* import "./a.js"; */', id="in comments"),
    pytest.param("f('import \"./a.js\"');", id="in a string"),
    pytest.param("f(`import './a.js'`);", id="in the text of a template"),
    pytest.param(r"const r = /import '.\/a.js'/;", id="in a regular expression"),
    pytest.param("const e = <p>import './a.js'</p>;", id="in the text of JSX"),
    pytest.param("a.import('./a.js'); ({import: './a.js'});", id="property named import"),
    pytest.param("import.meta.env['./a.js']; f(import.meta, './a.js');", id="import.meta"),
    pytest.param("new URL('./a.js'); new URL('./a.js', base); f('./a.js', import.meta.url);", id="URL of another base"),
    pytest.param("a.resolve('./a.js'); import.meta.load('./a.js');", id="other methods"),
    pytest.param("from\n'./a.js'", id="variable named from"),
    pytest.param('import "a.js"; import "react"; export * from "@x/y/a.js";', id="bare specifiers"),
    pytest.param('import "data:text/javascript,./a.js";', id="data"),
    pytest.param('import "https://example.com/static/a.js";', id="https"),
    pytest.param('import "//example.com/static/a.js";', id="host"),
    pytest.param('import "#a.js";', id="fragment"),
    pytest.param('import "";', id="empty"),
    pytest.param('import "./lib/";', id="directory"),
    pytest.param("import(a); import('./a' + '.js'); import(`./${a}.js`);", id="dynamic without a literal"),
    pytest.param("import(('./a.js', b));", id="literal inside an expression"),
    pytest.param("require('./a.js');", id="require"),
    pytest.param("f('//# sourceMappingURL=x.map');", id="source map in a string"),
    pytest.param("f(`\n//# sourceMappingURL=x.map\n`);", id="source map in a template"),
    pytest.param("// # sourceMappingURL=x.map", id="source map behind a space"),
    pytest.param("//# sourceMappingURL=nothing.map", id="missing source map"),
    pytest.param("//# sourceMappingURL=data:application/json;base64,e30=", id="source map inline"),
    pytest.param("", id="nothing"),
    pytest.param("\ufeff", id="BOM alone"),
]


@pytest.mark.parametrize("script", NO_REFERENCES)
def test_what_only_looks_like_a_reference_is_left_and_nothing_is_said(tmp_path: Path, script: str) -> None:
    release = compiled(tmp_path, script)
    assert (release.read("app.js").decode(), release.messages()) == (script, [])


@pytest.mark.parametrize(
    "specifier",
    [
        pytest.param(r"./\u{ffffff}.js", id="escape beyond Unicode"),
        pytest.param(r"./a.js?\ud800", id="escape of half a surrogate pair"),
    ],
)
def test_an_escape_that_is_no_character_fails_no_build(tmp_path: Path, specifier: str) -> None:
    assert compiled(tmp_path, f'import "{specifier}";').result.ok


def test_bytes_that_are_not_utf_8_survive(tmp_path: Path) -> None:
    script = b"f('\xff\xe9'); /*\xfe*/ import './a.js?\xe9'; // \xc3"
    assert rewritten(tmp_path, script) == b"f('\xff\xe9'); /*\xfe*/ import './a.#.js?\xe9'; // \xc3"


def test_a_syntax_error_is_a_warning_and_the_statements_beside_it_are_read(tmp_path: Path) -> None:
    release = compiled(tmp_path, 'import "./a.js";\nlet = = ;\nimport "./b.mjs";\n')
    assert release.messages() == ["warning app.js:2:1: this is not JavaScript that can be read"]
    assert unfingerprinted(release.read("app.js")) == b'import "./a.#.js";\nlet = = ;\nimport "./b.#.mjs";\n'


@pytest.mark.parametrize(
    ("script", "place"),
    [
        pytest.param('import "./no.js";', "app.js:1:9", id="first line"),
        pytest.param('f();\r\n\r\n  import "./no.js";', "app.js:3:11", id="behind CRLF"),
        pytest.param('"é😀"; import "./no.js";', "app.js:1:15", id="column in characters"),
    ],
)
def test_a_reference_to_nothing_is_left_and_a_warning_says_where(tmp_path: Path, script: str, place: str) -> None:
    release = compiled(tmp_path, script)
    assert release.messages() == [f"warning {place}: './no.js' leads to /static/no.js, which is not there"]
    assert release.read("app.js").decode() == script


def test_a_megabyte_in_one_line_is_read_to_its_end(tmp_path: Path) -> None:
    filler = "f(1,'é');" * 100_000
    assert rewritten(tmp_path, f'{filler}import"./a.js"').decode() == f'{filler}import"./a.#.js"'


FRAGMENTS = (
    *("import", "export", "from", "import(", "import.meta", "*", "as", "with", "default", "//", "/*", "*/", "`", "${"),
    *(
        "//# sourceMappingURL=",
        "'",
        '"',
        "\\",
        r"\u{",
        r"\ud800",
        r"\x",
        "(",
        ")",
        "{",
        "}",
        ";",
        ",",
        "/",
        "<p>",
        "#!",
    ),
    *("./a.js", "'./a.js'", '"/static/a.js"', " ", "\n", "\r\n", "\0", "\ufeff", "é", "😀", "\u2028"),
)


@given(st.one_of(st.binary(), st.lists(st.sampled_from(FRAGMENTS)).map("".join).map(str.encode)))
def test_any_text_is_read_into_sound_spans(data: bytes) -> None:
    assert_sound(extract(data), data)
