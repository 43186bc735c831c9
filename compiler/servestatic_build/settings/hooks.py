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
        raise ConfigError(f"{setting} must be module:function, not {hook!r}")
    try:
        loaded: _Hook = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, TypeError) as error:
        raise ConfigError(f"{setting} {hook!r}: {error}", "is its directory on PYTHONPATH?") from error
    if not callable(loaded):
        raise ConfigError(f"{setting} {hook!r} is not a function")
    return loaded
