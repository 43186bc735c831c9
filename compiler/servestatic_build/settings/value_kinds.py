"""The kinds of settings that have one value: which values each has, and what it makes of them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias, TypeVar

from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings import converters
from servestatic_build.settings.converters import refusal, shown
from servestatic_build.settings.source import url_directory
from servestatic_build.settings.table import Setting

PathText: TypeAlias = str | os.PathLike[str]

_MOST = 2**31 - 1  # of a max-age any cache understands as much (RFC 9111 1.2.2), and nobody has more threads
_MODE = re.compile(r"(?:0o?)?[4-7][0-7]{2}", re.ASCII)
_OWNER_READS, _MOST_OF_MODE = 0o400, 0o777
_LONGEST_LABEL = 100
_WORDS = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}


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


class Size(Setting[int | str, int]):
    """A number of bytes."""

    wanted = 'a size, such as "500 MiB"'

    def convert(self, value: Any) -> int:
        return converters.size(value, self.wanted)


class FileMode(Setting[int | str | None, int | None]):
    """The permissions of a file, None for those that the umask leaves."""

    wanted = "an octal number of three digits, such as 0o644"

    def convert(self, value: Any) -> int | None:
        if isinstance(value, str) and _MODE.fullmatch(value):
            return int(value, 8)
        if value is not None and (type(value) is not int or not _OWNER_READS <= value <= _MOST_OF_MODE):
            raise refusal(value, self.wanted, "write it with 0o in front" if type(value) is int else None)
        return value


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


class Label(Setting[str | None, str | None]):
    """What people call a release: one short line."""

    wanted = f"one line of at most {_LONGEST_LABEL} characters"

    def convert(self, value: Any) -> str | None:
        if value is None:
            return None
        label = converters.text(value)
        if not label.isprintable() or not 0 < len(label) <= _LONGEST_LABEL:
            raise refusal(value, self.wanted)
        return label


_Hook = TypeVar("_Hook", bound=Callable[..., Any])


class Hook(Setting[str | _Hook | None, str | _Hook | None]):
    """A function of the project's own, or where it is."""

    wanted = "module:function, or a function"

    def convert(self, value: Any) -> str | _Hook | None:
        if value is not None and not callable(value):
            return converters.text(value)
        hook: _Hook | None = value
        return hook
