"""The URLs of a page's import map (HTML 8.1.6.1)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from servestatic_build.model import Extraction, ImportMapPrefix, ReferenceKind, Unreadable
from servestatic_build.references.extractors.escaped_text import EscapedText, joined
from servestatic_build.references.extractors.json_text import Node, member, members, parse, string
from servestatic_build.references.urls import is_bare
from servestatic_build.text import as_text
from servestatic_runtime.import_maps import in_markup


def extract(data: bytes) -> Extraction:
    """Return the URLs of an import map and the entries that end in a slash."""
    root = parse(data)
    if root is None:
        return Extraction(unreadable=(Unreadable(0, "this import map is not valid JSON, or not an object"),))
    extractions = list(_entries(member(root, "imports"), data))
    for scope, entries in members(member(root, "scopes")):
        extractions += [string(scope, data).url(), *_entries(entries, data)]
    return joined([*extractions, *_hashes(member(root, "integrity"), data)])


def added_entry(specifier: str, address: str) -> str:
    """Return what stands for a new entry behind another."""
    return in_markup(f", {json.dumps(specifier)}: {json.dumps(address)}")


def _entries(section: Node | None, data: bytes) -> Iterator[Extraction]:
    for key, value in members(section):
        specifier, address = string(key, data), string(value, data)
        # A module that a page maps by its URL has to be known by the URL that it will have.
        if _is_url(specifier):
            yield specifier.url(ReferenceKind.SPECIFIER)
        if _is_url(address):
            yield address.url()
        if specifier.text.endswith(b"/") and address.text.endswith(b"/"):
            yield Extraction(import_map_prefixes=(_prefix(specifier, address, value.end),))


def _hashes(section: Node | None, data: bytes) -> Iterator[Extraction]:
    for key, value in members(section):
        url = string(key, data)
        if _is_url(url):
            yield url.url(integrity=string(value, data))


def _is_url(text: EscapedText) -> bool:
    return not is_bare(as_text(text.text))


def _prefix(specifier: EscapedText, address: EscapedText, end: int) -> ImportMapPrefix:
    return ImportMapPrefix(as_text(specifier.text), as_text(address.text), end)
