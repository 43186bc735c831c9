"""Functions of the project's own, for what a pattern can't say."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeVar

from servestatic_build.diagnostics import ConfigError

_Hook = TypeVar("_Hook", bound=Callable[..., Any])


def load_hook(setting: str, hook: str | _Hook) -> _Hook:
    """Return a hook, or the one that ``module:function`` names; raise ConfigError. ``setting`` says whose it is."""
    if not isinstance(hook, str):
        return hook
    module, colon, function = hook.partition(":")
    if not (module and colon and function):
        raise ConfigError(f"{setting}: {hook!r} is not module:function")
    loaded: _Hook = _attribute(f"{setting} {hook!r}", module, function)
    if not callable(loaded):
        raise ConfigError(f"{setting} {hook!r} is not a function")
    return loaded


def _attribute(hook: str, module: str, name: str) -> Any:
    """Import a module, which may run anything and raise anything, and return what it has under a name."""
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise ConfigError(f"{hook}: {error}", "is its directory on PYTHONPATH?") from error
    except AttributeError as error:
        raise ConfigError(f"{hook}: {error}") from error
    except (Exception, SystemExit) as error:
        raise ConfigError(f"{hook}: to import {module} raised {error!r}") from error
