"""The formats of ``servestatic-manifest export``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from servestatic_build.exports.caddy import caddy
from servestatic_build.exports.header_lines import header_lines
from servestatic_build.exports.nginx import nginx
from servestatic_build.exports.objects import objects
from servestatic_runtime import Manifest

FORMATS: Mapping[str, Callable[[Manifest], Iterator[str]]] = {
    "nginx": nginx,
    "caddy": caddy,
    "headers": header_lines,
    "s3": objects,
}


def export(dist: str, to: str) -> Iterator[str]:
    """Yield the lines of a release in a format; raise ManifestError."""
    return FORMATS[to](Manifest.open(dist))
