"""The elements that a page needs, from the names of assets: shared by the tags of every template language."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from html import escape
from json import dumps
from typing import NamedTuple, Protocol, TypeAlias

from servestatic_runtime.import_maps import in_markup
from servestatic_runtime.manifest import Preload
from servestatic_runtime.paths import quote_path
from servestatic_runtime.records import ImportMap, csp_source

# True is an attribute without a value; False and None leave it out, also one that an element has of itself.
Attribute: TypeAlias = "str | int | bool | None"


class Assets(Protocol):
    """What templates ask of a Manifest."""

    def url(self, name: str) -> str: ...

    def integrity(self, name: str) -> str: ...

    def module_preload(self, name: str) -> list[Preload]: ...

    def import_map(self) -> ImportMap: ...


class DevelopmentAssets(NamedTuple):
    """Assets in development, where nothing is compiled: any name has a plain URL, and no integrity.

    ``imports`` are the compiler's setting of that name, ``base_url`` is a checked one.
    """

    prefix: str
    base_url: str = ""
    imports: Mapping[str, str] = {}

    def url(self, name: str) -> str:
        """Return where the development server has the file."""
        return self.base_url + quote_path(name if name.startswith("/") else self.prefix + name)

    def integrity(self, name: str) -> str:  # noqa: ARG002 - bytes that still change have none
        """Return nothing."""
        return ""

    def module_preload(self, name: str) -> list[Preload]:
        """Return the module alone: what it imports is not known."""
        return [Preload(self.url(name), "")]

    def import_map(self) -> ImportMap:
        """Return a map for bare specifiers."""
        imports = {specifier: self.url(name) for specifier, name in self.imports.items()}
        text = in_markup(dumps({"imports": imports}, sort_keys=True))
        return ImportMap(text, csp_source(sha256(text.encode()).digest()))


def asset_script(assets: Assets, name: str, **attributes: Attribute) -> str:
    """Return ``<script src=…>`` with its integrity; raise UnknownAssetError.

    An attribute such as ``data_color`` is written ``data-color``, here and below.
    """
    return f"<script{_text(_loaded('src', assets, name) | attributes)}></script>"


def asset_style(assets: Assets, name: str, **attributes: Attribute) -> str:
    """Return ``<link rel="stylesheet" href=…>`` with its integrity; raise UnknownAssetError."""
    return f"<link{_text({'rel': 'stylesheet'} | _loaded('href', assets, name) | attributes)}>"


def import_map(assets: Assets, **attributes: Attribute) -> str:
    """Return ``<script type="importmap">``, which must stand before every module."""
    return f"<script{_text({'type': 'importmap'} | attributes)}>{assets.import_map().text}</script>"


def import_map_csp_hash(assets: Assets) -> str:
    """Return what script-src needs to allow the import map where there is no nonce: ``'sha256-…'``."""
    return assets.import_map().csp_hash


def module_preload(assets: Assets, name: str, **attributes: Attribute) -> str:
    """Return ``<link rel="modulepreload">`` for a module and each that it imports; raise UnknownAssetError."""
    module_links = (_loading("href", *each) for each in assets.module_preload(name))
    return "\n".join(f"<link{_text({'rel': 'modulepreload'} | each | attributes)}>" for each in module_links)


def _loaded(attribute: str, assets: Assets, name: str) -> dict[str, Attribute]:
    return _loading(attribute, assets.url(name), assets.integrity(name))


def _loading(attribute: str, url: str, integrity: str) -> dict[str, Attribute]:
    """Return the attributes of an element that loads an asset.

    Bytes from another origin are checked only when they came by CORS (SRI, 3.5).
    """
    elsewhere = not url.startswith("/") or url.startswith("//")
    return {
        attribute: url,
        "integrity": integrity or None,
        "crossorigin": "anonymous" if integrity and elsewhere else None,
    }


def _text(attributes: Mapping[str, Attribute]) -> str:
    given = {name.replace("_", "-"): value for name, value in attributes.items() if value is not None}
    return "".join(f" {_checked(name)}{_value(value)}" for name, value in given.items() if value is not False)


def _value(value: object) -> str:
    """Return what stands behind a name; HTML of a template, such as Django's literals, is escaped already."""
    if value is True:
        return ""
    markup = getattr(value, "__html__", None)
    return f'="{markup() if markup else escape(str(value))}"'


def _checked(name: str) -> str:
    if not name.replace("-", "").isalnum():
        raise ValueError(f"{name!r} is not a valid attribute name")
    return name
