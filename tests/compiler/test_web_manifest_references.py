"""References in web manifests: which text is one, and what becomes of it. ``#`` stands for a fingerprint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servestatic_build.model import Unreadable
from servestatic_build.references.extractors.web_manifest import extract
from support.references import extracted, renamed, values, with_values
from support.releases import assert_sound, unfingerprinted
from support.trees import compile_tree

REFERENCES = [
    pytest.param('{"icons": [{"src": "a.png"}]}', '{"icons": [{"src": "a.#.png"}]}', id="icon"),
    pytest.param(
        '{"icons":[{"src":"a.png","sizes":"1x1"},{"src":"/b.png?v=1"}],"screenshots":[{"src":"c.png"}]}',
        '{"icons":[{"src":"a.#.png","sizes":"1x1"},{"src":"/b.#.png?v=1"}],"screenshots":[{"src":"c.#.png"}]}',
        id="several",
    ),
    pytest.param(
        '{"shortcuts": [{"url": "a.html", "icons": [{"src": "a.png"}]}, {"icons": [{"src": "b.png"}]}]}',
        '{"shortcuts": [{"url": "a.html", "icons": [{"src": "a.#.png"}]}, {"icons": [{"src": "b.#.png"}]}]}',
        id="shortcuts",
    ),
    pytest.param(
        '{"file_handlers": [{"action": "a.html", "icons": [{"src": "a.png"}]}]}',
        '{"file_handlers": [{"action": "a.html", "icons": [{"src": "a.#.png"}]}]}',
        id="file handlers",
    ),
    pytest.param(r'{"icons": [{"src": "\/a\/b.png"}]}', r'{"icons": [{"src": "\/a\/b.#.png"}]}', id="escaped slashes"),
    pytest.param(r'{"icons": [{"src": "\u00e9.png"}]}', r'{"icons": [{"src": "\u00e9.#.png"}]}', id="escaped letter"),
    pytest.param('{"icons": [{"src": "é.png"}]}', '{"icons": [{"src": "é.#.png"}]}', id="non-ASCII"),
    pytest.param(r'{"\u0069cons": [{"sr\u0063": "a.png"}]}', r'{"\u0069cons": [{"sr\u0063": "a.#.png"}]}', id="names"),
    pytest.param(
        '\ufeff{\r\n\t"icons" : [ { "src" : "a.png" } ]\r\n}\r\n',
        '\ufeff{\r\n\t"icons" : [ { "src" : "a.#.png" } ]\r\n}\r\n',
        id="white space, CRLF and BOM",
    ),
    pytest.param(
        '{"icons": [{"src": "a.png", "src": "b.png"}]}', '{"icons": [{"src": "a.png", "src": "b.#.png"}]}', id="last"
    ),
]


@pytest.mark.parametrize(("manifest", "expected"), REFERENCES)
def test_a_reference_is_renamed_and_no_byte_beside_it(manifest: str, expected: str) -> None:
    assert renamed(extract, manifest) == expected


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param('{"start_url": "a.html", "scope": "/", "id": "a.png", "src": "a.png"}', id="pages"),
        pytest.param('{"shortcuts": [{"url": "a.html"}], "share_target": {"action": "a.html"}}', id="shortcuts"),
        pytest.param(
            '{"icons": [{"src": ""}, {"src": 1}, {"src": ["a.png"]}, "a.png", {"a": {"src": "a.png"}}]}', id="odd"
        ),
        pytest.param('{"icons": {"src": "a.png"}, "x": {"icons": [{"src": "a.png"}]}}', id="elsewhere"),
        pytest.param('[{"icons": [{"src": "a.png"}]}]', id="an array"),
        pytest.param('"icons"', id="a string"),
    ],
)
def test_what_only_looks_like_a_reference_is_left(manifest: str) -> None:
    found = extract(manifest.encode())
    assert (found.references, found.unreadable) == ((), ())


def test_a_new_value_is_written_as_a_string_of_json() -> None:
    manifest = r'{"icons": [{"src": "\ud83d\ude00.png"}]}'
    data = manifest.encode()
    (reference,) = extract(data).references
    value = '😀"\\\n.png'
    new = with_values(data, [reference], lambda _: value).decode()
    assert (reference.value, json.loads(new)["icons"][0]["src"]) == ("😀.png", value)
    assert new == manifest.replace(".png", r"\"\\\u000a.png")


def test_bytes_that_are_not_utf_8_survive() -> None:
    manifest = b'{"name": "\xe9", "icons": [{"src": "\xe9/a.png"}]}'
    expected = b'{"name": "\xe9", "icons": [{"src": "\xe9/a.#.png"}]}'
    assert renamed(extract, manifest).encode("utf-8", "surrogateescape") == expected


@pytest.mark.parametrize(
    "manifest", [b"", b"{", b'{"icons": [{"src": "a.png"},]}', b"{} {}", b"<svg/>", b'{"a": "\\q"}']
)
def test_what_is_not_json_has_no_references(manifest: bytes) -> None:
    found = extract(manifest)
    assert (found.references, found.unreadable) == ((), (Unreadable(0, "this web manifest is not valid JSON"),))


IMAGES = st.lists(st.fixed_dictionaries({"src": st.text(min_size=1)}), max_size=3)


@given(IMAGES, IMAGES, st.booleans())
def test_the_same_urls_are_found_as_json_finds(icons: Any, screenshots: Any, ascii_only: bool) -> None:
    manifest = json.dumps({"icons": icons, "screenshots": screenshots}, ensure_ascii=ascii_only)
    spaces = "".join(map(chr, range(0x21)))
    expected = [bare for image in icons + screenshots if (bare := image["src"].strip(spaces))]
    assert values(extract, manifest) == expected


FRAGMENTS = (
    *('{"icons":', '[{"src":', '"a.png"', '"src"', '"icons"', '"shortcuts"', "{", "}", "[", "]", ":", ",", '"', "\\"),
    *("\\u", r"\ud800", r"\udc80", r"\u0061", "é", "\ufeff", "\0", "\r\n", "//", "/*", "null", "1e9"),
)


@given(st.one_of(st.binary(), st.lists(st.sampled_from(FRAGMENTS)).map("".join).map(str.encode)))
def test_any_text_is_read_into_sound_spans(data: bytes) -> None:
    assert_sound(extracted(extract, data), data)


@pytest.mark.parametrize("name", ["manifest.json", "site.webapp", "app.webmanifest"])
def test_what_a_page_calls_its_manifest_is_one_whatever_its_name(tmp_path: Path, name: str) -> None:
    page = f'<link rel="manifest" href="{name}" crossorigin="use-credentials">'
    tree = {
        "p.html": page,
        name: '{"icons": [{"src": "a.png"}]}',
        "other.json": '{"icons": [{"src": "a.png"}]}',
        "a.png": "",
    }
    for _ in ("read", "known by the last build"):
        release = compile_tree(tmp_path, tree, cache=str(tmp_path / "cache"))
        assert unfingerprinted(release.read(name)) == b'{"icons": [{"src": "a.#.png"}]}'
        assert release.read("other.json") == tree["other.json"].encode()
        assert release.url(name).removeprefix("/static/") in release.read("p.html").decode()
        assert release.messages() == []


def test_a_page_s_manifest_that_is_no_json_is_a_warning(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, {"p.html": "<link rel=manifest href=manifest.json>", "manifest.json": "{"})
    assert release.messages() == ["warning manifest.json:1:1: this web manifest is not valid JSON"]
