"""Whatever a file holds, it is read or left as it is, and never ends a build."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servestatic_build.model import Extraction, Reference, WrittenText
from servestatic_build.references.extractors import EXTRACTORS
from support.references import extracted
from support.releases import assert_sound, unfingerprinted
from support.trees import compile_tree

FRAGMENTS = (
    *(
        "<svg",
        "<svg xmlns='http://www.w3.org/2000/svg'>",
        "</svg>",
        "<style>",
        "</style>",
        "<script>",
        "</script>",
        "<a",
    ),
    *(
        "<script type=importmap>",
        "<img srcset='",
        "<link rel=stylesheet href=",
        "<base href=",
        "<template>",
        "<!--",
        "-->",
    ),
    *("<?xml-stylesheet href='a.css'?>", "<![CDATA[", "]]>", "<!DOCTYPE a [<!ENTITY b '", "&b;", "&#x110000;", "&amp"),
    *(
        "url(",
        "@import '",
        "image-set(",
        "/*# sourceMappingURL=",
        "*/",
        "import(",
        "import a from './a.js'",
        "`${",
        "}",
    ),
    *(
        "{",
        "[",
        '{"icons":[{"src":"a.png"}]}',
        '"imports":',
        "\\",
        "\\ud800",
        "'",
        '"',
        "=",
        ">",
        "/",
        " style='",
        " src=",
    ),
    *("a.png", "./a.js", "//", "http://[", "%2f", "data:,", " ", "\n", "\0", "\ufeff", "é", "😀", "1" * 5000),
)
TEXTS = st.one_of(st.binary(), st.lists(st.sampled_from(FRAGMENTS)).map("".join).map(str.encode))


@pytest.mark.parametrize("media_type", EXTRACTORS)
@given(data=TEXTS)
def test_every_extractor_reads_any_text_into_sound_spans(media_type: str, data: bytes) -> None:
    assert_sound(extracted(EXTRACTORS[media_type], data), data)


@pytest.mark.parametrize("error", [ValueError("oops"), RecursionError("deep")], ids=repr)
def test_a_file_whose_extractor_fails_is_published_as_it_is_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(_: bytes) -> Extraction:
        raise error

    monkeypatch.setitem(EXTRACTORS, "text/css", fails)
    release = compile_tree(tmp_path, {"a.css": "a{b:url(a.png)}", "a.png": "", "b.js": "import './c.js'", "c.js": ""})
    assert release.messages() == [f"warning a.css:1:1: an internal error stopped the reading of this file: {error!r}"]
    assert release.read("a.css") == b"a{b:url(a.png)}"
    assert unfingerprinted(release.read("b.js")) == b"import './c.#.js'"


def test_of_references_that_overlap_the_first_is_rewritten_and_a_warning_names_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overlapping = (
        Reference(0, 5, "a.png"),
        Reference(2, 5, "a.png"),
        Reference(5, 10, "b.png", integrity=WrittenText(12, 14, "x")),
        Reference(10, 13, "b.png"),
    )
    monkeypatch.setitem(EXTRACTORS, "text/css", lambda _: Extraction(overlapping))
    release = compile_tree(tmp_path, {"x.css": "a.pngb.png----", "a.png": "", "b.png": ""})
    message = "two references overlap here, and the second is not read"
    assert release.messages() == [f"warning x.css:1:3: {message}", f"warning x.css:1:6: {message}"]
    assert unfingerprinted(release.read("x.css")).startswith(b"a.#.pngb.png")
