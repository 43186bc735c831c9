"""References in scripts and modules: which text is one, and what becomes of it. ``#`` stands for a fingerprint."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servestatic_build.references.extractors.javascript import extract
from support.references import extracted
from support.releases import assert_sound, unfingerprinted
from support.trees import Compiled, compile_tree

BESIDE = {name: name for name in ("a.js", "b.mjs", "d.json", "lib/it's.js", "lib/é.js", "x.map", "y.map")}


def compiled(tmp_path: Path, script: str | bytes, **settings: object) -> Compiled:
    extracted(extract, script)
    return compile_tree(tmp_path, {**BESIDE, "app.js": script}, **settings)


def rewritten(tmp_path: Path, script: str | bytes) -> bytes:
    # With plain URLs, a file that only the name of its map would change keeps its bytes.
    return unfingerprinted(compiled(tmp_path, script, plain_urls=False).read("app.js"))


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
    assert compiled(tmp_path, f'import "{specifier}";', missing="warn").result.ok


def test_bytes_that_are_not_utf_8_survive(tmp_path: Path) -> None:
    script = b"f('\xff\xe9'); /*\xfe*/ import './a.js?\xe9'; // \xc3"
    assert rewritten(tmp_path, script) == b"f('\xff\xe9'); /*\xfe*/ import './a.#.js?\xe9'; // \xc3"


# In each a quote, a bracket or a slash is no such thing, and whoever takes it for one misses the import behind it.
HARD_TO_LEX = [
    pytest.param("a = b / c; '/';", id="division of names"),
    pytest.param("a = b[0] / 2; '/';", id="division of an item"),
    pytest.param("a = f(b) / 2; '/';", id="division of a call"),
    pytest.param("a = 1. / 2; '/';", id="division of a number that ends in a point"),
    pytest.param("a++ / 2; '/';", id="division of an increment"),
    pytest.param("a = 'x' / `y` / 2; '/';", id="division of strings"),
    pytest.param("a = {b: 1} / 2; '/';", id="division of an object"),
    pytest.param("a = f({b: {c: 1} / 2}); '/';", id="division of an object in an object"),
    pytest.param("a = /'/ / 2; '/';", id="division of a regular expression"),
    pytest.param("a = /'/g / 2; '/';", id="division of a regular expression with flags"),
    pytest.param("a = b.return / 2; '/';", id="division of a property named as a keyword"),
    pytest.param("a = this.#in / 2; '/';", id="division of a private field named as a keyword"),
    pytest.param("a = b.if(c) / 2; '/';", id="division of a method named as a keyword"),
    pytest.param("a = b /* c */ / 2; '/';", id="division behind a comment"),
    pytest.param("a = b // c\n / 2; '/';", id="division behind a line's comment"),
    pytest.param("a = of / 2; '/';", id="division of a variable named of"),
    pytest.param("a\u00a0/ 2; '/';", id="division behind a no-break space"),
    pytest.param("a = /'/;", id="regular expression behind ="),
    pytest.param("f(/'/, /\"/);", id="regular expressions as arguments"),
    pytest.param("/'/.test(a);", id="regular expression at the start"),
    pytest.param("a;\n/'/.test(a);", id="regular expression behind a semicolon"),
    pytest.param("if (a) /'/.test(b);", id="regular expression behind the head of an if"),
    pytest.param("while (a) /'/.test(b);", id="regular expression behind the head of a while"),
    pytest.param("if /* c */ (a) /'/.test(b);", id="head with a comment in it"),
    pytest.param("if (a) {}\n/'/.test(b);", id="regular expression behind a block"),
    pytest.param("if (a) {} else /'/.test(b);", id="regular expression behind else"),
    pytest.param("function f() {}\n/'/.test(b);", id="regular expression behind a function"),
    pytest.param("class A extends B {}\n/'/.test(b);", id="regular expression behind a class"),
    pytest.param("switch (a) { case /'/: case 1: {} /'/.test(b) }", id="regular expressions in a switch"),
    pytest.param("a = () => {}\n/'/.test(b);", id="regular expression behind an arrow's body"),
    pytest.param("f(() => /'/);", id="regular expression behind an arrow"),
    pytest.param("function f() { return /'/ }", id="regular expression behind return"),
    pytest.param("typeof /'/;", id="regular expression behind typeof"),
    pytest.param("for (const a of /'/[Symbol.split](b));", id="regular expression behind of"),
    pytest.param("[.../'/.exec(a)];", id="regular expression behind dots"),
    pytest.param("a = b /* c */ + /'/;", id="regular expression behind a comment"),
    pytest.param("// c\n/'/.test(a);", id="regular expression behind a line's comment"),
    pytest.param("a = b ? /'/ : /\"/;", id="regular expressions behind ? and :"),
    pytest.param("a = !/'/.test(b) && /\"/.test(b);", id="regular expressions behind operators"),
    pytest.param("a = `${/'/}`;", id="regular expression in a template"),
    pytest.param("a = /[/'\"]/;", id="slash and quotes in a class"),
    pytest.param("a = /[\\]/'\"]/;", id="escaped bracket in a class"),
    pytest.param("a = /\\/'/;", id="escaped slash"),
    pytest.param("a = '\\'';", id="escaped quote"),
    pytest.param("a = '\\\n\"';", id="continued line"),
    pytest.param("a = '\\\r\n\"';", id="continued line, CRLF"),
    pytest.param("a = '\u2028\"';", id="line separator in a string"),
    pytest.param("// it's\u2028", id="line separator ends a comment"),
    pytest.param("// it's\r", id="CR ends a comment"),
    pytest.param("a = `\\`'`;", id="escaped backtick"),
    pytest.param("a = `$'${`}'${'`'}`}`;", id="template in a template"),
    pytest.param("a = `${{b: {}}}'`;", id="object in a template"),
    pytest.param("a = `$$${b}$'`;", id="dollars in a template"),
    pytest.param("/* ' */ /** \" **/ /***/", id="quotes in comments"),
    pytest.param("a = b << c <= d; '>';", id="shift and comparison"),
    pytest.param("a = b<c; a = b < c; '>';", id="comparison of names"),
    pytest.param("for (let i=0;i<n;i++) {} '>';", id="comparison in a loop"),
    pytest.param("\\u{61} = '\"';", id="name written with an escape"),
    pytest.param("<!-- it's\n", id="HTML's comment"),
    pytest.param("a = b\n--> it's\n", id="end of HTML's comment at the start of a line"),
    pytest.param("/* b */ --> it's\n", id="end of HTML's comment behind a comment"),
    pytest.param("while (a --> 0) f('>');", id="decrement and comparison"),
    pytest.param("f() <!-- it's\n", id="HTML's comment behind an operand"),
    pytest.param("<!-- it's\u2028", id="line separator ends HTML's comment"),
    pytest.param("for await (const a of b) /'/.test(a);", id="regular expression behind the head of a for await"),
    pytest.param("a = \\u{61} / 2; '/';", id="division of a name that ends in an escape"),
    pytest.param("a = b./* c */return / 2; '/';", id="division of a property behind a comment"),
    pytest.param("éreturn / 2; '/';", id="division of a name that ends as a keyword"),
    pytest.param("a = <p>it's {b ? <b c='\"' d=\"'\">don't</b> : `'`} /* ' // \"</p>;", id="JSX"),
    pytest.param("a = <>it's<br/>{/* ' */}</>;", id="JSX fragment"),
    pytest.param("a = <p {...b} c={<i d={'}'} />} e=<b>'</b>>'</p>;", id="JSX in attributes"),
    pytest.param("f(<A.B c-d:e='>'/>, b) / 2; '/';", id="JSX that closes itself"),
    pytest.param("a = <p>'</p> / 2; '/';", id="division of JSX"),
    pytest.param("return <p>'</p>;", id="JSX behind return"),
]


@pytest.mark.parametrize("before", HARD_TO_LEX)
def test_an_import_is_found_behind_what_is_hard_to_lex(tmp_path: Path, before: str) -> None:
    release = compiled(tmp_path, f'{before}\nimport "./a.js"; // \'"`')
    assert unfingerprinted(release.read("app.js")).decode() == f'{before}\nimport "./a.#.js"; // \'"`'
    assert release.messages() == []


# All of these are syntax errors, and what stands before the innermost "|" is not touched by them.
UNREADABLE = [
    pytest.param("|'never closed\nf();", id="string"),
    pytest.param('|"never closed\n', id="string in double quotes"),
    pytest.param("|`never closed ${a}", id="template"),
    pytest.param("|`${a", id="substitution"),
    pytest.param("|/* never closed", id="comment"),
    pytest.param("|<p>never closed", id="JSX"),
    pytest.param("f|(a", id="parenthesis"),
    pytest.param("function f() |{ g(", id="function"),
    pytest.param("f();|}", id="brace that nobody opened"),
    pytest.param("f|(a}", id="brace for a parenthesis"),
    pytest.param("f|{a)", id="parenthesis for a brace"),
]


@pytest.mark.parametrize("rest", UNREADABLE)
def test_what_stands_before_the_unreadable_is_rewritten_and_the_rest_is_left_with_a_warning(
    tmp_path: Path, rest: str
) -> None:
    before, _, behind = rest.partition("|")
    script = f'import "./a.js";\n{before}{behind} import("./b.mjs")'
    release = compiled(tmp_path, script)
    assert release.messages() == [
        f"warning app.js:2:{len(before) + 1}: JavaScript syntax error: the script cannot be parsed from here on"
    ]
    assert unfingerprinted(release.read("app.js")).decode() == script.replace("./a.js", "./a.#.js")


def test_what_is_broken_behind_the_last_reference_is_not_looked_at(tmp_path: Path) -> None:
    script = 'import "./a.js"; f(() => import("./b.mjs")); `never closed'
    assert unfingerprinted(compiled(tmp_path, script).read("app.js")).decode() == (
        'import "./a.#.js"; f(() => import("./b.#.mjs")); `never closed'
    )


def test_brackets_a_hundred_thousand_deep_are_no_problem(tmp_path: Path) -> None:
    script = "(" * 100_000 + 'import("./a.js")' + ")" * 100_000
    assert b"./a.#.js" in unfingerprinted(compiled(tmp_path, script).read("app.js"))


@pytest.mark.parametrize(
    ("script", "place"),
    [
        pytest.param('import "./no.js";', "app.js:1:9", id="first line"),
        pytest.param('f();\r\n\r\n  import "./no.js";', "app.js:3:11", id="behind CRLF"),
        pytest.param('"é😀"; import "./no.js";', "app.js:1:15", id="column in characters"),
    ],
)
def test_a_reference_to_nothing_is_left_and_a_warning_says_where(tmp_path: Path, script: str, place: str) -> None:
    release = compiled(tmp_path, script, missing="warn")
    assert release.messages() == [f"warning {place}: './no.js' resolves to /static/no.js, which does not exist"]
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
        "</p>",
        "#!",
    ),
    *("./a.js", "'./a.js'", '"/static/a.js"', " ", "\n", "\r\n", "\0", "\ufeff", "é", "😀", "\u2028"),
)


@given(st.one_of(st.binary(), st.lists(st.sampled_from(FRAGMENTS)).map("".join).map(str.encode)))
def test_any_text_is_read_into_sound_spans(data: bytes) -> None:
    assert_sound(extracted(extract, data), data)
