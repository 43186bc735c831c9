"""The release that templates link to: opened when it is first asked for, once per process."""

from __future__ import annotations

import os
from typing import NamedTuple

from django.conf import settings as django_settings
from django.core import mail
from django.core.exceptions import ImproperlyConfigured

from servestatic_runtime.django import conf
from servestatic_runtime.errors import ManifestError
from servestatic_runtime.format import MANIFEST_NAME
from servestatic_runtime.manifest import Manifest
from servestatic_runtime.platform_files import file_signature


class NoReleaseError(ManifestError, ValueError):
    """There is no release yet. A ValueError, too: Django's own storage raises one for what its manifest lacks."""


class _Opened(NamedTuple):
    manifest: Manifest
    settings: conf.Settings  # under which it was opened
    path: str  # that it was opened by: the directory may be a link
    seen: tuple[int, ...]  # the identity of its file then


_COMPILE = "compile with: manage.py collectstatic"

_opened: _Opened | None = None


def manifest() -> Manifest:
    """Return the release, the newest one where the settings say reload; raise NoReleaseError or another ManifestError."""
    global _opened  # noqa: PLW0603 - one for the process; threads that race open it twice
    settings, last = conf.read(), _opened
    if last is None or last.settings is not settings:
        _opened = last = _open(settings)
    elif settings.reload and file_signature(last.path) != last.seen:
        _opened = last = _open_next(last)
    return last.manifest


def is_missing_in_tests() -> bool:
    """Return whether a project's own tests run without a release: then files are served as under DEBUG.

    Django's runner and pytest's unset DEBUG, and few projects compile before their tests. Both call
    setup_test_environment, whose documented mark is the outbox.
    """
    dist = conf.read().dist
    return hasattr(mail, "outbox") and not (dist and os.path.exists(path_of(dist)))


def invalidate() -> None:
    """Have the release opened anew: another one was compiled."""
    global _opened  # noqa: PLW0603
    _opened = None


def path_of(dist: str) -> str:
    """Return the absolute path of the manifest that a setting means: DIST, or the file itself."""
    path = os.path.abspath(dist)
    return path if path.endswith(os.path.splitext(MANIFEST_NAME)[1]) else os.path.join(path, MANIFEST_NAME)


def _open(settings: conf.Settings) -> _Opened:
    if settings.dist is None:
        raise NoReleaseError("STATIC_ROOT", "is not set, nor is SERVESTATIC['MANIFEST']", _COMPILE)
    path = path_of(settings.dist)
    seen = file_signature(path)  # before it is opened: what comes in between is seen next time
    try:
        opened = Manifest.open(path, base_url=settings.base_url)
    except ManifestError as error:
        if error.is_absence:
            raise NoReleaseError(path, error.problem, _COMPILE) from error
        raise
    except ValueError as error:
        raise ImproperlyConfigured(f"STATIC_URL or SERVESTATIC['BASE_URL']: {error}") from error
    if not opened.base_url:  # a path is none that Manifest.open takes, and Django's own STATIC_URL has it
        opened.base_url = conf.mount(django_settings.STATIC_URL or "", opened.prefix)
    return _Opened(opened, settings, path, seen)


def _open_next(last: _Opened) -> _Opened:
    """Return the release that took the last one's place; if it can't be read, the last one, as the middleware does."""
    try:
        return _open(last.settings)
    except ManifestError:
        return last
