"""A route for Starlette and FastAPI that serves a release, and that ``url_for`` leads to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from starlette.datastructures import URL, URLPath
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from servestatic_runtime.asgi import ServeStaticASGI
from servestatic_runtime.base_url import base_url as checked
from servestatic_runtime.bodies import DEFAULT_CACHE_BYTES
from servestatic_runtime.manifest import Manifest
from servestatic_runtime.tags import Assets

__all__ = ["ServeStaticMount"]


class ServeStaticMount(Mount):
    """Serve a release below its prefix: ``Starlette(routes=[…, ServeStaticMount("dist")])``.

    ``url_for("static", path="css/app.css")`` answers with the fingerprinted URL.
    """

    def __init__(
        self,
        manifest: str | os.PathLike[str],
        *,
        name: str = "static",
        base_url: str | None = None,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
        reload: bool = False,
        sources: Sequence[str] | str = (),
        strict: bool = False,
    ) -> None:
        """Open the release; raise ManifestError for one that can't be read.

        The options are those of ServeStaticASGI and of Manifest.open.
        """
        self._server = ServeStaticASGI(
            None, manifest, cache_bytes=cache_bytes, reload=reload, sources=sources, strict=strict
        )
        self._base_url = checked(base_url)
        super().__init__(self._server.prefix.rstrip("/"), app=self._server, name=name)

    @property
    def manifest(self) -> Manifest:
        """The release that is served now; raise ManifestError where there is none."""
        return self._server.manifest.at(self._base_url)

    def assets(self) -> Assets:
        """Return what templates link to: the files of the release, or plain URLs while there is none."""
        assets = self._server.assets()
        return assets.at(self._base_url) if isinstance(assets, Manifest) else assets

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the URL of a logical name, with or without a slash before it; raise UnknownAssetError.

        The base URL, if it has a host, comes before the path as soon as ``url_for`` makes it absolute.
        """
        if name != self.name or path_params.keys() != {"path"}:
            return super().url_path_for(name, **path_params)
        assets = self._server.assets()
        path = (assets.at("") if isinstance(assets, Manifest) else assets).url(str(path_params["path"]).lstrip("/"))
        return _AtBase(path, self._base_url) if "//" in self._base_url else URLPath(path)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what is below the mount of the application: a URL in the manifest has the prefix."""
        mount = scope["root_path"].removesuffix(self.path)
        await self.app({**scope, "root_path": mount}, receive, send)


class _AtBase(URLPath):
    """A path that another host serves."""

    def __new__(cls, path: str, base: str) -> _AtBase:  # noqa: ARG004, PYI034 - it is a str, made of the path
        return str.__new__(cls, path)

    def __init__(self, path: str, base: str) -> None:
        super().__init__(path)
        self._base = base

    def make_absolute_url(self, base_url: str | URL) -> URL:  # noqa: ARG002 - the application's own
        """Return the URL at the base."""
        return URL(self._base + str(self))
