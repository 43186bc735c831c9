"""By which rules a tag or a text of HTML is read: those of the body (``body_mode``), the head, tables and templates.

HTML 13.2.6.4. Frames have no mode of their own: they are read wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from servestatic_build.references.extractors.html_parsing import body_mode
from servestatic_build.references.extractors.html_parsing.body_mode import (
    EndHandler,
    StartHandler,
    by_name,
    close_template,
    no_end,
    nothing,
    ordinary,
    template,
)
from servestatic_build.references.extractors.html_parsing.parse_state import TABLE_SCOPE, Mode, ParseState

_WHITE = b"\t\n\f\r "
_HIDDEN = re.compile(rb"\btype\s*=\s*[\"']?hidden(?![^\s\"'])", re.IGNORECASE)


def read_start(state: ParseState, name: bytes, attributes: bytes) -> None:
    """Read a start tag."""
    rules = _RULES[state.mode]
    rules.starts.get(name, rules.start)(state, name, attributes)


def read_end(state: ParseState, name: bytes) -> None:
    """Read an end tag."""
    rules = _RULES[state.mode]
    rules.ends.get(name, rules.end)(state, name)


def read_text(state: ParseState, text: bytes) -> None:
    """Read text."""
    _RULES[state.mode].text(state, text)


class _Rules(NamedTuple):
    """Those of a mode: by name, and for any other name."""

    starts: dict[bytes, StartHandler]
    start: StartHandler
    ends: dict[bytes, EndHandler]
    end: EndHandler
    text: Callable[[ParseState, bytes], None]


@dataclass(frozen=True, slots=True)
class _Leaving:
    """Reads by the rules of the next mode what does not belong in this one, which it leaves first, if it can."""

    leave: Callable[[ParseState], bool]

    def start(self, state: ParseState, name: bytes, attributes: bytes) -> None:
        if self.leave(state):
            read_start(state, name, attributes)

    def end(self, state: ParseState, name: bytes) -> None:
        if self.leave(state):
            read_end(state, name)

    def text(self, state: ParseState, text: bytes) -> None:
        if text.strip(_WHITE) and self.leave(state):
            read_text(state, text)

    def only(self, state: ParseState, name: bytes) -> None:  # noqa: ARG002 - the handlers share a signature
        self.leave(state)


# The head.


def _enter_body(state: ParseState) -> bool:
    if state.current == b"head":
        state.pop()
    state.push(b"body")
    state.mode = Mode.BODY
    return True


def _end_head(state: ParseState) -> bool:
    state.pop()
    state.mode = Mode.AFTER_HEAD
    return True


def _noscript(state: ParseState, name: bytes, attributes: bytes) -> None:  # noqa: ARG001
    state.push(name)
    state.mode = Mode.NOSCRIPT


def _end_noscript(state: ParseState) -> bool:
    state.pop()
    state.mode = Mode.HEAD
    return True


_TO_BODY, _FROM_NOSCRIPT = _Leaving(_enter_body), _Leaving(_end_noscript)
_METADATA = b"base basefont bgsound link meta noframes script style title"
_AFTER_HEAD = _Rules(
    by_name((_METADATA + b" head html", nothing), (b"template", template)),
    _TO_BODY.start,
    by_name((b"body br html", _TO_BODY.end), (b"template", close_template)),
    no_end,
    _TO_BODY.text,
)
_HEAD = _AFTER_HEAD._replace(
    starts=_AFTER_HEAD.starts | by_name((b"noscript", _noscript)),
    ends=_AFTER_HEAD.ends | by_name((b"head", _Leaving(_end_head).only)),
)
_NOSCRIPT = _Rules(
    by_name((b"basefont bgsound head html link meta noframes noscript style", nothing)),
    _FROM_NOSCRIPT.start,
    by_name((b"noscript", _FROM_NOSCRIPT.only), (b"br", _FROM_NOSCRIPT.end)),
    no_end,
    _FROM_NOSCRIPT.text,
)

# Templates.


def _entering(mode: Mode) -> StartHandler:
    """Return what reads on in a template by the rules of a mode."""

    def handler(state: ParseState, name: bytes, attributes: bytes) -> None:
        state.mode = state.template_modes[-1] = mode
        read_start(state, name, attributes)

    return handler


_TEMPLATE = _Rules(
    by_name(
        (_METADATA, nothing),
        (b"template", template),
        (b"caption colgroup tbody tfoot thead", _entering(Mode.TABLE)),
        (b"col", _entering(Mode.COLUMNS)),
        (b"tr", _entering(Mode.ROWS)),
        (b"td th", _entering(Mode.ROW)),
    ),
    _entering(Mode.BODY),
    by_name((b"template", close_template)),
    no_end,
    body_mode.read_text,
)

# Tables.

_ROW_GROUPS = (b"tbody", b"tfoot", b"thead")
_ROOTS = (b"template", b"html")
_FOSTERING = frozenset((b"table", b"template", b"tr", *_ROW_GROUPS))
_PARTS = b"caption col colgroup tbody td tfoot th thead tr"


def _part(mode: Mode, *parents: bytes, implied: bytes = b"", marked: bool = False) -> StartHandler:
    """Return what opens a part of a table in the element that it belongs in, or one that is implied."""

    def handler(state: ParseState, name: bytes, attributes: bytes) -> None:
        state.pop_back_to(*parents, *_ROOTS)
        state.push(implied or name)
        state.mode = mode
        if marked:
            state.mark()
        if implied:
            read_start(state, name, attributes)

    return handler


def _leaving(mode: Mode, *elements: bytes, marked: bool = False) -> _Leaving:
    """Return what leaves one of some elements of a table, if it is open there."""

    def leave(state: ParseState) -> bool:
        if not state.has_in_scope(*elements, scope=TABLE_SCOPE):
            return False
        state.pop_until(*elements)
        if marked:
            state.clear_to_mark()
        state.mode = mode
        return True

    return _Leaving(leave)


def _end_table(state: ParseState) -> bool:
    if not state.has_in_scope(b"table", scope=TABLE_SCOPE):
        return False
    state.pop_until(b"table")
    state.reset_mode()
    return True


def _end_columns(state: ParseState) -> bool:
    if state.current != b"colgroup":
        return False
    state.pop()
    state.mode = Mode.TABLE
    return True


def _if_open(end: EndHandler) -> EndHandler:
    """Return what reads an end tag if what it names is open in the table."""

    def handler(state: ParseState, name: bytes) -> None:
        if state.has_in_scope(name, scope=TABLE_SCOPE):
            end(state, name)

    return handler


def _input(state: ParseState, name: bytes, attributes: bytes) -> None:
    if not _HIDDEN.search(attributes):
        body_mode.STARTS[name](state, name, attributes)


def _form(state: ParseState, name: bytes, attributes: bytes) -> None:  # noqa: ARG001
    state.has_form = state.has_form or not state.template_modes  # it holds nothing


def _table_text(state: ParseState, text: bytes) -> None:
    if state.current not in _FOSTERING or text.strip(_WHITE + b"\0"):
        body_mode.read_text(state, text)


_TABLE_ENDS, _FROM_COLUMNS = _Leaving(_end_table), _Leaving(_end_columns)
_CAPTION_ENDS = _leaving(Mode.TABLE, b"caption", marked=True)
_ROW_GROUP_ENDS = _leaving(Mode.TABLE, *_ROW_GROUPS)
_ROW_ENDS = _leaving(Mode.ROWS, b"tr")
_CELL_ENDS = _leaving(Mode.ROW, b"td", b"th", marked=True)
_BODY = _Rules(body_mode.STARTS, ordinary, body_mode.ENDS, ParseState.close, body_mode.read_text)
_TABLE = _Rules(
    body_mode.STARTS
    | by_name(
        (b"caption", _part(Mode.CAPTION, b"table", marked=True)),
        (b"colgroup", _part(Mode.COLUMNS, b"table")),
        (b"col", _part(Mode.COLUMNS, b"table", implied=b"colgroup")),
        (b"tbody tfoot thead", _part(Mode.ROWS, b"table")),
        (b"td th tr", _part(Mode.ROWS, b"table", implied=b"tbody")),
        (b"table", _TABLE_ENDS.start),
        (b"input", _input),
        (b"form", _form),
    ),
    ordinary,
    body_mode.ENDS | by_name((_PARTS, no_end), (b"table", _TABLE_ENDS.only)),
    ParseState.close,
    _table_text,
)
_CAPTION = _BODY._replace(
    starts=_BODY.starts | by_name((_PARTS, _CAPTION_ENDS.start)),
    ends=_BODY.ends | by_name((_PARTS, no_end), (b"caption", _CAPTION_ENDS.only), (b"table", _CAPTION_ENDS.end)),
)
_COLUMNS = _Rules(
    by_name((b"col html", nothing), (b"template", template)),
    _FROM_COLUMNS.start,
    by_name((b"colgroup", _FROM_COLUMNS.only), (b"col", no_end), (b"template", close_template)),
    _FROM_COLUMNS.end,
    _FROM_COLUMNS.text,
)
_ROW_GROUP = _TABLE._replace(
    starts=_TABLE.starts
    | by_name(
        (b"tr", _part(Mode.ROW, *_ROW_GROUPS)),
        (b"td th", _part(Mode.ROW, *_ROW_GROUPS, implied=b"tr")),
        (b"caption col colgroup tbody tfoot thead", _ROW_GROUP_ENDS.start),
    ),
    ends=_TABLE.ends | by_name((b"tbody tfoot thead", _if_open(_ROW_GROUP_ENDS.only)), (b"table", _ROW_GROUP_ENDS.end)),
)
_ROW = _TABLE._replace(
    starts=_TABLE.starts
    | by_name(
        (b"td th", _part(Mode.CELL, b"tr", marked=True)),
        (b"caption col colgroup tbody tfoot thead tr", _ROW_ENDS.start),
    ),
    ends=_TABLE.ends
    | by_name((b"tr", _ROW_ENDS.only), (b"table", _ROW_ENDS.end), (b"tbody tfoot thead", _if_open(_ROW_ENDS.end))),
)
_CELL = _BODY._replace(
    starts=_BODY.starts | by_name((_PARTS, _CELL_ENDS.start)),
    ends=_BODY.ends
    | by_name(
        (b"caption col colgroup", no_end),
        (b"td th", _if_open(_CELL_ENDS.only)),
        (b"table tbody tfoot thead tr", _if_open(_CELL_ENDS.end)),
    ),
)

_RULES: Mapping[Mode, _Rules] = {
    Mode.HEAD: _HEAD,
    Mode.NOSCRIPT: _NOSCRIPT,
    Mode.AFTER_HEAD: _AFTER_HEAD,
    Mode.BODY: _BODY,
    Mode.TABLE: _TABLE,
    Mode.CAPTION: _CAPTION,
    Mode.COLUMNS: _COLUMNS,
    Mode.ROWS: _ROW_GROUP,
    Mode.ROW: _ROW,
    Mode.CELL: _CELL,
    Mode.TEMPLATE: _TEMPLATE,
}
