"""``{% load servestatic %}``: the elements of ``tags``, with the nonce of the page's policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from servestatic_runtime import tags
from servestatic_runtime.django.assets import PageAssets

register = template.Library()


@register.simple_tag(takes_context=True)
def asset_script(context: Context, name: str, **attributes: Any) -> SafeString:
    """Return the script element of a logical name: ``{% asset_script "js/app.js" type="module" %}``."""
    return _element(context, tags.asset_script, name, **attributes)


@register.simple_tag(takes_context=True)
def asset_style(context: Context, name: str, **attributes: Any) -> SafeString:
    """Return the link element of a style sheet: ``{% asset_style "css/app.css" media="print" %}``."""
    return _element(context, tags.asset_style, name, **attributes)


@register.simple_tag(takes_context=True)
def module_preload(context: Context, name: str, **attributes: Any) -> SafeString:
    """Return the link elements that preload a module and all that it imports statically."""
    return _element(context, tags.module_preload, name, **attributes)


@register.simple_tag(takes_context=True)
def import_map(context: Context, **attributes: Any) -> SafeString:
    """Return the import map's script element, which stands before every module script."""
    return _element(context, tags.import_map, **attributes)


@register.simple_tag
def import_map_csp_hash() -> SafeString:
    """Return what script-src needs to allow the import map where there is no nonce: ``'sha256-…'``."""
    return mark_safe(tags.import_map_csp_hash(PageAssets()))  # noqa: S308 - quotes and base64


def _element(context: Context, tag: Callable[..., str], *names: str, **attributes: Any) -> SafeString:
    return mark_safe(tag(PageAssets(), *names, **{"nonce": _nonce(context), **attributes}))  # noqa: S308 - escaped


def _nonce(context: Context) -> str | None:
    """Return the nonce of the response's policy: Django 6's, or django-csp's."""
    nonce = context.get("csp_nonce")  # false until it is asked for as text
    if nonce is None:
        nonce = getattr(context.get("request"), "csp_nonce", None)
    return None if nonce is None else str(nonce)
