"""One package in a Django project: ``collect`` prepares its STATIC_ROOT, ``start`` measures its middleware.

Whatever Django itself imports for static files is there before the clock starts.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, NamedTuple

import django
from django.conf import settings
from django.contrib.staticfiles import finders, storage
from django.core.management import call_command
from django.test import AsyncRequestFactory
from django.utils.module_loading import import_string

OURS = "servestatic-build"
PRELOADED = (finders, storage)


class Package(NamedTuple):
    """What a project has in MIDDLEWARE and in STORAGES."""

    middleware: str
    storage: str
    is_async: bool  # WhiteNoise's middleware has one mode only, ServeStatic's the other


PACKAGES = {
    OURS: Package(
        "servestatic_runtime.django.middleware.ServeStaticMiddleware",
        "servestatic_runtime.django.storage.ManifestStorage",
        is_async=True,
    ),
    "ServeStatic": Package(
        "servestatic.middleware.ServeStaticMiddleware",
        "servestatic.storage.CompressedManifestStaticFilesStorage",
        is_async=True,
    ),
    "WhiteNoise": Package(
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "whitenoise.storage.CompressedManifestStaticFilesStorage",
        is_async=False,
    ),
}


def set_up(scratch: str, name: str) -> None:
    """Set Django up with the package."""
    package = PACKAGES[name]
    settings.configure(
        SECRET_KEY="x" * 50,
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=["django.contrib.staticfiles"],
        MIDDLEWARE=[package.middleware],
        STATIC_URL="/static/",
        STATIC_ROOT=os.path.join(scratch, name),
        STATICFILES_DIRS=[os.path.join(scratch, "assets")],
        STORAGES={"staticfiles": {"BACKEND": package.storage}},
        SERVESTATIC={"EFFORT": "fast"},
    )
    django.setup()


def collect(_name: str, _url: str) -> None:
    """Run collectstatic as the package has it."""
    call_command("collectstatic", "--noinput", verbosity=0)


def start(name: str, url: str) -> None:
    """Print the milliseconds until the middleware is imported and made, and until it has given a file."""
    package = PACKAGES[name]
    request = AsyncRequestFactory().get(url, headers={"Accept-Encoding": "gzip"})

    async def answer(middleware: Any) -> Any:
        return await middleware(request) if package.is_async else middleware(request)

    with asyncio.Runner() as runner:
        runner.get_loop()
        gc.collect()  # what Django's own start left to be done is nobody's here
        begin = perf_counter_ns()
        middleware = import_string(package.middleware)(_async_view if package.is_async else _view)
        made = perf_counter_ns()
        response = runner.run(answer(middleware))
        answered = perf_counter_ns()
        if (response.status_code, response["Content-Encoding"]) != (200, "gzip"):
            raise SystemExit(f"{name} answers otherwise: {response.status_code} {response.headers}")
        response.close()
    print(json.dumps([(made - begin) / 1e6, (answered - begin) / 1e6]))


def _view(_request: object) -> None:
    """Be the application."""


async def _async_view(_request: object) -> None:
    """Be the application in async mode."""


MODES: dict[str, Callable[[str, str], None]] = {"collect": collect, "start": start}

if __name__ == "__main__":
    mode, scratch, name, url = sys.argv[1:]
    set_up(scratch, name)
    MODES[mode](name, url)
