"""What the settings change in a file's headers, and which headers a rule may change."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from wsgiref.headers import Headers

from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings import converters
from servestatic_build.settings.globs import Globs, patterns
from servestatic_build.settings.problems import within
from servestatic_runtime.format import VARIANT_HEADERS

# (headers, path, URL): changes the headers of the file at the path
HeadersHook: TypeAlias = Callable[[Headers, str, str], object]

# RFC 9110 5.6.2, and 5.5 without obs-fold; latin-1 is all that WSGI can carry.
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

# Decided by the bytes and the request. A rule may take a validator away, and change none of these.
DECIDED = frozenset(name.lower() for name in (*VARIANT_HEADERS, "Content-Range", "Transfer-Encoding", "Connection"))
REMOVABLE = frozenset({"etag", "last-modified"})

_KEYS = {"for", "set", "add", "remove"}  # of a table


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """What the settings change for the files that match: ``remove`` first, then ``set``, then ``add``."""

    files: Globs
    set: Mapping[str, str] = field(default_factory=dict)
    add: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ConfigError for a header that can't be sent, or that is not a rule's to decide."""
        given = {"files": patterns(self.files), "set": _headers("set", self.set), "add": _headers("add", self.add)}
        for name, value in {**given, "remove": _removed(self.remove)}.items():
            object.__setattr__(self, name, value)
        for name in (*self.set, *self.add, *(name for name in self.remove if name.lower() not in REMOVABLE)):
            if name.lower() in DECIDED:
                raise ConfigError(f"{name} is decided by the file's bytes and can't be changed by a rule")

    @classmethod
    def of(cls, value: Any) -> HeaderRule:
        """Return a rule, or what a table says as one; raise ConfigError."""
        if isinstance(value, HeaderRule):
            return value
        table = converters.table(value, lambda item: item, "a table")
        if "for" not in table or not set(table) <= _KEYS:
            keys = f"a rule has the keys {', '.join(sorted(table)) or 'none'}"
            raise ConfigError(keys, 'write for = "*.pdf" and any of set, add, remove')
        return cls(table.pop("for"), **table)

    def apply(self, headers: Headers) -> None:
        """Change the headers as the rule says."""
        for name in self.remove:
            del headers[name]
        for name, value in self.set.items():
            headers[name] = value
        for name, value in self.add.items():
            headers.add_header(name, value)


def header_problem(name: str, value: str) -> str | None:
    """Return what is wrong with a header, or None for one that can be sent."""
    if not _NAME.fullmatch(name):
        return f"{name!r} is not the name of a header"
    if not _VALUE.fullmatch(value):
        return f"the value of {name} has characters that no header may have: {value!r}"
    if value != value.strip(" \t"):  # which is no part of a value (RFC 9110 5.5); h11 answers nothing then
        return f"the value of {name} has white space around it: {value!r}"
    return None


def _headers(key: str, value: Any) -> dict[str, str]:
    with within(key):
        headers = converters.table(value, converters.string, "a table of headers")
    for name, text in headers.items():
        if problem := header_problem(name, text):
            raise ConfigError(problem)
    return headers


def _removed(value: Any) -> tuple[str, ...]:
    with within("remove"):
        return converters.items(value, converters.text, "a list of headers", str)
