"""Which files in DIST builds have put there, and which somebody else has.

Where DIST is a directory that others read and write, such as Django's STATIC_ROOT, what is not ours is never deleted,
and never replaced without a word.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from functools import cached_property

from servestatic_build.names import with_fingerprint, without_fingerprint
from servestatic_build.platform_files import is_same_file, open_regular
from servestatic_runtime import Manifest
from servestatic_runtime.format import FILE_SUFFIXES, MANIFEST_NAME, file_name
from servestatic_runtime.url_reason import UrlReason

_CODING_SUFFIXES = tuple(suffix for suffix in FILE_SUFFIXES.values() if suffix)


class OwnFiles:
    """What the release in DIST tells of DIST's files, and what their names do. Names have slashes on every platform."""

    def __init__(self, out: str, manifest: Manifest | None) -> None:
        self._out = out
        self._manifest = manifest

    @cached_property
    def listed(self) -> frozenset[str]:
        """What the manifest lists."""
        return frozenset(variant.file for asset in self._manifest or () for variant in asset.variants)

    @cached_property
    def plain_names(self) -> Mapping[str, str]:
        """The plain names of the release, each with the file that it is another name of."""
        return dict(_plain_names(self._manifest, is_foreign=False)) if self._manifest else {}

    @cached_property
    def _known_foreign(self) -> Mapping[str, str]:
        """The names that the release has of files that others wrote, each with our copy."""
        return dict(_plain_names(self._manifest, is_foreign=True)) if self._manifest else {}

    def has(self, name: str) -> bool:
        """Return whether a file in DIST is ours: listed, called by its content, or the plain name of such a file.

        Its bytes count: at our file's name there may be somebody else's.
        """
        if name in self.listed or name == MANIFEST_NAME:
            return True
        if name in self._known_foreign:
            return False
        linked = self.plain_names.get(name)
        if linked is not None and is_same_file(self._path(name), self._path(linked)):
            return True
        digest = _digest(self._path(name))
        if digest is None:
            return False
        plain = without_fingerprint(name)
        if plain is not None and name == with_fingerprint(plain, digest):
            return True
        return is_same_file(self._path(name), self._path(with_fingerprint(name, digest)))

    def has_coding(self, name: str) -> bool:
        """Return whether a file is a compressed sibling of one of ours."""
        file = _without_coding(name)
        return file is not None and self.has(file)

    def foreign(self) -> list[str]:
        """Return the names of all files in DIST that are not ours, in order, without hidden ones and links.

        Nor with compressed siblings of other files: they are no files of their own to who wrote them.
        """
        names = set(_walked(self._out))
        return sorted(name for name in names if not (_without_coding(name) in names or self.has(name)))

    def _path(self, name: str) -> str:
        return os.path.join(self._out, *name.split("/"))


def _plain_names(manifest: Manifest, *, is_foreign: bool) -> Iterator[tuple[str, str]]:
    root_url = manifest.root_url
    if root_url is None:
        return
    for asset in manifest:
        plain_url = asset.plain_url or ""
        if plain_url.startswith(root_url) and UrlReason.of(asset.reason).is_foreign is is_foreign:
            for variant in asset.variants:
                yield file_name(plain_url, root_url) + FILE_SUFFIXES[variant.coding], variant.file


def _walked(out: str) -> Iterator[str]:
    """Yield the names of regular files."""
    directories = [""]
    while directories:
        above = directories.pop()
        with os.scandir(os.path.join(out, above)) as entries:
            for entry in entries:
                name = above + entry.name
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    directories.append(f"{name}/")
                elif entry.is_file(follow_symlinks=False):
                    yield name


def _without_coding(name: str) -> str | None:
    suffix = next((suffix for suffix in _CODING_SUFFIXES if name.endswith(suffix)), None)
    return suffix and name.removesuffix(suffix)


def _digest(path: str) -> bytes | None:
    try:
        with open_regular(path, follow=False) as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return None
