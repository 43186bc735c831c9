"""A comparison as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from servestatic_build.inspection.comparison import Bytes, Change, Comparison, HeaderChange
from servestatic_runtime.paths import quote_path
from servestatic_runtime.records import Asset

_MOST_CAUSES = 3
_MOST_URLS = 3


def comparison_text(comparison: Comparison) -> Iterator[str]:
    """Yield a line for each difference, then the bytes that visitors pay."""
    for file in comparison.new:
        was = f", {file.was} before" if file.was else ""
        yield f"new      {_file(file.asset)}{was}"
    for asset in comparison.gone:
        yield f"gone     {_file(asset)}"
    for change in comparison.changed:
        yield f"changed  {urls(change)}, {sizes(change)}: {reason(change)}"
    for headers in comparison.headers:
        yield f"headers  {some(headers.urls, _MOST_URLS)}"
        yield from (f"         {line}" for line in header_lines(headers))
    yield totals(comparison)
    yield ""
    yield from _table(comparison)


def totals(comparison: Comparison) -> str:
    """Return in one line how much is different."""
    if comparison.is_empty:
        return "no difference"
    counts = {"new": comparison.new, "gone": comparison.gone, "changed": comparison.changed}
    files = ", ".join(f"{len(each):,} {what}" for what, each in counts.items())
    urls_of_headers = sum(len(change.urls) for change in comparison.headers)
    return f"{files}; {urls_of_headers:,} URLs with other headers"


def urls(change: Change) -> str:
    """Return the URL of a changed file, or the old one and the new one."""
    old, new = quote_path(change.old.url), quote_path(change.new.url)
    return new if old == new else f"{old} -> {new}"


def sizes(change: Change) -> str:
    """Return the size of a changed file, and how much it grew."""
    old, new = change.old.variants[0].size, change.new.variants[0].size
    return f"{new:,} bytes" if old == new else f"{new:,} bytes ({new - old:+,})"


def reason(change: Change) -> str:
    """Return why a file changed."""
    if change.old.digest == change.new.digest:
        return "the same bytes at another URL"
    because = f"because of {some(change.because_of, _MOST_CAUSES)}" if change.because_of else ""
    if change.own is None:
        return f"its own content, or {because}"
    own = "its own content" if change.own else ""
    return ", and ".join(filter(None, (own, because)))


def some(names: Sequence[str], most: int) -> str:
    """Return the first of many names, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def header_lines(change: HeaderChange) -> Iterator[str]:
    """Yield what went and what came, a header a line."""
    for sign, headers in (("-", change.removed), ("+", change.added)):
        for name, value in headers:
            yield f"{sign} {name}: {'...' if value is None else value}"


def byte_cells(coding: str, size: Bytes) -> tuple[str, str, str, str]:
    """Return the row of a coding: what a new visitor pays, how much more than before, and what a returning one does."""
    return coding, f"{size.new:,}", f"{size.new - size.old:+,}" if size.new != size.old else "0", f"{size.returning:,}"


BYTE_HEADINGS = ("coding", "new visitor", "growth", "returning visitor")


def _file(asset: Asset) -> str:
    return f"{quote_path(asset.url)}, {asset.variants[0].size:,} bytes"


def _table(comparison: Comparison) -> Iterator[str]:
    rows = [BYTE_HEADINGS, *(byte_cells(coding, size) for coding, size in comparison.bytes.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *numbers in rows:
        yield "  ".join((first.ljust(widths[0]), *map(str.rjust, numbers, widths[1:])))
