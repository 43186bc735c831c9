"""Which part of the settings a problem is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from servestatic_build.diagnostics import ConfigError

# What leads from all settings to a part of one: names in tables, numbers in lists.
Keys: TypeAlias = tuple[str | int, ...]


class SettingError(ConfigError):
    """A setting that does not exist, or a value that it can't have; ``keys`` lead to it."""

    def __init__(self, message: str, hint: str | None, keys: Keys) -> None:
        super().__init__(message, hint)
        self.keys = keys


@contextmanager
def within(key: str | int, *, is_only: bool = False) -> Iterator[None]:
    """Have a ConfigError of the block say that it is about what is below ``key``, unless that is all there is."""
    try:
        yield
    except ConfigError as error:
        where = key if isinstance(key, str) else f"entry {key + 1}"
        message = error.message if is_only else f"{where}: {error.message}"
        keys = error.keys if isinstance(error, SettingError) else ()
        raise SettingError(message, error.hint, (key, *keys)) from error.__cause__
