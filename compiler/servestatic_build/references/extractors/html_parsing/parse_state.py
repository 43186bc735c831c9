"""What a parser of HTML keeps in mind of the tags so far (13.2.4), without a tree.

An open element is its name in lower case; one of SVG or MathML has its namespace and a space before it. A formatting
element is an object: it is closed and opened again, and is not another of its name.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from itertools import takewhile
from typing import TypeAlias, TypeGuard

from servestatic_build.references.extractors.html_parsing.foreign_content import ANNOTATION, HOLDS_HTML, foreign_named

# Who looks for an open element looks no deeper, so that a page takes time in proportion to its length. Browsers have a
# limit of this kind, too (Blink's maximumHTMLParserDOMTreeDepth).
_REACH = 256
_REMEMBERED = 64  # formatting elements that may be opened again
_ALIKE = 3  # "the Noah's Ark clause"
_ROUNDS, _KEPT = 8, 3  # of "the adoption agency algorithm"

_SPACE = ord(" ")

# What ends the search for an open element ("has an element in the specific scope").
SCOPE = frozenset(b"applet caption html marquee object select table td template th".split()) | HOLDS_HTML | {ANNOTATION}
BUTTON_SCOPE = SCOPE | {b"button"}
LIST_ITEM_SCOPE = SCOPE | {b"ol", b"ul"}
TABLE_SCOPE = frozenset((b"html", b"table", b"template"))
SPECIAL = SCOPE | frozenset(
    b"address area article aside base basefont bgsound blockquote body br button center col colgroup dd details dir div"
    b" dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr iframe"
    b" img input keygen li link listing main menu meta nav noembed noframes noscript ol p param plaintext pre script"
    b" search section source style summary tbody textarea tfoot thead title tr track ul wbr xmp".split()
)
_ITEM_SCOPE = SPECIAL - {b"address", b"div", b"p"}
_IMPLIED = frozenset(b"dd dt li optgroup option p rb rp rt rtc".split())


class Mode(StrEnum):
    """The insertion mode: by which rules a tag is read."""

    HEAD = "in head"
    NOSCRIPT = "in head noscript"
    AFTER_HEAD = "after head"
    BODY = "in body"
    TABLE = "in table"
    CAPTION = "in caption"
    COLUMNS = "in column group"
    ROWS = "in table body"
    ROW = "in row"
    CELL = "in cell"
    TEMPLATE = "in template"


# The modes that elements call for ("reset the insertion mode appropriately").
_MODES = {
    b"head": Mode.HEAD,
    b"body": Mode.BODY,
    b"table": Mode.TABLE,
    b"caption": Mode.CAPTION,
    b"colgroup": Mode.COLUMNS,
    **dict.fromkeys((b"tbody", b"tfoot", b"thead"), Mode.ROWS),
    b"tr": Mode.ROW,
    **dict.fromkeys((b"td", b"th"), Mode.CELL),
    b"template": Mode.TEMPLATE,
    b"html": Mode.AFTER_HEAD,
}


class Formatting:
    """A ``<b>`` or the like, with its attributes as they are written."""

    __slots__ = ("attributes", "name")

    def __init__(self, name: bytes, attributes: bytes) -> None:
        self.name = name
        self.attributes = attributes


Element: TypeAlias = bytes | Formatting


def is_foreign(element: Element) -> TypeGuard[bytes]:
    """Return whether an element is one of SVG or MathML."""
    return isinstance(element, bytes) and _SPACE in element


class ParseState:
    """The mode, what is open, and which formatting elements are to be opened again."""

    def __init__(self) -> None:
        """Begin a page."""
        self.mode = Mode.HEAD
        self.template_modes: list[Mode] = []  # of what stands in each open template
        self.has_document_type = False  # without it a page is in quirks mode
        self.has_form = False
        self._stack: list[Element] = [b"html", b"head"]
        self._formatting: list[Formatting | None] = []  # None is a marker
        self._unsettled = False  # whether an element of this list may have been closed

    def reset_mode(self) -> None:
        """Set the mode that the open elements call for."""
        place = self._place_of(_MODES)
        name = b"body" if place is None else self._stack[place]
        assert isinstance(name, bytes)
        self.mode = self.template_modes[-1] if name == b"template" else _MODES[name]

    @property
    def current(self) -> Element:
        """The innermost open element."""
        return self._stack[-1]

    def push(self, element: Element) -> None:
        """Open an element."""
        self._stack.append(element)

    def pop(self) -> None:
        """Close the current element."""
        self._cut(len(self._stack) - 1)

    def _cut(self, place: int) -> None:
        del self._stack[place:]
        self._unsettled = bool(self._formatting)

    def _reach(self) -> list[Element]:
        return self._stack[-_REACH:]

    def _place_of(self, elements: Collection[Element], scope: Collection[Element] = ()) -> int | None:
        """Return the place of the topmost of some elements, None where one that ends the scope is open in it."""
        reach = self._reach()
        if frozenset(elements).isdisjoint(reach):  # as it is most often, and found out soon
            return None
        for place in reversed(range(len(reach))):
            if reach[place] in elements:
                return len(self._stack) - len(reach) + place
            if reach[place] in scope:
                break
        return None

    def has_in_scope(self, *elements: Element, scope: Collection[Element] = SCOPE) -> bool:
        """Return whether one of some elements is open in the scope."""
        return self._place_of(elements, scope) is not None

    def pop_until(self, *elements: Element, scope: Collection[Element] = ()) -> None:
        """Close the topmost of some elements, if it is open in the scope, and all in it."""
        place = self._place_of(elements, scope)
        if place is not None:
            self._cut(place)

    def pop_back_to(self, *elements: Element) -> None:
        """Close all in the topmost of some elements."""
        place = self._place_of(elements)
        if place is not None:
            self._cut(place + 1)

    def remove(self, element: Element) -> None:
        """Close the topmost of elements of this kind, but nothing in it."""
        place = self._place_of((element,))
        if place is not None:
            del self._stack[place]

    def pop_implied(self, *kept: bytes) -> None:
        """Close what needs no end tag ("generate implied end tags")."""
        while (current := self._stack[-1]) in _IMPLIED and current not in kept:
            self.pop()

    def close(self, name: bytes) -> None:
        """Close the topmost element of a name unless a special one is open in it ("any other end tag")."""
        self.pop_until(name, scope=SPECIAL)

    def close_paragraph(self) -> None:
        """Close the paragraph that is open in button scope, if one is."""
        self.pop_until(b"p", scope=BUTTON_SCOPE)

    def close_item(self, *names: bytes) -> None:
        """Close what a new list item follows, unless a block is open in it."""
        self.pop_until(*names, scope=_ITEM_SCOPE)

    def close_foreign(self, name: bytes) -> bool:
        """Close the element of SVG or MathML that an end tag names; return False where HTML is to judge the tag."""
        reach = self._reach()
        if foreign_named(name).isdisjoint(reach):
            return False
        for place in reversed(range(len(reach))):
            if not is_foreign(reach[place]):
                return False
            if reach[place] in foreign_named(name):
                break
        self._cut(len(self._stack) - len(reach) + place)
        return True

    def leave_foreign(self) -> None:
        """Close elements of SVG and MathML up to one that may hold HTML."""
        place = len(self._stack)
        while is_foreign(self._stack[place - 1]) and self._stack[place - 1] not in HOLDS_HTML:
            place -= 1
        self._cut(place)

    def mark(self) -> None:
        """Keep the formatting elements so far from being opened again before the mark is cleared."""
        self._formatting.append(None)

    def clear_to_mark(self) -> None:
        """Forget the formatting elements behind the last mark."""
        self._unsettled = True
        while self._formatting and self._formatting.pop() is not None:
            pass

    def push_formatting(self, name: bytes, attributes: bytes) -> None:
        """Open a formatting element."""
        element = Formatting(name, attributes)
        alike = [other for other in self._marked() if (other.name, other.attributes) == (name, attributes)]
        if len(alike) >= _ALIKE:
            self._formatting.remove(alike[-1])
        self._stack.append(element)
        self._formatting.append(element)
        del self._formatting[:-_REMEMBERED]

    def _marked(self) -> list[Formatting]:
        """Return the formatting elements behind the last mark, the last first."""
        marked = []
        for element in reversed(self._formatting):
            if element is None:
                break
            marked.append(element)
        return marked

    def _formatting_named(self, name: bytes) -> Formatting | None:
        return next((element for element in self._marked() if element.name == name), None)

    def _unlist(self, element: Formatting) -> None:
        if element in self._formatting:
            self._formatting.remove(element)
        self._unsettled = True

    def reconstruct(self) -> None:
        """Open again the formatting elements that were closed by no end tag of their own."""
        if self._unsettled:
            still_open = frozenset(self._reach())
            closed = [*takewhile(lambda element: element not in still_open, self._marked())]
            self._stack += reversed(closed)
            self._unsettled = False

    def _open_formatting(self, name: bytes) -> list[Formatting]:
        return [element for element in self._reach() if isinstance(element, Formatting) and element.name == name]

    def has_formatting_in_scope(self, name: bytes) -> bool:
        """Return whether a formatting element of a name is open in scope."""
        return self.has_in_scope(*self._open_formatting(name))

    def close_link(self) -> None:
        """Close the ``<a>`` that a new one follows."""
        element = self._formatting_named(b"a")
        if element is not None:
            self.close_formatting(b"a")
            self._unlist(element)
            self.remove(element)

    def close_formatting(self, name: bytes) -> None:
        """Close a formatting element, whatever is open in it ("the adoption agency algorithm")."""
        current = self._stack[-1]
        if isinstance(current, Formatting) and current.name == name and current not in self._formatting:
            self._stack.pop()
            return
        for _ in range(_ROUNDS):
            element = self._formatting_named(name)
            if element is None:
                self.pop_until(*self._open_formatting(name), scope=SPECIAL)
                return
            if not self._adopt(element):
                return

    def _adopt(self, element: Formatting) -> bool:
        """Do a round of the algorithm and return whether there may be more to do."""
        place = self._place_of((element,))
        if place is None:
            self._unlist(element)
        elif self.has_in_scope(element):
            block = next((at for at in range(place, len(self._stack)) if self._stack[at] in SPECIAL), None)
            if block is not None:
                self._move_into(element, place, block)
                return True
            self._unlist(element)
            self._cut(place)
        return False

    def _move_into(self, element: Formatting, place: int, block: int) -> None:
        """Move a formatting element into a block that is open in it; of those between some of its kind stay."""
        between = self._stack[place + 1 : block]
        for other in between[:-_KEPT]:
            if isinstance(other, Formatting):
                self._unlist(other)
        kept = [other for other in between[-_KEPT:] if other in self._formatting]
        if kept:
            self._formatting.remove(element)
            self._formatting.insert(self._formatting.index(kept[-1]) + 1, element)
        self._stack[place : block + 1] = [*kept, self._stack[block], element]
