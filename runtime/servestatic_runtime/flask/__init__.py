"""Serve the static files of a Flask application, and those of its blueprints, from a release."""

from __future__ import annotations

from typing import ClassVar

from flask import Flask, has_request_context, request
from flask.cli import ScriptInfo

from servestatic_runtime import wsgi
from servestatic_runtime.current_release import CurrentRelease
from servestatic_runtime.flask.extension import Extension
from servestatic_runtime.flask.settings import Settings

__all__ = ["ServeStatic"]


class ServeStatic(Extension[Flask]):
    """The extension: ``ServeStatic(app)``, or ``init_app`` in a factory."""

    command: ClassVar[str] = "flask"
    script_info: ClassVar[type] = ScriptInfo

    def serve(self, app: Flask, release: CurrentRelease, settings: Settings) -> None:
        """Put a server of the release in front of the application."""
        server = wsgi.ServeStatic(app.wsgi_app, release, **settings.serving())
        app.wsgi_app = server  # type: ignore[method-assign] # as Flask's documentation does

    def mount(self, app: Flask) -> str:
        """Return the decoded path that the application is mounted below."""
        return request.script_root if has_request_context() else app.config["APPLICATION_ROOT"].rstrip("/")
