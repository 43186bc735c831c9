"""What a template engine will put something else in place of, so that it says nothing yet."""

from __future__ import annotations

import re
from dataclasses import replace

from servestatic_build.model import Extraction

# Django, Jinja, Handlebars, Angular, JavaScript, ERB, EJS, Thymeleaf. A URL has none of these, and an image candidate
# or a string of CSS may hold the end of one alone. But "]]" alone ends a CDATA section, which in HTML is a comment up to
# the first ">": browsers load "a.png]]". A percent sign before two digits is an escape behind a brace.
_PLACEHOLDER = re.compile(r"\{\{|\}\}|[{<]%(?![0-9a-fA-F]{2})|%[}>]|\$\{|\[\[")


def has_placeholder(url: str) -> bool:
    """Return whether a text in a page is one for a template engine, at least in part."""
    return _PLACEHOLDER.search(url) is not None


def without_placeholders(extraction: Extraction) -> Extraction:
    """Return what was found in a page without what says nothing yet, which is counted.

    Where the page's base is such a text, none of its references says anything.
    """
    says_nothing = has_placeholder(extraction.base or "")
    found = extraction.references
    if not says_nothing and not any(_PLACEHOLDER.search(r.value) for r in found):
        return extraction
    kept = () if says_nothing else tuple(r for r in found if not has_placeholder(r.value))
    prefixes = () if says_nothing else extraction.import_map_prefixes
    count = len(found) - len(kept)
    return replace(extraction, references=kept, import_map_prefixes=prefixes, placeholders=count)
