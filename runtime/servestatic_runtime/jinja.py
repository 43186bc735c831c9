"""The elements of ``tags`` as functions of Jinja templates."""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import Environment, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context
from markupsafe import Markup

from servestatic_runtime import tags
from servestatic_runtime.tags import Assets, Attribute

__all__ = ["ServeStaticExtension"]


class ServeStaticExtension(Extension):
    """Give templates ``static_url`` and the functions of ``tags``.

    The attribute ``servestatic`` of the environment says which assets: a Manifest, or a function that returns the one
    for this request. Set it by ``environment.extend(servestatic=…)``.

    Elements take the nonce of a variable ``csp_nonce``, as Flask-Talisman has it, unless they are given another.
    """

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals["static_url"] = _static_url
        environment.globals["import_map_csp_hash"] = _import_map_csp_hash
        for tag in (tags.asset_script, tags.asset_style, tags.import_map, tags.module_preload):
            environment.globals[tag.__name__] = _function(tag)


@pass_context
def _static_url(context: Context, name: str) -> str:
    return _assets(context).url(name)


@pass_context
def _import_map_csp_hash(context: Context) -> Markup:
    return Markup(tags.import_map_csp_hash(_assets(context)))  # noqa: S704 - quotes and base64


def _function(tag: Callable[..., str]) -> Callable[..., Markup]:
    @pass_context
    def function(context: Context, *names: str, **attributes: Attribute) -> Markup:
        return Markup(tag(_assets(context), *names, **{"nonce": _nonce(context), **attributes}))  # noqa: S704 - escaped

    return function


def _assets(context: Context) -> Assets:
    assets = getattr(context.environment, "servestatic", None)
    if assets is None:
        raise RuntimeError('no assets for templates: environment.extend(servestatic=Manifest.open("dist"))')
    current: Assets = assets() if callable(assets) else assets
    return current


def _nonce(context: Context) -> str | None:
    nonce: str | Callable[[], str] | None = context.get("csp_nonce")
    return nonce() if callable(nonce) else nonce
