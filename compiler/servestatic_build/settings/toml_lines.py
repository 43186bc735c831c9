"""Where in a TOML file a key is: its parser tells no lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from servestatic_build.settings.problems import Keys

_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_TABLE = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_DOTTED})[ \t]*\]")
_PAIR = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=")


def line_of(text: str, keys: Keys) -> int | None:
    """Return the number of the line that begins what is below keys, or of what it is in; None where that is not found.

    It looks at the beginnings of lines only. A line within a long string may look like a key: then the number is wrong.
    """
    best, best_line = 0, None
    for line, found in _lines(text):
        common = min(len(found), len(keys))
        if found[:common] == keys[:common] and common > best:
            best, best_line = common, line
    return best_line


def _lines(text: str) -> Iterator[tuple[int, Keys]]:
    """Yield the number of each line that begins a table or a pair, with its keys from the top."""
    table: Keys = ()
    lengths: Counter[Keys] = Counter()  # of the lists of tables so far
    for line, content in enumerate(text.split("\n"), 1):
        if head := _TABLE.match(content):
            table = _table(_keys(head[2]), lengths, is_next=head[1] == "[[")
            yield line, table
        elif pair := _PAIR.match(content):
            yield line, (*table, *_keys(pair[1]))


def _keys(dotted: str) -> list[str]:
    return [key.strip("\"'") for key in re.findall(_KEY, dotted)]


def _table(names: list[str], lengths: Counter[Keys], *, is_next: bool) -> Keys:
    """Return the keys of the table that a head begins: in a list of tables the last one, which may be the next."""
    keys: Keys = ()
    for depth, name in enumerate(names, 1):
        keys = (*keys, name)
        lengths[keys] += is_next and depth == len(names)
        if lengths[keys]:
            keys = (*keys, lengths[keys] - 1)
    return keys
