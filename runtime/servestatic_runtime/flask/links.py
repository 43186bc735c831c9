"""What an application links to: the files of its release, from url_for and from templates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask.sansio.app import App

from servestatic_runtime.errors import UnknownAssetError
from servestatic_runtime.flask.folders import folder_url, prefix
from servestatic_runtime.manifest import Manifest
from servestatic_runtime.paths import quote_path
from servestatic_runtime.tags import Assets, DevelopmentAssets

# The value by which url_for hands a list to the function that sees the endpoint, relative ones resolved.
_LINKED = "_servestatic_linked"


class Links:
    """The assets of an application; ``app.extensions["servestatic"]``.

    ``manifest`` returns the release that is served now, or None where there is none. ``base_url`` is that of the
    settings, None for the manifest's own.
    """

    def __init__(
        self, app: App, manifest: Callable[[], Manifest | None], base_url: str | None, mount: Callable[[], str]
    ) -> None:
        self._app = app
        self._manifest = manifest
        self._base_url = base_url
        self._mount = mount

    def assets(self) -> Assets:
        """Return the assets as this request sees them: at the base URL, or below the application's mount."""
        manifest = self._manifest()
        if manifest is None:
            return DevelopmentAssets(prefix(self._app), quote_path(self._mount()))
        return manifest.at(self._base(manifest) or quote_path(self._mount()))

    def name_file(self, endpoint: str, values: dict[str, Any]) -> None:
        """Name the fingerprinted file instead of the plain one, before the application builds a URL from that."""
        linked = values.pop(_LINKED, [])
        manifest, folder = self._manifest(), folder_url(self._app, endpoint)
        if manifest is None or folder is None or "filename" not in values:
            return
        path = f"{folder}{values['filename']}"
        try:
            asset = manifest.asset(path.removeprefix(manifest.prefix))
        except UnknownAssetError:
            return
        if asset.url.startswith(folder):
            values["filename"] = asset.url.removeprefix(folder)
        base = self._base(manifest)
        if "//" in base:  # another host; the path of a mount the application knows itself
            linked.append(manifest.at(base).url(asset.name))

    def at_base(self, url_for: Callable[..., str]) -> Callable[..., str]:
        """Return a ``url_for`` that puts the base URL before files. There is no hook behind the application's own."""

        def url_for_files(endpoint: str, **values: Any) -> str:
            linked: list[str] = []
            url = url_for(endpoint, **{_LINKED: linked, **values})
            if not linked:
                return url
            path = urlsplit(url)
            return linked[0] + (f"?{path.query}" if path.query else "") + (f"#{path.fragment}" if path.fragment else "")

        return url_for_files

    def _base(self, manifest: Manifest) -> str:
        return manifest.base_url if self._base_url is None else self._base_url
