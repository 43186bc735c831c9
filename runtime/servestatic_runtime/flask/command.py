"""``flask compile-static``."""

from __future__ import annotations

import click
from flask.sansio.app import App

from servestatic_runtime.flask.settings import Settings


def compile_static(app: App, settings: Settings) -> click.Command:
    """Return the command for an application."""

    @click.command("compile-static")
    @click.option("--check", is_flag=True, help="Write nothing; exit 1 if DIST is out of date.")
    @click.option("--strict", is_flag=True, help="Treat every warning as an error.")
    @click.pass_context
    def command(context: click.Context, *, check: bool, strict: bool) -> None:
        """Compile the static folders of the application and its blueprints.

        The settings are those of [tool.servestatic-build] in pyproject.toml; their sources are compiled, too.
        """
        try:
            from servestatic_runtime.flask.compiling import compile_app  # noqa: PLC0415 - needs the extra [build]
        except ImportError as error:
            raise click.ClickException(str(error)) from error
        context.exit(compile_app(app, settings.dist, check=check, strict=strict))

    return command
