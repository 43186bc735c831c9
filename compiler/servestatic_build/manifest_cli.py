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

from servestatic_build.explain import explained
from servestatic_build.media_types import DEFAULT
from servestatic_runtime import Manifest, ManifestError, UnknownAssetError
from servestatic_runtime.format import VERSION
from servestatic_runtime.manifest import Asset, integrity_value
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
            click.echo(json.dumps(_as_data(manifest), indent=2, ensure_ascii=False))
        else:
            _console().print(_as_table(manifest))


@main.command()
@click.argument("dist", metavar="DIST")
@click.argument("name", metavar="NAME")
@click.pass_context
def explain(context: click.Context, /, *, dist: str, name: str) -> None:
    """Say all there is to say about one logical NAME of DIST."""
    with _errors_printed(context):
        manifest = Manifest.open(dist)
        click.echo("\n".join(explained(manifest, manifest.asset(name))))


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


def _as_data(manifest: Manifest) -> dict[str, Any]:
    return {
        "version": VERSION,
        "prefix": manifest.prefix,
        "assets": [_asset_data(manifest, asset) for asset in manifest],
    }


def _asset_data(manifest: Manifest, asset: Asset) -> dict[str, Any]:
    identity = asset.variants[0]
    return {
        "name": asset.name,
        "url": quote_path(asset.url),
        "plain_url": None if asset.plain_url is None else quote_path(asset.plain_url),
        "file": identity.file,
        "type": _content_type(manifest, asset),
        "size": identity.size,
        "digest": asset.digest.hex(),
        "integrity": integrity_value(asset),
        "immutable": asset.immutable,
        "variants": [
            {"coding": variant.coding, "file": variant.file, "size": variant.size, "etag": variant.etag}
            for variant in asset.variants
        ],
        "references": list(manifest.references(asset)),
    }


def _content_type(manifest: Manifest, asset: Asset) -> str:
    headers = dict(manifest.ok_headers(asset.headers, asset, asset.variants[0]))
    return headers.get("Content-Type", DEFAULT)


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
