"""Serve what servestatic-build compiled: standard library only, no scan, nothing read before it is asked for."""

from servestatic_runtime.asgi import ServeStaticASGI
from servestatic_runtime.errors import ManifestError, UnknownAssetError
from servestatic_runtime.manifest import Manifest
from servestatic_runtime.wsgi import ServeStatic

__all__ = ["Manifest", "ManifestError", "ServeStatic", "ServeStaticASGI", "UnknownAssetError"]
