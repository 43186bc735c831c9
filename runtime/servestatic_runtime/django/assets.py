"""What a page links to: URLs with their integrity, or, under DEBUG, plain URLs of files that may change at any time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.conf import settings as django_settings
from django.templatetags.static import static

from servestatic_runtime.django import conf, opened
from servestatic_runtime.errors import UnknownAssetError
from servestatic_runtime.manifest import Preload
from servestatic_runtime.paths import quote_path
from servestatic_runtime.records import ImportMap
from servestatic_runtime.tags import Assets, DevelopmentAssets

__all__ = ["PageAssets"]

T = TypeVar("T")


class PageAssets:
    """The assets of the release, or, without one, plain URLs.

    Raise UnknownAssetError or ManifestError, unless MANIFEST_STRICT is off.
    """

    def url(self, name: str) -> str:
        """Return the URL of a logical name."""
        return _ask(lambda assets: assets.url(name))

    def integrity(self, name: str) -> str:
        """Return the integrity of a logical name, empty where bytes may change."""
        return _ask(lambda assets: assets.integrity(name))

    def module_preload(self, name: str) -> list[Preload]:
        """Return a module and all that it imports statically; without a release, the module alone."""
        return _ask(lambda assets: assets.module_preload(name))

    def import_map(self) -> ImportMap:
        """Return the import map of the release; without one, that of the settings alone."""
        return _ask(lambda assets: assets.import_map())


class _Plain(DevelopmentAssets):
    def url(self, name: str) -> str:
        return quote_path(name) if name.startswith("/") else static(name)


def _ask(read: Callable[[Assets], T]) -> T:
    if django_settings.DEBUG or opened.in_tests():
        return read(_plain())
    try:
        return read(opened.manifest())
    except (UnknownAssetError, opened.NoReleaseError):
        if conf.read().strict:
            raise
        return read(_plain())


def _plain() -> _Plain:
    settings = conf.read()
    mount = conf.script_name() if settings.follows_script_name else ""
    return _Plain(settings.prefix, mount, imports=settings.build.get("imports", {}))
