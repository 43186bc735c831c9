"""Packages whose scripts find themselves or their neighbours by name, and the files that must keep theirs.

Each row is proved in a browser with the real package (tests/test_presets.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """A package. ``signs`` are files that are there together, by their paths from its directory; ``plain`` are patterns."""

    signs: tuple[str, ...]
    plain: tuple[str, ...]


PRESETS: Mapping[str, Preset] = {
    # Makes the URLs of its default marker of what the style sheet has for marker-icon.png.
    "leaflet": Preset(
        ("leaflet.css", "images/marker-icon.png"),
        ("**/images/marker-icon.png", "**/images/marker-icon-2x.png", "**/images/marker-shadow.png"),
    ),
    # The autoloader looks for the script element with its name, and for components and icons below that URL.
    "shoelace": Preset(("shoelace-autoloader.js", "shoelace.js"), ("**/shoelace-autoloader.js", "**/shoelace.js")),
}
