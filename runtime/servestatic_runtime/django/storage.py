"""The staticfiles storage: answers from the manifest, and compiles when collectstatic has found the files."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator
from hashlib import md5
from typing import Any, TypeVar
from urllib.parse import unquote
from weakref import finalize

from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, StaticFilesStorage
from django.core.exceptions import ImproperlyConfigured
from django.utils._os import safe_join

from servestatic_runtime.django import conf, opened
from servestatic_runtime.django.trees import Collected
from servestatic_runtime.errors import ManifestError, UnknownAssetError
from servestatic_runtime.format import MANIFEST_NAME
from servestatic_runtime.manifest import Manifest
from servestatic_runtime.paths import quote_path
from servestatic_runtime.platform_files import with_slashes
from servestatic_runtime.records import Asset
from servestatic_runtime.url_reason import UrlReason

__all__ = ["ManifestStorage"]

T = TypeVar("T")

UNCOMPILED = "Nothing was compiled: --no-post-process leaves collectstatic nothing to do with ManifestStorage."


class ManifestStorage(ManifestStaticFilesStorage):  # as which others recognise it, for whom names hold a hash then
    """For ``STORAGES["staticfiles"]["BACKEND"]``. Names are logical names, and files are those of the release in DIST."""

    _uncompiled: finalize[[], ManifestStorage] | None = None  # what says at the end that post_process never came
    _hashed_files: tuple[Manifest, dict[str, str]] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Read no manifest yet: most processes that have a storage ask for no URL.

        Nor STATIC_URL, which Django would keep as it is now.
        """
        kwargs.setdefault("base_url", conf.static_url() or None)
        StaticFilesStorage.__init__(self, *args, **kwargs)

    def url(self, name: str | None, force: bool = False) -> str:  # noqa: FBT001, FBT002 - Django's own signature
        """Return the URL of a name: the plain one under DEBUG unless forced, as Django's own storage does.

        Raise ValueError for a name that is not in the release, and where there is none; with MANIFEST_STRICT off give
        the plain URL. In a project's own tests give the plain URL, too, unless there is a release and neither that nor a
        finder knows the name.
        """
        name = name or ""
        if django_settings.DEBUG and not force:
            return _plain_url(conf.static_url(), name)
        path, tail = _split(name)
        if path.endswith("/"):  # a directory, which scripts go on from
            return _plain_url(_front(), name)
        try:
            url = _ask(opened.manifest().url, path) + tail
        except ValueError:
            if self._needs(path):
                raise
            return _plain_url(_front(), name)
        return _plain_url(_front(), name) if opened.in_tests() and not force else url

    def stored_name(self, name: str) -> str:
        """Return what the path of a name has below the prefix; raise ValueError."""
        path, tail = _split(name)
        manifest = opened.manifest()
        return _ask(manifest.asset, path).url.removeprefix(manifest.prefix) + tail

    def hashed_name(self, name: str, content: object = None, filename: str | None = None) -> str:  # noqa: ARG002
        """Return the stored name: a build has hashed the content."""
        return self.stored_name(name)

    @property
    def hashed_files(self) -> dict[str, str]:
        """The stored names by name, without files that are served outside of STATIC_URL; none without a release."""
        try:
            manifest = opened.manifest()
        except ManifestError:
            return {}
        if self._hashed_files is None or self._hashed_files[0] is not manifest:
            names = (asset for asset in manifest if not asset.name.startswith("/"))
            self._hashed_files = manifest, {asset.name: asset.url.removeprefix(manifest.prefix) for asset in names}
        return self._hashed_files[1]

    @property
    def manifest_hash(self) -> str:
        """What changes when any stored name does, as Django makes it; empty without a release."""
        files = sorted(self.hashed_files.items())
        return md5(json.dumps(files).encode(), usedforsecurity=False).hexdigest()[:12] if files else ""

    def read_manifest(self) -> str | None:
        """Return the stored names in the form of Django's staticfiles.json, None without a release."""
        payload = {"paths": self.hashed_files, "version": self.manifest_version, "hash": self.manifest_hash}
        return json.dumps(payload) if self.hashed_files else None

    def path(self, name: str) -> str:
        """Return where the bytes of a name lie, or would lie: in STATIC_ROOT under this very name, or under its own.

        Logical names are known, and what lies in STATIC_ROOT. It is no directory that collectstatic could fill with
        links (--link), so the empty name has no path.
        """
        if not name:
            raise NotImplementedError("A release is no directory of links to its sources.")
        path = str(super().path(name)) if self.location else name
        if os.path.exists(path):
            return path
        try:
            manifest = opened.manifest()
            return manifest.body_path(_ask(manifest.asset, name).variants[0])
        except ValueError as error:
            if self.location:
                return path
            raise FileNotFoundError(errno.ENOENT, str(error), name) from error

    def exists(self, name: str) -> bool:
        """Return whether the release or STATIC_ROOT has a name. Of directories it has none: collectstatic clears none."""
        try:
            return bool(name) and os.path.exists(self.path(name))
        except (FileNotFoundError, ManifestError, ImproperlyConfigured):
            # collectstatic asks. Damage must not keep it from its work, and of settings post_process says more.
            return False

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Return the directories and the files in a directory of STATIC_ROOT."""
        with os.scandir(safe_join(self.location, path)) as entries:
            is_directory = {entry.name: entry.is_dir() for entry in entries}
        names = sorted(is_directory)
        return [name for name in names if is_directory[name]], [name for name in names if not is_directory[name]]

    def save(self, name: str, content: Any, max_length: int | None = None) -> str:
        """Store a file in STATIC_ROOT, from where the next build publishes it.

        One that the finders find comes from collectstatic: post_process compiles it from its source, without a copy. With
        other bytes than those of the source it can't be stored: raise ValueError.
        """
        if not _is_found(name):
            return str(super().save(name, content, max_length))
        source = _source(name)
        if source and not _has_bytes_of(source, content):
            raise ValueError(
                f"{name!r} is not stored: a build publishes it from {source}, which the finders find. "
                "Write to that file, or save under another name."
            )
        if self._uncompiled is None:
            self._uncompiled = finalize(self, _say_nothing_was_compiled)
        return name

    def delete(self, name: str) -> None:
        """Delete a file that others have written into STATIC_ROOT. What is a build's only a build deletes."""
        if name and not (_is_found(name) or self._is_listed(name)):
            super().delete(name)

    def post_process(self, paths: Collected, dry_run: bool = False, **_: object) -> Iterator[tuple[str, str, bool]]:  # noqa: FBT001, FBT002
        """Compile what collectstatic has found; raise CommandError, with DIST as it was."""
        from servestatic_runtime.django.compiling import Output, compile_files  # noqa: PLC0415 - no server needs it

        if self._uncompiled is not None:
            self._uncompiled.detach()
        sources = {
            name: file for name, file in paths.items() if file[0] is not self
        }  # a subclass adds what it has saved
        for name, stored_name in compile_files(sources, Output.of_process(), dry_run=dry_run).items():
            yield name, stored_name, True

    def _needs(self, name: str) -> bool:
        """Return whether it is an error that the release lacks a name."""
        is_missed = not opened.in_tests() or (opened.is_there() and not _is_found(name))
        return self.manifest_strict and conf.read().strict and is_missed

    def _is_listed(self, name: str) -> bool:
        """Return whether a name is the manifest's, or that of a file in it."""
        path = os.path.abspath(str(safe_join(self.location, name)))
        try:
            manifest = opened.manifest()
        except ManifestError:
            return os.path.basename(path) == MANIFEST_NAME
        match = manifest.find(manifest.prefix + with_slashes(name))
        asset = match and match.asset
        is_foreign = asset is None or (isinstance(asset, Asset) and UrlReason.of(asset.reason).is_foreign)
        return path == manifest.path or not is_foreign


def _is_found(name: str) -> bool:
    """Return whether the finders find a file, so that a build publishes it."""
    try:
        return bool(finders.find(name))
    except NotImplementedError:  # a finder that can only list
        return True


def _source(name: str) -> str | None:
    """Return the local file that the finders find, None where there is none or they can't tell."""
    try:
        found = finders.find(name)
    except NotImplementedError:
        return None
    return found if isinstance(found, str) and os.path.isfile(found) else None


def _has_bytes_of(source: str, content: Any) -> bool:
    """Return whether what is to be saved is a file, or a copy of it."""
    own_path = getattr(content, "name", None)
    if own_path and os.path.exists(own_path) and os.path.samefile(own_path, source):
        return True
    with open(source, "rb") as file:
        data = b"".join(chunk if isinstance(chunk, bytes) else str(chunk).encode() for chunk in content.chunks())
        return file.read() == data


def _say_nothing_was_compiled() -> None:
    sys.stderr.write(f"{UNCOMPILED}\n")


def _split(name: str) -> tuple[str, str]:
    """Return the path, and what may stand behind it in style sheets: ``font.eot?#iefix``, ``icons.svg#home``."""
    end = min((place for mark in "?#" if (place := name.find(mark)) >= 0), default=len(name))
    return name[:end], name[end:]


def _ask(question: Callable[[str], T], name: str) -> T:
    """Return what a release answers about a logical name, which may be percent-encoded or a path; raise ValueError."""
    try:
        return question(name)
    except UnknownAssetError as error:
        decoded = with_slashes(unquote(name).strip())
        if decoded != name:
            return _ask(question, decoded)
        raise ValueError(f"Missing staticfiles manifest entry for {name!r}: {error}") from error


def _front() -> str:
    """Return what stands before a plain name in a URL."""
    if opened.in_tests():
        return conf.static_url()
    try:
        manifest = opened.manifest()
    except opened.NoReleaseError:
        return conf.static_url()
    return manifest.base_url + quote_path(manifest.prefix)


def _plain_url(front: str, name: str) -> str:
    path, tail = _split(name)
    return front + quote_path(path.lstrip("/")) + tail
