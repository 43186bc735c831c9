"""What a manifest has for a record's fields, checked by the record's own annotations: see ``format``. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from types import UnionType
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

Record = TypeVar("Record", bound=NamedTuple)


def reader(record: type[Record]) -> Callable[[Sequence[Any]], Record]:
    """Return a function that makes a record of its fields.

    Fields that it does not know are ignored, and those with a default may be missing. It raises TypeError where a field
    or an item of a list is of another type; what is in a list of records or of pairs, who takes them must check.
    """
    annotations = tuple(record.__annotations__.values())
    count, fewest = len(annotations), len(annotations) - len(record._field_defaults)
    choices = [_types(annotation) for annotation in annotations]
    valid = frozenset(types for length in range(fewest, count + 1) for types in product(*choices[:length]))
    lists = tuple((place, {item}) for place, annotation in enumerate(annotations) if (item := _item(annotation)))
    new = tuple.__new__  # what the record's own calls: every lookup makes one

    def read(fields: Sequence[Any]) -> Record:
        fields = fields if len(fields) <= count else fields[:count]
        if tuple(map(type, fields)) not in valid:
            raise TypeError("a field is missing or of another type")
        made = new(record, fields) if len(fields) == count else record(*fields)
        for place, item in lists:
            if (items := made[place]) and {*map(type, items)} != item:
                raise TypeError("an item is of another type")
        return made

    return read


def _types(annotation: Any) -> tuple[type, ...]:
    """Return the types that a decoded value may have."""
    return tuple(list if get_origin(choice) else choice for choice in _choices(annotation))


def _item(annotation: Any) -> type | None:
    """Return the type of a list's items; None where they are lists themselves, or the value is no list."""
    items = [item for choice in _choices(annotation) for item in get_args(choice)]
    return next((item for item in items if not issubclass(get_origin(item) or item, tuple)), None)


def _choices(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
