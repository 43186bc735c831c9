"""How the tags in a page's body change the parser's state (HTML 13.2.6.4.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from servestatic_build.references.extractors.html_parsing.parse_state import LIST_ITEM_SCOPE, SCOPE, Mode, ParseState

StartHandler: TypeAlias = Callable[[ParseState, bytes, bytes], None]  # of a name and the attributes as they are written
EndHandler: TypeAlias = Callable[[ParseState, bytes], None]

_HEADINGS = (b"h1", b"h2", b"h3", b"h4", b"h5", b"h6")


def ordinary(state: ParseState, name: bytes, attributes: bytes) -> None:  # noqa: ARG001 - handlers share a signature
    """Open an element."""
    state.reconstruct()
    state.push(name)


def nothing(state: ParseState, name: bytes, attributes: bytes) -> None:
    """Read a tag that opens nothing, or only text."""


def template(state: ParseState, name: bytes, attributes: bytes) -> None:  # noqa: ARG001
    """Open a template."""
    state.push(name)
    state.mark()
    state.mode = Mode.TEMPLATE
    state.template_modes.append(Mode.TEMPLATE)


def _inline(state: ParseState, name: bytes, attributes: bytes) -> None:  # noqa: ARG001
    state.reconstruct()


def _block(state: ParseState, name: bytes, attributes: bytes) -> None:  # noqa: ARG001
    state.close_paragraph()
    state.push(name)


def _heading(state: ParseState, name: bytes, attributes: bytes) -> None:  # noqa: ARG001
    state.close_paragraph()
    if state.current in _HEADINGS:
        state.pop()
    state.push(name)


def _item(*siblings: bytes) -> StartHandler:
    def handler(state: ParseState, name: bytes, attributes: bytes) -> None:
        state.close_item(*siblings)
        _block(state, name, attributes)

    return handler


def _form(state: ParseState, name: bytes, attributes: bytes) -> None:
    if not state.template_modes:
        if state.has_form:
            return
        state.has_form = True
    _block(state, name, attributes)


def _rule(state: ParseState, name: bytes, attributes: bytes) -> None:  # noqa: ARG001
    state.close_paragraph()
    if state.has_in_scope(b"select"):
        state.pop_implied()


def _old_preformatted(state: ParseState, name: bytes, attributes: bytes) -> None:
    state.close_paragraph()
    _inline(state, name, attributes)


def _button(state: ParseState, name: bytes, attributes: bytes) -> None:
    close_in_scope(state, name)
    ordinary(state, name, attributes)


def _formatting(state: ParseState, name: bytes, attributes: bytes) -> None:
    state.reconstruct()
    state.push_formatting(name, attributes)


def _link(state: ParseState, name: bytes, attributes: bytes) -> None:
    state.close_link()
    _formatting(state, name, attributes)


def _no_break(state: ParseState, name: bytes, attributes: bytes) -> None:
    state.reconstruct()
    if state.has_formatting_in_scope(name):
        state.close_formatting(name)
    _formatting(state, name, attributes)


def _object(state: ParseState, name: bytes, attributes: bytes) -> None:
    ordinary(state, name, attributes)
    state.mark()


def _table(state: ParseState, name: bytes, attributes: bytes) -> None:  # noqa: ARG001
    if state.has_document_type:
        state.close_paragraph()
    state.push(name)
    state.mode = Mode.TABLE


def _input(state: ParseState, name: bytes, attributes: bytes) -> None:
    close_in_scope(state, b"select")
    _inline(state, name, attributes)


def _select(state: ParseState, name: bytes, attributes: bytes) -> None:
    if state.has_in_scope(name):
        state.pop_until(name)
    else:
        ordinary(state, name, attributes)


def _option(*kept: bytes) -> StartHandler:
    def handler(state: ParseState, name: bytes, attributes: bytes) -> None:
        if state.has_in_scope(b"select"):
            state.pop_implied(*kept)
        elif state.current == b"option":
            state.pop()
        ordinary(state, name, attributes)

    return handler


def _ruby(*kept: bytes) -> StartHandler:
    def handler(state: ParseState, name: bytes, attributes: bytes) -> None:  # noqa: ARG001
        if state.has_in_scope(b"ruby"):
            state.pop_implied(*kept)
        state.push(name)

    return handler


def _foreign(state: ParseState, name: bytes, attributes: bytes) -> None:  # noqa: ARG001
    state.reconstruct()
    state.push(b"%b %b" % (name, name))


def no_end(state: ParseState, name: bytes) -> None:
    """Read an end tag that closes nothing."""


def close_in_scope(state: ParseState, name: bytes) -> None:
    """Close an element with all that is open in it, but not across the border of a scope."""
    state.pop_until(name, scope=SCOPE)


def close_template(state: ParseState, name: bytes) -> None:
    """Close a template."""
    if state.template_modes:
        state.pop_until(name)
        state.clear_to_mark()
        state.template_modes.pop()
        state.reset_mode()


def _close_item(state: ParseState, name: bytes) -> None:
    state.pop_until(name, scope=LIST_ITEM_SCOPE)


def _close_heading(state: ParseState, name: bytes) -> None:  # noqa: ARG001
    state.pop_until(*_HEADINGS, scope=SCOPE)


def _close_paragraph(state: ParseState, name: bytes) -> None:  # noqa: ARG001
    state.close_paragraph()


def _close_form(state: ParseState, name: bytes) -> None:
    if state.template_modes:
        close_in_scope(state, name)
    elif state.has_form:
        state.has_form = False
        if state.has_in_scope(name):
            state.pop_implied()
            state.remove(name)


def _close_object(state: ParseState, name: bytes) -> None:
    if state.has_in_scope(name):
        state.pop_until(name)
        state.clear_to_mark()


def _line_break(state: ParseState, name: bytes) -> None:  # noqa: ARG001
    state.reconstruct()


def read_text(state: ParseState, text: bytes) -> None:
    """Read text; NULs are none."""
    if text.strip(b"\0"):
        state.reconstruct()


_Handler = TypeVar("_Handler")


def by_name(*rows: tuple[bytes, _Handler]) -> dict[bytes, _Handler]:
    """Return a table of handlers from rows of names and what handles them."""
    return {name: handler for names, handler in rows for name in names.split()}


_BLOCKS = (
    b"address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer header hgroup"
    b" listing main menu nav ol pre search section summary ul"
)
_FORMATTING = b"b big code em font i s small strike strong tt u"
STARTS: dict[bytes, StartHandler] = by_name(
    (b"base basefont bgsound body frame frameset html iframe link meta noembed noframes param script source", nothing),
    (b"caption col colgroup head style tbody td textarea tfoot th thead title tr track", nothing),
    (b"template", template),
    (_BLOCKS + b" p plaintext", _block),
    (b"h1 h2 h3 h4 h5 h6", _heading),
    (b"form", _form),
    (b"li", _item(b"li")),
    (b"dd dt", _item(b"dd", b"dt")),
    (b"button", _button),
    (b"a", _link),
    (_FORMATTING, _formatting),
    (b"nobr", _no_break),
    (b"applet marquee object", _object),
    (b"table", _table),
    (b"area br embed image img keygen wbr", _inline),
    (b"input", _input),
    (b"hr", _rule),
    (b"xmp", _old_preformatted),
    (b"select", _select),
    (b"option", _option(b"optgroup")),
    (b"optgroup", _option()),
    (b"rb rtc", _ruby()),
    (b"rp rt", _ruby(b"rtc")),
    (b"math svg", _foreign),
)
ENDS: dict[bytes, EndHandler] = by_name(
    (b"body html", no_end),
    (b"template", close_template),
    (_BLOCKS + b" button dd dt select", close_in_scope),
    (b"li", _close_item),
    (b"h1 h2 h3 h4 h5 h6", _close_heading),
    (b"p", _close_paragraph),
    (b"form", _close_form),
    (_FORMATTING + b" a nobr", ParseState.close_formatting),
    (b"applet marquee object", _close_object),
    (b"br", _line_break),
)
