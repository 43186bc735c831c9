"""Header sets that contradict each other, or themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_runtime import Manifest
from servestatic_runtime.default_headers import stays_in_304
from servestatic_runtime.format import VARIANT_HEADERS, HeaderSetRecord
from servestatic_runtime.records import Asset

_HINT = "look at the rules of headers and at headers-hook, then compile again"
# What a recipient takes one value of (RFC 9110 5.3 and the sections of each).
_SINGLE = frozenset({"content-type", "expires", "location", *map(str.lower, VARIANT_HEADERS)})
# Directives of Cache-Control of which one says the opposite of the other (RFC 9111 5.2.2, RFC 8246 2).
_OPPOSITES = (
    ("public", "private"),
    ("no-store", "immutable"),
    ("no-store", "max-age"),
    ("no-cache", "immutable"),
)


def check_header_sets(manifest: Manifest, assets: Iterable[Asset], diagnostics: Diagnostics) -> None:
    """Add a diagnostic for each contradiction, with the first asset that has it."""
    told: set[str] = set()
    seen: set[tuple[int, int | None, bool]] = set()
    for asset in assets:
        sets = (asset.headers, asset.plain_headers, len(asset.variants) > 1)
        if sets in seen:
            continue
        seen.add(sets)
        for problem in _problems(manifest, asset):
            if problem not in told:
                told.add(problem)
                diagnostics.error(Code.CONTRADICTING_HEADERS, asset.name, problem, _HINT)


def _problems(manifest: Manifest, asset: Asset) -> Iterator[str]:
    linked = manifest.header_set(asset.headers)
    yield from _problems_of_set(linked, varies=len(asset.variants) > 1)
    if asset.plain_headers not in {None, asset.headers}:
        plain = manifest.header_set(asset.plain_headers or 0)
        yield from _problems_of_set(plain, varies=len(asset.variants) > 1)
        types = [_values(header_set.ok, "content-type") for header_set in (linked, plain)]
        if types[0] != types[1]:
            shown = " and as ".join(", ".join(values) or "nothing" for values in types)
            yield f"the same bytes are served as {shown} under their two URLs"


def _problems_of_set(header_set: HeaderSetRecord, *, varies: bool) -> Iterator[str]:
    names = [name.lower() for name, _ in header_set.ok]
    for name, count in Counter(names).items():
        if name in _SINGLE and count > 1:
            yield f"the header {name} is there {count} times, and may be there once"
    for name, value in header_set.ok:
        if name in VARIANT_HEADERS and value is not None:
            yield f"the header {name} has one value, {value}, for all variants"
    if varies and not ({"accept-encoding", "*"} & _members(header_set.ok, "vary")):
        yield "there are several codings, and Vary does not name Accept-Encoding: a cache would mix them up"
    if varies and "content-encoding" not in names:
        yield "there are several codings, and no Content-Encoding says which one is sent"
    if [pair for pair in header_set.ok if stays_in_304(pair[0])] != [*header_set.not_modified]:
        yield "the 304 has other headers than the 200"
    yield from _cache_control_problems(header_set)


def _cache_control_problems(header_set: HeaderSetRecord) -> Iterator[str]:
    directives = [member.partition("=")[::2] for member in sorted(_members(header_set.ok, "cache-control"))]
    names = Counter(name for name, _ in directives)
    for name, count in names.items():
        if count > 1:
            values = " and ".join(value for each, value in directives if each == name)
            yield f"Cache-Control has {name} with different values, {values}"
    for one, other in _OPPOSITES:
        if names[one] and names[other] and (other, "0") not in directives:
            yield f"Cache-Control has both {one} and {other}"


def _members(headers: Sequence[tuple[str, str | None]], name: str) -> set[str]:
    """Return the members of a header that is a list, in lower case."""
    return {member.strip().lower() for value in _values(headers, name) for member in value.split(",") if member.strip()}


def _values(headers: Sequence[tuple[str, str | None]], name: str) -> list[str]:
    return [value or "" for each, value in headers if each.lower() == name]
