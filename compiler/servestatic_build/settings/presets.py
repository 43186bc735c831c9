"""Packages whose scripts find themselves or their neighbours by name, and the files that must keep theirs.

Each row is proved in a browser with the real package (tests/test_presets.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """A package.

    ``signs`` are files that are there together, by their paths from its directory; ``plain`` are patterns; ``finds``
    says for the documents what its scripts find by which name.
    """

    signs: tuple[str, ...]
    plain: tuple[str, ...]
    finds: str


PRESETS: Mapping[str, Preset] = {
    "cesium": Preset(
        ("Cesium.js", "Assets/approximateTerrainHeights.json"),
        ("**/Cesium.js",),
        "The script element of `Cesium.js`, and workers, images and data below its URL.",
    ),
    "ckeditor4": Preset(
        ("ckeditor.js", "skins/moono-lisa/editor.css"),
        ("**/ckeditor.js",),
        "The script element of `ckeditor.js`, and its settings, languages, plugins and skins below that URL.",
    ),
    "leaflet": Preset(
        ("leaflet.css", "images/marker-icon.png"),
        ("**/images/marker-icon.png", "**/images/marker-icon-2x.png", "**/images/marker-shadow.png"),
        "The images of its default marker, by what the style sheet has for `marker-icon.png`.",
    ),
    "shoelace": Preset(
        ("shoelace-autoloader.js", "shoelace.js"),
        ("**/shoelace-autoloader.js", "**/shoelace.js"),
        "The script element of the autoloader, and components and icons below its URL.",
    ),
}
