"""Names by which a script looks for script elements, to make URLs of the one that it finds.

Such a script finds nothing where the file it looks for has another name in the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from servestatic_build.model import WrittenText
from servestatic_build.references.extractors.javascript_lexer import Lexer, UnreadableError
from servestatic_build.text import as_text

# Each begins with a text of its own: so it is searched for at the speed of memory.
_LOOKS = tuple(
    re.compile(pattern)
    for pattern in (
        rb"currentScript",
        rb"document\.scripts",
        rb"getElementsByTagName\(\s*[\"'`](?:script|SCRIPT)[\"'`]",
        rb"querySelector(?:All)?\(\s*[\"'`][^\"'`\n]{0,60}?\bscript\b",
    )
)
_MOST_LOOKS = 100
_NEAR_BYTES = 600
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
    found = {start: name for look in _looks(data) for start, name in _names(data, look)}
    if not found:
        return ()
    imported = {place for reference in references for place in found if reference.start <= place < reference.end}
    by_name = {found[place]: place for place in sorted(_outside_comments(data, found.keys() - imported), reverse=True)}
    return tuple(WrittenText(place, place + len(name), as_text(name)) for name, place in sorted(by_name.items()))


def _looks(data: bytes) -> Iterator[re.Match[bytes]]:
    for pattern in _LOOKS:
        yield from (match for match, _ in zip(pattern.finditer(data), range(_MOST_LOOKS), strict=False))


def _names(data: bytes, look: re.Match[bytes]) -> Iterator[tuple[int, bytes]]:
    window = max(0, look.start() - _NEAR_BYTES), look.end() + _NEAR_BYTES
    return ((match.start(), match[0]) for match in _NAME.finditer(data, *window))


def _outside_comments(data: bytes, places: set[int]) -> Iterator[int]:
    lexer = Lexer(data)
    try:
        for place in sorted(places):
            token = lexer.token_at(place)
            if token is not None and not data.startswith((b"//", b"/*", b"#!", b"<!--", b"-->"), token[0]):
                yield place
    except UnreadableError:
        return
