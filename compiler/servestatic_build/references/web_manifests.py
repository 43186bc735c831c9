"""Web application manifests that only a page's <link rel=manifest> tells from other JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from servestatic_build.media_types import WEB_MANIFEST
from servestatic_build.model import ReferenceKind, SourceFile
from servestatic_build.references.extractors import EXTRACTORS
from servestatic_build.references.reading import ReadFile
from servestatic_build.references.resolver import Resolver


def with_web_manifests(
    files: Sequence[ReadFile], resolver: Resolver, read: Callable[[SourceFile], ReadFile]
) -> list[ReadFile]:
    """Return the files, those that pages name as their manifests ``read`` as such, whatever their suffixes say."""
    named = {
        target
        for file in files
        for reference in file.found.extraction.references
        if reference.kind is ReferenceKind.WEB_MANIFEST
        for target in resolver.targets(file, reference)
        if files[target].source.media_type not in EXTRACTORS
    }
    return [
        read(replace(file.source, media_type=WEB_MANIFEST)) if number in named else file
        for number, file in enumerate(files)
    ]
