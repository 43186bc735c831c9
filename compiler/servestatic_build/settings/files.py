"""Read settings: the [tool.servestatic-build] table of pyproject.toml, or a whole file named by --config."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings.config import MissingRule, Source
from servestatic_build.settings.globs import Globs
from servestatic_build.settings.header_rules import HeaderRule

SECTION = "servestatic-build"
DEFAULT_FILE = "pyproject.toml"


def read_settings(path: str | None) -> dict[str, Any]:
    """Return the settings of a file as keyword arguments of Config; raise ConfigError.

    Without a path, those of ./pyproject.toml if it is there. A file of that name holds them in
    [tool.servestatic-build], any other at its top. Directories in them are relative to the file.
    """
    if path is None and not os.path.exists(DEFAULT_FILE):
        return {}
    path = path or DEFAULT_FILE
    table = _table(path)
    try:
        found = keywords(table)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error.message}", error.hint) from error
    return _relative_to(os.path.dirname(path), found)


def keywords(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings under their names in a file as keyword arguments of Config; raise ConfigError."""
    found = {_keyword(key): _CONVERTERS[key](value) for key, value in table.items()}
    if not isinstance(found.get("missing", ""), str):
        found["missing_rules"] = found.pop("missing")
    return found


def codings(text: str) -> tuple[str, ...]:
    """Return the codings in a comma-separated list; ``none`` is no coding."""
    return () if text.strip() == "none" else tuple(coding.strip() for coding in text.split(","))


def _table(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            document = tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if os.path.basename(path) != DEFAULT_FILE:
        return document
    try:
        return dict(_mapping(_mapping(document.get("tool", {})).get(SECTION, {})))
    except ConfigError as error:
        raise ConfigError(f"{path}: [tool.{SECTION}]: {error.message}") from error


def _keyword(key: str) -> str:
    if key not in _CONVERTERS:
        raise ConfigError(f"there is no setting {key!r}", f"the settings are {', '.join(_CONVERTERS)}")
    return key.replace("-", "_")


def _typed(kind: type, words: str) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if type(value) is not kind:
            raise ConfigError(f"{value!r} is not {words}")
        return value

    return convert


_boolean = _typed(bool, "true or false")
_integer = _typed(int, "a whole number")
_string = _typed(str, "a string")
_mapping = _typed(dict, "a table")
_list = _typed(list, "a list")


def _hook(value: Any) -> Any:
    """Return a hook's name, or the function itself where settings come from Python."""
    return value if callable(value) else _string(value)


def _strings(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(_string(item) for item in _list(value))


def _globs(value: Any) -> Globs:
    return Globs.of(_strings(value))


def _codings(value: Any) -> tuple[str, ...]:
    return codings(value) if isinstance(value, str) else _strings(value)


def _sources(value: Any) -> tuple[Source, ...]:
    return tuple(map(Source.parse, _strings(value)))


def _table_of_strings(value: Any) -> dict[str, str]:
    return {key: _string(text) for key, text in _mapping(value).items()}


def _types(value: Any) -> dict[str, str]:
    return {suffix.removeprefix(".").lower(): kind for suffix, kind in _table_of_strings(value).items()}


def _missing(value: Any) -> str | tuple[MissingRule, ...]:
    """Return one policy, or, for a table of them by glob, its rules."""
    if isinstance(value, str):
        return value
    return tuple(MissingRule(Globs.of((glob,)), policy) for glob, policy in _table_of_strings(value).items())


def _header_rules(value: Any) -> tuple[HeaderRule, ...]:
    return tuple(map(_header_rule, _list(value)))


def _header_rule(value: Any) -> HeaderRule:
    table: Mapping[str, Any] = _mapping(value)
    unknown = set(table) - {"for", "set", "add", "remove"}
    if unknown or "for" not in table:
        raise ConfigError(
            f"a rule in headers has the keys {sorted(table)}", 'write for = "*.pdf" and any of set, add, remove'
        )
    return HeaderRule(
        files=_globs(table["for"]),
        set=_table_of_strings(table.get("set", {})),
        add=_table_of_strings(table.get("add", {})),
        remove=_strings(table.get("remove", [])),
    )


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "sources": _sources,
    "out": _string,
    "prefix": _string,
    "codings": _codings,
    "effort": _string,
    "jobs": _integer,
    "ignore": _globs,
    "plain": _globs,
    "fingerprint": _globs,
    "hashed": _globs,
    "hashed-hook": _hook,
    "plain-urls": _boolean,
    "missing": _missing,
    "modules": _string,
    "imports": _table_of_strings,
    "origins": _strings,
    "bundler-manifests": _strings,
    "strict": _boolean,
    "max-age": _integer,
    "index": _string,
    "cross-origin": _boolean,
    "types": _types,
    "headers": _header_rules,
    "headers-hook": _hook,
}


def _relative_to(directory: str, keywords: dict[str, Any]) -> dict[str, Any]:
    if "out" in keywords:
        keywords["out"] = os.path.join(directory, keywords["out"])
    if "bundler_manifests" in keywords:
        keywords["bundler_manifests"] = tuple(os.path.join(directory, path) for path in keywords["bundler_manifests"])
    if "sources" in keywords:
        sources = keywords["sources"]
        keywords["sources"] = tuple(replace(s, directory=os.path.join(directory, s.directory)) for s in sources)
    return keywords
