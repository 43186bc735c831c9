"""``runserver``, whichever one the project has, with static files from our middleware instead of Django's handler."""

from __future__ import annotations

import os
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import find_commands, load_command_class
from django.core.management.commands import runserver

from servestatic_runtime.django.middleware_order import placed


def _next_command() -> Any:
    """Return the class of the runserver that the project would have without this app, daphne's for example."""
    configs = list(apps.get_app_configs())
    ours = next(number for number, config in enumerate(configs) if config.name == "servestatic_runtime.django")
    for config in configs[ours + 1 :]:
        if "runserver" in find_commands(os.path.join(config.path, "management")):
            return type(load_command_class(config.name, "runserver"))
    return runserver.Command


class Command(_next_command()):  # type: ignore[misc] # which one is known only now
    """Serves what the finders find under DEBUG, in the middleware; --nostatic leaves the middleware as it is."""

    def inner_run(self, *args: Any, **options: Any) -> None:
        """Run the server in a project that has the middleware. --insecure stays the work of Django's own handler."""
        if settings.DEBUG and options.get("use_static_handler", True):
            settings.MIDDLEWARE = placed(settings.MIDDLEWARE)
            options["use_static_handler"] = False
        super().inner_run(*args, **options)
