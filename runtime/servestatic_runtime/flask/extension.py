"""What the extensions for Flask and for Quart, which share their base, have in common."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from functools import partial
from typing import ClassVar, Generic, TypeVar

import click
from flask.sansio.app import App

from servestatic_runtime.current_release import CurrentRelease
from servestatic_runtime.errors import ManifestError
from servestatic_runtime.flask.command import compile_static
from servestatic_runtime.flask.links import Links
from servestatic_runtime.flask.settings import Settings
from servestatic_runtime.jinja import ServeStaticExtension

Application = TypeVar("Application", bound=App)


class Extension(ABC, Generic[Application]):
    """Serve the release, lead ``url_for`` and templates to it, and add the command that compiles it."""

    command: ClassVar[str]  # the framework's own
    script_info: ClassVar[type]  # what that has in its context

    def __init__(self, app: Application | None = None) -> None:
        if app is not None:
            self.init_app(app)

    @abstractmethod
    def serve(self, app: Application, release: CurrentRelease, settings: Settings) -> None:
        """Put a server of the release in front of the application."""

    @abstractmethod
    def mount(self, app: Application) -> str:
        """Return the decoded path that the application is mounted below."""

    def init_app(self, app: Application) -> None:
        """Set an application up; raise ManifestError for a release that can't be read.

        Where there is none, files are served from their source folders, so that imports in workers, shells and tests never
        fail. The log has a warning, unless that is meant: in debug mode, in tests, under the framework's own command. With
        STRICT it raises ManifestError then.
        """
        settings = Settings.of(app)
        release = self._open(app, settings)
        if release is not None:
            self.serve(app, release, settings)
        links = Links(app, lambda: release.manifest if release else None, settings.base_url, partial(self.mount, app))
        _connect(app, links)
        app.cli.add_command(compile_static(app, settings))

    def _open(self, app: Application, settings: Settings) -> CurrentRelease | None:
        try:
            return CurrentRelease(settings.manifest, command=f"{self.command} compile-static")
        except ManifestError as error:
            is_meant = app.debug or app.testing or self._is_under_command()
            if not is_meant and (settings.strict or not error.is_absence):
                raise
            level = logging.INFO if is_meant else logging.WARNING
            app.logger.log(level, "static files are served from their source folders: %s", error)
            return None

    def _is_under_command(self) -> bool:
        context = click.get_current_context(silent=True)
        return context is not None and context.find_object(self.script_info) is not None


def _connect(app: App, links: Links) -> None:
    """Lead ``url_for`` and templates to the release."""
    app.extensions["servestatic"] = links
    app.url_default_functions[None].append(links.name_file)
    url_for = links.at_base(app.url_for)  # type: ignore[attr-defined] # both frameworks have it
    app.url_for = url_for  # type: ignore[attr-defined]
    app.jinja_env.globals["url_for"] = url_for
    app.jinja_env.add_extension(ServeStaticExtension)
    app.jinja_env.extend(servestatic=links.assets)
