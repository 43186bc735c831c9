"""Patterns for names, written as in .gitignore."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings import converters

# Parts of the expressions that pathspec makes of patterns: what "*", "**/" and "/**" become, and one character.
_STAR = r"\[\^/\]\*"
_LEADING, _INNER = r"\(\?:\.\+/\)\?", r"\(\?:/\.\+\)\?"
_CLASS = r"\[(?!\^/\])\^?\]?[^\]]*\]"
_CHARACTER = rf"(?:\\.|\[\^/\]|\(\?!/\){_CLASS}|[^\\\[\]/(){{}}*+?.|^$])"
_STARS = re.compile(rf"(\\.)|(?:{_STAR})+")
_CLASSES = re.compile(rf"(\\.)|{_CLASS}")
_BETWEEN_STARS = re.compile(rf"({_STAR})({_CHARACTER}+)(?={_STAR})")
_DIRECTORY_MARK = "(?P<ps_d>"  # a group by which pathspec weighs patterns against each other
_GROUPS = count()  # no two expressions may have a group of one name: they become one
_BETWEEN_DIRECTORIES = re.compile(rf"({_LEADING}|{_INNER})(.+?)(?={_INNER})")


def _linear(regex: str) -> str:
    """Return an expression that matches what this one of pathspec's does, in time that grows with the name alone.

    It tries every way to share out a name between several "*" or "**". The first way that fits what stands between two
    of them is as good as any other: it is found in a lookahead, and never gone back into.
    """

    def first(shortest: str, between: str) -> str:
        group = f"first{next(_GROUPS)}"
        return f"(?=(?P<{group}>{shortest}{between}))(?P={group})"

    regex = _STARS.sub(lambda match: match[1] or "[^/]*", regex)
    regex = _CLASSES.sub(lambda match: match[1] or f"(?!/){match[0]}", regex)  # no class has a slash in it for git
    regex = _BETWEEN_STARS.sub(lambda match: first("[^/]*?", match[2]), regex)
    lazy = {"(?:.+/)?": "(?:.+?/)??", "(?:/.+)?": "(?:/.+?)??"}
    return _BETWEEN_DIRECTORIES.sub(lambda match: first(lazy[match[1]], f"{match[2]}(?=/)"), regex)


class _Pattern(GitIgnoreSpecPattern):
    __slots__ = ()

    @classmethod
    def pattern_to_regex(cls, pattern: str) -> tuple[str | None, bool | None]:  # type: ignore[override] # no bytes here
        """Return the expression that a pattern means, and whether it adds names or takes them back."""
        regex, include = super().pattern_to_regex(pattern)
        return regex and _linear(regex), include


@dataclass(frozen=True, slots=True)
class Globs:
    """A list of patterns; a later ``!pattern`` takes back an earlier one."""

    patterns: tuple[str, ...] = ()
    _match: Callable[[str], object] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            spec = GitIgnoreSpec.from_lines(_Pattern, self.patterns, backend="simple")
            object.__setattr__(self, "_match", _as_one(spec) or spec.match_file)
        except (ValueError, re.error) as error:
            raise ConfigError(
                f"{', '.join(self.patterns)}: a pattern can't be read: {error}", "write patterns as in .gitignore"
            ) from error

    @classmethod
    def of(cls, patterns: str | Iterable[str]) -> Globs:
        """Return a pattern, or several of them, as globs."""
        return cls((patterns,) if isinstance(patterns, str) else tuple(patterns))

    def match(self, name: str) -> bool:
        """Return whether a logical name (its leading slash aside) matches."""
        return bool(self.patterns) and bool(self._match(name.lstrip("/")))


def _as_one(spec: GitIgnoreSpec) -> Callable[[str], object] | None:
    """Return what matches any of the patterns, in a fraction of the time; None where one takes names back."""
    patterns = [pattern for pattern in spec.patterns if pattern.include is not None]
    if not all(pattern.include for pattern in patterns):
        return None
    regexes = (pattern.regex.pattern.replace(_DIRECTORY_MARK, "(?:") for pattern in patterns if pattern.regex)
    return re.compile("|".join(f"(?:{regex})" for regex in regexes)).search if patterns else None


def patterns(value: object, wanted: str = "a list of patterns") -> Globs:
    """Return what is given as patterns: globs, one pattern or several; raise ConfigError."""
    return value if isinstance(value, Globs) else Globs(converters.items(value, converters.raw_text, wanted, str))
