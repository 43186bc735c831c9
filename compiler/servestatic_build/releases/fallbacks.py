"""The pages for paths that nobody knows, by the settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.media_types import HTML
from servestatic_build.model import Asset
from servestatic_build.settings.fallback import Fallback
from servestatic_runtime.format import FallbackRecord

_OK, _NOT_FOUND = 200, 404


def fallback_records(
    spa: Iterable[Fallback], not_found: Iterable[Fallback], assets: Sequence[Asset], diagnostics: Diagnostics
) -> tuple[FallbackRecord, ...]:
    """Return the pages, those of the longest URLs first. One that is no HTML, or has no plain URL, is an error."""
    pages = {name: asset for asset in assets for name in (asset.source.plain_path, asset.source.name)}
    records = []
    for status, fallbacks in ((_OK, spa), (_NOT_FOUND, not_found)):
        for fallback in fallbacks:
            page = pages.get(fallback.file) or pages.get(f"/{fallback.file}")
            if page is None or not page.source.plain or page.source.media_type not in HTML:
                message = (
                    f"the page for unknown paths below {fallback.url} is not among the HTML files with a plain URL"
                )
                hint = "name it by its logical name, or by its URL path, as servestatic-manifest show has it"
                diagnostics.error(Code.MISSING_FALLBACK, fallback.file, message, hint)
            else:
                records.append(FallbackRecord(fallback.url, page.source.plain_path, status))
    return tuple(sorted(records, key=lambda record: -len(record.url)))
