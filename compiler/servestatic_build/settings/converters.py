"""What is given as a setting's value, as plain types. Each function raises ConfigError, which says what is wanted."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from typing import Any, TypeVar

from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings.problems import within

_T = TypeVar("_T")

_MOST_BYTES = 2**63
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,3})?) ?([kmgt]i?b|b|)", re.IGNORECASE)
_UNITS = {"": 1, "b": 1} | {
    f"{letter}{unit}": base ** (power + 1)
    for power, letter in enumerate("kmgt")
    for unit, base in (("b", 1000), ("ib", 1024))
}
_LONGEST_SHOWN = 60
_MOST_BITS_SHOWN = 64  # beyond 4,300 digits Python refuses to write a number out


def refusal(value: object, wanted: str, hint: str | None = None) -> ConfigError:
    """Return the error that says of a value what is wanted in its place."""
    return ConfigError(f"{shown(value)} is not {wanted}", hint)


def shown(value: object) -> str:
    """Return a value as a message has it: in one short line."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, int) and value.bit_length() > _MOST_BITS_SHOWN:
        return "a number of that size"
    if isinstance(value, list | tuple | AbstractSet):
        return "a list"
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def text(value: object) -> str:
    """Return text that can stand in an output."""
    checked = raw_text(value)
    try:
        checked.encode()
    except UnicodeEncodeError as error:
        raise ConfigError(f"{shown(value)} is not UTF-8") from error
    return checked


def raw_text(value: object) -> str:
    """Return text for the file system, whose names may be of any bytes but NUL."""
    checked = string(value)
    if "\0" in checked:
        raise ConfigError(f"{shown(value)} has a NUL character")
    return checked


def string(value: object) -> str:
    """Return a string of any characters."""
    if not isinstance(value, str):
        raise refusal(value, "a string")
    return value


def path(value: object) -> str:
    """Return a path as text."""
    if not isinstance(value, str | os.PathLike):
        raise refusal(value, "a path")
    checked = raw_text(os.fspath(value))
    if not checked:
        raise ConfigError("'' is not a path", "if a variable should be there, it is empty or not set")
    return checked


def size(value: object, wanted: str = 'a size, such as "150 kB"') -> int:
    """Return a number of bytes, given as such or with a unit."""
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match:
        return int(float(match[1]) * _UNITS[match[2].lower()])
    if type(value) is not int or not 0 <= value < _MOST_BYTES:
        raise refusal(value, wanted)
    return value


def items(value: object, convert: Callable[[Any], _T], wanted: str, *single: type) -> tuple[_T, ...]:
    """Return the items of a list, each converted; a value of the ``single`` types is a list of itself."""
    if isinstance(value, single):
        return (convert(value),)
    if isinstance(value, str | bytes | bytearray) or not isinstance(value, Sequence | AbstractSet):
        raise refusal(value, wanted)
    return tuple(_item(number, convert, item, is_only=len(value) == 1) for number, item in enumerate(_in_order(value)))


def table(value: object, convert: Callable[[Any], _T], wanted: str) -> dict[str, _T]:
    """Return a table by text, its values converted."""
    if not isinstance(value, Mapping):
        raise refusal(value, wanted)
    return {text(key): _item(str(key), convert, item) for key, item in value.items()}


def one_of(value: object, choices: Collection[str], more: Collection[str] = ()) -> str:
    """Return one of the choices; ``more`` are words that a hint may propose, too."""
    if not isinstance(value, str) or value not in choices:
        near = get_close_matches(value.lower(), [*choices, *more], n=1) if isinstance(value, str) else None
        raise refusal(value, f"one of {', '.join(choices)}", f"did you mean {near[0]}?" if near else None)
    return value


def _item(key: str | int, convert: Callable[[Any], _T], item: object, *, is_only: bool = False) -> _T:
    with within(key, is_only=is_only):
        return convert(item)


def _in_order(value: Sequence[Any] | AbstractSet[Any]) -> Sequence[Any]:
    """Return items in the order in which they are given. A set has none that is the same in every process."""
    return sorted(value, key=repr) if isinstance(value, AbstractSet) else value
