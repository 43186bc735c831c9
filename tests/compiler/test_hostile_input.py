"""Input made to keep a reader busy: the work grows as the input does, and nothing ends in a traceback."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from servestatic_build.model import Extraction
from servestatic_build.references.extractors import html, svg, web_manifest
from support.steps import calls

SVG = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>"
# A reader, and texts before, of a repetition, and behind it.
ROWS = [
    pytest.param(html.extract, "<svg>", "<style><?x>", "", id="instructions in an SVG style sheet"),
    pytest.param(html.extract, "", "<div><base href=a>", "", id="bases"),
    pytest.param(html.extract, "<svg></x>", "<div><base href=a>", "", id="bases, whole state"),
    pytest.param(html.extract, "", "<div>", "<img src=a>", id="open blocks"),
    pytest.param(html.extract, "<svg></x><p>", "<button><div>", "<img src=a>", id="blocks in open buttons"),
    pytest.param(html.extract, "<svg></x>", "<b><div>", "</b>" * 50, id="blocks in formatting"),
    pytest.param(html.extract, "<svg></x>", "<p><b id={}>x</p>", "", id="formatting that is opened again"),
    pytest.param(html.extract, "<svg></x>", "<i><b><div></i>", "", id="adopted formatting"),
    pytest.param(html.extract, "<svg></x>", "<a><table><td>", "", id="nested tables"),
    pytest.param(html.extract, "<svg></x>", "<template>", "</template>" * 9, id="nested templates"),
    pytest.param(html.extract, "<svg></x>", "<x></y>", "", id="end tags of nothing"),
    pytest.param(html.extract, "<svg>", "<g></x>", "", id="end tags of nothing in SVG"),
    pytest.param(html.extract, "", "<svg><title><p></svg>", "", id="HTML in SVG"),
    pytest.param(html.extract, "<svg>", "<g>", "<p>" * 9, id="nested SVG"),
    pytest.param(html.extract, "", "<!-", "", id="nearly comments"),
    pytest.param(html.extract, "", "<!--x--", "", id="a comment that nearly ends"),
    pytest.param(html.extract, "", "<script>", "", id="scripts in a script"),
    pytest.param(html.extract, "<script>", "<!--<script>", "", id="comments and scripts in a script"),
    pytest.param(html.extract, "", "<p a='", "", id="quotes"),
    pytest.param(html.extract, "", '<p a="b"c', "", id="attributes in a row"),
    pytest.param(html.extract, "<p ", "a{}=b ", ">", id="many attributes"),
    pytest.param(html.extract, "<img ", "src=a ", ">", id="many attributes of one name"),
    pytest.param(html.extract, "<p ", "a ", "", id="a tag that never ends"),
    pytest.param(html.extract, "<", "a", "", id="a name that never ends"),
    pytest.param(html.extract, "", "<![CDATA[", "", id="sections that are comments"),
    pytest.param(html.extract, "<svg>", "<![CDATA[", "", id="sections"),
    pytest.param(html.extract, "", "</", "", id="end tags without a name"),
    pytest.param(html.extract, "<img srcset='", "a 1x,", "'>", id="image candidates"),
    pytest.param(html.extract, "<img src='", "&amp;", "'>", id="character references"),
    pytest.param(html.extract, "<img src='", "&", "'>", id="ampersands"),
    pytest.param(svg.extract, SVG, "<?xml-stylesheet href='a'?>", "</svg>", id="instructions"),
    pytest.param(svg.extract, SVG, "<style><?x ?></style>", "</svg>", id="instructions in style sheets"),
    pytest.param(svg.extract, SVG, "<style><!-- ", "</svg>", id="comments that never end"),
    pytest.param(svg.extract, SVG, "<g>", "", id="open elements"),
    pytest.param(svg.extract, f"{SVG}<g ", "a{}='b' ", "/></svg>", id="many attributes of SVG"),
    pytest.param(svg.extract, SVG, "<use xlink:href='a&amp;b'/>", "</svg>", id="links"),
    pytest.param(web_manifest.extract, '{"icons": [', '{"src": "a", "src": "b"},', '{"src": "c"}]}', id="icons"),
    pytest.param(web_manifest.extract, "{", '"icons": [{"src": "a"}],', '"a": 1}', id="members of one name"),
    pytest.param(web_manifest.extract, '{"icons": [{"src": "', "\\u0061", '"}]}', id="escapes"),
    pytest.param(web_manifest.extract, "", "[", "", id="open arrays"),
]


def text(before: str, repeated: str, behind: str, times: int) -> bytes:
    return (before + "".join(repeated.replace("{}", str(number)) for number in range(times)) + behind).encode()


@pytest.mark.parametrize(("extract", "before", "repeated", "behind"), ROWS)
def test_twice_the_input_is_twice_the_work(
    extract: Callable[[bytes], Extraction], before: str, repeated: str, behind: str
) -> None:
    extract(text(before, repeated, behind, 1))  # what is made once for all
    work = [calls(lambda: extract(text(before, repeated, behind, times))) for times in (1000, 2000)]  # noqa: B023
    assert work[1] <= 2.2 * work[0]


@pytest.mark.slow
@pytest.mark.parametrize(("extract", "before", "repeated", "behind"), ROWS)
def test_half_a_megabyte_is_read(
    extract: Callable[[bytes], Extraction], before: str, repeated: str, behind: str
) -> None:
    """A pattern that looks at every byte for every other one calls no function, but would take hours."""
    extract(text(before, repeated, behind, 500_000 // len(repeated)))
