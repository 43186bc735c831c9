"""The release of this process, for the middleware and for templates: opened when it is first asked for, once."""

from __future__ import annotations

import os
from functools import partial

from django.apps import apps
from django.conf import settings as django_settings
from django.core import mail
from django.core.exceptions import ImproperlyConfigured

from servestatic_runtime.current_release import CurrentRelease
from servestatic_runtime.django import conf
from servestatic_runtime.errors import COMPILE, ManifestError
from servestatic_runtime.manifest import Manifest, manifest_path

COMMAND = "manage.py collectstatic"


class NoReleaseError(ManifestError, ValueError):
    """There is no release yet. A ValueError, too: Django's own storage raises one for what its manifest lacks."""


_MOST_MOUNTS = 16

_opened: tuple[conf.Settings, CurrentRelease] | None = None
_mounts: dict[str, tuple[Manifest, Manifest]] = {}  # by script name: the release, and as it is there


def release() -> CurrentRelease:
    """Return the release; raise NoReleaseError or another ManifestError."""
    global _opened  # noqa: PLW0603 - one for the process; threads that race open it twice
    settings, last = conf.read(), _opened
    if last is None or last[0] is not settings:
        _opened = last = settings, _open(settings)
    return last[1]


def manifest() -> Manifest:
    """Return the release's manifest, the newest one where the settings say reload; raise as ``release`` does.

    Its URLs begin as those of the request at hand do.
    """
    current, settings = release(), conf.read()
    newest = current.refresh().manifest if settings.reload else current.manifest
    return _mounted(newest, conf.script_name()) if settings.follows_script_name and not newest.base_url else newest


def in_tests() -> bool:
    """Return whether a project's own tests run: then the finders' files are served as under DEBUG, release or not.

    Django's runner and pytest's unset DEBUG, few projects compile before their tests, and the servers of
    StaticLiveServerTestCase and of pytest-django's live_server have nothing but what the finders find. All call
    setup_test_environment, whose documented mark is the outbox.

    Only django-compressor's offline manifest, which a project compiles before its tests, knows blocks by the release's URLs.
    """
    return hasattr(mail, "outbox") and not (_compresses_offline() and is_there())


def is_there() -> bool:
    """Return whether there is a release, damaged or not."""
    dist = conf.read().dist
    return bool(dist) and os.path.exists(manifest_path(dist or ""))


def invalidate() -> None:
    """Reopen the release when it is next asked for: another one was compiled."""
    global _opened  # noqa: PLW0603
    _opened = None
    _mounts.clear()


def _compresses_offline() -> bool:
    is_on = getattr(django_settings, "COMPRESS_ENABLED", not django_settings.DEBUG)
    return is_on and getattr(django_settings, "COMPRESS_OFFLINE", False) and apps.is_installed("compressor")


def _open(settings: conf.Settings) -> CurrentRelease:
    if settings.dist is None:
        problem = "is not set, nor is SERVESTATIC['MANIFEST']"
        raise NoReleaseError("STATIC_ROOT", problem, COMPILE._replace(command=COMMAND))
    adapt = partial(_at_mount, conf.static_url()) if not settings.follows_script_name else _as_it_is
    try:
        return CurrentRelease(settings.dist, base_url=settings.base_url, adapt=adapt, command=COMMAND)
    except ManifestError as error:
        if error.is_absence:
            raise NoReleaseError(*error.args) from error.__cause__
        raise
    except ValueError as error:
        raise ImproperlyConfigured(f"STATIC_URL or SERVESTATIC['BASE_URL']: {error}") from error


def _mounted(manifest: Manifest, script_name: str) -> Manifest:
    """Return the manifest as it is below a script name. Each mount keeps the URLs that its templates have asked for."""
    if not script_name:
        return manifest
    known = _mounts.get(script_name)
    if known is None or known[0] is not manifest:
        if len(_mounts) >= _MOST_MOUNTS:
            _mounts.clear()
        _mounts[script_name] = known = manifest, manifest.at(script_name)
    return known[1]


def _as_it_is(manifest: Manifest) -> Manifest:
    return manifest


def _at_mount(static_url: str, manifest: Manifest) -> Manifest:
    """Return a manifest whose URLs begin as STATIC_URL does, unless they have a host."""
    return manifest if manifest.base_url else manifest.at(conf.mount(static_url, manifest.prefix))
