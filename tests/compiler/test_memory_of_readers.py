"""What pages, drawings and web manifests take in memory while they are read. For style sheets see test_css_references."""

from __future__ import annotations

import tracemalloc

import pytest

from servestatic_build.references.extractors import EXTRACTORS

HTML, SVG, WEB_MANIFEST = "text/html", "image/svg+xml", "application/manifest+json"
MEGABYTE = 1_000_000
PARAGRAPH = (
    b'<h2 id="a">Title</h2>\n<p class="b" style="color: red">Some words of text, as pages have them, with <a class="c" '
    b'href="page.html">a link</a>, <code>code</code> and an image: <img src="d.png" alt="">.</p>\n<script>f()</script>\n'
    b'<p class="b">Other paragraphs of the same page have no link in them, and <em>no image</em>, but words.</p>\n' * 2
)
PAGE = PARAGRAPH * (MEGABYTE // len(PARAGRAPH))
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg">%b</svg>'
SHAPE = b'<path d="M 1 2 L 3 4 L 5 6 L 7 8 Z" fill="url(#a)" style="stroke: none" stroke-width="2"/>\n'
SHAPES = DRAWING % ((SHAPE * 5 + b'<use href="sprite.svg#b"/>\n') * (MEGABYTE // 500))
ICONS = b", ".join(b'{"src": "icons/%d.png", "sizes": "48x48", "type": "image/png"}' % n for n in range(MEGABYTE // 64))


@pytest.mark.parametrize(
    ("media_type", "data", "times"),
    [
        pytest.param(HTML, PAGE, 3, id="page"),
        pytest.param(HTML, b"<svg></x>" + PAGE, 3, id="page that is read by all rules"),
        pytest.param(HTML, b"<!--" + PAGE + b"-->", 3, id="comment"),
        pytest.param(HTML, b"<p " + b'a="b" ' * (MEGABYTE // 6) + b">", 3, id="attributes"),
        pytest.param(HTML, b"<p>" * (MEGABYTE // 3), 3, id="open elements"),
        pytest.param(HTML, b'<img src="data:image/png;base64,' + b"A" * MEGABYTE + b'">', 5, id="data: URL"),
        pytest.param(SVG, SHAPES, 3, id="drawing"),
        pytest.param(SVG, DRAWING % (b"<text>" + b"text " * (MEGABYTE // 5) + b"</text>"), 3, id="text"),
        pytest.param(WEB_MANIFEST, b'{"icons": [%b]}' % ICONS, 10, id="web manifest"),
    ],
)
def test_a_file_is_read_in_a_few_times_its_size(media_type: str, data: bytes, times: int) -> None:
    tracemalloc.start()
    try:
        EXTRACTORS[media_type](data)
        assert tracemalloc.get_traced_memory()[1] < (times - 1) * len(data)  # beside the file itself
    finally:
        tracemalloc.stop()
