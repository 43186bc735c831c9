"""Checks of packages that bundle or pack files: where each looks for them, and where they are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning

from servestatic_runtime.django import conf
from servestatic_runtime.django.static_root_checks import storage_class
from servestatic_runtime.django.storage import ManifestStorage

_VITE_HINT = "Set build.manifest to 'manifest.json' in Vite's configuration: what begins with a dot is never published."


def hidden_vite_manifest() -> Iterator[CheckMessage]:
    """Tell of a manifest of Vite's that no build publishes, where django-vite reads it below STATIC_ROOT."""
    given = getattr(django_settings, "DJANGO_VITE", None) or {"default": {}}
    for name, config in given.items() if apps.is_installed("django_vite") else ():
        prefix = config.get("static_url_prefix", "")
        hidden = finders.find(os.path.join(prefix, ".vite", "manifest.json"))
        if hidden and not (config.get("manifest_path") or config.get("dev_mode")):
            message = (
                f"django-vite ({name}) reads {prefix or ''}manifest.json below STATIC_ROOT, and Vite wrote {hidden}."
            )
            yield CheckWarning(message, hint=_VITE_HINT, id="servestatic.W013")


def pipeline_storage() -> Iterator[CheckMessage]:
    """Tell of a django-pipeline whose packages nothing makes, since our storage alone does not pack."""
    backend = django_settings.STORAGES.get("staticfiles", {}).get("BACKEND", "")
    storage = storage_class(backend) if apps.is_installed("pipeline") else None
    if storage and storage.post_process is ManifestStorage.post_process:
        hint = "Name a class Storage(PipelineMixin, ManifestStorage) of your own in STORAGES['staticfiles']."
        yield CheckWarning(
            f"django-pipeline is installed, and {backend} makes none of its packages.", hint=hint, id="servestatic.W014"
        )


def webpack_bundles() -> Iterator[CheckMessage]:
    """Tell of bundles that django-webpack-loader looks for elsewhere, and of stats that a build does not know."""
    given: Mapping[str, Mapping[str, Any]] = getattr(django_settings, "WEBPACK_LOADER", {"DEFAULT": {}})
    known = {os.path.abspath(path) for path in conf.read().build.get("bundler-manifests", ())}
    for name, config in given.items() if apps.is_installed("webpack_loader") else ():
        stats = os.path.abspath(config.get("STATS_FILE", "webpack-stats.json"))
        directory = config.get("BUNDLE_DIR_NAME", "webpack_bundles/")
        if not finders.find(directory.rstrip("/")):
            message = f"django-webpack-loader ({name}) looks for bundles in {directory!r}, which no finder finds."
            hint = (
                "Have webpack write into a directory of this name in one of STATICFILES_DIRS, or set BUNDLE_DIR_NAME."
            )
            yield CheckWarning(message, hint=hint, id="servestatic.W015")
        elif stats not in known:
            message = f"A build does not read {stats} ({name}), so it gives names that hold webpack's hash one more."
            hint = "Add the file to SERVESTATIC['BUNDLER_MANIFESTS']."
            yield CheckWarning(message, hint=hint, id="servestatic.W016")
