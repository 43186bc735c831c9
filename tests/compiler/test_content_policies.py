"""A page's own Content-Security-Policy: its hashes of what is written in the page follow what is rewritten there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.hashes import integrity
from support.releases import unfingerprinted
from support.trees import Tree, compile_tree

FILES: Tree = {"a.js": "", "a.css": "", "a.png": ""}
META = "<meta http-equiv=Content-Security-Policy content=\"script-src 'self' 'HASH'\">"
SCRIPT = "import './a.js'"
STYLE = "b{c:url(a.png)}"


def compiled(tmp_path: Path, page: str, name: str = "p.html") -> tuple[str, Callable[[str], str]]:
    """Return a page as it is published, and what makes a text of the source one of the release."""
    release = compile_tree(tmp_path, {**FILES, name: page})
    assert release.messages() == []

    def renamed(text: str) -> str:
        for file in FILES:
            text = text.replace(file, release.url(file).removeprefix("/static/"))
        return text

    return release.read(name).decode(), renamed


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize(
    ("page", "text"),
    [
        pytest.param(f"{META}<script type=module>TEXT</script>", SCRIPT, id="module"),
        pytest.param(f"{META}<script>TEXT</script>", "import('./a.js')", id="classic script"),
        pytest.param(f"{META}<style>TEXT</style>", STYLE, id="style"),
        pytest.param(f"{META}<p style='TEXT'>", "c:url(a.png)", id="style attribute"),
        pytest.param(f"{META}<script type=importmap>TEXT</script>", '{"imports": {"a": "./a.js"}}', id="import map"),
        pytest.param(f"<script type=module>TEXT</script>{META}", SCRIPT, id="before the policy"),
        pytest.param(f"{META}<svg><style>TEXT</style></svg>", STYLE, id="in SVG"),
        pytest.param(
            "<meta content='default-src &#39;HASH&#39;;img-src *' http-equiv=content-security-policy>"
            "<script type=module>TEXT</script>",
            SCRIPT,
            id="written with character references",
        ),
        pytest.param(f"{META.replace('HASH', 'sha256-x')}{META}<style>TEXT</style>", STYLE, id="two policies"),
        pytest.param(
            META.replace("'HASH'", f"'HASH' '{integrity('other')}'") + "<style>TEXT</style><style>TEXT</style>",
            STYLE,
            id="one of two hashes, twice in the page",
        ),
    ],
)
def test_the_hash_of_an_inline_text_becomes_that_of_the_text_as_published(
    tmp_path: Path, page: str, text: str, algorithm: str
) -> None:
    published, renamed = compiled(tmp_path, page.replace("TEXT", text).replace("HASH", integrity(text, algorithm)))
    new = renamed(text)
    assert new != text
    assert published == page.replace("TEXT", new).replace("HASH", integrity(new, algorithm))


def test_a_text_is_hashed_as_a_parser_reads_it(tmp_path: Path) -> None:
    # HTML 13.2.3.5: of a line end only the newline is left.
    page = f"{META}<script type=module>\r\n{SCRIPT}\r\n</script>"
    published, renamed = compiled(tmp_path, page.replace("HASH", integrity(f"\n{SCRIPT}\n", "sha256")))
    new = renamed(f"\n{SCRIPT}\n")
    assert published == renamed(page).replace("HASH", integrity(new, "sha256"))


def test_xhtml_is_hashed_without_its_escapes(tmp_path: Path) -> None:
    text = "if (1 &lt; 2) import('./a.js')"
    meta = META.replace(">", "/>").replace("=Content-Security-Policy", '="Content-Security-Policy"')
    page = f'<html xmlns="http://www.w3.org/1999/xhtml">{meta}<script>{text}</script></html>'
    published, renamed = compiled(
        tmp_path, page.replace("HASH", integrity(text.replace("&lt;", "<"), "sha256")), "p.xhtml"
    )
    new = renamed(text).replace("&lt;", "<")
    assert published == renamed(page).replace("HASH", integrity(new, "sha256"))


def test_a_page_in_an_attribute_obeys_the_policy_of_the_page_around_it(tmp_path: Path) -> None:
    page = f'{META}<iframe srcdoc="<script type=module>{SCRIPT}</script>"></iframe>'
    published, renamed = compiled(tmp_path, page.replace("HASH", integrity(SCRIPT, "sha256")))
    assert published == renamed(page).replace("HASH", integrity(renamed(SCRIPT), "sha256"))


def test_a_hash_that_lets_a_file_with_integrity_pass_follows_it(tmp_path: Path) -> None:
    # CSP 3, 6.7.1.1: a script with the same hash as its integrity may come from anywhere.
    hashed = integrity("import './b.js'")
    page = f"{META.replace('HASH', hashed)}<script src=app.js integrity={hashed}></script>"
    release = compile_tree(tmp_path, {"app.js": "import './b.js'", "b.js": "", "p.html": page})
    assert unfingerprinted(release.read("p.html")).decode() == page.replace("app.js", "app.#.js").replace(
        hashed, integrity(release.read("app.js"))
    )


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<meta name=Content-Security-Policy content=\"'HASH'\">TEXT", id="another meta"),
        pytest.param('<meta http-equiv=Content-Security-Policy content="HASH">TEXT', id="no quotes"),
        pytest.param("<p title=\"'HASH'\">TEXT", id="another attribute"),
    ],
)
def test_what_is_no_policy_stays(tmp_path: Path, page: str) -> None:
    page = page.replace("HASH", integrity(STYLE)).replace("TEXT", f"<style>{STYLE}</style>")
    published, renamed = compiled(tmp_path, page)
    assert published == renamed(page)


def test_a_hash_may_be_written_for_urls(tmp_path: Path) -> None:
    number = next(n for n in range(100) if "/" in integrity(f"{STYLE}{n}") and "+" in integrity(f"{STYLE}{n}"))
    text = f"{STYLE}{number}"
    hashed = integrity(text).replace("+", "-").replace("/", "_")
    page = f"{META.replace('HASH', hashed)}<style>{text}</style>"
    published, renamed = compiled(tmp_path, page)
    assert integrity(renamed(text)) in published
