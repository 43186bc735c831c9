"""The command servestatic-manifest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from servestatic_build.inspection.explain import explained, explained_data
from servestatic_build.inspection.json_view import manifest_data
from servestatic_runtime import Manifest, ManifestError, UnknownAssetError
from servestatic_runtime.paths import quote_path

_UNFOLDED = 10_000


@click.group(
    name="servestatic-manifest", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="servestatic-build")
def main() -> None:
    """Read what servestatic-build compiled."""


@main.command()
@click.argument("dist", metavar="DIST")
@click.option("--json", "as_json", is_flag=True, help="Print everything, as one JSON object.")
@click.pass_context
def show(context: click.Context, /, *, dist: str, as_json: bool) -> None:
    """List the assets of DIST."""
    with _errors_printed(context):
        manifest = Manifest.open(dist)
        if as_json:
            click.echo(_json(manifest_data(manifest)))
        else:
            _console().print(_as_table(manifest))


@main.command()
@click.argument("dist", metavar="DIST")
@click.argument("name", metavar="NAME")
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
@click.pass_context
def explain(context: click.Context, /, *, dist: str, name: str, as_json: bool) -> None:
    """Say all there is to say about one logical NAME of DIST."""
    with _errors_printed(context):
        manifest = Manifest.open(dist)
        asset = manifest.asset(name)
        click.echo(_json(explained_data(manifest, asset)) if as_json else "\n".join(explained(manifest, asset)))


@contextmanager
def _errors_printed(context: click.Context) -> Iterator[None]:
    try:
        yield
    except ManifestError as error:
        click.echo(f"{error.path}: error: {error.problem}\n  hint: {error.hint}", err=True)
        context.exit(1)
    except UnknownAssetError as error:
        click.echo(f"{error.path}: error: {error}", err=True)
        context.exit(1)


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)


def _as_table(manifest: Manifest) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "url", "size", "codings"):
        table.add_column(heading, justify="right" if heading == "size" else "left", overflow="fold")
    for asset in manifest:
        codings = " ".join(variant.coding for variant in asset.variants[1:])
        table.add_row(*map(Text, (asset.name, quote_path(asset.url), f"{asset.variants[0].size:,}", codings)))
    return table


def _console() -> Console:
    """Return stdout; where that is no terminal, a line is as long as it needs to be."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_UNFOLDED)
