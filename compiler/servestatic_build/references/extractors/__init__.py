"""Readers that find references. Each takes a file's bytes and returns spans; none changes a byte."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from servestatic_build.model import Extraction
from servestatic_build.references.extractors import css, html, javascript, svg, web_manifest

Extractor: TypeAlias = Callable[[bytes], Extraction]

# By media type. A type that is not here refers to nothing.
EXTRACTORS: dict[str, Extractor] = {
    "application/manifest+json": web_manifest.extract,
    "application/xhtml+xml": svg.extract,
    "image/svg+xml": svg.extract,
    "text/css": css.extract,
    "text/html": html.extract,
    "text/javascript": javascript.extract,
}
