"""Pages in a compiled tree: what they say of the files that they name. ``#`` stands for a fingerprint."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.releases import unfingerprinted
from support.trees import compile_tree

MODULES = {
    "app.js": "import 'x/a.js'; import 'x/b&c.js'; import 'x/</script>.js'; import 'y/none.js'",
    "lib/a.js": "",
    "lib/b&c.js": "",
    "lib/</script>.js": "",
}
ENTRIES = (
    r', "x/\u003c/script\u003e.js": "./lib/\u003c/script\u003e.#.js", "x/a.js": "./lib/a.#.js"'
    r', "x/b\u0026c.js": "./lib/b\u0026c.#.js"'
)
XHTML = '<html xmlns="http://www.w3.org/1999/xhtml"><script type="importmap">{}</script></html>'
IMPORT_MAP = '{"imports": {"x/": "./lib/"%s, "y/": "./none/"}}'


@pytest.mark.parametrize(
    ("name", "page"),
    [
        pytest.param("p.html", "<script type=importmap>{}</script>", id="HTML"),
        pytest.param("p.xhtml", XHTML, id="XHTML"),
        pytest.param("p.xhtml", XHTML.replace("{}", "<![CDATA[{}]]>"), id="CDATA"),
        pytest.param("p.html", "<svg><script type=importmap>{}</script></svg>", id="SVG"),
    ],
)
def test_an_import_map_s_prefix_gets_an_exact_entry_for_each_use(tmp_path: Path, name: str, page: str) -> None:
    release = compile_tree(tmp_path, {**MODULES, name: page.replace("{}", IMPORT_MAP % "")})
    assert unfingerprinted(release.read(name)).decode() == page.replace("{}", IMPORT_MAP % ENTRIES)
