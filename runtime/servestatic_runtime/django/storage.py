"""The staticfiles storage: answers from the manifest, and compiles when collectstatic has found the files."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Iterator
from typing import TypeVar
from urllib.parse import unquote
from weakref import finalize

from django.conf import settings as django_settings
from django.contrib.staticfiles.storage import StaticFilesStorage

from servestatic_runtime.django import conf, opened
from servestatic_runtime.django.trees import Collected
from servestatic_runtime.errors import ManifestError, UnknownAssetError
from servestatic_runtime.paths import quote_path
from servestatic_runtime.platform_files import with_slashes

__all__ = ["ManifestStorage"]

T = TypeVar("T")

UNCOMPILED = "Nothing was compiled: --no-post-process leaves collectstatic nothing to do with ManifestStorage."


class ManifestStorage(StaticFilesStorage):
    """For ``STORAGES["staticfiles"]["BACKEND"]``. Names are logical names, and files are those of the release in DIST."""

    _uncompiled: finalize[[], ManifestStorage] | None = None  # what says at the end that post_process never came

    def url(self, name: str | None, force: bool = False) -> str:  # noqa: FBT001, FBT002 - Django's own signature
        """Return the URL of a name: the plain one under DEBUG unless forced, as Django's own storage does.

        Raise ValueError for a name that is not in the release, and where there is none; with MANIFEST_STRICT off, and
        without a release in a project's own tests, give the plain URL.
        """
        name = name or ""
        if django_settings.DEBUG and not force:
            return _plain_url(django_settings.STATIC_URL, name)
        path, tail = _split(name)
        if path.endswith("/"):  # a directory, which scripts go on from
            return _plain_url(_front(), name)
        try:
            return _ask(opened.manifest().url, path) + tail
        except ValueError:
            if conf.read().strict and not opened.is_missing_in_tests():
                raise
            return _plain_url(_front(), name)

    def stored_name(self, name: str) -> str:
        """Return what the path of a name has below the prefix; raise ValueError."""
        path, tail = _split(name)
        manifest = opened.manifest()
        return _ask(manifest.asset, path).url.removeprefix(manifest.prefix) + tail

    def path(self, name: str) -> str:
        """Return where the bytes of a name lie; raise FileNotFoundError.

        They lie under other names, so there is no directory of them, and collectstatic refuses --link.
        """
        if not name:
            raise NotImplementedError("A release has no directory where files lie under their logical names.")
        try:
            manifest = opened.manifest()
            return manifest.body_path(_ask(manifest.asset, name).variants[0])
        except ValueError as error:
            raise FileNotFoundError(errno.ENOENT, str(error), name) from error

    def exists(self, name: str) -> bool:
        """Return whether the release has a name."""
        try:
            return bool(_ask(opened.manifest().asset, name))
        except (ValueError, ManifestError):  # collectstatic asks, and what is damaged must not keep it from its work
            return False

    def save(self, name: str, content: object, max_length: int | None = None) -> str:  # noqa: ARG002
        """Accept a file from collectstatic without copying it: post_process compiles it from its source."""
        if self._uncompiled is None:
            self._uncompiled = finalize(self, _say_nothing_was_compiled)
        return name

    def delete(self, name: str) -> None:
        """Delete nothing. Only a build changes DIST, from one whole release to another."""

    def post_process(self, paths: Collected, dry_run: bool = False, **_: object) -> Iterator[tuple[str, str, bool]]:  # noqa: FBT001, FBT002
        """Compile what collectstatic has found; raise CommandError, with DIST as it was."""
        from servestatic_runtime.django.compiling import Output, compile_files  # noqa: PLC0415 - no server needs it

        if self._uncompiled is not None:
            self._uncompiled.detach()
        for name, stored_name in compile_files(paths, Output.of_process(), dry_run=dry_run).items():
            yield name, stored_name, True


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
    try:
        manifest = opened.manifest()
    except opened.NoReleaseError:
        return str(django_settings.STATIC_URL)
    return manifest.base_url + quote_path(manifest.prefix)


def _plain_url(front: str, name: str) -> str:
    path, tail = _split(name)
    return front + quote_path(path.lstrip("/")) + tail
