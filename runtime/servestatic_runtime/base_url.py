"""What stands before every URL path: the host of a CDN, or the path that an application is mounted below."""

from __future__ import annotations

import os
import re
from functools import lru_cache

VARIABLE = "SERVESTATIC_BASE_URL"

# No user, query or fragment; nothing that an attribute or a script element would have to escape but "&" and "'".
_HOST = r"(?:https?:)?//(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?"
_BASE_URL = re.compile(rf"(?:{_HOST})?(?:/[\w.~!$&'()*+,;=:@%-]+)*/?", re.ASCII | re.IGNORECASE)


def base_url(given: str | None) -> str:
    """Return a base URL without its last slash: the given one, else the environment's; raise ValueError.

    An empty one puts nothing before the path.
    """
    url, source = (os.environ.get(VARIABLE, ""), VARIABLE) if given is None else (given, "base_url")
    if url and not _BASE_URL.fullmatch(url):
        raise ValueError(f"{source} is {url!r} and should be like https://cdn.example.com, a path behind it or not")
    return url.rstrip("/")


@lru_cache(maxsize=2)  # one release, and the one before it
def import_map_at(base: str, text: str) -> tuple[str, bytes]:
    """Return an import map for modules that are loaded from a base URL, and its SHA-256.

    There a relative import asks for a URL at the base, so its entries stand at the base, too. An import in the page
    itself asks for a path: those entries stay.
    """
    import json  # noqa: PLC0415 - costs as much as a start, and is needed for this only
    from hashlib import sha256  # noqa: PLC0415

    import_map = json.loads(text)
    imports = {specifier: base + path for specifier, path in import_map["imports"].items()}
    imports |= {base + specifier: url for specifier, url in imports.items() if specifier.startswith("/")}
    integrity = {base + path: value for path, value in import_map["integrity"].items()}
    text = json.dumps({"imports": imports, "integrity": integrity}, sort_keys=True, separators=(",", ":"))
    text = text.replace("<", r"\u003c")
    return text, sha256(text.encode()).digest()
