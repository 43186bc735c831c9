"""The page about symptoms has the very texts that people see: those that we print, and those of a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.browser import Browser, chromium
from support.documents import DOCS, ROOT
from support.servers import running, uvicorn

PAGE = (DOCS / "troubleshooting.md").read_text()
SOURCES = "\n".join(path.read_text() for path in sorted(ROOT.glob("[cr]*/servestatic_*/**/*.py")))

SERVER = """
PAGES = {
    "/font": "<style>@font-face{font-family:a;src:url(http://localhost:PORT/a.woff2)}p{font-family:a}</style><p>a",
    "/integrity": '<script src="/a.js" integrity="sha384-' + "A" * 64 + '"></script>',
    "/type": '<script type="module" src="/page.js"></script>',
    "/page.js": "<title>Another page</title>",
    "/chunk": "<script>globalThis.ready = import('/none.js').catch((error) => console.error(error.message))</script>",
    "/bare": "<script type=module>import 'lit'</script>",
    "/policy": '<meta http-equiv="Content-Security-Policy" content="script-src \\'self\\'"><script>1</script>',
}


async def app(scope, receive, send):
    assert scope["type"] == "http"
    path, port = scope["path"], scope["server"][1]
    body = PAGES.get(path, "not found").replace("PORT", str(port))
    kind = b"text/javascript" if path == "/a.js" else b"text/html"
    status = 200 if path in PAGES or path in {"/a.js", "/a.woff2"} else 404
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": f"<!doctype html>{body}".encode() if path in PAGES else b""})
"""


def symptoms(section: str) -> list[str]:
    """Return the texts in the headings of a section."""
    part = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return re.findall(r"^### `([^`]+)`", part, re.MULTILINE)


@pytest.mark.parametrize("text", [*symptoms("What Django, Flask or Python says"), *symptoms("What the build says")])
def test_what_we_print_is_a_text_of_our_code(text: str) -> None:
    if text == "Missing staticfiles manifest entry":
        from django.contrib.staticfiles import storage

        assert text in Path(storage.__file__ or "").read_text()
        return
    pieces = [piece.strip(" ,") for piece in re.split(r"…|(?<=so )|(?<=missing\.)|(?=install the)", text)]
    assert [piece for piece in pieces if piece not in SOURCES] == []


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("server")
    (directory / "symptoms.py").write_text(SERVER)
    with running(uvicorn("symptoms:app", "--lifespan", "off"), {}, directory) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/font", "Access to font at … has been blocked by CORS policy"),
        ("/integrity", "Failed to find a valid digest in the 'integrity' attribute"),
        ("/type", "Failed to load module script"),
        ("/chunk", "Failed to fetch dynamically imported module"),
        ("/bare", "Failed to resolve module specifier"),
        ("/policy", "violates the following Content Security Policy directive"),
    ],
)
def test_a_browser_says_what_the_page_has(browser: Browser, base: str, path: str, text: str) -> None:
    assert text in symptoms("What a browser says")
    said = "\n".join(browser.visit(base + path).problems)
    assert re.search(".*".join(map(re.escape, text.split("…"))), said), said
