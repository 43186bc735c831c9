"""Frozen dataclasses as plain values and back, for MessagePack: what comes out of a cache is data, and runs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

_T = TypeVar("_T")
_Converter: TypeAlias = Callable[[Any], Any]


def to_plain(value: Any) -> Any:
    """Return a dataclass as the tuple of its fields, and so on inside it; an enum's member as its value."""
    if is_dataclass(value):
        return tuple(to_plain(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, tuple):
        return tuple(map(to_plain, value))
    return value.value if isinstance(value, Enum) else value


def from_plain(kind: type[_T], value: Any) -> _T:
    """Return the dataclass that ``to_plain`` had; raise ValueError or TypeError for what is none of this kind."""
    hint: Any = kind
    made: _T = _converter(hint)(value)
    return made


@cache
def _converter(hint: Any) -> _Converter:
    """Return what makes a field of a type from its plain value."""
    if is_dataclass(hint):
        return _dataclass_maker(hint)
    if get_origin(hint) is tuple:
        return _tuple_maker(hint)
    if get_origin(hint) in {Union, UnionType}:
        (kind,) = (each for each in get_args(hint) if each is not NoneType)
        make = _converter(kind)
        return lambda value: None if value is None else make(value)
    return hint if isinstance(hint, type) and issubclass(hint, Enum) else _checker(hint)


def _dataclass_maker(kind: Any) -> _Converter:
    hints = get_type_hints(kind)
    makers = [_converter(hints[field.name]) for field in fields(kind)]
    return lambda values: kind(*_each(makers, values))


def _tuple_maker(hint: Any) -> _Converter:
    kinds = get_args(hint)
    if kinds[-1] is Ellipsis:
        make = _converter(kinds[0])
        return lambda values: tuple(map(make, values))
    makers = [_converter(kind) for kind in kinds]
    return lambda values: tuple(_each(makers, values))


def _each(makers: list[_Converter], values: Any) -> Iterator[Any]:
    return (make(value) for make, value in zip(makers, values, strict=True))


def _checker(kind: type) -> _Converter:
    def check(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{value!r} is no {kind.__name__}")
        return value

    return check
