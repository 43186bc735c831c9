"""What a page links to: URLs with their integrity, or, under DEBUG, plain URLs of files that may change at any time."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from django.conf import settings as django_settings
from django.templatetags.static import static

from servestatic_runtime.django import conf, opened
from servestatic_runtime.errors import UnknownAssetError
from servestatic_runtime.manifest import Manifest, Preload
from servestatic_runtime.paths import quote_path
from servestatic_runtime.records import ImportMap, csp_source

T = TypeVar("T")


def link(name: str) -> Preload:
    """Return the URL and the integrity of a logical name, the latter empty where bytes may change.

    Raise UnknownAssetError or ManifestError, unless MANIFEST_STRICT is off.
    """
    return _from_release(lambda manifest: Preload(manifest.url(name), manifest.integrity(name)), lambda: _plain(name))


def module_preload(name: str) -> list[Preload]:
    """Return a module and all that it imports statically; without a release, the module alone. Raise as ``link``."""
    return _from_release(lambda manifest: manifest.module_preload(name), lambda: [_plain(name)])


def import_map() -> ImportMap:
    """Return the import map of the release; without one, that of the settings alone. Raise as ``link``."""
    return _from_release(Manifest.import_map, _plain_import_map)


def _from_release(read: Callable[[Manifest], T], plain: Callable[[], T]) -> T:
    if django_settings.DEBUG:
        return plain()
    try:
        return read(opened.manifest())
    except (UnknownAssetError, opened.NoReleaseError):
        if conf.read().strict and not opened.is_missing_in_tests():
            raise
        return plain()


def _plain(name: str) -> Preload:
    return Preload(_plain_url(name), "")


def _plain_import_map() -> ImportMap:
    named = conf.read().build.get("imports", {})
    imports = {specifier: _plain_url(each) for specifier, each in named.items()}
    text = json.dumps({"imports": imports}, sort_keys=True).replace("<", r"\u003c")
    return ImportMap(text, csp_source(sha256(text.encode()).digest()))


def _plain_url(name: str) -> str:
    return quote_path(name) if name.startswith("/") else static(name)
