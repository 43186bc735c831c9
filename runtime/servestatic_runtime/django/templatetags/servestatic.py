"""``{% load servestatic %}``: the elements that load scripts and style sheets, with what the browser checks them by."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import template
from django.forms.utils import flatatt
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from servestatic_runtime.django import assets
from servestatic_runtime.manifest import Preload

register = template.Library()


@register.simple_tag(takes_context=True)
def asset_script(context: Context, name: str, **attributes: Any) -> SafeString:
    """Return the script element of a logical name: ``{% asset_script "js/app.js" type="module" %}``."""
    return format_html("<script{}></script>", _attributes(context, "src", assets.link(name), attributes))


@register.simple_tag(takes_context=True)
def asset_style(context: Context, name: str, **attributes: Any) -> SafeString:
    """Return the link element of a style sheet: ``{% asset_style "css/app.css" media="print" %}``."""
    return format_html('<link rel="stylesheet"{}>', _attributes(context, "href", assets.link(name), attributes))


@register.simple_tag(takes_context=True)
def module_preload(context: Context, name: str) -> SafeString:
    """Return the link elements that preload a module and all that it imports statically."""
    links = ((_attributes(context, "href", link, {}),) for link in assets.module_preload(name))
    return format_html_join("\n", '<link rel="modulepreload"{}>', links)


@register.simple_tag(takes_context=True)
def import_map(context: Context) -> SafeString:
    """Return the import map's script element, which stands before every module script."""
    text = mark_safe(assets.import_map().text)  # noqa: S308 - JSON in which "<" is escaped: made for this place
    return format_html('<script type="importmap"{}>{}</script>', flatatt(_nonce(context)), text)


@register.simple_tag
def import_map_csp_hash() -> SafeString:
    """Return what script-src needs to allow the import map where there is no nonce: ``'sha256-…'``."""
    return mark_safe(assets.import_map().csp_hash)  # noqa: S308 - quotes and base64


def _attributes(context: Context, place: str, link: Preload, given: dict[str, Any]) -> SafeString:
    """Return the attributes of an element. Given ones win; ``data_x`` is ``data-x``, True has no value, None is none."""
    # Without CORS a browser can't compare what another origin sent with the integrity.
    foreign = link.integrity and urlsplit(link.url).netloc
    made = {
        place: link.url,
        "integrity": link.integrity or None,
        "crossorigin": "anonymous" if foreign else None,
        **_nonce(context),
        **{name.replace("_", "-"): value for name, value in given.items()},
    }
    return flatatt(made)


def _nonce(context: Context) -> dict[str, str | None]:
    """Return the nonce of the response's policy: Django 6's, or django-csp's."""
    nonce = context.get("csp_nonce")  # false until it is asked for as text
    if nonce is None:
        nonce = getattr(context.get("request"), "csp_nonce", None)
    return {"nonce": None if nonce is None else str(nonce)}
