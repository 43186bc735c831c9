"""References in HTML pages.

justhtml builds the tree as the standard says and knows where each start tag stands; attributes and text are read
there. It is given a page in which each byte that is not ASCII is a tilde, so that its offsets are bytes: to HTML, a
tilde and the parts of a longer character are the same.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from justhtml import Element as Node
from justhtml import JustHTML, Text

from servestatic_build.model import Extraction, Unreadable
from servestatic_build.references.extractors import elements
from servestatic_build.references.extractors.elements import HTML, Element
from servestatic_build.references.extractors.escaped_text import EscapedText, Segment, joined
from servestatic_build.references.extractors.markup import attributes, content, tag_name

_TEXT = frozenset({"script", "style"})  # of these elements the text is read too
_ASCII = bytes(byte if byte < 0x80 else ord("~") for byte in range(0x100))
# What justhtml 3.16 stumbles over and a tilde may stand for: a number that int() may refuse, and "<!--!>", which to it
# is a whole comment (HTML 13.2.5.43).
_MISREAD = re.compile(rb"&(?=#[xX]?[0-9a-fA-F]{9})|(?<=<!--)!(?=>)")
_RENAMED = {"image": "img"}  # HTML 13.2.6.4.7


def extract(data: bytes) -> Extraction:
    """Return the references of a page: of its elements, and of the style sheets, scripts and import map in it."""
    if data.startswith((BOM_UTF16_BE, BOM_UTF16_LE)):
        return Extraction(unreadable=(Unreadable(0, "HTML in UTF-16 is not supported"),))
    bom = len(BOM_UTF8) if data.startswith(BOM_UTF8) else 0
    page = _MISREAD.sub(b"~", data.translate(_ASCII))
    text = page[bom:].decode("ascii")
    root = JustHTML(text, sanitize=False, track_node_locations=True, scripting_enabled=False).root
    found = (_element(node, page, data, start) for node, start in _tags(_nodes(root), page, bom))
    return joined(elements.extract(element, data) for element in found)


def _nodes(root: Any) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Node):
            yield node
            if node.template_content is not None:
                stack.append(node.template_content)
        stack += reversed(node.children or ())


def _tags(nodes: Iterable[Node], page: bytes, bom: int) -> Iterator[tuple[Node, int]]:
    """Yield the elements that may refer to something and their tags' places, each tag once: some make two elements."""
    seen = set()
    for node in nodes:
        if node.origin_offset is None or node.namespace not in elements.NAMESPACES:
            continue
        if node.name == "base" and _is_in_template(node):
            continue
        if node.name not in _TEXT and elements.ATTRIBUTES.isdisjoint(node.attrs):
            continue
        start = bom + node.origin_offset
        name = tag_name(page, start).lower()
        if start not in seen and node.name.lower() in {name, _RENAMED.get(name)}:
            seen.add(start)
            yield node, start


def _is_in_template(node: Any) -> bool:
    """Return whether a node is no part of the page: what stands in a template has no say in the page's base."""
    while node.parent is not None and node.name != "#document-fragment":
        node = node.parent
    return bool(node.name == "#document-fragment")


def _element(node: Node, page: bytes, data: bytes, start: int) -> Element:
    found: dict[str, EscapedText] = {}
    for name, value in attributes(page, start):
        if name.lower() in elements.READ:
            found.setdefault(name.lower(), EscapedText(data, [value]))
    text = partial(_text, node, data, start) if node.namespace == HTML else partial(_foreign_text, data, start)
    return Element(str(node.namespace), node.name.lower(), start, found, text)


def _text(node: Node, data: bytes, start: int) -> Sequence[Segment]:
    """Return where the text of an HTML script or style stands: the one child that it has, if any."""
    before = start - (node.origin_offset or 0)
    return [
        Segment(before + child.origin_offset, _end(data, before + child.origin_offset, len(child.data or "")))
        for child in node.children
        if isinstance(child, Text) and child.origin_offset is not None
    ]


def _end(data: bytes, start: int, length: int) -> int:
    """Return where a text ends that has this length when each of its CRLFs is one character."""
    end = start + length
    while end < (longer := start + length + data.count(b"\r\n", start, end + 1)):
        end = longer
    return end


def _foreign_text(data: bytes, start: int) -> Sequence[Segment]:
    return tuple(content(data, start))
