"""Readers that find references. Each takes a file's bytes and returns spans; none changes a byte."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from servestatic_build.model import Extraction
from servestatic_build.refs import css, javascript

Extractor: TypeAlias = Callable[[bytes], Extraction]

# By media type. A type that is not here refers to nothing.
EXTRACTORS: dict[str, Extractor] = {
    "text/css": css.extract,
    "text/javascript": javascript.extract,
}
