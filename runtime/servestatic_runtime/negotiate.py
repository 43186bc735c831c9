"""Which variant a request gets, by its Accept-Encoding (RFC 9110 12.5.3). Pure."""

from __future__ import annotations

import re

# A member of the list: a coding or "*", and maybe a weight of up to three digits. Anything else is ignored.
_MEMBER = re.compile(
    r"[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*(?:;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?"
)
_ALIASES = {"x-gzip": "gzip"}  # RFC 9110 8.4.1.3
_UNLISTED_IDENTITY = 0.0001  # acceptable, but below anything that is listed with a weight of its own
# What "*" asks for: scripts send it that do not think of codings, and their libraries decode gzip at best.
_BY_STAR = ("identity", "gzip")
_LAST_RESORT = 0.00001  # of "*" for other codings: only where the rest is refused by name
# A difference from an earlier file (RFC 9842): who has not asked for it by name can't read it.
_BY_NAME_ONLY = frozenset({"dcz"})


def choose(accept_encoding: str | None, codings: tuple[str, ...]) -> int | None:
    """Return the index in ``codings`` to send: the highest weight, and among equals the first.

    ``codings`` holds the codings at hand, smallest body first. None means that the client refuses them all (406).
    A file that has one variant has nothing to choose from, so it is sent even if it is refused, as RFC 9110 allows.
    A missing header and an empty one both ask for identity.
    """
    weights = _weights(accept_encoding) if accept_encoding else {}
    offered = [_weight(weights, coding) for coding in codings]
    best = max(offered)
    return offered.index(best) if best > 0 or len(codings) == 1 else None


def _weights(accept_encoding: str) -> dict[str, float]:
    members = (_MEMBER.fullmatch(member) for member in accept_encoding.split(","))
    listed = ((match[1].lower(), float(match[2] or 1)) for match in members if match)
    return {_ALIASES.get(coding, coding): weight for coding, weight in listed}


def _weight(weights: dict[str, float], coding: str) -> float:
    star = None if coding in _BY_NAME_ONLY else weights.get("*")
    if star is None:
        default = _UNLISTED_IDENTITY if coding == "identity" else 0
    else:
        default = star if coding in _BY_STAR else min(star, _LAST_RESORT)
    return weights.get(coding, default)
