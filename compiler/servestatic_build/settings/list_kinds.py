"""The kinds of settings that have lists or tables: which values each has, and what it makes of them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

from servestatic_build.codecs import CODECS
from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings import converters
from servestatic_build.settings.budgets import Budget
from servestatic_build.settings.compress_rules import CompressRule, CompressRules
from servestatic_build.settings.content_encodings import ContentEncodings
from servestatic_build.settings.converters import refusal
from servestatic_build.settings.fallback import Fallback
from servestatic_build.settings.globs import Globs, patterns
from servestatic_build.settings.header_rules import HeaderRule
from servestatic_build.settings.missing import POLICIES, MissingRule, MissingRules, policy
from servestatic_build.settings.presets import PRESETS
from servestatic_build.settings.source import Source
from servestatic_build.settings.table import Setting
from servestatic_build.settings.value_kinds import PathText

_T = TypeVar("_T")

ListOf: TypeAlias = Sequence[_T] | AbstractSet[_T]

_CODINGS = {"gz": "gzip", "brotli": "br", "zst": "zstd", "zstandard": "zstd"}  # other names of theirs
_CODINGS_WANTED = f"a list of {', '.join(CODECS)}, or none"
_ORIGIN = re.compile(r"https?://[^/?#@\s]+")


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


class Fallbacks(Setting[str | ListOf[str | Fallback], tuple[Fallback, ...]]):
    """Pages for paths that nobody knows."""

    wanted = "a list of URL=FILE"
    is_repeatable = True

    def convert(self, value: Any) -> tuple[Fallback, ...]:
        return converters.items(value, Fallback.parse, self.wanted, str, Fallback)


class Presets(Setting[str | ListOf[str], tuple[str, ...]]):
    """Packages that need files to keep their names."""

    wanted = f"a list of {', '.join(PRESETS)}"

    def convert(self, value: Any) -> tuple[str, ...]:
        listed = _listed(value) if isinstance(value, str) else value
        return tuple(dict.fromkeys(converters.items(listed, _preset, self.wanted, str)))


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


class CodingsByPattern(Setting[Mapping[str, str] | ContentEncodings, ContentEncodings]):
    """A coding by pattern."""

    wanted = "a table of codings by pattern"

    def convert(self, value: Any) -> ContentEncodings:
        if isinstance(value, ContentEncodings):
            return value
        by_pattern = converters.table(value, _coding, self.wanted)
        return ContentEncodings(tuple((Globs((glob,)), coding) for glob, coding in by_pattern.items()))


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


class Budgets(Setting[ListOf[Budget | Mapping[str, Any]], tuple[Budget, ...]]):
    """What files may weigh."""

    wanted = "a list of budgets"

    def convert(self, value: Any) -> tuple[Budget, ...]:
        if isinstance(value, Mapping):
            hint = "write each budget as a table in double brackets, [[…budgets]]"
            raise refusal(value, self.wanted, hint)
        return converters.items(value, Budget.of, self.wanted)


def _codings(value: Any) -> tuple[str, ...]:
    listed = _listed(value) if isinstance(value, str) else value
    return tuple(dict.fromkeys(converters.items(listed, _coding, _CODINGS_WANTED)))


def _listed(text: str) -> list[str]:
    return [] if text.strip() == "none" else [coding.strip() for coding in text.split(",")]


def _preset(value: Any) -> str:
    return converters.one_of(value, PRESETS)


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
