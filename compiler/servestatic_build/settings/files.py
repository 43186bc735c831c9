"""Read settings: the [tool.servestatic-build] table of pyproject.toml, or a whole file named by --config."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings import converters
from servestatic_build.settings.config import SETTINGS
from servestatic_build.settings.converters import shown
from servestatic_build.settings.problems import Keys, SettingError
from servestatic_build.settings.table import Setting
from servestatic_build.settings.toml_lines import line_of

DEFAULT_FILE = "pyproject.toml"
SECTION = "servestatic-build"
IN_FILE = {name: setting for name, setting in SETTINGS.items() if setting.in_file}

_SIMILAR = 0.85  # servestatic_build is; servestatic, which is another project's, is not
_TOML_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


def read_settings(path: str | None) -> dict[str, Any]:
    """Return the settings of a file as keyword arguments of Config; raise ConfigError.

    Without a path, those of ./pyproject.toml if it is there. A file of that name holds them in
    [tool.servestatic-build], any other at its top. Paths in them are relative to the file.
    """
    if path is None and not os.path.exists(DEFAULT_FILE):
        return {}
    file = _File.read(settings_file(path))
    above, given = file.settings()
    try:
        return keywords(given, directory=os.path.dirname(file.path))
    except SettingError as error:
        raise file.error((*above, *error.keys), error.message, error.hint) from error


def settings_file(path: str | None) -> str:
    """Return the path of the file that holds the settings, if it exists; raise ConfigError."""
    return DEFAULT_FILE if path is None else converters.path(path)


def keywords(given: Mapping[str, Any], called: Mapping[str, str] = _NO_NAMES, directory: str = "") -> dict[str, Any]:
    """Return settings under their names in a file as keyword arguments of Config; raise SettingError.

    ``called`` says what messages call a setting that did not come from a file. Paths are relative to ``directory``.
    """
    rows = [(_setting(name), value) for name, value in given.items()]
    return {
        row.attribute: row.relative_to(directory, row.checked(value, called.get(row.name, row.name)))
        for row, value in rows
    }


def _setting(name: str) -> Setting[Any, Any]:
    if name in IN_FILE:
        return IN_FILE[name]
    if name in SETTINGS:
        hint = f"write --{name} on the command line"
    else:
        near = get_close_matches(name.lower().replace("_", "-"), IN_FILE, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(IN_FILE)}"
    raise SettingError(f"there is no setting {name!r}", hint, (name,))


@dataclass(frozen=True, slots=True)
class _File:
    """A settings file."""

    path: str
    text: str

    @classmethod
    def read(cls, path: str) -> _File:
        try:
            with open(path, "rb") as file:
                data = file.read()
            return cls(path, data.decode())
        except OSError as error:
            raise ConfigError(error.strerror or str(error), place=path) from error
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise ConfigError("this is not UTF-8, as TOML has to be", place=f"{path}:{line}") from error

    def settings(self) -> tuple[Keys, Mapping[str, Any]]:
        """Return the table of the settings, and the keys that lead to it."""
        document = self._document()
        if os.path.basename(self.path) != DEFAULT_FILE:
            return (), document
        tools = self._table(document, "tool")
        for keys in (*(("tool", name) for name in tools if name != SECTION), *((name,) for name in document)):
            if get_close_matches(keys[-1].lower(), [SECTION], cutoff=_SIMILAR):
                raise self.error(keys, f"nothing reads [{'.'.join(keys)}]", f"did you mean [tool.{SECTION}]?")
        return ("tool", SECTION), self._table(tools, SECTION, "tool")

    def _document(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.text)
        except RecursionError as error:
            raise ConfigError("tables or lists are nested too deeply", place=self.path) from error
        except ValueError as error:  # a number of thousands of digits is one, too
            message, place = str(error), _TOML_PLACE.search(str(error))
            where = f"{self.path}:{place[1]}:{place[2]}" if place else self.path
            raise ConfigError(f"this is not TOML: {_TOML_PLACE.sub('', message)}", place=where) from error

    def _table(self, above: Mapping[str, Any], name: str, *keys: str) -> Mapping[str, Any]:
        table = above.get(name, {})
        if not isinstance(table, Mapping):
            whole = ".".join((*keys, name))
            raise self.error((*keys, name), f"{whole} is {shown(table)}, not a table", f"write [{whole}]")
        return table

    def error(self, keys: Keys, message: str, hint: str | None) -> ConfigError:
        """Return an error that names the line of what keys lead to."""
        line = line_of(self.text, keys)
        return ConfigError(message, hint, f"{self.path}:{line}" if line else self.path)
