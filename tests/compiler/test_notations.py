"""How a reference is written in its file is plain data, and says how to write another in its place."""

from __future__ import annotations

from typing import cast

import pytest

from servestatic_build.references.extractors import EXTRACTORS
from servestatic_build.references.notations import NOTATIONS
from support.references import extracted, with_values

SVG = '<svg xmlns="http://www.w3.org/2000/svg">'
# With the notations of the one reference, the innermost first, and the text with ``"'&`` for it.
TEXTS = [
    pytest.param("text/css", "a{b:url(x)}", ["css url"], "a{b:url(\\22 \\27 &)}"),
    pytest.param("text/css", "a{b:url('x')}", ["css string '"], "a{b:url('\"\\27 &')}"),
    pytest.param("text/css", 'a{b:url("x")}', ['css string "'], 'a{b:url("\\22 \'&")}'),
    pytest.param("text/javascript", "import('x')", ["javascript string '"], "import('\"\\'&')"),
    pytest.param("text/javascript", 'import("x")', ['javascript string "'], 'import("\\"\'&")'),
    pytest.param("text/javascript", "import(`x`)", ["javascript string `"], "import(`\"'&`)"),
    pytest.param("text/javascript", "//# sourceMappingURL=x", [], "//# sourceMappingURL=\"'&"),
    pytest.param(
        "application/manifest+json", '{"icons":[{"src":"x"}]}', ["json string"], '{"icons":[{"src":"\\"\'&"}]}'
    ),
    pytest.param("text/html", "<img src=x>", ["html value"], "<img src=&quot;&#39;&amp;>"),
    pytest.param("text/html", "<img src='x'>", ["html value '"], "<img src='\"&#39;&amp;'>"),
    pytest.param("text/html", '<img src="x">', ['html value "'], '<img src="&quot;\'&amp;">'),
    pytest.param(
        "text/html", '<p style="b:url(x)">', ["css url", 'html value "'], '<p style="b:url(\\22 \\27 &amp;)">'
    ),
    pytest.param(
        "text/html",
        "<p style='b:url(\"x\")'>",
        ['css string "', "html value '"],
        "<p style='b:url(\"\\22 &#39;&amp;\")'>",
    ),
    pytest.param(
        "text/html", "<script>import('x')</script>", ["javascript string '"], "<script>import('\"\\'&')</script>"
    ),
    pytest.param(
        "text/html",
        "<svg><style>a{b:url(x)}</style></svg>",
        ["css url", "html text"],
        "<svg><style>a{b:url(\\22 \\27 &amp;)}</style></svg>",
    ),
    pytest.param(
        "image/svg+xml", f"{SVG}<use href='x'/></svg>", ["xml value '"], f"{SVG}<use href='\"&#39;&amp;'/></svg>"
    ),
    pytest.param(
        "image/svg+xml", f'{SVG}<use href="x"/></svg>', ['xml value "'], f'{SVG}<use href="&quot;\'&amp;"/></svg>'
    ),
    pytest.param(
        "image/svg+xml",
        f"<?xml-stylesheet href=x?>{SVG}</svg>",
        ["xml value"],
        f"<?xml-stylesheet href=&quot;&#39;&amp;?>{SVG}</svg>",
    ),
    pytest.param(
        "image/svg+xml",
        f"{SVG}<style>a{{b:url(x)}}</style></svg>",
        ["css url", "xml text"],
        f"{SVG}<style>a{{b:url(\\22 \\27 &amp;)}}</style></svg>",
    ),
    pytest.param(
        "application/xhtml+xml",
        '<script xmlns="http://www.w3.org/1999/xhtml" type="importmap">{&quot;imports&quot;: {"a": "/x"}}</script>',
        ["json string", "xml text"],
        '<script xmlns="http://www.w3.org/1999/xhtml" type="importmap">'
        '{&quot;imports&quot;: {"a": "/\\"\'&amp;"}}</script>',
    ),
]


@pytest.mark.parametrize(("media_type", "text", "notations", "expected"), TEXTS)
def test_a_reference_names_its_notations_and_they_write_a_new_value(
    media_type: str, text: str, notations: list[str], expected: str
) -> None:
    data = text.encode()
    (reference,) = extracted(EXTRACTORS[media_type], data).references
    assert [*reference.notations] == notations
    assert with_values(data, [reference], lambda value: value.replace("x", "\"'&")).decode() == expected


def test_every_notation_has_its_row() -> None:
    rows = (cast("list[str]", row.values[2]) for row in TEXTS)
    assert {name for notations in rows for name in notations} == set(NOTATIONS)
