"""References in web application manifests (W3C Web Application Manifest): images, but no pages."""

from __future__ import annotations

from tree_sitter import Node

from servestatic_build.model import Extraction, Unreadable
from servestatic_build.references.extractors.escaped_text import joined
from servestatic_build.references.extractors.json_text import items, member, parse, string

# Each names the lists on the way to objects whose "src" is an image.
_IMAGES = ((b"icons",), (b"screenshots",), (b"shortcuts", b"icons"), (b"file_handlers", b"icons"))


def extract(data: bytes) -> Extraction:
    """Return the references of a web manifest: its icons and screenshots, and the icons of what it offers."""
    root = parse(data)
    if root is None:
        return Extraction(unreadable=(Unreadable(0, "this web manifest is not valid JSON"),))
    images = [image for path in _IMAGES for image in _objects(root, path, data)]
    sources = (member(image, b"src", data) for image in images)
    return joined(string(source, data).url() for source in sources if source is not None)


def _objects(root: Node, path: tuple[bytes, ...], data: bytes) -> list[Node]:
    nodes = [root]
    for name in path:
        nodes = [item for node in nodes for item in items(member(node, name, data))]
    return nodes
