"""A source map moves along with the file that names it, or that it stands in."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest

from servestatic_build.settings.globs import Globs
from support.releases import unfingerprinted
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


def inline(source_map: str) -> list[str]:
    """Return data: URLs of a map: in base64, and written out."""
    base64 = b64encode(source_map.encode()).decode()
    return [
        f"data:application/json;base64,{base64}",
        f"data:application/json;charset=utf-8;base64,{base64}",
        f"DATA:;BASE64,{base64}",
        f"data:application/json,{quote(source_map)}",
        f"data:application/json;charset=utf-8,{quote(source_map, safe=':,;')}",
    ]


MOVED = MAP.replace("gBAAgB", "6BAAgB")
INLINE = list(zip(inline(MAP), inline(MOVED), strict=True))


@pytest.mark.parametrize(("before", "after"), INLINE)
@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("app.js", "import './b.png';x()\n//# sourceMappingURL={}\n", id="script"),
        pytest.param("app.js", "import './b.png';x()//# sourceMappingURL={}", id="on the line of the code"),
        pytest.param("app.css", "a{b:url(./b.png)}\n/*# sourceMappingURL={} */", id="style sheet"),
        pytest.param("app.css", "a{b:url(./b.png)}/*# sourceMappingURL={}*/", id="on the line of the rules"),
    ],
)
def test_a_map_in_its_own_file_is_shifted_in_place(
    tmp_path: Path, name: str, text: str, before: str, after: str
) -> None:
    release = compile_tree(tmp_path, {name: text.replace("{}", before), "b.png": ""})
    assert unfingerprinted(release.read(name)).decode() == text.replace("{}", after).replace("b.png", "b.#.png")
    assert release.messages() == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("data:application/json;base64,!", "not base64: ", id="no base64"),
        pytest.param("data:application/json;base64,e30", "'mappings' is missing", id="no mappings"),
        pytest.param("data:application/json,{", "not JSON: ", id="no JSON"),
        pytest.param("data:application/json", "not a data: URL that can be decoded", id="no comma"),
        pytest.param("data:,%00", "not JSON: ", id="no type"),
    ],
)
def test_a_map_in_its_own_file_that_can_not_be_read_stays_with_a_warning(
    tmp_path: Path, url: str, message: str
) -> None:
    text = f"import './b.png';\n//# sourceMappingURL={url}"
    release = compile_tree(tmp_path, {"app.js": text, "b.png": ""})
    assert unfingerprinted(release.read("app.js")).decode() == text.replace("b.png", "b.#.png")
    (found,) = release.messages()
    assert found.startswith(f"warning app.js:2:22: the source map is invalid: {message}")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("app.js", "x()\n//# sourceMappingURL=data:application/json;base64,!", id="no references"),
        pytest.param("p.html", "<script>import('./b.png')\n//# sourceMappingURL=data:,!\n</script>", id="in a page"),
    ],
)
def test_a_map_is_not_read_where_no_column_moves_nor_in_a_page(tmp_path: Path, name: str, text: str) -> None:
    release = compile_tree(tmp_path, {name: text, "b.png": ""})
    assert unfingerprinted(release.read(name)).decode() == text.replace("b.png", "b.#.png")
    assert release.messages() == []


def test_members_of_a_cycle_have_their_maps_in_themselves_shifted(tmp_path: Path) -> None:
    (before, after), *_ = INLINE
    text = "import './%s.js';;x()\n//# sourceMappingURL={}"
    release = compile_tree(tmp_path, {f"{a}.js": (text % b).replace("{}", before) for a, b in ("ab", "ba")})
    assert unfingerprinted(release.read("a.js")).decode() == (text % "b.#").replace("{}", after)


@pytest.mark.parametrize(
    ("name", "text", "plain_urls", "expected"),
    [
        pytest.param("a.js", "x()\n//# sourceMappingURL=it%27s.map", True, None, id="script"),
        pytest.param("a.css", "b{c:d}\n/*# sourceMappingURL=it%27s.map */", True, None, id="style sheet"),
        pytest.param(
            "a.js",
            "x()\n//# sourceMappingURL=it%27s.map",
            False,
            "x()\n//# sourceMappingURL=it%27s.#.map",
            id="without plain URLs",
        ),
        pytest.param(
            "a.js",
            "import './b.js'\n//# sourceMappingURL=it%27s.map",
            True,
            "import './b.#.js'\n//# sourceMappingURL=it%27s.#.map",
            id="another reference",
        ),
    ],
)
def test_a_file_that_only_the_name_of_its_map_would_change_keeps_its_bytes(
    tmp_path: Path, name: str, text: str, plain_urls: bool, expected: str | None
) -> None:
    # The integrity value that a project publishes of the file still holds.
    tree = {name: text, "it's.map": MAP, "b.js": ""}
    release = compile_tree(tmp_path, tree, plain_urls=plain_urls)
    assert unfingerprinted(release.read(name)).decode() == (expected or text)
    assert release.messages() == []
