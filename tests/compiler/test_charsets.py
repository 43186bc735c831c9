"""Text that is not UTF-8: what its Content-Type says, and what the build says of it."""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

import pytest

from servestatic_build.render.charsets import CharsetFinder
from support.trees import Compiled, compile_tree

LATIN = "é".encode("latin-1")


def content_type(release: Compiled, name: str) -> str:
    match = release.manifest.find(release.url(name))
    assert match is not None
    return dict(match.ok_headers(match.variants[0]))["Content-Type"]


def found(name: str, *chunks: bytes) -> str:
    finder = CharsetFinder({"html": "text/html", "css": "text/css", "js": "text/javascript"}[name])
    for chunk in chunks:
        finder.look_at(chunk)
    return finder.charset()


@pytest.mark.parametrize(
    ("name", "text", "charset"),
    [
        pytest.param("html", b"<meta charset=windows-1252>" + LATIN, "windows-1252", id="meta"),
        pytest.param("html", b'<META name=a CharSet=" ISO-8859-1 ">' + LATIN, "iso-8859-1", id="meta, other case"),
        pytest.param(
            "html",
            b'<meta http-equiv="Content-Type" content="text/html; charset = koi8-r; x">' + LATIN,
            "koi8-r",
            id="meta http-equiv",
        ),
        pytest.param("html", b"<meta content='charset=koi8-r'>" + LATIN, "", id="another meta"),
        pytest.param("html", b"<!-- <meta charset=koi8-r> -->" + LATIN, "", id="meta in a comment"),
        pytest.param("html", b" " * 1024 + b"<meta charset=koi8-r>" + LATIN, "", id="meta too late"),
        pytest.param("html", b"<meta charset=x-mine>" + LATIN, "", id="charset that nobody knows"),
        pytest.param("html", b"<meta charset=utf-16>" + LATIN, "", id="charset that can't be"),
        pytest.param("html", b"<meta charset=utf-8>" + LATIN, "", id="says UTF-8, is something else"),
        pytest.param("html", b"<meta charset=koi8-r>e", "utf-8", id="ASCII, whatever it says"),
        pytest.param("html", b"<meta charset=koi8-r>" + "é".encode(), "utf-8", id="UTF-8, whatever it says"),
        pytest.param("html", b'<meta charset=iso-2022-jp>\x1b$B$"\x1b(B', "iso-2022-jp", id="escapes of ISO-2022-JP"),
        pytest.param("html", BOM_UTF16_LE + "<p>".encode("utf-16-le"), "utf-16le", id="UTF-16"),
        pytest.param("css", BOM_UTF16_BE + "a".encode("utf-16-be"), "utf-16be", id="UTF-16, other byte order"),
        pytest.param("css", b'@charset "iso-8859-15";' + LATIN, "iso-8859-15", id="@charset"),
        pytest.param("css", b"@charset 'iso-8859-15';" + LATIN, "", id="@charset with the wrong quotes"),
        pytest.param("css", b' @charset "iso-8859-15";' + LATIN, "", id="@charset behind a space"),
        pytest.param("css", BOM_UTF8 + "é".encode(), "utf-8", id="byte order mark"),
        pytest.param("js", b"// " + LATIN, "", id="script, which can't say"),
        pytest.param("js", b"", "utf-8", id="nothing"),
    ],
)
def test_a_charset_is_said_where_the_text_says_it(name: str, text: bytes, charset: str) -> None:
    assert found(name, text) == charset


@pytest.mark.parametrize("cut", range(4))
def test_a_character_may_be_in_two_chunks(cut: int) -> None:
    text = "a€".encode()
    assert found("js", text[:cut], text[cut:]) == "utf-8"
    assert found("js", text[:-1]) == ""


@pytest.mark.parametrize(
    ("name", "text", "expected", "message"),
    [
        pytest.param(
            "a.html",
            b"<meta charset=windows-1252>" + LATIN,
            "text/html; charset=windows-1252",
            "this file is not UTF-8 but windows-1252",
            id="known",
        ),
        pytest.param(
            "a.js",
            b"// " + LATIN,
            "text/javascript",
            "this file is not UTF-8, and does not say what it is",
            id="not known",
        ),
        pytest.param("a.txt", LATIN, "text/plain", "this file is not UTF-8, and does not say what it is", id="text"),
        pytest.param("a.txt", b"e", "text/plain; charset=utf-8", None, id="ASCII"),
        pytest.param("a.png", LATIN, "image/png", None, id="no text"),
    ],
)
def test_a_text_is_sent_with_its_charset_and_never_as_utf_8_that_it_is_not(
    tmp_path: Path, name: str, text: bytes, expected: str, message: str | None
) -> None:
    for _ in ("read", "known by the last build"):
        release = compile_tree(tmp_path, {name: text}, cache=str(tmp_path / "cache"))
        assert content_type(release, name) == expected
        assert release.messages() == [f"warning {name}: {message}"] * (message is not None)


def test_a_type_of_the_settings_is_left_to_them(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, {"a.txt": LATIN}, types={"txt": "text/plain; charset=koi8-r"})
    assert (content_type(release, "a.txt"), release.messages()) == ("text/plain; charset=koi8-r", [])
