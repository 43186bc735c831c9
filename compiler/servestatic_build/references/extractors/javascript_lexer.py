"""Which places of a script are code: outside its comments, strings, regular expressions, templates and the text of JSX.

The way is es-module-lexer's: read no expressions, only know where each token begins and ends that can hide text, and
which brackets are open around it. A syntax tree would take twenty times the script's size in memory.

The one hard question is what a slash or "<" means (ECMA-262, 12.1): where an operand may stand it begins a regular
expression or JSX, behind an operand it divides or compares. What stands before it decides.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import ClassVar, TypeAlias

# Each pattern is searched for from where the last one ended, and none can match a place in two ways: the time grows with
# the script, whatever is in it, and no repeated group takes 176 bytes of re's stack for each of its rounds. (Possessive
# quantifiers would do it too, but Python 3.11.0 to 3.11.4 mistakes them: https://github.com/python/cpython/issues/101955
# and 106052.)
# ECMA-262, 12.2 to 12.4, 12.9.4 and 12.9.6, in bytes of UTF-8.
WIDE_SPACE = rb"\xc2\xa0|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80|\xef\xbb\xbf"

# Each alternative begins with a character, so that the search skips what begins with none of them at C's speed.
_TOKEN = re.compile(rb"[(){}`/]|\"(?:[^\"\\\n\r]*\")?|'(?:[^'\\\n\r]*')?|<[<=]*|-->")
_STRING_STOPS = {
    ord('"'): re.compile(rb"\\(?:\r\n|.)|([\"\n\r])", re.DOTALL),
    ord("'"): re.compile(rb"\\(?:\r\n|.)|(['\n\r])", re.DOTALL),
}
_TEMPLATE_STOP = re.compile(rb"\\.|(`|\$\{)", re.DOTALL)
_REGULAR_EXPRESSION_STOP = re.compile(rb"\\[^\n\r]|([/\[\]\n\r])")
_FLAGS = re.compile(rb"[A-Za-z]*")
_JSX_TAG_STOP = re.compile(rb"\"[^\"]*\"|'[^']*'|(/>|[>{<\"']|/\*)")
_JSX_TEXT_STOP = re.compile(rb"(\{|<(?:/[^>]*>)?)")
_LINE_END = re.compile(rb"[\n\r]|\xe2\x80[\xa8\xa9]")
_SPACES_AND_COMMENT = re.compile(rb"\s*(?:(//)|(/\*)|(" + WIDE_SPACE + rb"))?")
_WIDE_SPACE_BEFORE = re.compile(rb"(?:" + WIDE_SPACE + rb")\Z")

_SPACES = frozenset(b" \t\n\r\v\f")
_ASCII_WORD = frozenset(b"$_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_WORD = _ASCII_WORD | frozenset(range(0x80, 0x100))
_LONGEST_KEYWORD = len("instanceof")
_BEFORE_EXPRESSION = frozenset(
    b"await case default delete extends in instanceof new return throw typeof void yield".split()
)
_BEFORE_OPERAND = _BEFORE_EXPRESSION | frozenset(b"break continue debugger do else".split())
_BEFORE_HEAD = frozenset(b"for if while with".split())  # behind the ")" of these heads a statement begins

_PAREN, _BRACE, _SUBSTITUTION, _JSX_EXPRESSION, _IN_TAG, _IN_ELEMENT = range(6)
_JSX = {_IN_TAG: _JSX_TAG_STOP, _IN_ELEMENT: _JSX_TEXT_STOP}
# What is open, where it began, and whether it ends as an operand: a value, not a statement or the head of one.
_Open: TypeAlias = "tuple[int, int, bool]"


class UnreadableError(Exception):
    """A script that can't be read from the byte ``start`` on."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


class Lexer:
    """Reads a script from its start to the places asked for, which must ascend."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._open: list[_Open] = []
        self._start, self._end = 0, _line_end(data, 0) if data.startswith(b"#!") else 0  # the last token
        self._gap = (0, self._end)  # the last run of comments: where the token before it ends, where the run does
        self._closed = (-1, False)  # where the last token ends whose end doesn't tell, and whether it is an operand
        self._find()

    @property
    def depth(self) -> int:
        """How many brackets are open."""
        return len(self._open)

    def token_at(self, place: int) -> tuple[int, int] | None:
        """Return where the token that hides a place starts and ends, None where the place is code.

        Raises:
            UnreadableError: the script can't be read so far; it can up to the outermost bracket that is open there.
        """
        while self._next_start <= place:
            self._read()
        return (self._start, self._end) if place < self._end else None

    def close(self) -> None:
        """Read on until every bracket that is open is closed; raise UnreadableError."""
        while self._open:
            if self._next is None:
                raise self._unreadable()
            self._read()

    def token_end_before(self, place: int) -> int:
        """Return where the token before a place of code ends: behind it come spaces and comments only."""
        end = _without_spaces(self._data, place)
        return self._gap[0] if end == self._gap[1] else end

    def _find(self) -> None:
        self._next = _TOKEN.search(self._data, self._end)
        self._next_start = sys.maxsize if self._next is None else self._next.start()

    def _read(self) -> None:
        assert self._next is not None
        self._start, self._end = self._next.span()
        self._READERS[self._data[self._start]](self)
        self._find()

    def _unreadable(self, token: int | None = None) -> UnreadableError:
        start = self._start if token is None else token
        return UnreadableError(self._open[0][1] if self._open else start)

    def _parenthesis(self) -> None:
        end = self.token_end_before(self._start)
        word = self._keyword(end)
        if word == b"await":  # maybe that of a loop
            word = self._keyword(self.token_end_before(end - len(word)))
        self._open.append((_PAREN, self._start, word not in _BEFORE_HEAD))

    def _brace(self) -> None:
        self._open.append((_BRACE, self._start, self._is_value()))

    def _closing_parenthesis(self) -> None:
        _, _, operand = self._pop(_PAREN)
        self._closed = (self._end, operand)

    def _closing_brace(self) -> None:
        kind, start, operand = self._pop(_BRACE, _SUBSTITUTION, _JSX_EXPRESSION)
        if kind == _BRACE:
            self._closed = (self._end, operand)
        elif kind == _SUBSTITUTION:
            self._template(start)
        else:
            self._jsx()

    def _pop(self, *kinds: int) -> _Open:
        if not self._open or self._open[-1][0] not in kinds:
            raise self._unreadable()
        return self._open.pop()

    def _string(self) -> None:
        if self._end == self._start + 1:  # it has escapes, or no end
            quote = self._data[self._start]
            if self._read_to(_STRING_STOPS[quote]) != quote:
                raise self._unreadable()

    def _read_to(self, pattern: re.Pattern[bytes], began: int | None = None) -> int:
        """Read through what a pattern's group matches first, and return its last byte."""
        for match in pattern.finditer(self._data, self._end):
            if match[1] is not None:
                self._end = match.end()
                return match[1][-1]
        raise self._unreadable(began)

    def _template(self, began: int | None = None) -> None:
        """Read the text of a template, which ``began`` at a place before, up to its end or its next substitution."""
        start = self._start if began is None else began
        if self._read_to(_TEMPLATE_STOP, start) == ord("{"):
            self._open.append((_SUBSTITUTION, start, True))

    def _slash(self) -> None:
        if self._data.startswith(b"//", self._start):
            self._rest_of_line()
        elif self._data.startswith(b"/*", self._start):
            self._block_comment(self._start + len(b"/*"))
            self._comment()
        elif self._expects_operand():
            self._regular_expression()

    def _block_comment(self, text: int) -> None:
        """Read to the end of the comment whose text starts at a place."""
        end = self._data.find(b"*/", text)
        if end < 0:
            raise self._unreadable()
        self._end = end + len(b"*/")

    def _regular_expression(self) -> None:
        in_class, stop = False, 0
        while in_class or stop != ord("/"):
            stop = self._read_to(_REGULAR_EXPRESSION_STOP)
            if stop in b"\n\r":
                raise self._unreadable()
            in_class = stop == ord("[") or (in_class and stop != ord("]"))
        self._end = _end(_FLAGS, self._data, self._end)
        self._closed = (self._end, True)

    def _comment(self) -> None:
        self._gap = (self.token_end_before(self._start), self._end)

    def _less_than(self) -> None:
        # In a module it compares with a negation, but those who write that put a space between (ECMA-262, B.1.1).
        if self._data.startswith(b"<!--", self._start):
            self._rest_of_line()
        elif self._end == self._start + 1 and self._expects_operand():
            self._open.append((_IN_TAG, self._start, True))
            self._jsx()

    def _html_close(self) -> None:
        """Read HTML's end of a comment: alone on its line, it makes a comment of what is behind it (B.1.1)."""
        end = self.token_end_before(self._start)
        if not end or _LINE_END.search(self._data, end, self._start):
            self._rest_of_line()

    def _rest_of_line(self) -> None:
        self._end = _line_end(self._data, self._start)
        self._comment()

    def _jsx(self) -> None:
        """Read JSX up to the end of the outermost element or to the next expression in braces."""
        while self._open and (inside := self._open[-1][0]) in _JSX:
            stop = self._read_to(_JSX[inside])
            if stop in b"\"'":
                raise self._unreadable()
            if stop == ord("*"):
                self._block_comment(self._end)
            elif stop == ord("{"):
                self._open.append((_JSX_EXPRESSION, self._start, True))
                return
            elif stop == ord("<"):
                self._open.append((_IN_TAG, self._start, True))
            else:
                self._jsx_end(inside)
        self._closed = (self._end, True)

    def _jsx_end(self, inside: int) -> None:
        """End a tag, maybe with its element, or the element."""
        _, start, _ = self._open.pop()
        if inside == _IN_TAG and not self._data.endswith(b"/>", 0, self._end):
            self._open.append((_IN_ELEMENT, start, True))

    def _expects_operand(self) -> bool:
        """Return whether an operand may stand where the token does."""
        end = self.token_end_before(self._start)
        if not end or end == self._closed[0]:
            return not (end and self._closed[1])
        last = self._data[end - 1]
        if last in _WORD:
            word = self._keyword(end)
            return word in _BEFORE_OPERAND or (word == b"of" and self._is_keyword_of(end))
        if last in b".+-":
            return self._data.endswith(b"...", 0, end) or not self._data.endswith((b".", b"++", b"--"), 0, end)
        return last not in b"'\"`]"

    def _is_value(self) -> bool:
        """Return whether the brace opens an object and no block, body or class."""
        end = self.token_end_before(self._start)
        if not end or end == self._closed[0]:
            return False  # behind ")" it is a body; a function's may be a value, but nobody divides one
        last = self._data[end - 1]
        if last in _WORD:  # or it is part of a name, in an escape
            return self._keyword(end) in _BEFORE_EXPRESSION or self._data.endswith(b"\\u", 0, self._start)
        if last == ord("{"):
            return self._open[-1][0] != _BRACE
        if last == ord(":"):  # of a label or a case, in a block; of a condition, too, but nobody divides such an object
            return bool(self._open) and (self._open[-1][0] != _BRACE or self._open[-1][2])
        return last not in b";]'\"`" and not self._data.endswith((b"=>", b"++", b"--"), 0, end)

    def _keyword(self, end: int) -> bytes:
        """Return the word that ends at a place, or nothing where it is a property or too long for a keyword."""
        data, start = self._data, end
        while start and data[start - 1] in _ASCII_WORD:
            start -= 1
            if end - start > _LONGEST_KEYWORD:
                return b""
        before = self.token_end_before(start)
        if before == start and data[start - 1 : start] >= b"\x80":
            return b""
        is_property = data.endswith((b".", b"#"), 0, before) and not data.endswith(b"...", 0, before)
        return b"" if is_property else data[start:end]

    def _is_keyword_of(self, end: int) -> bool:
        """Return whether the "of" that ends here is that of a loop: it stands behind what is declared."""
        before = _without_spaces(self._data, end - len("of"))
        declared = before and (self._data[before - 1] in _WORD or self._data[before - 1] in b"]}")
        return bool(declared) and self._keyword(before) not in _BEFORE_OPERAND

    # By a token's first byte.
    _READERS: ClassVar[Mapping[int, Callable[[Lexer], None]]] = {
        ord("("): _parenthesis,
        ord(")"): _closing_parenthesis,
        ord("{"): _brace,
        ord("}"): _closing_brace,
        ord('"'): _string,
        ord("'"): _string,
        ord("`"): _template,
        ord("/"): _slash,
        ord("<"): _less_than,
        ord("-"): _html_close,
    }


def _without_spaces(data: bytes, end: int) -> int:
    """Return ``end``, moved back over white space."""
    while end:
        last = data[end - 1]
        if last in _SPACES:
            end -= 1
        elif last >= 0x80 and (space := _WIDE_SPACE_BEFORE.search(data, max(end - 3, 0), end)):
            end = space.start()
        else:
            break
    return end


def code_after(data: bytes, place: int) -> int:
    """Return where the next token starts, behind white space and comments."""
    while True:
        match = _SPACES_AND_COMMENT.match(data, place)
        assert match is not None, "the pattern matches nothing, too"
        place = match.end()
        if match[1]:
            place = _line_end(data, place)
        elif match[2]:
            end = data.find(b"*/", place)
            place = end + 2 if end >= 0 else len(data)
        elif not match[3]:
            return place


def _line_end(data: bytes, start: int) -> int:
    end = _LINE_END.search(data, start)
    return end.start() if end else len(data)


def _end(pattern: re.Pattern[bytes], data: bytes, start: int) -> int:
    match = pattern.match(data, start)
    assert match is not None, "the pattern matches nothing, too"
    return match.end()
