"""The options of the command line, made from the table of settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from servestatic_build.settings.config import SETTINGS
from servestatic_build.settings.table import Setting

_Command = TypeVar("_Command", bound=Callable[..., Any])

SOURCE = "SOURCE"  # the arguments
_OFF = "no_"  # before the attribute: the parameter that says no to it
_BY_ATTRIBUTE = {setting.attribute: setting for setting in SETTINGS.values()}


def setting_options(command: _Command) -> _Command:
    """Give a command the arguments and the options of all settings, whose values it gets as text."""
    for setting in reversed([setting for setting in SETTINGS.values() if setting.options]):
        if setting.off_summary:
            command = _off_option(setting)(command)
        command = _option(setting)(command)
    return click.argument("sources", metavar=f"[{SOURCE}]...", nargs=-1)(command)


def config_keywords(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given on the command line as keyword arguments of Config; raise SettingError."""
    said = {name: value for name, value in given.items() if value not in {None, ()}}
    off = {name.removeprefix(_OFF): False for name in said if name not in _BY_ATTRIBUTE}
    return {name: _value(_BY_ATTRIBUTE[name], said[name]) for name in said if name in _BY_ATTRIBUTE} | off


def _option(setting: Setting[Any, Any]) -> Callable[[_Command], _Command]:
    names, text = list(setting.options), setting.summary
    if setting.is_flag:
        if setting.default:
            names[-1] += f"/--no-{setting.name}"
        return click.option(*names, setting.attribute, is_flag=True, default=None, help=text)
    if setting.is_repeatable:
        text += " May be repeated."
    if setting.default_text:
        text += f"  [default: {setting.default_text}]"
    return click.option(*names, setting.attribute, multiple=setting.is_repeatable, metavar=setting.metavar, help=text)


def _off_option(setting: Setting[Any, Any]) -> Callable[[_Command], _Command]:
    name = _OFF + setting.attribute
    return click.option(f"--no-{setting.name}", name, is_flag=True, default=None, help=setting.off_summary)


def _value(setting: Setting[Any, Any], given: Any) -> Any:
    called = setting.options[-1] if setting.options else SOURCE
    return setting.checked(setting.from_text(given) if isinstance(given, str) else given, called)
