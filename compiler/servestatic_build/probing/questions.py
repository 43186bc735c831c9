"""What to ask a site, and what the manifest says of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from servestatic_runtime import Manifest
from servestatic_runtime.format import IDENTITY
from servestatic_runtime.manifest import AssetMatch
from servestatic_runtime.paths import quote_path
from servestatic_runtime.records import Asset

_CODINGS = frozenset({IDENTITY, "gzip", "br", "zstd"})  # asked for by Accept-Encoding alone


class Site(NamedTuple):
    """Where to ask, how many requests at once, and how long each may take."""

    url: str
    concurrency: int
    timeout_seconds: float


class Question(NamedTuple):
    """A request: a percent-encoded path and its fields, made of the manifest, and what the answer should be."""

    path: str
    fields: Mapping[str, str]
    status: int
    coding: str  # the one that is asked for
    headers: Mapping[str, str]  # by lower-case name
    etag: str  # which holds the digest of the body

    def with_fields(self, status: int, **fields: str) -> Question:
        """Return the same question with conditions, and the status that they lead to."""
        more = {name.replace("_", "-"): value for name, value in fields.items()}
        return self._replace(status=status, fields={**self.fields, **more})


def questions(manifest: Manifest, assets: Iterable[Asset]) -> Iterator[Question]:
    """Yield each URL of assets in each coding; of each URL also a question for a 304 and for a range."""
    for asset in assets:
        for path in dict.fromkeys(path for path in (asset.url, asset.plain_url, asset.directory) if path):
            match = manifest.find(path)
            if match is not None and match.location is None:
                yield from _of_url(match, quote_path(path))


def _of_url(match: AssetMatch, path: str) -> Iterator[Question]:
    for variant in match.variants:
        if variant.coding in _CODINGS:
            headers = {name.lower(): value for name, value in match.ok_headers(variant)}
            question = Question(path, {"Accept-Encoding": variant.coding}, 200, variant.coding, headers, variant.etag)
            yield question
            # What is asked for each time, as pages are, caches may send whole.
            if variant.coding == IDENTITY and headers.get("cache-control") != "no-cache":
                yield question.with_fields(304, If_None_Match=variant.etag)
                if variant.size:
                    yield question.with_fields(206, Range="bytes=0-0")


def absent(manifest: Manifest) -> Question:
    """Return the question for a URL that no release has."""
    path = quote_path(f"{manifest.prefix}servestatic-probe.000000000000.css")
    return Question(path, {"Accept-Encoding": IDENTITY}, 404, IDENTITY, {}, "")


def chosen(manifest: Manifest, *, page: str | None, sample: int | None) -> list[Asset]:
    """Return the assets to ask for: all, those that a page needs, or so many, spread evenly; raise UnknownAssetError."""
    assets = [*manifest] if page is None else _needed(manifest, manifest.asset(page))
    if sample is None or sample >= len(assets):
        return assets
    return [assets[number * len(assets) // sample] for number in range(sample)]


def _needed(manifest: Manifest, page: Asset) -> list[Asset]:
    by_name, waiting = {page.name: page}, [page]
    while waiting:
        for name in manifest.references(waiting.pop()):
            if name not in by_name:
                by_name[name] = manifest.asset(name)
                waiting.append(by_name[name])
    return [*by_name.values()]
