"""What a path answers besides GET and HEAD: that there is nothing else (RFC 9110 9.3.7, 15.5.6). Pure."""

from __future__ import annotations

from servestatic_runtime.conditional import CONDITIONAL_FIELDS
from servestatic_runtime.records import Headers

ALLOW = ("Allow", "GET, HEAD, OPTIONS")

# For a preflight (https://fetch.spec.whatwg.org/#http-responses). Nothing in it depends on what the request says, so
# every OPTIONS gets it. A browser cuts the age to its own limit; none goes above a day.
_PREFLIGHT = (
    ("Access-Control-Allow-Methods", ALLOW[1]),
    ("Access-Control-Allow-Headers", ", ".join(CONDITIONAL_FIELDS)),
    ("Access-Control-Max-Age", "86400"),
)


def options(shared: Headers) -> Headers:
    """Return the headers of the 204 that answers an OPTIONS; ``shared`` are those that all answers of its resource have."""
    crosses_origins = any(name.lower() == "access-control-allow-origin" for name, _ in shared)
    return [ALLOW, *shared, *(_PREFLIGHT if crosses_origins else ())]
