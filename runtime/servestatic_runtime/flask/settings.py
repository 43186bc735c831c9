"""What an application says in ``app.config["SERVESTATIC"]``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypedDict

from flask.sansio.app import App

from servestatic_runtime.bodies import DEFAULT_CACHE_BYTES
from servestatic_runtime.manifest import manifest_path

KEY = "SERVESTATIC"


class Serving(TypedDict):
    """The keyword arguments of a server."""

    cache_bytes: int
    claim_prefix: bool
    reload: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, each under its key in lower case. ``manifest`` may be relative to the application's root."""

    manifest: str = "dist"
    base_url: str | None = None
    cache_bytes: int = DEFAULT_CACHE_BYTES
    claim_prefix: bool = False
    reload: bool = False
    strict: bool = False

    @classmethod
    def of(cls, app: App) -> Settings:
        """Return the settings of an application; raise ValueError for an unknown key."""
        given: Mapping[str, Any] = app.config.get(KEY, {})
        known = [field.name.upper() for field in fields(cls)]
        for key in given:
            if key not in known:
                raise ValueError(f"{KEY} has no key {key!r}: the keys are {', '.join(known)}")
        values = {"reload": app.debug, **{key.lower(): value for key, value in given.items()}}
        manifest = os.path.join(app.root_path, values.pop("manifest", cls().manifest))
        return cls(manifest=manifest, **values)

    @property
    def dist(self) -> str:
        """The directory that a release is compiled into."""
        return os.path.dirname(manifest_path(self.manifest))

    def serving(self) -> Serving:
        """Return what a server of the release is told."""
        return {"cache_bytes": self.cache_bytes, "claim_prefix": self.claim_prefix, "reload": self.reload}
