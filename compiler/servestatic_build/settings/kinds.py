"""The kinds of settings: which values each has, and what it makes of them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Literal, TypeAlias, TypeVar
from urllib.parse import urlsplit

from servestatic_build.codecs import CODECS
from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings import converters
from servestatic_build.settings.compress_rules import CompressRule, CompressRules
from servestatic_build.settings.converters import refusal, shown
from servestatic_build.settings.globs import Globs, patterns
from servestatic_build.settings.header_rules import HeaderRule
from servestatic_build.settings.missing import POLICIES, MissingRule, MissingRules, policy
from servestatic_build.settings.source import Source, url_directory
from servestatic_build.settings.table import Setting

_T = TypeVar("_T")

PathText: TypeAlias = str | os.PathLike[str]
ListOf: TypeAlias = Sequence[_T] | AbstractSet[_T]

_MOST = 2**31 - 1  # of a max-age any cache understands as much (RFC 9111 1.2.2), and nobody has more threads
_WORDS = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
_CODINGS = {"gz": "gzip", "brotli": "br", "zst": "zstd", "zstandard": "zstd"}  # other names of theirs
_CODINGS_WANTED = f"a list of {', '.join(CODECS)}, or none"
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,3})?) ?([kmgt]i?b|b|)", re.IGNORECASE)
_UNITS = {"": 1, "b": 1} | {
    f"{letter}{unit}": base ** (power + 1)
    for power, letter in enumerate("kmgt")
    for unit, base in (("b", 1000), ("ib", 1024))
}
_ORIGIN = re.compile(r"https?://[^/?#@\s]+")


class Flag(Setting[bool, bool]):
    """A switch."""

    wanted = "true or false"
    is_flag = True

    def convert(self, value: Any) -> bool:
        if not isinstance(value, bool):
            word = _WORDS.get(value.lower()) if isinstance(value, str) else None
            raise refusal(value, self.wanted, word and f"write {word} without quotes")
        return value


class WholeNumber(Setting[int, int]):
    """A number without a fraction."""

    def __init__(self, default: int, summary: str, *, least: int, **more: Any) -> None:
        """Make a row whose numbers begin at ``least``."""
        super().__init__(default, summary, **more)
        self._least = least
        self.wanted = f"a whole number of at least {least}"

    def convert(self, value: Any) -> int:
        if type(value) is int and value > _MOST:
            raise ConfigError(f"{shown(value)} is too large, {_MOST} is the most")
        if type(value) is not int or value < self._least:
            written = self.from_text(value) if isinstance(value, str) else value
            raise refusal(value, self.wanted, None if written is value else f"write {written} without quotes")
        return value

    def from_text(self, text: str) -> Any:
        return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text


class Choice(Setting[str, str]):
    """One of a few words."""

    def __init__(self, default: str, choices: Sequence[str], summary: str, **more: Any) -> None:
        """Make a row that has one of the ``choices``."""
        super().__init__(default, summary, metavar=f"[{'|'.join(choices)}]", **more)
        self._choices = choices
        self.wanted = f"one of {', '.join(choices)}"

    def convert(self, value: Any) -> str:
        return converters.one_of(value, self._choices)


class Directory(Setting[PathText, str]):
    """A path."""

    wanted = "a path"

    def convert(self, value: Any) -> str:
        return converters.path(value)

    def relative_to(self, directory: str, value: str) -> str:
        return os.path.join(directory, value)


class CachePlace(Setting[PathText | Literal[False] | None, str | Literal[False] | None]):
    """A directory for the cache or the URL of one that a team shares, None for the user's own, false for no cache."""

    wanted = "a path, a URL or false"
    off_summary = "Use no cache."

    def convert(self, value: Any) -> str | Literal[False] | None:
        return value if value is None or value is False else converters.path(value)

    def relative_to(self, directory: str, value: str | Literal[False] | None) -> str | Literal[False] | None:
        return os.path.join(directory, value) if value and "://" not in value else value


class Size(Setting[int | str, int]):
    """A number of bytes."""

    wanted = 'a size, such as "500 MiB"'

    def convert(self, value: Any) -> int:
        match = _SIZE.fullmatch(str(value)) if type(value) in {int, str} else None
        if match is None:
            raise refusal(value, self.wanted)
        return int(float(match[1]) * _UNITS[match[2].lower()])


class UrlDirectory(Setting[str, str]):
    """A URL path that ends in a slash."""

    wanted = "an absolute URL path"

    def convert(self, value: Any) -> str:
        return url_directory(value)


class FileName(Setting[str, str]):
    """The name of a file in any directory, empty for none."""

    wanted = "the name of a file"

    def convert(self, value: Any) -> str:
        name = converters.text(value)
        if "/" in name:
            raise refusal(value, self.wanted)
        return name


class Patterns(Setting[str | ListOf[str] | Globs, Globs]):
    """Patterns for logical names, as in .gitignore."""

    wanted = "a list of patterns"
    is_repeatable = True

    def convert(self, value: Any) -> Globs:
        return patterns(value, self.wanted)


class Paths(Setting[PathText | ListOf[PathText], tuple[str, ...]]):
    """Paths of files."""

    wanted = "a list of paths"
    is_repeatable = True

    def convert(self, value: Any) -> tuple[str, ...]:
        return converters.items(value, converters.path, self.wanted, str, os.PathLike)

    def relative_to(self, directory: str, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(os.path.join(directory, path) for path in value)


class Sources(Setting[PathText | Source | ListOf[PathText | Source], tuple[Source, ...]]):
    """The directories to compile."""

    wanted = "a list of DIR or URL=DIR"

    def convert(self, value: Any) -> tuple[Source, ...]:
        return converters.items(value, _source, self.wanted, str, os.PathLike, Source)

    def relative_to(self, directory: str, value: tuple[Source, ...]) -> tuple[Source, ...]:
        return tuple(replace(source, directory=os.path.join(directory, source.directory)) for source in value)


class Codings(Setting[str | ListOf[str], tuple[str, ...]]):
    """The codings to make, each once."""

    wanted = _CODINGS_WANTED

    def convert(self, value: Any) -> tuple[str, ...]:
        return _codings(value)


class Compress(Setting[Mapping[str, bool | str | ListOf[str]] | CompressRules, CompressRules]):
    """Codings by pattern."""

    wanted = "a table of codings, true or false by pattern"

    def convert(self, value: Any) -> CompressRules:
        if isinstance(value, CompressRules):
            return value
        by_pattern = converters.table(value, self._rule, self.wanted)
        return CompressRules(tuple(CompressRule(Globs((glob,)), codings) for glob, codings in by_pattern.items()))

    def _rule(self, value: Any) -> tuple[str, ...] | None:
        if isinstance(value, bool):
            return None if value else ()
        return _codings(value)


class Origins(Setting[str | ListOf[str], tuple[str, ...]]):
    """Schemes with hosts."""

    wanted = "a list of origins"
    is_repeatable = True

    def convert(self, value: Any) -> tuple[str, ...]:
        return converters.items(value, _origin, self.wanted, str)


class Missing(Setting[str | Mapping[str, str] | MissingRules, MissingRules]):
    """A policy for references to nothing, or policies by pattern."""

    wanted = f"one of {', '.join(POLICIES)}, or a table of them by pattern"

    def convert(self, value: Any) -> MissingRules:
        if isinstance(value, MissingRules):
            return value
        if isinstance(value, str):
            return MissingRules(policy(value))
        by_pattern = converters.table(value, policy, self.wanted)
        return MissingRules(rules=tuple(MissingRule(Globs((glob,)), policy) for glob, policy in by_pattern.items()))


class Imports(Setting[Mapping[str, str], Mapping[str, str]]):
    """What bare specifiers lead to, by logical name."""

    wanted = "a table of logical names by specifier"

    def convert(self, value: Any) -> dict[str, str]:
        imports = converters.table(value, converters.text, self.wanted)
        for specifier, name in imports.items():
            if specifier.endswith("/") and not f"/{name}".endswith("/"):
                raise ConfigError(f"{specifier!r} must lead to a directory, {name + '/'!r}")
        return imports


class MediaTypes(Setting[Mapping[str, str], Mapping[str, str]]):
    """Media types by suffix, without a dot and in lower case."""

    wanted = "a table of media types by suffix"

    def convert(self, value: Any) -> dict[str, str]:
        types = converters.table(value, converters.text, self.wanted)
        return {suffix.removeprefix(".").lower(): kind for suffix, kind in types.items()}


class HeaderRules(Setting[ListOf[HeaderRule | Mapping[str, Any]], tuple[HeaderRule, ...]]):
    """Changes to headers, by pattern."""

    wanted = "a list of rules"

    def convert(self, value: Any) -> tuple[HeaderRule, ...]:
        if isinstance(value, Mapping):
            hint = 'write each rule as a table in double brackets, [[…headers]], that begins with for = "*.pdf"'
            raise refusal(value, self.wanted, hint)
        return converters.items(value, HeaderRule.of, self.wanted)


_Hook = TypeVar("_Hook", bound=Callable[..., Any])


class Hook(Setting[str | _Hook | None, str | _Hook | None]):
    """A function of the project's own, or where it is."""

    wanted = "module:function, or a function"

    def convert(self, value: Any) -> str | _Hook | None:
        if value is not None and not callable(value):
            return converters.text(value)
        hook: _Hook | None = value
        return hook


def _codings(value: Any) -> tuple[str, ...]:
    listed = _listed(value) if isinstance(value, str) else value
    return tuple(dict.fromkeys(converters.items(listed, _coding, _CODINGS_WANTED)))


def _listed(text: str) -> list[str]:
    return [] if text.strip() == "none" else [coding.strip() for coding in text.split(",")]


def _coding(value: Any) -> str:
    coding = converters.text(value).lower()
    return converters.one_of(_CODINGS.get(coding, coding), CODECS, _CODINGS)


def _source(value: Any) -> Source:
    return value if isinstance(value, Source) else Source.parse(converters.path(value))


def _origin(value: Any) -> str:
    origin = converters.text(value)
    try:
        parts = urlsplit(origin)
        known = _ORIGIN.fullmatch(origin) and parts.hostname and (parts.port is None or parts.port >= 0)
    except ValueError:  # a bracket that is not closed, a port that is no number
        known = False
    if not known:
        raise refusal(value, "an origin, such as https://www.example.com")
    return origin
