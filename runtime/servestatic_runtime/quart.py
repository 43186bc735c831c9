"""Serve the static files of a Quart application, and those of its blueprints, from a release. Quart builds on Flask."""

from __future__ import annotations

from typing import ClassVar

from quart import Quart, has_request_context, has_websocket_context, request, websocket
from quart.cli import ScriptInfo

from servestatic_runtime.asgi import ServeStaticASGI
from servestatic_runtime.current_release import CurrentRelease
from servestatic_runtime.flask.extension import Extension
from servestatic_runtime.flask.settings import Settings

__all__ = ["ServeStatic"]


class ServeStatic(Extension[Quart]):
    """The extension: ``ServeStatic(app)``, or ``init_app`` in a factory."""

    command: ClassVar[str] = "quart"
    script_info: ClassVar[type] = ScriptInfo

    def serve(self, app: Quart, release: CurrentRelease, settings: Settings) -> None:
        """Put a server of the release in front of the application."""
        server = ServeStaticASGI(app.asgi_app, release, **settings.serving())  # type: ignore[arg-type] # scopes that are more than mappings
        app.asgi_app = server  # type: ignore[method-assign,assignment] # as Quart's documentation does

    def mount(self, app: Quart) -> str:
        """Return the decoded path that the application is mounted below."""
        if has_request_context():
            return request.root_path.rstrip("/")
        if has_websocket_context():
            return websocket.root_path.rstrip("/")
        root: str = app.config["APPLICATION_ROOT"]
        return root.rstrip("/")
