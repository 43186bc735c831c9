"""References in web application manifests (W3C Web Application Manifest): images and the service worker, but no pages."""

from __future__ import annotations

from collections.abc import Iterator

from servestatic_build.model import Extraction, ReferenceKind, Unreadable
from servestatic_build.references.extractors.escaped_text import joined
from servestatic_build.references.extractors.json_text import Node, items, member, parse, string

# Each names the lists on the way to objects whose "src" is an image.
_IMAGES = (("icons",), ("screenshots",), ("shortcuts", "icons"), ("file_handlers", "icons"))


def extract(data: bytes) -> Extraction:
    """Return the references of a web manifest: its icons and screenshots, those of what it offers, its service worker."""
    root = parse(data)
    if root is None:
        return Extraction(unreadable=(Unreadable(0, "this web manifest is not valid JSON"),))
    images = (image for path in _IMAGES for image in _objects(root, path))
    sources = (member(image, "src") for image in images)
    found = [string(source, data).url() for source in sources if source is not None]
    return joined([*found, _service_worker(member(root, "serviceworker"), data)])


def _service_worker(node: Node | None, data: bytes) -> Extraction:
    source, scope = member(node, "src"), member(node, "scope")
    if source is None:
        return Extraction()
    return string(source, data).url(ReferenceKind.SERVICE_WORKER, scope=string(scope, data) if scope else None)


def _objects(node: Node, path: tuple[str, ...]) -> Iterator[Node]:
    for item in items(member(node, path[0])):
        if len(path) > 1:
            yield from _objects(item, path[1:])
        else:
            yield item
