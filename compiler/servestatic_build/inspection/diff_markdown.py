"""A comparison as Markdown, short enough for a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from servestatic_build.inspection.comparison import Comparison
from servestatic_build.inspection.diff_text import (
    BYTE_HEADINGS,
    byte_cells,
    header_lines,
    reason,
    sizes,
    some,
    totals,
    urls,
)
from servestatic_runtime.paths import quote_path

_MOST_ROWS = 50  # of each kind: GitHub takes 65,536 characters
_MOST_URLS = 3
_LONGEST = 200  # characters of a cell
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>()#+!|~&@]")


def comparison_markdown(comparison: Comparison) -> Iterator[str]:
    """Yield a summary and the bytes that visitors pay, then the differences, folded."""
    yield f"**Static files:** {totals(comparison)}"
    yield ""
    yield from _table(BYTE_HEADINGS, [byte_cells(coding, size) for coding, size in comparison.bytes.items()])
    new = [(quote_path(each.asset.url), f"{each.asset.variants[0].size:,}", each.was or "") for each in comparison.new]
    yield from _folded("new", ("URL", "bytes", "before"), new)
    gone = [(quote_path(asset.url), f"{asset.variants[0].size:,}") for asset in comparison.gone]
    yield from _folded("gone", ("URL", "bytes"), gone)
    changed = [(change.new.name, urls(change), sizes(change), reason(change)) for change in comparison.changed]
    yield from _folded("changed", ("name", "URL", "size", "why"), changed)
    headers = [(some(each.urls, _MOST_URLS), "; ".join(header_lines(each))) for each in comparison.headers]
    yield from _folded("with other headers", ("URLs", "headers"), headers)


def _folded(what: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        yield ""
        yield f"<details><summary>{len(rows):,} {what}</summary>"
        yield ""
        yield from _table(headings, [[*map(_escaped, row)] for row in rows[:_MOST_ROWS]])
        if len(rows) > _MOST_ROWS:
            yield ""
            yield f"and {len(rows) - _MOST_ROWS:,} more"
        yield ""
        yield "</details>"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield _row(headings)
    yield _row(["---"] * len(headings))
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it is: a file's name is no markup, and mentions nobody."""
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", short)
