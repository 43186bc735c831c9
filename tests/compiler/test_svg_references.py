"""References in SVG and XHTML: which text is one, and what becomes of it. ``#`` stands for a fingerprint."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servestatic_build.model import Unreadable
from servestatic_build.references.extractors.svg import extract
from support.references import extracted, renamed, values
from support.releases import assert_sound

ROOT = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'

REFERENCES = [
    pytest.param("<image href='a.png'/>", "<image href='a.#.png'/>", id="href"),
    pytest.param('<use xlink:href="a.svg#icon" />', '<use xlink:href="a.#.svg#icon" />', id="XLink, fragment"),
    pytest.param(
        "<use xmlns:x='http://www.w3.org/1999/xlink' id='a' x:href='a.svg'/>",
        "<use xmlns:x='http://www.w3.org/1999/xlink' id='a' x:href='a.#.svg'/>",
        id="XLink by another prefix",
    ),
    pytest.param(
        "<s:image xmlns:s='http://www.w3.org/2000/svg' href='a.png'></s:image>",
        "<s:image xmlns:s='http://www.w3.org/2000/svg' href='a.#.png'></s:image>",
        id="SVG by a prefix",
    ),
    pytest.param("<feImage\r\n\thref = 'a.png'\r\n/>", "<feImage\r\n\thref = 'a.#.png'\r\n/>", id="white space"),
    pytest.param("<image href='a.png?a&amp;b'/>", "<image href='a.#.png?a&amp;b'/>", id="entity"),
    pytest.param("<image href='&#x61;.png&#63;'/>", "<image href='&#x61;.#.png&#63;'/>", id="numbers"),
    pytest.param("<image href='é/a.png'/>", "<image href='é/a.#.png'/>", id="non-ASCII"),
    pytest.param("<image href='a>b/a.png'/>", "<image href='a>b/a.#.png'/>", id="greater-than sign"),
    pytest.param("<path fill='url(a.svg#x) red'/>", "<path fill='url(a.#.svg#x) red'/>", id="paint"),
    pytest.param(
        "<g mask='url(\"a.svg\")' clip-path='url(b.svg)' marker-end='url(c.svg)' cursor='url(d.svg),auto'/>",
        "<g mask='url(\"a.#.svg\")' clip-path='url(b.#.svg)' marker-end='url(c.#.svg)' cursor='url(d.#.svg),auto'/>",
        id="presentation attributes",
    ),
    pytest.param(
        '<g style="fill:url(&quot;a.svg#x&quot;)"/>', '<g style="fill:url(&quot;a.#.svg#x&quot;)"/>', id="style"
    ),
    pytest.param("<style>a{b:url(a.png?&lt;)}</style>", "<style>a{b:url(a.#.png?&lt;)}</style>", id="style sheet"),
    pytest.param(
        "<style type='text/css'><![CDATA[@import 'a.css'; a>b{c:url('b.png?&lt;')}]]></style>",
        "<style type='text/css'><![CDATA[@import 'a.#.css'; a>b{c:url('b.#.png?&lt;')}]]></style>",
        id="style sheet in CDATA",
    ),
    pytest.param(
        "<style>a{<!-- url(x.png) -->b:<?x url(x.png)?>url(a.png)}<![CDATA[c{d:url(b.png)}]]></style>",
        "<style>a{<!-- url(x.png) -->b:<?x url(x.png)?>url(a.#.png)}<![CDATA[c{d:url(b.#.png)}]]></style>",
        id="style sheet in parts",
    ),
    pytest.param("<script href='a.js'>x</script>", "<script href='a.#.js'>x</script>", id="script"),
    pytest.param(
        "<script>if (a &lt; b) import('./a.js')</script>",
        "<script>if (a &lt; b) import('./a.#.js')</script>",
        id="inline script",
    ),
    pytest.param(
        "<foreignObject><img xmlns='http://www.w3.org/1999/xhtml' srcset='a.png 1x, b.png 2x'/></foreignObject>",
        "<foreignObject><img xmlns='http://www.w3.org/1999/xhtml' srcset='a.#.png 1x, b.#.png 2x'/></foreignObject>",
        id="HTML inside",
    ),
]


@pytest.mark.parametrize(("inside", "expected"), REFERENCES)
def test_a_reference_is_renamed_and_no_byte_beside_it(inside: str, expected: str) -> None:
    assert renamed(extract, f"\ufeff{ROOT}{inside}</svg>\r\n") == f"\ufeff{ROOT}{expected}</svg>\r\n"


NO_REFERENCES = [
    pytest.param("<image href=''/><use/>", id="nothing"),
    pytest.param(
        "<!-- <image href='a.png'/> --><text>url(a.png)</text><desc>&lt;image href='a.png'/></desc>", id="text"
    ),
    pytest.param("<text><![CDATA[<image href='a.png'/>]]></text><?x <image href='a.png'/>?>", id="CDATA"),
    pytest.param("<image xmlns='urn:x' href='a.png'/><x:image xmlns:x='urn:x' href='a.png'/>", id="other namespace"),
    pytest.param("<image xmlns:x='urn:x' x:href='a.png' data-href='a.png' Href='a.png'/>", id="other attributes"),
    pytest.param("<path d='url(a.png)' id='url(a.png)' class='url(a.png)'/>", id="no properties"),
    pytest.param("<style/><style type='text/less'>a{b:url(a.png)}</style>", id="other style sheets"),
    pytest.param("<script type='text/plain'>import('./a.js')</script>", id="other script"),
]


@pytest.mark.parametrize("inside", NO_REFERENCES)
def test_what_only_looks_like_a_reference_is_left(inside: str) -> None:
    found = extract(f"{ROOT}{inside}</svg>".encode())
    assert (found.references, found.unreadable) == ((), ())


def test_a_style_sheet_that_a_document_names_is_a_reference() -> None:
    text = "<?xml version='1.0'?>\r\n<?xml-stylesheet type='text/css' href=\"a.css?a&amp;b\"?><?xml-stylesheetx href='b.css'?><svg/>"
    assert renamed(extract, text) == text.replace("a.css", "a.#.css")


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param("&e;", id="an element"),
        pytest.param("<use href='&u;b.svg'/>", id="in a URL"),
        pytest.param("<use href='b.svg?&u;'/>", id="in a query"),
        pytest.param("<g fill='url(&u;b.svg)' style='c:url(\"&u;\")'/>", id="in CSS in an attribute"),
        pytest.param("<style>a{b:url(&u;b.svg)}</style>", id="in a style sheet"),
    ],
)
def test_what_an_entity_of_the_documents_own_makes_is_no_reference(inside: str) -> None:
    entities = "<!DOCTYPE svg [<!ENTITY e '<image href=\"a.png\"/>'><!ENTITY u 'http://x/'>]>"
    found = extract(f"{entities}{ROOT}{inside}<use href='c.svg?&amp;u;'/></svg>".encode())
    assert ([reference.value for reference in found.references], found.unreadable) == (["c.svg?&u;"], ())


def test_what_a_template_engine_has_still_to_make_is_no_reference() -> None:
    found = extract(f"{ROOT}<image href='{{{{ a }}}}'/><g fill='url(${{b}})'/></svg>".encode())
    assert (found.references, found.placeholders) == ((), 2)


def test_an_xhtml_page_is_read_as_html_is() -> None:
    text = (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">'
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><base href="/x/"/><link rel="stylesheet" href="a.css"/>'
        "<script>//<![CDATA[\nimport('./a.js')\n//]]></script></head><body>&nbsp;<img src='a.png'/></body></html>"
    )
    assert values(extract, text) == ["a.css", "./a.js", "a.png"]
    assert extract(text.encode()).base == "/x/"


def test_bytes_that_are_not_utf_8_survive() -> None:
    root = ROOT.encode()
    text = b"<?xml version='1.0' encoding='iso-8859-15'?>" + root + b"<text>\xe9</text><image href='a.png?\xe9'/></svg>"
    expected = text.replace(b"a.png", b"a.#.png")
    assert renamed(extract, text).encode("utf-8", "surrogateescape") == expected


@pytest.mark.parametrize(
    ("text", "start", "message"),
    [
        (b"<svg><g></svg>", 10, "XML syntax error: mismatched tag"),
        (b"<svg><image xlink:href='a.png'/></svg>", 5, "XML syntax error: unbound prefix"),
        (b"", 0, "XML syntax error: no element found"),
        ("<svg/>".encode("utf-16"), 0, "XML in UTF-16 is not supported"),
    ],
)
def test_a_document_that_can_not_be_read_has_no_references(text: bytes, start: int, message: str) -> None:
    found = extract(text)
    assert (found.references, found.unreadable) == ((), (Unreadable(start, message),))


def test_entities_that_grow_without_bound_are_refused() -> None:
    entities = "".join(f"<!ENTITY e{n + 1} '{f'&e{n};' * 20}'>" for n in range(20))
    text = f"<!DOCTYPE svg [<!ENTITY e0 'x'>{entities}]><svg>&e20;</svg>"
    assert extract(text.encode()).unreadable


@pytest.mark.slow
def test_a_hundred_thousand_open_elements_are_read() -> None:
    assert values(extract, ROOT + "<g>" * 100_000 + "<use href='a.svg'/>" + "</g>" * 100_000 + "</svg>") == ["a.svg"]


NAMES = st.sampled_from(["use", "image", "g", "a", "path", "x:use"])
VALUES = st.lists(st.sampled_from(["a", ".svg", "&amp;", "&#65;", "&quot;", "é", ">", "/", "=", "\n"])).map("".join)
ATTRIBUTES = st.dictionaries(st.sampled_from(["href", "xlink:href", "id", "x:href", "xmlns:y"]), VALUES)
GAPS = st.sampled_from(["", "\r\n", "<!-- <use href='c'/> -->", "<![CDATA[<use href='d'/>]]>", "&lt;", "é"])


@st.composite
def documents(draw: st.DrawFn) -> str:
    inside = [draw(GAPS)]
    for name, attributes in draw(st.lists(st.tuples(NAMES, ATTRIBUTES), max_size=4)):
        quote = draw(st.sampled_from("'\""))
        written = "".join(f" {key}={quote}{value or 'urn:y'}{quote}" for key, value in attributes.items())
        inside += [f"<{name}{written}{draw(st.sampled_from(['/>', f'></{name}>', f' >é</{name} >']))}", draw(GAPS)]
    return ROOT.replace(">", " xmlns:x='urn:x'>") + "".join(inside) + "</svg>"


@given(documents())
def test_the_same_urls_are_found_as_elementtree_finds(text: str) -> None:
    hrefs = ("href", "{http://www.w3.org/1999/xlink}href")
    expected = [
        value.strip()
        for element in ET.fromstring(text).iter()
        if element.tag.startswith("{http://www.w3.org/2000/svg}")
        for key, value in element.attrib.items()
        if key in hrefs and value.strip()
    ]
    assert [value.replace("\n", " ") for value in values(extract, text)] == expected


FRAGMENTS = (
    *(ROOT, "</svg>", "<use xlink:href='a.svg'/>", "<image href='", "'/>", "<style>", "</style>", "<![CDATA[", "]]>"),
    *(
        "<script>",
        "</script>",
        "import('./a.js')",
        "url(a.png)",
        "url('",
        "<!--",
        "-->",
        "<?xml-stylesheet href='a'",
        "?>",
    ),
    *("<!DOCTYPE svg [<!ENTITY e '<use/>'>]>", "&e;", "&amp;", "&", "é", "\ufeff", "\0", "\r\n", "<", ">", "\\", '"'),
)


@given(st.one_of(st.binary(), st.lists(st.sampled_from(FRAGMENTS)).map("".join).map(str.encode)))
def test_any_text_is_read_into_sound_spans(data: bytes) -> None:
    assert_sound(extracted(extract, data), data)
