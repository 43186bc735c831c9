"""What tinycss2's tokens say of the references in a style sheet: an independent judge of our own reader."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import tinycss2

from servestatic_build.references.extractors.source_map_comment import last_source_map, source_map_reference
from servestatic_build.text import as_bytes, as_text

BOM = b"\xef\xbb\xbf"
URL_FUNCTIONS = {"url", "src", "image-set", "-webkit-image-set"}
# tinycss2 says where a token starts, by line and column. Its end is read from the text, by the token's own grammar.
_SPACE = r"(?:\r\n|[ \t\r\n\f])"
_ESCAPE = rf"\\(?:[0-9a-fA-F]{{1,6}}{_SPACE}?|\r\n|.|\Z)"
_STRING = re.compile(rf"""(["'])((?:\\(?:[0-9a-fA-F]{{1,6}}{_SPACE}?|\r\n|.)|(?!\1)[^\\])*)""", re.DOTALL)
_URL = re.compile(rf"[^(]*\({_SPACE}*((?:{_ESCAPE}|[^\\) \t\r\n\f])*)", re.DOTALL)
_HALF_PAIR = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # to tinycss2 an escape may be one; the others are bytes
_NEWLINE = re.compile(r"\r\n|[\r\n\f]")

Found = tuple[int, int, str]


def references(data: bytes) -> list[Found]:
    """Return where each reference stands, in bytes, and what it says; the source map that counts is one."""
    bom = len(BOM) if data.startswith(BOM) else 0
    text = as_text(data[bom:])
    tokens = tinycss2.parse_component_value_list(text, skip_comments=False)
    maps = (comment for token, _ in _all(tokens) if (comment := _source_map(token, text, bom)))
    found = [_found(token, text, bom) for token, is_url in _all(tokens) if is_url]
    return sorted([*found, *((r.start, r.end, r.value) for r in last_source_map(maps))])


def _all(tokens: Sequence[Any], *, in_url_function: bool = False) -> Iterator[tuple[Any, bool]]:
    """Yield each token with whether it is a URL: one behind @namespace is none, whatever is in it."""
    rule = ""
    for token in tokens:
        is_function = token.type == "function" and token.lower_name in URL_FUNCTIONS
        if token.type == "string":
            yield token, rule == "import" or (in_url_function and rule != "namespace")
        else:
            yield token, token.type == "url" and rule != "namespace"
        children = token.arguments if token.type == "function" else getattr(token, "content", ())
        yield from _all(children, in_url_function=is_function and rule != "namespace")
        if token.type == "at-keyword":
            rule = token.lower_value
        elif token.type not in {"whitespace", "comment"} and (rule != "namespace" or token.type != "ident"):
            rule = ""


def _found(token: Any, text: str, bom: int) -> Found:
    start = _index(token, text)
    match = (_STRING if token.type == "string" else _URL).match(text, start)
    assert match is not None, "tinycss2 found a token here"
    before, url = text[: match.start(match.lastindex or 0)], match[match.lastindex or 0]
    value = _HALF_PAIR.sub("\ufffd", token.value)
    return bom + len(as_bytes(before)), bom + len(as_bytes(before + url)), value


def _source_map(token: Any, text: str, bom: int) -> Any:
    if token.type != "comment":
        return None
    start = _index(token, text)
    comment = text[start : text.find("*/", start + 2) + 2]
    return source_map_reference(as_bytes(comment), bom + len(as_bytes(text[:start])))


def _index(token: Any, text: str) -> int:
    lines = [0, *(match.end() for match in _NEWLINE.finditer(text))]
    return int(lines[token.source_line - 1] + token.source_column - 1)
