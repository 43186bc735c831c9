"""Frozen dataclasses as plain values and back, for MessagePack: what comes out of a cache is data, and runs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

_T = TypeVar("_T")
_Converter: TypeAlias = Callable[[Any], Any]

_PLAIN = frozenset({bool, bytes, int, str, NoneType})


def to_plain(value: Any) -> Any:
    """Return a dataclass as the tuple of its fields, and so on inside it; an enum's member as its value."""
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return _plain_tuple(value)
    values = _values_of(kind)
    if values is not None:
        return _plain_tuple(values(value))
    return value.value if isinstance(value, Enum) else value


def _plain_tuple(values: Iterable[Any]) -> tuple[Any, ...]:
    # Most are plain: to call for each would take as long as all the rest.
    return tuple([value if type(value) in _PLAIN else to_plain(value) for value in values])


@cache
def _values_of(kind: type) -> Callable[[Any], Iterable[Any]] | None:
    """Return what gives the fields of a dataclass, in order; None for another type."""
    if not is_dataclass(kind):
        return None
    names = [field.name for field in fields(kind)]
    return attrgetter(*names) if len(names) > 1 else lambda value: [getattr(value, name) for name in names]


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
    hints = [get_type_hints(kind)[field.name] for field in fields(kind)]
    # The types of most fields are compared here: a call for each would take twice as long as all the rest.
    plain = [(place, hint) for place, hint in enumerate(hints) if hint in _PLAIN]
    others = [(place, _converter(hint)) for place, hint in enumerate(hints) if hint not in _PLAIN]

    def make(values: Any) -> Any:
        whole = [*values]
        if len(whole) != len(hints):
            raise ValueError(f"{len(whole)} fields of {kind.__name__}")
        for place, wanted in plain:
            if type(whole[place]) is not wanted:
                raise TypeError(f"{whole[place]!r} is no {wanted.__name__}")
        for place, convert in others:
            whole[place] = convert(whole[place])
        return kind(*whole)

    return make


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
