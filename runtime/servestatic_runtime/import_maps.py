"""Import maps as the text of their script element: how the compiler and the templates write them (HTML, 8.1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

# In JSON these stand in strings only.
_MARKUP = {ord(character): f"\\u{ord(character):04x}" for character in "&<>"}


def in_markup(json_text: str) -> str:
    """Return JSON so that it may stand as it is in an element of HTML or XML, or in a CDATA section."""
    return json_text.translate(_MARKUP)


def import_map_text(imports: Mapping[str, str], integrity: Mapping[str, str]) -> str:
    """Return an import map."""
    import json  # noqa: PLC0415 - costs as much as a start, and is needed for import maps only

    import_map = {"imports": imports, "integrity": integrity}
    return in_markup(json.dumps(import_map, sort_keys=True, separators=(",", ":")))


@lru_cache(maxsize=2)  # one release, and the one before it
def import_map_at(base: str, text: str) -> tuple[str, bytes]:
    """Return an import map for modules that are loaded from a base URL, and its SHA-256.

    There a relative import asks for a URL at the base, so its entries stand at the base, too. An import in the page
    itself asks for a path: those entries stay.
    """
    import json  # noqa: PLC0415
    from hashlib import sha256  # noqa: PLC0415

    import_map = json.loads(text)
    imports = {specifier: base + path for specifier, path in import_map["imports"].items()}
    imports |= {base + specifier: url for specifier, url in imports.items() if specifier.startswith("/")}
    integrity = {base + path: value for path, value in import_map["integrity"].items()}
    text = import_map_text(imports, integrity)
    return text, sha256(text.encode()).digest()
