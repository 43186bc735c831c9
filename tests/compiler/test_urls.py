"""What a reference's text means as a URL, and how another file's name gets into it."""

from __future__ import annotations

import pytest

from servestatic_build.references.urls import base_path, renamed, target_path


@pytest.mark.parametrize(
    ("value", "path"),
    [
        pytest.param("a.png", "/static/css/a.png", id="beside"),
        pytest.param("./a.png", "/static/css/a.png", id="dot"),
        pytest.param("../a.png", "/static/a.png", id="parent"),
        pytest.param("../img/./x/../a.png", "/static/img/a.png", id="dots on the way"),
        pytest.param("../../../../a.png", "/a.png", id="above the root"),
        pytest.param("/a.png", "/a.png", id="absolute"),
        pytest.param("a.png?v=1", "/static/css/a.png", id="query"),
        pytest.param("a.png#b/c", "/static/css/a.png", id="fragment"),
        pytest.param("a.png?b#c?d", "/static/css/a.png", id="query and fragment"),
        pytest.param("a%20b.png", "/static/css/a b.png", id="encoded space"),
        pytest.param("a b.png", "/static/css/a b.png", id="space"),
        pytest.param("%C3%A9.png", "/static/css/é.png", id="encoded non-ASCII"),
        pytest.param("é.png", "/static/css/é.png", id="non-ASCII"),
        pytest.param("a%3Fb%23c.png", "/static/css/a?b#c.png", id="encoded delimiters"),
        pytest.param("%2561.png", "/static/css/%61.png", id="encoded percent sign, decoded once"),
        pytest.param("100%.png", "/static/css/100%.png", id="percent sign alone"),
        pytest.param("a;b=c.png", "/static/css/a;b=c.png", id="semicolon"),
        pytest.param(" \t\na.png\r ", "/static/css/a.png", id="white space around"),
        pytest.param("a.\npng", "/static/css/a.png", id="line end inside"),
        pytest.param("./a:b.png", "/static/css/a:b.png", id="colon behind a dot segment"),
        pytest.param("..\\img\\a.png", "/static/img/a.png", id="backslashes"),
        pytest.param("a.png?\\b#\\c", "/static/css/a.png", id="backslashes in query and fragment"),
        pytest.param("a%5Cb.png", "/static/css/a\\b.png", id="encoded backslash"),
        pytest.param("%2e%2E/.%2e/a%2Epng", "/a.png", id="encoded dots"),
        pytest.param("1:2.png", "/static/css/1:2.png", id="colon that ends no scheme"),
        pytest.param("a%3Ab.png", "/static/css/a:b.png", id="encoded colon"),
        pytest.param("a.png;", "/static/css/a.png;", id="semicolon at the end"),
        pytest.param("a;b/../c.png", "/static/css/c.png", id="semicolon in a directory"),
        pytest.param("x//a.png", "/static/css/x//a.png", id="empty segment"),
    ],
)
def test_a_reference_leads_to_a_decoded_path(value: str, path: str) -> None:
    assert target_path(value, "/static/css/app.css") == path


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="nothing"),
        pytest.param("  \n", id="white space"),
        pytest.param("#a", id="fragment alone"),
        pytest.param("?a", id="query alone"),
        pytest.param("data:text/css,a", id="data"),
        pytest.param("https://example.com/a.png", id="https"),
        pytest.param("HTTP:a.png", id="scheme without a host"),
        pytest.param("//example.com/a.png", id="host"),
        pytest.param("////a.png", id="empty host"),
        pytest.param("/\t/example.com/a.png", id="host behind a dropped tab"),
        pytest.param("http://[", id="no address in the brackets"),
        pytest.param("\\\\example.com/a.png", id="host behind backslashes"),
        pytest.param("/\\example.com/a.png", id="host behind a backslash"),
        pytest.param("javascript:'/a.png'", id="script"),
        pytest.param("C:\\a.png", id="drive"),
        pytest.param("//[::1", id="address that does not end"),
        pytest.param(".", id="own directory"),
        pytest.param("..", id="parent directory"),
        pytest.param("img/", id="directory"),
    ],
)
def test_what_is_no_file_of_ours_leads_nowhere(value: str) -> None:
    assert target_path(value, "/static/css/app.css") is None


def test_a_name_without_a_dot_gets_the_hash_at_its_end() -> None:
    assert renamed("x.y/a%3A?b.c", "/x.y/a:", "/x.y/a:.hash") == "x.y/a%3A.hash?b.c"
    assert renamed(" a \n", "/a", "/a.hash") == " a.hash \n"


def test_a_base_with_delimiters_in_its_names_is_still_a_path() -> None:
    assert target_path("b.png", "/static/a?b#c%20/app.css") == "/static/a?b#c%20/b.png"


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        pytest.param("a.png", "a.png", "a.hash.png", id="name alone"),
        pytest.param("../x/a.png", "a.png", "../x/a.hash.png", id="directory kept"),
        pytest.param("/static/a.png", "a.png", "/static/a.hash.png", id="absolute path kept"),
        pytest.param("a.png?v=/b.png#/c", "a.png", "a.hash.png?v=/b.png#/c", id="query and fragment kept"),
        pytest.param("x y/a b.png", "a b.png", "x y/a b.hash.png", id="written plainly, stays plain"),
        pytest.param("a%20b.png", "a b.png", "a%20b.hash.png", id="encoded, stays encoded"),
        pytest.param("%61.png", "a.png", "%61.hash.png", id="encoded without need"),
        pytest.param("%C3%A9.png", "é.png", "%C3%A9.hash.png", id="encoded non-ASCII"),
        pytest.param("a%3Fb%23c%25.png", "a?b#c%.png", "a%3Fb%23c%25.hash.png", id="encoded delimiters"),
        pytest.param("..\\x\\a.png?\\b", "a.png", "..\\x\\a.hash.png?\\b", id="backslashes kept"),
        pytest.param("a%2Fb/c.png", "c.png", "a%2Fb/c.hash.png", id="encoded slash in the directory"),
        pytest.param("a%3Ab.png", "a:b.png", "a%3Ab.hash.png", id="colon that would end a scheme"),
        pytest.param("%2Ca%2C.png", ",a,.png", "%2Ca%2C.hash.png", id="commas that would end an image candidate"),
        pytest.param("it%27s.png", "it's.png", "it%27s.hash.png", id="quote that would end a source map's comment"),
        pytest.param("a%2eb%2Epng", "a.b.png", "a%2eb.hash%2Epng", id="encoded dots"),
        pytest.param("a.png#.b", "a.png", "a.hash.png#.b", id="dot behind the path"),
    ],
)
def test_a_reference_keeps_all_but_the_name(value: str, name: str, expected: str) -> None:
    new = name.removesuffix("png") + "hash.png"
    assert renamed(value, f"/d/{name}", f"/d/{new}") == expected


@pytest.mark.parametrize(
    ("value", "path"),
    [
        pytest.param("https://www.example.com/a.png", "/a.png", id="as it is"),
        pytest.param("HTTPS://WWW.Example.com/a.png", "/a.png", id="upper case"),
        pytest.param("https://www.example.com:443/a.png", "/a.png", id="port of the scheme"),
        pytest.param("//www.example.com/a.png", "/a.png", id="scheme of the page"),
        pytest.param("https:\\\\www.example.com\\a.png", "/a.png", id="backslashes"),
        pytest.param("http://localhost:8000/a.png", "/a.png", id="port of its own"),
        pytest.param("http://www.example.com/a.png", None, id="other scheme"),
        pytest.param("https://www.example.com:80/a.png", None, id="other port"),
        pytest.param("https://example.com/a.png", None, id="other host"),
        pytest.param("https://me@www.example.com/a.png", None, id="user"),
    ],
)
def test_a_full_url_leads_to_a_path_of_an_origin_of_ours(value: str, path: str | None) -> None:
    assert target_path(value, "/static/css/app.css", ("https://www.example.com", "http://localhost:8000")) == path


@pytest.mark.parametrize(
    ("href", "base"),
    [
        pytest.param(None, "/docs/page.html", id="none"),
        pytest.param("", "/docs/page.html", id="empty"),
        pytest.param("../x/", "/x/", id="relative"),
        pytest.param(" /x%20y/ ", "/x y/", id="absolute"),
        pytest.param("\\x\\", "/x/", id="backslashes"),
        pytest.param("https://www.example.com/x/", "/x/", id="origin of ours"),
        pytest.param("https://example.com/x/", None, id="other origin"),
        pytest.param("//example.com", None, id="other host"),
        pytest.param("data:text/html,", "/docs/page.html", id="data"),
        pytest.param("JavaScript:x", "/docs/page.html", id="script"),
        pytest.param("http://[", "/docs/page.html", id="no URL"),
    ],
)
def test_a_base_says_where_a_page_s_references_start(href: str | None, base: str | None) -> None:
    assert base_path(href, "/docs/page.html", ("https://www.example.com",)) == base


@pytest.mark.parametrize("value", ["img%2Fa.png", "img%2fa.png"])
def test_a_name_with_an_encoded_slash_is_no_path_of_ours(value: str) -> None:
    assert target_path(value, "/static/app.css") is None
