"""Pages for paths that nobody knows: that of a single-page application, which knows its own paths, or a page that says 404.

The build decides which page that is below which URL. It is sent where the application answers 404 and a person navigates:
a GET or a HEAD that takes HTML. Scripts and images that ask for what is not there should hear that it is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from servestatic_runtime.conditional import Fields
from servestatic_runtime.format import FallbackRecord
from servestatic_runtime.records import Headers, Variant
from servestatic_runtime.resources import Representation, Resource
from servestatic_runtime.respond import respond
from servestatic_runtime.response import Native, Response

if TYPE_CHECKING:
    from servestatic_runtime.resources import Match

Value = TypeVar("Value")

_METHODS = frozenset({"GET", "HEAD"})


def fallback_for(
    fallbacks: Iterable[FallbackRecord], prefix: str, method: str, accept: str, paths: Sequence[str]
) -> FallbackRecord | None:
    """Return what to send for an unknown path if the application does not know it either, None for no page.

    ``paths`` are the decoded path as it may be meant below a mount. Below the prefix are assets, and no pages.
    """
    if method not in _METHODS or "text/html" not in accept.lower():
        return None
    if prefix != "/" and any(path.startswith(prefix) for path in paths):
        return None
    return next((each for each in fallbacks if any(path.startswith(each.url) for path in paths)), None)


class FallbackMatch(NamedTuple):
    """A page as the answer for another path: which one that gets depends on what the request accepts."""

    match: Match

    @property
    def location(self) -> str | None:
        """Where the page is a redirect to, decoded."""
        return self.match.location

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The page's bodies, identity first."""
        return self.match.variants

    @property
    def modified(self) -> int:
        """The page's date, in seconds since 1970."""
        return self.match.modified

    @property
    def immutable(self) -> bool:
        """Never: another page may come to be at the path that was asked for."""
        return False

    @property
    def deltas(self) -> Mapping[str, Variant]:
        """Nothing: a page is asked for anew each time."""
        return {}

    def ok_headers(self, variant: Variant) -> Headers:
        """Return all headers of the 200 for a variant."""
        return varying(self.match.ok_headers(variant))

    def not_modified_headers(self, variant: Variant) -> Headers:
        """Return all headers of the 304 for a variant."""
        return varying(self.match.not_modified_headers(variant))

    def body_path(self, variant: Variant) -> str:
        """Return the absolute path of a variant's file."""
        return self.match.body_path(variant)


def respond_with_page(
    resource: Resource[Native],
    representation: Representation[Native] | None,
    method: str,
    fields: Fields,
    query: bytes,
    status: int,
) -> Response[Native]:
    """Decide the answer. A page that says 404 is sent whole: nothing is revalidated but what is there."""
    if status == 200 or representation is None:
        return respond(resource, representation, method, fields, query)
    response = respond(resource, representation, method, {}, query)
    return Response(status, response.headers, response.file_body, response.body)


def varying(headers: Sequence[tuple[str, Value]]) -> list[tuple[str, Value | str]]:
    """Return headers that say that the answer depends on Accept, too."""
    others = [pair for pair in headers if pair[0].lower() != "vary"]
    vary = [str(value) for name, value in headers if name.lower() == "vary"]
    return [*others, ("Vary", ", ".join([*vary, "Accept"]))]
