"""References in scripts and modules: imports of every kind, URLs relative to the module, workers, the source map.

Words that may begin one are looked for first. Where the lexer says that such a word is code, a form reads on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from servestatic_build.model import Extraction, Reference, ReferenceKind, Unreadable
from servestatic_build.references.extractors.javascript_forms import Form, form, literal, read
from servestatic_build.references.extractors.javascript_lexer import WIDE_SPACE, Lexer, UnreadableError
from servestatic_build.references.extractors.javascript_workers import (
    IMPORT_SCRIPTS,
    LAST_WORD,
    Workers,
    imported_scripts,
    is_suspect,
)
from servestatic_build.references.extractors.sought_scripts import sought_scripts
from servestatic_build.references.extractors.source_map_comment import (
    SOURCE_MAP_COMMENT,
    last_source_map,
    source_map_reference,
)

# By their first word: what stands behind it. https://github.com/tc39/proposal-defer-import-eval and
# proposal-source-phase-imports add a word before what is imported.
FORMS: Mapping[bytes, tuple[tuple[Form, ReferenceKind], ...]] = {
    b"import": (
        (form("CLAUSE"), ReferenceKind.IMPORT),
        (form("( LITERAL END"), ReferenceKind.DYNAMIC_IMPORT),
        (form(". PHASE ( LITERAL END"), ReferenceKind.DYNAMIC_IMPORT),
        (form(". meta . resolve ( LITERAL END"), ReferenceKind.DYNAMIC_IMPORT),
    ),
    b"export": (
        (form("NAMES from STRING"), ReferenceKind.IMPORT),
        (form("* from STRING"), ReferenceKind.IMPORT),
        (form("* as NAME from STRING"), ReferenceKind.IMPORT),
    ),
    b"URL": ((form("( LITERAL , import . meta . url COMMA? )"), ReferenceKind.URL),),
}
# Keywords can't be written with escapes (ECMA-262, 12.7.2). No longer word may hold one, a letter beyond ASCII in front
# of it is looked for later.
_END = rb"(?![\w$\\]|(?!" + WIDE_SPACE + rb")[\x80-\xff])"
_WHOLE = rb"%b(?<![\w$#]%b)" + _END
WHOLE_WORDS: Mapping[bytes, bytes] = {word: _WHOLE % (word, word) for word in (*FORMS, IMPORT_SCRIPTS)}
_WORD = re.compile(rb"|".join((*WHOLE_WORDS.values(), LAST_WORD + _END, SOURCE_MAP_COMMENT)))


def extract(data: bytes) -> Extraction:
    """Return the references of a script or module: imports, URLs relative to it, workers, its source map."""
    lexer, workers = Lexer(data), Workers(data)
    references: list[Reference] = []
    unreadable: tuple[Unreadable, ...] = ()
    try:
        references.extend(_references(data, lexer, workers))  # up to the error, if there is one
        lexer.close()
    except UnreadableError as error:
        references = [reference for reference in references if reference.start < error.start]
        unreadable = (Unreadable(error.start, "JavaScript syntax error: the script cannot be parsed from here on"),)
    references = workers.told(references)
    return Extraction(
        last_source_map(references),
        unreadable,
        may_be_service_worker=is_suspect(data),
        sought_scripts=sought_scripts(data, references),
    )


def _references(data: bytes, lexer: Lexer, workers: Workers) -> Iterator[Reference]:
    for word in _WORD.finditer(data):
        hidden_by = lexer.token_at(word.start())
        if hidden_by is None:
            yield from _in_code(data, word, lexer, workers)
        elif hidden_by[0] == word.start():
            yield from filter(None, (source_map_reference(data[slice(*hidden_by)], word.start()),))


def _in_code(data: bytes, word: re.Match[bytes], lexer: Lexer, workers: Workers) -> Iterator[Reference]:
    """Yield the references that a word of code begins, if it does."""
    end = word.end()
    if word[0] == LAST_WORD:
        yield from filter(None, (workers.call(end),))
    elif word[0] == IMPORT_SCRIPTS:
        yield from imported_scripts(data, end)
    else:
        yield from _form(data, word, lexer)


def _form(data: bytes, word: re.Match[bytes], lexer: Lexer) -> Iterator[Reference]:
    """Yield the reference of the form that a word begins, if what stands there and before it is one."""
    start, end = word.span()
    before = lexer.token_end_before(start)
    for steps, kind in FORMS[word[0]] if _begins(data, start, before) else ():
        if (reading := read(data, end, steps)) and reading.text and _may_stand(kind, data, before, lexer):
            yield literal(data, reading.text.span(1), kind)
            return


def _begins(data: bytes, start: int, before: int) -> bool:
    """Return whether a word is a whole one, and no property, by what ends at ``before``."""
    if before == start and data[start - 1 : start] >= b"\x80":
        return False
    return not data.endswith(b".", 0, before) or data.endswith(b"...", 0, before)


def _may_stand(kind: ReferenceKind, data: bytes, before: int, lexer: Lexer) -> bool:
    """Return whether this kind of reference may stand behind what ends at ``before``."""
    if kind is ReferenceKind.IMPORT:
        return lexer.depth == 0
    return kind is not ReferenceKind.URL or data.endswith(b"new", 0, before)
