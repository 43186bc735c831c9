"""Every header that a server will send, decided here: the defaults, then the rules by glob, then the hook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias
from wsgiref.headers import Headers

from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError
from servestatic_build.media_types import HTML
from servestatic_build.model import Asset
from servestatic_build.settings.header_rules import DECIDED, REMOVABLE, HeaderRule, HeadersHook, header_problem
from servestatic_runtime.dates import format_date
from servestatic_runtime.default_headers import common_headers, default_headers, stays_in_304
from servestatic_runtime.format import VARIANT_HEADERS, HeaderSetRecord, etag
from servestatic_runtime.media_types import content_type
from servestatic_runtime.paths import quote_path
from servestatic_runtime.url_reason import UrlReason

_HINT = "mend the rule or the hook that sets it"

_Key: TypeAlias = tuple[str, str, UrlReason, bool, str | None, bool, bool, bool, tuple[int, ...]]

# Directives that speak of shared caches, and headers that speak to them alone (RFC 9213 and its forerunners).
_OF_SHARED_CACHES = frozenset({"public", "private", "s-maxage"})
_FOR_SHARED_CACHES = ("cdn-cache-control", "surrogate-control")

IMMUTABLE = "public, max-age=31536000, immutable"


class AssetHeaders(NamedTuple):
    """The header sets of one asset; the manifest shares equal ones."""

    url: HeaderSetRecord
    plain: HeaderSetRecord | None  # None where there is no plain URL

    def of_deltas(self, *, public: bool) -> HeaderSetRecord:
        """Return the headers of what leads from an earlier file to this one (RFC 9842).

        A cache that does not know Available-Dictionary would hand it to those who can't read it, so they are private,
        unless each cache is known to know it.
        """
        return self.url if public else HeaderSetRecord(*(tuple(_private(pairs)) for pairs in self.url))


@dataclass(frozen=True, slots=True)
class HeaderPolicy:
    """What the settings say about headers."""

    max_age: int
    cross_origin: bool
    rules: tuple[HeaderRule, ...]
    hook: HeadersHook | None
    _known: dict[_Key, AssetHeaders] = field(default_factory=dict, init=False, repr=False, compare=False)

    def headers_of(self, asset: Asset) -> AssetHeaders:
        """Return the header sets of an asset; raise BuildError for what a hook may not do.

        Most assets share theirs: unless a hook looks at the file, all else that a header depends on is the variant's own.
        """
        rules = tuple([number for number, rule in enumerate(self.rules) if rule.files.match(asset.source.name)])
        if self.hook is not None:
            return self._headers(asset, rules)
        key = _key(asset, rules)
        headers = self._known.get(key)
        if headers is None:
            headers = self._known[key] = self._headers(asset, rules)
        return headers

    def redirect(self) -> HeaderSetRecord:
        """Return the headers of every redirect to a directory, besides its Location."""
        cache_control = ("Cache-Control", f"public, max-age={self.max_age}")
        return HeaderSetRecord(ok=(cache_control, *common_headers(cross_origin=self.cross_origin)), not_modified=())

    def _headers(self, asset: Asset, rules: tuple[int, ...]) -> AssetHeaders:
        plain = self._plain(asset, rules) if asset.source.plain else None
        if not asset.source.fingerprinted and plain is not None:
            return AssetHeaders(plain, plain)
        return AssetHeaders(self._make(asset, asset.path, IMMUTABLE, asset.pattern, rules), plain)

    def _plain(self, asset: Asset, rules: tuple[int, ...]) -> HeaderSetRecord:
        pattern = asset.pattern if asset.source.hashed else None
        return self._make(asset, asset.source.plain_path, self._plain_life(asset), pattern, rules)

    def _plain_life(self, asset: Asset) -> str:
        if asset.source.hashed:
            return IMMUTABLE
        is_asked_again = asset.source.scope is not None or asset.source.media_type in HTML
        return "no-cache" if is_asked_again else f"public, max-age={self.max_age}"

    def _make(
        self, asset: Asset, path: str, cache_control: str, pattern: str | None, rules: Iterable[int]
    ) -> HeaderSetRecord:
        identity_values = _identity_values(asset, pattern, dated=_is_dated(asset, cache_control))
        vary = _vary(asset, pattern)
        defaults = default_headers(
            content_type(asset.source.media_type, asset.charset),
            identity_values,
            cache_control,
            vary,
            cross_origin=self.cross_origin,
        )
        headers = Headers(list(defaults))
        if asset.source.scope:  # a service worker may serve no more than its own directory without this
            headers["Service-Worker-Allowed"] = quote_path(asset.source.scope)
        for number in rules:
            self.rules[number].apply(headers)
        self._call_hook(headers, asset, path)
        _check(headers, identity_values, asset)
        return _as_set(headers, vary)

    def _call_hook(self, headers: Headers, asset: Asset, path: str) -> None:
        if self.hook is not None:
            try:
                self.hook(headers, asset.source.path, quote_path(path))
            except Exception as error:
                problem, hint = f"the headers-hook raised {error!r}", "mend the function that headers-hook names"
                raise BuildError(Code.HOOK_FAILED, asset.source.name, problem, hint) from error


def _key(asset: Asset, rules: tuple[int, ...]) -> _Key:
    """Return what the header sets of an asset follow from, if no hook has a say."""
    source = asset.source
    return (
        source.media_type,
        asset.charset,
        source.reason,
        source.plain,
        source.scope,
        asset.dated,
        asset.pattern is None,
        len(asset.variants) == 1,
        rules,
    )


def _is_dated(asset: Asset, cache_control: str) -> bool:
    """Return whether a date says which bytes a URL had: always where they are the same for ever."""
    return asset.dated or cache_control == IMMUTABLE


def _vary(asset: Asset, pattern: str | None) -> tuple[str, ...]:
    """Return the request fields that choose a coding of the asset, at its URL with this pattern."""
    if len(asset.variants) == 1:
        return ()
    return ("Accept-Encoding",) if pattern is None else ("Accept-Encoding", "Available-Dictionary")


def _identity_values(asset: Asset, pattern: str | None, *, dated: bool) -> dict[str, str]:
    """Return the values of the identity variant, as a hook sees them."""
    values = {"Content-Length": str(asset.identity.size), "ETag": etag(asset.identity.digest)}
    if dated:
        values["Last-Modified"] = format_date(asset.modified)
    if pattern is not None:
        values["Use-As-Dictionary"] = f'match="{pattern}"'
    return values


def _check(headers: Headers, identity_values: Mapping[str, str], asset: Asset) -> None:
    for name, value in headers.items():
        if problem := header_problem(name, value):
            raise BuildError(Code.INVALID_HEADER, asset.source.name, f"headers: {problem}", _HINT)
    given = {name.lower(): [value] for name, value in identity_values.items()}
    for name in sorted(DECIDED):
        removed = name in REMOVABLE and name not in headers
        if headers.get_all(name) != given.get(name, []) and not removed:
            problem = f"the headers-hook changed {name}, which the file's bytes decide"
            raise BuildError(Code.INVALID_HEADER, asset.source.name, problem, _HINT)


def _as_set(headers: Headers, vary: Iterable[str]) -> HeaderSetRecord:
    pairs: list[tuple[str, str | None]] = []
    for name, value in headers.items():
        variant_header = next((known for known in VARIANT_HEADERS if known.lower() == name.lower()), None)
        pairs.append((name, value) if variant_header is None else (variant_header, None))
        if variant_header == "Content-Length" and vary:
            pairs.append(("Content-Encoding", None))
    if missing := _missing_in_vary(headers, vary):
        pairs.append(("Vary", ", ".join(missing)))
    not_modified = tuple(pair for pair in pairs if stays_in_304(pair[0]))
    return HeaderSetRecord(tuple(pairs), not_modified)


def _private(pairs: Iterable[tuple[str, str | None]]) -> Iterator[tuple[str, str | None]]:
    """Yield headers that let nobody but the client itself keep the answer."""
    for name, value in pairs:
        if name.lower() == "cache-control" and value is not None:
            directives = [directive.strip() for directive in value.split(",")]
            kept = [each for each in directives if each.partition("=")[0].lower() not in _OF_SHARED_CACHES]
            yield name, ", ".join(["private", *kept])
        elif not name.lower().endswith(_FOR_SHARED_CACHES):
            yield name, value


def _missing_in_vary(headers: Headers, vary: Iterable[str]) -> list[str]:
    """Return what Vary no longer names after the rules; a cache would mix up the codings without it."""
    members = {member.strip().lower() for value in headers.get_all("Vary") for member in value.split(",")}
    return [] if "*" in members else [name for name in vary if name.lower() not in members]
