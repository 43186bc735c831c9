"""System checks (``manage.py check``): what would go wrong, or silently not as meant."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured

from servestatic_runtime.django import conf, middleware_order, opened, package_checks, static_root_checks
from servestatic_runtime.django.compiling import settings_problems
from servestatic_runtime.django.keys import CODING_SWITCHES, KEYS, OLD_KEYS, REMOVED_SETTINGS
from servestatic_runtime.django.trees import local_path
from servestatic_runtime.errors import ManifestError
from servestatic_runtime.manifest import Manifest, manifest_path
from servestatic_runtime.paths import quote_path

TAG = "servestatic"
_APP = "servestatic_runtime.django"
_STORAGE = f"{_APP}.storage.ManifestStorage"
_COMPILE = "Run manage.py collectstatic."

# Packages whose work this one does: side by side, whichever comes first answers.
_OTHERS = ("whitenoise", "servestatic")


def check(app_configs: Any = None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001 - as Django calls it
    """Return what is wrong with the settings and the release."""
    wrong = [
        Error(f"{problem}.", hint="docs/reference/settings.md lists the settings.", id="servestatic.E002")
        for problem in settings_problems()
    ]
    if conf.problems():
        return wrong  # there are no settings to check the rest by
    return [*wrong, *(message for each in _CHECKS for message in each())]


def check_sources(app_configs: Any = None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Return whether static files are newer than the release. It looks at each of them: for ``check --deploy`` only."""
    try:
        compiled = os.stat(manifest_path(conf.read().dist or "")).st_mtime
    except (ImproperlyConfigured, OSError):  # which check() tells of
        return []
    newer = sorted(path for path in _local_files() if os.stat(path).st_mtime > compiled)
    if not newer:
        return []
    message = f"{len(newer)} static files are newer than the release, {newer[0]} for one."
    return [CheckWarning(message, hint="manage.py compilestatic --check tells for sure.", id="servestatic.W004")]


def _unknown_keys() -> Iterator[CheckMessage]:
    for key in conf.dictionary():
        if key not in KEYS:
            yield Error(f"SERVESTATIC has no key {key!r}.", hint=_nearest(key, KEYS), id="servestatic.E001")


def _removed_settings() -> Iterator[CheckMessage]:
    for suffix, instead in REMOVED_SETTINGS.items():
        for name, _ in conf.old_settings(suffix):
            yield CheckWarning(f"{name} has no meaning here.", hint=f"Remove it: {instead}.", id="servestatic.W007")


def _unknown_settings() -> Iterator[CheckMessage]:
    known = {*OLD_KEYS, *CODING_SWITCHES, *REMOVED_SETTINGS}
    for name in dir(django_settings):
        prefix = next((prefix for prefix in conf.OLD_PREFIXES if name.startswith(prefix)), None)
        if prefix and name.removeprefix(prefix) not in known:
            hint = _nearest(name.removeprefix(prefix), KEYS)
            yield CheckWarning(f"{name} is no setting.", hint=hint, id="servestatic.W008")


def _prefix() -> Iterator[CheckMessage]:
    settings, static_url = conf.read(), conf.static_url()
    if "BASE_URL" not in conf.given_keys() and not static_url.endswith(quote_path(settings.prefix)):
        message = f"STATIC_URL is {static_url!r} and does not end in STATIC_PREFIX, {settings.prefix!r}."
        hint = "The URLs of a release end in the path that it is served under. What stands before that may differ."
        yield Error(message, hint=hint, id="servestatic.E003")


def _middleware_order() -> Iterator[CheckMessage]:
    wrong = middleware_order.problem(django_settings.MIDDLEWARE)
    if wrong:
        yield CheckWarning(wrong, hint=middleware_order.HINT, id="servestatic.W001")


def _release() -> Iterator[CheckMessage]:
    if _is_used() and not (django_settings.DEBUG or opened.in_tests()):
        try:
            manifest = opened.manifest()
        except ManifestError as error:
            message = f"There is no release to serve: {error.path}: {error.problem}."
            yield CheckWarning(message, hint=error.hint, id="servestatic.W002")
            return
        except ImproperlyConfigured as error:
            yield CheckWarning(f"There is no release to serve: {error}.", hint=_COMPILE, id="servestatic.W002")
            return
        for what, here, there in _compiled_otherwise(manifest):
            message = f"The release was compiled with another {what}: {there!r}, not {here!r}."
            yield CheckWarning(message, hint=_COMPILE, id="servestatic.W003")


def _compiled_otherwise(manifest: Manifest) -> Iterator[tuple[str, str, str]]:
    """Yield a setting that the release was compiled without, its value here, and its value there.

    A release may be compiled by servestatic-build, whose INDEX_FILE has another default, and be served below a mount
    that STATIC_URL has and the release has not.
    """
    settings, given = conf.read(), conf.given_keys()
    is_mounted = "STATIC_PREFIX" not in given and conf.static_url().endswith(quote_path(manifest.prefix))
    if settings.prefix != manifest.prefix and not is_mounted:
        yield "STATIC_URL", settings.prefix, manifest.prefix
    if "INDEX_FILE" in given and settings.build["index"] != manifest.index:
        yield "INDEX_FILE", settings.build["index"], manifest.index


def _debug() -> Iterator[CheckMessage]:
    dist = conf.read().dist
    if django_settings.DEBUG and _is_used() and dist and os.path.exists(manifest_path(dist)):
        message = f"DEBUG is set: the release in {dist} is not served, but what the finders find, under plain URLs."
        hint = "Unset DEBUG where the release is to be served; delete it where you develop."
        yield CheckWarning(message, hint=hint, id="servestatic.W005")


def _runserver() -> Iterator[CheckMessage]:
    names = [config.name for config in apps.get_app_configs()]
    django_s = "django.contrib.staticfiles"
    if _APP in names and django_s in names and names.index(django_s) < names.index(_APP):
        message = "Under runserver Django's own handler serves static files, not as production does."
        hint = f"Put {_APP!r} before {django_s!r} in INSTALLED_APPS, or start runserver with --nostatic."
        yield CheckWarning(message, hint=hint, id="servestatic.W006")


def _other_packages() -> Iterator[CheckMessage]:
    storages = [storage.get("BACKEND", "") for storage in django_settings.STORAGES.values()]
    for setting, names, instead in (
        ("MIDDLEWARE", django_settings.MIDDLEWARE, middleware_order.MIDDLEWARE),
        ("INSTALLED_APPS", django_settings.INSTALLED_APPS, _APP),
        ("STORAGES", storages, _STORAGE),
    ):
        for name in names:
            if name.partition(".")[0] in _OTHERS:
                hint = f"Put {instead!r} in its place."
                yield CheckWarning(f"{name} is still in {setting}.", hint=hint, id="servestatic.W009")


_CHECKS: tuple[Callable[[], Iterable[CheckMessage]], ...] = (
    _unknown_keys,
    _prefix,
    _middleware_order,
    _release,
    _debug,
    _runserver,
    _removed_settings,
    _unknown_settings,
    _other_packages,
    static_root_checks.root_in_static_root,
    static_root_checks.unpublished_output,
    static_root_checks.online_compression,
    static_root_checks.storage_attributes,
    package_checks.hidden_vite_manifest,
    package_checks.pipeline_storage,
    package_checks.webpack_bundles,
)


def _is_used() -> bool:
    backend = django_settings.STORAGES.get("staticfiles", {}).get("BACKEND")
    return backend == _STORAGE or middleware_order.MIDDLEWARE in django_settings.MIDDLEWARE


def _local_files() -> Iterator[str]:
    for finder in get_finders():
        for path, storage in finder.list([]):
            local = local_path(storage, path)
            if local:
                yield local


def _nearest(key: str, known: Iterable[str]) -> str:
    nearest = get_close_matches(key, [*known], n=1)
    return f"Did you mean SERVESTATIC[{nearest[0]!r}]?" if nearest else f"The keys are {', '.join(sorted(known))}."
