"""What stands before every URL path: the host of a CDN, or the path that an application is mounted below."""

from __future__ import annotations

import os
import re

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
        raise ValueError(
            f"{source} is {url!r}, and must be a URL such as https://cdn.example.com or https://cdn.example.com/path"
        )
    return url.rstrip("/")
