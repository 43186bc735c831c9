"""The static folders of an application and its blueprints, as its map of URLs has them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from flask.sansio.app import App

_FILE = "/<path:filename>"
DEFAULT_PREFIX = "/static/"


class Folder(NamedTuple):
    """A directory and the decoded URL path, ending in a slash, that its files are served below."""

    directory: str
    url: str


def folder_url(app: App, endpoint: str) -> str | None:
    """Return the URL path that an endpoint serves a static folder below, None if it serves none.

    A folder below a path with variables, such as a blueprint's at ``/<language>``, has none.
    """
    if endpoint.rpartition(".")[2] != "static" or endpoint not in app.view_functions:
        return None
    rule = next(app.url_map.iter_rules(endpoint), None)
    if rule is None or not rule.rule.endswith(_FILE) or rule.arguments != {"filename"}:
        return None
    return rule.rule.removesuffix(_FILE) + "/"


def prefix(app: App) -> str:
    """Return the URL path that logical names are below."""
    return folder_url(app, "static") or DEFAULT_PREFIX


def folders(app: App) -> list[Folder]:
    """Return the folders that are there; of two with the same files the application serves the later one."""
    existing = [folder for folder in _folders(app) if os.path.isdir(folder.directory)]
    existing.reverse()  # of two folders at one URL, the one that was registered first is served
    existing.sort(key=lambda folder: folder.url.count("/"))  # of two in each other, the one at the longer URL
    return existing


def _folders(app: App) -> Iterator[Folder]:
    """Yield the folders in the order in which they were registered."""
    for rule in app.url_map.iter_rules():
        name, _, _ = rule.endpoint.rpartition(".")
        owner = app.blueprints.get(name) if name else app
        url = folder_url(app, rule.endpoint)
        if url is not None and owner is not None and owner.static_folder is not None:
            yield Folder(str(owner.static_folder), url)
