"""Checks of what other packages, and the project, do with STATIC_ROOT and with the storage."""

from __future__ import annotations

import os
from collections.abc import Iterator

from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from servestatic_runtime.django import conf, opened
from servestatic_runtime.django.storage import ManifestStorage
from servestatic_runtime.errors import ManifestError
from servestatic_runtime.format import FILE_SUFFIXES
from servestatic_runtime.manifest import Manifest
from servestatic_runtime.platform_files import with_slashes

# Apps that write into STATIC_ROOT: the setting that names the directory there, its default, and the command.
_WRITERS = {
    "compressor": ("COMPRESS_OUTPUT_DIR", "CACHE", "compress"),
    "statici18n": ("STATICI18N_OUTPUT_DIR", "jsi18n", "compilejsi18n"),
    "django_js_reverse": ("", "django_js_reverse", "collectstatic_js_reverse"),
}
# What a subclass of Django's storage may say that has no meaning here, and what to do instead.
_WITHOUT_MEANING = {
    "manifest_name": "the release has one manifest, which SERVESTATIC['MANIFEST'] names",
    "file_hash": "names hold the first 12 digits of a file's SHA-256",
    "hashed_name": "names hold the first 12 digits of a file's SHA-256",
    "patterns": "references are found by readers of each language",
    "max_post_process_passes": "files in a cycle are named together, however long it is",
}


def root_in_static_root() -> Iterator[CheckMessage]:
    """Refuse a ROOT that a build would write into, and publish its own output from."""
    settings = conf.read()
    if settings.is_static_root and settings.root and settings.dist and _is_within(settings.root, settings.dist):
        message = f"ROOT ({settings.root}) lies in STATIC_ROOT, which a build writes."
        yield Error(message, hint="Move its files to a directory outside of STATIC_ROOT.", id="servestatic.E004")


def unpublished_output() -> Iterator[CheckMessage]:
    """Tell of files that an app has written into STATIC_ROOT after the release was compiled."""
    if django_settings.DEBUG or not conf.read().is_static_root:
        return
    try:
        manifest = opened.manifest()
    except (ManifestError, ImproperlyConfigured):  # which another check says
        return
    for app, (setting, default, command) in _WRITERS.items():
        directory = str(getattr(django_settings, setting, default) if setting else default)
        unpublished = sorted(_unlisted(manifest, directory)) if apps.is_installed(app) else []
        if unpublished:
            message = f"{app} has written {len(unpublished)} files that the release has not, {unpublished[0]} for one."
            hint = f"Compile behind it: manage.py collectstatic, then {command}, then compilestatic."
            yield CheckWarning(message, hint=hint, id="servestatic.W010")


def online_compression() -> Iterator[CheckMessage]:
    """Tell of a django-compressor that writes files while requests come in, which no release can have."""
    enabled = getattr(django_settings, "COMPRESS_ENABLED", not django_settings.DEBUG)
    offline = getattr(django_settings, "COMPRESS_OFFLINE", False)
    if apps.is_installed("compressor") and enabled and not offline:
        message = "django-compressor makes files when pages are first asked for: only a server of STATIC_ROOT has them."
        hint = "Set COMPRESS_OFFLINE = True, and run collectstatic, compress and compilestatic in this order."
        yield CheckWarning(message, hint=hint, id="servestatic.W011")


def storage_attributes() -> Iterator[CheckMessage]:
    """Tell of what a subclass of our storage says in vain."""
    backend = django_settings.STORAGES.get("staticfiles", {}).get("BACKEND", "")
    storage = storage_class(backend)
    for name, instead in _WITHOUT_MEANING.items() if storage else ():
        if getattr(storage, name) is not getattr(ManifestStorage, name):
            yield CheckWarning(
                f"{backend}.{name} has no meaning.", hint=f"Remove it: {instead}.", id="servestatic.W012"
            )


def storage_class(backend: str) -> type[ManifestStorage] | None:
    """Return the class of a storage of ours, None for any other."""
    try:
        storage = import_string(backend)
    except ImportError:  # which Django says when it is first used
        return None
    return storage if isinstance(storage, type) and issubclass(storage, ManifestStorage) else None


def _unlisted(manifest: Manifest, directory: str) -> Iterator[str]:
    """Yield the files in a directory of STATIC_ROOT that the release does not know under their own names."""
    for above, _, names in os.walk(os.path.join(manifest.root, directory)):
        for file in names:
            name = with_slashes(os.path.relpath(os.path.join(above, file), manifest.root))
            if manifest.find(manifest.prefix + name) is None and not _is_ours(manifest, name):
                yield name


def _is_ours(manifest: Manifest, name: str) -> bool:
    """Return whether a file lies beside one of that name, as our copies and compressed siblings do."""
    without_coding, _, suffix = name.rpartition(".")
    parts = (without_coding if f".{suffix}" in FILE_SUFFIXES.values() else name).split(".")
    names = ".".join(parts), ".".join([*parts[:-2], parts[-1]])
    return any(manifest.find(manifest.prefix + each) for each in names)


def _is_within(path: str, directory: str) -> bool:
    real, real_directory = os.path.realpath(path), os.path.realpath(directory)
    return real == real_directory or real.startswith(real_directory + os.sep)
