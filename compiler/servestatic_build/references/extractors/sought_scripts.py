"""Names by which a script looks for script elements, to make URLs of the one that it finds.

Such a script finds nothing where the file it looks for has another name in the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from servestatic_build.model import WrittenText
from servestatic_build.references.extractors.javascript_lexer import Lexer, UnreadableError
from servestatic_build.text import as_text

# Each begins with a text of its own: so it is searched for at the speed of memory.
_CURRENT = re.compile(rb"currentScript")
_LOOKS = tuple(
    re.compile(pattern)
    for pattern in (
        rb"document\.scripts",
        rb"getElementsByTagName\(\s*[\"'`](?:script|SCRIPT)[\"'`]",
        rb"querySelector(?:All)?\(\s*[\"'`][^\"'`\n]{0,60}?\bscript\b",
    )
)
_MOST_LOOKS = 100
_NEAR_BYTES, _FAR_BYTES = 600, 2000
_GROUP = rb"\((?:\?:)?(?:[\w\\.|-]|\[(?:\\[-.]|[._]){1,3}\]){0,40}[+*?]?\)\??"
# A file's name, in a string or as most regular expressions have one. No repetition may end in two ways.
_NAME = re.compile(
    rb"(?<![\w$.@-])[A-Za-z_][\w-]{0,60}(?![\w-])(?:" + _GROUP + rb"){0,2}"
    rb"(?:\\?\.[\w-]{1,30}(?![\w-])){0,3}?\\?\.[mc]?js(?![\w=\[;,]|\.map)"
)


def sought_scripts(data: bytes, references: Sequence[WrittenText]) -> tuple[WrittenText, ...]:
    """Return the names, as they are written, that stand near a look at script elements, each once.

    What is a reference names a file that is loaded, and a comment names any.
    """
    found = _names(data, [_CURRENT, *_LOOKS], _NEAR_BYTES)
    found = _without_other_way(data, found) if found else {}
    if not found:
        return ()
    imported = {place for reference in references for place in found if reference.start <= place < reference.end}
    by_name = {found[place]: place for place in sorted(_outside_comments(data, found.keys() - imported), reverse=True)}
    return tuple(WrittenText(place, place + len(name), as_text(name)) for name, place in sorted(by_name.items()))


def _without_other_way(data: bytes, found: Mapping[int, bytes]) -> dict[int, bytes]:
    """Return the names without those by a look at all elements that has one at the script that runs to fall back on."""
    current, others = _names(data, [_CURRENT], _FAR_BYTES), _names(data, _LOOKS, _FAR_BYTES)
    return {place: name for place, name in found.items() if not (place in current and place in others)}


def _names(data: bytes, looks: Iterable[re.Pattern[bytes]], distance: int) -> dict[int, bytes]:
    """Return the names that stand within so many bytes of a look, by their places."""
    found = [match for look in looks for match in islice(look.finditer(data), _MOST_LOOKS)]
    windows = ((max(0, look.start() - distance), look.end() + distance) for look in found)
    return {name.start(): name[0] for window in windows for name in _NAME.finditer(data, *window)}


def _outside_comments(data: bytes, places: set[int]) -> Iterator[int]:
    lexer = Lexer(data)
    try:
        for place in sorted(places):
            token = lexer.token_at(place)
            if token is not None and not data.startswith((b"//", b"/*", b"#!", b"<!--", b"-->"), token[0]):
                yield place
    except UnreadableError:
        return
